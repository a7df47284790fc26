# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions a call needs, and on what; the policies themselves are IAM's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .errors import ServiceError
from .world import Keys, Region

# These cannot be scoped to a table.
UNSCOPED = frozenset(
    {"DescribeLimits", "ListBackups", "ListContributorInsights", "ListExports", "ListImports", "ListTables"}
)
ARNS = ("ResourceArn", "BackupArn", "TableArn", "ExportArn", "ImportArn")
# What a restore does to its target on behalf of the caller.
TO_FILL = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
# Of what encryption with a customer's key may need, those that AWS always asks for.
OF_A_KEY = ("kms:DescribeKey", "kms:CreateGrant")


class Permissions(Protocol):
    """Who may do what."""

    def denied(self, account: str, access_key: str, headers: Mapping[str, str], action: str, resource: str) -> str: ...


def needed(region: Region, operation: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The actions of a DynamoDB call, each with its resource."""
    resource = "*" if operation in UNSCOPED else _resource(region, body)
    for each in _batch(region, body) or [resource]:
        yield f"dynamodb:{operation}", each
    if operation.startswith("RestoreTable"):
        target = region.table_arn(str(body.get("TargetTableName", "*")))
        for action in (operation, *TO_FILL):
            yield f"dynamodb:{action}", target
    if operation == "CreateTable" and body.get("Tags"):
        yield "dynamodb:TagResource", resource
    if operation == "CreateTable" and body.get("ResourcePolicy"):
        yield "dynamodb:PutResourcePolicy", resource


def encryption_key(body: Mapping[str, Any]) -> str | None:
    """The customer's key that the call wants a table encrypted with: the caller needs to be able to use it."""
    name = (body.get("SSESpecification") or body.get("SSESpecificationOverride") or {}).get("KMSMasterKeyId")
    return str(name) if name else None


def elsewhere(service: str, operation: str, body: Mapping[str, Any], keys: Keys, region: Region) -> tuple[str, str]:
    """The action of a call of another service; of KMS, the key that it is about."""
    name = str(body.get("KeyId") or body.get("TargetKeyId") or "") if service == "kms" else ""
    key = keys.find(region.account, region.name, name) if name else None
    return f"{service}:{operation}", key.arn if key else "*"


def refused(caller: str, action: str, resource: str) -> ServiceError:
    return ServiceError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based "
        f"policy allows the {action} action",
    )


def _resource(region: Region, body: Mapping[str, Any]) -> str:
    arn = next((str(body[name]) for name in ARNS if body.get(name)), "")
    if arn:
        return arn
    created = body.get("TableCreationParameters") or {}
    named = (body.get("TableName"), body.get("SourceTableArn"), body.get("SourceTableName"), created.get("TableName"))
    name = str(next(filter(None, named), ""))
    arn = name if name.startswith("arn:") else region.table_arn(name or "*")
    return f"{arn}/index/{body['IndexName']}" if body.get("IndexName") else arn


def _batch(region: Region, body: Mapping[str, Any]) -> list[str]:
    items = body.get("RequestItems")
    return [_resource(region, {"TableName": name}) for name in items] if isinstance(items, dict) else []
