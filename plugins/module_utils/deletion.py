# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan that deletes a table: final backup, protection off, delete, in this order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .backups import listed, made_since
from .conditions import BackupAvailable, NothingInFlight, TableActive, TableGone, TableSettled
from .overtaken import SameTable
from .plan import Plan
from .settings.base import Row
from .settings.protection import ProtectionSetting, protection_step
from .state import Read, TableState
from .steps import DATA_LOST, REMOVE, Change, Refusal, Step


@dataclass(frozen=True)
class Deletion:
    """What is wanted of a table that shall not be.

    name: the table's name. allowed: whether deleting was allowed. backup: the name of the final backup; empty for none.
    """

    name: str
    allowed: bool = False
    backup: str = ""


def plan_deletion(deletion: Deletion, state: TableState) -> Plan:
    """The plan that deletes one table. A table that is not there, or on its way out, needs no call."""
    row = Row("table", "", "no table", state.status or "no table", not state.exists)
    if not state.exists:
        return Plan(deletion.name, rows=(row,), before={}, after={})
    if state.status == "DELETING":
        return Plan(deletion.name, settling=(TableGone(deletion.name),), rows=(row,))
    refusals = () if deletion.allowed else (_not_allowed(deletion.name, state),)
    return Plan(
        deletion.name,
        stages=((_steps(deletion, state),),),
        refusals=refusals,
        rows=(row,),
        before={"name": deletion.name, "state": "present"},
        after={"name": deletion.name, "state": "absent"},
    )


def _steps(deletion: Deletion, state: TableState) -> tuple[Step, ...]:
    name = deletion.name
    same = SameTable(name, state.table.get("TableId", ""))
    settled = (TableSettled(name), NothingInFlight(name), same)
    steps = []
    if deletion.backup:
        change = Change("+", "final_backup", "final backup", deletion.backup, "kept until it is deleted")
        steps.append(
            Step(
                operation="CreateBackup",
                arguments={"TableName": name, "BackupName": deletion.backup},
                purpose=f"back up the table as {deletion.backup}",
                changes=(change,),
                before=settled,
                after=(BackupAvailable(name, deletion.backup),),
            )
        )
    if ProtectionSetting().found(state):
        change = Change("~", "deletion_protection", "protection", "on -> off", "so that the table can be deleted")
        steps.append(protection_step(name, False, same, changes=(change,), after=(TableActive(name),)))
    note = f"{state.table.get('ItemCount') or 0:,} items as of AWS's last count, six hours old at most"
    steps.append(
        Step(
            operation="DeleteTable",
            arguments={"TableName": name},
            purpose="delete the table",
            changes=(Change(REMOVE, "table", "table", name, note, cost=DATA_LOST),),
            before=settled,
            after=(TableGone(name),),
        )
    )
    return tuple(steps)


def backups_read(deletion: Deletion) -> Read:
    """The read that shows whether the final backup was made."""
    condition = BackupAvailable(deletion.name, deletion.backup)
    return Read(condition.operation, condition.arguments)


def was_backed_up(deletion: Deletion, answer: Mapping[str, Any] | None, since: datetime) -> bool:
    """Whether the final backup is listed. An older one of the same name is none: data may have come since."""
    return made_since(listed(answer), deletion.backup, since) is not None


def _not_allowed(name: str, state: TableState) -> Refusal:
    items = f"{state.table.get('ItemCount') or 0:,} items"
    return Refusal("table", f"deleting {name} loses its data ({items})", "allow_delete: true allows it")
