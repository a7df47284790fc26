# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CloudWatch alarms of tables and their indexes, out of the tables' definitions. Pure.

DynamoDB sends most metrics only while they are not 0, and an alarm on a metric of it keeps its state as long as there
is nothing new, whatever it is told about missing data (CloudWatch API reference, PutMetricAlarm, TreatMissingData): it
would ring for ever. So each alarm watches an expression that fills what is missing. The fill may stand where the latest
numbers are late, which is why one period of two is enough to ring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .alarm_options import Monitoring, Topics, index_names, parse_monitoring
from .alarm_rules import RULES, Rule, Scope
from .metrics import NAMESPACE, READ, WRITE
from .settings.billing import PROVISIONED, create_mode
from .spec import TableSpec

MOST_NAME = 255
MOST_PREFIX = 160
VALUE = "value"
COMPARISON = "GreaterThanThreshold"
# Neither name can be that of a table, which has no space and no '/'.
ACCOUNT = "DynamoDB account"
MARKER = "Managed by auditflow.dynamodb"

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Query:
    """One line of metric math: a metric, or an expression on those above it.

    identity: its name in expressions. metric, statistic, dimensions: of a metric. expression: otherwise.
    """

    identity: str
    metric: str = ""
    statistic: str = "Sum"
    dimensions: Dimensions = ()
    expression: str = ""
    label: str = ""

    def request(self, period: int) -> dict[str, Any]:
        """An entry of Metrics of PutMetricAlarm."""
        common = {"Id": self.identity, "ReturnData": self.identity == VALUE}
        if self.expression:
            return {**common, "Expression": self.expression, **({"Label": self.label} if self.label else {})}
        metric: dict[str, Any] = {"Namespace": NAMESPACE, "MetricName": self.metric}
        metric["Dimensions"] = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {**common, "MetricStat": {"Metric": metric, "Period": period, "Stat": self.statistic}}

    def arguments(self, period: int) -> dict[str, Any]:
        """An entry of C(metrics) of M(amazon.aws.cloudwatch_metric_alarm)."""
        common = {"id": self.identity, "return_data": self.identity == VALUE}
        if self.expression:
            return {**common, "expression": self.expression, **({"label": self.label} if self.label else {})}
        metric: dict[str, Any] = {"namespace": NAMESPACE, "metric_name": self.metric}
        metric["dimensions"] = [{"name": name, "value": value} for name, value in self.dimensions]
        return {**common, "metric_stat": {"metric": metric, "period": period, "stat": self.statistic}}


@dataclass(frozen=True)
class Alarm:
    """One alarm. It rings when the value of the last query is above the threshold.

    table, index: what it is about; both empty for the whole account, index for the table itself. rule: as it is for it.
    description: what it means and what to do, in two sentences. queries: its metric math; the last one is its value.
    """

    name: str
    description: str
    table: str
    index: str
    rule: Rule
    queries: tuple[Query, ...]
    topics: Topics = Topics()

    @property
    def kind(self) -> str:
        """The rule's name."""
        return self.rule.kind

    @property
    def condition(self) -> str:
        """When it rings, in words."""
        rule = self.rule
        times = f"{rule.datapoints} of {rule.evaluation_periods} periods of {rule.period} s"
        return f"{self.queries[-1].label} > {rule.threshold} in {times}"

    @property
    def told(self) -> str:
        """The description that AWS keeps: its last line says whose alarm it is."""
        return f"{self.description}\n{MARKER}: {self.table or ACCOUNT}{'/' if self.index else ''}{self.index}"

    def request(self) -> dict[str, Any]:
        """The arguments of PutMetricAlarm."""
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.told,
            "ComparisonOperator": COMPARISON,
            "Threshold": float(self.rule.threshold),
            "EvaluationPeriods": self.rule.evaluation_periods,
            "DatapointsToAlarm": self.rule.datapoints,
            "TreatMissingData": self.rule.missing,
            "AlarmActions": list(self.topics.alarm),
            "OKActions": list(self.topics.ok),
            "InsufficientDataActions": list(self.topics.insufficient_data),
            "Metrics": [query.request(self.rule.period) for query in self.queries],
        }

    def arguments(self) -> dict[str, Any]:
        """The options of M(amazon.aws.cloudwatch_metric_alarm)."""
        return {
            "name": self.name,
            "description": self.told,
            "comparison": COMPARISON,
            "threshold": self.rule.threshold,
            "evaluation_periods": self.rule.evaluation_periods,
            "datapoints_to_alarm": self.rule.datapoints,
            "treat_missing_data": self.rule.missing,
            "alarm_actions": list(self.topics.alarm),
            "ok_actions": list(self.topics.ok),
            "insufficient_data_actions": list(self.topics.insufficient_data),
            "metrics": [query.arguments(self.rule.period) for query in self.queries],
        }


def alarms(definitions: Any, options: Any = None) -> tuple[Alarm, ...]:
    """The alarms that definitions of tables ask for, table by table, that of the account last.

    options: C(topics), C(rules), C(tables), C(read_limit), C(write_limit); see the role C(monitoring).
    Raises DefinitionError with every mistake.
    """
    return alarms_of(*parse_monitoring(definitions, options))


def alarms_of(specs: tuple[TableSpec, ...], monitoring: Monitoring) -> tuple[Alarm, ...]:
    """The alarms of parsed definitions."""
    found = [alarm for spec in specs for alarm in _table_alarms(spec, monitoring)]
    errors = monitoring.rule("user_errors")
    if specs and errors.enabled:
        queries = (Query("errors", "UserErrors"), Query(VALUE, expression="FILL(errors, 0)", label="errors"))
        found.append(_alarm(errors, "", "", queries, monitoring))
    return tuple(found)


def prefix(table: str) -> str:
    """What the names of a table's alarms begin with, and no other's: no table's name has a '/'."""
    return f"{_short(table, MOST_PREFIX)}/" if table else f"{ACCOUNT}/"


def ours(found: Mapping[str, Any]) -> bool:
    """Whether an alarm that AWS describes was made here: it says so in its last line."""
    return (found.get("AlarmDescription") or "").rpartition("\n")[2].startswith(f"{MARKER}: ")


def _short(name: str, most: int) -> str:
    if len(name) <= most:
        return name
    return f"{name[: most - 13]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _alarm(
    rule: Rule, table: str, index: str, queries: tuple[Query, ...], monitoring: Monitoring, more: str = ""
) -> Alarm:
    ends = "/".join(part for part in (rule.kind, more) if part)
    begins = prefix(table)
    middle = f"{_short(index, MOST_NAME - len(begins) - len(ends) - 1)}/" if index else ""
    words = {
        "threshold": rule.threshold,
        "minutes": f"{rule.period / 60:g}",
        "share": f"{rule.datapoints} of {rule.evaluation_periods}",
    }
    subject = f"Index {index} of {table}" if index else table or "This account and region"
    towards = f" ({more})" if more else ""
    told = f"{subject}{towards}: {rule.meaning.format(**words)}."
    description = f"{told} What to do: {rule.action}. Runbook: monitoring, {rule.kind}."
    return Alarm(f"{begins}{middle}{ends}", description, table, index, rule, queries, monitoring.topics)


def _table_alarms(spec: TableSpec, monitoring: Monitoring) -> Iterator[Alarm]:
    for index in ("", *index_names(spec)):
        for kind, wanted in RULES.items():
            if wanted.scope is Scope.ACCOUNT or wanted.scope is (Scope.TABLE if index else Scope.INDEX):
                continue
            rule = monitoring.rule(kind, spec.name, index)
            if not rule.enabled:
                continue
            if kind == "replica_lag":
                yield from _replica_alarms(rule, spec.name, monitoring)
            elif kind != "ttl_stopped" or _expires(spec):
                yield _alarm(rule, spec.name, index, _queries(rule, spec, index, monitoring), monitoring)


def _expires(spec: TableSpec) -> bool:
    ttl = spec.wanted.get("ttl")
    return bool(ttl and ttl.attribute)


def _replica_alarms(rule: Rule, table: str, monitoring: Monitoring) -> Iterator[Alarm]:
    for region in monitoring.of(table).replicas:
        dimensions = (("TableName", table), ("ReceivingRegion", region))
        queries = (
            Query("latency", "ReplicationLatency", "Average", dimensions),
            # Not filled: no number is no news of the replica, and 0 would be good news.
            Query(VALUE, expression="latency / 1000", label="seconds behind"),
        )
        yield _alarm(rule, table, "", queries, monitoring, more=region)


def _queries(rule: Rule, spec: TableSpec, index: str, monitoring: Monitoring) -> tuple[Query, ...]:
    dimensions: Dimensions = (("TableName", spec.name),)
    if rule.operations:
        return _operation_queries(rule, spec.name)
    if index:
        dimensions = (*dimensions, ("GlobalSecondaryIndexName", index))
    if rule.kind.startswith("consumed_"):
        return _consumed_queries(rule, spec, index, dimensions, monitoring)
    if rule.kind == "ttl_stopped":
        return _ttl_queries(dimensions)
    metrics = {
        "throttled_reads": "ReadThrottleEvents",
        "throttled_writes": "WriteThrottleEvents",
        "index_build_throttled": "OnlineIndexThrottleEvents",
    }
    throttled = Query("throttled", metrics[rule.kind], dimensions=dimensions)
    return throttled, Query(VALUE, expression="FILL(throttled, 0)", label="throttled")


def _operation_queries(rule: Rule, table: str) -> tuple[Query, ...]:
    def each(identity: str, metric: str, statistic: str = "Sum") -> tuple[Query, ...]:
        return tuple(
            Query(f"{identity}{number}", metric, statistic, (("TableName", table), ("Operation", operation)))
            for number, operation in enumerate(rule.operations, 1)
        )

    failed = each("failed", "SystemErrors")
    if rule.metrics_each == 1:
        return *failed, Query(VALUE, expression=_sum(failed), label="system errors")
    throttled = each("throttled", "ThrottledRequests")
    # Its Sum is milliseconds; its SampleCount is the number of the requests that went well.
    done = each("done", "SuccessfulRequestLatency", "SampleCount")
    rate = f"IF(requests >= {rule.minimum_requests}, 100 * errors / requests, 0)"
    return (
        *failed,
        *throttled,
        *done,
        Query("errors", expression=_sum((*failed, *throttled)), label="errors"),
        Query("requests", expression=f"errors + {_sum(done)}", label="requests"),
        Query(VALUE, expression=rate, label="% of the requests that failed"),
    )


def _sum(queries: tuple[Query, ...]) -> str:
    return " + ".join(f"FILL({query.identity}, 0)" for query in queries)


def _consumed_queries(
    rule: Rule, spec: TableSpec, index: str, dimensions: Dimensions, monitoring: Monitoring
) -> tuple[Query, ...]:
    side = "read" if rule.kind == "consumed_reads" else "write"
    consumed = Query("consumed", READ if side == "read" else WRITE, dimensions=dimensions)
    billing = spec.wanted.get("billing")
    share = "100 * FILL(consumed, 0) / PERIOD(consumed)"
    label = f"% of the {side} limit"
    if billing and create_mode(billing) == PROVISIONED:
        provisioned = f"Provisioned{side.capitalize()}CapacityUnits"
        return (
            consumed,
            # Auto scaling moves it, so it is not taken out of the definition.
            Query("provisioned", provisioned, "Average", dimensions),
            Query("capacity", expression="FILL(provisioned, REPEAT)", label=f"provisioned {side} units"),
            Query(VALUE, expression=f"IF(capacity > 0, {share} / capacity, 0)", label=label),
        )
    limit = _limit(spec, index, side) or getattr(monitoring, f"{side}_limit")
    return consumed, Query(VALUE, expression=f"{share} / {limit}", label=f"{label} of {limit} units a second")


def _limit(spec: TableSpec, index: str, side: str) -> int | None:
    """The definition's own limit on requests a second of the table or the index."""
    holder = spec.wanted["global_indexes"].by_name[index] if index else spec.wanted.get("billing")
    limit: int | None = getattr(holder.limit, side) if holder and holder.limit else None
    return limit if limit and limit > 0 else None


def _ttl_queries(dimensions: Dimensions) -> tuple[Query, ...]:
    """Hours since the last deletion; 0 where none is known, as of a table whose first item is yet to expire."""
    return (
        Query("deleted", "TimeToLiveDeletedItemCount", dimensions=dimensions),
        Query("last", expression="MAX(IF(FILL(deleted, 0) > 0, EPOCH(deleted), 0))", label="last deletion"),
        Query(
            VALUE,
            expression="(EPOCH(deleted) - last) / 3600 * (last > 0)",
            label="hours since the last deletion",
        ),
    )
