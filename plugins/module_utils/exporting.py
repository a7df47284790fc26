# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports tables to S3: looks what is there, asks for what is missing, waits, and tells what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from . import exports
from .aws import Aws, Patience
from .converge import Run
from .entry import AwsModule
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError
from .export_plan import Plan, known, plan_exports
from .exports import Export, Order, Recovery, Window
from .job_lists import list_exports
from .state import Read
from .steps import Refusal
from .transfer import FAILED, ExportOver, Failure, JobFailedError, Place, described, failure, unsure

REMEDIES = {
    "S3NoSuchBucket": "Make the bucket, or correct its name",
    "S3AccessDenied": "Let these credentials write there: their policy, and the bucket's where it is another account's",
    "KmsNotFoundException": "Correct the key: it must exist in the bucket's region",
}


@dataclass(frozen=True)
class Exported:
    """What came of one table.

    name: its name. exports: those that are what was asked for. changed: whether any was asked for, or would be.
    windows: those that were missing. note: why nothing was. pending: what is left to AWS. error: why it failed.
    """

    name: str
    exports: tuple[Export, ...] = ()
    changed: bool = False
    windows: tuple[Window | None, ...] = ()
    note: str = ""
    pending: tuple[str, ...] = ()
    error: Failure | None = None

    def lines(self, order: Order, region: str, check: bool) -> list[str]:
        """For people."""
        whole = "a full export" if order.type == exports.FULL else "an incremental export"
        done = "would be exported" if check else "exported"
        heading = "failed" if self.error else done if self.changed else "nothing to do"
        lines = [f"{self.name} ({region}): {heading}, {whole} to {order.place}"]
        if check:
            lines += [f"  + {f'changes {window}' if window else 'all items'}" for window in self.windows]
        lines += [f"    {export}" for export in self.exports]
        lines += [f"  . {self.note}"] if self.note else []
        return lines + [f"  > pending: {each}" for each in self.pending]

    def result(self, order: Order, region: str, check: bool) -> dict[str, Any]:
        """As the module returns it."""
        shown = {
            "name": self.name,
            "changed": self.changed,
            "exports": [export.result() for export in self.exports],
            "text": "\n".join(self.lines(order, region, check)),
            "pending": list(self.pending),
        }
        if self.error:
            shown.update(failed=True, msg=f"{self.name}: {self.error}", failure=failure(self.error))
        return shown


def export_table(name: str, order: Order, aws: Aws, run: Run) -> Exported:
    """Exports one table. Never raises for what AWS says: that is in the outcome."""
    try:
        _check_filter(order, aws)
        table = _table(name, aws)
        arns, plan = _plan(name, table, order, aws, run)
    except (AwsError, WaitTimeoutError, StuckError, RefusedError) as error:
        return Exported(name, error=error)
    if plan.first and not run.check:
        pending = tuple(f"the export {export.id} of {name} is {export.status}" for export in plan.first)
        return Exported(name, plan.first, pending=pending)
    outcome = Exported(name, plan.standing + plan.first, bool(plan.windows), plan.windows, plan.note)
    return outcome if run.check else _carry_out(outcome, table, order, arns, aws, run.patience)


def _check_filter(order: Order, aws: Aws) -> None:
    if order.filter and not aws.knows("ExportTableToPointInTime", "FilterSpecification"):
        reason = "this boto3 does not know the filter of an export"
        raise RefusedError((Refusal("filter", reason, "Update boto3 and botocore, or export without a filter"),))


def _table(name: str, aws: Aws) -> dict[str, Any]:
    answer = aws.read(Read("DescribeTable", {"TableName": name}))
    if answer is None:
        reason = f"the table {name} does not exist"
        raise RefusedError((Refusal("table", reason, "Correct the name, or the region"),))
    return dict(answer["Table"])


def _plan(name: str, table: dict[str, Any], order: Order, aws: Aws, run: Run) -> tuple[list[str], Plan]:
    """What AWS knows and what is missing; an export that has to end first is waited for where anything is."""
    for attempt in ("first", "again"):
        backups = aws.read(Read("DescribeContinuousBackups", {"TableName": name}))
        arns = [each["ExportArn"] for each in list_exports(aws, table["TableArn"])]
        now = aws.clock.today()
        found = known(arns, lambda arn: _of_table(read_export(arn, aws), table), order, now)
        plan = plan_exports(name, order, found, Recovery.of(backups), now)
        if not plan.first or run.check or attempt == "again":
            break
        if aws.unmet([ExportOver(name, export.arn) for export in plan.first], run.patience):
            break
    return arns, plan


def _of_table(export: Export | None, table: dict[str, Any]) -> Export | None:
    """The export, unless it is one of an earlier table of this name."""
    another = export and export.table_id and table.get("TableId") and export.table_id != table["TableId"]
    return None if another else export


def read_export(arn: str, aws: Aws) -> Export | None:
    """One export; C(None) where AWS does not know it. Raises AwsError."""
    shown = described(aws.read(Read("DescribeExport", {"ExportArn": arn})), "ExportDescription")
    return Export.of(shown) if shown else None


def _carry_out(
    outcome: Exported, table: dict[str, Any], order: Order, arns: Sequence[str], aws: Aws, patience: Patience
) -> Exported:
    newest = (exports.newest_first(arns) or [""])[0]
    begun = list(outcome.exports)
    try:
        for window in outcome.windows:
            answer = aws.repeat("ExportTableToPointInTime", exports.call(order, table, window, newest), patience)
            begun.append(Export.of(answer["ExportDescription"]))
    except AwsError as error:
        changed = len(begun) > len(outcome.exports) or error.lost
        return replace(outcome, exports=tuple(begun), changed=changed, error=unsure(error))
    return _wait(replace(outcome, exports=tuple(begun)), aws, patience)


def _wait(outcome: Exported, aws: Aws, patience: Patience) -> Exported:
    ended: list[Export] = []
    pending: list[str] = []
    for export in outcome.exports:
        try:
            going_on = aws.unmet((ExportOver(outcome.name, export.arn),), patience)
            ended.append(read_export(export.arn, aws) or export)
        except (AwsError, WaitTimeoutError) as error:
            left = outcome.exports[len(ended) :]
            return replace(outcome, exports=(*ended, *left), pending=tuple(pending), error=error)
        pending += [going_on] if going_on else []
    outcome = replace(outcome, exports=tuple(ended), pending=tuple(pending))
    failed = [export for export in ended if export.status == FAILED]
    return replace(outcome, error=_failed(outcome.name, failed[0])) if failed else outcome


def _failed(name: str, export: Export) -> JobFailedError:
    remedy = REMEDIES.get(export.code, "Put right what AWS says")
    text = f"the export {export.id} to {export.place} failed: {export.code}: {export.text}"
    return JobFailedError(export.code, export.text, f"{text}. {remedy}, and run it again: a new export is made then")


def end_exports(module: AwsModule, outcomes: Sequence[Exported], order: Order, region: str) -> NoReturn:
    """Ends the module: every table's result is listed, and failed ones named."""
    check = module.check_mode
    results = [outcome.result(order, region, check) for outcome in outcomes]
    result = {
        "changed": any(outcome.changed for outcome in outcomes),
        "results": results,
        "text": "\n".join(each["text"] for each in results),
        "pending": [f"{outcome.name}: {pending}" for outcome in outcomes for pending in outcome.pending],
    }
    failed = [each["msg"] for each in results if each.get("failed")]
    if failed:
        listing = "\n".join(f"- {line}" for line in failed)
        module.fail_json(msg=f"{len(failed)} of {len(results)} exports failed:\n{listing}", **result)
    module.exit_json(**result)


def last_exports(aws: Aws, table: str | None, newest: int) -> list[Export]:
    """The last exports of a table, or of all tables of the region, the last one first. Raises AwsError."""
    table_arn = ""
    if table:
        answer = aws.read(Read("DescribeTable", {"TableName": table}))
        if answer is None:
            return []
        table_arn = answer["Table"]["TableArn"]
    arns = [each["ExportArn"] for each in list_exports(aws, table_arn)]
    arns.sort(key=lambda arn: arn.rpartition("/")[2], reverse=True)
    found = [read_export(arn, aws) for arn in arns[:newest]]
    return [export for export in found if export]


def place_of(bucket: str, prefix: str | None, owner: str | None) -> Place:
    """A place out of the modules' options."""
    return Place(bucket, (prefix or "").strip("/"), owner or "")
