# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything there is: the regions with their tables, the clock, and what is due when."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .clock import Clock
from .jobs import Job
from .limits import Limits
from .profiles import Windows
from .settings import Settings
from .table_state import Index, Operation, Running, Table

ACCOUNT = "123456789012"
Body = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """What KMS knows of a key."""

    arn: str
    state: str = "Enabled"
    symmetric: bool = True


class Keys(Protocol):
    """KMS, as far as tables need it."""

    def find(self, account: str, region: str, name: str) -> Key | None: ...

    def managed(self, account: str, region: str) -> str:
        """The ARN of the key behind alias/aws/dynamodb."""


class Store(Protocol):
    """Where the items are."""

    def create(self, account: str, region: str, table: Table) -> None: ...

    def delete(self, account: str, region: str, name: str) -> None: ...

    def add_index(self, account: str, region: str, table: Table, index: Index) -> None: ...

    def drop_index(self, account: str, region: str, table: Table, index: Index) -> None: ...

    def count(self, account: str, region: str, name: str) -> int: ...

    def items(self, account: str, region: str, name: str) -> list[Body]:
        """The items as DynamoDB JSON."""

    def fill(self, account: str, region: str, name: str, items: list[Body]) -> None:
        """Puts items into a table."""

    def check_bucket(self, account: str, region: str, place: Mapping[str, Any]) -> None:
        """Raises TransferFailed where S3 has no such bucket, or KMS no such key."""

    def write_export(self, account: str, shown: Mapping[str, Any], items: list[Body]) -> Body:
        """Writes the files of an export; what its description says of them."""

    def read_import(self, account: str, region: str, name: str, body: Mapping[str, Any]) -> Body:
        """Fills a table; the counts of the import's description. Raises TransferFailed."""


@dataclass(frozen=True)
class Kept:
    """What a backup holds: the table as CreateTable would have it, the key it was encrypted with, and its items."""

    body: Body
    key_arn: str | None
    items: list[Body]


@dataclass
class Backup:
    """A backup outlives its table. restoring: the table that is being restored from it."""

    arn: str
    name: str
    kind: str
    created: float
    table: dict[str, Any]
    features: dict[str, Any]
    status: str = "CREATING"
    expires: float | None = None
    kept: Kept | None = None
    restoring: str = ""


@dataclass
class Region:
    """One account's DynamoDB in one region."""

    account: str
    name: str
    tables: dict[str, Table] = field(default_factory=dict)
    backups: list[Backup] = field(default_factory=list)
    exports: list[Job] = field(default_factory=list)
    imports: list[Job] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)

    def table_arn(self, name: str) -> str:
        return f"arn:aws:dynamodb:{self.name}:{self.account}:table/{name}"


class World:
    """Callers hold `lock` from `settle` to the answer: a call sees one moment."""

    def __init__(
        self, keys: Keys, store: Store, *, settings: Settings | None = None, clock: Clock | None = None, seed: int = 0
    ) -> None:
        self.keys = keys
        self.store = store
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.regions: dict[tuple[str, str], Region] = {}
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()

    def region(self, name: str, account: str = ACCOUNT) -> Region:
        return self.regions.setdefault((account, name), Region(account, name))

    def windows(self) -> Windows:
        return self.settings.windows()

    def fixed(self, name: str) -> float:
        """A duration on this clock that is the same every time: a cool-down."""
        seconds: float = getattr(self.settings.durations(), name)
        return seconds * self.settings.time_scale

    def duration(self, name: str) -> float:
        """How long something takes on this clock."""
        spread = self.settings.jitter
        return self.fixed(name) * (self.random.uniform(1 - spread, 1 + spread) if spread else 1.0)

    def schedule(self, due: float, action: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (due, next(self._order), action))

    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def settle(self) -> None:
        """Let everything happen that is due; an action may bring about the next one."""
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            due, _order, action = heapq.heappop(self._due)
            action(due)

    def begin(
        self, table: Table, operation: Operation, finish: Callable[[float], None] = lambda due: None
    ) -> Operation:
        """Something starts at the table and ends when it is due, unless it is cancelled by being taken away."""
        table.operations.append(operation)

        def end(due: float) -> None:
            if operation in table.operations:
                table.operations.remove(operation)
                finish(due)

        self.schedule(operation.due, end)
        return operation

    def start(
        self,
        table: Table,
        running: Running,
        seconds: float,
        finish: Callable[[float], None] = lambda due: None,
        *,
        index: str = "",
    ) -> Operation:
        now = self.clock.now()
        return self.begin(table, Operation(running, now, now + seconds, index), finish)

    def reset(self) -> None:
        """Forget every table and backup; the clock and the settings stay."""
        for region in self.regions.values():
            for name in list(region.tables):
                self.store.delete(region.account, region.name, name)
        self.regions.clear()
        self._due.clear()


@dataclass(frozen=True)
class Call:
    """One call of the control plane, at one moment."""

    world: World
    region: Region
    operation: str
    body: Body
    now: float

    def key_managed(self) -> str:
        return self.world.keys.managed(self.region.account, self.region.name)
