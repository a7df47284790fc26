# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ttl_backfill.yml beside live writers, in slices, throttled, and broken off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.front import Answer, Rule, Sent, refuse
from tests.integration.harness import Ansible, Finished, Target
from tests.integration.items import Item, by_key, load, make_table

COUNT = 120
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
OWN_TTL = {"N": "4102444800"}
ODD: dict[str, Item] = {
    "expired": {"at": {"S": "2010-01-01T00:00:00Z"}},
    "without": {},
    "unreadable": {"at": {"S": "last week"}},
    "text": {"at": {"S": "2024-05-03"}, "ttl": {"S": "2031"}},
    "has-it": {"at": {"S": "2024-05-03"}, "ttl": OWN_TTL},
}
SET_BY_OTHERS, DELETED_BY_OTHERS, MOVED_BY_OTHERS = "i0007", "i0011", "i0013"
NEW_STAMP = (TODAY - timedelta(days=1)).isoformat()


def stamp(number: int) -> datetime:
    return TODAY - timedelta(days=number)


def in_seven_years(moment: datetime) -> dict[str, str]:
    later = moment.replace(year=moment.year + 7) if (moment.month, moment.day) != (2, 29) else None
    end = later or moment.replace(year=moment.year + 7, month=3, day=1)
    return {"N": str(int(end.timestamp()))}


def fill(target: Target, name: str) -> None:
    client = target.client()
    make_table(client, name)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    items: list[Item] = [
        {"id": {"S": f"i{number:04}"}, "at": {"S": stamp(number).isoformat()}} for number in range(COUNT)
    ]
    load(client, name, [*items, *({"id": {"S": key}, **item} for key, item in ODD.items())])


def live_writers(target: Target, name: str) -> Rule:
    """Others change an item in the moment before the run's first write of it arrives."""
    client = target.client()
    met: set[str] = set()

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        key = sent.body.get("Key", {}).get("id", {}).get("S")
        if sent.operation == "UpdateItem" and key not in met:
            met.add(key)
            if key == SET_BY_OTHERS:
                client.put_item(TableName=name, Item={"id": {"S": key}, "at": {"S": NEW_STAMP}, "ttl": OWN_TTL})
            if key == DELETED_BY_OTHERS:
                client.delete_item(TableName=name, Key={"id": {"S": key}})
            if key == MOVED_BY_OTHERS:
                client.put_item(TableName=name, Item={"id": {"S": key}, "at": {"S": NEW_STAMP}})
        return None

    return rule


def backfill(ansible: Ansible, name: str, *arguments: str, **extra: Any) -> Finished:
    options = {
        "table": name,
        "confirm": name,
        "timestamp": "at",
        "retention": "7y",
        "write_units": 0,
        "segments": 8,
        "state_dir": str(ansible.folder / "state"),
    }
    return ansible.playbook("ttl_backfill", *arguments, extra={**options, **extra})


def result(run: Finished) -> dict[str, Any]:
    (each,) = run.task("Give items an expiry time").result["results"]
    return dict(each)


def counts(run: Finished) -> dict[str, int]:
    return {verdict: count for verdict, count in result(run)["counts"].items() if count}


def test_backfill_beside_live_writers(emulator: Target, fronted: Callable[..., Ansible], name: str) -> None:
    fill(emulator, name)
    throttled = refuse("UpdateItem", "ProvisionedThroughputExceededException", "Slow down", times=4)
    ansible = fronted(emulator, throttled, live_writers(emulator, name))
    before = by_key(emulator.client(), name)

    unconfirmed = backfill(ansible, name, confirm="another")
    assert "Every item of" in unconfirmed.failure
    assert unconfirmed.calls.writes == []

    check = backfill(ansible, name, "--check", confirm="")
    assert check.code == 0, check.output
    left = {"expired": 1, "without_timestamp": 1, "unreadable_timestamp": 1, "ttl_is_no_number": 1}
    assert counts(check) == {"set": COUNT, **left}
    assert result(check)["had_ttl"] == 1
    assert check.calls.writes == []
    assert by_key(emulator.client(), name) == before
    assert not (ansible.folder / "state").exists()

    first, second = (backfill(ansible, name, slice=each) for each in ("1/2", "2/2"))
    for run in (first, second):
        assert run.code == 0, run.output
        assert result(run)["finished"]
        assert result(run)["segments"] == {"total": 8, "owned": 4, "done": 4}
    others = {"set_meanwhile": 1, "deleted_meanwhile": 1}
    assert Counter(counts(first)) + Counter(counts(second)) == {"set": COUNT - 2, **left, **others}
    samples = {**result(first)["samples"], **result(second)["samples"]}
    assert samples == {
        "expired": [{"id": "expired"}],
        "without_timestamp": [{"id": "without"}],
        "unreadable_timestamp": [{"id": "unreadable"}],
        "ttl_is_no_number": [{"id": "text"}],
    }
    assert "left alone: their at is no time" in first.output + second.output
    assert "last week" not in first.output + second.output

    after = by_key(emulator.client(), name)
    assert {key: after[key] for key in ODD} == {key: before[key] for key in ODD}
    assert DELETED_BY_OTHERS not in after
    assert after[SET_BY_OTHERS]["ttl"] == OWN_TTL
    assert after[MOVED_BY_OTHERS]["ttl"] == in_seven_years(datetime.fromisoformat(NEW_STAMP))
    plain = set(before) - set(ODD) - {SET_BY_OTHERS, DELETED_BY_OTHERS, MOVED_BY_OTHERS}
    for key in plain:
        assert after[key] == {**before[key], "ttl": in_seven_years(stamp(int(key[1:])))}
    good = Counter(call.body["Key"]["id"]["S"] for call in written(first, second) if call.status == 200)
    assert good == Counter(plain | {MOVED_BY_OTHERS})

    again = backfill(ansible, name)
    assert again.code == 0, again.output
    assert again.changed == []
    assert again.calls.writes == []
    assert result(again)["had_ttl"] == COUNT
    assert counts(again) == left


def written(*runs: Finished) -> list[Any]:
    return [call for run in runs for call in run.calls if call.operation == "UpdateItem"]


def test_broken_off_and_resumed(emulator: Target, fronted: Callable[..., Ansible], name: str) -> None:
    fill(emulator, name)
    refused = [0]

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        refused[0] += sent.operation == "UpdateItem"
        if sent.operation == "UpdateItem" and refused[0] == 60:
            return Answer(400, b'{"__type": "x#AccessDeniedException", "message": "not authorized to perform: x:y"}')
        return None

    ansible = fronted(emulator, rule)
    broken = backfill(ansible, name, threads=2, page_size=10)
    assert broken.code == 2
    assert "What was done stays; run it again to go on." in broken.output
    done = sum("ttl" in item for item in by_key(emulator.client(), name).values()) - 2
    assert result(broken)["counts"]["set"] == done
    assert 0 < done < COUNT
    resumed = backfill(ansible, name)
    assert resumed.code == 0, resumed.output
    assert result(resumed)["resumed"]
    assert "all done, with what an earlier run had done" in resumed.output
    assert result(resumed)["finished"]
    assert result(resumed)["counts"]["set"] == COUNT
    assert len(written(resumed)) == COUNT - done
    assert list((ansible.folder / "state").rglob("segment-*")) == []


MEANINGLESS: list[tuple[dict[str, Any], str]] = [
    ({"retention": "7years"}, "retention: '7years' is none"),
    ({"slice": "3/2"}, "is no slice"),
    ({"slice": "1/9", "segments": 8}, "9 slices cannot share 8 segments"),
    ({"attribute": "other"}, "is on ttl, not on other"),
    ({"timestamp": "ttl"}, "attribute and timestamp are both ttl"),
    ({"name": "No-Such-Table"}, "there is no table No-Such-Table"),
]


def test_what_cannot_be_meant(ansible: Ansible, emulator: Target, name: str) -> None:
    client = emulator.client()
    make_table(client, name)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    wanted = {"name": name, "timestamp": "at", "retention": "7y"}
    tasks = [{"name": told, "auditflow.dynamodb.items_ttl": {**wanted, **each}} for each, told in MEANINGLESS]
    run = ansible.tasks(*tasks)
    for task in run.tasks:
        assert task.status == "failed"
        assert task.name in task.message
    assert run.calls.writes == []


def test_by_the_definition_with_progress(emulator: Target, ansible: Ansible, name: str) -> None:
    client = emulator.client()
    make_table(client, name)
    load(client, name, [{"id": {"S": str(number)}, "at": {"S": TODAY.isoformat()}} for number in range(40)])
    definition = {
        "name": name,
        "attributes": {"id": "S"},
        "partition_key": "id",
        "ttl": {"attribute": "ttl", "timestamp": "at", "retention": "7y"},
    }
    options = {"table": name, "confirm": name, "state_dir": str(ansible.folder / "state"), "page_size": 4}
    missing = ansible.playbook("ttl_backfill", extra=options)
    assert "ttl.timestamp and ttl.retention in its definition" in missing.output
    assert missing.code == 2
    assert missing.calls.writes == []
    # Some seconds, so that there is something to be shown.
    slow = {**options, "tables_definitions": [definition], "write_units": 10, "progress": True}
    run = ansible.playbook("ttl_backfill", extra=slow)
    assert run.code == 0, run.output
    assert counts(run) == {"set": 40}
    told = rf"^   0:\d\d  {name}, \d+ %, (about .* left, )?\d+ of about 40 items, \d+/64 segments, \d+ set, "
    assert re.search(told, run.output, re.MULTILINE), run.output
    assert {each["ttl"]["N"] for each in by_key(client, name).values()} == {in_seven_years(TODAY)["N"]}
