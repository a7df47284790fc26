# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the steps of a plan. Knows no setting by name: a step says what to call and what to wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .aws import Aws, Patience, retrying
from .errors import AwsError, Kind, StuckError, WaitTimeoutError
from .plan import Lane, Plan
from .steps import Step
from .threads import side_by_side

# Before it is looked whether AWS did what it did not answer to: reads lag behind changes.
LAG_SECONDS = 2.0

UNSURE = "AWS may have done it at an earlier attempt, which it did not answer."

# What stands for an answer that was lost: AWS may still be at it.
TAKEN = {"TableDescription": {"TableStatus": "UPDATING"}}

Look = Callable[[Step], bool]


@dataclass(frozen=True)
class Applied:
    """What came of a plan.

    done: the steps AWS took. pending: what was not sent, or has not settled, in words.
    error: what stopped a lane, if anything did; other lanes went on.
    unsure: whether AWS may have done something of what is pending. table: its description as AWS last answered with;
    empty where it did not.
    """

    done: tuple[Step, ...] = ()
    pending: tuple[str, ...] = ()
    error: AwsError | WaitTimeoutError | StuckError | None = None
    unsure: bool = False
    table: Mapping[str, Any] = field(default_factory=dict)

    def __add__(self, other: Applied) -> Applied:
        return Applied(
            self.done + other.done,
            self.pending + other.pending,
            self.error or other.error,
            self.unsure or other.unsure,
            other.table or self.table,
        )


def _unknown(step: Step) -> bool:
    """Nobody can say whether a step was done."""
    return False


def apply_plan(plan: Plan, aws: Aws, patience: Patience, was_done: Look = _unknown) -> Applied:
    """Runs the stages one after the other, the lanes of a stage side by side.

    was_done: reads whether AWS has done a step. It may raise AwsError.
    Never raises for what AWS says: what was done must be told even when something failed. What went wrong is C(error).
    """
    applied = Applied()
    for position, stage in enumerate(plan.stages):
        applied += _run_stage(stage, aws, patience, was_done)
        if applied.error or applied.pending:
            left = [step for later in plan.stages[position + 1 :] for lane in later for step in lane]
            return applied + _left(left, "" if applied.error else applied.pending[-1])
    if not applied.error:
        applied += _settle(plan, aws, patience)
    return applied


def _run_stage(stage: Sequence[Lane], aws: Aws, patience: Patience, was_done: Look) -> Applied:
    return sum(side_by_side(lambda lane: _run_lane(lane, aws, patience, was_done), stage, len(stage)), Applied())


def _run_lane(lane: Lane, aws: Aws, patience: Patience, was_done: Look) -> Applied:
    done: list[Step] = []
    table: Mapping[str, Any] = {}
    for position, step in enumerate(lane):
        try:
            going_on = aws.unmet(step.before, patience)
            if going_on:
                return Applied(tuple(done)) + _left(lane[position:], going_on)
            answer = send(step, aws, patience, was_done)
            done.append(step)
            table = answer.get("TableDescription") or table
            after = () if _is_there(step, answer) else step.after
            going_on = aws.unmet(after, patience, looks=2 if _is_moving(answer) else 1)
        except AwsError as error:
            return Applied(tuple(done)) + _stopped(lane[position:], error, patience)
        except (WaitTimeoutError, StuckError) as error:
            return Applied(tuple(done), error=error) + _left(lane[position + 1 :], "")
        if going_on:
            return Applied(tuple(done), (going_on,)) + _left(lane[position + 1 :], going_on)
    return Applied(tuple(done), table=table)


def send(step: Step, aws: Aws, patience: Patience, was_done: Look) -> Mapping[str, Any]:
    """Makes the call of a step.

    A call whose answer was lost is never just made again: AWS may have done it, and a second backup would be the price.
    """
    try:
        return aws.write(step.operation, step.arguments, patience)
    except AwsError as error:
        if not error.lost:
            raise
        return _make_sure(step, error, aws, patience, was_done)


def _make_sure(step: Step, error: AwsError, aws: Aws, patience: Patience, was_done: Look) -> Mapping[str, Any]:
    """Looks whether AWS did what it did not answer to, and asks again where it did not."""
    began, seconds = aws.clock.now(), patience.seconds if patience.wait else 0
    for attempt, pause in enumerate(retrying(), 1):
        aws.clock.sleep(max(pause, LAG_SECONDS))
        if _saw(step, error, was_done):
            return TAKEN
        if aws.gives_up(error, attempt, began, seconds, pause):
            raise aws.told(error.with_note(UNSURE, lost=True), attempt, began) from error
        try:
            return aws.write(step.operation, step.arguments, Patience(wait=False))
        except AwsError as again:
            error = again
    raise AssertionError("the pauses never end")


def _saw(step: Step, error: AwsError, was_done: Look) -> bool:
    try:
        return was_done(step)
    except AwsError as blind:
        raise error.with_note(f"Whether it was done could not be read ({blind.asked}: {blind.code}).") from blind


def _is_there(step: Step, answer: Mapping[str, Any]) -> bool:
    """Whether what answers made a table at once, as emulators do and say: there is nothing to wait for."""
    made = {"Table": answer.get("TableDescription")}
    return step.operation == "CreateTable" and all(condition.holds(made) for condition in step.after)


def _is_moving(answer: Mapping[str, Any]) -> bool:
    """Whether AWS says in its answer to a change that it is still at it."""
    table = answer.get("TableDescription", {})
    parts = (table, table.get("SSEDescription") or {}, table.get("WarmThroughput") or {})
    return any("UPDATING" in (part.get("TableStatus"), part.get("Status")) for part in parts)


def _stopped(lane: Sequence[Step], error: AwsError, patience: Patience) -> Applied:
    """A step that AWS did not take: put off where that is in order, an error otherwise."""
    put_off = (error.kind is Kind.LATER and lane[0].deferrable) or (error.kind is Kind.BUSY and not patience.wait)
    if put_off:
        reason = f"{error.code}: {error.text} {error.advice}".strip()
        return Applied(unsure=error.lost) + _left(lane, reason)
    return Applied(error=error) + _left(lane[1:], "")


def _left(steps: Sequence[Step], reason: str) -> Applied:
    return Applied(pending=tuple(f"{step.purpose}{f': {reason}' if reason else ''}" for step in steps))


def _settle(plan: Plan, aws: Aws, patience: Patience) -> Applied:
    """Waits for what was under way before this run and is part of what is wanted."""
    pending: list[str] = []
    for condition in plan.settling:
        try:
            going_on = aws.unmet((condition,), patience)
        except (AwsError, WaitTimeoutError, StuckError) as error:
            return Applied(pending=tuple(pending), error=error)
        if going_on:
            pending.append(going_on)
    return Applied(pending=tuple(pending))
