# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sample_data.yml and exercise.yml on tables of a shop: composite keys, small numbers as keys, a local index."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.integration.front import Answer, Rule, Sent
from tests.integration.harness import Ansible, Finished, Target
from tests.integration.items import load, scan

COUNT = 130
_numbers = count(1)
TASK = "Make or remove sample items"
EXERCISE = "Run every access pattern and check its answers"

GENERATED = """
class Orders:
    NAME = {orders!r}

    @staticmethod
    def orders_of_customer(*, customer, start, end, table_name=NAME):
        return {{
            "TableName": table_name,
            "KeyConditionExpression": "#c = :c AND #p BETWEEN :s AND :e",
            "FilterExpression": "#t > :zero",
            "ExpressionAttributeNames": {{"#c": "customer", "#p": "placed.at", "#t": "total"}},
            "ExpressionAttributeValues": {{
                ":c": {{"S": customer}}, ":s": {{"S": start}}, ":e": {{"S": end}}, ":zero": {{"N": "{threshold}"}},
            }},
        }}

    @staticmethod
    def orders_by_total(*, customer, least, table_name=NAME):
        return {{
            "TableName": table_name,
            "IndexName": "by-total",
            "KeyConditionExpression": "#c = :c AND #t >= :least",
            "ExpressionAttributeNames": {{"#c": "customer", "#t": "total"}},
            "ExpressionAttributeValues": {{":c": {{"S": customer}}, ":least": {{"N": str(least)}}}},
            "ScanIndexForward": False,
        }}

    ACCESS_PATTERNS = {{"orders_of_customer": orders_of_customer, "orders_by_total": orders_by_total}}
"""


class Shop:
    """Two tables of names that nobody has used."""

    def __init__(self, target: Target, ansible: Ansible) -> None:
        number = next(_numbers)
        self.target, self.ansible, self.client = target, ansible, target.client()
        self.orders, self.slots = f"Shop-{number}.Orders", f"Shop-{number}.Slots"
        self.definitions: list[dict[str, Any]] = [
            {
                "name": self.orders,
                "attributes": {
                    "customer": "S",
                    "placed.at": "S",
                    "total": {"type": "N", "description": "What it costs."},
                    "raw": "B",
                    "ttl": "N",
                },
                "partition_key": "customer",
                "sort_key": "placed.at",
                "local_indexes": [{"name": "by-total", "sort_key": "total", "projection": "KEYS_ONLY"}],
                "ttl": {"attribute": "ttl", "timestamp": "placed.at", "retention": "90d"},
                "access_patterns": [
                    {
                        "name": "orders_of_customer",
                        "parameters": {"customer": "S", "start": "S", "end": "S"},
                        "key_condition": 'customer = :customer AND "placed.at" BETWEEN :start AND :end',
                        "filter": "attribute_exists(total)",
                    },
                    {
                        "name": "orders_by_total",
                        "index": "by-total",
                        "parameters": {"customer": "S", "least": "N"},
                        "key_condition": "customer = :customer AND total >= :least",
                        "order": "descending",
                    },
                ],
            },
            {"name": self.slots, "attributes": {"number": "N", "note": "S"}, "partition_key": "number"},
        ]

    def run(self, playbook: str, *arguments: str, ansible: Ansible | None = None, **extra: Any) -> Finished:
        options = {"tables_definitions": self.definitions, "tables_kms_alias": "", **extra}
        return (ansible or self.ansible).playbook(playbook, *arguments, extra=options)

    def counts(self, run: Finished) -> dict[str, dict[str, int]]:
        assert run.code == 0, run.output
        results = run.task(TASK).result["results"]
        return {each["name"]: {name: number for name, number in each["counts"].items() if number} for each in results}

    def items(self, table: str) -> list[Any]:
        return list(scan(self.client, table))

    def generated(self, folder: Path, threshold: int = -1) -> str:
        text = GENERATED.format(orders=self.orders, threshold=threshold)
        (folder / "dynamodb_schemas.py").write_text(text, encoding="utf-8")
        return str(folder)


@pytest.fixture
def shop(emulator: Target, ansible: Ansible) -> Shop:
    made = Shop(emulator, ansible)
    for definition in made.definitions:
        keys = [definition["partition_key"], *([definition["sort_key"]] if "sort_key" in definition else [])]
        roles = ("HASH", "RANGE")
        local = definition.get("local_indexes", [])
        names = [*keys, *(index["sort_key"] for index in local)]
        made.client.create_table(
            TableName=definition["name"],
            KeySchema=[{"AttributeName": key, "KeyType": role} for key, role in zip(keys, roles, strict=False)],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "N" if name in ("total", "number") else "S"} for name in names
            ],
            BillingMode="PAY_PER_REQUEST",
            **(
                {
                    "LocalSecondaryIndexes": [
                        {
                            "IndexName": index["name"],
                            "KeySchema": [
                                {"AttributeName": keys[0], "KeyType": "HASH"},
                                {"AttributeName": index["sort_key"], "KeyType": "RANGE"},
                            ],
                            "Projection": {"ProjectionType": index["projection"]},
                        }
                        for index in local
                    ]
                }
                if local
                else {}
            ),
        )
    return made


def leaves_some(times: int) -> Rule:
    """Lets BatchWriteItem leave most of a batch unprocessed, so many times."""
    left = [times]

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation != "BatchWriteItem" or not left[0]:
            return None
        left[0] -= 1
        # Nothing of this batch is written: all of it comes again.
        answer = {"UnprocessedItems": sent.body["RequestItems"]}
        return Answer(200, json.dumps(answer).encode())

    return rule


def test_made_found_again_and_removed(shop: Shop, emulator: Target, fronted: Callable[..., Ansible]) -> None:
    theirs = {"number": {"N": "3"}, "note": {"S": "somebody else's"}}
    load(shop.client, shop.slots, [theirs])

    check = shop.run("sample_data", "--check", count=COUNT)
    assert shop.counts(check) == {shop.orders: {"written": COUNT}, shop.slots: {"written": COUNT - 1, "in_the_way": 1}}
    assert check.calls.writes == []

    ansible = fronted(emulator, leaves_some(3))
    first = shop.run("sample_data", ansible=ansible, count=COUNT)
    assert shop.counts(first) == shop.counts(check)
    batches = [call for call in first.calls if call.operation == "BatchWriteItem"]
    # Two portions of 100 and of 30 items in batches of 25; three of the batches came again.
    assert len(batches) == 4 + 2 + 3
    orders, slots = shop.items(shop.orders), shop.items(shop.slots)
    assert (len(orders), len(slots)) == (COUNT, COUNT)
    assert theirs in slots
    assert all(int(item["ttl"]["N"]) > 0 and len(item["raw"]["B"]) == 16 for item in orders)
    shown = json.dumps([task.result for task in first.tasks], default=str) + first.output
    for item in (*orders[:20], *slots[:20]):
        values = [str(value) for typed in item.values() for value in typed.values()]
        assert not any(value in shown for value in values if len(value) > 4)

    second = shop.run("sample_data", count=COUNT)
    assert shop.counts(second) == {shop.orders: {"present": COUNT}, shop.slots: {"present": COUNT - 1, "in_the_way": 1}}
    assert second.changed == []
    assert second.calls.writes == []

    more = shop.run("sample_data", count=COUNT + 20, table=shop.orders)
    assert shop.counts(more) == {shop.orders: {"present": COUNT, "written": 20}}
    assert [item for item in orders if item not in shop.items(shop.orders)] == []

    removed = shop.run("sample_data", count=COUNT + 20, state="absent")
    assert shop.counts(removed) == {
        shop.orders: {"removed": COUNT + 20},
        shop.slots: {"removed": COUNT - 1, "gone": 20, "in_the_way": 1},
    }
    assert shop.items(shop.orders) == []
    assert shop.items(shop.slots) == [theirs]


def test_what_is_no_emulator_is_asked_for(shop: Shop) -> None:
    # Reaches this machine, but does not say so.
    elsewhere = replace(shop.target, url=shop.target.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104  a client's
    ansible = replace(shop.ansible, target=elsewhere)
    refused = shop.run("sample_data", ansible=ansible, table=shop.orders, confirm="another")
    assert refused.code == 2
    assert "100 sample items will be written to each of" in refused.output
    assert "which is no emulator on this machine" in " ".join(refused.output.split())
    assert refused.calls.writes == []
    check = shop.run("sample_data", "--check", ansible=ansible, table=shop.orders)
    assert shop.counts(check) == {shop.orders: {"written": 100}}
    confirmed = shop.run("sample_data", ansible=ansible, table=shop.orders, confirm=shop.orders)
    assert shop.counts(confirmed) == {shop.orders: {"written": 100}}


def test_what_cannot_be_meant(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "faker.py").write_text("raise ImportError", encoding="utf-8")
    wanted = {"name": shop.orders, "definitions": shop.definitions}
    unknown = {"name": "No-Such-Table", "attributes": {"id": "S"}, "partition_key": "id"}
    other_key = {"name": shop.orders, "attributes": {"id": "S"}, "partition_key": "id"}
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("count: must be 0 or more", "items_sample", {**wanted, "count": -1}),
        ("newest: 'soon' is no day", "items_sample", {**wanted, "newest": "soon"}),
        ("there is no definition of Another", "items_sample", {**wanted, "name": "Another"}),
        ("there is no table No-Such-Table", "items_sample", {"name": "No-Such-Table", "definitions": [unknown]}),
        ("has the key customer and placed.at, and id by", "items_sample", {**wanted, "definitions": [other_key]}),
        ("document.yml writes it", "exercise", {**wanted, "schemas": str(tmp_path / "none.py")}),
        ("samples: must be 1 or more", "exercise", {**wanted, "schemas": "x", "samples": 0}),
    ]
    tasks: list[dict[str, Any]] = [{"name": told, f"auditflow.dynamodb.{module}": each} for told, module, each in cases]
    without = {"name": "Sample data is made with faker", "auditflow.dynamodb.items_sample": wanted}
    run = shop.ansible.tasks(*tasks)
    lacking = shop.ansible.tasks(without, environment={"PYTHONPATH": str(tmp_path)})
    for task in (*run.tasks, *lacking.tasks):
        assert task.status == "failed"
        assert task.name in task.message
    assert run.calls.writes == []


def test_exercise(shop: Shop, emulator: Target, fronted: Callable[..., Ansible], tmp_path: Path) -> None:
    folder = shop.generated(tmp_path)
    shop.run("sample_data", count=COUNT)
    right = shop.run("exercise", folder=folder, page_size=2)
    assert right.code == 0, right.output
    assert right.changed == []
    assert right.calls.writes == []
    orders, slots = right.task(EXERCISE).result["results"]
    assert orders["right"]
    assert (orders["scanned"], orders["complete"]) == (COUNT, True)
    for row in orders["patterns"]:
        assert row["queries"] == row["right"] >= 7
        assert 0 < row["empty"] < row["queries"]
        assert row["items"] > row["queries"]
        assert row["read_units"] > 0
    assert slots["text"].endswith(": no access patterns")

    in_part = shop.run("exercise", folder=folder, scan_limit=60, answer_limit=1, page_size=1, table=shop.orders)
    assert in_part.code == 0, in_part.output
    assert "the first 60 items scanned; the table has more (scan_limit)" in in_part.output
    assert "for 1 items only (answer_limit)" in in_part.output

    # Code that was generated from another definition: its filter leaves out what should be found.
    wrong = shop.run("exercise", folder=shop.generated(tmp_path, threshold=500), table=shop.orders)
    assert wrong.code == 2
    assert "orders_of_customer" in wrong.output
    assert "items should be in the answer and are not" in wrong.output
    (result,) = wrong.task(EXERCISE).result["results"]
    rows = {row["pattern"]: row for row in result["patterns"]}
    assert rows["orders_by_total"]["wrong"] == {}
    assert rows["orders_of_customer"]["right"] < rows["orders_of_customer"]["queries"]
    assert set(rows["orders_of_customer"]["wrong"]) == {"missing"}

    def turns_around(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation != "Query" or "IndexName" not in sent.body:
            return None
        content = forward().json()
        content["Items"] = content["Items"][::-1]
        return Answer(200, json.dumps(content).encode())

    turned = shop.run(
        "exercise", ansible=fronted(emulator, turns_around), folder=shop.generated(tmp_path), table=shop.orders
    )
    assert turned.code == 2
    assert "orders_by_total" in turned.output
    assert "items are out of order" in turned.output
