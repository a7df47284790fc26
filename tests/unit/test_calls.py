# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls beyond a table's settings: one page of a read, writes of other services, and writes that may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read

from .aws_client import FakeClient

LOST = ReadTimeoutError(endpoint_url="http://127.0.0.1:1")


def refused(code: str, text: str = "", **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}, **more}, "UpdateItem")


class Stream:
    """The body of an answer, which may break while it is read."""

    def __init__(self, content: bytes | Exception):
        self.content = content

    def read(self) -> bytes:
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


class Service:
    """Gives the answers one after the other and remembers what was asked."""

    def __init__(self, *answers: dict[str, Any] | Exception):
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((service, operation))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def aws(self) -> Aws:
        now = [0.0]

        def sleep(seconds: float) -> None:
            now[0] += seconds

        return Aws(lambda service: FakeClient(self, service), clock=Clock(now=lambda: now[0], sleep=sleep))


def page(aws: Aws) -> Any:
    return aws.page(Read("Scan", {"TableName": "Orders"}), Patience(seconds=60))


def repeat(aws: Aws) -> Any:
    return aws.repeat("UpdateItem", {"TableName": "Orders", "Key": {}}, Patience(seconds=60))


def write(aws: Aws) -> Any:
    return aws.write("PutObject", {"Bucket": "b", "Key": "k"}, Patience(seconds=60), service="s3")


def test_a_page_is_one_call_and_tells_where_to_go_on() -> None:
    service = Service({"Items": [1], "LastEvaluatedKey": {"id": 1}})
    assert page(service.aws())["LastEvaluatedKey"] == {"id": 1}
    assert service.asked == [("dynamodb", "Scan")]


def test_a_page_of_what_is_not_there_is_an_error() -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        page(Service(refused("ResourceNotFoundException")).aws())


@pytest.mark.parametrize("call", [page, repeat])
def test_a_lost_answer_is_asked_for_again(call: Callable[[Aws], Any]) -> None:
    service = Service(LOST, {"Items": []})
    assert call(service.aws()) == {"Items": []}
    assert len(service.asked) == 2


def test_a_write_whose_answer_was_lost_is_for_the_caller_to_look_at() -> None:
    service = Service(LOST)
    with pytest.raises(AwsError) as caught:
        write(service.aws())
    assert caught.value.lost
    assert service.asked == [("s3", "PutObject")]


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException", "SlowDown"])
@pytest.mark.parametrize("call", [page, repeat, write])
def test_throttling_slows_down_and_ends(call: Callable[[Aws], Any], code: str) -> None:
    assert call(Service(refused(code), refused(code), {}).aws()) == {}
    forever = Service(*[refused(code)] * 1000)
    with pytest.raises(AwsError) as caught:
        call(forever.aws())
    assert caught.value.kind is Kind.BUSY
    assert "Tried" in str(caught.value)
    assert len(forever.asked) < 30


def test_a_refusal_carries_its_whole_answer() -> None:
    item = {"id": {"S": "1"}}
    with pytest.raises(AwsError) as caught:
        repeat(Service(refused("ConditionalCheckFailedException", Item=item)).aws())
    assert caught.value.code == "ConditionalCheckFailedException"
    assert caught.value.answer["Item"] == item


@pytest.mark.parametrize("broken", [IncompleteReadError(actual_bytes=1, expected_bytes=2), LOST])
def test_a_body_that_breaks_off_is_fetched_again(broken: Exception) -> None:
    service = Service({"Body": Stream(broken)}, {"Body": Stream(b"whole")})
    answer = service.aws().page(Read("GetObject", {"Bucket": "b", "Key": "k"}, "s3"), Patience(seconds=60))
    assert answer["Body"] == b"whole"
    assert len(service.asked) == 2
