# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS refuses in a CreateTable or UpdateTable request before it looks at the table's state (measured texts)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from botocore.exceptions import ClientError

Request = Mapping[str, Any]

PPR, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
ON_DEMAND_FLOOR = (12000, 4000)
INVALID = "One or more parameter values were invalid: "


def refuse(code: str, text: str) -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": text}}, "")


def invalid(text: str) -> NoReturn:
    refuse("ValidationException", INVALID + text)


def names_in(schema: Iterable[Mapping[str, str]]) -> list[str]:
    return [element["AttributeName"] for element in schema]


def units(throughput: Mapping[str, int]) -> tuple[int, int]:
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


# CreateTable


def check_create(request: Request) -> None:
    mode = request.get("BillingMode", PROVISIONED)
    _check_schema(request["KeySchema"], 1)
    _check_mode(request, mode, "table")
    _check_indexes(request, mode)
    _check_definitions(request)
    stream = request.get("StreamSpecification", {})
    if stream.get("StreamEnabled") and "StreamViewType" not in stream:
        invalid("Table is being created with a stream enabled, UpdateViewType is required")
    _check_encryption(request.get("SSESpecification", {}))


def _check_encryption(sse: Request) -> None:
    if not sse.get("Enabled", True) and set(sse) != {"Enabled"}:
        invalid("SSEType can not be specified if Enabled is false")
    if "KMSMasterKeyId" in sse and sse.get("SSEType") != "KMS":
        invalid("SSEType KMS is required if KMSMasterKeyId is specified")


def _check_schema(schema: list[dict[str, str]], most: int) -> None:
    roles = [element["KeyType"] for element in schema]
    if roles != sorted(roles):
        invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for role in ("HASH", "RANGE"):
        if roles.count(role) > most:
            invalid(f"The KeySchema exceeds the maximum allowed number of {role} key attributes")
    if "HASH" not in roles:
        refuse("ValidationException", "Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(set(names_in(schema))) < len(schema):
        invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")


def _check_mode(holder: Request, mode: str, what: str) -> None:
    """Throughput of all three kinds, of a table or of an index that is being created."""
    throughput = holder.get("ProvisionedThroughput")
    if mode == PROVISIONED and throughput is None:
        text = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        invalid(text if what == "table" else f"ProvisionedThroughput is not specified for index: {what}")
    if mode == PPR and throughput is not None:
        text = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        forbidden = (
            f"ProvisionedThroughput should not be specified for index: {what} when BillingMode is PAY_PER_REQUEST"
        )
        invalid(text if what == "table" else forbidden)
    limits = holder.get("OnDemandThroughput")
    if limits is not None and mode == PROVISIONED:
        invalid(
            f"MaxReadRequestUnits for OnDemandThroughput cannot be specified when {what} BillingMode is PROVISIONED."
        )
    if limits is not None and (not limits or any(limit < 1 for limit in limits.values())):
        invalid(f"Requested MaxReadRequestUnits for OnDemandThroughput for {what} is outside of valid range")
    floor = units(throughput) if throughput else ON_DEMAND_FLOOR
    check_warm(holder.get("WarmThroughput"), floor, f"lower than initial throughput, {what}")


def check_warm(warm: Mapping[str, int] | None, floor: tuple[int, int], text: str) -> None:
    if warm is None:
        return
    if not warm:
        refuse("InternalFailure", "")
    read, write = warm.get("ReadUnitsPerSecond", floor[0]), warm.get("WriteUnitsPerSecond", floor[1])
    if read < floor[0] or write < floor[1]:
        invalid(f"Requested ReadUnitsPerSecond for WarmThroughput for {text}")


def _check_indexes(request: Request, mode: str) -> None:
    for kind, most in (("GlobalSecondaryIndexes", 20), ("LocalSecondaryIndexes", 5)):
        if kind in request and not request[kind]:
            invalid(f"List of {kind} is empty")
        if len(request.get(kind, ())) > most:
            invalid(f"{kind} count exceeds the per-table limit of {most}")
    local, indexes = request.get("LocalSecondaryIndexes", ()), request.get("GlobalSecondaryIndexes", ())
    names = [index["IndexName"] for index in (*local, *indexes)]
    if len(set(names)) < len(names):
        invalid("Duplicate index name: " + max(names, key=names.count))
    for index in local:
        _check_local(index, request["KeySchema"])
    for index in indexes:
        check_global(index, mode)


def _check_local(index: Request, table_schema: list[dict[str, str]]) -> None:
    if len(table_schema) < 2:
        invalid("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
    _check_schema(index["KeySchema"], 1)
    if index["KeySchema"][0] != table_schema[0]:
        invalid("Index KeySchema does not have the same leading hash key as table KeySchema for index")
    if len(index["KeySchema"]) < 2:
        invalid(f"Index KeySchema does not have a range key for index: {index['IndexName']}")
    _check_projection(index["Projection"])


def check_global(index: Request, mode: str) -> None:
    _check_schema(index["KeySchema"], 4)
    _check_projection(index["Projection"])
    _check_mode(index, mode, index["IndexName"])


def _check_projection(projection: Request) -> None:
    if (projection["ProjectionType"] == "INCLUDE") != bool(projection.get("NonKeyAttributes")):
        invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified (or the converse)")


def _check_definitions(request: Request) -> None:
    defined = [definition["AttributeName"] for definition in request["AttributeDefinitions"]]
    schemas = [request["KeySchema"]]
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in request.get(kind, ())]
    used = {name for schema in schemas for name in names_in(schema)}
    if len(set(defined)) < len(defined):
        refuse("ValidationException", "Attribute Name is duplicated")
    if set(defined) - used:
        invalid(f"Some AttributeDefinitions are not used. AttributeDefinitions: {defined}, keys used: {sorted(used)}")
    if used - set(defined):
        invalid("Some index key attributes are not defined in AttributeDefinitions.")


# UpdateTable

ALONE = (
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    ("DeletionProtectionEnabled", "DeletionProtection modification must be the only operation in the request"),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
)
NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates is required"
)


def check_combination(request: Request) -> None:
    """Which fields may share a call; checked before anything else."""
    fields = set(request) - {"TableName", "AttributeDefinitions"}
    if not fields or (fields == {"GlobalSecondaryIndexUpdates"} and not request["GlobalSecondaryIndexUpdates"]):
        invalid(NOTHING)
    for field, text in ALONE:
        if field in fields and fields != {field}:
            invalid(text)
    if "OnDemandThroughput" in fields and fields - {"OnDemandThroughput", "BillingMode"}:
        invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    iops = "ProvisionedThroughput" in fields
    if "StreamSpecification" in fields and (iops or request.get("BillingMode") == PROVISIONED):
        invalid("You cannot modify stream status while updating table IOPS")
    _check_updates(request, iops)


def _check_updates(request: Request, iops: bool) -> None:
    updates = request.get("GlobalSecondaryIndexUpdates", ())
    actions = [action for update in updates for action in update]
    named = [content["IndexName"] for update in updates for content in update.values()]
    if any(len(update) != 1 for update in updates):
        invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
    if len(set(named)) < len(named):
        invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {named[0]}")
    structural = [action for action in actions if action in ("Create", "Delete")]
    if structural and iops:
        invalid("You cannot create or delete index while updating table IOPS")
    if structural and "StreamSpecification" in request:
        invalid("You cannot create or delete index while changing stream status")
    if len(structural) > 1:
        text = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        refuse("LimitExceededException", text)


def check_index_update(index: Mapping[str, Any], content: Request, mode: str) -> None:
    """One Update of GlobalSecondaryIndexUpdates, in the mode the table will have."""
    name = content["IndexName"]
    if mode == PPR and "ProvisionedThroughput" in content:
        text = f"The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
        invalid(text + "OnDemandThroughput, WarmThroughput")
    if mode == PROVISIONED and "OnDemandThroughput" in content:
        invalid(f"MaxReadRequestUnits for OnDemandThroughput cannot be specified for index: {name}")
    check_limits(content, name)
    warm = index["WarmThroughput"]
    floor = (warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"])
    check_warm(content.get("WarmThroughput"), floor, f"index {name} is lower than current WarmThroughput")
    throughput = content.get("ProvisionedThroughput")
    if throughput and units(throughput) == units(index["ProvisionedThroughput"]):
        unchanged(f"index {name}")


def check_limits(holder: Request, what: str) -> None:
    limits = holder.get("OnDemandThroughput")
    if limits is None:
        return
    if not limits:
        refuse("InternalFailure", "")
    if any(limit < 1 and limit != -1 for limit in limits.values()):
        invalid(f"Requested MaxReadRequestUnits for OnDemandThroughput for {what} is outside of valid range")


def unchanged(what: str) -> NoReturn:
    text = f"The provisioned throughput for the {what} will not change. The requested value equals the current value."
    refuse("ValidationException", text)
