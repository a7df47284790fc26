# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a table is not ready for its sub-resources: just created, being created, being deleted."""

from __future__ import annotations

from .errors import (
    ServiceError,
    arn_missing,
    backed_up_table_missing,
    being_created,
    being_deleted,
    in_use,
    table_missing,
    validation,
)
from .names import find, find_by_arn
from .table_state import Running, Table
from .world import Call


def hidden(table: Table, now: float) -> bool:
    """Whether every sub-resource API still says that there is no such table."""
    return bool(table.running(Running.CREATE)) and now < table.visible_from


def forgotten(table: Table, now: float) -> bool:
    """Whether the table is being deleted for so long that its sub-resources are gone."""
    return bool(table.running(Running.DELETE)) and now >= table.forgotten_from


def for_ttl_change(call: Call) -> Table:
    table = find(call)
    if hidden(table, call.now):
        raise table_missing(table.name)
    if table.running(Running.CREATE):
        raise in_use(f"Table {table.name} is being created")
    if forgotten(table, call.now):
        raise being_deleted(table.name)
    return table


def for_ttl_reading(call: Call) -> Table:
    table = find(call)
    if hidden(table, call.now):
        raise table_missing(table.name)
    if table.running(Running.CREATE) or forgotten(table, call.now):
        raise validation(
            f"Cannot describe time to live while table is in {table.status} state: "
            f"Current table state is {table.status}"
        )
    return table


def for_backups_reading(call: Call) -> Table:
    table = find(call, backed_up_table_missing)
    if hidden(table, call.now) or forgotten(table, call.now):
        raise backed_up_table_missing(table.name)
    return table


def for_backups_change(call: Call) -> Table:
    table = for_backups_reading(call)
    if call.now < table.backups_from:
        raise ServiceError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {table.name}. Please retry later",
        )
    return table


def for_tag_reading(call: Call) -> Table:
    table = find_by_arn(call)
    early = table.running(Running.CREATE) and call.now < table.tags_from
    if early or forgotten(table, call.now):
        raise arn_missing(call.body["ResourceArn"])
    return table


def for_tag_change(call: Call) -> Table:
    table = for_tag_reading(call)
    if table.running(Running.CREATE):
        raise being_created(table.name)
    if table.running(Running.DELETE):
        raise being_deleted(table.name)
    return table


def for_policy(call: Call) -> Table:
    table = find_by_arn(call, table_missing)
    if table.running(Running.CREATE) or forgotten(table, call.now):
        raise table_missing(table.name)
    return table


def for_policy_change(call: Call) -> Table:
    table = for_policy(call)
    if table.running(Running.DELETE):
        raise being_deleted(table.name)
    return table


def for_sub_resource(call: Call) -> Table:
    """Contributor insights and Kinesis destinations: as long as the table can be seen."""
    table = find(call)
    if hidden(table, call.now) or forgotten(table, call.now):
        raise table_missing(table.name)
    return table
