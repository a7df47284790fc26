# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RestoreTableFromBackup and RestoreTableToPointInTime.

Measured: the texts, their order for a point in time (shape, recovery on, time, target), what is restored, and that the
sub-resources of a table are not found until it is ACTIVE. There is no history: any point in time has the items of now.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import limits
from .backups import in_restore
from .describe import table_description
from .errors import ServiceError, backed_up_table_missing, iso, limit, validation
from .keys import key_arn
from .lifecycle import come_into_being, new_table
from .names import Arn
from .profiles import DAY
from .system_backup import kept
from .table_state import PAY_PER_REQUEST, PROVISIONED, Running, Table
from .world import Backup, Body, Call, Kept, Region

MOST = 50
INVALID = "Invalid Request: "


def restore_from_backup(call: Call) -> Body:
    arn = call.body["BackupArn"]
    home = _region(call, arn)
    backup = next((each for each in home.backups if each.arn == arn), None)
    if backup is None or backup.kept is None:
        raise ServiceError("BackupNotFoundException", f"Backup not found: {arn}")
    _check_target(call)
    if backup.restoring or backup.status != "AVAILABLE":
        raise in_restore(backup)
    summary = {
        "SourceBackupArn": arn,
        "SourceTableArn": backup.table["TableArn"],
        "RestoreDateTime": backup.created,
    }
    return _restore(call, backup.kept, summary, home, backup)


def restore_to_point_in_time(call: Call) -> Body:
    body = call.body
    given = body.get("SourceTableArn") or body.get("SourceTableName") or ""
    if body.get("RestoreDateTime") and body.get("UseLatestRestorableTime"):
        raise validation(f"{INVALID}Both RestoreDateTime and UseLatestRestorableTime cannot be set at the same time")
    if not body.get("RestoreDateTime") and not body.get("UseLatestRestorableTime"):
        raise validation(
            f"{INVALID}Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
        )
    home = _region(call, given)
    arn = Arn.parse(given)
    name = arn.table if arn else given
    table = home.tables.get(name)
    if table is None:
        raise backed_up_table_missing(name)
    time = _time(call, table)
    _check_target(call)
    summary = {"SourceTableArn": table.arn, "RestoreDateTime": time}
    return _restore(call, kept(call.world, home, table), summary, home)


def _region(call: Call, given: str) -> Region:
    """Where the source is: the ARN says."""
    arn = Arn.parse(given)
    return call.world.region(arn.region, arn.account) if arn else call.region


def _time(call: Call, table: Table) -> float:
    since = table.recovery.since
    if since is None:
        raise ServiceError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    earliest = max(since, call.now - table.recovery.days * DAY)
    latest = max(since, call.now - call.world.fixed("restore_window_lag"))
    wanted = call.body.get("RestoreDateTime") or latest
    # Whole seconds: that is what is restored to.
    if not int(earliest) <= wanted <= latest:
        raise ServiceError(
            "InvalidRestoreTimeException",
            f"RestoreDateTime '{iso(wanted)}Z' must be within EarliestRestorableDateTime '{iso(earliest)}Z' and "
            f"LatestRestorableDateTime '{iso(latest)}Z'",
        )
    return float(wanted)


def _check_target(call: Call) -> None:
    name = call.body["TargetTableName"]
    table = call.region.tables.get(name)
    if table is None:
        return
    if table.restored_from and table.running(Running.CREATE):
        source = table.restored_from.get("SourceBackupArn") or table.restored_from["SourceTableArn"]
        raise ServiceError("TableInUseException", f"Table: {name} is already being restored from backup: {source}")
    raise ServiceError("TableAlreadyExistsException", f"Table already exists: {name}")


def _restore(call: Call, source: Kept, summary: Body, home: Region, backup: Backup | None = None) -> Body:
    body, world, region = call.body, call.world, call.region
    if home is not region and not body.get("SSESpecificationOverride"):
        raise validation(f"{INVALID}sseSpecificationOverride must be specified for a cross-region restore")
    creation = replace(call, body=_creation(source.body, body))
    going_on = [each for each in region.tables.values() if each.restored_from and each.running(Running.CREATE)]
    if len(going_on) >= MOST:
        raise limit(f"Only {MOST} restore operations can be done simultaneously")
    limits.check_changing(list(region.tables.values()), world.settings)
    table = new_table(creation, body["TargetTableName"])
    override = body.get("SSESpecificationOverride")
    table.key_arn = key_arn(call, override) if override else source.key_arn
    table.restored_from = summary
    region.limits.take_mutation(world.settings, call.now)
    world.store.create(region.account, region.name, table)
    world.store.fill(region.account, region.name, table.name, copy.deepcopy(source.items))
    region.tables[table.name] = table
    seconds = world.duration("restore")
    come_into_being(call, table, seconds)
    # Until it is ACTIVE, and not for moments only as of a new table.
    table.visible_from = table.tags_from = call.now + seconds
    if backup:
        backup.restoring = table.name

        def free(_due: float) -> None:
            backup.restoring = ""

        world.schedule(call.now + seconds, free)
    if body.get("OnDemandThroughputOverride") == {}:
        # AWS's own mistake: it restores all the same.
        raise ServiceError("TableInUseException", f"Table: {table.name} is already being restored")
    return {"TableDescription": table_description(world, table, call.now)}


def _creation(source: Body, body: Body) -> Body:
    """The table as CreateTable would have it, with the overrides."""
    mode, units = _billing(body)
    made = copy.deepcopy(source)
    if mode:
        made["BillingMode"] = mode
        made.pop("ProvisionedThroughput" if mode == PAY_PER_REQUEST else "OnDemandThroughput", None)
    if units:
        made["ProvisionedThroughput"] = units
    if body.get("OnDemandThroughputOverride"):
        made["OnDemandThroughput"] = body["OnDemandThroughputOverride"]
    for override, kind in (
        ("GlobalSecondaryIndexOverride", "GlobalSecondaryIndexes"),
        ("LocalSecondaryIndexOverride", "LocalSecondaryIndexes"),
    ):
        if body.get(override) is not None:
            made[kind] = [_index(wanted, source.get(kind) or [], mode) for wanted in body[override]]
    _size_indexes(made, mode)
    used = _used(made)
    made["AttributeDefinitions"] = [each for each in made["AttributeDefinitions"] if each["AttributeName"] in used]
    return made


def _billing(body: Body) -> tuple[str | None, Body | None]:
    mode, units = body.get("BillingModeOverride"), body.get("ProvisionedThroughputOverride")
    if mode == PROVISIONED and not units:
        raise validation("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
    if mode == PAY_PER_REQUEST and units:
        raise validation("Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST")
    return mode, units


def _size_indexes(made: Body, mode: str | None) -> None:
    for index in made.get("GlobalSecondaryIndexes") or []:
        if mode == PAY_PER_REQUEST:
            index.pop("ProvisionedThroughput", None)
        elif mode == PROVISIONED:
            index.pop("OnDemandThroughput", None)
            if not index.get("ProvisionedThroughput"):
                raise validation(f"Must specify provisioned throughput for index {index['IndexName']}")


def _index(wanted: Mapping[str, Any], known: Sequence[Body], mode: str | None) -> Body:
    """An override may rename an index; keys and projection must be those of the source."""
    for index in known:
        if index["KeySchema"] == wanted["KeySchema"] and _shape(index) == _shape(wanted):
            sized = {} if mode else {name: value for name, value in index.items() if name.endswith("Throughput")}
            return {**sized, **wanted}
    raise validation(
        f"{INVALID}Index {wanted['IndexName']} does not match a secondary index that existed in the source table and "
        "cannot be created during the restore operation"
    )


def _shape(index: Mapping[str, Any]) -> tuple[str, list[str]]:
    projection = index["Projection"]
    return projection["ProjectionType"], sorted(projection.get("NonKeyAttributes") or [])


def _used(body: Body) -> set[str]:
    holders = [body, *(body.get("GlobalSecondaryIndexes") or []), *(body.get("LocalSecondaryIndexes") or [])]
    return {key["AttributeName"] for holder in holders for key in holder["KeySchema"]}
