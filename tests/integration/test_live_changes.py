# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many changes of one live table in one run, on each emulator: the calls, their order, and the silence after."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from tests.integration.auditflow import settings
from tests.integration.front import Sent
from tests.integration.harness import Ansible, Task

PROVISIONED = {"read_capacity_units": 2, "write_capacity_units": 2}
RAISED = {"read_capacity_units": 5, "write_capacity_units": 4}


def before(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {"id": "S", "customer": "S", "created": "N", "state": "S", "region": "S", "amount": "N"},
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "global_indexes": [
            {"name": "by-customer", "partition_key": "customer", "sort_key": "created", "projection": "ALL"},
            {"name": "by-region", "partition_key": "region", "projection": "KEYS_ONLY"},
            {"name": "by-state", "partition_key": "state", "sort_key": "created", "projection": "ALL"},
            {"name": "by-amount", "partition_key": "state", "sort_key": "amount", "projection": "ALL"},
        ],
        "stream": {"view_type": "KEYS_ONLY"},
        "tags": {"Project": "Shop", "Stage": "test", "Old": "yes"},
    }


def after(name: str) -> dict[str, Any]:
    """by-customer stays, by-region goes, by-state gets another key, by-amount another projection, by-day is new."""

    def index(index_name: str, partition: str, sort: str, projection: Any) -> dict[str, Any]:
        keys = {"partition_key": partition, "sort_key": sort}
        return {"name": index_name, **keys, "projection": projection, "provisioned_throughput": RAISED}

    return {
        **before(name),
        "attributes": {"id": "S", "customer": "S", "created": "N", "state": "S", "amount": "N", "day": "S"},
        "billing_mode": "PROVISIONED",
        "provisioned_throughput": RAISED,
        "global_indexes": [
            index("by-customer", "customer", "created", "ALL"),
            index("by-state", "state", "day", "ALL"),
            index("by-amount", "state", "amount", {"include": ["customer"]}),
            index("by-day", "day", "amount", "KEYS_ONLY"),
        ],
        "purge_indexes": True,
        "allow_index_rebuild": True,
        "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
        "tags": {"Project": "Shop", "Stage": "production"},
        "purge_tags": True,
    }


def what(body: dict[str, Any]) -> str:
    """An UpdateTable in a few words."""
    parts = []
    for update in body.get("GlobalSecondaryIndexUpdates", []):
        for action, index in update.items():
            parts.append(f"{action} {index['IndexName']}")
    if "BillingMode" in body:
        parts.append(body["BillingMode"])
    if "ProvisionedThroughput" in body:
        parts.append("throughput")
    if "StreamSpecification" in body:
        parts.append(f"stream {body['StreamSpecification'].get('StreamViewType', 'off')}")
    return ", ".join(sorted(parts))


def updates(task: Task) -> list[str]:
    """The UpdateTable calls. One that was sent again because it was refused counts once.

    LocalStack answers 500 to a stream that is turned on again, and has turned it on.
    """
    sent = [what(call.body) for call in task.calls if isinstance(call, Sent) and call.operation == "UpdateTable"]
    return [call for call, _repeated in groupby(sent)]


def throughput(table: dict[str, Any]) -> dict[str, tuple[int, int]]:
    holders = {"": table, **{index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}}
    found = {name: holder["ProvisionedThroughput"] for name, holder in holders.items()}
    return {name: (each["ReadCapacityUnits"], each["WriteCapacityUnits"]) for name, each in found.items()}


def test_the_big_change(either: Ansible, name: str) -> None:
    client = either.target.client()
    made = either.tasks({"name": "make", "auditflow.dynamodb.table": before(name)})
    assert made.code == 0, made.output
    assert made.calls.writes == [("CreateTable", name)]
    client.put_item(
        TableName=name,
        Item={
            "id": {"S": "1"},
            "state": {"S": "OPEN"},
            "amount": {"N": "7"},
            "day": {"S": "2026-01-01"},
            "customer": {"S": "c"},
        },
    )

    run = either.tasks(
        {"name": "plan", "auditflow.dynamodb.table": after(name), "check_mode": True, "diff": True},
        {"name": "change", "auditflow.dynamodb.table": after(name), "diff": True},
        {"name": "again", "auditflow.dynamodb.table": after(name)},
    )
    assert run.code == 0, run.output
    plan, changed, again = run.tasks
    assert changed.status == again.status == "ok", run.output

    # Indexes go first, which frees the one slot for index changes; capacity fits before any index is built; each
    # index change, and each half of the stream's, is a call of its own.
    assert updates(changed) == [
        "Delete by-region",
        "Delete by-amount",
        "Delete by-state",
        "PROVISIONED, Update by-customer, throughput",
        "stream off",
        "stream NEW_AND_OLD_IMAGES",
        "Create by-amount",
        "Create by-day",
        "Create by-state",
    ]
    tagging = [call.operation for call in changed.calls if call.write and call.operation != "UpdateTable"]
    assert tagging == ["UntagResource", "TagResource"]
    assert plan.operations == changed.operations
    assert plan.calls.writes == []
    assert plan.result["diff"] == changed.result["diff"]
    assert again.calls.writes == []
    assert not again.changed
    assert again.result["in_sync"]

    table = client.describe_table(TableName=name)["Table"]
    found = settings(either.target, name)
    assert found["indexes"] == {
        "by-customer": ("customer", "created", "ALL", "ACTIVE"),
        "by-state": ("state", "day", "ALL", "ACTIVE"),
        "by-amount": ("state", "amount", "INCLUDE customer", "ACTIVE"),
        "by-day": ("day", "amount", "KEYS_ONLY", "ACTIVE"),
    }
    assert (found["billing"], found["stream"]) == ("PROVISIONED", "NEW_AND_OLD_IMAGES")
    assert found["tags"] == {"Project": "Shop", "Stage": "production"}
    assert throughput(table) == dict.fromkeys(["", "by-customer", "by-state", "by-amount", "by-day"], (5, 4))
    # The item that was there is in the index that was built.
    queried = client.query(
        TableName=name,
        IndexName="by-day",
        KeyConditionExpression="#day = :day",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": "2026-01-01"}},
    )
    assert queried["Count"] == 1


def test_billing_there_and_back_with_the_indexes_in_one_call(either: Ansible, name: str) -> None:
    client = either.target.client()

    def definition(mode: str, units: int = 0) -> dict[str, Any]:
        capacity = (
            {"provisioned_throughput": {"read_capacity_units": units, "write_capacity_units": units}} if units else {}
        )
        return {
            "name": name,
            "attributes": {"id": "S", "customer": "S", "state": "S"},
            "partition_key": "id",
            "billing_mode": mode,
            **capacity,
            "global_indexes": [
                {"name": "by-customer", "partition_key": "customer", "projection": "ALL", **capacity},
                {"name": "by-state", "partition_key": "state", "projection": "ALL", **capacity},
            ],
        }

    run = either.tasks(
        {"name": "make", "auditflow.dynamodb.table": definition("PROVISIONED", 3)},
        {"name": "to on-demand", "auditflow.dynamodb.table": definition("PAY_PER_REQUEST")},
        {"name": "on-demand again", "auditflow.dynamodb.table": definition("PAY_PER_REQUEST")},
        {"name": "back", "auditflow.dynamodb.table": definition("PROVISIONED", 4)},
        {"name": "back again", "auditflow.dynamodb.table": definition("PROVISIONED", 4)},
        {
            "name": "raise one index",
            "auditflow.dynamodb.gsi": {
                "table": name,
                "name": "by-state",
                "attributes": {"state": "S"},
                "partition_key": "state",
                "projection": "ALL",
                "provisioned_throughput": RAISED,
            },
        },
    )
    assert run.code == 0, run.output
    assert [task.status for task in run.tasks] == ["ok"] * 6, run.output
    make, there, there_again, back, back_again, raised = run.tasks
    assert make.calls.writes == [("CreateTable", name)]
    assert updates(there) == ["PAY_PER_REQUEST"]
    assert there_again.calls.writes == back_again.calls.writes == []
    assert updates(back) == ["PROVISIONED, Update by-customer, Update by-state, throughput"]
    assert updates(raised) == ["Update by-state"]
    table = client.describe_table(TableName=name)["Table"]
    assert throughput(table) == {"": (4, 4), "by-customer": (4, 4), "by-state": (5, 4)}
