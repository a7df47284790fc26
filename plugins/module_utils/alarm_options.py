# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may say about alarms, parsed and checked offline. Pure.

Every mistake is told at once, each with its path and what is allowed, before AWS is asked anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .alarm_rules import DAY, HOUR, MORE_OPERATIONS, OPERATIONS, RULES, WEEK, Rule, Scope
from .arguments import DefinitionError, Options, Problems, check_options, join
from .spec import TableSpec, parse_tables

# AWS's default limits of a table, and of each of its indexes, that is billed by request.
TABLE_LIMIT = 40000
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
TIMES = {"period", "evaluation_periods", "datapoints"}
STATES = ("alarm", "ok", "insufficient_data")
MOST_TOPICS = 5

RULE_OPTIONS: Options = {
    "enabled": {"type": "bool"},
    "threshold": {"type": "int"},
    "period": {"type": "int"},
    "evaluation_periods": {"type": "int"},
    "datapoints": {"type": "int"},
    "operations": {"type": "list", "elements": "str"},
    "minimum_requests": {"type": "int"},
}


def _rules(*scopes: Scope) -> dict[str, Any]:
    return {
        kind: {"type": "dict", "options": RULE_OPTIONS}
        for kind, rule in RULES.items()
        if not scopes or rule.scope in scopes
    }


MONITORING_OPTIONS: Options = {
    "topics": {"type": "dict", "options": {state: {"type": "list", "elements": "str"} for state in STATES}},
    "rules": {"type": "dict", "options": _rules()},
    "tables": {"type": "dict"},
    "read_limit": {"type": "int", "default": TABLE_LIMIT},
    "write_limit": {"type": "int", "default": TABLE_LIMIT},
}
INDEX_RULES: Options = _rules(Scope.BOTH, Scope.INDEX)
TABLE_OPTIONS: Options = {
    **_rules(Scope.TABLE, Scope.BOTH, Scope.INDEX),
    "replicas": {"type": "list", "elements": "str"},
    "indexes": {"type": "dict"},
}

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Topics:
    """Whom an alarm tells, as ARNs, by the state that it comes to."""

    alarm: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    insufficient_data: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Each once."""
        return tuple(dict.fromkeys((*self.alarm, *self.ok, *self.insufficient_data)))


@dataclass(frozen=True)
class TableOptions:
    """What is said of one table. rules: its own. indexes: those of its indexes. replicas: regions with a replica."""

    rules: Overrides = field(default_factory=dict)
    indexes: Mapping[str, Overrides] = field(default_factory=dict)
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Monitoring:
    """Options of all alarms."""

    topics: Topics = Topics()
    rules: Overrides = field(default_factory=dict)
    tables: Mapping[str, TableOptions] = field(default_factory=dict)
    read_limit: int = TABLE_LIMIT
    write_limit: int = TABLE_LIMIT

    def of(self, table: str) -> TableOptions:
        """What is said of one table."""
        return self.tables.get(table, TableOptions())

    def rule(self, kind: str, table: str = "", index: str = "") -> Rule:
        """A rule as it is for the account, a table or an index of it: what is nearer counts more."""
        mine = self.of(table)
        ways = (self.rules, mine.rules, mine.indexes.get(index, {}) if index else {})
        changes = {name: value for way in ways for name, value in way.get(kind, {}).items()}
        if "operations" in changes:
            changes["operations"] = tuple(changes["operations"])
        return replace(RULES[kind], **changes)


def parse_monitoring(definitions: Any, options: Any) -> tuple[tuple[TableSpec, ...], Monitoring]:
    """The definitions and what is said about their alarms.

    Raises DefinitionError with every mistake of both; the paths of options begin with C(monitoring).
    """
    problems = Problems()
    specs: tuple[TableSpec, ...] | None = None
    try:
        specs = parse_tables(definitions)
    except DefinitionError as error:
        problems.found += error.problems
    monitoring = _parse(options or {}, specs, problems)
    if problems.found or specs is None:
        raise DefinitionError(problems.found)
    return specs, monitoring


def _parse(options: Any, specs: Sequence[TableSpec] | None, problems: Problems) -> Monitoring:
    path = "monitoring"
    checked = check_options(options, MONITORING_OPTIONS, path, problems)
    tables = {}
    for name, value in checked.get("tables", {}).items():
        spec = next((each for each in specs or () if each.name == name), None)
        if specs is not None and spec is None:
            problems.add(f"{path}.tables.{name}", "no definition has this name")
        tables[str(name)] = _table(value, spec, f"{path}.tables.{name}", problems)
    for name in ("read_limit", "write_limit"):
        if checked.get(name, 1) < 1:
            problems.add(f"{path}.{name}", "must be 1 or more")
    topics = _topics(checked.get("topics", {}), f"{path}.topics", problems)
    rules = checked.get("rules", {})
    monitoring = Monitoring(
        topics, rules, tables, checked.get("read_limit", TABLE_LIMIT), checked.get("write_limit", TABLE_LIMIT)
    )
    _check_rules(monitoring, problems)
    return monitoring


def _table(value: Any, spec: TableSpec | None, path: str, problems: Problems) -> TableOptions:
    checked = check_options(value, TABLE_OPTIONS, path, problems)
    replicas = tuple(checked.pop("replicas", ()))
    for position, region in enumerate(replicas):
        if not REGION.fullmatch(str(region)):
            problems.add(f"{path}.replicas[{position}]", f"'{region}' is not the name of a region, as eu-central-1")
    indexes = {}
    for name, rules in checked.pop("indexes", {}).items():
        if spec is not None and name not in index_names(spec):
            problems.add(f"{path}.indexes.{name}", "the definition has no global index of this name")
        indexes[str(name)] = check_options(rules, INDEX_RULES, f"{path}.indexes.{name}", problems)
    return TableOptions(checked, indexes, replicas)


def index_names(spec: TableSpec) -> tuple[str, ...]:
    """The global indexes of a definition."""
    indexes = spec.wanted.get("global_indexes")
    return tuple(index.name for index in indexes.indexes) if indexes else ()


def _topics(topics: Mapping[str, Sequence[str]], path: str, problems: Problems) -> Topics:
    for state, arns in topics.items():
        if len(arns) > MOST_TOPICS:
            problems.add(f"{path}.{state}", f"has {len(arns)} topics; an alarm takes {MOST_TOPICS}")
        for position, arn in enumerate(arns):
            _check_topic(arn, f"{path}.{state}[{position}]", problems)
    return Topics(**{state: tuple(arns) for state, arns in topics.items()})


def _check_topic(arn: str, path: str, problems: Problems) -> None:
    form = "an SNS topic is named by its ARN, arn:aws:sns:REGION:ACCOUNT:NAME"
    if not TOPIC.fullmatch(str(arn)):
        problems.add(path, f"'{arn}' is not the ARN of a topic; {form}")
    elif arn.endswith(".fifo"):
        problems.add(path, f"'{arn}' is a FIFO topic; e-mail and most other receivers need a standard one")


def topics_elsewhere(topics: Topics, region: str) -> list[str]:
    """Topics of other regions: an alarm can only tell topics of its own."""
    found = [(arn, TOPIC.fullmatch(arn)) for arn in topics.all]
    return [arn for arn, match in found if match and region and match["region"] != region]


def _check_rules(monitoring: Monitoring, problems: Problems) -> None:
    for kind in monitoring.rules:
        _check_rule(monitoring.rules[kind], monitoring.rule(kind), f"monitoring.rules.{kind}", problems)
    for table, options in monitoring.tables.items():
        path = f"monitoring.tables.{table}"
        for kind in options.rules:
            _check_rule(options.rules[kind], monitoring.rule(kind, table), f"{path}.{kind}", problems)
        for index, rules in options.indexes.items():
            for kind in rules:
                rule = monitoring.rule(kind, table, index)
                _check_rule(rules[kind], rule, f"{path}.indexes.{index}.{kind}", problems)


def _check_rule(given: Mapping[str, Any], rule: Rule, path: str, problems: Problems) -> None:
    """given: what the user said here. rule: what comes of it."""
    if rule.kind == "ttl_stopped":
        _check_hours(given, rule, path, problems)
    else:
        if "threshold" in given and rule.threshold < 0:
            problems.add(join(path, "threshold"), "must be 0 or more")
        if TIMES & set(given):
            _check_periods(rule, path, problems)
    for option in ("operations", "minimum_requests"):
        if option in given and not getattr(RULES[rule.kind], option):
            problems.add(join(path, option), f"has no meaning for {rule.kind}")
            return
    if "operations" in given:
        _check_operations(rule, join(path, "operations"), problems)
    if "minimum_requests" in given and rule.minimum_requests < 1:
        problems.add(join(path, "minimum_requests"), "must be 1 or more")


def _check_hours(given: Mapping[str, Any], rule: Rule, path: str, problems: Problems) -> None:
    for option in sorted(TIMES & set(given)):
        problems.add(join(path, option), "has no meaning for ttl_stopped: it looks at each hour of a week")
    if "threshold" in given and not 1 <= rule.threshold < WEEK // HOUR:
        problems.add(join(path, "threshold"), f"must be 1 to {WEEK // HOUR - 1} hours")


def _check_periods(rule: Rule, path: str, problems: Problems) -> None:
    if rule.period < 60 or rule.period % 60:
        problems.add(join(path, "period"), f"must be a multiple of 60 seconds, not {rule.period}")
    if rule.evaluation_periods < 1:
        problems.add(join(path, "evaluation_periods"), "must be 1 or more")
    elif not 1 <= rule.datapoints <= rule.evaluation_periods:
        problems.add(join(path, "datapoints"), f"must be 1 to {rule.evaluation_periods}, the evaluation_periods")
    most = DAY if rule.period < HOUR else WEEK
    if rule.period * rule.evaluation_periods > most:
        text = (
            f"{rule.evaluation_periods} periods of {rule.period} seconds are more than the {most} that CloudWatch takes"
        )
        problems.add(join(path, "evaluation_periods"), text)


def _check_operations(rule: Rule, path: str, problems: Problems) -> None:
    known = (*OPERATIONS, *MORE_OPERATIONS)
    for position, operation in enumerate(rule.operations):
        if operation not in known:
            problems.add(f"{path}[{position}]", f"unknown operation '{operation}'; allowed are {', '.join(known)}")
    most = RULES[rule.kind].most_operations
    if not 1 <= len(rule.operations) <= most or len(set(rule.operations)) < len(rule.operations):
        problems.add(path, f"must be 1 to {most} different operations: an alarm takes ten metrics")
