# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and restores as AWS does them.

moto restores without billing mode, on-demand limits and encryption, ignores every override, does not look whether
point-in-time recovery is on, restores from no other region, shows a RestoreSummary for ever, and lists backups without
their table's id, whatever type and time is asked for. What it has no history for stays so: a restore to a point in time
gives the items as they are now.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import unix_time
from moto.dynamodb.exceptions import (
    DynamodbException,
    MockValidationException,
    PointInTimeRecoveryUnavailable,
    ResourceNotFoundException,
    TableAlreadyExistsException,
    TableNotFoundException,
)
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Backup, RestoredPITTable, RestoredTable, Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

Function = Callable[..., Any]
Body = Mapping[str, Any]
# A table or an index of moto with the attributes that the corrections add; moto's own types do not know them.
Corrected = Any
# moto's own types say that these cannot be made.
FROM_BACKUP: Any = RestoredTable
TO_TIME: Any = RestoredPITTable
ERRORS = "com.amazonaws.dynamodb.v20120810#"
ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
NOT_AN_INDEX = (
    "Invalid Request: Index {} does not match a secondary index that existed in the source table and cannot be created "
    "during the restore operation"
)
PAGE = 100


# --- what a restored table is ----------------------------------------------------------------------------------------


def _restored_init(original: Function) -> Function:
    """A restore keeps billing mode, on-demand limits and encryption."""

    def init(self: Corrected, name: str, account_id: str, region: str, backup: Backup) -> None:
        original(self, name, account_id, region, backup)
        _keep(self, backup.table)

    return init


def _restored_to_time_init(original: Function) -> Function:
    def init(self: Corrected, name: str, account_id: str, region: str, source: Table) -> None:
        original(self, name, account_id, region, source)
        _keep(self, source)

    return init


def _keep(table: Corrected, source: Corrected) -> None:
    table.billing_mode = source.billing_mode
    table.sse_specification = copy.deepcopy(source.sse_specification)
    table.on_demand_throughput = dict(source.on_demand_throughput)


def _restored_describe(original: Function) -> Function:
    """AWS shows a RestoreSummary only while the table is being restored."""

    def describe(self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        described: dict[str, Any] = original(self, base_key=base_key)
        described[base_key].pop("RestoreSummary", None)
        return described

    return describe


# --- restores --------------------------------------------------------------------------------------------------------


def _from_backup(original: Function) -> Function:
    """Overrides are checked and applied; the backup may be of another region."""

    def restore_table_from_backup(self: DynamoHandler) -> ActionResult:
        backend = self.dynamodb_backend
        arn, name = self.body["BackupArn"], self.body["TargetTableName"]
        home = dynamodb_backends[backend.account_id][_region(arn)] if _region(arn) else backend
        backup = home.get_backup(arn)
        _check_target(backend, name)
        source = backup.table
        _check_overrides(source, self.body, home is not backend)
        table = FROM_BACKUP(name, account_id=backend.account_id, region=backend.region_name, backup=backup)
        return _put(backend, table, source, self.body)

    return restore_table_from_backup


def _to_time(original: Function) -> Function:
    """AWS looks at point-in-time recovery first, then at the time, then at the target; the source may be elsewhere."""

    def restore_table_to_point_in_time(self: DynamoHandler) -> ActionResult:
        backend, body = self.dynamodb_backend, self.body
        wanted = body.get("SourceTableArn") or body.get("SourceTableName") or ""
        home = dynamodb_backends[backend.account_id][_region(wanted)] if _region(wanted) else backend
        source_name = wanted.rpartition("/")[2] if wanted.startswith("arn:") else wanted
        _check_one_time(body)
        try:
            source = home.get_table(source_name)
        except ResourceNotFoundException:
            raise TableNotFoundException(source_name) from None
        _check_time(home, source, body)
        _check_target(backend, body["TargetTableName"])
        _check_overrides(source, body, home is not backend)
        table = TO_TIME(
            body["TargetTableName"], account_id=backend.account_id, region=backend.region_name, source=source
        )
        return _put(backend, table, source, body)

    return restore_table_to_point_in_time


def _region(arn: str) -> str:
    return arn.split(":")[3] if arn.startswith("arn:") else ""


def _check_target(backend: DynamoDBBackend, name: str) -> None:
    if name in backend.tables:
        raise TableAlreadyExistsException(name)


def _check_one_time(body: Body) -> None:
    given = bool(body.get("RestoreDateTime")), bool(body.get("UseLatestRestorableTime"))
    if given == (True, True):
        raise MockValidationException(
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set at the same time"
        )
    if given == (False, False):
        raise MockValidationException(
            "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
        )


def _check_time(backend: DynamoDBBackend, source: Table, body: Body) -> None:
    window = backend.describe_continuous_backups(source.name)["PointInTimeRecoveryDescription"]
    if window["PointInTimeRecoveryStatus"] != "ENABLED":
        raise PointInTimeRecoveryUnavailable(name=source.name)
    wanted = _seconds(body["RestoreDateTime"]) if body.get("RestoreDateTime") else None
    earliest, latest = window["EarliestRestorableDateTime"], window["LatestRestorableDateTime"]
    # Whole seconds: that is what AWS restores to.
    if wanted is not None and not int(earliest) <= wanted <= latest:
        raise DynamodbException(
            f"{ERRORS}InvalidRestoreTimeException",
            f"RestoreDateTime '{_shown(wanted)}' must be within EarliestRestorableDateTime '{_shown(earliest)}' and "
            f"LatestRestorableDateTime '{_shown(latest)}'",
        )


def _seconds(moment: float | datetime) -> float:
    """A time as moto hands it on: parsed, and without a zone."""
    if not isinstance(moment, datetime):
        return moment
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _shown(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _check_overrides(source: Table, body: Body, elsewhere: bool) -> None:
    mode, units = body.get("BillingModeOverride"), body.get("ProvisionedThroughputOverride")
    if elsewhere and not body.get("SSESpecificationOverride"):
        raise MockValidationException("sseSpecificationOverride must be specified for cross-region restore")
    if mode == PROVISIONED and not units:
        raise MockValidationException("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
    if mode == ON_DEMAND and units:
        raise MockValidationException(
            "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"
        )
    for override, indexes in (
        ("GlobalSecondaryIndexOverride", source.global_indexes),
        ("LocalSecondaryIndexOverride", source.indexes),
    ):
        for wanted in body.get(override) or ():
            if _match(indexes, wanted) is None:
                raise MockValidationException(NOT_AN_INDEX.format(wanted["IndexName"]))
    if mode == PROVISIONED:
        given = body.get("GlobalSecondaryIndexOverride")
        for name in [each["IndexName"] for each in given or () if not each.get("ProvisionedThroughput")] + [
            index.name for index in source.global_indexes if given is None
        ]:
            raise MockValidationException(f"Must specify provisioned throughput for index {name}")


def _match(indexes: Sequence[Corrected], wanted: Body) -> Corrected | None:
    """An override may rename an index; keys and projection must be those of the source."""

    def same(index: Corrected) -> bool:
        return bool(index.schema == wanted["KeySchema"] and _shape(index.projection) == _shape(wanted["Projection"]))

    return next(filter(same, indexes), None)


def _shape(projection: Body) -> tuple[str, list[str]]:
    return projection["ProjectionType"], sorted(projection.get("NonKeyAttributes") or ())


def _put(backend: DynamoDBBackend, table: Corrected, source: Corrected, body: Body) -> ActionResult:
    """The overrides, and the table among the others."""
    # Those corrections name these, so they are not there yet when this file is read.
    from scripts.emulator.corrections import _encryption, _limits, _used_attributes, _warm, _warm_floor

    for override, attribute in (
        ("GlobalSecondaryIndexOverride", "global_indexes"),
        ("LocalSecondaryIndexOverride", "indexes"),
    ):
        if override in body:
            kept = [(wanted, _match(getattr(source, attribute), wanted)) for wanted in body[override]]
            setattr(table, attribute, [_renamed(index, wanted) for wanted, index in kept])
    table.attr = _used_attributes(table, [])
    mode = body.get("BillingModeOverride")
    if mode == ON_DEMAND:
        for each in (table, *table.global_indexes):
            each.throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    elif mode == PROVISIONED:
        table.on_demand_throughput = {}
    table.billing_mode = mode or table.billing_mode
    units = body.get("ProvisionedThroughputOverride")
    table.throughput = {**(units or table.throughput), "NumberOfDecreasesToday": 0}
    table.warm_throughput = _warm(table.warm_throughput, _warm_floor(table.throughput))
    table.on_demand_throughput = _limits(table.on_demand_throughput, body.get("OnDemandThroughputOverride", {}))
    if body.get("SSESpecificationOverride"):
        table.sse_specification = _encryption(table, body["SSESpecificationOverride"])
    backend.tables[table.name] = table
    return DynamoResult(table.describe())


def _renamed(index: Corrected, wanted: Body) -> Corrected:
    renamed = copy.deepcopy(index)
    renamed.name = wanted["IndexName"]
    if wanted.get("ProvisionedThroughput"):
        renamed.throughput = dict(wanted["ProvisionedThroughput"])
    return renamed


# --- backups ---------------------------------------------------------------------------------------------------------


def _list_backups(original: Function) -> Function:
    """moto leaves type, times and pages out of account, and of which table of that name a backup is."""

    def list_backups(self: DynamoHandler) -> ActionResult:
        body = self.body
        kind = body.get("BackupType") or "USER"
        low = _seconds(body.get("TimeRangeLowerBound", 0.0))
        high = _seconds(body.get("TimeRangeUpperBound", float("inf")))
        found = [
            backup
            for backup in self.dynamodb_backend.list_backups(body.get("TableName"))
            if kind in (backup.type, "ALL") and low <= unix_time(backup.creation_date_time) < high
        ]
        found.sort(key=lambda backup: backup.arn)
        found = [backup for backup in found if backup.arn > (body.get("ExclusiveStartBackupArn") or "")]
        page = found[: body.get("Limit") or PAGE]
        shown: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in page]}
        if len(found) > len(page):
            shown["LastEvaluatedBackupArn"] = page[-1].arn
        return DynamoResult(shown)

    return list_backups


def _summary(backup: Backup) -> dict[str, Any]:
    table: Corrected = backup.table
    return {**backup.summary, "TableId": table.table_id}


def _describe_backup(original: Function) -> Function:
    """moto leaves out what the table had beside its keys."""

    def describe_backup(self: DynamoHandler) -> ActionResult:
        backup = self.dynamodb_backend.get_backup(self.body["BackupArn"])
        table: Corrected = backup.table
        source = {**backup.description["SourceTableDetails"], "BillingMode": table.billing_mode or PROVISIONED}
        features: dict[str, Any] = {}
        for name, indexes in (
            ("GlobalSecondaryIndexes", table.global_indexes),
            ("LocalSecondaryIndexes", table.indexes),
        ):
            if indexes:
                features[name] = [index.describe() for index in indexes]
        return DynamoResult(
            {
                "BackupDescription": {
                    "BackupDetails": backup.details,
                    "SourceTableDetails": {**source, "TableId": table.table_id},
                    "SourceTableFeatureDetails": features,
                }
            }
        )

    return describe_backup


def _describe_continuous_backups(original: Function) -> Function:
    """The latest time that can be restored goes with the clock; moto leaves it where it was when PITR was turned on."""

    def describe_continuous_backups(self: DynamoDBBackend, table_name: str) -> dict[str, Any]:
        shown: dict[str, Any] = copy.deepcopy(original(self, table_name))
        window = shown["PointInTimeRecoveryDescription"]
        if "LatestRestorableDateTime" in window:
            window["LatestRestorableDateTime"] = unix_time()
        return shown

    return describe_continuous_backups


CORRECTIONS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (RestoredTable, "__init__", _restored_init),
    (RestoredTable, "describe", _restored_describe),
    (RestoredPITTable, "__init__", _restored_to_time_init),
    (RestoredPITTable, "describe", _restored_describe),
    (DynamoHandler, "restore_table_from_backup", _from_backup),
    (DynamoHandler, "restore_table_to_point_in_time", _to_time),
    (DynamoHandler, "list_backups", _list_backups),
    (DynamoHandler, "describe_backup", _describe_backup),
    (DynamoDBBackend, "describe_continuous_backups", _describe_continuous_backups),
)
