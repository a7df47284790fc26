# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports a table from S3: the settings plan it as a table to be created, and AWS creates and fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from . import imports
from .aws import Aws, Patience
from .conditions import TableActive
from .converge import PREREQUISITE_PATIENCE, Run, observe
from .entry import AwsModule
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError
from .exporting import read_export
from .imports import IMPORTED, Import, Source
from .job_lists import list_imports
from .plan import Plan, plan_table
from .report import diff
from .spec import TableSpec
from .state import Read, TableState
from .steps import Refusal
from .transfer import Failure, ImportOver, described, failure, unsure


@dataclass(frozen=True)
class Imported:
    """What came of it.

    name: the table's. plan: how the table was to be created. job: the import. source: what is imported.
    changed: whether an import was begun, or would be. left: the settings of the definition that it does not make.
    """

    name: str
    plan: Plan
    source: Source
    job: Import | None = None
    changed: bool = False
    left: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    error: Failure | None = None

    def lines(self, region: str, check: bool) -> list[str]:
        """For people."""
        heading = "failed" if self.error else "unchanged, imported before"
        if self.changed and not self.error:
            heading = "would be imported" if check else "imported"
        lines = [f"{self.name} ({region}): {heading}, from {self.source.place}"]
        lines += [f"  {change.symbol} {change.label}  {change.summary}".rstrip() for change in self.plan.changes]
        lines += [f"    {self.job}"] if self.job else []
        lines += [f"  . not made by an import: {', '.join(self.left)}"] if self.left else []
        return lines + [f"  > pending: {each}" for each in self.pending]

    def result(self, region: str, check: bool) -> dict[str, Any]:
        """As the module returns it."""
        shown = {
            "name": self.name,
            "changed": self.changed,
            "job": self.job.result() if self.job else {},
            "left": list(self.left),
            "text": "\n".join(self.lines(region, check)),
            "pending": list(self.pending),
            "diff": diff(self.plan, region),
        }
        if self.error:
            shown.update(failed=True, msg=f"{self.name}: {self.error}", failure=failure(self.error))
        return shown


def find_source(export_arn: str, aws: Aws) -> Source:
    """The source that an export has written. Raises AwsError, RefusedError."""
    export = read_export(export_arn, aws)
    if export is None:
        reason = f"AWS does not know the export {export_arn}"
        raise RefusedError((Refusal("export_arn", reason, "Give bucket and prefix: it forgets exports after 90 days"),))
    return imports.source_of(export)


def import_table(spec: TableSpec, source: Source, aws: Aws, run: Run) -> Imported:
    """Imports one table. Never raises for what AWS says: that is in the outcome."""
    outcome = Imported(spec.name, Plan(spec.name), source, left=imports.left_over(spec))
    made = spec.only(IMPORTED)
    try:
        imports.refuse_impossible(spec)
        state = observe(made, aws)
        arns = imports.newest_of(spec.name, list_imports(aws))
        job = imports.standing(state.table, _last(arns, aws), source, spec.name)
        plan = outcome.plan if job else _plan(made, state, aws, run)
    except (AwsError, WaitTimeoutError, StuckError, RefusedError) as error:
        return replace(outcome, error=error)
    outcome = replace(outcome, plan=plan, job=job, changed=job is None)
    if run.check:
        return replace(outcome, error=imports.failed(spec.name, job) if job and job.broken else None)
    try:
        job = job or _begin(plan, source, arns[0] if arns else "", aws, run.patience)
    except AwsError as error:
        return replace(outcome, changed=error.lost, error=unsure(error))
    return _wait(replace(outcome, job=job), job, aws, run.patience)


def _last(arns: Sequence[str], aws: Aws) -> Import | None:
    for arn in arns:
        job = _read(arn, aws)
        if job and job.code != imports.LOST_THE_NAME:
            return job
    return None


def _read(arn: str, aws: Aws) -> Import | None:
    shown = described(aws.read(Read("DescribeImport", {"ImportArn": arn})), "ImportTableDescription")
    return Import.of(shown) if shown else None


def _plan(spec: TableSpec, state: TableState, aws: Aws, run: Run) -> Plan:
    """The plan that creates the table. Raises RefusedError."""
    plan = plan_table(spec, state)
    missing = [refusal.prerequisite for refusal in plan.refusals if refusal.prerequisite]
    if missing and not run.check and run.patience.wait:
        # What an earlier task made shows within seconds.
        try:
            aws.unmet(missing, PREREQUISITE_PATIENCE)
        except WaitTimeoutError as error:
            raise RefusedError(plan.refusals) from error
        plan = plan_table(spec, observe(spec, aws))
    refusals = tuple(refusal for refusal in plan.refusals if not (refusal.prerequisite and run.check))
    if refusals:
        raise RefusedError(refusals)
    return plan


def _begin(plan: Plan, source: Source, newest: str, aws: Aws, patience: Patience) -> Import:
    (create,) = plan.steps
    answer = aws.repeat("ImportTable", imports.call(create.arguments, source, newest), patience)
    return Import.of(answer["ImportTableDescription"])


def _wait(outcome: Imported, job: Import, aws: Aws, patience: Patience) -> Imported:
    try:
        going_on = aws.unmet((ImportOver(outcome.name, job.arn, outcome.source.items),), patience)
        job = _read(job.arn, aws) or job
        outcome = replace(outcome, job=job)
        if going_on:
            return replace(outcome, pending=(going_on,))
        if job.broken:
            return replace(outcome, error=imports.failed(outcome.name, job))
        going_on = aws.unmet((TableActive(outcome.name),), patience)
    except (AwsError, WaitTimeoutError, StuckError) as error:
        return replace(outcome, error=error)
    return replace(outcome, pending=(going_on,) if going_on else ())


def end_import(module: AwsModule, outcome: Imported, region: str) -> NoReturn:
    """Ends the module."""
    result = outcome.result(region, module.check_mode)
    if outcome.error:
        module.fail_json(**{name: value for name, value in result.items() if name != "failed"})
    module.exit_json(**result)
