# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the steps of a plan: stages, lanes, waiting, and what is told when something does not work out."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.apply import Applied, apply_plan
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.conditions import TableActive
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import (
    AwsError,
    Kind,
    StuckError,
    WaitTimeoutError,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import Plan
from ansible_collections.auditflow.dynamodb.plugins.module_utils.steps import Step
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, table_arn
from ansible_collections.auditflow.dynamodb.tests.unit.running import NAME, made, table

ACTIVE = (TableActive(NAME),)


def step(operation: str, purpose: str, lane: str = "table", **options: Any) -> Step:
    arguments: dict[str, dict[str, Any]] = {
        "UpdateTable": {
            "TableName": NAME,
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        },
        "UpdateTimeToLive": {"TableName": NAME, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "a"}},
        "UpdateContinuousBackups": {
            "TableName": NAME,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
        "UntagResource": {"ResourceArn": table_arn(NAME), "TagKeys": ["a"]},
    }
    return Step(operation, arguments[operation], purpose, lane=lane, **options)


STREAM = step("UpdateTable", "stream", before=ACTIVE, after=ACTIVE)
TTL = step("UpdateTimeToLive", "ttl", "ttl")
PITR = step("UpdateContinuousBackups", "pitr", "pitr")
UNTAG = step("UntagResource", "untag", "tags")


def apply(model: AwsModel, *stages: tuple[tuple[Step, ...], ...], wait: bool = True, settling: Any = ()) -> Applied:
    return apply_plan(Plan(NAME, stages=stages, settling=settling), model.aws(), Patience(wait, 60))


def purposes(applied: Applied) -> set[str]:
    return {step.purpose for step in applied.done}


def test_an_empty_plan_makes_no_call() -> None:
    model = made(table())
    assert apply(model) == Applied()
    assert model.calls == []


def test_lanes_run_side_by_side_and_stages_after_one_another() -> None:
    model = made(table())
    applied = apply(model, ((STREAM,),), ((TTL,), (PITR,), (UNTAG,)))
    assert purposes(applied) == {"stream", "ttl", "pitr", "untag"}
    assert (applied.pending, applied.error) == ((), None)
    assert model.operations[0] == "DescribeTable"
    assert model.writes[0][0] == "UpdateTable"


def test_one_lane_fails_and_the_others_go_on() -> None:
    model = made(table())
    model.deny("UpdateTimeToLive", "ValidationException", "bad")
    applied = apply(model, ((TTL, TTL), (PITR,), (UNTAG,)))
    assert purposes(applied) == {"pitr", "untag"}
    assert isinstance(applied.error, AwsError)
    assert applied.pending == ("ttl",)


def test_after_a_failure_no_further_stage_begins_and_what_is_left_is_told() -> None:
    model = made(table())
    model.deny("UpdateTable", "ValidationException", "bad")
    applied = apply(model, ((STREAM,),), ((TTL,), (PITR,)))
    assert applied.done == ()
    assert applied.pending == ("ttl", "pitr")
    assert [operation for operation, arguments in model.writes] == ["UpdateTable"]


def test_without_waiting_what_comes_next_is_pending_with_the_reason() -> None:
    model = made(table())
    applied = apply(model, ((STREAM,),), ((TTL,), (PITR,)), wait=False)
    assert purposes(applied) == {"stream"}
    assert applied.pending == ("Orders is UPDATING", "ttl: Orders is UPDATING", "pitr: Orders is UPDATING")
    before = apply(model, ((STREAM,),), wait=False)
    assert before.pending == ("stream: Orders is UPDATING",)


@pytest.mark.parametrize(
    ("deferrable", "wait", "code", "text", "put_off"),
    [
        (True, True, "ValidationException", "Time to live has been modified multiple times", True),
        (False, True, "ValidationException", "Time to live has been modified multiple times", False),
        (True, True, "ValidationException", "something else", False),
        (False, False, "ThrottlingException", "Rate exceeded", True),
        (False, False, "ValidationException", "something else", False),
    ],
)
def test_what_may_be_put_off_is_pending_and_the_rest_an_error(
    deferrable: bool, wait: bool, code: str, text: str, put_off: bool
) -> None:
    model = made(table())
    # Throttling is met three times even where nobody waits.
    for _unused in range(3):
        model.deny("UpdateTimeToLive", code, text)
    later = step("UpdateTimeToLive", "ttl", "ttl", deferrable=deferrable)
    applied = apply(model, ((later,),), wait=wait)
    assert (applied.error is None) is put_off
    assert applied.pending == () or applied.pending[0].startswith(f"ttl: {code}: {text}")
    assert bool(applied.pending) is put_off


def test_waiting_ends() -> None:
    model = made(table())
    model.tables[NAME].described["TableStatus"] = "UPDATING"
    applied = apply(model, ((STREAM, UNTAG),))
    assert isinstance(applied.error, WaitTimeoutError)
    assert applied.pending == ("untag",)
    assert model.writes == []
    assert model.time - 60 < 7300


def test_busy_ends_too() -> None:
    model = made(table())
    for _unused in range(50):
        model.deny("UntagResource", "ThrottlingException", "Rate exceeded")
    applied = apply(model, ((UNTAG,),))
    assert isinstance(applied.error, AwsError)
    assert applied.error.kind is Kind.BUSY
    assert 5 < len(model.writes) < 50


def test_what_is_stuck_is_not_waited_for() -> None:
    model = made(table())
    model.tables[NAME].described["TableStatus"] = "ARCHIVED"
    before = model.time
    applied = apply(model, ((STREAM,), (UNTAG,)))
    assert isinstance(applied.error, StuckError)
    assert purposes(applied) == {"untag"}
    assert model.time == before


def test_a_call_that_was_taken_counts_although_waiting_for_it_failed() -> None:
    model = made(table())
    endless = step("UpdateTable", "stream", after=(TableActive("Other"),))
    applied = apply(model, ((endless, UNTAG),))
    assert purposes(applied) == {"stream"}
    assert isinstance(applied.error, WaitTimeoutError)
    assert applied.pending == ("untag",)


@pytest.mark.parametrize("wait", [True, False])
def test_what_was_under_way_is_waited_for_without_a_call(wait: bool) -> None:
    model = made(table())
    apply(model, ((STREAM,),), wait=False)
    model.calls.clear()
    applied = apply(model, wait=wait, settling=ACTIVE)
    assert applied.pending == (() if wait else ("Orders is UPDATING",))
    assert model.writes == []
