# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""migrate.yml: a table with items that do not fit, one that changes meanwhile, and at last the hand-over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.auditflow import settings
from tests.integration.front import Answer, Sent
from tests.integration.harness import Ansible, Finished, Target
from tests.integration.items import Item, by_key, load, make_table, scan

COUNT = 150


def item(key: str, customer: Any, placed: str, total: int = 1) -> Item:
    more: Item = {"lines": {"L": [{"M": {"sku": {"S": key}, "raw": {"B": key.encode()}}}]}, "tags": {"SS": ["b", "a"]}}
    return {"id": {"S": key}, "customer": customer, "placed_at": {"S": placed}, "total": {"N": str(total)}, **more}


def fitting(number: int) -> Item:
    return item(f"i{number:04}", {"S": f"c{number % 10}"}, f"2024-05-03T{number:06}", number)


LACKING: Item = {"id": {"S": "lacking"}, "placed_at": {"S": "x"}}
WRONG = item("wrong", {"N": "7"}, "x")
COLLIDING = item("colliding", {"S": "c1"}, "2024-05-03T000001", 99)


def definition(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {"customer": "S", "placed_at": "S", "total": "N"},
        "partition_key": "customer",
        "sort_key": "placed_at",
        "global_indexes": [{"name": "by-total", "partition_key": "total", "projection": "KEYS_ONLY"}],
        "billing_mode": "PAY_PER_REQUEST",
    }


def migrate(ansible: Ansible, source: str, target: str, *arguments: str, **extra: Any) -> Finished:
    options = {
        "source": source,
        "target": target,
        "tables_definitions": [definition(target)],
        "write_units": 0,
        "segments": 8,
        "sample": 0.3,
        "state_dir": str(ansible.folder / "state"),
    }
    return ansible.playbook("migrate", *arguments, extra={**options, **extra})


def copied(run: Finished) -> dict[str, int]:
    result = run.task("Copy the items").result
    return {verdict: count for verdict, count in result["counts"].items() if count}


def compared(run: Finished) -> dict[str, int]:
    counts: dict[str, int] = dict(run.task("Compare both tables").result["counts"])
    assert counts.pop("sampled_same") > 10
    return {verdict: count for verdict, count in counts.items() if count}


def test_new_keys(emulator: Target, fronted: Callable[..., Ansible], name: str) -> None:
    source, target = name, f"{name}-by-customer"
    client = emulator.client()
    make_table(client, source)
    load(client, source, [*map(fitting, range(COUNT)), LACKING, WRONG, COLLIDING])
    puts = [0]

    def broken(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        puts[0] += sent.operation == "PutItem"
        if sent.operation == "PutItem" and puts[0] == 80:
            return Answer(400, b'{"__type": "x#AccessDeniedException", "message": "not authorized to perform: x:y"}')
        return None

    ansible = fronted(emulator, broken)

    check = migrate(ansible, source, target, "--check")
    assert check.code == 0, check.output
    # That two items collide shows when the second is to be written.
    assert copied(check) == {"copied": COUNT + 1, "lacks_key": 1, "wrong_key_type": 1}
    assert check.calls.writes == []

    first = migrate(ansible, source, target, threads=2, page_size=10)
    assert first.code == 2
    assert "What was copied stays; run it again to go on." in first.output

    second = migrate(ansible, source, target, hand_over=True, confirm=f"{source},{target}")
    assert "Nothing was handed over" in second.failure
    assert copied(second) == {"copied": COUNT, "lacks_key": 1, "wrong_key_type": 1, "collides": 1}
    assert second.task("Copy the items").result["resumed"]
    samples = second.task("Copy the items").result["samples"]
    assert samples["lacks_key"] == [{"id": "lacking"}]
    assert samples["wrong_key_type"] == [{"id": "wrong"}]
    assert samples["collides"] in ([{"id": "colliding"}], [{"id": "i0001"}])
    assert compared(second)["source"] == COUNT + 3
    assert compared(second)["target"] == COUNT
    good = [call for run in (first, second) for call in run.calls if call.operation == "PutItem" and call.status == 200]
    assert len(good) == COUNT

    # Somebody puts the source in order, and it goes on living.
    for key in ("lacking", "wrong", "colliding", "i0050"):
        client.delete_item(TableName=source, Key={"id": {"S": key}})
    client.put_item(TableName=source, Item=fitting(1))
    client.put_item(TableName=source, Item={**fitting(60), "total": {"N": "6000"}})
    client.put_item(TableName=source, Item={**fitting(70), "placed_at": {"S": "moved"}})
    client.put_item(TableName=source, Item=fitting(COUNT))
    first_of_two = next(each for each in scan(client, target) if each["placed_at"]["S"].endswith("000001"))
    client.delete_item(TableName=target, Key={each: first_of_two[each] for each in ("customer", "placed_at")})

    overwritten = migrate(ansible, source, target, overwrite=True)
    assert copied(overwritten) == {"copied": 3, "overwritten": 1, "same": COUNT - 4}
    assert [call for call in overwritten.calls.writes if call[0] == "PutItem"] == [("PutItem", target)] * 4
    assert compared(overwritten) == {"source": COUNT, "target": COUNT + 2, "gone_from_source": 1, "stale": 1}
    gone = overwritten.task("Compare both tables").result["samples"]["gone_from_source"]
    assert gone == [{"customer": "c0", "placed_at": "2024-05-03T000050"}]

    for number in (50, 70):
        key = {each: fitting(number)[each] for each in ("customer", "placed_at")}
        client.delete_item(TableName=target, Key=key)
    unconfirmed = migrate(ansible, source, target, overwrite=True, hand_over=True, confirm=source)
    assert "is marked as what replaces" in unconfirmed.failure
    assert unconfirmed.calls.writes == []
    handed = migrate(ansible, source, target, hand_over=True, confirm=f"{source},{target}")
    assert handed.code == 0, handed.output
    assert compared(handed) == {"source": COUNT, "target": COUNT}
    assert by_key(client, source) == by_key(client, target)
    assert settings(emulator, source)["tags"] == {"replaced-by": target}
    assert settings(emulator, source)["protection"]
    assert settings(emulator, target)["tags"] == {"replaces": source}
    assert "Point the application at" in handed.output

    again = migrate(ansible, source, target, hand_over=True, confirm=f"{source},{target}")
    assert again.code == 0, again.output
    assert again.changed == []
    assert again.calls.writes == []
