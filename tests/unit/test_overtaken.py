# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another run at the same table: what guards see, and when a wait is given up."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.conditions import (
    Condition,
    IndexActive,
    IndexGone,
    TableActive,
    TableGone,
    TagsVisible,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind, StuckError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.overtaken import (
    UNDONE_SECONDS,
    DeletionOver,
    IndexAsFound,
    SameTable,
    StreamAsFound,
    undone,
)

BY_DAY = {
    "IndexName": "by-day",
    "IndexStatus": "ACTIVE",
    "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
REBUILT = {**BY_DAY, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}}


def table(**members: Any) -> dict[str, Any]:
    return {"Table": {"TableName": "Orders", "TableStatus": "ACTIVE", **members}}


def test_an_index_is_the_one_that_was_found() -> None:
    guard = IndexAsFound.of("Orders", BY_DAY)
    assert guard.moved(table(GlobalSecondaryIndexes=[{**BY_DAY, "ItemCount": 7}])) == ""
    assert "was rebuilt by somebody else" in guard.moved(table(GlobalSecondaryIndexes=[REBUILT]))
    assert "was deleted by somebody else" in guard.moved(table())
    same = {**REBUILT, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]}}
    assert IndexAsFound.of("Orders", REBUILT).holds(table(GlobalSecondaryIndexes=[same]))


def test_a_stream_is_the_one_that_was_found() -> None:
    guard = StreamAsFound("Orders", "KEYS_ONLY")
    assert guard.holds(table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}))
    changed = table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    assert "was changed by somebody else" in guard.waiting_for(changed)
    assert not guard.holds(table())


def test_a_table_is_the_one_that_was_found() -> None:
    guard = SameTable("Orders", "one")
    assert guard.holds(table(TableId="one"))
    assert guard.holds(None)
    assert "the new table was left alone" in guard.waiting_for(table(TableId="two"))
    assert SameTable("Orders", "").holds(table(TableId="two")), "an emulator may have no ids"


def test_a_deletion_is_over_when_the_table_is_there_again() -> None:
    over = DeletionOver("Orders")
    assert over.holds(None)
    assert over.holds(table(TableStatus="CREATING"))
    assert not over.holds(table(TableStatus="DELETING"))
    assert "DELETING" in over.waiting_for(table(TableStatus="DELETING"))
    assert over.hopeless(table(TableStatus="DELETING")) == ""


TAGS = TagsVisible("Orders", "arn", (("Owner", "one"),), ())
UNDONE: list[tuple[Condition, dict[str, Any] | None]] = [
    (TableActive("Orders"), None),
    (TableGone("Orders"), table()),
    (IndexActive("Orders", "by-day"), table()),
    (IndexGone("Orders", "by-day"), table(GlobalSecondaryIndexes=[BY_DAY])),
    (TAGS, {"Tags": [{"Key": "Owner", "Value": "two"}]}),
]
UNDER_WAY: list[tuple[Condition, dict[str, Any] | None]] = [
    (TableActive("Orders"), table(TableStatus="CREATING")),
    (TableGone("Orders"), table(TableStatus="DELETING")),
    (IndexActive("Orders", "by-day"), table(GlobalSecondaryIndexes=[{**BY_DAY, "IndexStatus": "CREATING"}])),
    (IndexGone("Orders", "by-day"), table(GlobalSecondaryIndexes=[{**BY_DAY, "IndexStatus": "DELETING"}])),
    (IndexGone("Orders", "by-day"), table(TableStatus="UPDATING")),
    (TAGS, {"Tags": [{"Key": "Owner", "Value": "one"}]}),
]


@pytest.mark.parametrize(("condition", "answer"), UNDONE, ids=lambda each: type(each).__name__)
def test_what_was_undone(condition: Condition, answer: dict[str, Any] | None) -> None:
    assert "somebody else" in undone(condition, answer)


@pytest.mark.parametrize(("condition", "answer"), UNDER_WAY, ids=lambda each: type(each).__name__)
def test_what_is_under_way(condition: Condition, answer: dict[str, Any] | None) -> None:
    assert undone(condition, answer) == ""


class Client:
    """Describes the table as it is told, in turn; the last answer stays."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = list(answers)

    def can_paginate(self, method: str) -> bool:
        return False

    def describe_table(self, **arguments: Any) -> dict[str, Any]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def aws(time: Time, *answers: dict[str, Any]) -> Aws:
    return Aws(lambda service: Client(*answers), clock=Clock(lambda: time.now, time.sleep))


def test_a_wait_for_what_was_undone_ends_after_a_minute() -> None:
    time = Time()
    with pytest.raises(StuckError, match=r"index by-day of Orders is not there: somebody else .* Run it again"):
        aws(time, table()).unmet([IndexActive("Orders", "by-day")], Patience())
    assert UNDONE_SECONDS <= time.now <= 2 * UNDONE_SECONDS


def test_what_shows_late_is_waited_for() -> None:
    found = table(GlobalSecondaryIndexes=[BY_DAY])
    condition = IndexActive("Orders", "by-day")
    assert aws(Time(), table(), table(), found).unmet([condition], Patience()) == ""


@pytest.mark.parametrize("wait", [True, False])
def test_a_guard_has_the_plan_made_anew(wait: bool) -> None:
    time = Time()
    with pytest.raises(AwsError, match="rebuilt by somebody else") as raised:
        aws(time, table(GlobalSecondaryIndexes=[REBUILT])).unmet([IndexAsFound.of("Orders", BY_DAY)], Patience(wait))
    assert raised.value.kind is Kind.MOVED
    assert time.now == 0.0
