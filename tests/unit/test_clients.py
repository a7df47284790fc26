# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients tell AWS of themselves."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from ansible_collections.auditflow.dynamodb.plugins.module_utils.clients import Clients

KEYS = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}


def agent(**options: Any) -> str:
    """The user agent of a call that is not sent."""
    sent: list[str] = []
    client = Clients("http://127.0.0.1:9", {**KEYS, **options}).new("dynamodb", "ap-south-1", {})

    def answer(request: Any, **unused: Any) -> AWSResponse:
        sent.append(request.headers["User-Agent"].decode())
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b"{}"
        return response

    client.meta.events.register("before-send.dynamodb", answer)
    client.list_tables()
    return sent[0]


def test_aws_is_told_who_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SDK_UA_APP_ID", raising=False)
    names = [part.partition("/")[0] for part in agent().split()]
    assert names == ["Boto3", "Ansible", "auditflow.dynamodb", "Botocore"]


def test_the_user_s_own_name_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "orders")
    assert " auditflow.dynamodb app/orders " in agent()
    assert agent(aws_config=Config(user_agent="mine")).split()[0] == "mine"
    assert agent(aws_config=Config(user_agent_extra="more")).endswith(" more")
