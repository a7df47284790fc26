# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan, a verification and a table in the words of people. Pure."""

from __future__ import annotations

from .columns import aligned
from .converge import Outcome
from .settings import SETTINGS


def plan_lines(outcome: Outcome, region: str) -> list[str]:
    """The plan as a person reads it: a heading, then a line a change, columns aligned."""
    plan = outcome.plan
    rows = [(change.symbol, change.label, change.summary, change.note) for change in plan.changes]
    lines = [f"{outcome.name} ({region}): {plan_heading(outcome)}", *aligned(rows)]
    refusals = [refusal for refusal in plan.refusals if not refusal.prerequisite]
    lines += [f"  x {refusal.setting} refused: {refusal.reason}. {refusal.remedy}" for refusal in refusals]
    lines += [f"  . needed first: {refusal}" for refusal in plan.refusals if refusal.prerequisite]
    lines += [f"  * quota: {quota}" for quota in plan.quotas]
    lines += [f"  . {note}" for note in plan.notes]
    lines += [f"  > pending: {pending}" for pending in outcome.pending]
    return lines


def settings_lines(outcome: Outcome, region: str) -> list[str]:
    """A verification: a line a setting, what is wanted and, where it is off, what was found."""
    if outcome.unread:
        return [f"{outcome.name} ({region}): changed, not read back"]
    rows = outcome.compared.rows
    right = sum(row.in_sync for row in rows)
    cells = [
        (
            "ok " if row.in_sync else "OFF",
            SETTINGS[row.setting].label if row.setting in SETTINGS else row.setting,
            row.target,
            row.wanted if row.in_sync else f"wanted {row.wanted}; found {row.found}",
        )
        for row in rows
    ]
    heading = f"{outcome.name} ({region}): {right} of {len(rows)} settings are as defined"
    pending = [f"  > pending: {each}" for each in outcome.pending]
    return [f"{heading}, but {outcome.error}" if outcome.error else heading, *aligned(cells), *pending]


def summary_lines(outcome: Outcome, region: str) -> list[str]:
    """The table as it is: its status and a line for everything that was read of it."""
    state = outcome.state
    if outcome.unread:
        return [f"{outcome.name} ({region}): changed, not read back"]
    if not state.exists:
        return [f"{outcome.name} ({region}): no table"]
    items = f", {state.table['ItemCount']:,} items" if "ItemCount" in state.table else ""
    phases = {
        index["IndexName"]: index.get("IndexStatus", "ACTIVE")
        for index in state.table.get("GlobalSecondaryIndexes") or ()
    }
    cells = [
        (change.label, phases.get(change.target, ""), change.summary, change.note)
        for setting in SETTINGS.values()
        if setting.was_read(state)
        for change in setting.create_changes(setting.found(state))
    ]
    return [f"{outcome.name} ({region}): {state.status or 'there'}{items}", *aligned(cells)]


def plan_heading(outcome: Outcome) -> str:
    """What is to be done, in a few words."""
    operations = {step.operation for step in outcome.plan.steps}
    if "CreateTable" in operations:
        return "to be created" if not outcome.error else "to be created, not done"
    if any(operation.startswith("RestoreTable") for operation in operations):
        return "to be restored" if not outcome.error else "to be restored, not done"
    if "DeleteTable" in operations:
        return "to be deleted"
    count, refused = len(outcome.plan.changes), sum(not refusal.prerequisite for refusal in outcome.plan.refusals)
    counted = f"{count} change{'' if count == 1 else 's'}" if count else ""
    parts = [part for part in (counted, f"{refused} refused" if refused else "") if part]
    if parts:
        return ", ".join(parts)
    if outcome.error:
        return "failed"
    return "in sync, still settling" if outcome.pending else "in sync"
