# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTable: limits of on-demand throughput, and warm throughput."""

from __future__ import annotations

from collections.abc import Mapping

from .capacity_limits import check_on_demand_maximum
from .create_rules import READ_WRITE, check_on_demand_limits
from .errors import invalid
from .inflight import Change, Wanted
from .table_state import Capacity, Operation, Running, Table, Units
from .update_capacity import mode_after
from .world import Call

REMOVED = -1


def merge_limits(call: Call, capacity: Capacity, wanted: Mapping[str, int]) -> None:
    """A member that is not sent stays. -1 removes a limit, and is shown for a moment before it does."""
    capacity.on_demand = {**capacity.on_demand, **wanted}

    def forget(_due: float) -> None:
        capacity.on_demand = {name: value for name, value in capacity.on_demand.items() if value != REMOVED}

    if REMOVED in wanted.values():
        call.world.schedule(call.world.clock.now() + call.world.duration("limit_removal_shown"), forget)


class OnDemandLimits:
    """Takes effect at once."""

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.ON_DEMAND)] if call.body.get("OnDemandThroughput") else []

    def check_budget(self, call: Call, table: Table) -> None:
        check_on_demand_maximum(call, call.body.get("OnDemandThroughput") or {})

    def check(self, call: Call, table: Table) -> bool:
        limits = call.body.get("OnDemandThroughput")
        check_on_demand_limits(limits, mode_after(call, table), created=False)
        return any(table.capacity.on_demand.get(name) != value for name, value in (limits or {}).items())

    def apply(self, call: Call, table: Table) -> None:
        merge_limits(call, table.capacity, call.body.get("OnDemandThroughput") or {})


def check_warm(table: Table, capacity: Capacity, wanted: Mapping[str, int] | None, index: str = "") -> None:
    """Only upwards; while an increase is under way, AWS was seen to take a lower value too."""
    if table.running(Running.WARM, index=index):
        return
    whose = f"index {index}" if index else "table"
    for name, side in READ_WRITE:
        units = (wanted or {}).get(f"{name}UnitsPerSecond")
        if units is not None and units < getattr(capacity.warm, side):
            raise invalid(
                f"Requested {name}UnitsPerSecond for WarmThroughput for {whose} is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )


def warm_up(call: Call, table: Table, capacity: Capacity, wanted: Mapping[str, int] | None, index: str = "") -> None:
    """The old values are shown until it is done; of two, the last one counts."""
    if not wanted:
        return
    current = capacity.warm
    target = Units(wanted.get("ReadUnitsPerSecond") or current.read, wanted.get("WriteUnitsPerSecond") or current.write)
    for operation in table.running(Running.WARM, index=index):
        table.operations.remove(operation)
    if target == current:
        return
    seconds = call.world.duration("warm_again" if capacity.warmed else "warm_first")

    def warmed(_due: float) -> None:
        capacity.warm, capacity.warmed = target, True

    call.world.begin(table, Operation(Running.WARM, call.now, call.now + seconds, index), warmed)


class WarmThroughput:
    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.WARM)] if "WarmThroughput" in call.body else []

    def check_budget(self, call: Call, table: Table) -> None:
        """None is known."""

    def check(self, call: Call, table: Table) -> bool:
        check_warm(table, table.capacity, call.body.get("WarmThroughput"))
        return "WarmThroughput" in call.body

    def apply(self, call: Call, table: Table) -> None:
        warm_up(call, table, table.capacity, call.body.get("WarmThroughput"))
