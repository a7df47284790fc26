# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS-like server inside the test's own process: a real boto3 client, no network, and virtual time."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from ansible_collections.auditflow.dynamodb.plugins.module_utils.answers import watch_answers
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.clients import CLIENT_CONFIG
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion
from ansible_collections.auditflow.dynamodb.plugins.module_utils.pace import Pace
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from scripts.emulator.request_log import READS
from tests.aws.virtual_time import VirtualTime
from tests.aws_like.errors import ServiceError
from tests.aws_like.forced_state import set_state
from tests.aws_like.operations import perform
from tests.aws_like.table_state import Table
from tests.aws_like.world import ACCOUNT
from tests.unit.aws_like.harness import REGION
from tests.unit.aws_like.harness import Aws as Stopped

TABLE = "orders"
CREDENTIALS = {"aws_access_key_id": "AKIAEMULATOREXAMPLE0", "aws_secret_access_key": "emulator-only-not-a-real-key"}


@dataclass(frozen=True)
class Sent:
    """One call: when, what, and how it was refused; code and text are empty where it was not."""

    at: float
    operation: str
    table: str
    body: dict[str, Any]
    code: str = ""
    text: str = ""

    @property
    def write(self) -> bool:
        return READS.match(self.operation) is None

    def __str__(self) -> str:
        return f"{self.at:.1f} {self.operation} {self.body} {self.code} {self.text}".strip()


class _Raw(io.BytesIO):
    def stream(self, **_how: Any) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Cloud:
    """One account in one region, with nothing in it. settings: those of the server."""

    settings: dict[str, Any] = field(default_factory=dict)
    calls: list[Sent] = field(default_factory=list)
    # Asked before every call; what it returns is answered instead.
    strike: Callable[[str, dict[str, Any]], ServiceError | None] = lambda operation, body: None

    def __post_init__(self) -> None:
        self.stopped = Stopped(**self.settings)
        self.world = self.stopped.world
        self.time = VirtualTime(self.stopped.clock)
        self.region = self.world.region(REGION)
        self.pace = Pace()

    # What the engine sees

    def aws(self) -> Aws:
        _current[0] = self
        clock = Clock(self.time.now, self.time.sleep, self.time.today)
        clients = {service: _client(service) for service in ("dynamodb", "kms")}
        return Aws(clients.__getitem__, REGION, clock, clients, pace=self.pace)

    def converge(self, definition: dict[str, Any], **how: Any) -> Outcome:
        """How: wait, seconds, check, create."""
        return converge(parse_table(definition), self.aws(), _run(how))

    def delete(self, name: str = TABLE, backup: str = "", **how: Any) -> Outcome:
        return delete(Deletion(name, allowed=True, backup=backup), self.aws(), _run(how))

    # What the test does

    def call(self, operation: str, /, **body: Any) -> dict[str, Any]:
        """Somebody else's call."""
        return perform(self.world, self.region, operation, body)

    def update(self, name: str = TABLE, /, **body: Any) -> None:
        self.call("UpdateTable", TableName=name, **body)

    def force(self, name: str = TABLE, /, **state: Any) -> None:
        set_state(self.world, self.region, self.table(name), state)

    def table(self, name: str = TABLE) -> Table:
        self.world.settle()
        return self.region.tables[name]

    def settle(self) -> None:
        """Let everything that is going on end, and what lags behind it show."""
        self.stopped.settle()
        self.pass_time(60)

    def pass_time(self, seconds: float) -> None:
        self.stopped.after(seconds)
        self.world.settle()

    def own(self, definition: dict[str, Any]) -> None:
        """The table as the definition has it, long since settled, with every budget whole."""
        outcome = self.converge(definition)
        assert outcome.error is None, outcome.error
        assert not outcome.pending, outcome.pending
        self.settle()
        self.pass_time(40 * 86400)
        self.calls.clear()

    # What happened

    @property
    def refused(self) -> list[Sent]:
        return [sent for sent in self.calls if sent.code]

    @property
    def writes(self) -> list[Sent]:
        return [sent for sent in self.calls if sent.write]

    def answer(self, service: str, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        subject = str(body.get("TableName") or body.get("ResourceArn", "").rpartition("/")[2])
        try:
            error = self.strike(operation, body)
            if error:
                raise error
            if service == "kms":
                answer = self._key(str(body["KeyId"]))
            else:
                answer = perform(self.world, self.region, operation, body)
        except ServiceError as refusal:
            self.calls.append(Sent(self.time.now(), operation, subject, body, refusal.code, refusal.message))
            return refusal.status, refusal.envelope()
        self.calls.append(Sent(self.time.now(), operation, subject, body))
        return 200, answer

    def _key(self, name: str) -> dict[str, Any]:
        keys = self.stopped.keys
        if name in ("alias/aws/dynamodb", keys.managed(ACCOUNT, REGION)):
            return {"KeyMetadata": {"KeyId": "managed", "Arn": keys.managed(ACCOUNT, REGION)}}
        key = keys.find(ACCOUNT, REGION, name)
        if key is None:
            raise ServiceError("NotFoundException", f"Alias {name} is not found.")
        return {"KeyMetadata": {"KeyId": key.arn.rpartition("/")[2], "Arn": key.arn}}


_current: list[Cloud | None] = [None]


def current() -> Cloud:
    assert _current[0] is not None
    return _current[0]


@cache
def _client(service: str) -> Any:
    """Making one takes longer than most tests."""
    client = boto3.client(
        service,
        region_name=REGION,
        endpoint_url="http://aws.invalid",
        config=Config(**CLIENT_CONFIG),
        **CREDENTIALS,
    )
    client.meta.events.register(f"before-send.{service}", _send)
    return watch_answers(client)


def _send(request: Any, **_more: Any) -> AWSResponse:
    cloud = current()
    with cloud.time.working():
        target = re.sub(r".*\.", "", request.headers["X-Amz-Target"].decode())
        service = "kms" if b"TrentService" in request.headers["X-Amz-Target"] else "dynamodb"
        status, answer = cloud.answer(service, target, json.loads(request.body))
        return AWSResponse(
            request.url,
            status,
            {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "none"},
            _Raw(json.dumps(answer).encode()),
        )


def _run(how: dict[str, Any]) -> Run:
    patience = Patience(how.pop("wait", True), how.pop("seconds", 4 * 3600))
    return Run(how.pop("check", False), patience, how.pop("create", True))
