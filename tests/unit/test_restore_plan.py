# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of AWS for a restore, why it is refused, and how far a replacement is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.backups import Backup
from ansible_collections.auditflow.dynamodb.plugins.module_utils.replacement import (
    Found,
    Phase,
    lines,
    obstacles,
    writing,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.restore_plan import (
    Source,
    Wanted,
    being_restored,
    plan_restore,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.billing import Billing
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.capacity import NO_LIMIT, Throughput
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.encryption import Encryption
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ARN = "arn:aws:dynamodb:ap-south-1:123456789012:table/orders"
BACKUP = Backup(f"{ARN}/backup/1", "mine", "orders", "id", ARN, "AVAILABLE", "USER", NOON)
ALL = {"ProjectionType": "ALL"}
INDEXES = [
    {"IndexName": name, "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}], "Projection": ALL, "ItemCount": 3}
    for name in ("one", "two")
]
DESCRIPTION = {"TableArn": ARN, "GlobalSecondaryIndexes": INDEXES}
WINDOW = {
    "PointInTimeRecoveryStatus": "ENABLED",
    "EarliestRestorableDateTime": NOON - HOUR,
    "LatestRestorableDateTime": NOON,
}
FROM_BACKUP = Wanted("copy", "orders", backup="mine")
FROM_TIME = Wanted("copy", "orders")
KEPT = Source(backup=BACKUP, description=DESCRIPTION)
LIVE = Source(description=DESCRIPTION, window=WINDOW)
PLAIN = {"TargetTableName": "copy", "BackupArn": BACKUP.arn}
SHAPES = [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in INDEXES]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({}, {}),
        ({"billing": Billing("PAY_PER_REQUEST")}, {"BillingModeOverride": "PAY_PER_REQUEST"}),
        # AWS answers an empty one with an error, and restores all the same.
        ({"billing": Billing(None, None, NO_LIMIT)}, {}),
        ({"without": ("one",)}, {"GlobalSecondaryIndexOverride": SHAPES[1:]}),
        ({"without": ("one", "two")}, {"GlobalSecondaryIndexOverride": []}),
        (
            {"billing": Billing("PROVISIONED", Throughput(5, 6))},
            {
                "BillingModeOverride": "PROVISIONED",
                "ProvisionedThroughputOverride": UNITS,
                "GlobalSecondaryIndexOverride": [{**shape, "ProvisionedThroughput": UNITS} for shape in SHAPES],
            },
        ),
        ({"encryption": Encryption()}, {"SSESpecificationOverride": {"Enabled": False}}),
        (
            {"encryption": Encryption("KMS", "alias/x", "alias/x")},
            {"SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/x"}},
        ),
    ],
    ids=str,
)
def test_overrides(change: dict[str, Any], more: dict[str, Any]) -> None:
    (step,) = plan_restore(replace(FROM_BACKUP, **change), KEPT).steps
    assert step.operation == "RestoreTableFromBackup"
    assert step.arguments == {**PLAIN, **more}


def test_points_in_time() -> None:
    (latest,) = plan_restore(FROM_TIME, LIVE).steps
    assert latest.arguments == {"TargetTableName": "copy", "SourceTableName": "orders", "UseLatestRestorableTime": True}
    (one,) = plan_restore(replace(FROM_TIME, time=NOON - HOUR), LIVE).steps
    assert one.arguments == {"TargetTableName": "copy", "SourceTableName": "orders", "RestoreDateTime": NOON - HOUR}
    elsewhere = replace(FROM_TIME, region="eu-west-1", encryption=Encryption())
    (far,) = plan_restore(elsewhere, LIVE).steps
    assert far.arguments["SourceTableArn"] == ARN
    assert "SourceTableName" not in far.arguments


@pytest.mark.parametrize(
    ("wanted", "source", "reason"),
    [
        (FROM_BACKUP, Source(others=("a", "b")), "There are: a, b"),
        (FROM_TIME, Source(), "there is no table orders"),
        (FROM_TIME, replace(LIVE, window={"PointInTimeRecoveryStatus": "DISABLED"}), "recovery is off"),
        (replace(FROM_TIME, time=NOON + HOUR), LIVE, "from 2026-11-22T11:00:00Z to 2026-11-22T12:00:00Z"),
        (replace(FROM_TIME, region="eu-west-1"), LIVE, "Give encryption"),
        (replace(FROM_BACKUP, without=("three",)), KEPT, "There are: one, two"),
    ],
    ids=str,
)
def test_refusals(wanted: Wanted, source: Source, reason: str) -> None:
    plan = plan_restore(wanted, source)
    assert plan.steps == ()
    assert any(reason in str(refusal) for refusal in plan.refusals)


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ({}, "being created by somebody else"),
        ({"RestoreInProgress": True, "SourceTableArn": ARN, "SourceBackupArn": BACKUP.arn}, ""),
        ({"RestoreInProgress": True, "SourceTableArn": f"{ARN}2"}, "from orders2, not from orders"),
    ],
    ids=str,
)
def test_a_restore_that_is_under_way(summary: dict[str, Any], reason: str) -> None:
    found = being_restored(FROM_BACKUP, {"RestoreSummary": summary} if summary else {})
    assert reason in found
    assert bool(reason) == bool(found)


def test_one_certain_backup_is_not_another() -> None:
    summary = {"RestoreInProgress": True, "SourceTableArn": ARN, "SourceBackupArn": f"{ARN}/backup/2"}
    assert "another backup" in being_restored(replace(FROM_BACKUP, backup=BACKUP.arn), {"RestoreSummary": summary})


# --- replacements ----------------------------------------------------------------------------------------------------

KEYS = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
GONE: dict[str, Any] = {}
OLD: dict[str, Any] = {**KEYS, "TableStatus": "ACTIVE", "CreationDateTime": NOON - HOUR, "TableId": "old"}
NEW = {**OLD, "CreationDateTime": NOON + HOUR, "TableId": "new"}
COPY = {**OLD, "TableId": "id"}
MARKED = replace(BACKUP, name="orders-replacement-20261122T120000Z", table="copy")


def found(table: dict[str, Any], copy: dict[str, Any], *backups: Backup) -> Found:
    return Found(TableState("orders", table), TableState("copy", copy), backups)


@pytest.mark.parametrize(
    ("there", "phase", "refused"),
    [
        (found(OLD, COPY), Phase.REPLACE, ""),
        (found(OLD, COPY, MARKED), Phase.REPLACE, ""),
        (found(NEW, COPY, MARKED), Phase.DONE, ""),
        (found(NEW, GONE, MARKED), Phase.DONE, ""),
        (found({**NEW, "TableStatus": "CREATING"}, COPY, MARKED), Phase.WAIT, ""),
        # Of a former copy of that name.
        (found(NEW, COPY, replace(MARKED, table_id="other")), Phase.REPLACE, ""),
        (found(NEW, COPY, replace(MARKED, status="CREATING")), Phase.REPLACE, ""),
        (found(GONE, COPY, MARKED), Phase.RESTORE, ""),
        (found(GONE, COPY), Phase.RESTORE, ""),
        (found(GONE, GONE, MARKED), Phase.RESTORE, ""),
        (found({**OLD, "TableStatus": "DELETING"}, COPY, MARKED), Phase.RESTORE, ""),
        (found(GONE, GONE), Phase.RESTORE, "there is no table copy"),
        (found(OLD, GONE, MARKED), Phase.REPLACE, "there is no table copy"),
        (found(OLD, {**COPY, "TableStatus": "CREATING"}), Phase.REPLACE, "copy is CREATING"),
        (found({**OLD, "Replicas": [{"RegionName": "eu-west-1"}]}, COPY), Phase.REPLACE, "has replicas"),
        (found(OLD, {**COPY, "KeySchema": []}), Phase.REPLACE, "no copy of it"),
    ],
)
def test_how_far_it_is(there: Found, phase: Phase, refused: str) -> None:
    assert there.phase is phase
    reasons = "; ".join(map(str, obstacles(there, allowed=True)))
    assert refused in reasons
    assert bool(refused) == bool(reasons)
    assert lines(there, "ap-south-1")[0].startswith("orders (ap-south-1): ")


def test_nothing_is_deleted_unasked() -> None:
    assert "allow_delete" in str(obstacles(found(OLD, COPY), allowed=False)[0])
    assert obstacles(found(GONE, COPY), allowed=False) == []


def test_who_writes() -> None:
    minutes = [(NOON - timedelta(minutes=each), 2.0) for each in (1, 5, 30)]
    assert writing({"orders": minutes, "copy": []}, NOON) == "orders took 4 write units in the last 10 minutes"
    assert writing({"orders": minutes[2:], "copy": [(NOON, 0.0)]}, NOON) == ""
