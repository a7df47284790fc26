# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live table with items, what is to become of it, and two definitions that agree in nothing but the key."""

from __future__ import annotations

from typing import Any

from tests.integration.auditflow import settings
from tests.integration.harness import Target

ORDERS = "Orders"
ITEMS = 25
FEW, MORE = {"read_capacity_units": 2, "write_capacity_units": 2}, {"read_capacity_units": 5, "write_capacity_units": 4}
ATTRIBUTES = {"id": "S", "customer": "S", "created": "N", "state": "S", "region": "S", "amount": "N", "day": "S"}
PERMISSIONS = {"purge_indexes": True, "purge_tags": True, "allow_index_rebuild": True}


def _index(name: str, partition: str, sort: str, projection: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "partition_key": partition, "sort_key": sort, "projection": projection, **more}


# Everything that can change on a live table changes: by-region goes, by-day is new, by-state gets another key,
# by-amount another projection.
CHANGED: dict[str, Any] = {
    "name": ORDERS,
    "attributes": ATTRIBUTES,
    "partition_key": "id",
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": MORE,
    "global_indexes": [
        _index("by-customer", "customer", "created", "ALL", provisioned_throughput=MORE),
        _index("by-state", "state", "day", "ALL", provisioned_throughput=MORE),
        _index("by-amount", "state", "amount", {"include": ["customer"]}, provisioned_throughput=MORE),
        _index("by-day", "day", "amount", "KEYS_ONLY", provisioned_throughput=MORE),
    ],
    "encryption": {"type": "KMS"},
    "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
    "ttl": {"attribute": "expires_at"},
    "pitr": {"recovery_period_days": 35},
    "deletion_protection": True,
    "table_class": "STANDARD_INFREQUENT_ACCESS",
    "tags": {"Project": "Shop", "Stage": "production"},
}

# The same table in other hands. Both bring what the other lacks and take what the other brings.
ONE: dict[str, Any] = {
    "name": ORDERS,
    "attributes": ATTRIBUTES,
    "partition_key": "id",
    "billing_mode": "PAY_PER_REQUEST",
    "global_indexes": [
        _index("by-customer", "customer", "created", "ALL"),
        _index("by-day", "day", "amount", "KEYS_ONLY"),
    ],
    "stream": {"view_type": "NEW_IMAGE"},
    "ttl": {"attribute": "expires_one"},
    "pitr": {"recovery_period_days": 7},
    "tags": {"Project": "Shop", "Owner": "one"},
}
OTHER: dict[str, Any] = {
    **ONE,
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": FEW,
    "global_indexes": [
        _index("by-customer", "customer", "amount", "ALL", provisioned_throughput=FEW),
        _index("by-state", "state", "created", "ALL", provisioned_throughput=FEW),
    ],
    "stream": {"view_type": "OLD_IMAGE"},
    "ttl": {"attribute": "expires_other"},
    "pitr": {"recovery_period_days": 20},
    "tags": {"Project": "Shop", "Owner": "other"},
}


def make(target: Target) -> None:
    """The live table, by plain calls."""
    client = target.client()
    used = ("id", "customer", "created", "state", "region", "amount")
    client.create_table(
        TableName=ORDERS,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": ATTRIBUTES[name]} for name in used],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            _described("by-customer", "ALL", "customer", "created"),
            _described("by-region", "KEYS_ONLY", "region"),
            _described("by-state", "ALL", "state", "created"),
            _described("by-amount", "ALL", "state", "amount"),
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": key, "Value": value} for key, value in {"Project": "Shop", "Stage": "old", "Old": "yes"}.items()],
    )


def fill(target: Target) -> None:
    """What takes effect only once the table is there, and the items."""
    client = target.client()
    client.update_time_to_live(TableName=ORDERS, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    client.update_continuous_backups(
        TableName=ORDERS,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    )
    put_items(target, ORDERS, "id")


def put_items(target: Target, table: str, key: str) -> None:
    """Items that have every attribute that is the key of an index."""
    values = {"customer": "c", "created": "7", "state": "OPEN", "region": "r", "amount": "9", "day": "2026-01-01"}
    common = {name: {ATTRIBUTES[name]: value} for name, value in values.items()}
    puts = [{"PutRequest": {"Item": {key: {"S": f"item-{number}"}, **common}}} for number in range(ITEMS)]
    target.client().batch_write_item(RequestItems={table: puts})


def _described(name: str, projection: str, *keys: str) -> dict[str, Any]:
    kinds = ("HASH", "RANGE")
    schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": projection}}


def everything(target: Target, table: str) -> dict[str, Any]:
    """Every setting, the throughput of the table and of each index, and how many items each of them has."""
    client = target.client()
    described = client.describe_table(TableName=table)["Table"]
    indexes = {index["IndexName"]: index for index in described.get("GlobalSecondaryIndexes", ())}
    found = settings(target, table)
    del found["types"]
    throughput = {name: _units(holder) for name, holder in {"": described, **indexes}.items()}
    counts = {name: client.scan(TableName=table, IndexName=name, Select="COUNT")["Count"] for name in indexes}
    items = client.scan(TableName=table, Select="COUNT")["Count"]
    return {**found, "throughput": throughput, "items": {"": items, **counts}}


def _units(holder: dict[str, Any]) -> tuple[int, int]:
    units = holder.get("ProvisionedThroughput", {})
    return units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)


def wanted(definition: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """What C(everything) must say of a table that is as its definition; key: the ARN of its KMS key."""
    throughput = definition.get("provisioned_throughput")
    units = (throughput["read_capacity_units"], throughput["write_capacity_units"]) if throughput else (0, 0)
    names = ["", *(index["name"] for index in definition["global_indexes"])]
    return {
        "status": "ACTIVE",
        "keys": (definition["partition_key"],),
        "indexes": {index["name"]: _shape(index) for index in definition["global_indexes"]},
        "billing": definition["billing_mode"],
        "encryption": key,
        "ttl": definition["ttl"]["attribute"],
        "pitr": definition["pitr"]["recovery_period_days"],
        "tags": definition["tags"],
        "protection": definition.get("deletion_protection", False),
        "stream": definition["stream"]["view_type"],
        "class": definition.get("table_class", "STANDARD"),
        "throughput": dict.fromkeys(names, units),
        "items": dict.fromkeys(names, ITEMS),
    }


def _shape(index: dict[str, Any]) -> tuple[str, ...]:
    projection = index["projection"]
    shown = projection if isinstance(projection, str) else f"INCLUDE {','.join(projection['include'])}"
    return index["partition_key"], index["sort_key"], shown, "ACTIVE"
