# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table as DescribeTable shows it: what is at its default is left out."""

from __future__ import annotations

from typing import Any

from .budgets import Decreases
from .table_state import STANDARD, Capacity, Index, Running, Table, Units
from .world import World

Shown = dict[str, Any]


def table_description(world: World, table: Table, now: float) -> Shown:
    shown: Shown = {
        "TableName": table.name,
        "TableArn": table.arn,
        "TableId": table.id,
        "TableStatus": table.status,
        "CreationDateTime": table.created,
        "KeySchema": table.key_schema,
        "AttributeDefinitions": _attributes(world, table),
        "TableSizeBytes": 0,
        "ItemCount": table.items,
        "ProvisionedThroughput": _throughput(world, table.capacity, now),
        "WarmThroughput": _warm(table, table.capacity, ""),
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if table.on_demand_since is not None:
        shown["BillingModeSummary"] = {
            "BillingMode": table.billing_mode,
            "LastUpdateToPayPerRequestDateTime": table.on_demand_since,
        }
    if table.capacity.on_demand:
        shown["OnDemandThroughput"] = dict(table.capacity.on_demand)
    if table.table_class != STANDARD or table.class_changed is not None:
        shown["TableClassSummary"] = _class(table)
    if table.status != "DELETING":
        shown.update(_indexes(world, table, now))
    if table.restored_from and table.running(Running.CREATE):
        shown["RestoreSummary"] = {**table.restored_from, "RestoreInProgress": True}
    shown.update(_stream(table))
    encryption = _encryption(table)
    if encryption:
        shown["SSEDescription"] = encryption
    return shown


def _attributes(world: World, table: Table) -> list[dict[str, str]]:
    if not world.settings.shuffle_attributes:
        return table.attributes
    return world.random.sample(table.attributes, len(table.attributes))


def _throughput(world: World, capacity: Capacity, now: float) -> Shown:
    shown: Shown = {
        "NumberOfDecreasesToday": _today(world, capacity.decreases, now),
        "ReadCapacityUnits": capacity.units.read,
        "WriteCapacityUnits": capacity.units.write,
    }
    if capacity.last_increase is not None:
        shown["LastIncreaseDateTime"] = capacity.last_increase
    if capacity.last_decrease is not None:
        shown["LastDecreaseDateTime"] = capacity.last_decrease
    return shown


def _today(world: World, decreases: Decreases, now: float) -> int:
    return decreases.today(now, world.windows())


def _warm(table: Table, capacity: Capacity, index: str) -> Shown:
    units: Units = capacity.warm
    status = "UPDATING" if table.running(Running.WARM, index=index) else "ACTIVE"
    return {"ReadUnitsPerSecond": units.read, "WriteUnitsPerSecond": units.write, "Status": status}


def _class(table: Table) -> Shown:
    shown: Shown = {"TableClass": table.table_class}
    if table.class_changed is not None:
        shown["LastUpdateDateTime"] = table.class_changed
    return shown


def _stream(table: Table) -> Shown:
    shown: Shown = {}
    if table.stream_view:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream_view}
    if table.stream_label:
        shown["LatestStreamLabel"] = table.stream_label
        shown["LatestStreamArn"] = f"{table.arn}/stream/{table.stream_label}"
    return shown


def _encryption(table: Table) -> Shown:
    changing = bool(table.running(Running.ENCRYPTION))
    if table.key_arn:
        return {"Status": "UPDATING" if changing else "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": table.key_arn}
    return {"Status": "UPDATING"} if changing else {}


def _indexes(world: World, table: Table, now: float) -> Shown:
    shown: Shown = {}
    if table.local_indexes:
        shown["LocalSecondaryIndexes"] = [_index(table, each) for each in table.local_indexes]
    if table.indexes:
        shown["GlobalSecondaryIndexes"] = [_global_index(world, table, each, now) for each in table.indexes]
    return shown


def _index(table: Table, index: Index) -> Shown:
    return {
        "IndexName": index.name,
        "IndexArn": f"{table.arn}/index/{index.name}",
        "KeySchema": index.key_schema,
        "Projection": index.projection,
        "IndexSizeBytes": 0,
        "ItemCount": table.items,
    }


def _global_index(world: World, table: Table, index: Index, now: float) -> Shown:
    shown = {
        **_index(table, index),
        "IndexStatus": table.index_status(index.name),
        "ProvisionedThroughput": _throughput(world, index.capacity, now),
        "WarmThroughput": _warm(table, index.capacity, index.name),
    }
    if table.running(Running.ALLOCATION, Running.BACKFILL, index=index.name):
        shown["Backfilling"] = bool(table.running(Running.BACKFILL, index=index.name))
    if index.capacity.on_demand:
        shown["OnDemandThroughput"] = dict(index.capacity.on_demand)
    return shown
