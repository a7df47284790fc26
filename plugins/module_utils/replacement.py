# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the replacement of a table by its copy is, read from what there is: nothing is remembered elsewhere. Pure.

DynamoDB cannot rename a table. So the copy is backed up, the old table is backed up and deleted, and the backup of the
copy is restored under the old name. At every moment there is a backup of each: what a killed run left is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from .backups import Backup, carries
from .state import TableState
from .steps import Refusal
from .transfer import iso

# Behind the table's name: the backup of the copy, and that of the table that was replaced.
COPY_MARK, OLD_MARK = "-replacement", "-replaced"
QUIET = timedelta(minutes=10)


class Phase(Enum):
    """What comes next.

    REPLACE: the old table is there. RESTORE: it is gone, and its place is to be taken. WAIT: that is under way.
    DONE: the table is the replacement.
    """

    REPLACE = "replace"
    RESTORE = "restore"
    WAIT = "wait"
    DONE = "done"


@dataclass(frozen=True)
class Found:
    """What there is. backups: those of the copy."""

    table: TableState
    copy: TableState
    backups: tuple[Backup, ...] = ()

    @property
    def marked(self) -> Backup | None:
        """The newest backup of this very copy that a replacement of this table took."""
        copy_id = self.copy.table.get("TableId", "")
        own = [
            backup
            for backup in self.backups
            if backup.status == "AVAILABLE"
            and backup.is_of(copy_id)
            and carries(backup.name, f"{self.table.name}{COPY_MARK}")
        ]
        return max(own, key=lambda backup: backup.created, default=None)

    @property
    def phase(self) -> Phase:
        """A table that is younger than the backup of the copy is made of it: the old one is older."""
        if not self.table.exists or self.table.status == "DELETING":
            return Phase.RESTORE
        created = self.table.table.get("CreationDateTime")
        if self.marked and created and created >= self.marked.created:
            return Phase.WAIT if self.table.status == "CREATING" else Phase.DONE
        return Phase.REPLACE


def obstacles(found: Found, allowed: bool) -> list[Refusal]:
    """Why the next phase cannot begin."""
    table, copy = found.table, found.copy
    if found.phase in (Phase.WAIT, Phase.DONE):
        return []
    if not copy.exists:
        if found.phase is Phase.RESTORE and found.marked:
            return []
        return [Refusal("table", f"there is no table {copy.name} to replace {table.name} by", "Restore it first")]
    if copy.status != "ACTIVE":
        return [Refusal("table", f"{copy.name} is {copy.status}", "Run it again when it is ACTIVE")]
    if found.phase is Phase.RESTORE:
        return []
    refusals = []
    if table.status == "CREATING":
        refusals.append(Refusal("table", f"{table.name} is CREATING", "Run it again when it is ACTIVE"))
    if table.table.get("Replicas"):
        reason = f"{table.name} has replicas in other regions, and a restored table is none of them"
        refusals.append(Refusal("table", reason, "Write the right items back instead, or remove the replicas first"))
    if _keys(table) != _keys(copy):
        reason = f"{copy.name} has other keys than {table.name}, so it is no copy of it"
        refusals.append(Refusal("table", reason, "Is it the right table?"))
    if not allowed:
        reason = f"replacing {table.name} deletes it, after a backup"
        refusals.append(Refusal("table", reason, "allow_delete: true allows it"))
    return refusals


def _keys(state: TableState) -> list[tuple[str, str, str]]:
    types = {each["AttributeName"]: each["AttributeType"] for each in state.table.get("AttributeDefinitions") or ()}
    schema = state.table.get("KeySchema") or ()
    return sorted((each["KeyType"], each["AttributeName"], types.get(each["AttributeName"], "")) for each in schema)


def writing(points: Mapping[str, Iterable[tuple[datetime, float]]], now: datetime) -> str:
    """Who writes still, going by the write units of the last minutes by table; empty where nobody does."""
    units = {name: sum(value for at, value in each if at >= now - QUIET) for name, each in points.items()}
    busy = [f"{name} took {value:,.0f} write units" for name, value in units.items() if value > 0]
    return f"{' and '.join(busy)} in the last {QUIET.seconds // 60} minutes" if busy else ""


def lines(found: Found, region: str) -> list[str]:
    """What is to come, for people."""
    table, copy = found.table.name, found.copy.name
    head = f"{table} ({region})"
    back = [f"  + restore the backup of {copy} as {table}, bring it to its definition, count the items of both"]
    phase = found.phase
    if phase is Phase.DONE:
        return [f"{head}: is the replacement already, made of {_named(found.marked)}"]
    if phase is Phase.WAIT:
        return [f"{head}: is being restored from {_named(found.marked)}"]
    if not found.copy.exists:
        return [f"{head}: gone, to be restored from {_named(found.marked)}", *back]
    taken = f"  + back up {copy} ({_counted(found.copy)})"
    if phase is Phase.RESTORE:
        return [f"{head}: gone, its place to be taken by {copy}", taken, *back]
    return [
        f"{head}: to be replaced by {copy}",
        taken,
        f"  ! back up {table} ({_counted(found.table)}), then delete it: it cannot be read or written until it is back",
        *back,
    ]


def _named(backup: Backup | None) -> str:
    return f"backup {backup.name} of {iso(backup.created)}" if backup else "its copy"


def _counted(state: TableState) -> Any:
    return f"{state.table.get('ItemCount') or 0:,} items as of AWS's last count"
