# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restores a table: looks at what there is, asks once, and waits, however often it is killed in between."""

from __future__ import annotations

from typing import Any

from .aws import Aws
from .backups import ALL, Backup, BackupReady, listed, listing, meant, region_of
from .conditions import Condition, TableActive, TableGone
from .converge import Outcome, Run, carry_out, described, rounds
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError
from .plan import Plan
from .restore_plan import Source, Wanted, being_restored, plan_restore
from .state import Read, TableState
from .steps import Refusal, Step


def restore(wanted: Wanted, aws: Aws, home: Aws, run: Run) -> Outcome:
    """Makes the table. aws: where it shall be. home: where the source is. Never raises for what AWS says."""
    return rounds(wanted.target, aws, lambda: _one_round(wanted, aws, home, run))


def _one_round(wanted: Wanted, aws: Aws, home: Aws, run: Run) -> Outcome:
    plan, state = Plan(wanted.target), TableState(wanted.target)
    try:
        state = described(wanted.target, aws)
        if state.status == "DELETING" and not run.check:
            going_on = aws.unmet((TableGone(wanted.target),), run.patience)
            if going_on:
                return Outcome(wanted.target, plan, state, pending=(going_on,))
            state = described(wanted.target, aws)
        plan = _existing(wanted, state) if state.exists else _new(wanted, aws, home)
    except (AwsError, WaitTimeoutError, StuckError) as error:
        return Outcome(wanted.target, plan, state, error=error)
    if plan.refusals:
        return Outcome(wanted.target, plan, state, error=RefusedError(plan.refusals))

    def look() -> TableState:
        return described(wanted.target, aws)

    def was_done(step: Step) -> bool:
        return look().exists

    return carry_out(plan, state, aws, run, lambda applied: look(), was_done)


def _existing(wanted: Wanted, state: TableState) -> Plan:
    """A table of the name is there: a restore that goes on is waited for, anything else is left alone."""
    if state.status == "DELETING":
        return Plan(wanted.target, notes=(f"{wanted.target} is being deleted; it is restored when it is gone",))
    if state.status == "CREATING":
        reason = being_restored(wanted, state.table)
        if reason:
            refusal = Refusal("table", reason, "Choose another name, or wait until that is done")
            return Plan(wanted.target, refusals=(refusal,))
        return Plan(wanted.target, settling=(TableActive(wanted.target),))
    note = f"{wanted.target} exists already: nothing was restored and nothing was overwritten"
    return Plan(wanted.target, notes=(note,))


def _new(wanted: Wanted, aws: Aws, home: Aws) -> Plan:
    source = _source(wanted, home)
    ready: tuple[Condition, ...] = ()
    if source.backup and source.backup.status == "CREATING" and region_of(source.backup.arn) in ("", aws.region):
        ready = (BackupReady(source.backup.table, source.backup.arn),)
    return plan_restore(wanted, source, ready)


def _source(wanted: Wanted, home: Aws) -> Source:
    if not wanted.backup:
        table = described(wanted.source, home)
        if not table.exists:
            return Source()
        answer = home.read(Read("DescribeContinuousBackups", {"TableName": wanted.source})) or {}
        window = answer.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription")
        return Source(description=table.table, window=window)
    arn = wanted.backup
    others: tuple[str, ...] = ()
    if not wanted.by_arn:
        found = listed(home.read(listing(wanted.source, ALL)))
        named = meant(found, wanted.backup)
        others = tuple(dict.fromkeys(backup.name for backup in found))
        if not named:
            return Source(others=others)
        arn = named[0].arn
    shown = home.read(Read("DescribeBackup", {"BackupArn": arn}))
    if shown is None:
        return Source(others=others)
    return Source(backup=Backup.described(shown), others=others, description=_kept(shown["BackupDescription"]))


def _kept(description: Any) -> dict[str, Any]:
    return {**description.get("SourceTableDetails", {}), **description.get("SourceTableFeatureDetails", {})}


def origin(outcome: Outcome) -> dict[str, Any] | None:
    """From what the table was restored, for the result; C(None) where nothing was asked for."""
    step = next(iter(outcome.plan.steps), None)
    if step is None:
        return None
    time = step.arguments.get("RestoreDateTime")
    return {
        "backup_arn": step.arguments.get("BackupArn"),
        "source_table": step.arguments.get("SourceTableArn") or step.arguments.get("SourceTableName"),
        "time": time.isoformat() if time else None,
    }


def told(outcome: Outcome, plan_text: str) -> str:
    """The plan for people: a table that is there already is not in sync with anything."""
    if outcome.plan.notes and not outcome.plan.steps:
        head, colon, rest = plan_text.partition(": in sync")
        return f"{head}: exists already{rest}" if colon else plan_text
    return plan_text
