# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else did to the table: seen before a step that would undo it, and while waiting in vain. Pure.

DynamoDB has no lock and no version of a table to compare with. Between a look and the call that follows it there is
still a moment, but no longer the hours that a plan may have been waiting for another run's index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .conditions import Answer, Condition, IndexActive, IndexGone, TableActive, TableGone, TagsVisible, global_index

# What was changed shows within seconds, measured; what has not shown for so long, or shows no more, was undone.
UNDONE_SECONDS = 60


def _table(answer: Answer | None) -> Answer:
    return (answer or {}).get("Table", {})


@dataclass(frozen=True)
class Guard(Condition):
    """The table is still as it was when a step was planned; where it is not, the plan is made anew."""

    def holds(self, answer: Answer | None) -> bool:
        return not self.moved(answer)

    def waiting_for(self, answer: Answer | None) -> str:
        return self.moved(answer)

    def moved(self, answer: Answer | None) -> str:
        """What is not as it was; empty when nothing is."""
        raise NotImplementedError


@dataclass(frozen=True)
class IndexAsFound(Guard):
    """An index that is to be deleted is the one that was found, not one that another run has just built in its place.

    shape: its keys and its projection.
    """

    index: str
    shape: tuple[Any, ...]

    @classmethod
    def of(cls, table: str, index: Mapping[str, Any]) -> IndexAsFound:
        """The guard of an index as it is described."""
        return cls(table, index["IndexName"], _shape(index))

    def moved(self, answer: Answer | None) -> str:
        found = global_index(answer, self.index)
        if found is None:
            return f"index {self.index} of {self.table} was deleted by somebody else meanwhile"
        same = _shape(found) == self.shape
        return "" if same else f"index {self.index} of {self.table} was rebuilt by somebody else meanwhile"


def _shape(index: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = sorted((element["AttributeName"], element["KeyType"]) for element in index.get("KeySchema") or ())
    projection = index.get("Projection") or {}
    return tuple(keys), projection.get("ProjectionType", ""), tuple(sorted(projection.get("NonKeyAttributes") or ()))


@dataclass(frozen=True)
class StreamAsFound(Guard):
    """The stream that is to be turned off still has the view type that was found."""

    view_type: str

    def moved(self, answer: Answer | None) -> str:
        stream = _table(answer).get("StreamSpecification") or {}
        same = stream.get("StreamEnabled") and stream.get("StreamViewType") == self.view_type
        return "" if same else f"the stream of {self.table} was changed by somebody else meanwhile"


@dataclass(frozen=True)
class SameTable(Condition):
    """The table of this name that is to be deleted is the one that was found, and backed up.

    table_id: TableId; empty where what answers has none.
    """

    table_id: str

    def holds(self, answer: Answer | None) -> bool:
        return not self.hopeless(answer)

    def waiting_for(self, answer: Answer | None) -> str:
        return self.hopeless(answer)

    def hopeless(self, answer: Answer | None) -> str:
        found = _table(answer).get("TableId", "")
        if not found or not self.table_id or found == self.table_id:
            return ""
        return f"{self.table} was deleted and created again by somebody else meanwhile; the new table was left alone"


@dataclass(frozen=True)
class DeletionOver(Condition):
    """The deletion is over: the table is gone, or somebody has already created it again."""

    def holds(self, answer: Answer | None) -> bool:
        return _table(answer).get("TableStatus") != "DELETING"

    def waiting_for(self, answer: Answer | None) -> str:
        return f"{self.table} is DELETING"

    def hopeless(self, answer: Answer | None) -> str:
        return ""


def undone(condition: Condition, answer: Answer | None) -> str:
    """What somebody else seems to have done to what is waited for; empty when nothing points to it."""
    status = _table(answer).get("TableStatus", "")
    if isinstance(condition, TableActive) and answer is None:
        return f"{condition.table} is not there: somebody else seems to have deleted it"
    if isinstance(condition, TableGone) and status not in ("", "DELETING"):
        return f"{condition.table} is {status}: somebody else seems to have created it again"
    if isinstance(condition, IndexActive) and global_index(answer, condition.index) is None:
        return f"index {condition.index} of {condition.table} is not there: somebody else seems to have deleted it"
    if isinstance(condition, IndexGone):
        found = global_index(answer, condition.index)
        if found and found.get("IndexStatus") != "DELETING":
            return (
                f"index {condition.index} of {condition.table} is there: somebody else seems to have created it again"
            )
    if isinstance(condition, TagsVisible) and not condition.holds(answer):
        return f"the tags of {condition.table} are not as they were set: somebody else seems to have changed them"
    return ""


class Doubt:
    """For how long something has looked undone."""

    def __init__(self) -> None:
        self._since: float | None = None

    def sure(self, text: str, now: float) -> str:
        """The text, once it was there at every look for long enough."""
        if not text:
            self._since = None
            return ""
        if self._since is None:
            self._since = now
        return f"{text}. Run it again" if now - self._since >= UNDONE_SECONDS else ""
