# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ExportTableToPointInTime, DescribeExport, ListExports.

A full export holds the items of the moment it is asked for, whatever its ExportTime: no history is kept. An incremental
one holds nothing.
"""

from __future__ import annotations

import uuid
from typing import Any

from .errors import ServiceError, backed_up_table_missing, limit, validation
from .jobs import Job, TransferFailed, comparable, find, job_id, page, same_token
from .names import table_name
from .profiles import DAY
from .readiness import forgotten, hidden
from .table_state import Table
from .world import Body, Call

INCREMENTAL = "INCREMENTAL_EXPORT"
QUARTER = 15 * 60
AT_ONCE = 300
KEPT_DAYS = 90
PERIOD = "Difference between export period from time and export period to time is "


def export_table(call: Call) -> Body:
    body, jobs = call.body, call.region.exports
    _check_coupling(body)
    job = same_token(jobs, body, call.now, call.world.windows().token)
    if job:
        if job.asked != comparable(body):
            text = "Export conflict: Duplicate request detected with conflicting parameters"
            raise ServiceError("ExportConflictException", text)
        return {"ExportDescription": job.shown}
    table = _table(call)
    if table.recovery.since is None:
        text = f"Point in time recovery is not enabled for table '{table.name}'"
        raise ServiceError("PointInTimeRecoveryUnavailableException", text)
    _check_times(call, table)
    if sum(each.shown["ExportStatus"] == "IN_PROGRESS" for each in jobs) >= AT_ONCE:
        raise limit(f"Only {AT_ONCE} export operations can be done simultaneously")
    job = _begin(call, table)
    jobs.append(job)
    return {"ExportDescription": dict(job.shown)}


def _check_coupling(body: Body) -> None:
    about = body.get("IncrementalExportSpecification")
    if body.get("ExportType") == INCREMENTAL:
        if not (about or {}).get("ExportFromTime"):
            raise validation("Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification")
    elif about:
        raise validation(
            "Invalid Request: Export Type expected to be Incremental Export for IncrementalExportSpecification"
        )


def _table(call: Call) -> Table:
    arn = call.body["TableArn"]
    table = call.region.tables.get(table_name(call.region, arn))
    if table is None or hidden(table, call.now) or forgotten(table, call.now):
        raise backed_up_table_missing(arn)
    return table


def _check_times(call: Call, table: Table) -> None:
    body, now = call.body, call.now
    earliest = max(table.recovery.since or 0.0, now - table.recovery.days * DAY)
    about = body.get("IncrementalExportSpecification")
    if not about:
        if not earliest - 1 <= body.get("ExportTime", now) <= now:
            raise _invalid("Export Time is invalid")
        return
    begin, end = about["ExportFromTime"], about.get("ExportToTime", now)
    if begin < int(table.created):
        raise _invalid("Export period from time cannot be less than the table creation time")
    if end > now:
        raise _invalid("Export period to time cannot be greater than the current time")
    if end - begin < QUARTER:
        raise _invalid(f"{PERIOD}less than 15 minutes")
    if end - begin > DAY:
        raise _invalid(f"{PERIOD}greater than 24 hours")
    if begin < earliest - 1:
        raise _invalid("Export Time is invalid")


def _invalid(text: str) -> ServiceError:
    return ServiceError("InvalidExportTimeException", text)


def _begin(call: Call, table: Table) -> Job:
    body, world, region = call.body, call.world, call.region
    shown: dict[str, Any] = {
        "ExportFormat": "DYNAMODB_JSON",
        **body,
        "ExportArn": f"{table.arn}/export/{job_id(call.now)}",
        "ExportStatus": "IN_PROGRESS",
        "StartTime": call.now,
        "TableArn": table.arn,
        "TableId": table.id,
        "ExportTime": body.get("ExportTime", call.now),
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
    }
    incremental = body.get("ExportType") == INCREMENTAL
    if not incremental:
        # It is not shown of a full export (measured).
        shown.pop("ExportType", None)
    job = Job(shown, comparable(body), call.now)
    items = [] if incremental else world.store.items(region.account, region.name, table.name)
    try:
        world.store.check_bucket(region.account, region.name, body)
    except TransferFailed as failed:
        code, text = failed.code, failed.text

        def fail(due: float) -> None:
            shown.update(ExportStatus="FAILED", EndTime=due, FailureCode=code, FailureMessage=text)

        world.schedule(call.now + world.duration("transfer_failing"), fail)
        return job

    def complete(due: float) -> None:
        written = world.store.write_export(region.account, shown, items)
        shown.update(ExportStatus="COMPLETED", EndTime=due, **written)

    world.schedule(call.now + world.duration("export_items" if items else "export_empty"), complete)
    return job


def describe_export(call: Call) -> Body:
    return {"ExportDescription": dict(find(_kept(call), "Export", call.body["ExportArn"]).shown)}


def list_exports(call: Call) -> Body:
    """Of a table that is gone there are none."""
    found = _kept(call)
    if call.body.get("TableArn"):
        table = call.region.tables.get(table_name(call.region, call.body["TableArn"]))
        found = [job for job in found if table and job.shown["TableId"] == table.id]
    shown: list[Body] = [
        {name: job.shown[name] for name in ("ExportArn", "ExportStatus", "ExportType") if name in job.shown}
        for job in found
    ]
    entries, more = page(shown, call.body.get("NextToken"), call.body.get("MaxResults"))
    return {"ExportSummaries": entries, **more}


def _kept(call: Call) -> list[Job]:
    return [job for job in call.region.exports if call.now < job.started + KEPT_DAYS * DAY]
