# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch of the billing mode: what a table and its indexes need in the other mode, and what the switch costs. Pure.

Rules: UpdateTable API reference, quotas page, "Warm throughput" of the Developer Guide; durations are measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .metrics import MINUTE, READ, WRITE, Metric, Recorded
from .settings import SETTINGS
from .settings.billing import PAY_PER_REQUEST, PROVISIONED, Billing, billing_mode
from .settings.capacity import ON_DEMAND_FLOOR, Throughput, Warm
from .settings.global_index import GlobalIndex
from .settings.schema import found_types
from .spec import TableSpec
from .state import TableState

# The table itself, among the names of its indexes.
ITSELF = ""
Units = Mapping[str, Throughput]


@dataclass(frozen=True)
class Peak:
    """The most that was consumed in a minute, a second's average."""

    read: float = 0
    write: float = 0

    def with_headroom(self, percent: int) -> Throughput:
        """What must be there for it."""
        factor = 1 + percent / 100
        return Throughput(max(1, math.ceil(self.read * factor)), max(1, math.ceil(self.write * factor)))

    def __str__(self) -> str:
        return f"{self.read:,.1f} read / {self.write:,.1f} write units a second"


def peak_metrics(table: str, indexes: tuple[str, ...]) -> list[Metric]:
    """The metrics that peaks are read from."""
    return [Metric(name, table, index) for index in (ITSELF, *indexes) for name in (READ, WRITE)]


def peaks(found: Recorded, table: str, indexes: tuple[str, ...]) -> dict[str, Peak]:
    """The peaks of the table and its indexes, by name; none where nothing is known."""
    if found.unknown:
        return {}

    def most(name: str, index: str) -> float:
        return max((units for at, units in found.of(Metric(name, table, index))), default=0) / MINUTE

    return {index: Peak(most(READ, index), most(WRITE, index)) for index in (ITSELF, *indexes)}


@dataclass(frozen=True)
class Wish:
    """What is wanted of the switch.

    mode: the billing mode. headroom: percent that is added to peaks. units: what was given by hand, by index name.
    spec: the table's definition, if it has one.
    """

    mode: str
    headroom: int = 30
    units: Units = field(default_factory=dict)
    spec: TableSpec | None = None


@dataclass(frozen=True)
class Switch:
    """One table's switch.

    units: throughput that it needs, by index name, and where each number is from. warm: what it must be made ready for.
    unknown: what nobody knows the throughput of. days: how far back was looked for peaks. why: why there are none.
    """

    state: TableState
    wish: Wish
    peaks: Mapping[str, Peak]
    units: Mapping[str, tuple[Throughput, str]] = field(default_factory=dict)
    warm: Mapping[str, Warm] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    days: int = 0
    why: str = ""

    @property
    def switched(self) -> bool:
        """Whether the table has another mode now."""
        return billing_mode(self.state) != self.wish.mode

    @property
    def needed(self) -> bool:
        """Whether there is anything to do."""
        return self.switched or bool(self.warm)

    def warming(self) -> dict[str, Any] | None:
        """The definition that makes the table ready before the switch; C(None) where it need not be."""
        if not self.warm:
            return None
        indexes = [self._index(index) for index in _found_indexes(self.state) if index.name in self.warm]
        return self._definition({}, indexes)

    def definition(self) -> dict[str, Any]:
        """The definition that switches."""
        billing: dict[str, Any] = {"billing_mode": self.wish.mode}
        if self.wish.mode == PROVISIONED:
            billing["provisioned_throughput"] = self.units[ITSELF][0].argument()
        sized = self.wish.mode == PROVISIONED
        indexes = [
            self._index(index.in_mode(self.wish.mode))
            for index in _found_indexes(self.state)
            if sized or index.name in self.warm
        ]
        return self._definition(billing, indexes)

    def _definition(self, billing: dict[str, Any], indexes: list[GlobalIndex]) -> dict[str, Any]:
        definition: dict[str, Any] = {"name": self.state.name, **billing}
        if ITSELF in self.warm:
            definition["warm_throughput"] = self.warm[ITSELF].argument()
        if indexes:
            definition["attributes"] = found_types(self.state)
            definition["global_indexes"] = [index.argument() for index in indexes]
        return definition

    def _index(self, index: GlobalIndex) -> GlobalIndex:
        units = self.units.get(index.name)
        return replace(index, warm=self.warm.get(index.name), throughput=units[0] if units else index.throughput)


def _found_indexes(state: TableState) -> tuple[GlobalIndex, ...]:
    found: tuple[GlobalIndex, ...] = SETTINGS["global_indexes"].found(state).indexes
    return found


def index_names(state: TableState) -> tuple[str, ...]:
    """The table's global indexes."""
    return tuple(index.name for index in _found_indexes(state))


def plan_switch(state: TableState, wish: Wish, found: Recorded, days: int) -> Switch:
    """What the switch of one table needs."""
    names = index_names(state)
    known = peaks(found, state.name, names)
    switch = Switch(state, wish, known, days=days, why=found.unknown)
    if wish.mode == PAY_PER_REQUEST:
        return replace(switch, warm=dict(_warm(switch)))
    if not switch.switched:
        return switch
    units = {name: _sized(name, wish, known) for name in (ITSELF, *names)}
    return replace(
        switch,
        units={name: sized for name, sized in units.items() if sized},
        unknown=tuple(name for name, sized in units.items() if not sized),
    )


def _sized(name: str, wish: Wish, known: Mapping[str, Peak]) -> tuple[Throughput, str] | None:
    """What a table or an index gets: what was given, else what is defined, else what it took so far."""
    if name in wish.units:
        return wish.units[name], "as given"
    defined = _defined(name, wish.spec)
    if defined:
        return defined, "as defined"
    if name in known:
        return known[name].with_headroom(wish.headroom), f"the peak and {wish.headroom} %"
    return None


def _defined(name: str, spec: TableSpec | None) -> Throughput | None:
    wanted = spec.wanted if spec else {}
    if name == ITSELF:
        billing: Billing = wanted.get("billing", Billing())
        return billing.throughput
    indexes = wanted.get("global_indexes")
    index: GlobalIndex | None = indexes.by_name.get(name) if indexes else None
    return index.throughput if index else None


def _warm(switch: Switch) -> Iterator[tuple[str, Warm]]:
    """What an on-demand table does not take at once, of what was given or, at a switch, of the peaks."""
    for name in (ITSELF, *index_names(switch.state)):
        given = switch.wish.units.get(name)
        if given is None and (not switch.switched or name not in switch.peaks):
            continue
        needed = given or switch.peaks[name].with_headroom(switch.wish.headroom)
        ready = _ready(switch.state, name)
        if needed.read > ready.read or needed.write > ready.write:
            yield name, Warm(needed.read, needed.write).over(ready)


def _ready(state: TableState, name: str) -> Warm:
    """What a table or an index takes at once on demand."""
    described = {each["IndexName"]: each for each in state.table.get("GlobalSecondaryIndexes") or ()}
    return Warm.of((described[name] if name else state.table).get("WarmThroughput")).over(ON_DEMAND_FLOOR)


def last_switch(state: TableState) -> datetime | None:
    """When the table last became on-demand, as far as AWS tells."""
    last = (state.table.get("BillingModeSummary") or {}).get("LastUpdateToPayPerRequestDateTime")
    return last if isinstance(last, datetime) else None


def parse_units(given: Mapping[str, Any], table: str) -> dict[str, Throughput]:
    """What was given by hand for one table, C({table: {read, write}, table/index: {read, write}}), by index name.

    Raises ValueError with what is wrong.
    """
    units = {}
    for subject, value in given.items():
        name, _slash, index = str(subject).partition("/")
        if name != table:
            continue
        try:
            read, write = int(value["read"]), int(value["write"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"units.{subject}: must be a dictionary with the whole numbers read and write") from error
        if read < 1 or write < 1:
            raise ValueError(f"units.{subject}: read and write must be 1 or more")
        units[index] = Throughput(read, write)
    return units
