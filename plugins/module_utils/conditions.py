# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold in AWS before the next call: data, checked against one answer of one read.

A condition never talks to AWS. It names the read (C(operation), C(arguments)) whose answer settles it; the executor
fetches the answer, once when nobody waits and again and again when somebody does. An answer of C(None) means AWS
reported "not found".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

Answer = Mapping[str, Any]

# DescribeTable API reference, TableStatus: none of these turns ACTIVE without somebody repairing the key or the policy.
STUCK_STATUSES = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": "its KMS key cannot be used: enable the key or restore its grants",
    "ARCHIVING": "its KMS key was unusable for over seven days and the table is being archived",
    "ARCHIVED": "its KMS key was unusable for over seven days; restore the table from the backup AWS made",
    "REPLICATION_NOT_AUTHORIZED": "replication lost its permission: repair the table's resource policy",
}


@dataclass(frozen=True)
class Condition:
    """Base of all conditions on one table.

    table: the table's name.
    """

    table: str

    operation = "DescribeTable"
    service = "dynamodb"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the read that settles this condition."""
        return {"TableName": self.table}

    def holds(self, answer: Answer | None) -> bool:
        """Whether the condition holds, going by this answer."""
        raise NotImplementedError

    def waiting_for(self, answer: Answer | None) -> str:
        """What is still going on, for people: the deadline's message and the pending list."""
        raise NotImplementedError

    def measured(self, answer: Answer | None) -> tuple[str, float | None]:
        """Counts for people, and percent where the answer has them: how far it is."""
        return "", None

    def hopeless(self, answer: Answer | None) -> str:
        """Why waiting longer cannot help; empty while it can."""
        status = _status(answer)
        return f"{self.table} is {status}: {STUCK_STATUSES[status]}" if status in STUCK_STATUSES else ""


def _table(answer: Answer | None) -> Answer:
    return (answer or {}).get("Table", {})


def _status(answer: Answer | None) -> str:
    return _table(answer).get("TableStatus", "")


def global_index(answer: Answer | None, name: str) -> Answer | None:
    """The description of one global index in a DescribeTable answer, C(None) when it is not there."""
    indexes = _table(answer).get("GlobalSecondaryIndexes") or ()
    return next((index for index in indexes if index["IndexName"] == name), None)


def index_phase(index: Answer | None) -> str:
    """Where a global index stands."""
    if index is None:
        return "not there"
    status = index.get("IndexStatus", "ACTIVE")
    return f"{status}, backfilling" if index.get("Backfilling") else status


def to_be_filled(answer: Answer | None, names: Collection[str]) -> str:
    """How many items go into these indexes, where one is being filled; AWS counts a table's items every six hours."""
    filling = any((global_index(answer, name) or {}).get("Backfilling") for name in names)
    count = _table(answer).get("ItemCount") or 0
    return f"about {count:,} items" if filling and count else ""


@dataclass(frozen=True)
class TableActive(Condition):
    """The table is ACTIVE: it takes the next UpdateTable."""

    def holds(self, answer: Answer | None) -> bool:
        return _status(answer) == "ACTIVE"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"{self.table} is {_status(answer) or 'not visible yet'}"

    def measured(self, answer: Answer | None) -> tuple[str, float | None]:
        summary = _table(answer).get("RestoreSummary") or {}
        origin = summary.get("SourceTableArn") or summary.get("SourceBackupArn") or ""
        # table/NAME, and table/NAME/backup/ID of a backup.
        name = origin.partition("table/")[2].partition("/")[0]
        return f"being restored from {name}" if name and summary.get("RestoreInProgress") else "", None


@dataclass(frozen=True)
class TableSettled(Condition):
    """The table is neither being created nor changed: it can be deleted, even when its key is lost."""

    def holds(self, answer: Answer | None) -> bool:
        return _status(answer) not in ("CREATING", "UPDATING")

    def waiting_for(self, answer: Answer | None) -> str:
        return f"{self.table} is {_status(answer)}"

    def hopeless(self, answer: Answer | None) -> str:
        return ""


@dataclass(frozen=True)
class TableGone(Condition):
    """DescribeTable no longer finds the table, so its name is free again."""

    def holds(self, answer: Answer | None) -> bool:
        return answer is None

    def waiting_for(self, answer: Answer | None) -> str:
        return f"{self.table} is {_status(answer)}"

    def hopeless(self, answer: Answer | None) -> str:
        return ""


@dataclass(frozen=True)
class IndexActive(Condition):
    """One global index is ACTIVE, and so is the table."""

    index: str

    def holds(self, answer: Answer | None) -> bool:
        found = global_index(answer, self.index)
        return found is not None and found.get("IndexStatus", "ACTIVE") == "ACTIVE" and _status(answer) == "ACTIVE"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"index {self.index} of {self.table} is {index_phase(global_index(answer, self.index))}"

    def measured(self, answer: Answer | None) -> tuple[str, float | None]:
        return to_be_filled(answer, (self.index,)), None


@dataclass(frozen=True)
class IndexGone(Condition):
    """One global index is gone and the table has settled."""

    index: str

    def holds(self, answer: Answer | None) -> bool:
        return global_index(answer, self.index) is None and _status(answer) == "ACTIVE"

    def waiting_for(self, answer: Answer | None) -> str:
        found = global_index(answer, self.index)
        return (
            f"index {self.index} of {self.table} is {index_phase(found)}"
            if found
            else f"{self.table} is {_status(answer)}"
        )


@dataclass(frozen=True)
class NoIndexInFlight(Condition):
    """No global index is being created or deleted: AWS takes one such change at a time per table.

    but: the index that is to be deleted: AWS also takes that while it is being filled, hours on a big table.
    """

    but: str = ""

    def holds(self, answer: Answer | None) -> bool:
        return not self._in_flight(answer)

    def waiting_for(self, answer: Answer | None) -> str:
        moving = "; ".join(f"{index['IndexName']} is {index_phase(index)}" for index in self._in_flight(answer))
        return f"one index at a time on {self.table}: {moving}"

    def _in_flight(self, answer: Answer | None) -> list[Answer]:
        indexes = _table(answer).get("GlobalSecondaryIndexes") or ()
        moving = (index for index in indexes if index.get("IndexStatus") in ("CREATING", "DELETING"))
        return [index for index in moving if not (index["IndexName"] == self.but and index.get("Backfilling"))]


@dataclass(frozen=True)
class EncryptionSettled(Condition):
    """The re-encryption is over: SSEDescription.Status is the only sign of it, TableStatus stays ACTIVE."""

    def holds(self, answer: Answer | None) -> bool:
        return (_table(answer).get("SSEDescription") or {}).get("Status") != "UPDATING"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"encryption of {self.table} is UPDATING"


@dataclass(frozen=True)
class WarmThroughputSettled(Condition):
    """The warm throughput of the table, or of one index, is no longer UPDATING.

    index: the index's name; empty for the table.
    """

    index: str = ""

    def holds(self, answer: Answer | None) -> bool:
        holder = global_index(answer, self.index) or {} if self.index else _table(answer)
        return (holder.get("WarmThroughput") or {}).get("Status") != "UPDATING"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"warm throughput of {f'index {self.index} of ' if self.index else ''}{self.table} is UPDATING"


@dataclass(frozen=True)
class NothingInFlight(Condition):
    """Nothing is going on that TableStatus does not tell and that DeleteTable is refused for."""

    def holds(self, answer: Answer | None) -> bool:
        return not self._going_on(answer)

    def waiting_for(self, answer: Answer | None) -> str:
        return "; ".join(self._going_on(answer))

    def hopeless(self, answer: Answer | None) -> str:
        return ""

    def _going_on(self, answer: Answer | None) -> list[str]:
        indexes = _table(answer).get("GlobalSecondaryIndexes") or ()
        moving = [index for index in indexes if index.get("IndexStatus", "ACTIVE") != "ACTIVE"]
        settled = (
            EncryptionSettled(self.table),
            WarmThroughputSettled(self.table),
            *(WarmThroughputSettled(self.table, index["IndexName"]) for index in indexes),
        )
        return [
            *(f"index {index['IndexName']} of {self.table} is {index_phase(index)}" for index in moving),
            *(condition.waiting_for(answer) for condition in settled if not condition.holds(answer)),
        ]


@dataclass(frozen=True)
class TagsVisible(Condition):
    """ListTagsOfResource shows the tags as they were set: reads lag behind writes for seconds.

    arn: the table's ARN. present: tags that must show. absent: tag keys that must not.
    """

    arn: str
    present: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]

    operation = "ListTagsOfResource"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"ResourceArn": self.arn}

    def holds(self, answer: Answer | None) -> bool:
        shown = {tag["Key"]: tag["Value"] for tag in (answer or {}).get("Tags", ())}
        return all(shown.get(key) == value for key, value in self.present) and not set(self.absent) & set(shown)

    def waiting_for(self, answer: Answer | None) -> str:
        return f"the new tags of {self.table} do not show yet"


@dataclass(frozen=True)
class BackupAvailable(Condition):
    """An on-demand backup of this name is AVAILABLE.

    backup: the backup's name, unique enough because it carries the time it was asked for.
    """

    backup: str

    operation = "ListBackups"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"TableName": self.table, "BackupType": "USER"}

    def holds(self, answer: Answer | None) -> bool:
        return self._status_of(answer) == "AVAILABLE"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"backup {self.backup} of {self.table} is {self._status_of(answer) or 'not listed yet'}"

    def _status_of(self, answer: Answer | None) -> str:
        backups = (answer or {}).get("BackupSummaries", ())
        return next((backup["BackupStatus"] for backup in backups if backup["BackupName"] == self.backup), "")


@dataclass(frozen=True)
class KeyExists(Condition):
    """KMS knows the key: aliases show with a delay after they were made.

    key: how the definition names it.
    """

    key: str

    operation = "DescribeKey"
    service = "kms"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"KeyId": self.key}

    def holds(self, answer: Answer | None) -> bool:
        return answer is not None

    def waiting_for(self, answer: Answer | None) -> str:
        return f"KMS does not know {self.key}"

    def hopeless(self, answer: Answer | None) -> str:
        return ""
