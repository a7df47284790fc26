# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""moto behind the control plane: its KMS knows the keys, its DynamoDB keeps the items, its IAM the policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable
from moto.iam.access_control import CreateAccessKeyFailure, IAMPolicy, PermissionResult, create_access_key
from moto.kms.models import kms_backends

from scripts.emulator import s3_transfer

from .jobs import TransferFailed
from .table_state import PAY_PER_REQUEST, Index, Table
from .world import Key

SYMMETRIC = "SYMMETRIC_DEFAULT"


class MotoKeys:
    """moto's KMS."""

    def find(self, account: str, region: str, name: str) -> Key | None:
        if name.endswith("alias/aws/dynamodb"):
            # AWS makes this one when it is first asked for.
            return Key(self.managed(account, region))
        backend = kms_backends[account][region]
        try:
            alias = backend.get_alias_name(name)
            key_id = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else backend.get_key_id(name)
        except JsonRESTError:
            return None
        key = backend.keys.get(key_id or "")
        if key is None:
            return None
        state = key.key_state if key.enabled or key.key_state != "Enabled" else "Disabled"
        return Key(key.arn, state, key.key_spec == SYMMETRIC)

    def managed(self, account: str, region: str) -> str:
        # Only a table makes moto's managed key, and it uses nothing of the table for that.
        arn: str = cast("Any", MotoTable)._get_default_encryption_key(None, account, region)
        return arn


class MotoStore:
    """moto's tables: keys and indexes as here, everything else left at its default. Only items matter there."""

    def create(self, account: str, region: str, table: Table) -> None:
        dynamodb_backends[account][region].create_table(
            name=table.name,
            schema=table.key_schema,
            throughput=None,
            attr=table.attributes,
            global_indexes=[_index(each) for each in table.indexes],
            indexes=[_index(each) for each in table.local_indexes],
            streams=None,
            billing_mode=PAY_PER_REQUEST,
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )

    def delete(self, account: str, region: str, name: str) -> None:
        # A table that is being deleted has lost its items already.
        dynamodb_backends[account][region].tables.pop(name, None)

    def add_index(self, account: str, region: str, table: Table, index: Index) -> None:
        self._change(account, region, table, {"Create": _index(index)})

    def drop_index(self, account: str, region: str, table: Table, index: Index) -> None:
        self._change(account, region, table, {"Delete": {"IndexName": index.name}})

    def _change(self, account: str, region: str, table: Table, update: dict[str, Any]) -> None:
        backend = dynamodb_backends[account][region]
        stored = backend.tables.get(table.name)
        if stored is not None:
            stored.attr = table.attributes
            backend.update_table_global_indexes(stored, [update])

    def count(self, account: str, region: str, name: str) -> int:
        stored = dynamodb_backends[account][region].tables.get(name)
        return len(stored) if stored is not None else 0

    def items(self, account: str, region: str, name: str) -> list[dict[str, Any]]:
        stored = dynamodb_backends[account][region].tables.get(name)
        return s3_transfer.items_of(stored) if stored is not None else []

    def fill(self, account: str, region: str, name: str, items: list[dict[str, Any]]) -> None:
        table = dynamodb_backends[account][region].tables[name]
        for item in items:
            table.put_item(item_attrs=item)

    def check_bucket(self, account: str, region: str, place: Mapping[str, Any]) -> None:
        with _as_failure():
            s3_transfer.s3_of(account, place.get("S3BucketOwner"), place["S3Bucket"])
            s3_transfer.check_key(account, region, place.get("S3SseKmsKeyId"))

    def write_export(self, account: str, shown: Mapping[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
        s3 = s3_transfer.s3_of(account, shown.get("S3BucketOwner"), shown["S3Bucket"])
        written = s3_transfer.write_export(s3, shown, items)
        return {"ItemCount": written.items, "BilledSizeBytes": written.size, "ExportManifest": written.manifest}

    def read_import(self, account: str, region: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        source = body["S3BucketSource"]
        with _as_failure():
            s3 = s3_transfer.s3_of(account, source.get("S3BucketOwner"), source["S3Bucket"])
            counts = s3_transfer.read_import(s3, body, dynamodb_backends[account][region].tables[name])
        return {
            "ProcessedItemCount": counts.read,
            "ImportedItemCount": counts.written,
            "ErrorCount": counts.bad,
            "ProcessedSizeBytes": counts.size,
        }


@contextmanager
def _as_failure() -> Iterator[None]:
    try:
        yield
    except s3_transfer.TransferError as error:
        raise TransferFailed(error.code, error.text) from error


def _index(index: Index) -> dict[str, Any]:
    return {"IndexName": index.name, "KeySchema": index.key_schema, "Projection": index.projection}


class MotoPermissions:
    """The policies of the caller, as moto's IAM has them."""

    def denied(self, account: str, access_key: str, headers: Mapping[str, str], action: str, resource: str) -> str:
        """Who is denied the action; empty when it is allowed. A key that IAM does not know may do everything."""
        try:
            caller = create_access_key(account, "aws", access_key, dict(headers))
        except CreateAccessKeyFailure:
            return ""
        results = [IAMPolicy(policy).is_action_permitted(action, resource) for policy in caller.collect_policies()]
        allowed = PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results
        return "" if allowed else caller.arn
