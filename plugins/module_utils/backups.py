# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups as AWS lists them: their names, which of them a table keeps, and which a word means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .conditions import Condition
from .state import Answer, Read

MAX_NAME = 255
NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
STAMP = re.compile(r"-\d{8}T\d{6}Z")
STAMP_LENGTH = len("-20261231T235959Z")
USER, SYSTEM, ALL = "USER", "SYSTEM", "ALL"
LATEST = "latest"

# AWS takes no call from a clock that is more than five minutes off.
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Backup:
    """One backup. table_id: of which table of that name; empty where what answers has none."""

    arn: str
    name: str
    table: str
    table_id: str
    table_arn: str
    status: str
    kind: str
    created: datetime
    expires: datetime | None = None
    size: int = 0

    @classmethod
    def of(cls, summary: Mapping[str, Any]) -> Backup:
        """A member of C(BackupSummaries)."""
        return cls(
            arn=summary.get("BackupArn", ""),
            name=summary["BackupName"],
            table=summary.get("TableName") or table_of(summary.get("BackupArn", "")),
            table_id=summary.get("TableId", ""),
            table_arn=summary.get("TableArn", ""),
            status=summary.get("BackupStatus", "AVAILABLE"),
            kind=summary.get("BackupType", USER),
            created=summary["BackupCreationDateTime"],
            expires=summary.get("BackupExpiryDateTime"),
            size=summary.get("BackupSizeBytes") or 0,
        )

    @classmethod
    def described(cls, answer: Answer) -> Backup:
        """The answer of DescribeBackup."""
        description = answer["BackupDescription"]
        return cls.of({**description.get("SourceTableDetails", {}), **description["BackupDetails"]})

    def is_of(self, table_id: str) -> bool:
        """Whether it is of this very table, not of a former one of its name; what does not tell is believed to be."""
        return not self.table_id or not table_id or self.table_id == table_id

    def result(self) -> dict[str, Any]:
        """The backup as the modules return it."""
        return {
            "arn": self.arn,
            "name": self.name,
            "table": self.table,
            "table_id": self.table_id,
            "status": self.status,
            "type": self.kind,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat() if self.expires else None,
            "size_bytes": self.size,
        }


def listing(table: str = "", kind: str = USER, since: datetime | None = None, until: datetime | None = None) -> Read:
    """The read of all backups of one table, or of the region. Times: from, and before."""
    arguments: dict[str, Any] = {"BackupType": kind}
    if table:
        arguments["TableName"] = table
    if since:
        arguments["TimeRangeLowerBound"] = since
    if until:
        arguments["TimeRangeUpperBound"] = until
    return Read("ListBackups", arguments)


def listed(answer: Answer | None) -> list[Backup]:
    """The backups of a listing, newest first."""
    found = [Backup.of(summary) for summary in (answer or {}).get("BackupSummaries", ())]
    return sorted(found, key=lambda backup: (backup.created, backup.arn), reverse=True)


def table_of(arn: str) -> str:
    """The name of the table in the ARN of a table, or of one of its backups."""
    return arn.partition(":table/")[2].partition("/")[0]


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3] if arn.count(":") >= 5 else ""


def stamped(table: str, mark: str, moment: datetime) -> str:
    """A name for a backup that nobody has used: names need not be unique, so the moment makes it so.

    A table's name that leaves no room is cut. mark: what stands between it and the moment.
    """
    suffix = f"{mark}-{moment:%Y%m%dT%H%M%SZ}"
    return f"{table[: MAX_NAME - len(suffix)]}{suffix}"


def carries(name: str, prefix: str) -> bool:
    """Whether a name is this prefix and a moment, and nothing else: C(orders-final-…) does not carry C(orders)."""
    head, stamp = name[:-STAMP_LENGTH], name[-STAMP_LENGTH:]
    return STAMP.fullmatch(stamp) is not None and head == prefix[: MAX_NAME - STAMP_LENGTH]


def surplus(backups: Iterable[Backup], table: str, table_id: str, prefix: str, keep: int) -> list[Backup]:
    """The backups of a table beyond the newest so many, oldest first.

    Only on-demand backups with the prefix and a time stamp, of this very table: those of a former table of the same
    name may be all that is left of it. One that is not AVAILABLE is no backup yet, and counts for none.
    """
    own = [
        backup
        for backup in backups
        if backup.kind == USER
        and backup.status == "AVAILABLE"
        and backup.table == table
        and backup.is_of(table_id)
        and carries(backup.name, prefix)
    ]
    newest = sorted(own, key=lambda backup: (backup.created, backup.arn), reverse=True)
    return newest[keep:][::-1]


def meant(backups: Iterable[Backup], word: str) -> list[Backup]:
    """The backups that a name or C(latest) means, newest first; only what can be restored."""
    usable = (backup for backup in backups if backup.status == "AVAILABLE")
    found = [backup for backup in usable if word in (LATEST, backup.name)]
    return sorted(found, key=lambda backup: (backup.created, backup.arn), reverse=True)


def made_since(backups: Iterable[Backup], name: str, since: datetime) -> Backup | None:
    """The newest backup of a name that was made since; an older one of the same name is none: data may have come."""
    fresh = [backup for backup in backups if backup.name == name and backup.created >= since - CLOCK_SKEW]
    return max(fresh, key=lambda backup: backup.created, default=None)


def lines(backups: Sequence[Backup], tables: Iterable[str] | None = None) -> list[str]:
    """The backups as a table for people. tables: those that exist, to tell whose table is gone."""
    existing = None if tables is None else set(tables)
    cells = [
        (
            backup.table + ("" if existing is None or backup.table in existing else " (gone)"),
            f"{backup.created:%Y-%m-%d %H:%M:%S}Z",
            backup.kind,
            backup.status,
            f"{backup.size:,} B",
            backup.name,
            f"until {backup.expires:%Y-%m-%d}" if backup.expires else "",
        )
        for backup in backups
    ]
    widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(7)]
    return ["  ".join(f"{text:<{width}}" for text, width in zip(cell, widths, strict=True)).rstrip() for cell in cells]


@dataclass(frozen=True)
class BackupReady(Condition):
    """A backup is AVAILABLE. table: its table. arn: the backup's ARN, for names are not unique."""

    arn: str

    operation = "DescribeBackup"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"BackupArn": self.arn}

    def holds(self, answer: Answer | None) -> bool:
        return answer is not None and Backup.described(answer).status == "AVAILABLE"

    def waiting_for(self, answer: Answer | None) -> str:
        status = Backup.described(answer).status if answer else "not there"
        return f"backup {self.arn} is {status}"

    def hopeless(self, answer: Answer | None) -> str:
        return ""


@dataclass(frozen=True)
class TableMade(Condition):
    """The table is no longer being created: AWS backs it up from then on, also while it is changed."""

    def holds(self, answer: Answer | None) -> bool:
        return (answer or {}).get("Table", {}).get("TableStatus", "CREATING") != "CREATING"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"{self.table} is {(answer or {}).get('Table', {}).get('TableStatus', 'not visible yet')}"
