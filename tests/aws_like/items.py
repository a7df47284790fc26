# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane: moto answers it, for tables and indexes that can be read and written."""

from __future__ import annotations

from .errors import ServiceError, validation
from .names import table_name
from .table_state import Running, Table
from .world import Body, Region, World

OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    }
)


def check_usable(world: World, region: Region, body: Body) -> None:
    """A table that is being created or deleted has no items for anybody."""
    with world.lock:
        world.settle()
        for name in _names(body):
            table = region.tables.get(table_name(region, name))
            if table is None or table.running(Running.CREATE, Running.DELETE):
                raise ServiceError("ResourceNotFoundException", "Requested resource not found")
            if table.status_override:
                raise validation(f"Table is in {table.status_override} state and cannot be read or written")
            _check_index(table, body.get("IndexName"))


def _check_index(table: Table, index: str | None) -> None:
    if index and table.running(Running.ALLOCATION, Running.BACKFILL, index=index):
        raise validation(f"Cannot read from backfilling global secondary index: {index}")


def _names(body: Body) -> list[str]:
    if "TableName" in body:
        return [body["TableName"]]
    return list(body.get("RequestItems") or {})
