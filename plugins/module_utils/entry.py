# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: building the AWS module, connecting, running many tables, and ending with a result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .arguments import DefinitionError, given
from .aws import Aws, Clock, Patience
from .backups import stamped
from .clients import Clients
from .converge import Outcome, Run, converge
from .errors import AwsError
from .items.journal import write_whole
from .progress import PROGRESS_OPTIONS, ProgressFile, progress_file
from .report import diff, report, result
from .spec import TableSpec, parse_table, parse_tables
from .text_many import failures_text, first_of, plan_text, settings_text, summary_text

Result = TypeVar("Result")

WAIT_OPTIONS: dict[str, Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
    **PROGRESS_OPTIONS,
}
DELETE_OPTIONS: dict[str, Any] = {
    "allow_delete": {"type": "bool", "default": False},
    "final_backup": {"type": "bool", "default": True},
}
# Permissions of a definition that may be given once for all tables of a run.
SHARED_OPTIONS: dict[str, Any] = {
    name: {"type": "bool", "default": False} for name in ("purge_indexes", "purge_tags", "allow_index_rebuild")
}
# How much a module for many tables returns.
RESULT_OPTIONS: dict[str, Any] = {"details": {"type": "bool", "default": False}, "report_file": {"type": "path"}}
DETAILS = ("table", "settings_text", "summary_text")


class AwsModule(Protocol):
    """What is used of an AnsibleAWSModule."""

    params: dict[str, Any]
    check_mode: bool
    _diff: bool

    def warn(self, warning: str) -> None:
        """Warns the user."""

    def exit_json(self, **result: Any) -> NoReturn:
        """Ends well."""

    def fail_json(self, **result: Any) -> NoReturn:
        """Ends badly."""


def module_options(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An argument spec for AnsibleModule without what is inside dictionaries and lists.

    AnsibleModule stops at its first mistake; the definition's own check tells all of them, each with its path.
    """
    return {name: {key: value for key, value in rule.items() if key != "options"} for name, rule in options.items()}


def new_module(options: Mapping[str, Any], **kwargs: Any) -> AwsModule:
    """An AWS module that knows check mode."""
    module: AwsModule = AnsibleAWSModule(argument_spec=dict(options), supports_check_mode=True, **kwargs)
    return module


def parse_or_fail(module: AwsModule, parse: Callable[[Any], Result], definition: Any) -> Result:
    """What C(parse) makes of a definition; ends the module with every mistake when it is wrong."""
    try:
        return parse(definition)
    except DefinitionError as error:
        count = len(error.problems)
        heading = "The definition is wrong" if count == 1 else f"The definition is wrong in {count} places"
        listed = "\n".join(f"- {problem}" for problem in error.problems)
        module.fail_json(msg=f"{heading}:\n{listed}", problems=list(error.problems))


def definition_of(module: AwsModule, options: Iterable[str]) -> dict[str, Any]:
    """The definition's part of the module's arguments."""
    return {name: value for name, value in given(module.params).items() if name in set(options)}


def tables_of(module: AwsModule) -> tuple[TableSpec, ...]:
    """The definitions of a module for many tables, each with what is permitted for all; no more than C(only) names."""
    shared = {name: module.params[name] for name in SHARED_OPTIONS}
    definitions = [{**shared, **definition} for definition in module.params["tables"]]
    specs = parse_or_fail(module, parse_tables, definitions)
    only = module.params["only"]
    return tuple(spec.only(only) for spec in specs) if only else specs


def connect(module: AwsModule, region: str = "") -> Aws:
    """AWS as the module's arguments and the environment say. region: another than theirs, to read there only."""
    own, endpoint, options = get_aws_connection_info(module)
    clients = Clients(endpoint or "", options)

    def new_client(service: str) -> Any:
        return clients.new(service, region or own, {})

    try:
        client = new_client("dynamodb")
    except AwsError as error:
        module.fail_json(msg=str(error))
    clock = Clock()
    told = ProgressFile() if region else progress_file(module.params, clock.now, lambda: clock.today().timestamp())
    known = {"dynamodb": client}
    return Aws(new_client, region=client.meta.region_name, clock=clock, known_clients=known, progress=told)


def run_of(module: AwsModule) -> Run:
    """How to go about it, as the module's arguments say."""
    patience = Patience(module.params["wait"], module.params["wait_timeout"])
    params = module.params
    # What is returned in detail has to be known.
    read_back = params.get("read_back", True) or bool(params.get("details") or params.get("report_file"))
    missing = frozenset(params.get("missing_tables") or ())
    return Run(module.check_mode, patience, params.get("create", True), read_back, missing)


def backup_name(module: AwsModule, table: str) -> str:
    """The name of the final backup of a table; empty when none is wanted."""
    if not module.params["final_backup"]:
        return ""
    return module.params.get("final_backup_name") or stamped(table, "-final", datetime.now(timezone.utc))


def end_one(module: AwsModule, outcome: Outcome, region: str) -> NoReturn:
    """Ends a module that is about one table."""
    _warn_of(module, [outcome])
    told = report(outcome, region)
    if outcome.error:
        # What went wrong must not drown in what the table looks like.
        module.fail_json(**{name: value for name, value in told.items() if name not in DETAILS})
    module.exit_json(**told)


def end_many(module: AwsModule, outcomes: Sequence[Outcome], region: str) -> NoReturn:
    """Ends a module that is about many tables. Where one failed, the result is about those that did."""
    _warn_of(module, outcomes)
    found = results_of(outcomes, region, module.params["details"])
    if not module._diff:
        # Nobody is shown it, and it is as long as all else.
        del found["diff"]
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        # A failed result is printed whole.
        found["results"] = [each for each in found["results"] if each.get("failed")]
        found = {name: value for name, value in found.items() if name not in DETAILS}
    problems = [failures_text(failed, len(outcomes))] if failed else []
    problems += write_report(module.params["report_file"], outcomes, region)
    if problems:
        module.fail_json(msg="\n".join(problems), **found)
    module.exit_json(**found)


def results_of(outcomes: Sequence[Outcome], region: str, details: bool = False) -> dict[str, Any]:
    """What a module for many tables returns of them. details: whether each result is as that of a single table."""
    diffs = (diff(outcome.plan, region) for outcome in outcomes)
    return {
        "changed": any(outcome.changed for outcome in outcomes),
        "in_sync": all(outcome.in_sync for outcome in outcomes),
        "verified": all(outcome.verified for outcome in outcomes),
        "results": [_detailed(outcome, region) if details else result(outcome, region) for outcome in outcomes],
        "changed_tables": [outcome.name for outcome in outcomes if outcome.changed],
        "plan_text": plan_text(outcomes, region),
        "settings_text": settings_text(outcomes, region),
        "summary_text": summary_text(outcomes, region),
        "pending": [f"{outcome.name}: {pending}" for outcome in outcomes for pending in outcome.pending],
        "diff": [each for each in diffs if each["before"] != each["after"]],
    }


def _detailed(outcome: Outcome, region: str) -> dict[str, Any]:
    return {name: value for name, value in report(outcome, region).items() if name != "diff"}


def write_report(path: str | None, outcomes: Sequence[Outcome], region: str) -> list[str]:
    """Writes everything about each table to a file, where one is wanted. What went wrong, if anything did."""
    if not path:
        return []
    # A line a table: what json makes of all at once takes many times the memory of its text.
    tables = ",\n".join(json.dumps(report(outcome, region)) for outcome in outcomes)
    try:
        write_whole(Path(path), f'{{"region": {json.dumps(region)}, "tables": [\n{tables}\n]}}\n', durable=False)
    except OSError as error:
        return [f"report_file could not be written: {error}. Everything else has been done."]
    return []


def _warn_of(module: AwsModule, outcomes: Sequence[Outcome]) -> None:
    # Not module.warn: amazon.aws 10 returns what it is given a second time, in a way that ansible-core deprecates.
    warnings = [warning for outcome in outcomes for warning in outcome.warnings]
    warnings += [
        f"{outcome.name} is not finished: {'; '.join(outcome.pending)}. Run it again to go on."
        for outcome in outcomes
        if outcome.pending and not outcome.error and not module.check_mode
    ]
    for warning in first_of(warnings, "warnings of other tables"):
        warn(warning)


def manage_one_setting(options: Mapping[str, Any], definition: Callable[[dict[str, Any]], dict[str, Any]]) -> NoReturn:
    """A whole module that manages one setting of a table that exists.

    options: its argument spec. definition: makes the definition of the table out of the arguments that were given.
    """
    module = new_module(options)
    spec = parse_or_fail(module, parse_table, definition(given(module.params)))
    aws = connect(module)
    end_one(module, converge(spec, aws, run_of(module)), aws.region)
