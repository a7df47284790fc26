# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may not be changed while something else is going on: one table of data, and the function that looks it up.

Each pair of what is running and what is asked for is either here with its refusal, or admitted. Sources: "measured", or
the phases of "Managing Global Secondary Indexes" in the DynamoDB Developer Guide. Pairs nobody measured are refused
where the table is UPDATING, as the UpdateTable API reference says, and say so (`assumed`); they are admitted else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .errors import ServiceError, being_created, being_deleted, in_use, internal, limit
from .table_state import UPDATING, Operation, Running, Table


class Change(StrEnum):
    """What a call wants to change."""

    IOPS = "table IOPS"
    STREAM = "stream"
    CLASS = "table class"
    ENCRYPTION = "encryption"
    PROTECTION = "deletion protection"
    ON_DEMAND = "on-demand throughput"
    WARM = "warm throughput"
    INDEX_CREATE = "index create"
    INDEX_DELETE = "index delete"
    INDEX_UPDATE = "index update"
    TABLE_DELETE = "table delete"


@dataclass(frozen=True)
class Wanted:
    """A change, and the index it is about."""

    change: Change
    index: str = ""


@dataclass(frozen=True)
class Refusal:
    """A text with its gaps; whose: of which index it speaks (same, other, any)."""

    text: str
    whose: str = "any"
    code: str = "in_use"
    assumed: bool = False


CODES: dict[str, Callable[[str], ServiceError]] = {"in_use": in_use, "limit": limit, "internal": internal}
ONE_INDEX = "Only 1 online index can be created or deleted simultaneously per table"
UPDATED = "Table: {table} is in the process of being updated."
INDEXES = "Cannot delete table while indexes are being created, updated, or deleted."
IOPS = "Table IOPS are currently being updated. Table: {table}"
STREAM = "when stream status is being updated. Table: {table} Stream: {label} Operation: {action}"
CLASS = "when a table class update is in progress. Table: {table} TableClassUpdateInProgress: {action}"
CREATED = "when an index is being created. Table: {table} Indexes: [{index}]"
DELETED = "when an index is being deleted. Table: {table} Indexes: [{index}]"
INDEX_DELETED = "Index is being deleted. Table: {table} Index: {index}"
ALLOCATING = (
    "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index is "
    "active. Table: {table} Index: {index}"
)
NOT_BACKFILLING = "Index is being created but is not backfilling yet.  Table: {table} Index: {index}"
SAME_CREATED = Refusal("Index is being created.  Table: {table} Index: {index}", "same")
ON_DEMAND = "OnDemandThroughput cannot be updated while "
MAINTENANCE = "Table is under system maintenance, please try again later"
ONE_AT_A_TIME = Refusal(ONE_INDEX, "other", code="limit")

MATRIX: dict[tuple[Running, Change], tuple[Refusal, ...]] = {
    # Throughput or billing mode of the table.
    (Running.IOPS, Change.IOPS): (Refusal(IOPS),),
    (Running.IOPS, Change.STREAM): (
        Refusal("Can't enable or disable stream while table IOPS are being updated. Table: {table}"),
    ),
    (Running.IOPS, Change.INDEX_CREATE): (
        Refusal("Can't create or delete indexes while table IOPS are being updated"),
    ),
    (Running.IOPS, Change.INDEX_DELETE): (
        Refusal("Can't create or delete indexes while table IOPS are being updated"),
    ),
    (Running.IOPS, Change.ON_DEMAND): (Refusal(ON_DEMAND + "BillingMode update is in progress"),),
    (Running.IOPS, Change.CLASS): (
        Refusal("Can't update table class while table IOPS are being updated. Table: {table}", assumed=True),
    ),
    (Running.IOPS, Change.INDEX_UPDATE): (Refusal(IOPS, assumed=True),),
    (Running.IOPS, Change.WARM): (Refusal(IOPS, assumed=True),),
    (Running.IOPS, Change.TABLE_DELETE): (Refusal(UPDATED),),
    # Stream enabled or disabled.
    (Running.STREAM, Change.IOPS): (Refusal("Can't change table IOPS " + STREAM),),
    (Running.STREAM, Change.CLASS): (Refusal("Can't update table class " + STREAM),),
    (Running.STREAM, Change.INDEX_CREATE): (Refusal("Can't create or delete indexes " + STREAM),),
    (Running.STREAM, Change.INDEX_DELETE): (Refusal("Can't create or delete indexes " + STREAM),),
    (Running.STREAM, Change.INDEX_UPDATE): (Refusal("Can't update indexes " + STREAM, assumed=True),),
    (Running.STREAM, Change.ON_DEMAND): (Refusal(ON_DEMAND + "stream status update is in progress"),),
    (Running.STREAM, Change.STREAM): (
        Refusal("A stream status change is currently in progress. Table: {table} Stream: {label} Operation: {action}"),
    ),
    (Running.STREAM, Change.TABLE_DELETE): (Refusal("Cannot delete table while stream is being enabled/disabled."),),
    # Table class.
    (Running.CLASS, Change.CLASS): (Refusal("Can't update table class " + CLASS),),
    (Running.CLASS, Change.STREAM): (Refusal("Can't change stream status " + CLASS),),
    (Running.CLASS, Change.INDEX_CREATE): (Refusal("Can't create or delete indexes " + CLASS),),
    (Running.CLASS, Change.INDEX_DELETE): (Refusal("Can't create or delete indexes " + CLASS),),
    (Running.CLASS, Change.ON_DEMAND): (
        Refusal(ON_DEMAND + "TableClass update is in progress. TableClassUpdateInProgress: {action}"),
    ),
    (Running.CLASS, Change.IOPS): (Refusal("Can't change table IOPS " + CLASS, assumed=True),),
    (Running.CLASS, Change.INDEX_UPDATE): (Refusal("Can't update indexes " + CLASS, assumed=True),),
    (Running.CLASS, Change.WARM): (Refusal("Can't update WarmThroughput " + CLASS, assumed=True),),
    (Running.CLASS, Change.TABLE_DELETE): (Refusal(UPDATED, assumed=True),),
    # Encryption; the table is ACTIVE meanwhile.
    (Running.ENCRYPTION, Change.ENCRYPTION): (Refusal("Server-Side Encryption is still being updated"),),
    (Running.ENCRYPTION, Change.TABLE_DELETE): (Refusal(UPDATED),),
    # An index gets its resources; the table is UPDATING.
    (Running.ALLOCATION, Change.IOPS): (Refusal("Can't change table IOPS " + CREATED),),
    (Running.ALLOCATION, Change.STREAM): (Refusal("Can't change stream status " + CREATED),),
    (Running.ALLOCATION, Change.CLASS): (Refusal("Can't update table class " + CREATED, assumed=True),),
    (Running.ALLOCATION, Change.ON_DEMAND): (Refusal(ON_DEMAND + "index creation is in progress", assumed=True),),
    (Running.ALLOCATION, Change.INDEX_CREATE): (ONE_AT_A_TIME, SAME_CREATED),
    (Running.ALLOCATION, Change.INDEX_DELETE): (ONE_AT_A_TIME, Refusal(ALLOCATING, "same")),
    (Running.ALLOCATION, Change.INDEX_UPDATE): (Refusal(NOT_BACKFILLING, "same"),),
    (Running.ALLOCATION, Change.WARM): (Refusal(MAINTENANCE, code="internal"),),
    (Running.ALLOCATION, Change.TABLE_DELETE): (Refusal(INDEXES),),
    # The index is being filled; the table is ACTIVE.
    (Running.BACKFILL, Change.INDEX_CREATE): (ONE_AT_A_TIME, SAME_CREATED),
    (Running.BACKFILL, Change.INDEX_DELETE): (ONE_AT_A_TIME,),
    (Running.BACKFILL, Change.TABLE_DELETE): (Refusal(INDEXES),),
    # An index goes; the table is UPDATING.
    (Running.INDEX_DELETE, Change.IOPS): (Refusal("Can't change table IOPS " + DELETED),),
    (Running.INDEX_DELETE, Change.STREAM): (Refusal("Can't change stream status " + DELETED, assumed=True),),
    (Running.INDEX_DELETE, Change.CLASS): (Refusal("Can't update table class " + DELETED, assumed=True),),
    (Running.INDEX_DELETE, Change.ON_DEMAND): (Refusal(ON_DEMAND + "index deletion is in progress"),),
    (Running.INDEX_DELETE, Change.INDEX_CREATE): (ONE_AT_A_TIME, Refusal(INDEX_DELETED, "same")),
    (Running.INDEX_DELETE, Change.INDEX_DELETE): (ONE_AT_A_TIME, Refusal(INDEX_DELETED, "same")),
    (Running.INDEX_DELETE, Change.INDEX_UPDATE): (Refusal(INDEX_DELETED, "same"),),
    (Running.INDEX_DELETE, Change.WARM): (Refusal(UPDATED, assumed=True),),
    (Running.INDEX_DELETE, Change.TABLE_DELETE): (Refusal(INDEXES),),
    # Throughput of an index; the table is ACTIVE.
    (Running.INDEX_UPDATE, Change.INDEX_UPDATE): (
        Refusal("Index is being updated. Table: {table} Index: {index}", "same"),
    ),
    (Running.INDEX_UPDATE, Change.INDEX_DELETE): (
        Refusal("Index is being updated. Table: {table} Index: {index}", "same"),
    ),
    (Running.INDEX_UPDATE, Change.TABLE_DELETE): (Refusal(INDEXES),),
    # What only stands in the way of deleting the table.
    (Running.WARM, Change.TABLE_DELETE): (Refusal(UPDATED),),
    (Running.TAGS, Change.TABLE_DELETE): (Refusal("Table tags are being updated: {table}"),),
    (Running.POLICY, Change.TABLE_DELETE): (Refusal("Table: {table} has a pending resource-based policy update."),),
}

# What was measured as admitted although the table is UPDATING.
ADMITTED_WHILE_UPDATING = frozenset(
    (running, change) for running in UPDATING for change in (Change.PROTECTION, Change.ENCRYPTION)
) | {(Running.STREAM, Change.WARM)}


def check(table: Table, wanted: list[Wanted], *, refuse_while_updating: bool = False) -> None:
    """Raise the refusal of the first wanted change that something running stands in the way of."""
    if table.running(Running.CREATE):
        raise being_created(table.name)
    if table.running(Running.DELETE):
        raise being_deleted(table.name)
    for each in wanted:
        for operation in table.operations:
            for refusal in MATRIX.get((operation.running, each.change), ()):
                if _concerns(refusal, operation, each):
                    raise _error(refusal, table, operation)
    if refuse_while_updating and wanted and table.status == "UPDATING":
        raise in_use(UPDATED.format(table=table.name))


def _concerns(refusal: Refusal, operation: Operation, wanted: Wanted) -> bool:
    same = operation.index == wanted.index
    return refusal.whose == "any" or (refusal.whose == "same") == same


def _error(refusal: Refusal, table: Table, operation: Operation) -> ServiceError:
    return CODES[refusal.code](
        refusal.text.format(table=table.name, index=operation.index, label=operation.label, action=operation.action)
    )
