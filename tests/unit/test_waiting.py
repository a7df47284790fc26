# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for conditions: how often it is looked, how long is slept, and what needs no look at all."""

from __future__ import annotations

from itertools import accumulate, islice
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.apply import apply_plan
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import SECOND_LOOK, Aws, Clock, Patience, polling
from ansible_collections.auditflow.dynamodb.plugins.module_utils.conditions import (
    EncryptionSettled,
    NoIndexInFlight,
    TableActive,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import Plan
from ansible_collections.auditflow.dynamodb.plugins.module_utils.steps import Step

from .aws_client import FakeClient

NAME = "Orders"
ACTIVE, UPDATING = {"TableStatus": "ACTIVE"}, {"TableStatus": "UPDATING"}
CREATE = Step("CreateTable", {"TableName": NAME}, "create", after=(TableActive(NAME),))


class Script:
    """A service that answers each DescribeTable as the script says, the last one for ever. slept: what was slept."""

    def __init__(self, *tables: dict[str, Any], created: dict[str, Any] | None = None):
        self.tables, self.created = list(tables), created or {}
        self.asked: list[str] = []
        self.slept: list[float] = []

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(operation)
        if operation == "CreateTable":
            return {"TableDescription": self.created}
        return {"Table": self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]}

    @property
    def aws(self) -> Aws:
        clock = Clock(now=lambda: sum(self.slept), sleep=self.slept.append)
        return Aws(lambda service: FakeClient(self, service), clock=clock)


def test_polling_starts_short_and_stays_gentle() -> None:
    looks = list(accumulate(islice(polling(), 30)))
    assert looks[0] <= 0.05
    assert sum(look < 60 for look in looks) <= 15
    assert looks[-1] - looks[-2] == pytest.approx(15)


def test_what_seems_not_to_have_begun_is_looked_at_twice() -> None:
    script = Script(ACTIVE)
    assert not script.aws.unmet((TableActive(NAME),), Patience(), looks=2)
    assert script.slept == [SECOND_LOOK]
    lagging = Script(ACTIVE, UPDATING, UPDATING, ACTIVE)
    assert not lagging.aws.unmet((TableActive(NAME),), Patience(), looks=2)
    assert len(lagging.asked) == 4


def test_what_was_seen_under_way_is_over_at_the_first_look_that_says_so() -> None:
    script = Script(UPDATING, ACTIVE)
    assert not script.aws.unmet((TableActive(NAME),), Patience(), looks=2)
    assert len(script.asked) == 2
    assert sum(script.slept) < 0.1


def test_nobody_waits_for_a_second_look() -> None:
    script = Script(ACTIVE)
    assert not script.aws.unmet((TableActive(NAME),), Patience(wait=False), looks=2)
    assert not script.slept


def test_one_look_settles_all_that_it_tells_of() -> None:
    conditions = (TableActive(NAME), NoIndexInFlight(NAME), EncryptionSettled(NAME))
    script = Script(ACTIVE)
    assert not script.aws.unmet(conditions, Patience())
    assert script.asked == ["DescribeTable"]
    moving = Script(UPDATING, {**ACTIVE, "SSEDescription": {"Status": "UPDATING"}}, ACTIVE)
    assert not moving.aws.unmet(conditions, Patience())
    assert len(moving.asked) == 3
    last = Script({**ACTIVE, "SSEDescription": {"Status": "UPDATING"}})
    assert last.aws.unmet(conditions, Patience(wait=False)) == "encryption of Orders is UPDATING"


def test_a_table_that_is_there_at_once_is_not_looked_for() -> None:
    script = Script(ACTIVE, created={"TableName": NAME, **ACTIVE})
    assert apply_plan(Plan(NAME, stages=(((CREATE,),),)), script.aws, Patience()).done == (CREATE,)
    assert script.asked == ["CreateTable"]


@pytest.mark.parametrize("created", [{}, {"TableStatus": "CREATING"}])
def test_a_table_that_is_not_there_yet_is_waited_for(created: dict[str, Any]) -> None:
    script = Script({"TableStatus": "CREATING"}, ACTIVE, created=created)
    assert apply_plan(Plan(NAME, stages=(((CREATE,),),)), script.aws, Patience()).done == (CREATE,)
    assert script.asked == ["CreateTable", "DescribeTable", "DescribeTable"]
