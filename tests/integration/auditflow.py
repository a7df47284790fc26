# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AuditFlow's two tables as they have to be, written down independently of the collection's definitions."""

from __future__ import annotations

from typing import Any

from tests.integration.harness import Target

ALIAS = "alias/auditflow-dynamodb-encryption"
TAGS = {"Project": "AuditFlow-Pro", "Environment": "Production"}
DOCUMENTS = "AuditFlow-Documents"
AUDIT_RECORDS = "AuditFlow-AuditRecords"
TABLES = (DOCUMENTS, AUDIT_RECORDS)

KEYS = {DOCUMENTS: "document_id", AUDIT_RECORDS: "audit_record_id"}
INDEXES = {
    DOCUMENTS: {
        "loan_application_id-upload_timestamp-index": ("loan_application_id", "upload_timestamp"),
        "processing_status-upload_timestamp-index": ("processing_status", "upload_timestamp"),
    },
    AUDIT_RECORDS: {
        "loan_application_id-audit_timestamp-index": ("loan_application_id", "audit_timestamp"),
        "risk_score-audit_timestamp-index": ("status", "risk_score"),
        "status-audit_timestamp-index": ("status", "audit_timestamp"),
    },
}
NUMBERS = {"risk_score"}


def types(table: str) -> dict[str, str]:
    names = {KEYS[table], *(name for keys in INDEXES[table].values() for name in keys)}
    return {name: "N" if name in NUMBERS else "S" for name in sorted(names)}


def expected(table: str, key: str) -> dict[str, Any]:
    """What `settings` must say of a table; key: the ARN of its KMS key."""
    return {
        "status": "ACTIVE",
        "keys": (KEYS[table],),
        "types": types(table),
        "indexes": {name: (*keys, "ALL", "ACTIVE") for name, keys in INDEXES[table].items()},
        "billing": "PAY_PER_REQUEST",
        "encryption": key,
        "ttl": "ttl",
        "pitr": 35,
        "tags": TAGS,
        "protection": True,
        "stream": None,
        "class": "STANDARD",
    }


def settings(target: Target, table: str) -> dict[str, Any]:
    """Every setting of a table, as AWS has it."""
    client = target.client()
    found = client.describe_table(TableName=table)["Table"]
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    pitr = backups["PointInTimeRecoveryDescription"]
    tags = client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
    stream = found.get("StreamSpecification", {})
    return {
        "status": found["TableStatus"],
        "keys": _names(found["KeySchema"]),
        "types": {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]},
        "indexes": {
            index["IndexName"]: (*_names(index["KeySchema"]), projection(index), index["IndexStatus"])
            for index in found.get("GlobalSecondaryIndexes", [])
        },
        "billing": found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "encryption": found.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        "ttl": ttl.get("AttributeName") if ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING") else None,
        "pitr": pitr.get("RecoveryPeriodInDays", 35) if pitr["PointInTimeRecoveryStatus"] == "ENABLED" else None,
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "protection": found.get("DeletionProtectionEnabled", False),
        "stream": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        "class": found.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
    }


def projection(index: dict[str, Any]) -> str:
    found = index["Projection"]
    included = sorted(found.get("NonKeyAttributes", []))
    return f"{found['ProjectionType']} {','.join(included)}".strip()


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(each["AttributeName"] for each in sorted(schema, key=lambda each: each["KeyType"]))


def key_arn(target: Target) -> str:
    """The ARN of the key that the alias stands for."""
    arn: str = target.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]
    return arn


def make(target: Target) -> None:
    """Make the tables and their key with plain calls, as somebody would who never heard of the collection."""
    kms, client = target.client("kms"), target.client()
    tags = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    key = kms.create_key(Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags])["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    for table in TABLES:
        client.create_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in types(table).items()
            ],
            KeySchema=[{"AttributeName": KEYS[table], "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[index(name, *keys) for name, keys in INDEXES[table].items()],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
            DeletionProtectionEnabled=True,
            Tags=tags,
        )
        client.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        client.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35},
        )


def index(name: str, partition: str, sort: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": sort, "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
