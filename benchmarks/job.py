# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job that all contenders do: tables with indexes, KMS encryption, TTL, point-in-time recovery and tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

TAGS = {"Project": "AuditFlow-Pro", "Environment": "Production"}
TTL_ATTRIBUTE = "ttl"
PITR_DAYS = 35
HOME_REGION = "ap-south-1"
MORE_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "me-south-1"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "eu-south-1"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-east-1"),
)
# Of what can be done side by side in a region, both contenders with threads do so much.
PARALLEL = 10


@dataclass(frozen=True)
class Index:
    """A global index; both keys are strings but for a risk score."""

    name: str
    partition_key: str
    sort_key: str


@dataclass(frozen=True)
class Table:
    """A table to be made."""

    name: str
    partition_key: str
    indexes: tuple[Index, ...]

    @property
    def types(self) -> dict[str, str]:
        """The types of the key attributes."""
        names = {self.partition_key}
        for index in self.indexes:
            names |= {index.partition_key, index.sort_key}
        return {name: "N" if name == "risk_score" else "S" for name in sorted(names)}

    @property
    def definition(self) -> dict[str, Any]:
        """As this collection takes it."""
        return {
            "name": self.name,
            "attributes": self.types,
            "partition_key": self.partition_key,
            "global_indexes": [
                {
                    "name": index.name,
                    "partition_key": index.partition_key,
                    "sort_key": index.sort_key,
                    "projection": "ALL",
                }
                for index in self.indexes
            ],
            "billing_mode": "PAY_PER_REQUEST",
            "encryption": {"type": "KMS"},
            "ttl": {"attribute": TTL_ATTRIBUTE},
            "pitr": {"recovery_period_days": PITR_DAYS},
            "tags": TAGS,
        }

    @property
    def request(self) -> dict[str, Any]:
        """As CreateTable takes it."""
        return {
            "TableName": self.name,
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in self.types.items()
            ],
            "KeySchema": _schema(self.partition_key),
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": index.name,
                    "KeySchema": _schema(index.partition_key, index.sort_key),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in self.indexes
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
            "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
        }


def tables(count: int) -> tuple[Table, ...]:
    """AuditFlow's two, and as many like them as are wanted."""
    names: Iterable[str] = ("AuditFlow-Documents", "AuditFlow-AuditRecords")
    if count > len(SHAPES):
        names = (f"Bench-{number:04}" for number in range(count))
    return tuple(Table(name, *SHAPES[number % len(SHAPES)]) for number, name in enumerate(names))[:count]


def regions(count: int) -> tuple[str, ...]:
    """So many of AWS's regions."""
    return (HOME_REGION, *MORE_REGIONS)[:count]


def _schema(partition_key: str, sort_key: str = "") -> list[dict[str, str]]:
    schema = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    return [*schema, {"AttributeName": sort_key, "KeyType": "RANGE"}] if sort_key else schema


def _index(name: str, partition_key: str, sort_key: str) -> Index:
    return Index(f"{name}-{sort_key if name != 'risk_score' else 'audit_timestamp'}-index", partition_key, sort_key)


# AuditFlow's two: their partition keys and their indexes.
SHAPES: tuple[tuple[str, tuple[Index, ...]], ...] = (
    (
        "document_id",
        (
            _index("loan_application_id", "loan_application_id", "upload_timestamp"),
            _index("processing_status", "processing_status", "upload_timestamp"),
        ),
    ),
    (
        "audit_record_id",
        (
            _index("loan_application_id", "loan_application_id", "audit_timestamp"),
            _index("risk_score", "status", "risk_score"),
            _index("status", "status", "audit_timestamp"),
        ),
    ),
)
