# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTable: throughput and billing mode of the table."""

from __future__ import annotations

from .budgets import check_on_demand_switch
from .capacity_limits import check_account_capacity
from .create_rules import NO_UNITS
from .errors import invalid, validation
from .inflight import Change, Wanted
from .table_state import ON_DEMAND_WARM, PAY_PER_REQUEST, PROVISIONED, Capacity, Running, Table, Units
from .update_rules import index_actions
from .world import Call

HELP = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."


def mode_after(call: Call, table: Table) -> str:
    return call.body.get("BillingMode") or table.billing_mode


def switches(call: Call, table: Table) -> bool:
    return mode_after(call, table) != table.billing_mode


def index_units(call: Call) -> dict[str, Units]:
    """The throughput that the request gives to indexes."""
    updates = [each for each in index_actions(call.body) if each.action == "Update"]
    return {
        each.name: Units.of(each.body["ProvisionedThroughput"])
        for each in updates
        if "ProvisionedThroughput" in each.body
    }


def unchanged(subject: str, of: str, current: Units) -> str:
    return (
        f"The provisioned throughput for the {subject} will not change. The requested value equals the current value. "
        f"Current ReadCapacityUnits provisioned for {of}: {current.read}. "
        f"Requested ReadCapacityUnits: {current.read}. "
        f"Current WriteCapacityUnits provisioned for {of}: {current.write}. "
        f"Requested WriteCapacityUnits: {current.write}. {HELP}"
    )


def set_units(capacity: Capacity, units: Units, now: float) -> None:
    if units.below(capacity.units):
        capacity.last_decrease = now
    if capacity.units.below(units):
        capacity.last_increase = now
    capacity.units = units
    capacity.warm = capacity.warm.highest(units)


class TableCapacity:
    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        """To send the current billing mode again is nothing."""
        changes = "ProvisionedThroughput" in call.body or switches(call, table)
        return [Wanted(Change.IOPS)] if changes else []

    def check_budget(self, call: Call, table: Table) -> None:
        throughput, windows = call.body.get("ProvisionedThroughput"), call.world.windows()
        units = Units.of(throughput)
        if throughput:
            of_indexes = index_units(call)
            kept = [of_indexes.get(each.name, each.capacity.units) for each in table.indexes]
            check_account_capacity(call, units, kept, instead_of=table)
        if switches(call, table):
            if table.provisioned:
                check_on_demand_switch(table.on_demand_switches, call.now, windows)
        elif throughput and table.provisioned and units.below(table.capacity.units):
            table.capacity.decreases.check(call.now, windows)

    def check(self, call: Call, table: Table) -> bool:
        throughput, mode = call.body.get("ProvisionedThroughput"), mode_after(call, table)
        if throughput and mode == PAY_PER_REQUEST:
            raise invalid(NO_UNITS)
        if switches(call, table) and mode == PROVISIONED:
            _check_all_given(call, table)
        elif throughput and Units.of(throughput) == table.capacity.units:
            raise validation(unchanged("table", "the table", table.capacity.units))
        return bool(throughput) or switches(call, table)

    def apply(self, call: Call, table: Table) -> None:
        throughput = call.body.get("ProvisionedThroughput")
        if not switches(call, table):
            if throughput:
                _change(call, table, Units.of(throughput))
        elif table.provisioned:
            _to_on_demand(call, table)
        else:
            _to_provisioned(call, table, Units.of(throughput))


def _check_all_given(call: Call, table: Table) -> None:
    if not call.body.get("ProvisionedThroughput"):
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    given = index_units(call)
    for index in table.indexes:
        if index.name not in given:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def _change(call: Call, table: Table, units: Units) -> None:
    if units.below(table.capacity.units):
        table.capacity.decreases.record(call.now)
    call.world.start(
        table,
        Running.IOPS,
        call.world.duration("throughput"),
        lambda due: set_units(table.capacity, units, due),
    )


def _to_on_demand(call: Call, table: Table) -> None:
    was_before = table.on_demand_since is not None
    table.on_demand_switches.record(call.now)

    def switched(due: float) -> None:
        table.billing_mode, table.on_demand_since = PAY_PER_REQUEST, due
        for capacity in table.capacities:
            capacity.units = Units()
            capacity.warm = capacity.warm.highest(ON_DEMAND_WARM)

    seconds = call.world.duration("to_on_demand_again" if was_before else "to_on_demand_first")
    call.world.start(table, Running.IOPS, seconds, switched)


def _to_provisioned(call: Call, table: Table, units: Units) -> None:
    of_indexes = index_units(call)

    def switched(_due: float) -> None:
        table.billing_mode = PROVISIONED
        table.capacity.units = units
        for index in table.indexes:
            index.capacity.units = of_indexes.get(index.name, Units(1, 1))
        for capacity in table.capacities:
            capacity.on_demand = {}
            capacity.warm = capacity.warm.highest(capacity.units)

    call.world.start(table, Running.IOPS, call.world.duration("to_provisioned"), switched)
