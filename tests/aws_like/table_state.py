# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table as AWS keeps it, with everything that is going on at it. Statuses are derived, never stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .budgets import Changes, Decreases

PAY_PER_REQUEST, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
STANDARD = "STANDARD"


class Running(StrEnum):
    """What may be going on at a table."""

    CREATE = "create"
    DELETE = "delete"
    IOPS = "iops"
    STREAM = "stream"
    CLASS = "class"
    ENCRYPTION = "sse"
    ALLOCATION = "gsi_create"
    BACKFILL = "gsi_backfill"
    INDEX_DELETE = "gsi_delete"
    INDEX_UPDATE = "gsi_update"
    WARM = "warm"
    TAGS = "tags"
    POLICY = "policy"


# Encryption, warm throughput, index throughput and backfill leave the table ACTIVE.
UPDATING = frozenset({Running.IOPS, Running.STREAM, Running.CLASS, Running.ALLOCATION, Running.INDEX_DELETE})
INDEX_STATUS = {
    Running.CREATE: "CREATING",
    Running.ALLOCATION: "CREATING",
    Running.BACKFILL: "CREATING",
    Running.INDEX_DELETE: "DELETING",
    Running.INDEX_UPDATE: "UPDATING",
}


@dataclass(eq=False)
class Operation:
    """Something going on; each is itself, however much it looks like another."""

    running: Running
    started: float
    due: float
    index: str = ""
    # Of a stream change: ENABLE or DISABLE, and the stream's label. Of a class change: the class.
    action: str = ""
    label: str = ""


@dataclass(frozen=True)
class Units:
    """A capacity; 0 of both means on demand."""

    read: int = 0
    write: int = 0

    @classmethod
    def of(cls, throughput: Mapping[str, Any] | None) -> Units:
        return cls(throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) if throughput else cls()

    def below(self, other: Units) -> bool:
        return self.read < other.read or self.write < other.write

    def highest(self, other: Units) -> Units:
        return Units(max(self.read, other.read), max(self.write, other.write))


ON_DEMAND_WARM = Units(12000, 4000)


@dataclass
class Capacity:
    """What a table and an index have alike: throughput, on-demand limits, warm throughput, and their budgets."""

    units: Units
    on_demand: dict[str, int]
    warm: Units
    decreases: Decreases = field(default_factory=Decreases)
    last_increase: float | None = None
    last_decrease: float | None = None
    warmed: bool = False


@dataclass
class Index:
    """A secondary index. Only a global one has a status, and a capacity that means anything."""

    name: str
    key_schema: list[dict[str, str]]
    projection: dict[str, Any]
    capacity: Capacity = field(default_factory=lambda: Capacity(Units(), {}, Units()))

    @property
    def attributes(self) -> list[str]:
        return [key["AttributeName"] for key in self.key_schema]


@dataclass
class Lagged:
    """A value that readers see late."""

    current: Any
    # Older values, each with the moment from which its successor is seen.
    _older: list[tuple[Any, float]] = field(default_factory=list)

    def read(self, now: float) -> Any:
        return next((value for value, until in self._older if now < until), self.current)

    def write(self, value: Any, now: float, lag: float) -> None:
        self._older = [each for each in self._older if now < each[1]]
        self._older.append((self.current, now + lag))
        self.current = value


@dataclass
class Ttl:
    status: str = "DISABLED"
    attribute: str | None = None
    last_change: float | None = None


@dataclass
class Recovery:
    """Point-in-time recovery; since is None when it is off."""

    since: float | None = None
    days: int = 35


@dataclass
class Insights:
    status: str = "DISABLED"
    mode: str = "ACCESSED_AND_THROTTLED_KEYS"
    changed: float = 0.0


@dataclass
class Table:
    """One incarnation: delete it, and nothing of it is left for the next table of its name."""

    name: str
    arn: str
    created: float
    key_schema: list[dict[str, str]]
    attributes: list[dict[str, str]]
    capacity: Capacity
    billing_mode: str = PROVISIONED
    # None until the table is or was on demand: AWS shows no summary for a table that is PROVISIONED since its birth.
    on_demand_since: float | None = None
    local_indexes: list[Index] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    table_class: str = STANDARD
    class_changed: float | None = None
    key_arn: str | None = None
    stream_view: str | None = None
    stream_label: str | None = None
    deletion_protection: bool = False
    protection_changed: float | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    operations: list[Operation] = field(default_factory=list)
    # INACCESSIBLE_ENCRYPTION_CREDENTIALS and its like, which nothing here leads to by itself.
    status_override: str = ""

    tags: Lagged = field(default_factory=lambda: Lagged({}))
    policy: Lagged = field(default_factory=lambda: Lagged(None))
    policy_changed: float | None = None
    ttl: Ttl = field(default_factory=Ttl)
    recovery: Recovery = field(default_factory=Recovery)
    insights: dict[str, Insights] = field(default_factory=dict)

    class_changes: Changes = field(default_factory=Changes)
    encryption_changes: Changes = field(default_factory=Changes)
    on_demand_switches: Changes = field(default_factory=Changes)

    # While it is being restored: from what, and as of when.
    restored_from: dict[str, Any] = field(default_factory=dict)
    # What the backup of its deletion will hold.
    last: Any = None

    described_from: float = 0.0
    visible_from: float = 0.0
    tags_from: float = 0.0
    backups_from: float = 0.0
    forgotten_from: float = float("inf")
    items: int = 0
    items_counted: float = 0.0

    def running(self, *kinds: Running, index: str | None = None) -> list[Operation]:
        return [each for each in self.operations if each.running in kinds and index in (None, each.index)]

    @property
    def status(self) -> str:
        kinds = {each.running for each in self.operations}
        if Running.DELETE in kinds:
            return "DELETING"
        if Running.CREATE in kinds:
            return "CREATING"
        return self.status_override or ("UPDATING" if kinds & UPDATING else "ACTIVE")

    def index_status(self, name: str) -> str:
        for each in self.operations:
            if each.running in INDEX_STATUS and each.index in ("", name):
                return INDEX_STATUS[each.running]
        return "ACTIVE"

    def index(self, name: str) -> Index | None:
        return next((each for each in self.indexes if each.name == name), None)

    def local_index(self, name: str) -> Index | None:
        return next((each for each in self.local_indexes if each.name == name), None)

    @property
    def capacities(self) -> list[Capacity]:
        """The table's and its indexes'."""
        return [self.capacity, *(index.capacity for index in self.indexes)]

    @property
    def provisioned(self) -> bool:
        return self.billing_mode == PROVISIONED

    def prune_attributes(self, sent: Iterable[dict[str, str]] = ()) -> None:
        """Keep the definitions that a key uses; of what is sent only those that are new count."""
        known = {each["AttributeName"]: each for each in [*sent, *self.attributes]}
        used = [key["AttributeName"] for key in self.key_schema]
        used += [name for index in [*self.local_indexes, *self.indexes] for name in index.attributes]
        self.attributes = [known[name] for name in dict.fromkeys(used) if name in known]
