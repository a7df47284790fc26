# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share: building the AWS module, connecting, running many tables, and ending with a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NoReturn, Protocol, TypeVar

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .answers import watch_answers
from .arguments import DefinitionError, given
from .aws import CLIENT_CONFIG, SERVICE_CONFIG, Aws, Clock, Patience
from .backups import stamped
from .converge import Outcome, Run, converge
from .progress import PROGRESS_OPTIONS, ProgressFile, progress_file
from .report import message, report
from .spec import TableSpec, parse_table, parse_tables

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
DETAILS = ("table", "settings_text", "summary_text")


class AwsModule(Protocol):
    """What is used of an AnsibleAWSModule."""

    params: dict[str, Any]
    check_mode: bool

    def client(self, service: str, **extra: Any) -> Any:
        """A boto3 client."""

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
    elsewhere = {"region": region} if region else {}

    def new_client(service: str) -> Any:
        config = {**CLIENT_CONFIG, **SERVICE_CONFIG.get(service, {})}
        return watch_answers(module.client(service, config=config, **elsewhere))

    client = new_client("dynamodb")
    clock = Clock()
    told = ProgressFile() if region else progress_file(module.params, clock.now, lambda: clock.today().timestamp())
    known = {"dynamodb": client}
    return Aws(new_client, region=client.meta.region_name, clock=clock, known_clients=known, progress=told)


def run_of(module: AwsModule) -> Run:
    """How to go about it, as the module's arguments say."""
    patience = Patience(module.params["wait"], module.params["wait_timeout"])
    return Run(module.check_mode, patience, module.params.get("create", True))


def backup_name(module: AwsModule, table: str) -> str:
    """The name of the final backup of a table; empty when none is wanted."""
    if not module.params["final_backup"]:
        return ""
    return module.params.get("final_backup_name") or stamped(table, "-final", datetime.now(timezone.utc))


def end_one(module: AwsModule, outcome: Outcome, region: str) -> NoReturn:
    """Ends a module that is about one table."""
    _warn(module, outcome)
    result = report(outcome, region)
    if outcome.error:
        # What went wrong must not drown in what the table looks like.
        module.fail_json(**{name: value for name, value in result.items() if name not in DETAILS})
    module.exit_json(**result)


def end_many(module: AwsModule, outcomes: Sequence[Outcome], region: str) -> NoReturn:
    """Ends a module that is about many tables: every result and diff is listed, and failed ones named."""
    for outcome in outcomes:
        _warn(module, outcome)
    result = results_of(outcomes, region)
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        module.fail_json(msg=failures_text(failed, len(outcomes)), **result)
    module.exit_json(**result)


def results_of(outcomes: Sequence[Outcome], region: str) -> dict[str, Any]:
    """What a module for many tables returns of them."""
    reports = [report(outcome, region) for outcome in outcomes]
    diffs = [each.pop("diff") for each in reports]
    return {
        "changed": any(outcome.changed for outcome in outcomes),
        "in_sync": all(outcome.in_sync for outcome in outcomes),
        "verified": all(outcome.verified for outcome in outcomes),
        "results": reports,
        **{name: "\n".join(each[name] for each in reports) for name in ("plan_text", "settings_text", "summary_text")},
        "pending": [f"{outcome.name}: {pending}" for outcome in outcomes for pending in outcome.pending],
        "diff": [diff for diff in diffs if diff["before"] != diff["after"]],
    }


def failures_text(failed: Sequence[Outcome], count: int) -> str:
    """Which tables failed, and why. count: of how many."""
    listed = "\n".join(f"- {message(outcome)}" for outcome in failed)
    return f"{len(failed)} of {count} tables failed:\n{listed}"


def _warn(module: AwsModule, outcome: Outcome) -> None:
    # Not module.warn: amazon.aws 10 returns what it is given a second time, in a way that ansible-core deprecates.
    for warning in outcome.warnings:
        warn(warning)
    if outcome.pending and not outcome.error and not module.check_mode:
        warn(f"{outcome.name} is not finished: {'; '.join(outcome.pending)}. Run it again to go on.")


def manage_one_setting(options: Mapping[str, Any], definition: Callable[[dict[str, Any]], dict[str, Any]]) -> NoReturn:
    """A whole module that manages one setting of a table that exists.

    options: its argument spec. definition: makes the definition of the table out of the arguments that were given.
    """
    module = new_module(options)
    spec = parse_or_fail(module, parse_table, definition(given(module.params)))
    aws = connect(module)
    end_one(module, converge(spec, aws, run_of(module)), aws.region)
