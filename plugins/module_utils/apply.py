# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the steps of a plan. Knows no setting by name: a step says what to call and what to wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .aws import Aws, Patience
from .errors import AwsError, Kind, StuckError, WaitTimeoutError
from .plan import Lane, Plan
from .steps import Step


@dataclass(frozen=True)
class Applied:
    """What came of a plan.

    done: the steps AWS took. pending: what was not sent, or has not settled, in words.
    error: what stopped a lane, if anything did; other lanes went on.
    """

    done: tuple[Step, ...] = ()
    pending: tuple[str, ...] = ()
    error: AwsError | WaitTimeoutError | StuckError | None = None

    def __add__(self, other: Applied) -> Applied:
        return Applied(self.done + other.done, self.pending + other.pending, self.error or other.error)


def apply_plan(plan: Plan, aws: Aws, patience: Patience) -> Applied:
    """Runs the stages one after the other, the lanes of a stage side by side.

    Never raises for what AWS says: what was done must be told even when something failed. What went wrong is C(error).
    """
    applied = Applied()
    for position, stage in enumerate(plan.stages):
        applied += _run_stage(stage, aws, patience)
        if applied.error or applied.pending:
            left = [step for later in plan.stages[position + 1 :] for lane in later for step in lane]
            return applied + _left(left, "" if applied.error else applied.pending[-1])
    if not applied.error:
        applied += _settle(plan, aws, patience)
    return applied


def _run_stage(stage: Sequence[Lane], aws: Aws, patience: Patience) -> Applied:
    if len(stage) == 1:
        return _run_lane(stage[0], aws, patience)
    with ThreadPoolExecutor(len(stage)) as pool:
        return sum(pool.map(lambda lane: _run_lane(lane, aws, patience), stage), Applied())


def _run_lane(lane: Lane, aws: Aws, patience: Patience) -> Applied:
    done: list[Step] = []
    for position, step in enumerate(lane):
        try:
            going_on = aws.unmet(step.before, patience)
            if going_on:
                return Applied(tuple(done)) + _left(lane[position:], going_on)
            answer = aws.write(step.operation, step.arguments, patience)
            done.append(step)
            going_on = aws.unmet(step.after, patience, looks=2 if _is_moving(answer) else 1)
        except AwsError as error:
            return Applied(tuple(done)) + _stopped(lane[position:], error, patience)
        except (WaitTimeoutError, StuckError) as error:
            return Applied(tuple(done), error=error) + _left(lane[position + 1 :], "")
        if going_on:
            return Applied(tuple(done), (going_on,)) + _left(lane[position + 1 :], going_on)
    return Applied(tuple(done))


def _is_moving(answer: Mapping[str, Any]) -> bool:
    """Whether AWS says in its answer to a change that it is still at it."""
    table = answer.get("TableDescription", {})
    parts = (table, table.get("SSEDescription") or {}, table.get("WarmThroughput") or {})
    return any("UPDATING" in (part.get("TableStatus"), part.get("Status")) for part in parts)


def _stopped(lane: Sequence[Step], error: AwsError, patience: Patience) -> Applied:
    """A step that AWS did not take: put off where that is in order, an error otherwise."""
    put_off = (error.kind is Kind.LATER and lane[0].deferrable) or (error.kind is Kind.BUSY and not patience.wait)
    if put_off:
        return _left(lane, f"{error.code}: {error.text} {error.advice}".strip())
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
