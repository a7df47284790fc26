# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports to S3 and imports from it as AWS does them; moto's lack most of what a runbook goes by.

moto writes no manifest, counts bytes wrongly, knows neither client tokens nor times, has no ListImports, lets an import
replace a table that exists, stops at the first line that is not JSON, and answers HTTP 500 to an ARN that it does not
know. What is not reproduced (incremental and filtered exports, Ion, ZSTD) is refused, since moto keeps no history.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import (
    DynamodbException,
    MockValidationException,
    PointInTimeRecoveryUnavailable,
    ResourceInUseException,
    TableNotFoundException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from scripts.emulator import s3_transfer
from scripts.emulator.s3_transfer import TransferError

Function = Callable[..., Any]
Body = Mapping[str, Any]
TOKEN_SECONDS = 8 * 3600
PAGE = 25
ERRORS = "com.amazonaws.dynamodb.v20120810#"
BAD_ITEMS = (
    "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more "
    "details."
)


@dataclass
class Job:
    """An export or an import. It is done when it is asked for; the first look after that sees it ended."""

    kind: str
    shown: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return str(self.shown[f"{self.kind}Arn"])

    def end(self, **result: Any) -> None:
        self.result = {"EndTime": time.time(), **result}

    def look(self) -> dict[str, Any]:
        """How it is now; at the next look it is over."""
        now = dict(self.shown)
        self.shown.update(self.result)
        return now


def new_id() -> str:
    return f"{int(time.time() * 1000):014d}-{uuid.uuid4().hex[:8]}"


def refused(code: str, text: str) -> DynamodbException:
    return DynamodbException(f"{ERRORS}{code}", text)


def _asked_before(jobs: Mapping[str, Job], body: Body, conflict: str) -> Job | None:
    """What was begun with the same token."""
    token = body.get("ClientToken")
    for job in jobs.values():
        if token and job.shown["ClientToken"] == token and time.time() < job.shown["StartTime"] + TOKEN_SECONDS:
            if job.shown.get("Asked") != _comparable(body):
                raise refused(f"{conflict}ConflictException", _conflicting(conflict))
            return job
    return None


def _conflicting(kind: str) -> str:
    return f"{kind} conflict: Duplicate request detected with conflicting parameters"


def _comparable(body: Body) -> str:
    return json.dumps(body, sort_keys=True, default=str)


def _seconds(value: Any) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else value


def _page(shown: Sequence[dict[str, Any]], start: str | None, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """One page, and the token of the next; AWS's tokens have 112 characters and more."""
    first = int(start, 16) if start else 0
    more = f"{first + size:0112x}" if len(shown) > first + size else None
    return list(shown[first : first + size]), more


# --- exports ---------------------------------------------------------------------------------------------------------


def _export(original: Function) -> Function:
    def export_table_to_point_in_time(self: DynamoHandler) -> ActionResult:
        body, backend = self.body, self.dynamodb_backend
        jobs: dict[str, Any] = backend.table_exports
        job = _asked_before(jobs, body, "Export")
        if job is None:
            job = _new_export(backend, body)
            jobs[job.arn] = job
        return ActionResult({"ExportDescription": job.look()})

    return export_table_to_point_in_time


def _new_export(backend: DynamoDBBackend, body: Body) -> Job:
    table = _exported_table(backend, body["TableArn"])
    _check_export(body, table)
    now = time.time()
    arn = f"{table.table_arn}/export/{new_id()}"
    kept = {name: value for name, value in body.items() if name.startswith(("S3", "Export", "ClientToken"))}
    shown = {
        "ExportFormat": "DYNAMODB_JSON",
        **kept,
        "ExportArn": arn,
        "ExportStatus": "IN_PROGRESS",
        "StartTime": now,
        "TableArn": table.table_arn,
        "TableId": getattr(table, "table_id", ""),
        "ExportTime": _seconds(body.get("ExportTime")) or now,
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "Asked": _comparable(body),
    }
    # AWS does not show the type of a full export.
    shown.pop("ExportType", None)
    job = Job("Export", shown)
    try:
        s3 = s3_transfer.s3_of(backend.account_id, body.get("S3BucketOwner"), body["S3Bucket"])
        s3_transfer.check_key(backend.account_id, backend.region_name, body.get("S3SseKmsKeyId"))
        written = s3_transfer.write_export(s3, shown, s3_transfer.items_of(table))
    except TransferError as error:
        job.end(ExportStatus="FAILED", FailureCode=error.code, FailureMessage=error.text)
    else:
        job.end(
            ExportStatus="COMPLETED",
            ExportManifest=written.manifest,
            ItemCount=written.items,
            BilledSizeBytes=written.size,
        )
    return job


def _exported_table(backend: DynamoDBBackend, arn: str) -> Table:
    for table in list(backend.tables.values()):
        if table.table_arn == arn:
            return table
    raise TableNotFoundException(name=arn)


def _check_export(body: Body, table: Table) -> None:
    if body.get("ExportType") == "INCREMENTAL_EXPORT" or body.get("IncrementalExportSpecification"):
        raise MockValidationException("The emulator keeps no history: it has no incremental exports")
    if body.get("FilterSpecification") or body.get("ExportFormat") == "ION":
        raise MockValidationException("The emulator exports all items, as DYNAMODB_JSON: it has no filter and no Ion")
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"]
    if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
        raise PointInTimeRecoveryUnavailable(name=table.name)
    wanted = _seconds(body.get("ExportTime"))
    earliest = _seconds(recovery["EarliestRestorableDateTime"])
    if wanted is not None and not (earliest or 0) - 1 <= wanted <= time.time() + 1:
        raise refused("InvalidExportTimeException", "Export Time is invalid")


def _describe_export(original: Function) -> Function:
    def describe_export(self: DynamoHandler) -> ActionResult:
        job: Any = self.dynamodb_backend.table_exports.get(self.body["ExportArn"])
        if job is None:
            raise refused("ExportNotFoundException", f"Export not found: {self.body['ExportArn']}")
        return ActionResult({"ExportDescription": job.look()})

    return describe_export


def _list_exports(original: Function) -> Function:
    """Without a table, those of all; of a table that was deleted, none."""

    def list_exports(self: DynamoHandler) -> ActionResult:
        backend, arn = self.dynamodb_backend, self.body.get("TableArn")
        tables: dict[str, Any] = {table.table_arn: table for table in backend.tables.values()}
        jobs: list[Any] = list(backend.table_exports.values())
        if arn:
            now = getattr(tables.get(arn), "table_id", None)
            jobs = [job for job in jobs if job.shown["TableArn"] == arn and job.shown["TableId"] == now]
        shown = [{name: job.shown[name] for name in ("ExportArn", "ExportStatus")} for job in jobs]
        page, more = _page(shown, self.body.get("NextToken"), self.body.get("MaxResults") or PAGE)
        return ActionResult({"ExportSummaries": page, "NextToken": more})

    return list_exports


# --- imports ---------------------------------------------------------------------------------------------------------


def _import(original: Function) -> Function:
    def import_table(self: DynamoHandler) -> ActionResult:
        jobs: dict[str, Any] = self.dynamodb_backend.table_imports
        job = _asked_before(jobs, self.body, "Import")
        if job is None:
            job = _new_import(self, self.body)
            jobs[job.arn] = job
        return ActionResult({"ImportTableDescription": job.look()})

    return import_table


def _new_import(handler: DynamoHandler, body: Body) -> Job:
    if body["InputFormat"] == "ION" or body.get("InputCompressionType") == "ZSTD":
        raise MockValidationException("The emulator imports DYNAMODB_JSON and CSV, plain or as GZIP")
    backend, wanted = handler.dynamodb_backend, body["TableCreationParameters"]
    name = wanted["TableName"]
    if name in backend.tables:
        raise ResourceInUseException(f"Table already exists: {name}")
    account, region = backend.account_id, backend.region_name
    arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    shown = {
        "InputCompressionType": "NONE",
        **body,
        "ImportArn": f"{arn}/import/{new_id()}",
        "ImportStatus": "IN_PROGRESS",
        "TableArn": arn,
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "CloudWatchLogGroupArn": f"arn:aws:logs:{region}:{account}:log-group:/aws-dynamodb/imports:*",
        "StartTime": time.time(),
        "Asked": _comparable(body),
    }
    job = Job("Import", shown)
    source = body["S3BucketSource"]
    try:
        s3 = s3_transfer.s3_of(account, source.get("S3BucketOwner"), source["S3Bucket"])
        _create(handler, wanted)
        shown["TableId"] = getattr(backend.get_table(name), "table_id", "")
        counts = s3_transfer.read_import(s3, body, backend.get_table(name))
    except TransferError as error:
        job.end(ImportStatus="FAILED", FailureCode=error.code, FailureMessage=error.text)
        return job
    bad = {"ImportStatus": "FAILED", "FailureCode": "ItemValidationError", "FailureMessage": BAD_ITEMS}
    job.end(
        **(bad if counts.bad else {"ImportStatus": "COMPLETED"}),
        ProcessedItemCount=counts.read,
        ImportedItemCount=counts.written,
        ErrorCount=counts.bad,
        ProcessedSizeBytes=counts.size,
    )
    return job


def _create(handler: DynamoHandler, wanted: Mapping[str, Any]) -> None:
    """The table as CreateTable makes it."""
    whole = handler.body
    handler.body = dict(wanted)
    try:
        handler.create_table()
    finally:
        handler.body = whole


def _describe_import(original: Function) -> Function:
    def describe_import(self: DynamoHandler) -> ActionResult:
        job: Any = self.dynamodb_backend.table_imports.get(self.body["ImportArn"])
        if job is None:
            raise refused("ImportNotFoundException", f"Import not found: {self.body['ImportArn']}")
        return ActionResult({"ImportTableDescription": job.look()})

    return describe_import


SUMMARY = (
    "ImportArn",
    "ImportStatus",
    "TableArn",
    "S3BucketSource",
    "CloudWatchLogGroupArn",
    "InputFormat",
    "StartTime",
    "EndTime",
)


def list_imports(self: DynamoHandler) -> ActionResult:
    """What moto lacks altogether."""
    arn = self.body.get("TableArn")
    jobs: list[Any] = list(self.dynamodb_backend.table_imports.values())
    jobs = [job for job in reversed(jobs) if arn in (None, job.shown["TableArn"])]
    shown = [{name: job.shown[name] for name in SUMMARY if name in job.shown} for job in jobs]
    page, more = _page(shown, self.body.get("NextToken"), self.body.get("PageSize") or PAGE)
    return ActionResult({"ImportSummaryList": page, "NextToken": more})


CORRECTIONS: tuple[tuple[type, str, Callable[[Function], Function]], ...] = (
    (DynamoHandler, "export_table_to_point_in_time", _export),
    (DynamoHandler, "describe_export", _describe_export),
    (DynamoHandler, "list_exports", _list_exports),
    (DynamoHandler, "import_table", _import),
    (DynamoHandler, "describe_import", _describe_import),
)
ADDITIONS: tuple[tuple[type, str, Function], ...] = ((DynamoHandler, "list_imports", list_imports),)
