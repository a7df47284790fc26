# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS refuses of a table's definition, whatever tables there are. Pure; the texts were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import invalid, validation
from .table_state import ON_DEMAND_WARM, PAY_PER_REQUEST, PROVISIONED, STANDARD, Units
from .world import Body

INDEXES, LOCAL_INDEXES = 20, 5
KEY_PARTS = 4
PROJECTED_IN_ALL = 100
CLASSES = (STANDARD, "STANDARD_INFREQUENT_ACCESS")
WARM_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"
NO_UNITS = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
READ_WRITE = (("Read", "read"), ("Write", "write"))


def check_create(body: Body) -> None:
    mode = body.get("BillingMode") or PROVISIONED
    check_class(body.get("TableClass"))
    _check_table_capacity(body, mode)
    check_table_keys(body["KeySchema"])
    _check_duplicates(body.get("AttributeDefinitions") or [])
    _check_indexes(body, mode)
    _check_definitions(body)
    _check_stream(body.get("StreamSpecification") or {})
    check_encryption(body.get("SSESpecification") or {})


def check_class(table_class: str | None) -> None:
    if table_class is not None and table_class not in CLASSES:
        raise validation(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: "
            f"[{', '.join(CLASSES)}]."
        )


def check_encryption(sse: Mapping[str, Any]) -> None:
    if sse.get("Enabled") is False:
        for member in ("SSEType", "KMSMasterKeyId"):
            if member in sse:
                raise invalid(f"{member} can not be specified if Enabled is false")
    if sse.get("SSEType") == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if "KMSMasterKeyId" in sse and sse.get("SSEType") != "KMS":
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")


def _check_table_capacity(body: Body, mode: str) -> None:
    throughput = body.get("ProvisionedThroughput")
    if mode == PROVISIONED and throughput is None:
        raise invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    if mode == PAY_PER_REQUEST and throughput is not None:
        raise invalid(NO_UNITS)
    check_on_demand_limits(body.get("OnDemandThroughput"), mode, created=True)
    check_warm_floor(body.get("WarmThroughput"), mode, Units.of(throughput), "")


def check_on_demand_limits(limits: Mapping[str, int] | None, mode: str, *, created: bool, index: str = "") -> None:
    """-1 removes a limit, which makes no sense while a table is created."""
    whose = f"index : {index}" if index else "table"
    for member, name in (("MaxReadRequestUnits", "Read"), ("MaxWriteRequestUnits", "Write")):
        wanted = (limits or {}).get(member)
        if wanted is None:
            continue
        if mode == PROVISIONED:
            where = f"for index : {index} " if index else ""
            raise invalid(
                f"Max{name}RequestUnits for OnDemandThroughput {where}cannot be specified when table BillingMode is "
                "PROVISIONED."
            )
        if wanted < 1 and (created or wanted != -1):
            raise invalid(f"Requested {member} for OnDemandThroughput for {whose} is outside of valid range")


def check_warm_floor(warm: Mapping[str, int] | None, mode: str, units: Units, index: str) -> None:
    whose = f"index {index}" if index else "table"
    for name, side in READ_WRITE:
        wanted = (warm or {}).get(f"{name}UnitsPerSecond")
        if wanted is None:
            continue
        text = f"Requested {name}UnitsPerSecond for WarmThroughput for {whose} is lower than "
        if mode == PAY_PER_REQUEST and wanted < getattr(ON_DEMAND_WARM, side):
            raise invalid(f"{text}initial throughput for OnDemand. See: {WARM_GUIDE}")
        if mode == PROVISIONED and wanted < getattr(units, side):
            raise invalid(f"{text}{name}CapacityUnits of ProvisionedThroughput")


def _types(schema: Iterable[Mapping[str, str]]) -> list[str]:
    return [key["KeyType"] for key in schema]


def _names(schema: Iterable[Mapping[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in schema]


def check_table_keys(schema: Sequence[Mapping[str, str]]) -> None:
    """One HASH, then at most one RANGE: of a table and of a local index."""
    types = _types(schema)
    if types[0] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(types) > 1 and types[1] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if len(types) > 2:
        raise invalid("The KeySchema exceeds the maximum allowed number of RANGE key attributes")
    if len(set(_names(schema))) != len(schema):
        raise validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")


def check_index_keys(schema: Sequence[Mapping[str, str]]) -> None:
    """Up to four HASH and then up to four RANGE: of a global index."""
    types = _types(schema)
    if types[0] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if types != sorted(types):
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if types.count(kind) > KEY_PARTS:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")
    if len(set(_names(schema))) != len(schema):
        raise validation("The KeySchema contains multiple key attributes with the same name")


def _check_duplicates(definitions: Sequence[Mapping[str, str]]) -> None:
    seen: set[str] = set()
    for name in _names(definitions):
        if name in seen:
            raise validation(f"Attribute Name is duplicated: {name}")
        seen.add(name)


def _check_indexes(body: Body, mode: str) -> None:
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if body.get(member) == []:
            raise invalid(f"List of {member} is empty")
    global_indexes, local_indexes = body.get("GlobalSecondaryIndexes") or [], body.get("LocalSecondaryIndexes") or []
    if len(global_indexes) > INDEXES:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {INDEXES}")
    if len(local_indexes) > LOCAL_INDEXES:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES}")
    seen: set[str] = set()
    for index in [*global_indexes, *local_indexes]:
        if index["IndexName"] in seen:
            raise invalid(f"Duplicate index name: {index['IndexName']}")
        seen.add(index["IndexName"])
        check_projection(index["Projection"])
    check_projected([index["Projection"] for index in [*global_indexes, *local_indexes]])
    for index in local_indexes:
        _check_local_index(index, body["KeySchema"])
    for index in global_indexes:
        check_index_keys(index["KeySchema"])
        check_index_capacity(index, mode)


def check_projection(projection: Mapping[str, Any]) -> None:
    kind = projection.get("ProjectionType")
    attributes: list[str] = projection.get("NonKeyAttributes") or []
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and not attributes:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and attributes:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    for name in attributes:
        if attributes.count(name) > 1:
            raise invalid(f"Duplicate element in NonKeyAttributes: {name}")


def check_projected(projections: Iterable[Mapping[str, Any]]) -> None:
    projected = sum(len(each.get("NonKeyAttributes") or []) for each in projections)
    if projected > PROJECTED_IN_ALL:
        raise invalid(
            f"The total number of attributes projected into all of the table's secondary indexes is {projected}, "
            f"above the limit of {PROJECTED_IN_ALL}"
        )


def check_index_capacity(index: Mapping[str, Any], mode: str) -> None:
    name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
    if mode == PROVISIONED and throughput is None:
        raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    if mode == PAY_PER_REQUEST and throughput is not None:
        raise invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        )
    check_on_demand_limits(index.get("OnDemandThroughput"), mode, created=True, index=name)
    check_warm_floor(index.get("WarmThroughput"), mode, Units.of(throughput), name)


def _check_local_index(index: Mapping[str, Any], table_schema: Sequence[Mapping[str, str]]) -> None:
    name, schema = index["IndexName"], index["KeySchema"]
    if len(table_schema) < 2:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    check_table_keys(schema)
    wanted, given = table_schema[0]["AttributeName"], schema[0]["AttributeName"]
    if given != wanted:
        raise invalid(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {given}, table hash key: {wanted}"
        )
    if len(schema) < 2:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")


def _check_definitions(body: Body) -> None:
    """Each key attribute is defined, and each definition is a key's."""
    defined = _names(body.get("AttributeDefinitions") or [])
    indexes = [*(body.get("GlobalSecondaryIndexes") or []), *(body.get("LocalSecondaryIndexes") or [])]
    used = _names(body["KeySchema"])
    for index in indexes:
        used += _names(index["KeySchema"])
    used = list(dict.fromkeys(used))
    if not set(used).issubset(defined):
        raise invalid(
            f"Some index key attributes are not defined in AttributeDefinitions. Keys: [{', '.join(used)}], "
            f"AttributeDefinitions: [{', '.join(defined)}]"
        )
    if set(defined) == set(used):
        return
    if indexes:
        raise invalid(
            f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}], "
            f"keys used: [{', '.join(used)}]"
        )
    raise invalid(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
    )


def _check_stream(stream: Mapping[str, Any]) -> None:
    if stream.get("StreamEnabled") and "StreamViewType" not in stream:
        raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
    if stream.get("StreamEnabled") is False and "StreamViewType" in stream:
        raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
