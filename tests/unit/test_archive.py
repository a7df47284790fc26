# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts, marks and the way back: formats, conditions and their limits, and any item there and back again."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive import archive_run, unarchiving
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.marks import (
    MARKS,
    MOST_BYTES,
    MOST_OPERATORS,
    difference,
    mark,
    same,
    unmark,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.parts import (
    Part,
    PartError,
    check_same,
    check_whole,
    item_of,
    line_of,
    part_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.unarchive_run import typed_key
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.unarchiving import (
    Restoring,
    Unarchiver,
    Wanted,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.calls import Calls
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.options import Table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget

from .archive_world import BUCKET, DESCRIPTION, KEY, TABLE, Item, World, holds, updated
from .items_table import refusal

WHEN = "2026-11-23T00:00:00Z"
PLACE = f"{BUCKET}/archive/data/part.json.gz"
numbers = st.integers(-(10**38) + 1, 10**38 - 1).map(str) | st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000
).map(str)
# What DynamoDB takes: no lone surrogates, no empty sets, no duplicates in them.
texts = st.text(st.characters(exclude_categories=["Cs"]))
values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        texts.map(lambda text: {"S": text}),
        numbers.map(lambda number: {"N": number}),
        st.binary().map(lambda raw: {"B": raw}),
        st.booleans().map(lambda flag: {"BOOL": flag}),
        st.just({"NULL": True}),
        st.lists(texts, min_size=1, unique=True).map(lambda each: {"SS": each}),
        st.lists(numbers, min_size=1, unique=True).map(lambda each: {"NS": each}),
        st.lists(st.binary(), min_size=1, unique=True).map(lambda each: {"BS": each}),
    ),
    lambda inner: (
        st.lists(inner).map(lambda each: {"L": each}) | st.dictionaries(texts, inner).map(lambda each: {"M": each})
    ),
    max_leaves=8,
)
names = st.sampled_from(["a", "b", "c", "archive_timestamp", "archive_object", "archive_stripped", "ünï", "with space"])
items_ = st.dictionaries(names, values, max_size=8).map(lambda more: {KEY: {"S": "k"}, **more})


# --- parts -----------------------------------------------------------------------------------------------------------


@given(st.lists(items_, max_size=4))
def test_any_item_there_and_back(found: list[Item]) -> None:
    part = part_of([line_of(item) for item in found])
    lines = check_whole(part.content, part.metadata)
    assert [item_of(line) for line in lines] == found
    # As readers of other tools cut it: into lines of text.
    assert len(gzip.decompress(part.content).decode().splitlines()) == len(found)
    check_same(part, part.content)


def test_a_line_is_that_of_an_export() -> None:
    item: Item = {"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00\xff"}, "bs": {"BS": [b"\x01"]}}
    expected = b'{"Item":{"id":{"S":"a"},"n":{"N":"1"},"b":{"B":"AP8="},"bs":{"BS":["AQ=="]}}}\n'
    assert line_of(item) == expected


def test_the_same_items_make_the_same_part() -> None:
    lines = [line_of({"id": {"S": str(number)}}) for number in range(100)]
    assert part_of(lines) == part_of(lines)
    assert part_of(lines).sha256 == part_of(lines).metadata["sha256"]
    assert part_of(lines).size == sum(map(len, lines))


PART = part_of([line_of({"id": {"S": "a"}}), line_of({"id": {"S": "b"}})])
OTHER = part_of([line_of({"id": {"S": "x"}})])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (PART.content[:-1], "bytes were sent"),
        (PART.content[:-1] + b"!", "was read back"),
        (b"", "bytes were sent"),
        (OTHER.content, "bytes were sent|was read back"),
    ],
)
def test_what_is_read_back_otherwise(content: bytes, told: str) -> None:
    with pytest.raises(PartError, match=told):
        check_same(PART, content)


@pytest.mark.parametrize(
    ("content", "metadata", "told"),
    [
        (PART.content, {}, "no checksum"),
        (OTHER.content, PART.metadata, "its SHA-256 is"),
        (PART.content, {**PART.metadata, "items": "3"}, "it has 2 items, not 3"),
        (b"plain", Part(b"plain", 1, 5).metadata, "cannot be decompressed"),
    ],
)
def test_an_object_that_is_not_as_archived(content: bytes, metadata: Mapping[str, str], told: str) -> None:
    with pytest.raises(PartError, match=told):
        check_whole(content, metadata)


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b"not json", b'{"item": {}}'])
def test_a_line_that_is_no_item(line: bytes) -> None:
    with pytest.raises(PartError, match="no item"):
        item_of(line)


# --- marks -----------------------------------------------------------------------------------------------------------


@given(items_, st.sets(st.sampled_from(["a", "b", "ünï"])))
def test_marked_and_unmarked_is_what_it_was(item: Item, strip: set[str]) -> None:
    write = mark(item, (KEY,), PLACE, WHEN, sorted(strip)).update({KEY: item[KEY]})
    assert holds(item, write)
    entry = updated(item, write)
    assert entry["archived"] == {"BOOL": True}
    assert entry["archive_object"] == {"S": PLACE}
    assert not strip & set(entry)
    back = unmark(entry, item, (KEY,), exact=False).update({KEY: item[KEY]})
    assert holds(entry, back)
    assert updated(entry, back) == item
    assert difference(entry, item, (KEY,)).changed == ()


@given(items_, items_, st.sets(st.sampled_from(["a", "b"])))
def test_who_wrote_meanwhile_is_seen(item: Item, other: Item, strip: set[str]) -> None:
    """Any attribute that was archived, taken out or is written by the mark, and is another now, stands in the way."""
    write = mark(item, (KEY,), PLACE, WHEN, sorted(strip)).update({KEY: item[KEY]})
    looked_at = set(item) | strip | set(MARKS)
    seen = looked_at & (set(item) | set(other))
    differs = any((name in item) != (name in other) or not same(item[name], other[name]) for name in seen)
    assert holds(other, write) == (not differs)


@given(items_, items_, st.sets(st.sampled_from(["a", "b"])))
def test_exactly_what_was_archived(item: Item, later: Item, strip: set[str]) -> None:
    entry = updated(item, mark(item, (KEY,), PLACE, WHEN, sorted(strip)).update({KEY: item[KEY]}))
    entry = {**entry, **{name: value for name, value in later.items() if name not in MARKS}}
    back = unmark(entry, item, (KEY,), exact=True).update({KEY: item[KEY]})
    assert holds(entry, back)
    after = updated(entry, back)
    assert set(after) == set(item)
    assert all(same(after[name], item[name]) for name in item)


@given(items_)
def test_nothing_is_marked_twice(item: Item) -> None:
    write = mark(item, (KEY,), PLACE, WHEN, ()).update({KEY: item[KEY]})
    assert not holds(updated(item, write), write)
    assert not holds(None, write)


@pytest.mark.parametrize("count", [1, 100, 140, 143, 144, 145, 200, 400])
def test_conditions_within_the_limits(count: int) -> None:
    item = {KEY: {"S": "k"}, **{f"attribute number {number}": {"N": "1"} for number in range(count)}}
    write = mark(item, (KEY,), PLACE, WHEN, ())
    condition = write.update({})["ConditionExpression"]
    operators = condition.count(" = ") + condition.count("(") + condition.count(" AND ")
    assert write.fits == (operators <= MOST_OPERATORS and len(condition) <= MOST_BYTES)
    assert write.fits == (count <= 145)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}, True),
        ({"L": [{"BS": [b"a", b"b"]}]}, {"L": [{"BS": [b"b", b"a"]}]}, True),
        ({"M": {"x": {"NS": ["1", "2"]}}}, {"M": {"x": {"NS": ["2", "1"]}}}, True),
        ({"L": [{"N": "1"}, {"N": "2"}]}, {"L": [{"N": "2"}, {"N": "1"}]}, False),
        ({"S": "1"}, {"N": "1"}, False),
        ({"B": b"AP8="}, {"S": "AP8="}, False),
    ],
)
def test_sameness(one: dict[str, Any], other: dict[str, Any], equal: bool) -> None:
    assert same(one, other) == equal


# --- what is wanted --------------------------------------------------------------------------------------------------

INDEXED = Table(
    {
        **DESCRIPTION,
        "GlobalSecondaryIndexes": [{"IndexName": "i", "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}]}],
    }
)


def order(**more: Any) -> Any:
    params = {name: rule.get("default") for name, rule in archive_run.OPTIONS.items()}
    return archive_run.order_of({**params, "name": TABLE, "timestamp": "at", "bucket": BUCKET, **more})


@pytest.mark.parametrize(
    ("strip", "told"),
    [
        (["id"], "strip: id is a key"),
        (["status"], "strip: status is a key"),
        (["archive_object"], "is a mark"),
        (["x"], ""),
    ],
)
def test_what_may_be_taken_out(strip: list[str], told: str) -> None:
    found = archive_run.problems(order(strip=strip), INDEXED)
    assert (told in found[0]) if told else not found


@pytest.mark.parametrize("more", [{"part_items": 0}, {"part_mib": 0}, {"part_mib": 257}, {"older_than": "soon"}])
def test_orders_that_cannot_be_meant(more: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        order(**more)


def test_keys_are_typed_as_the_table_says() -> None:
    types = [{"AttributeName": name, "AttributeType": kind} for name, kind in (("a", "N"), ("b", "B"))]
    schema = [{"AttributeName": "b", "KeyType": "RANGE"}, {"AttributeName": "a", "KeyType": "HASH"}]
    table = Table({"TableName": "T", "AttributeDefinitions": types, "KeySchema": schema})
    assert typed_key({"a": 7, "b": "AP8="}, table) == {"a": {"N": "7"}, "b": {"B": b"\x00\xff"}}
    for wrong in ({"a": 7}, {"a": 7, "b": "AP8=", "c": 1}, {"a": 7, "b": "?"}):
        with pytest.raises(DefinitionError):
            typed_key(wrong, table)


# --- unarchive -------------------------------------------------------------------------------------------------------

COPY: Item = {KEY: {"S": "k"}, "x": {"S": "1"}, "bulky": {"M": {"deep": {"B": b"\x00"}}}}
ENTRY = updated(COPY, mark(COPY, (KEY,), PLACE, WHEN, ["bulky"]).update({KEY: COPY[KEY]}))
SINCE = datetime(2026, 11, 24, tzinfo=UTC)


def world_of(entry: Item | None, content: bytes | None = None, storage: str = "GLACIER_IR") -> World:
    world = World({"k": dict(entry)} if entry else {})
    part = part_of([line_of(COPY)])
    body = part.content if content is None else content
    key = PLACE.partition("/")[2]
    world.objects[key] = [{"Body": body, "Metadata": part.metadata, "StorageClass": storage, "VersionId": "v0"}]
    return world


def unarchiver(world: World, wanted: Wanted | None = None, exact: bool = False, check: bool = False) -> Unarchiver:
    aws = world.aws()
    calls = Calls(aws, Budget(0, aws.clock), Budget(0, aws.clock))
    return Unarchiver(calls, TABLE, (KEY,), wanted or Wanted(), Restoring(), exact, check)


@pytest.mark.parametrize(
    ("entry", "wanted", "exact", "verdict", "after"),
    [
        (ENTRY, Wanted(), False, unarchiving.RESTORED, COPY),
        ({**ENTRY, "new": {"N": "1"}}, Wanted(), False, unarchiving.RESTORED, {**COPY, "new": {"N": "1"}}),
        ({**ENTRY, "new": {"N": "1"}}, Wanted(), True, unarchiving.RESTORED, COPY),
        ({**ENTRY, "x": {"S": "2"}}, Wanted(), False, unarchiving.CHANGED, None),
        ({**ENTRY, "x": {"S": "2"}}, Wanted(), True, unarchiving.RESTORED, COPY),
        ({name: ENTRY[name] for name in ENTRY if name != "x"}, Wanted(), False, unarchiving.CHANGED, None),
        ({name: ENTRY[name] for name in ENTRY if name != "x"}, Wanted(), True, unarchiving.RESTORED, COPY),
        ({**ENTRY, "bulky": {"S": "set again"}}, Wanted(), False, unarchiving.CHANGED, None),
        ({**ENTRY, "archive_object": {"S": "other/place"}}, Wanted(), False, unarchiving.ELSEWHERE, None),
        (COPY, Wanted(), False, unarchiving.NOT_ARCHIVED, None),
        (None, Wanted(), False, unarchiving.GONE, None),
        (ENTRY, Wanted(since=SINCE), False, unarchiving.OTHER_TIME, None),
        (ENTRY, Wanted(until=SINCE), False, unarchiving.RESTORED, COPY),
        ({**ENTRY, **{f"n{number}": {"N": "1"} for number in range(150)}}, Wanted(), False, unarchiving.WIDE, None),
    ],
)
def test_what_comes_of_an_entry(
    entry: Item | None, wanted: Wanted, exact: bool, verdict: str, after: Item | None
) -> None:
    checked = world_of(entry)
    assert unarchiver(checked, wanted, exact, check=True).unarchive(PLACE).counts == {verdict: 1}
    assert checked.calls["UpdateItem"] == 0
    world = world_of(entry)
    assert unarchiver(world, wanted, exact).unarchive(PLACE).counts == {verdict: 1}
    assert world.items.get("k") == (after or entry)


@pytest.mark.parametrize("content", [b"", OTHER.content, b"plain"])
def test_a_copy_that_is_not_what_was_archived(content: bytes) -> None:
    world = world_of(ENTRY, content)
    found = unarchiver(world).unarchive(PLACE)
    assert "Its entries were left as they are" in str(found.error)
    assert world.items["k"] == ENTRY


def test_a_copy_that_is_gone() -> None:
    world = world_of(ENTRY)
    world.objects.clear()
    assert "it is not there" in str(unarchiver(world).ready(PLACE).error)


def test_cold_copies_are_restored_once() -> None:
    world = world_of(ENTRY, storage="DEEP_ARCHIVE")
    planned = unarchiver(world, check=True).ready(PLACE)
    assert (planned.pending, planned.asked, world.calls["RestoreObject"]) == (True, True, 0)
    asked = unarchiver(world).ready(PLACE)
    assert (asked.pending, asked.asked, world.calls["RestoreObject"]) == (True, True, 1)
    ready = unarchiver(world).ready(PLACE)
    assert (ready.pending, ready.asked, world.calls["RestoreObject"]) == (False, False, 1)
    assert unarchiver(world).unarchive(PLACE).counts == {unarchiving.RESTORED: 1}


def test_somebody_has_asked_for_the_restoring() -> None:
    world = world_of(ENTRY, storage="GLACIER")

    def refuse(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "RestoreObject":
            raise refusal("RestoreAlreadyInProgress", operation)

    world.refuse = refuse
    found = unarchiver(world).ready(PLACE)
    assert (found.pending, found.error) == (True, None)


@pytest.mark.parametrize("times", range(unarchiving.ROUNDS + 1))
def test_who_writes_between_reading_and_writing(times: int) -> None:
    world = world_of({**ENTRY, "note": {"N": "9"}})
    left = [times]

    def write(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "UpdateItem" and left[0]:
            left[0] -= 1
            world.items["k"] = {**world.items["k"], "note": {"N": str(left[0])}}

    world.refuse = write
    found = unarchiver(world).unarchive(PLACE)
    # What somebody changes again and again is left alone; what they wrote stays in any case.
    assert found.counts == {unarchiving.RESTORED if times < unarchiving.ROUNDS else unarchiving.MOVING: 1}
    assert world.items["k"]["note"] == {"N": "0" if times else "9"}


def test_an_answer_that_was_lost() -> None:
    world = world_of(ENTRY)
    lost = [True]
    update = world._UpdateItem

    def losing(arguments: dict[str, Any]) -> dict[str, Any]:
        answer = update(arguments)
        if lost:
            lost.pop()
            raise refusal("InternalServerError", "UpdateItem")
        return answer

    world._UpdateItem = losing  # type: ignore[method-assign]
    assert unarchiver(world).unarchive(PLACE).counts == {unarchiving.RESTORED: 1}
    assert world.items["k"] == COPY
    assert replace(unarchiver(world), exact=True).unarchive(PLACE).counts == {unarchiving.NOT_ARCHIVED: 1}
