# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto's DynamoDB gets so wrong that code which is right on AWS would look wrong on the emulator.

Only such gaps are closed here. AWS's timings, quotas and its refusals of unwise requests are not imitated.
Every correction replaces one function of moto and names what AWS does instead. `apply` refuses to start when one of
these functions is gone or takes other arguments: then moto has changed, and the correction must be looked at again.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import (
    DEFAULT_WARM_THROUGHPUT_RCU,
    DEFAULT_WARM_THROUGHPUT_WCU,
    GlobalSecondaryIndex,
    Table,
)
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.utils import RESERVED_ALIASES

from scripts.emulator import restores, transfers

Function = Callable[..., Any]
# A table or an index of moto with the attributes that the corrections add; moto's own types do not know them.
Corrected = Any
AWS_ALIASES = frozenset(RESERVED_ALIASES)
INVALID = "One or more parameter values were invalid: "
ON_DEMAND_WARM = {"ReadUnitsPerSecond": DEFAULT_WARM_THROUGHPUT_RCU, "WriteUnitsPerSecond": DEFAULT_WARM_THROUGHPUT_WCU}


class MotoChangedError(Exception):
    """moto is not the moto that these corrections were written for."""


# --- helpers ---------------------------------------------------------------------------------------------------------


def _existing_table(backend: DynamoDBBackend, name: str) -> Table:
    try:
        return backend.get_table(name)
    except ResourceNotFoundException:
        raise ResourceNotFoundException(table_name=name) from None


def _tagged_table(backend: DynamoDBBackend, arn: str) -> Table:
    for table in list(backend.tables.values()):
        if table.table_arn == arn:
            return table
    raise ResourceNotFoundException(f"Requested resource not found: ResourceArn: {arn} not found")


def _warm(current: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    """Warm throughput never sinks: each member is the highest it ever was."""
    known = [current, *more]
    highest = {member: max(each.get(member, 0) for each in known) for member in ON_DEMAND_WARM}
    return {**highest, "Status": "ACTIVE"}


def _warm_floor(throughput: dict[str, Any]) -> dict[str, Any]:
    """What a table or an index of this throughput is always warm for; a throughput of 0 means on demand."""
    if not throughput["ReadCapacityUnits"]:
        return ON_DEMAND_WARM
    return {
        "ReadUnitsPerSecond": throughput["ReadCapacityUnits"],
        "WriteUnitsPerSecond": throughput["WriteCapacityUnits"],
    }


def _limits(current: dict[str, int], change: dict[str, int]) -> dict[str, int]:
    """On-demand limits merge member by member; -1 removes a limit."""
    return {member: limit for member, limit in {**current, **change}.items() if limit != -1}


def _encryption(table: Table, wanted: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the table keeps of an SSESpecification: always a key's ARN, whatever name the key was given by."""
    if not wanted or not wanted.get("Enabled"):
        return None
    name = wanted.get("KMSMasterKeyId")
    if name is None:
        arn = table._get_default_encryption_key(table.account_id, table.region_name)
    else:
        arn = _key(kms_backends[table.account_id][table.region_name], name).arn
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn}


def _key(backend: KmsBackend, name: str) -> Key:
    alias = backend.get_alias_name(name)
    key_id = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else backend.get_key_id(alias)
    key = backend.keys.get(key_id or "")
    if key is None:
        error = "com.amazonaws.services.kms.model.NotFoundException"
        raise MockValidationException(f"KMS validation error: {error}: Key '{name}' does not exist")
    if not key.enabled:
        error = "com.amazonaws.services.kms.model.DisabledException"
        raise MockValidationException(f"KMS key disabled error: {error}: {key.arn} is disabled.")
    return key


def _used_attributes(table: Table, sent: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    known = {each["AttributeName"]: each for each in [*sent, *table.attr]}
    return [known[name] for name in dict.fromkeys(table.attribute_keys) if name in known]


def _check_index_updates(table: Table, updates: Sequence[dict[str, Any]], attributes: Sequence[dict[str, str]]) -> None:
    existing = {index.name for index in table.global_indexes}
    defined = {each["AttributeName"] for each in [*table.attr, *attributes]}
    for action, index in (pair for update in updates for pair in update.items()):
        name = index["IndexName"]
        if action != "Create":
            if name not in existing:
                raise ResourceNotFoundException(f"Requested resource not found: Index {name} for table {table.name}")
            continue
        if name in existing:
            raise MockValidationException(f"{INVALID}Attempting to create an index which already exists")
        if not defined.issuperset(key["AttributeName"] for key in index["KeySchema"]):
            raise MockValidationException(f"{INVALID}AttributeDefinitions is not specified for index: {name}")


# --- corrections: each makes the function that replaces `original` ---------------------------------------------------


def _table_init(original: Function) -> Function:
    """A table has an id, and moto knows no table class and no on-demand limits.

    Encryption shows the key's ARN where moto shows what was sent; warm throughput has both members where moto
    keeps only those sent.
    """

    def init(self: Corrected, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.table_id = str(uuid.uuid4())
        self.table_class = None
        self.on_demand_throughput = {}
        self.sse_specification = _encryption(self, self.sse_specification)
        self.warm_throughput = _warm(self.warm_throughput, _warm_floor(self.throughput))

    return init


def _table_describe(original: Function) -> Function:
    """moto leaves out what AWS shows: TableId, TableClassSummary, OnDemandThroughput."""

    def describe(self: Corrected, base_key: str = "TableDescription") -> dict[str, Any]:
        description: dict[str, Any] = original(self, base_key=base_key)
        shown = description[base_key]
        shown["TableId"] = self.table_id
        if self.table_class:
            shown["TableClassSummary"] = {"TableClass": self.table_class}
        if self.on_demand_throughput:
            shown["OnDemandThroughput"] = self.on_demand_throughput
        return description

    return describe


def _index_create(original: Function) -> Function:
    """moto ignores an index's OnDemandThroughput."""

    def create(dct: dict[str, Any], table_key_attrs: list[str]) -> Corrected:
        index: Corrected = original(dct, table_key_attrs)
        index.on_demand_throughput = _limits({}, dct.get("OnDemandThroughput", {}))
        index.warm_throughput = _warm(index.warm_throughput, _warm_floor(index.throughput))
        return index

    return create


def _index_update(original: Function) -> Function:
    """moto ignores OnDemandThroughput, and replaces WarmThroughput where AWS keeps the member that is not sent."""

    def update(self: Corrected, u: dict[str, Any]) -> None:
        warm = self.warm_throughput
        original(self, u)
        self.warm_throughput = _warm(warm, u.get("WarmThroughput", {}), _warm_floor(self.throughput))
        self.on_demand_throughput = _limits(self.on_demand_throughput, u.get("OnDemandThroughput", {}))

    return update


def _index_describe(original: Function) -> Function:
    def describe(self: Corrected) -> dict[str, Any]:
        description: dict[str, Any] = original(self)
        if self.on_demand_throughput:
            description["OnDemandThroughput"] = self.on_demand_throughput
        return description

    return describe


def _backend_update_table(original: Function) -> Function:
    """UpdateTable is checked before anything is changed; its parts add to the table where moto replaces.

    An unknown or already existing index is an error of the request (moto: HTTP 500). AttributeDefinitions are merged
    and pruned to those that a key uses (moto: replaced). On-demand tables show a throughput of 0 and
    are warm for 12000 reads and 4000 writes; provisioned ones have no on-demand limits.
    """

    def update_table(
        self: DynamoDBBackend,
        name: str,
        attr_definitions: list[dict[str, str]],
        global_index: list[dict[str, Any]],
        throughput: dict[str, Any],
        billing_mode: str,
        stream_spec: dict[str, Any],
        deletion_protection_enabled: bool | None,
        warm_throughput: dict[str, Any] | None,
    ) -> Corrected:
        table: Corrected = _existing_table(self, name)
        _check_index_updates(table, global_index or [], attr_definitions or [])
        warm = table.warm_throughput
        original(
            self, name, None, global_index, throughput, billing_mode, stream_spec, deletion_protection_enabled, None
        )
        table.attr = _used_attributes(table, attr_definitions or [])
        if billing_mode == "PAY_PER_REQUEST":
            for each in [table, *table.global_indexes]:
                each.throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
            for index in table.global_indexes:
                index.warm_throughput = _warm(index.warm_throughput, ON_DEMAND_WARM)
        elif billing_mode == "PROVISIONED":
            for each in [table, *table.global_indexes]:
                each.on_demand_throughput = {}
        table.throughput = {**table.throughput, "NumberOfDecreasesToday": 0}
        table.warm_throughput = _warm(warm, warm_throughput or {}, _warm_floor(table.throughput))
        return table

    return update_table


def _backend_update_streams(original: Function) -> Function:
    """moto refuses to enable a stream on every table that ever had one; AWS only while one is enabled."""

    def update_table_streams(self: DynamoDBBackend, table: Table, stream_specification: dict[str, Any]) -> None:
        enabled = bool(table.stream_specification and table.stream_specification.get("StreamEnabled"))
        wanted = bool(stream_specification.get("StreamEnabled"))
        if enabled and wanted:
            raise MockValidationException(f"{INVALID}Table already has an enabled stream: TableName: {table.name}")
        if not enabled and not wanted:
            raise MockValidationException(f"{INVALID}Table has no stream to disable: TableName: {table.name}")
        # What moto looks at before it refuses; a new label is given by the call itself.
        label, table.latest_stream_label = table.latest_stream_label, None
        original(self, table, stream_specification)
        table.latest_stream_label = table.latest_stream_label or label

    return update_table_streams


def _handler_create_table(original: Function) -> Function:
    """moto drops TableClass and OnDemandThroughput."""

    def create_table(self: DynamoHandler) -> ActionResult:
        original(self)
        table: Corrected = self.dynamodb_backend.get_table(self.body["TableName"])
        table.table_class = self.body.get("TableClass")
        table.on_demand_throughput = _limits({}, self.body.get("OnDemandThroughput", {}))
        return DynamoResult(table.describe())

    return create_table


def _handler_update_table(original: Function) -> Function:
    """moto ignores SSESpecification, TableClass and OnDemandThroughput."""

    def update_table(self: DynamoHandler) -> ActionResult:
        table: Corrected = _existing_table(self.dynamodb_backend, self.body["TableName"])
        wanted = self.body.get("SSESpecification")
        encryption = table.sse_specification if wanted is None else _encryption(table, wanted)
        original(self)
        table.sse_specification = encryption
        table.table_class = self.body.get("TableClass", table.table_class)
        table.on_demand_throughput = _limits(table.on_demand_throughput, self.body.get("OnDemandThroughput", {}))
        return DynamoResult(table.describe())

    return update_table


def _update_time_to_live(original: Function) -> Function:
    """AWS forgets the attribute when TTL is disabled; moto keeps it, and has an error code of its own for no table."""

    def update_time_to_live(self: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]) -> None:
        table: Corrected = _existing_table(self, table_name)
        original(self, table_name, ttl_spec)
        if not ttl_spec["Enabled"]:
            table.ttl.pop("AttributeName", None)

    return update_time_to_live


def _describe_time_to_live(original: Function) -> Function:
    def describe_time_to_live(self: DynamoDBBackend, table_name: str) -> dict[str, Any]:
        _existing_table(self, table_name)
        description: dict[str, Any] = original(self, table_name)
        return description

    return describe_time_to_live


def _tag_resource(original: Function) -> Function:
    """moto appends a second tag of the same key; AWS replaces its value. No such table is an error, not a success."""

    def tag_resource(self: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
        table = _tagged_table(self, arn)
        table.tags = [tag for tag in table.tags if tag["Key"] not in tags]
        original(self, arn, tags)

    return tag_resource


def _untag_resource(original: Function) -> Function:
    def untag_resource(self: DynamoDBBackend, arn: str, tag_keys: list[str]) -> None:
        _tagged_table(self, arn)
        original(self, arn, tag_keys)

    return untag_resource


def _key_to_dict(original: Function) -> Function:
    """AWS's own keys say so (KeyManager AWS); moto calls every key a customer's."""

    def to_dict(self: Key) -> dict[str, Any]:
        shown: dict[str, Any] = original(self)
        if not AWS_ALIASES.isdisjoint(self.aliases):
            shown["KeyMetadata"]["KeyManager"] = "AWS"
        return shown

    return to_dict


CORRECTIONS: tuple[tuple[type, str, Callable[[Function], Function]], ...] = (
    (Table, "__init__", _table_init),
    (Table, "describe", _table_describe),
    (GlobalSecondaryIndex, "create", _index_create),
    (GlobalSecondaryIndex, "update", _index_update),
    (GlobalSecondaryIndex, "describe", _index_describe),
    (DynamoDBBackend, "update_table", _backend_update_table),
    (DynamoDBBackend, "update_table_streams", _backend_update_streams),
    (DynamoDBBackend, "update_time_to_live", _update_time_to_live),
    (DynamoDBBackend, "describe_time_to_live", _describe_time_to_live),
    (DynamoDBBackend, "tag_resource", _tag_resource),
    (DynamoDBBackend, "untag_resource", _untag_resource),
    (DynamoHandler, "create_table", _handler_create_table),
    (DynamoHandler, "update_table", _handler_update_table),
    (Key, "to_dict", _key_to_dict),
)


def apply(assign: Callable[[type, str, Any], None] = setattr) -> None:
    """Put every correction in place, or none: the checks come first."""
    corrections = (*CORRECTIONS, *restores.CORRECTIONS, *transfers.CORRECTIONS)
    replacements = [(owner, name, _replacement(owner, name, correct)) for owner, name, correct in corrections]
    for owner, name, addition in transfers.ADDITIONS:
        if hasattr(owner, name):
            raise MotoChangedError(f"moto has a {owner.__name__}.{name} of its own; scripts/emulator must follow")
        replacements.append((owner, name, addition))
    for owner, name, replacement in replacements:
        assign(owner, name, replacement)


def _replacement(owner: type, name: str, correct: Callable[[Function], Function]) -> Any:
    where = f"{owner.__module__}.{owner.__name__}.{name}"
    if name not in vars(owner):
        raise MotoChangedError(f"moto has no {where} any more; scripts/emulator/corrections.py must follow")
    is_static = isinstance(vars(owner)[name], staticmethod)
    original = getattr(owner, name)
    replacement = correct(original)
    parameters = list(inspect.signature(original).parameters)
    replaced = list(inspect.signature(replacement).parameters)
    if name != "__init__" and parameters != replaced:
        raise MotoChangedError(
            f"{where} takes {parameters}, not {replaced}; scripts/emulator/corrections.py must follow"
        )
    return staticmethod(replacement) if is_static else replacement
