# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runbooks whose steps take AWS's time: an index that is filled, a key that is changed, a table that is warmed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.aws_like.client import AwsLike
from tests.integration.harness import Ansible, Finished, Target

from .test_playbooks import calls_of

TABLE = "Orders"
DEFINITION: dict[str, Any] = {
    "name": TABLE,
    "attributes": {"id": "S", "customer": "S", "state": "S"},
    "partition_key": "id",
    "global_indexes": [
        {"name": "by-customer", "partition_key": "customer"},
        {"name": "by-state", "partition_key": "state", "projection": "KEYS_ONLY"},
    ],
}
SECONDS = 90


@pytest.fixture(scope="module")
def server() -> Iterator[AwsLike]:
    with AwsLike(time_scale=1.0) as running:
        yield running


@pytest.fixture
def ansible(server: AwsLike, tmp_path: Path) -> Ansible:
    server.reset()
    server.client().create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    server.settle()
    return Ansible(Target(server.url, tmp_path / "the server keeps its own", calls_of(server), server.region), tmp_path)


def run(ansible: Ansible, playbook: str, warning: str = "", **extra: Any) -> Finished:
    given = {"tables_definitions": [DEFINITION], "tables_identity": False, **extra}
    return ansible.playbook(playbook, extra=given, warnings=[warning] if warning else [])


@contextmanager
def settled_after(server: AwsLike, looks: int) -> Iterator[None]:
    """Lets AWS come to an end, again and again, each time after somebody has looked so often."""
    over = threading.Event()

    def watch() -> None:
        seen = len(server.calls("DescribeTable"))
        while not over.wait(0.2):
            if len(server.calls("DescribeTable")) >= seen + looks:
                server.settle()
                seen = len(server.calls("DescribeTable"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SECONDS)


def test_indexes_are_added_one_after_the_other_and_watched(server: AwsLike, ansible: Ansible) -> None:
    started = run(ansible, "add_index", "Orders is not finished", tables_wait=False)
    assert started.code == 0, started.output
    assert [call.operation for call in started.calls if call.write] == ["UpdateTable"]
    server.advance(100)

    impatient = run(ansible, "watch_index", index="by-customer", every=1, tables_wait_timeout=1)
    assert impatient.code == 2, impatient.output
    told = "Still under way after 1 seconds: Orders: by-customer CREATING, backfilling."
    assert told in " ".join(impatient.failure.split())

    with settled_after(server, 8):
        watched = run(ansible, "watch_index", every=1, tables_wait_timeout=60)
        assert watched.code == 0, watched.output
        assert "(item=Orders: by-customer CREATING, backfilling)" in watched.output
        assert "nothing is under way any more" in watched.output
        assert "by-customer: ACTIVE" in watched.output
        assert watched.calls.writes == []

        finished = run(ansible, "add_index")
        assert finished.code == 0, finished.output
    found = server.client().describe_table(TableName=TABLE)["Table"]["GlobalSecondaryIndexes"]
    assert {index["IndexName"]: index["IndexStatus"] for index in found} == {
        "by-customer": "ACTIVE",
        "by-state": "ACTIVE",
    }
    again = run(ansible, "add_index")
    assert (again.code, again.changed, again.calls.writes) == (0, [], [])


def test_a_key_is_changed_while_another_change_is_under_way(server: AwsLike, ansible: Ansible) -> None:
    kms = ansible.target.client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _number in range(2))
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": first}
    server.client().update_table(TableName=TABLE, SSESpecification=sse)
    with settled_after(server, 5):
        moved = run(ansible, "change_key", key=second, confirm=TABLE)
    assert moved.code == 0, moved.output
    found = server.client().describe_table(TableName=TABLE)["Table"]["SSEDescription"]
    assert (found["Status"], found["KMSMasterKeyArn"]) == ("ENABLED", second)
    writes = [call for call in moved.calls if call.write]
    assert [(call.operation, call.status) for call in writes] == [("UpdateTable", 200)]
    again = run(ansible, "change_key", key=second)
    assert (again.code, again.changed, again.calls.writes) == (0, [], [])


def test_a_table_is_warmed_before_it_is_switched(server: AwsLike, ansible: Ansible) -> None:
    how = {"confirm": TABLE, "units": {TABLE: {"read": 20, "write": 10}}}
    with settled_after(server, 5):
        provisioned = run(ansible, "switch_billing", to="PROVISIONED", **how)
        assert provisioned.code == 0, provisioned.output
        how["units"] = {TABLE: {"read": 14_000, "write": 5_000}}
        switched = run(ansible, "switch_billing", to="PAY_PER_REQUEST", **how)
        assert switched.code == 0, switched.output
    updates = [call["request"] for call in server.calls("UpdateTable", TABLE)[-2:]]
    assert ["WarmThroughput" in updates[0], updates[1].get("BillingMode")] == [True, "PAY_PER_REQUEST"]
    found = server.client().describe_table(TableName=TABLE)["Table"]
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert found["WarmThroughput"]["ReadUnitsPerSecond"] == 14_000
    again = run(ansible, "switch_billing", to="PAY_PER_REQUEST", **how)
    assert (again.code, again.changed, again.calls.writes) == (0, [], [])
