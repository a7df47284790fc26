# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CreateTable, DeleteTable, DescribeTable, ListTables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import inflight, limits
from .capacity_limits import check_account_capacity
from .create_rules import check_create
from .describe import table_description
from .errors import INVALID, ServiceError, being_created, being_deleted, table_missing, validation
from .errors import iso as moment
from .inflight import Change, Wanted
from .keys import key_arn
from .names import find, table_name
from .policy import check_document
from .shapes import NULL
from .system_backup import keep_deleted, kept
from .table_state import (
    ON_DEMAND_WARM,
    PAY_PER_REQUEST,
    PROVISIONED,
    STANDARD,
    Capacity,
    Index,
    Lagged,
    Running,
    Table,
    Units,
)
from .tags import check_tags
from .world import Body, Call

NOT_REPRODUCED = ("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "VectorIndexes")
PAGE = 100


def create_table(call: Call) -> Body:
    body, region = call.body, call.region
    for member in NOT_REPRODUCED:
        if member in body:
            raise validation(f"{INVALID}{member} is not reproduced here")
    if "KeySchema" not in body:
        # The API model leaves it out for replicas of other accounts only.
        raise validation(f"1 validation error detected: {NULL.format(field='keySchema')}")
    name = table_name(region, body["TableName"])
    check_create(body)
    tags = check_tags(body.get("Tags") or [])
    document = check_document(body["ResourcePolicy"]) if body.get("ResourcePolicy") else None
    existing = region.tables.get(name)
    if existing:
        raise being_created(name) if existing.running(Running.CREATE) else table_exists(name)
    indexed = bool(body.get("GlobalSecondaryIndexes") or body.get("LocalSecondaryIndexes"))
    limits.check_create(list(region.tables.values()), indexed, call.world.settings)
    table = new_table(call, name)
    check_account_capacity(call, table.capacity.units, [index.capacity.units for index in table.indexes])
    table.tags = Lagged(tags)
    if document:
        table.policy = Lagged(replace(document, revision=str(int(call.now * 1000))))
        table.policy_changed = call.now
    region.limits.take_mutation(call.world.settings, call.now)
    call.world.store.create(region.account, region.name, table)
    region.tables[name] = table
    come_into_being(call, table, call.world.duration("create_indexed" if indexed else "create_plain"))
    return {"TableDescription": _as_answered(call, table)}


def table_exists(name: str) -> ServiceError:
    return ServiceError("ResourceInUseException", f"Table already exists: {name}")


def _as_answered(call: Call, table: Table) -> Body:
    """The answer to CreateTable does not show the warm throughput of provisioned capacity yet."""
    shown = table_description(call.world, table, call.now)
    if table.provisioned:
        del shown["WarmThroughput"]
        for index in shown.get("GlobalSecondaryIndexes", []):
            del index["WarmThroughput"]
    return shown


def come_into_being(call: Call, table: Table, seconds: float) -> None:
    """The table is CREATING for so long."""
    world, now = call.world, call.now
    table.described_from = now + world.duration("describe_after_create")
    table.visible_from = now + min(seconds, world.duration("hidden_after_create"))
    table.tags_from = now + max(0.0, seconds - world.duration("tags_before_active"))
    table.backups_from = now + seconds + world.duration("backups_after_active")
    table.items_counted = now
    world.start(table, Running.CREATE, seconds)


def new_table(call: Call, name: str) -> Table:
    """The table that a body describes, known to nobody yet."""
    body = call.body
    mode = body.get("BillingMode") or PROVISIONED
    stream = body.get("StreamSpecification") or {}
    on_demand = mode == PAY_PER_REQUEST
    table_class = body.get("TableClass") or STANDARD
    return Table(
        name=name,
        arn=call.region.table_arn(name),
        created=call.now,
        key_schema=body["KeySchema"],
        attributes=body["AttributeDefinitions"],
        capacity=new_capacity(body, mode),
        billing_mode=mode,
        on_demand_since=call.now if on_demand else None,
        local_indexes=[Index(each["IndexName"], each["KeySchema"], each["Projection"]) for each in _local(body)],
        indexes=[new_index(each, mode) for each in body.get("GlobalSecondaryIndexes") or []],
        table_class=table_class,
        key_arn=key_arn(call, body.get("SSESpecification") or {}),
        stream_view=stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        stream_label=moment(call.now) if stream.get("StreamEnabled") else None,
        deletion_protection=bool(body.get("DeletionProtectionEnabled")),
    )


def _local(body: Body) -> list[dict[str, Any]]:
    return body.get("LocalSecondaryIndexes") or []


def new_index(given: Mapping[str, Any], mode: str) -> Index:
    return Index(given["IndexName"], given["KeySchema"], given["Projection"], new_capacity(given, mode))


def new_capacity(given: Mapping[str, Any], mode: str) -> Capacity:
    units = Units.of(given.get("ProvisionedThroughput"))
    floor = ON_DEMAND_WARM if mode == PAY_PER_REQUEST else units
    warm = given.get("WarmThroughput") or {}
    wanted = Units(warm.get("ReadUnitsPerSecond") or 0, warm.get("WriteUnitsPerSecond") or 0)
    return Capacity(units, dict(given.get("OnDemandThroughput") or {}), floor.highest(wanted))


def delete_table(call: Call) -> Body:
    world, region = call.world, call.region
    table = find(call)
    if table.running(Running.DELETE):
        if world.settings.accepts_delete_again:
            return {"TableDescription": table_description(world, table, call.now)}
        raise being_deleted(table.name)
    inflight.check(table, [Wanted(Change.TABLE_DELETE)])
    if table.deletion_protection:
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection "
            "first."
        )
    limits.check_changing(list(region.tables.values()), world.settings)
    region.limits.take_mutation(world.settings, call.now)
    table.forgotten_from = call.now + world.duration("blind_after_delete")
    if table.recovery.since is not None:
        table.last = kept(world, region, table)
    world.store.delete(region.account, region.name, table.name)

    def gone(due: float) -> None:
        if region.tables.get(table.name) is table:
            del region.tables[table.name]
        keep_deleted(world, region, table, due)

    world.start(table, Running.DELETE, world.duration("delete"), gone)
    return {"TableDescription": table_description(world, table, call.now)}


def describe_table(call: Call) -> Body:
    table = find(call)
    if call.now < table.described_from:
        raise table_missing(table.name)
    if call.now >= table.items_counted + call.world.fixed("item_count_refresh"):
        table.items = call.world.store.count(call.region.account, call.region.name, table.name)
        table.items_counted = call.now
    return {"Table": table_description(call.world, table, call.now)}


def list_tables(call: Call) -> Body:
    after = call.body.get("ExclusiveStartTableName") or ""
    names = sorted(name for name in call.region.tables if name > after)
    page = names[: call.body.get("Limit") or PAGE]
    return {"TableNames": page, **({"LastEvaluatedTableName": page[-1]} if len(names) > len(page) else {})}
