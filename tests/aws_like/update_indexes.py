# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTable: global secondary indexes."""

from __future__ import annotations

from .create_rules import (
    INDEXES,
    check_index_capacity,
    check_index_keys,
    check_on_demand_limits,
    check_projected,
    check_projection,
)
from .errors import index_missing, internal, invalid, limit, validation
from .inflight import ONE_INDEX, Change, Wanted
from .lifecycle import new_index
from .table_state import PAY_PER_REQUEST, Index, Operation, Running, Table, Units
from .update_capacity import mode_after, set_units, switches, unchanged
from .update_limits import check_warm, merge_limits, warm_up
from .update_rules import IndexAction, index_actions
from .world import Call

VERBS = {"Update": "update", "Delete": "delete"}


def check_indexes_exist(call: Call, table: Table) -> None:
    for each in index_actions(call.body):
        if each.action == "Create" or table.index(each.name):
            continue
        if table.local_index(each.name):
            raise validation(f"Cannot {VERBS[each.action]} an index that is not a GlobalSecondaryIndex: {each.name}")
        if each.action == "Update" and "WarmThroughput" in each.body:
            raise internal()
        raise index_missing(each.name, table.name)


def _existing(table: Table, name: str) -> Index:
    index = table.index(name)
    assert index is not None, "check_indexes_exist comes first"
    return index


class IndexUpdates:
    """Throughput and limits of indexes; keys and projection of an index never change."""

    def _updates(self, call: Call) -> list[IndexAction]:
        return [each for each in index_actions(call.body) if each.action == "Update"]

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        """With a change of the billing mode, the throughput of the indexes is part of that."""
        wanted = []
        for each in self._updates(call):
            if "WarmThroughput" in each.body:
                wanted.append(Wanted(Change.WARM, each.name))
            if each.body.keys() & {"ProvisionedThroughput", "OnDemandThroughput"}:
                wanted.append(Wanted(Change.INDEX_UPDATE, each.name))
        return wanted

    def check_budget(self, call: Call, table: Table) -> None:
        if not table.provisioned or switches(call, table):
            return
        for each in self._updates(call):
            capacity = _existing(table, each.name).capacity
            throughput = each.body.get("ProvisionedThroughput")
            if throughput and Units.of(throughput).below(capacity.units):
                capacity.decreases.check(call.now, call.world.windows())

    def check(self, call: Call, table: Table) -> bool:
        updates = self._updates(call)
        for each in updates:
            self._check(call, table, each)
        return bool(updates)

    def _check(self, call: Call, table: Table, update: IndexAction) -> None:
        index, mode = _existing(table, update.name), mode_after(call, table)
        throughput = update.body.get("ProvisionedThroughput")
        if throughput and mode == PAY_PER_REQUEST:
            raise invalid(
                f"The only Updates for index: {update.name} when TableThroughputMode is PAY_PER_REQUEST can be to "
                "OnDemandThroughput, WarmThroughput"
            )
        if throughput and not switches(call, table) and Units.of(throughput) == index.capacity.units:
            raise validation(unchanged(f"index {update.name}", f"index {update.name}", index.capacity.units))
        check_on_demand_limits(update.body.get("OnDemandThroughput"), mode, created=False, index=update.name)
        check_warm(table, index.capacity, update.body.get("WarmThroughput"), update.name)

    def apply(self, call: Call, table: Table) -> None:
        for each in self._updates(call):
            self._apply(call, table, each)

    def _apply(self, call: Call, table: Table, update: IndexAction) -> None:
        capacity = _existing(table, update.name).capacity
        throughput, limits = update.body.get("ProvisionedThroughput"), update.body.get("OnDemandThroughput")
        warm_up(call, table, capacity, update.body.get("WarmThroughput"), update.name)
        change_units = bool(throughput) and not switches(call, table)
        units = Units.of(throughput)
        if change_units and units.below(capacity.units):
            capacity.decreases.record(call.now)
        if not change_units and not limits:
            return

        def changed(due: float) -> None:
            if change_units:
                set_units(capacity, units, due)
            merge_limits(call, capacity, limits or {})

        call.world.start(
            table, Running.INDEX_UPDATE, call.world.duration("index_throughput"), changed, index=update.name
        )


class IndexChanges:
    """Indexes that come and go: one at a time."""

    def _changes(self, call: Call) -> list[IndexAction]:
        return [each for each in index_actions(call.body) if each.action != "Update"]

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        changes = {"Create": Change.INDEX_CREATE, "Delete": Change.INDEX_DELETE}
        return [Wanted(changes[each.action], each.name) for each in self._changes(call)]

    def check_budget(self, call: Call, table: Table) -> None:
        changes = self._changes(call)
        if len(changes) > 1:
            raise limit(ONE_INDEX)
        if any(each.action == "Create" for each in changes) and len(table.indexes) >= INDEXES:
            raise limit(f"Number of global secondary indexes exceeds per-table limit of {INDEXES}")

    def check(self, call: Call, table: Table) -> bool:
        changes = self._changes(call)
        for each in changes:
            if each.action == "Create":
                self._check_create(call, table, each)
        return bool(changes)

    def _check_create(self, call: Call, table: Table, create: IndexAction) -> None:
        if table.index(create.name) or table.local_index(create.name):
            raise validation("Attempting to create an index which already exists")
        schema = create.body["KeySchema"]
        check_index_keys(schema)
        defined = {each["AttributeName"] for each in call.body.get("AttributeDefinitions") or []}
        if not defined.issuperset(key["AttributeName"] for key in schema):
            raise invalid(f"AttributeDefinitions is not specified for index: {create.name}")
        check_projection(create.body["Projection"])
        check_projected(
            [create.body["Projection"], *(each.projection for each in [*table.indexes, *table.local_indexes])]
        )
        check_index_capacity(create.body, mode_after(call, table))

    def apply(self, call: Call, table: Table) -> None:
        for each in self._changes(call):
            if each.action == "Create":
                self._create(call, table, each)
            else:
                self._delete(call, table, each.name)

    def _create(self, call: Call, table: Table, create: IndexAction) -> None:
        """Resources first (the table is UPDATING), then the backfill (it is ACTIVE), then the index is ACTIVE."""
        world, region = call.world, call.region
        index = new_index(create.body, mode_after(call, table))
        table.indexes.append(index)
        known = {each["AttributeName"] for each in table.attributes}
        # What a definition says of an attribute that has one already is ignored.
        new = [each for each in call.body.get("AttributeDefinitions") or [] if each["AttributeName"] not in known]
        table.prune_attributes(new)
        world.store.add_index(region.account, region.name, table, index)
        total = max(world.duration("index_total"), allocation := world.duration("index_allocation"))
        ready = call.now + total

        def allocated(due: float) -> None:
            world.begin(table, Operation(Running.BACKFILL, due, ready, index.name))

        world.start(table, Running.ALLOCATION, allocation, allocated, index=index.name)

    def _delete(self, call: Call, table: Table, name: str) -> None:
        world, region, index = call.world, call.region, _existing(table, name)
        for operation in table.running(Running.BACKFILL, index=name):
            table.operations.remove(operation)

        def gone(_due: float) -> None:
            table.indexes.remove(index)
            table.insights.pop(name, None)
            table.prune_attributes()
            if region.tables.get(table.name) is table:
                world.store.drop_index(region.account, region.name, table, index)

        world.start(table, Running.INDEX_DELETE, world.duration("index_delete"), gone, index=name)
