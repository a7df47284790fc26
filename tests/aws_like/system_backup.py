# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup keeps of its table, and the backup that AWS makes of a deleted table with point-in-time recovery."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from .profiles import DAY
from .table_state import Capacity, Index, Table
from .world import Backup, Kept, Region, World

KEPT_DAYS = 35


def source(table: Table) -> dict[str, Any]:
    units = table.capacity.units
    return {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        "TableSizeBytes": 0,
        "KeySchema": table.key_schema,
        "TableCreationDateTime": table.created,
        "ProvisionedThroughput": {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write},
        "ItemCount": table.items,
        "BillingMode": table.billing_mode,
    }


def features(table: Table) -> dict[str, Any]:
    """Of the settings that are not restored, what they were."""
    kept: dict[str, Any] = {}
    if table.indexes:
        kept["GlobalSecondaryIndexes"] = [
            {"IndexName": each.name, "KeySchema": each.key_schema, "Projection": each.projection}
            for each in table.indexes
        ]
    if table.local_indexes:
        kept["LocalSecondaryIndexes"] = [
            {"IndexName": each.name, "KeySchema": each.key_schema, "Projection": each.projection}
            for each in table.local_indexes
        ]
    if table.stream_view:
        kept["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": table.stream_view}
    if table.ttl.attribute:
        kept["TimeToLiveDescription"] = {"TimeToLiveStatus": table.ttl.status, "AttributeName": table.ttl.attribute}
    if table.key_arn:
        kept["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": table.key_arn}
    return kept


def kept(world: World, region: Region, table: Table) -> Kept:
    """All of a table that a restore brings back."""
    body: dict[str, Any] = {
        "KeySchema": table.key_schema,
        "AttributeDefinitions": table.attributes,
        "BillingMode": table.billing_mode,
        **_sized(table.capacity),
    }
    if table.indexes:
        body["GlobalSecondaryIndexes"] = [{**_shape(each), **_sized(each.capacity)} for each in table.indexes]
    if table.local_indexes:
        body["LocalSecondaryIndexes"] = [_shape(each) for each in table.local_indexes]
    items = world.store.items(region.account, region.name, table.name)
    return Kept(copy.deepcopy(body), table.key_arn, copy.deepcopy(items))


def _shape(index: Index) -> dict[str, Any]:
    return {"IndexName": index.name, "KeySchema": index.key_schema, "Projection": index.projection}


def _sized(capacity: Capacity) -> dict[str, Any]:
    sized: dict[str, Any] = {}
    if capacity.units.read or capacity.units.write:
        sized["ProvisionedThroughput"] = {
            "ReadCapacityUnits": capacity.units.read,
            "WriteCapacityUnits": capacity.units.write,
        }
    if capacity.on_demand:
        sized["OnDemandThroughput"] = dict(capacity.on_demand)
    return sized


def keep_deleted(world: World, region: Region, table: Table, now: float) -> None:
    """The table is gone; its last state is kept for 35 days, and nobody can delete that."""
    if table.recovery.since is None:
        return

    def appear(due: float) -> None:
        arn = f"{table.arn}/backup/{int(due * 1000):014d}-{uuid.uuid4().hex[:8]}"
        name = f"{table.name}$DeletedTableBackup"
        expires = due + KEPT_DAYS * DAY
        backup = Backup(arn, name, "SYSTEM", due, source(table), features(table), "AVAILABLE", expires, table.last)
        region.backups.append(backup)

    world.schedule(now + world.duration("system_backup"), appear)
