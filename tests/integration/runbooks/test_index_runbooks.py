# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""add_index.yml, rebuild_index.yml, retire_index.yml and watch_index.yml on the embedded emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.integration.harness import Ansible, Finished

CUSTOMER = {"name": "by-customer", "partition_key": "customer", "sort_key": "placed_at", "projection": "ALL"}
STATE = {"name": "by-state", "partition_key": "state", "projection": "KEYS_ONLY"}
PATTERNS = [
    {
        "name": "orders_of_customer",
        "description": "Orders of a customer.",
        "index": "by-customer",
        "parameters": {"customer": "S"},
        "key_condition": "customer = :customer",
    },
    {
        "name": "orders_of_customer_since",
        "index": "by-customer",
        "parameters": {"customer": "S", "since": "S"},
        "key_condition": "customer = :customer AND placed_at >= :since",
    },
]


def definition(name: str, *indexes: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {"id": "S", "customer": "S", "placed_at": "S", "state": "S"},
        "partition_key": "id",
        "global_indexes": list(indexes),
        "tags": {"Stage": "not there"},
        "deletion_protection": True,
        **more,
    }


@pytest.fixture
def table(ansible: Ansible, name: str) -> Iterator[str]:
    """A table with by-customer; nothing else of its definitions is as they say."""
    make(ansible, name)
    yield name
    ansible.target.client().delete_table(TableName=name)


def make(ansible: Ansible, name: str) -> None:
    client = ansible.target.client()
    client.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("id", "customer", "placed_at")
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-customer",
                "KeySchema": [
                    {"AttributeName": "customer", "KeyType": "HASH"},
                    {"AttributeName": "placed_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": "1", "customer": "c", "placed_at": "2026", "state": "NEW"}
    client.put_item(TableName=name, Item={key: {"S": value} for key, value in item.items()})


def run(ansible: Ansible, playbook: str, definitions: list[dict[str, Any]], *arguments: str, **extra: Any) -> Finished:
    return ansible.playbook(
        playbook, *arguments, extra={"tables_definitions": definitions, "tables_identity": False, **extra}
    )


def described(ansible: Ansible, table: str) -> dict[str, Any]:
    shown: dict[str, Any] = ansible.target.client().describe_table(TableName=table)["Table"]
    return shown


def indexes(ansible: Ansible, table: str) -> list[str]:
    return sorted(index["IndexName"] for index in described(ansible, table).get("GlobalSecondaryIndexes", []))


def shown(finished: Finished) -> str:
    """The last picture of the indexes."""
    pictures = [task for task in finished.tasks if task.name.endswith("Show the indexes") and task.status == "ok"]
    return pictures[-1].message


def test_adding_an_index(ansible: Ansible, table: str) -> None:
    wanted = [definition(table, CUSTOMER, STATE, access_patterns=PATTERNS)]
    checked = run(ansible, "add_index", wanted, "--check")
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert "by-state: missing" in shown(checked)
    assert "partition key state, KEYS_ONLY; built from 1 items, 1 write units" in shown(checked)
    assert "queried by orders_of_customer (Orders of a customer)" in shown(checked)

    added = run(ansible, "add_index", wanted)
    assert added.code == 0, added.output
    assert added.calls.writes == [("UpdateTable", table)]
    assert indexes(ansible, table) == ["by-customer", "by-state"]
    assert not described(ansible, table).get("DeletionProtectionEnabled"), "nothing else is touched"
    assert "by-state: ACTIVE, 0 items; as defined" in shown(added)

    again = run(ansible, "add_index", wanted, index="by-state")
    assert again.code == 0, again.output
    assert (again.changed, again.calls.writes) == ([], [])

    unknown = run(ansible, "add_index", wanted, index="by-nothing")
    assert unknown.code == 2, unknown.output
    assert "No definition of these tables has the index by-nothing" in unknown.failure
    assert unknown.calls.writes == []


def test_rebuilding_in_place(ansible: Ansible, table: str) -> None:
    wanted = [definition(table, {**CUSTOMER, "projection": "KEYS_ONLY"}, access_patterns=PATTERNS)]
    checked = run(ansible, "rebuild_index", wanted, "--check", index="by-customer")
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert "to be rebuilt: projection ALL -> KEYS_ONLY" in shown(checked)

    refused = run(ansible, "rebuild_index", wanted, index="by-customer", confirm="yes")
    assert refused.code == 2, refused.output
    assert "Access patterns that fail meanwhile: orders_of_customer, orders_of_customer_since." in refused.failure
    assert refused.calls.writes == []

    rebuilt = run(ansible, "rebuild_index", wanted, index="by-customer", confirm="by-customer")
    assert rebuilt.code == 0, rebuilt.output
    assert rebuilt.calls.writes == [("UpdateTable", table)] * 2
    found = described(ansible, table)["GlobalSecondaryIndexes"][0]["Projection"]["ProjectionType"]
    assert found == "KEYS_ONLY"

    again = run(ansible, "rebuild_index", wanted, index="by-customer")
    assert again.code == 0, again.output
    assert (again.changed, again.calls.writes) == ([], [])


def test_a_successor_and_the_end_of_the_old_index(ansible: Ansible, table: str) -> None:
    successor = {**CUSTOMER, "name": "by-customer-2", "projection": "KEYS_ONLY"}
    both = [definition(table, CUSTOMER, successor, access_patterns=PATTERNS)]
    how = {"index": "by-customer", "successor": "by-customer-2"}
    built = run(ansible, "rebuild_index", both, **how)
    assert built.code == 0, built.output
    assert indexes(ansible, table) == ["by-customer", "by-customer-2"]
    assert "Move the queries of by-customer to it" in built.output

    declared = run(ansible, "rebuild_index", both, **how, retire=True, confirm="by-customer")
    assert declared.code == 2, declared.output
    assert "Access patterns that would break: orders_of_customer, orders_of_customer_since." in declared.failure
    assert declared.calls.writes == []

    retired = run(ansible, "rebuild_index", [definition(table, successor)], **how, retire=True, confirm="by-customer")
    assert retired.code == 0, retired.output
    assert retired.calls.writes == [("UpdateTable", table)]
    assert indexes(ansible, table) == ["by-customer-2"]


def test_retiring_an_index(ansible: Ansible, table: str) -> None:
    wanted = [definition(table)]
    checked = run(ansible, "retire_index", wanted, "--check", index="by-customer")
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert "use in the last 14 days is not known" in shown(checked)

    metrics(ansible, table)
    told = {"index": "by-customer", "confirm": "by-customer", "still_declared": True}
    retired = run(ansible, "retire_index", [definition(table, CUSTOMER, access_patterns=PATTERNS)], **told)
    assert retired.code == 0, retired.output
    assert "12 read units in the last 14 days, the last at " in shown(retired)
    assert indexes(ansible, table) == []

    again = run(ansible, "retire_index", wanted, index="by-customer")
    assert again.code == 0, again.output
    assert (again.changed, again.calls.writes) == ([], [])


def metrics(ansible: Ansible, table: str) -> None:
    dimensions = [
        {"Name": "TableName", "Value": table},
        {"Name": "GlobalSecondaryIndexName", "Value": "by-customer"},
    ]
    data = [{"MetricName": "ConsumedReadCapacityUnits", "Dimensions": dimensions, "Value": 6.0, "Unit": "Count"}] * 2
    ansible.target.client("cloudwatch").put_metric_data(Namespace="AWS/DynamoDB", MetricData=data)


def test_nothing_to_watch(ansible: Ansible, table: str) -> None:
    watched = run(ansible, "watch_index", [definition(table, CUSTOMER)])
    assert watched.code == 0, watched.output
    assert "Nothing is under way." in watched.output
    assert (watched.changed, watched.calls.writes) == ([], [])


def test_tables_as_hosts(ansible: Ansible, table: str) -> None:
    """Each host is a table: the question is asked once, also where the first of them has nothing to lose."""
    other = f"{table}-other"
    make(ansible, other)
    ansible.target.client().update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-customer"}}]
    )
    hosts = {"first": {"dynamodb_table": table}, "second": {"dynamodb_table": other}}
    inventory = ansible.folder / "tables.yml"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    how = {"index": "by-customer", "confirm": "by-customer"}
    refused = run(ansible, "retire_index", [], "-i", str(inventory), **{**how, "confirm": "no"})
    assert refused.code == 2, refused.output
    assert "give -e confirm=by-customer" in " ".join(refused.output.split())
    assert refused.calls.writes == []
    retired = run(ansible, "retire_index", [], "-i", str(inventory), **how)
    assert retired.code == 0, retired.output
    assert retired.calls.writes == [("UpdateTable", other)]
    assert indexes(ansible, other) == []
