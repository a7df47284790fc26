# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runbooks do, as calls of their modules: what they find, and the tasks that use permissions."""

from __future__ import annotations

from typing import Any

from tests.integration.auditflow import ALIAS, DOCUMENTS, make
from tests.integration.harness import ROOT, Target
from tests.permissions.runs import (
    ACCOUNT,
    CONFIGURING,
    COPY,
    DEFINITION,
    PLAN,
    PROVISION,
    REPAIR,
    TABLE_INFO,
    TEARDOWN,
    Run,
    Step,
    everything,
    key,
    tables,
)

BUCKET = "auditflow-data"
INDEX = "processing_status-upload_timestamp-index"
COPIED = {**DEFINITION, "name": COPY}
OLD = "2020-01-01T00:00:00Z"
REGION = "ap-south-1"
# Every run gets a folder of its own in its place.
STATE = "state_dir"


def module(module_name: str, **arguments: Any) -> Step:
    return Step(f"auditflow.dynamodb.{module_name}", arguments)


def with_bucket(target: Target) -> None:
    """Tables with items of long ago, and a bucket that keeps versions."""
    make(target)
    client, s3 = target.client(), target.client("s3")
    for number in range(3):
        item = {"document_id": f"d{number}", "upload_timestamp": OLD, "extracted_data": "much"}
        client.put_item(TableName=DOCUMENTS, Item={name: {"S": value} for name, value in item.items()})
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def waiting(target: Target) -> None:
    """Tables with a document in the queue."""
    make(target)
    item = {"document_id": "d", "upload_timestamp": OLD, "processing_status": "PENDING"}
    target.client().put_item(TableName=DOCUMENTS, Item={name: {"S": value} for name, value in item.items()})


def exported(target: Target) -> None:
    with_bucket(target)
    target.client().export_table_to_point_in_time(TableArn=arn(DOCUMENTS), S3Bucket=BUCKET)


def with_files(target: Target) -> None:
    """What an import takes, and no table of its name."""
    with_bucket(target)
    body = b'{"Item": {"document_id": {"S": "1"}}}\n'
    target.client("s3").put_object(Bucket=BUCKET, Key="in/a.json", Body=body)


def backed_up(target: Target) -> None:
    """Two backups as the runbook names them."""
    make(target)
    for time in ("20200101T000000Z", "20200102T000000Z"):
        target.client().create_backup(TableName=DOCUMENTS, BackupName=f"{DOCUMENTS}-{time}")


def other_key(target: Target) -> None:
    """A table under a key that is to be replaced by the one with the alias."""
    make(target)
    key = target.client("kms").create_key()["KeyMetadata"]["Arn"]
    encryption = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    target.client().update_table(TableName=DOCUMENTS, SSESpecification=encryption)


def arn(table: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"


# moto has regions of China and the US government too, where these credentials are not valid.
INVENTORY = Run(
    "inventory plugin",
    everything,
    {},
    (Step("inventory", {"plugin": "auditflow.dynamodb.tables", "on_error": "warn"}),),
)
BACKUPS = Run("backups", backed_up, {}, (module("table_backup_info", tables=[DOCUMENTS, "AuditFlow-Gone"]),))
EXPORTS = Run("exports", exported, {}, (module("table_export_info", names=[DOCUMENTS]),))
WATCH = Run("watch_index", everything, {}, (module("index_info", tables=[DOCUMENTS]),))
RETIRE = Run(
    "retire_index",
    everything,
    {},
    (
        module("index_info", tables=[DOCUMENTS], indexes=[INDEX], use_days=14),
        module("gsi", table=DOCUMENTS, name=INDEX, state="absent"),
    ),
)
CHANGE_KEY = Run(
    "change_key",
    other_key,
    {},
    (
        module("key_info", key=ALIAS, tables=[DOCUMENTS]),
        module("tables", tables=[{"name": DOCUMENTS, "encryption": {"key": ALIAS}}], create=False),
    ),
)
ROTATE = Run("rotate_key", everything, {}, (module("key_rotation", key=ALIAS, now=True, automatic=False),))
SWITCH = Run(
    "switch_billing",
    everything,
    {},
    (module("capacity_info", tables=[DOCUMENTS], billing_mode="PROVISIONED", days=7),),
)
BACKUP = Run("backup", backed_up, {}, (module("table_backup", tables=[DOCUMENTS], keep=1),))
RESTORE = Run(
    "restore",
    backed_up,
    {},
    (
        key(),
        module("table_restore", name=COPY, source=DOCUMENTS, backup="latest"),
        tables(tables=[COPIED]),
    ),
)
RESTORE_TIME = Run(
    "restore to a time",
    everything,
    {},
    (module("table_restore", name=COPY, source=DOCUMENTS, time="latest"),),
)
EXPORT = Run("export", with_bucket, {}, (module("table_export", names=[DOCUMENTS], bucket=BUCKET),))
IMPORT = Run(
    "import",
    with_files,
    {},
    (module("table_import", table=COPIED, bucket=BUCKET, prefix="in/", format="DYNAMODB_JSON"),),
)
BACKFILL = Run(
    "ttl_backfill",
    with_bucket,
    {},
    (
        module(
            "items_ttl", name=DOCUMENTS, timestamp="upload_timestamp", retention="20y", state_dir=STATE, progress=False
        ),
    ),
)
MIGRATE = Run(
    "migrate",
    with_bucket,
    {},
    (
        tables(tables=[COPIED]),
        module("items_copy", source=DOCUMENTS, target=COPY, state_dir=STATE, progress=False),
        module("items_compare", source=DOCUMENTS, target=COPY, sample=1.0, progress=False),
    ),
)
ARCHIVING = module(
    "items_archive",
    name=DOCUMENTS,
    timestamp="upload_timestamp",
    bucket=BUCKET,
    strip=["extracted_data"],
    state_dir=STATE,
    progress=False,
)
# One of the access patterns of what document.yml wrote.
QUERIED = {
    **DEFINITION,
    "attributes": {"document_id": "S", "processing_status": "S", "upload_timestamp": "S"},
    "global_indexes": [{"name": INDEX, "partition_key": "processing_status", "sort_key": "upload_timestamp"}],
    "access_patterns": [
        {
            "name": "documents_by_processing_status",
            "index": INDEX,
            "parameters": {"processing_status": "S"},
            "key_condition": "processing_status = :processing_status",
        },
    ],
}
SCHEMAS = str(ROOT / "docs" / "schema" / "dynamodb_schemas.py")
EXERCISE = Run(
    "exercise", waiting, {}, (module("exercise", name=DOCUMENTS, definitions=[QUERIED], schemas=SCHEMAS, samples=1),)
)
SAMPLE_DATA = Run("sample_data", make, {}, (module("items_sample", name=DOCUMENTS, definitions=[DEFINITION], count=3),))
ARCHIVE = Run("archive", with_bucket, {}, (ARCHIVING,))
UNARCHIVE = Run(
    "unarchive",
    with_bucket,
    {},
    (ARCHIVING, module("items_unarchive", name=DOCUMENTS, archived_from=OLD, wait=True, progress=False)),
)


def restored(target: Target) -> None:
    """A table and its copy, restored from a backup."""
    backed_up(target)
    client = target.client()
    newest = client.list_backups(TableName=DOCUMENTS)["BackupSummaries"][-1]["BackupArn"]
    client.restore_table_from_backup(TargetTableName=COPY, BackupArn=newest)


REPLACE = Run(
    "replace",
    restored,
    {},
    (
        module("table_replace", name=DOCUMENTS, copy=COPY, allow_delete=True, writers_stopped=True),
        tables(),
        module("tables", tables=[{"name": COPY}], state="absent", allow_delete=True),
    ),
)

# What proves each policy.
RUNS = {
    "auditor": (PLAN, TABLE_INFO, BACKUPS, EXPORTS, WATCH, INVENTORY),
    "provisioner": (PROVISION, CONFIGURING, REPAIR, PLAN, RETIRE, SWITCH, CHANGE_KEY, ROTATE),
    "operator": (PROVISION, CONFIGURING, REPAIR, RETIRE, CHANGE_KEY, ROTATE, TEARDOWN, BACKUP, BACKUPS, EXPORTS),
    "custodian": (
        *(PROVISION, CONFIGURING, REPAIR, RESTORE, RESTORE_TIME),
        *(EXPORT, EXPORTS, IMPORT, BACKFILL, MIGRATE, ARCHIVE, UNARCHIVE, EXERCISE, SAMPLE_DATA),
    ),
}
