# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done while faults strike: an AuditFlow table is created, changed, deleted and looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.catalog import look_at, table_names
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion
from ansible_collections.auditflow.dynamodb.plugins.module_utils.report import message, report
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from tests.faults.strikes import Target
from tests.integration import auditflow, harness

KEY_ALIAS = "alias/auditflow-faults"
# In the engine's seconds; the clock of these tests is faster.
PATIENCE = Patience(seconds=60)
INDEXES = auditflow.INDEXES[auditflow.DOCUMENTS]
OLD_INDEX = "uploaded_by-upload_timestamp-index"
TYPES = dict.fromkeys(("document_id", "loan_application_id", "upload_timestamp", "processing_status"), "S")


@dataclass(frozen=True)
class Ended:
    """How a run ended. message: why it failed, empty when it did not. found: what was shown, if anything."""

    changed: bool
    message: str = ""
    pending: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    found: Any = None


@dataclass(frozen=True)
class Scenario:
    """One thing to do with a table.

    name: in words. prepare: makes what must be there before, with plain calls past the faults. run: does it; the number
    is that of the run. state: what is there afterwards, for comparison. targets: the calls that it makes.
    """

    name: str
    prepare: Callable[[harness.Target, str, Target], None]
    run: Callable[[Aws, str, Target, int], Ended]
    state: Callable[[harness.Target, str], Any]
    targets: tuple[Target, ...]
    writes: bool = True


def definition(name: str, **more: Any) -> dict[str, Any]:
    """AuditFlow-Documents under another name."""
    return {
        "name": name,
        "attributes": TYPES,
        "partition_key": "document_id",
        "global_indexes": [
            {"name": index, "partition_key": partition, "sort_key": sort, "projection": "ALL"}
            for index, (partition, sort) in INDEXES.items()
        ],
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": {"type": "KMS", "key": KEY_ALIAS},
        "ttl": {"attribute": "ttl"},
        "pitr": {"recovery_period_days": 35},
        "deletion_protection": True,
        "tags": auditflow.TAGS,
        **more,
    }


def changed_definition(name: str) -> dict[str, Any]:
    return definition(
        name,
        on_demand_throughput={"max_read_request_units": 100, "max_write_request_units": 100},
        stream={"view_type": "NEW_AND_OLD_IMAGES"},
        table_class="STANDARD_INFREQUENT_ACCESS",
        purge_indexes=True,
        purge_tags=True,
    )


def _converge(aws: Aws, arguments: dict[str, Any], target: Target) -> Ended:
    spec = parse_table(arguments)
    return _ended(converge(spec.only(target.managed) if target.managed else spec, aws, Run(patience=PATIENCE)), aws)


def _ended(outcome: Outcome, aws: Aws) -> Ended:
    report(outcome, aws.region)
    failed = message(outcome) if outcome.error else ""
    return Ended(outcome.changed, failed, outcome.pending, outcome.warnings)


def _create(aws: Aws, name: str, target: Target, number: int) -> Ended:
    return _converge(aws, definition(name), target)


def _change(aws: Aws, name: str, target: Target, number: int) -> Ended:
    return _converge(aws, changed_definition(name), target)


def _delete(aws: Aws, name: str, target: Target, number: int) -> Ended:
    # A plain run names its backup after the time, so that each has a name of its own.
    deletion = Deletion(name, allowed=True, backup=f"{name}-final-{number}")
    return _ended(delete(deletion, aws, Run(patience=PATIENCE)), aws)


def _look(aws: Aws, name: str, target: Target, number: int) -> Ended:
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError

    try:
        listed = table_names(aws, name)
        entry = look_at(aws, name)
    except AwsError as error:
        return Ended(False, str(error))
    if entry is None:
        return Ended(False, found=(listed, None))
    # The emulator does not have them all.
    unavailable = "; ".join(why for why in entry.unavailable.values() if "HTML page" not in why)
    return Ended(False, unavailable, found=(listed, entry.result()))


def _nothing(where: harness.Target, name: str, target: Target) -> None:
    """A table that is to be created must not be there."""


def _other_table(where: harness.Target, name: str, target: Target) -> None:
    """A table that differs in every setting."""
    client = where.client()
    arn = client.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("document_id", "upload_timestamp", "processing_status", "uploaded_by")
        ],
        KeySchema=[{"AttributeName": "document_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            auditflow.index(OLD_INDEX, "uploaded_by", "upload_timestamp"),
            auditflow.index("processing_status-upload_timestamp-index", "processing_status", "upload_timestamp"),
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "Project", "Value": "another"}, {"Key": "Owner", "Value": "nobody"}],
    )["TableDescription"]["TableArn"]
    assert arn.endswith(name)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})


def _protected_table(where: harness.Target, name: str, target: Target) -> None:
    where.client().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "document_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "document_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": name, "Value": "AuditFlow-Pro"} for name in ("Project", "Owner")],
    )


def _settings(where: harness.Target, name: str) -> Any:
    client = where.client()
    if name not in _names(client):
        return None
    limits = client.describe_table(TableName=name)["Table"].get("OnDemandThroughput")
    return {**auditflow.settings(where, name), "limits": limits}


def _names(client: Any) -> set[str]:
    return {name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]}


def _gone(where: harness.Target, name: str) -> Any:
    """Whether the table is gone, and with a backup; a table that is there still loses nothing."""
    backed_up = bool(backups(where, name))
    return {"gone": name not in _names(where.client()), "backed up": backed_up}


def backups(where: harness.Target, name: str) -> list[str]:
    """The names of the backups of a table."""
    return [each["BackupName"] for each in where.client().list_backups(TableName=name)["BackupSummaries"]]


DESCRIBE = Target("DescribeTable", repeated=True)
READS = ("DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource")


def _update(label: str, body: str, *managed: str) -> Target:
    return Target("UpdateTable", label, body, managed)


CREATE = Scenario(
    "create",
    _nothing,
    _create,
    _settings,
    (
        Target("CreateTable"),
        Target("UpdateTimeToLive"),
        Target("UpdateContinuousBackups"),
        DESCRIBE,
        Target("DescribeTimeToLive"),
        Target("DescribeContinuousBackups"),
        Target("ListTagsOfResource"),
        Target("DescribeKey"),
    ),
)
CHANGE = Scenario(
    "change",
    _other_table,
    _change,
    _settings,
    (
        _update("index deleted", "GlobalSecondaryIndexUpdates[0].Delete", "global_indexes"),
        _update("index created", "GlobalSecondaryIndexUpdates[0].Create", "global_indexes"),
        _update("limits", "OnDemandThroughput", "billing"),
        _update("stream off", "StreamSpecification.StreamEnabled == `false`", "stream"),
        _update("stream on", "StreamSpecification.StreamEnabled", "stream"),
        _update("encryption", "SSESpecification", "encryption"),
        _update("table class", "TableClass", "table_class"),
        _update("protection", "DeletionProtectionEnabled", "deletion_protection"),
        Target("UpdateTimeToLive", "off", "TimeToLiveSpecification.Enabled == `false`", ("ttl",)),
        Target("UpdateTimeToLive", "on", "TimeToLiveSpecification.Enabled", ("ttl",)),
        Target("UpdateContinuousBackups", managed=("pitr",)),
        Target("TagResource", managed=("tags",)),
        Target("UntagResource", managed=("tags",)),
        Target("DescribeTable", managed=("stream", "tags"), repeated=True),
        *(Target(name, managed=("ttl", "pitr", "tags", "stream"), repeated=True) for name in READS),
        Target("DescribeKey", managed=("encryption",)),
    ),
)
DELETE = Scenario(
    "delete",
    _protected_table,
    _delete,
    _gone,
    (
        Target("CreateBackup"),
        Target("UpdateTable", "protection"),
        Target("DeleteTable"),
        DESCRIBE,
        Target("ListBackups"),
    ),
)
LOOK = Scenario(
    "info",
    _protected_table,
    _look,
    _gone,
    (
        Target("ListTables"),
        Target("DescribeTable"),
        *(Target(name) for name in READS),
        Target("GetResourcePolicy"),
        Target("DescribeContributorInsights"),
        Target("DescribeKinesisStreamingDestination"),
    ),
    writes=False,
)
SCENARIOS = (CREATE, CHANGE, DELETE, LOOK)
