# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying and comparing items: which fit, which are the same, and what comes of one beside live writers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copy import Copier
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copying import Keys, Sample, keys_of, same_item
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.lookup import look_up

from .items_table import ItemsTable

OLD = Keys(("id",), {"id": "S"})
NEW = Keys(("customer", "at"), {"customer": "S", "at": "N", "total": "N", "raw": "B"})
GOOD = {"id": {"S": "x"}, "customer": {"S": "c"}, "at": {"N": "1"}}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"total": {"N": "5"}, "raw": {"B": b"x"}}, ""),
        ({"customer": None}, "lacks_key"),
        ({"at": None}, "lacks_key"),
        ({"at": {"NULL": True}}, "lacks_key"),
        ({"at": {"S": "1"}}, "wrong_key_type"),
        ({"customer": {"S": ""}}, "wrong_key_type"),
        ({"customer": {"S": "ä" * 1024}}, ""),
        ({"customer": {"S": "ä" * 1025}}, "wrong_key_type"),
        # An index's key may be missing; if it is there, it has to be right.
        ({"total": {"S": "5"}}, "wrong_key_type"),
        ({"total": {"NULL": True}}, "wrong_key_type"),
        ({"raw": {"B": b""}}, "wrong_key_type"),
    ],
)
def test_what_fits(change: dict[str, Any], problem: str) -> None:
    item = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert NEW.problem(item) == problem


def test_sort_keys_are_shorter() -> None:
    keys = Keys(("id", "at"), {"id": "S", "at": "S"})
    assert keys.problem({"id": {"S": "x" * 2048}, "at": {"S": "x" * 1024}}) == ""
    assert keys.problem({"id": {"S": "x"}, "at": {"S": "x" * 1025}}) == "wrong_key_type"


def test_keys_of_a_description() -> None:
    description = {
        "KeySchema": [
            {"AttributeName": "at", "KeyType": "RANGE"},
            {"AttributeName": "customer", "KeyType": "HASH"},
        ],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": type_} for name, type_ in NEW.types.items()],
    }
    assert keys_of(description) == NEW


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": {"SS": ["x", "y"]}}, {"a": {"SS": ["y", "x"]}}, True),
        ({"a": {"BS": [b"x", b"y"]}}, {"a": {"BS": [b"y", b"x"]}}, True),
        ({"a": {"L": [{"S": "x"}, {"S": "y"}]}}, {"a": {"L": [{"S": "y"}, {"S": "x"}]}}, False),
        ({"a": {"M": {"SS": {"NS": ["1", "2"]}}}}, {"a": {"M": {"SS": {"NS": ["2", "1"]}}}}, True),
        ({"a": {"L": [{"M": {"b": {"SS": ["x", "y"]}}}]}}, {"a": {"L": [{"M": {"b": {"SS": ["y", "x"]}}}]}}, True),
        ({"a": {"N": "1"}}, {"a": {"S": "1"}}, False),
        ({"a": {"N": "1"}}, {"a": {"N": "1"}, "b": {"N": "1"}}, False),
    ],
)
def test_same_items(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert same_item(one, other) is same


@given(st.floats(0, 1), st.text())
def test_a_sample_is_the_same_for_the_same_seed_and_about_as_large_as_asked(share: float, seed: str) -> None:
    chosen = [Sample(share, seed).holds(str(number)) for number in range(1000)]
    assert chosen == [Sample(share, seed).holds(str(number)) for number in range(1000)]
    assert abs(sum(chosen) / 1000 - share) < 0.1


# --- one item --------------------------------------------------------------------------------------------------------

CHANGED = {**GOOD, "total": {"N": "2"}}
ANOTHER = {**GOOD, "id": {"S": "another"}}
FOREIGN = {"customer": GOOD["customer"], "at": GOOD["at"]}


class Target:
    """A table that holds at most one item under the new key, and changes before each write as the test wants."""

    def __init__(self, *versions: dict[str, Any]):
        self.versions = list(versions)
        self.puts: list[dict[str, Any]] = []
        self.service = ItemsTable({}, refuse=self.answer)

    def answer(self, operation: str, arguments: dict[str, Any]) -> None:
        current = self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]
        self.puts.append(arguments)
        condition = arguments["ConditionExpression"]
        if condition == "attribute_not_exists(#k0)":
            holds = not current
        else:
            assert condition == "#k0 = :k0"
            assert arguments["ExpressionAttributeNames"] == {"#k0": "id"}
            holds = current.get("id") == arguments["ExpressionAttributeValues"][":k0"]
        if not holds:
            item = {"Item": current} if current else {}
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}, **item}, operation)
        self.versions = [arguments["Item"]]

    def copy(self, found: dict[str, Any] | None, overwrite: bool = False, check: bool = False) -> str:
        copier = Copier(self.service.through(), OLD, NEW, "Orders-2", overwrite=overwrite, check=check)
        return copier.one(GOOD, found)


@pytest.mark.parametrize(
    ("found", "versions", "overwrite", "verdict", "puts"),
    [
        (None, [{}], False, "copied", 1),
        (GOOD, [GOOD], False, "same", 0),
        (CHANGED, [CHANGED], False, "differs", 0),
        (CHANGED, [CHANGED], True, "overwritten", 1),
        (ANOTHER, [ANOTHER], True, "collides", 0),
        (FOREIGN, [FOREIGN], True, "collides", 0),
        # It came between the look and the write.
        (None, [ANOTHER], True, "collides", 1),
        (None, [CHANGED], False, "differs", 1),
        (None, [CHANGED], True, "overwritten", 2),
        # The answer of the first write was lost, so it was made twice.
        (None, [GOOD], False, "copied", 1),
        # Gone between the look and the write: written anew, not over what came instead.
        (CHANGED, [{}], True, "copied", 2),
        (CHANGED, [ANOTHER], True, "collides", 1),
        (CHANGED, [{}, CHANGED, {}], True, "changed_meanwhile", 3),
    ],
)
def test_one_item(
    found: dict[str, Any] | None, versions: list[dict[str, Any]], overwrite: bool, verdict: str, puts: int
) -> None:
    target = Target(*versions)
    assert target.copy(found, overwrite) == verdict
    assert len(target.puts) == puts
    if verdict in ("copied", "overwritten"):
        assert target.versions == [GOOD]
    assert Target(*versions).copy(found, overwrite, check=True) in (
        "copied",
        "overwritten",
        "same",
        "differs",
        "collides",
    )


def test_check_mode_writes_nothing() -> None:
    target = Target({})
    assert target.copy(None, check=True) == "copied"
    assert target.puts == []


def test_look_up_asks_again_for_what_was_not_answered() -> None:
    asked: list[int] = []

    def answer(service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        keys = arguments["RequestItems"]["Orders"]["Keys"]
        asked.append(len(keys))
        left = {"Orders": {"Keys": keys[40:]}} if keys[40:] else {}
        return {"Responses": {"Orders": keys[:40]}, "UnprocessedKeys": left, "ConsumedCapacity": []}

    table = ItemsTable({})
    object.__setattr__(table, "call", answer)
    keys = [{"id": {"S": str(number)}} for number in range(130)]
    found = look_up(table.through(), "Orders", OLD, [*keys, *keys])
    assert list(found.values()) == keys
    assert asked == [100, 90, 50, 10]


def test_look_up_of_a_table_that_answers_nothing_ends() -> None:
    table = ItemsTable({})
    keys = [{"id": {"S": "x"}}]
    nothing = {"Responses": {}, "UnprocessedKeys": {"Orders": {"Keys": keys}}}
    object.__setattr__(table, "call", lambda service, operation, arguments: nothing)
    with pytest.raises(AwsError, match="AWS has taken none of 1 items for 180 seconds"):
        look_up(table.through(), "Orders", OLD, keys)


def test_look_up_that_fails_is_told() -> None:
    def refuse(operation: str, arguments: dict[str, Any]) -> None:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, operation)

    calls = ItemsTable({}, refuse=refuse).through()
    with pytest.raises(AwsError, match="ValidationException"):
        look_up(calls, "Orders", OLD, [{"id": {"S": "x"}}])
