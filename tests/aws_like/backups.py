# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateContinuousBackups, DescribeContinuousBackups, and on-demand backups."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from .errors import ServiceError, validation
from .names import table_name
from .profiles import DAY
from .readiness import for_backups_change, for_backups_reading
from .system_backup import features, kept, source
from .table_state import Recovery, Table
from .world import Backup, Body, Call

DEFAULT_DAYS = 35
PAGE = 100


def update_continuous_backups(call: Call) -> Body:
    wanted = call.body["PointInTimeRecoverySpecification"]
    enabled, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if days is not None and not enabled:
        raise validation("Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    table = for_backups_change(call)
    if not enabled:
        table.recovery = Recovery()
    else:
        since = call.now if table.recovery.since is None else table.recovery.since
        table.recovery = Recovery(since, days or (table.recovery.days if table.recovery.since else DEFAULT_DAYS))
    return {"ContinuousBackupsDescription": _description(call, table)}


def describe_continuous_backups(call: Call) -> Body:
    return {"ContinuousBackupsDescription": _description(call, for_backups_reading(call))}


def _description(call: Call, table: Table) -> Body:
    """ContinuousBackupsStatus turns ENABLED by itself and says nothing of point-in-time recovery."""
    status = "ENABLED" if call.now >= table.backups_from else "DISABLED"
    recovery = table.recovery
    shown: Body = {"PointInTimeRecoveryStatus": "DISABLED"}
    if recovery.since is not None:
        lag = call.world.fixed("restore_window_lag")
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.days,
            "EarliestRestorableDateTime": max(recovery.since, call.now - recovery.days * DAY),
            "LatestRestorableDateTime": max(recovery.since, call.now - lag),
        }
    return {"ContinuousBackupsStatus": status, "PointInTimeRecoveryDescription": shown}


def create_backup(call: Call) -> Body:
    table = for_backups_change(call)
    arn = f"{table.arn}/backup/{int(call.now * 1000):014d}-{uuid.uuid4().hex[:8]}"
    backup = Backup(arn, call.body["BackupName"], "USER", call.now, source(table), features(table))
    backup.kept = kept(call.world, call.region, table)
    call.region.backups.append(backup)

    def available(_due: float) -> None:
        backup.status = "AVAILABLE"

    call.world.schedule(call.now + call.world.duration("backup"), available)
    return {"BackupDetails": _details(backup)}


def describe_backup(call: Call) -> Body:
    return {"BackupDescription": _backup_description(_find(call))}


def delete_backup(call: Call) -> Body:
    backup = _find(call)
    if backup.kind == "SYSTEM":
        until = datetime.fromtimestamp(backup.expires or 0, UTC)
        raise validation(
            f"Invalid Request: User is not allowed to delete the system backup with arn {backup.arn}. "
            f"It will automatically expire on {until:%a %b %d %H:%M:%S UTC %Y}"
        )
    if backup.restoring:
        raise in_restore(backup)
    call.region.backups.remove(backup)
    backup.status = "DELETED"
    return {"BackupDescription": _backup_description(backup)}


def list_backups(call: Call) -> Body:
    body = call.body
    kind = body.get("BackupType") or "USER"
    name = table_name(call.region, body["TableName"]) if body.get("TableName") else None
    found = [each for each in call.region.backups if kind in (each.kind, "ALL")]
    found = [each for each in found if name in (None, each.table["TableName"])]
    found = [each for each in found if each.created >= body.get("TimeRangeLowerBound", 0.0)]
    found = [each for each in found if each.created < body.get("TimeRangeUpperBound", float("inf"))]
    found.sort(key=lambda each: each.arn)
    found = [each for each in found if each.arn > (body.get("ExclusiveStartBackupArn") or "")]
    page = found[: body.get("Limit") or PAGE]
    more = {"LastEvaluatedBackupArn": page[-1].arn} if len(found) > len(page) else {}
    return {"BackupSummaries": [_summary(each) for each in page], **more}


def in_restore(backup: Backup) -> ServiceError:
    return ServiceError("BackupInUseException", f"Backup is being used to restore another table: {backup.arn}")


def _find(call: Call) -> Backup:
    arn = call.body["BackupArn"]
    for backup in call.region.backups:
        if backup.arn == arn:
            return backup
    raise ServiceError("BackupNotFoundException", f"Backup not found: {arn}")


def _details(backup: Backup) -> Body:
    shown: Body = {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": 0,
        "BackupStatus": backup.status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created,
    }
    if backup.expires is not None:
        shown["BackupExpiryDateTime"] = backup.expires
    return shown


def _summary(backup: Backup) -> Body:
    named = {name: backup.table[name] for name in ("TableName", "TableId", "TableArn")}
    return {**named, **_details(backup)}


def _backup_description(backup: Backup) -> Body:
    return {
        "BackupDetails": _details(backup),
        "SourceTableDetails": backup.table,
        "SourceTableFeatureDetails": backup.features,
    }
