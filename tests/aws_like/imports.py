# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ImportTable, DescribeImport, ListImports: the table comes half a minute later, and the name is taken only then."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from .create_rules import check_create
from .errors import ServiceError, being_created, limit
from .jobs import Job, TransferFailed, comparable, find, job_id, page, same_token
from .lifecycle import come_into_being, new_table, table_exists
from .names import table_name
from .profiles import DAY
from .table_state import Running
from .world import Body, Call

AT_ONCE = 50
KEPT_DAYS = 90
BAD_ITEMS = (
    "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more "
    "details."
)
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


def import_table(call: Call) -> Body:
    body, region = call.body, call.region
    wanted = body["TableCreationParameters"]
    name = table_name(region, wanted["TableName"])
    job = same_token(region.imports, body, call.now, call.world.windows().token)
    if job:
        # Another name is a conflict; another prefix is silently the same import (measured).
        if job.shown["TableCreationParameters"]["TableName"] != name:
            text = "Import conflict: Duplicate request detected with conflicting parameters"
            raise ServiceError("ImportConflictException", text)
        return {"ImportTableDescription": dict(job.shown)}
    check_create(wanted)
    existing = region.tables.get(name)
    if existing:
        raise being_created(name) if existing.running(Running.CREATE) else table_exists(name)
    if sum(each.shown["ImportStatus"] == "IN_PROGRESS" for each in region.imports) >= AT_ONCE:
        raise limit(f"Only {AT_ONCE} import operations can be done simultaneously")
    region.limits.take_mutation(call.world.settings, call.now)
    job = _begin(call, name)
    region.imports.append(job)
    return {"ImportTableDescription": dict(job.shown)}


def _begin(call: Call, name: str) -> Job:
    body, world, region = call.body, call.world, call.region
    arn = region.table_arn(name)
    shown: dict[str, Any] = {
        "InputCompressionType": "NONE",
        **body,
        "ImportArn": f"{arn}/import/{job_id(call.now)}",
        "ImportStatus": "IN_PROGRESS",
        "TableArn": arn,
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "CloudWatchLogGroupArn": f"arn:aws:logs:{region.name}:{region.account}:log-group:/aws-dynamodb/imports:*",
        "StartTime": call.now,
    }
    job = Job(shown, comparable(body), call.now)
    try:
        world.store.check_bucket(region.account, region.name, body["S3BucketSource"])
    except TransferFailed as error:
        failed = error
        world.schedule(call.now + world.duration("transfer_failing"), lambda due: _fail(job, failed, due))
        return job
    visible = call.now + world.duration("import_visible")
    world.schedule(visible, lambda due: _appear(replace(call, now=due), name, job))
    return job


def _fail(job: Job, failed: TransferFailed, due: float) -> None:
    job.shown.update(ImportStatus="FAILED", EndTime=due, FailureCode=failed.code, FailureMessage=failed.text)


def _appear(call: Call, name: str, job: Job) -> None:
    """The table comes into being, unless somebody was faster."""
    world, region, body = call.world, call.region, call.body
    if name in region.tables:
        _fail(job, TransferFailed("TableAlreadyExists", f"Table already exists: {name}"), call.now)
        return
    creation = replace(call, body=body["TableCreationParameters"])
    table = new_table(creation, name)
    world.store.create(region.account, region.name, table)
    region.tables[name] = table
    job.shown["TableId"] = table.id
    seconds = world.duration("import_active") - world.duration("import_visible")
    come_into_being(creation, table, max(0.0, seconds))
    try:
        counts = world.store.read_import(region.account, region.name, name, body)
    except TransferFailed as error:
        failed = error
        world.schedule(call.now + seconds, lambda due: _fail(job, failed, due))
        return

    def end(due: float) -> None:
        bad = {"ImportStatus": "FAILED", "FailureCode": "ItemValidationError", "FailureMessage": BAD_ITEMS}
        job.shown.update(bad if counts["ErrorCount"] else {"ImportStatus": "COMPLETED"}, EndTime=due, **counts)

    world.schedule(call.now + seconds + world.duration("import_completed"), end)


def describe_import(call: Call) -> Body:
    return {"ImportTableDescription": dict(find(_kept(call), "Import", call.body["ImportArn"]).shown)}


def list_imports(call: Call) -> Body:
    arn = call.body.get("TableArn")
    found = [job for job in reversed(_kept(call)) if arn in (None, job.shown["TableArn"])]
    shown = [{name: job.shown[name] for name in SUMMARY if name in job.shown} for job in found]
    entries, more = page(shown, call.body.get("NextToken"), call.body.get("PageSize"))
    return {"ImportSummaryList": entries, **more}


def _kept(call: Call) -> list[Job]:
    return [job for job in call.region.imports if call.now < job.started + KEPT_DAYS * DAY]
