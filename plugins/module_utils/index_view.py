# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The global indexes of a table beside those of its definition: what is missing, differs, is being built, and for whom.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .access_pattern import AccessPattern
from .metrics import Progress, Use
from .report import plain_facts
from .settings import SETTINGS
from .settings.billing import PROVISIONED, billing_mode
from .settings.capacity import ON_DEMAND_FLOOR, Throughput
from .settings.global_index import GlobalIndex
from .settings.index_steps import difference
from .spec import TableSpec
from .state import TableState

MISSING = "missing"
# An index of an empty table took 8 to 17 minutes (measured).
LEAST_MINUTES = 10
WRITE_UNIT_BYTES = 1024


@dataclass(frozen=True)
class Backfill:
    """What filling an index takes, by AWS's count of items, which is up to six hours old.

    units: write units in all. per_second: how many the index takes at first; it is what limits the filling.
    """

    items: int
    units: int
    per_second: int

    @property
    def minutes(self) -> int:
        """At least; nobody knows how fast AWS goes on."""
        return LEAST_MINUTES + math.ceil(self.units / self.per_second / 60)

    def __str__(self) -> str:
        if not self.items:
            return f"built from no items, about {LEAST_MINUTES} minutes"
        time = f"{self.minutes} minutes" if self.minutes < 120 else f"{self.minutes / 60:.0f} hours"
        rate = f"at {self.per_second:,} a second {time} or more"
        return f"built from {self.items:,} items, {self.units:,} write units; {rate}"


@dataclass(frozen=True)
class IndexView:
    """One global index.

    described: AWS's description, empty where there is none. wanted: that of the definition. difference: what of its
    keys, types or projection is not as defined. patterns: the access patterns that query it. use, progress: as far as
    they were asked for.
    """

    table: str
    name: str
    described: Mapping[str, Any] = field(default_factory=dict)
    wanted: GlobalIndex | None = None
    difference: str = ""
    patterns: tuple[AccessPattern, ...] = ()
    backfill: Backfill | None = None
    use: Use | None = None
    progress: Progress | None = None

    @property
    def status(self) -> str:
        """IndexStatus, or that there is none."""
        return str(self.described.get("IndexStatus", "ACTIVE")) if self.described else MISSING

    @property
    def building(self) -> bool:
        """Whether it is being made."""
        return self.status == "CREATING"

    def arguments(self) -> dict[str, Any]:
        """The definition's index as arguments of the C(gsi) module."""
        if self.wanted is None:
            return {}
        return {"table": self.table, "attributes": dict(self.wanted.types), **self.wanted.argument()}

    def result(self) -> dict[str, Any]:
        """As the C(index_info) module returns it."""
        told = {
            "table": self.table,
            "name": self.name,
            "status": self.status,
            "backfilling": bool(self.described.get("Backfilling")),
            "declared": self.wanted is not None,
            "difference": self.difference,
            "index": plain_facts(self.described),
            "access_patterns": [{"name": each.name, "description": each.description} for each in self.patterns],
        }
        if self.use:
            last = self.use.last.isoformat() if self.use.last else None
            told["use"] = {
                "days": self.use.days,
                "read_units": self.use.units,
                "last": last,
                "unknown": self.use.unknown,
            }
        if self.progress:
            told["percent"] = self.progress.percent
        return told


def index_views(spec: TableSpec | None, state: TableState, names: Collection[str] = ()) -> tuple[IndexView, ...]:
    """The global indexes that a table or its definition has, by name; of these names only, where any are given."""
    described = {each["IndexName"]: each for each in state.table.get("GlobalSecondaryIndexes") or ()}
    setting = SETTINGS["global_indexes"]
    found = setting.found(state).by_name
    declared = spec.wanted.get("global_indexes") if spec else None
    wanted: Mapping[str, GlobalIndex] = declared.by_name if declared else {}
    patterns = spec.access_patterns if spec else ()
    return tuple(
        _with_backfill(
            IndexView(
                table=state.name,
                name=name,
                described=described.get(name, {}),
                wanted=wanted.get(name),
                difference=_differs(wanted.get(name), found.get(name)),
                patterns=tuple(pattern for pattern in patterns if pattern.index == name),
            ),
            state,
        )
        for name in sorted({*described, *wanted})
        if not names or name in names
    )


def _differs(wanted: GlobalIndex | None, found: GlobalIndex | None) -> str:
    if wanted is None or found is None or wanted.identity == found.identity:
        return ""
    return difference(wanted, found)


def _with_backfill(view: IndexView, state: TableState) -> IndexView:
    if view.wanted is None or (view.described and not view.difference and not view.building):
        return view
    return replace(view, backfill=backfill(view.wanted.throughput, state))


def backfill(throughput: Throughput | None, state: TableState) -> Backfill:
    """What filling a new index takes, were every item in it and whole."""
    items, size = int(state.table.get("ItemCount") or 0), int(state.table.get("TableSizeBytes") or 0)
    per_item = max(1, math.ceil(size / items / WRITE_UNIT_BYTES)) if items else 0
    provisioned = throughput and billing_mode(state) == PROVISIONED
    per_second = throughput.write if throughput and provisioned else ON_DEMAND_FLOOR.write
    return Backfill(items, items * per_item, per_second)


def local_names(states: Iterable[TableState]) -> frozenset[str]:
    """The names of the local indexes of tables."""
    return frozenset(each["IndexName"] for state in states for each in state.table.get("LocalSecondaryIndexes") or ())
