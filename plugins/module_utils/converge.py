# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one table to what is wanted of it: observe, plan, apply, and again when the table moved meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

from .apply import Applied, Look, apply_plan
from .aws import Aws, Patience
from .conditions import STUCK_STATUSES, Condition, TableActive
from .deletion import Deletion, backups_read, plan_deletion, was_backed_up
from .errors import AwsError, Kind, RefusedError, StuckError, WaitTimeoutError
from .overtaken import DeletionOver
from .plan import Plan, plan_table
from .settings import SETTINGS
from .spec import TableSpec
from .state import Read, TableState
from .steps import Refusal, Step

# How often a table may turn out not to be as it was read a moment ago before the run gives up on it. Between the rounds
# are 1, 2, 4 and 8 seconds: reads may lag behind what somebody else has just done.
MAX_ROUNDS = 5

# What an earlier task made shows within seconds; longer, and it was most likely never made.
PREREQUISITE_PATIENCE = Patience(seconds=15)

Failure = AwsError | WaitTimeoutError | StuckError | RefusedError


@dataclass(frozen=True)
class Run:
    """How to go about it.

    check: plan only, write nothing. patience: how long to wait. create: whether a missing table is created. read_back:
    whether a table that was changed is read anew; where it is not, AWS's answers to the changes are all that is known.
    missing: tables that a moment ago were not there, which are not looked for again before they are created.
    """

    check: bool = False
    patience: Patience = Patience()
    create: bool = True
    read_back: bool = True
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What came of one table.

    name: its name. plan: what was to be done. state: the table as last read. changed: whether AWS was changed, may have
    been where its answer was lost, or would be in check mode. pending: what is left for AWS or a later run.
    warnings: what a person should look at. error: why it failed, if it did. left: the plan of the table as it was read
    back; C(None) where nothing was changed that could be. unread: whether it was changed and not read since.
    """

    name: str
    plan: Plan
    state: TableState
    changed: bool = False
    pending: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    left: Plan | None = None
    unread: bool = False

    @property
    def in_sync(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.error or self.plan.steps or self.plan.refusals or self.pending)

    @property
    def creates(self) -> bool:
        """Whether the table was not there and is to be created."""
        return any(step.operation == "CreateTable" for step in self.plan.steps)

    @property
    def compared(self) -> Plan:
        """The last comparison of the table with what is wanted of it."""
        return self.left or self.plan

    @property
    def verified(self) -> bool:
        """Whether every managed setting was seen as it is wanted, at the end."""
        return not (self.error or self.pending or self.unread or self.compared.steps or self.compared.refusals)


def converge(spec: TableSpec, aws: Aws, run: Run) -> Outcome:
    """Creates or changes one table. Never raises for what AWS says: that is in the outcome."""
    looks = chain([_unseen] if spec.name in run.missing else [], repeat(observe))
    return rounds(spec.name, aws, lambda: _one_round(spec, aws, run, next(looks)))


def delete(deletion: Deletion, aws: Aws, run: Run) -> Outcome:
    """Deletes one table. Never raises for what AWS says: that is in the outcome."""
    outcome = rounds(deletion.name, aws, lambda: _one_deletion(deletion, aws, run))
    error = outcome.error
    if isinstance(error, AwsError) and error.kind is Kind.UNSUPPORTED and error.asked.startswith("CreateBackup"):
        advice = "What answers here has no backups. Nothing was deleted; final_backup: false deletes without one."
        return replace(outcome, error=AwsError(error.asked, error.code, error.text, error.kind, advice))
    return outcome


def observe(spec: TableSpec, aws: Aws) -> TableState:
    """The table as AWS reports it, with the fewest reads: only what the managed settings need.

    Raises AwsError.
    """
    if not spec.needs_description:
        state = _parts(spec, aws)
        if state:
            return state
    description = described(spec.name, aws).description
    return TableState(spec.name, description, aws.read_all(_reads(spec, description)), aws.clock.today())


def _unseen(spec: TableSpec, aws: Aws) -> TableState:
    """A table that was not there a moment ago. Where it is by now, AWS refuses to create it, and it is looked at.

    Raises AwsError.
    """
    return TableState(spec.name, {}, aws.read_all(_reads(spec, {})), aws.clock.today())


def _observe_again(spec: TableSpec, aws: Aws, known: TableState, applied: Applied) -> TableState:
    """The table after what was done to it, all reads side by side: what the table's parts are called is known by now.

    Raises AwsError.
    """
    table = applied.table or known.table
    if not spec.needs_description or "TableArn" not in table or applied.pending or applied.error:
        return observe(spec, aws)
    describe = Read("DescribeTable", {"TableName": spec.name})
    reads = _reads(spec, {**table, "TableStatus": "ACTIVE"})
    try:
        answers = aws.read_all([describe, *reads])
    except AwsError as error:
        if error.kind is not Kind.MOVED:
            raise
        # Somebody else is at it, too: its status tells what can be read.
        return observe(spec, aws)
    description = (answers[describe.name] or {}).get("Table", {})
    needed = _reads(spec, description)
    answers.update(aws.read_all(read for read in needed if read not in reads))
    return TableState(spec.name, description, {read.name: answers[read.name] for read in needed}, aws.clock.today())


def _parts(spec: TableSpec, aws: Aws) -> TableState | None:
    """The table without its description; C(None) where its status has to tell why a part is not there.

    The parts of a table that has just been created are not found at first, or refused, as if there were no table.
    """
    try:
        answers = aws.read_all(_reads(spec, None))
    except AwsError as error:
        if error.kind is not Kind.MOVED:
            raise
        return None
    return None if None in answers.values() else TableState(spec.name, None, answers, aws.clock.today())


def _reads(spec: TableSpec, description: Mapping[str, Any] | None) -> list[Read]:
    return [read for name, want in spec.wanted.items() for read in SETTINGS[name].reads(want, spec.name, description)]


def unsettled(spec: TableSpec, state: TableState) -> dict[str, tuple[Condition, ...]]:
    """For each managed setting what must settle before it can be compared; only those where something must."""
    if state.status == "DELETING":
        return dict.fromkeys(spec.wanted, (DeletionOver(spec.name),))
    if state.status == "CREATING":
        return dict.fromkeys(spec.wanted, (TableActive(spec.name),))
    moving = {name: SETTINGS[name].unsettled(state) for name in spec.wanted}
    return {name: conditions for name, conditions in moving.items() if conditions}


def rounds(name: str, aws: Aws, one_round: Callable[[], Outcome]) -> Outcome:
    """Runs rounds until one is not told that the table moved."""
    outcome = Outcome(name, Plan(name), TableState(name))
    for position in range(MAX_ROUNDS):
        if position:
            aws.clock.sleep(2 ** (position - 1))
        this = one_round()
        # What an earlier round planned and did belongs to the report of the whole run.
        plan = outcome.plan if outcome.changed else this.plan
        left = this.left or (this.plan if outcome.changed else None)
        outcome = replace(this, plan=plan, changed=outcome.changed or this.changed, left=left)
        if not (isinstance(this.error, AwsError) and this.error.kind is Kind.MOVED):
            break
    return outcome


def _one_round(spec: TableSpec, aws: Aws, run: Run, look: Callable[[TableSpec, Aws], TableState]) -> Outcome:
    plan, state = Plan(spec.name), TableState(spec.name)
    try:
        state = look(spec, aws)
        moving = unsettled(spec, state)
        blocked: tuple[str, ...] = ()
        if moving and not run.check:
            conditions = dict.fromkeys(condition for each in moving.values() for condition in each)
            going_on = aws.unmet(conditions, run.patience)
            state = observe(spec, aws)
            _check_not_replaced(state, going_on)
            if going_on:
                blocked = tuple(f"{name}: {going_on}" for name in moving)
                spec = spec.only(set(spec.wanted) - set(moving))
        plan = plan_table(spec, state)
        if not run.check and _lifted(plan, aws, run):
            state = observe(spec, aws)
            plan = plan_table(spec, state)
        _refuse(spec, state, plan, run)
    except (AwsError, WaitTimeoutError, StuckError, RefusedError) as error:
        return Outcome(spec.name, plan, state, error=error)

    def was_done(step: Step) -> bool:
        return not _asks_for(plan_table(spec, observe(spec, aws)), step)

    outcome = carry_out(plan, state, aws, run, lambda applied: _observe_again(spec, aws, state, applied), was_done)
    outcome = replace(outcome, pending=outcome.pending + blocked, warnings=_unusable(outcome))
    return outcome if run.check else _read_back(spec, outcome)


def _check_not_replaced(state: TableState, going_on: str) -> None:
    """Whoever deleted the table may have begun to create it again; half of it must not be compared."""
    if not going_on and state.status in ("CREATING", "DELETING"):
        text = f"somebody else is at {state.name} too: it is {state.status} again"
        raise AwsError(f"DescribeTable of {state.name}", "Changed", text, Kind.MOVED, "Run it again.")


def _unusable(outcome: Outcome) -> tuple[str, ...]:
    """A table that has every setting right and answers nobody."""
    status = outcome.state.status
    return (f"{outcome.name} is {status}: {STUCK_STATUSES[status]}",) if status in STUCK_STATUSES else ()


def _lifted(plan: Plan, aws: Aws, run: Run) -> bool:
    """Whether what is missing shows after a moment."""
    missing = [refusal.prerequisite for refusal in plan.refusals if refusal.prerequisite]
    if not missing or not run.patience.wait:
        return False
    try:
        return not aws.unmet(missing, PREREQUISITE_PATIENCE)
    except WaitTimeoutError:
        return False


def _refuse(spec: TableSpec, state: TableState, plan: Plan, run: Run) -> None:
    refusals = plan.refusals
    if not state.exists and not run.create:
        reason, remedy = f"the table {spec.name} does not exist", "create: true creates it"
        refusals = (Refusal("table", reason, remedy),)
    if run.check:
        refusals = tuple(refusal for refusal in refusals if not refusal.prerequisite)
    if refusals:
        raise RefusedError(refusals)


def _one_deletion(deletion: Deletion, aws: Aws, run: Run) -> Outcome:
    plan, state = Plan(deletion.name), TableState(deletion.name)
    try:
        state = described(deletion.name, aws)
    except AwsError as error:
        return Outcome(deletion.name, plan, state, error=error)
    plan = plan_deletion(deletion, state)
    if plan.refusals:
        return Outcome(deletion.name, plan, state, error=RefusedError(plan.refusals))
    began = aws.clock.today()

    def was_done(step: Step) -> bool:
        if step.operation == "CreateBackup":
            return was_backed_up(deletion, aws.read(backups_read(deletion)), began)
        return not _asks_for(plan_deletion(deletion, described(deletion.name, aws)), step)

    return carry_out(plan, state, aws, run, lambda applied: described(deletion.name, aws), was_done)


def _asks_for(plan: Plan, step: Step) -> bool:
    """Whether a plan still holds a step of an earlier one, alone or in one call with others."""
    purposes = set(step.purpose.split("; "))
    return any(each.operation == step.operation and purposes & set(each.purpose.split("; ")) for each in plan.steps)


def described(name: str, aws: Aws) -> TableState:
    """The table as DescribeTable has it. Raises AwsError."""
    answer = aws.read(Read("DescribeTable", {"TableName": name}))
    return TableState(name, answer["Table"] if answer else {})


def carry_out(
    plan: Plan, state: TableState, aws: Aws, run: Run, look: Callable[[Applied], TableState], was_done: Look
) -> Outcome:
    """Applies a plan. look: reads the table as it is afterwards. was_done: reads whether a step was done."""
    if run.check:
        pending = tuple(condition.waiting_for({"Table": state.table}) for condition in plan.settling)
        return Outcome(plan.name, plan, state, bool(plan.steps), pending)
    applied = apply_plan(plan, aws, run.patience, was_done) if plan.steps or plan.settling else Applied()
    changed = bool(applied.done) or applied.unsure
    # What is not known for sure is looked at in any case.
    unread = bool(changed and not (run.read_back or applied.unsure or applied.error or applied.pending))
    try:
        state = look(applied) if not unread and (changed or plan.settling) else state
    except AwsError as error:
        applied += Applied(error=error)
    return Outcome(plan.name, plan, state, changed, applied.pending, error=applied.error, unread=unread)


def _read_back(spec: TableSpec, outcome: Outcome) -> Outcome:
    """With what AWS took and does not show: an emulator without the setting, or somebody else at work on the table."""
    if not outcome.changed or outcome.error or outcome.unread:
        return outcome
    left = plan_table(spec, outcome.state)
    told = tuple(
        f"{change.label} of {spec.name} was set and still shows {change.summary}: what answers here may not keep it, "
        "or somebody else changed it meanwhile"
        for change in left.changes
    )
    return replace(outcome, left=left, warnings=outcome.warnings + (() if outcome.pending else told))
