# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms that are wanted beside those that AWS has: what is missing, different, or no more wanted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .alarms import ACCOUNT, Alarm, ours

# ActionsEnabled is not among them: whoever silences an alarm for a while shall find it silent.
COMPARED = {
    "AlarmDescription": "description",
    "ComparisonOperator": "comparison",
    "Threshold": "threshold",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints",
    "TreatMissingData": "missing data",
    "AlarmActions": "topics for alarm",
    "OKActions": "topics for ok",
    "InsufficientDataActions": "topics for insufficient data",
    "Metrics": "metrics",
}
# Those whose values fit into a line.
SHORT = ("ComparisonOperator", "Threshold", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData")


@dataclass(frozen=True)
class Change:
    """What is to be done to one alarm. verb: make, change or remove. differing: what differs, where it is changed."""

    verb: str
    name: str
    table: str
    wanted: Alarm | None = None
    found: Mapping[str, Any] | None = None
    differing: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """For people."""
        symbol = {"make": "+", "change": "~", "remove": "-"}[self.verb]
        if self.wanted and self.verb == "make":
            return f"  {symbol} {self.name}: {self.wanted.condition}"
        return f"  {symbol} {self.name}" + (f": {', '.join(self.differing)}" if self.differing else "")


@dataclass(frozen=True)
class Found:
    """The alarms of the tables, wanted and found. ringing: names of ours that are in ALARM."""

    tables: tuple[str, ...]
    wanted: tuple[Alarm, ...]
    changes: tuple[Change, ...]
    ringing: tuple[str, ...] = ()

    @property
    def to_put(self) -> list[dict[str, Any]]:
        """Options of M(amazon.aws.cloudwatch_metric_alarm) for those to be made or changed."""
        return [change.wanted.arguments() for change in self.changes if change.wanted]

    @property
    def to_delete(self) -> list[str]:
        """Names of those to be removed."""
        return [change.name for change in self.changes if change.verb == "remove"]

    def lines(self, region: str) -> list[str]:
        """For people: a heading a table, and a line a change."""
        lines = []
        for table in (*self.tables, ""):
            wanted = sum(alarm.table == table for alarm in self.wanted)
            changes = [change for change in self.changes if change.table == table]
            if wanted or changes or table:
                lines.append(f"{table or ACCOUNT} ({region}): {_heading(wanted, changes)}")
                lines += [change.line for change in changes]
        return lines + [f"ringing now: {name}" for name in self.ringing]


def compare(tables: Sequence[str], wanted: Sequence[Alarm], found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Found:
    """What is to be done.

    tables: those that are meant; the empty name is the account. found: the alarms that AWS has, by table.
    """
    have = {alarm["AlarmName"]: alarm for alarms in found.values() for alarm in alarms}
    changes = []
    for alarm in wanted:
        there = have.get(alarm.name)
        if there is None:
            changes.append(Change("make", alarm.name, alarm.table, alarm))
            continue
        differing = difference(alarm, there)
        if differing:
            changes.append(Change("change", alarm.name, alarm.table, alarm, there, differing))
    names = {alarm.name for alarm in wanted}
    for table, alarms in found.items():
        gone = [there for there in alarms if there["AlarmName"] not in names and ours(there)]
        changes += [Change("remove", there["AlarmName"], table, found=there) for there in gone]
    ringing = tuple(sorted(name for name, alarm in have.items() if ours(alarm) and alarm.get("StateValue") == "ALARM"))
    return Found(tuple(table for table in tables if table), tuple(wanted), tuple(changes), ringing)


def difference(wanted: Alarm, found: Mapping[str, Any]) -> tuple[str, ...]:
    """What of an alarm is not as wanted, in words."""
    want, have = _plain(wanted.request()), _plain(found)
    return tuple(
        f"{word} {have[name]} -> {want[name]}" if name in SHORT else word
        for name, word in COMPARED.items()
        if want[name] != have[name]
    )


def _plain(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared, with nothing in it that is written in several ways."""
    plain = {name: alarm.get(name) for name in COMPARED}
    for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        plain[name] = sorted(alarm.get(name) or ())
    plain["Threshold"] = f"{float(alarm.get('Threshold') or 0):g}"
    plain["TreatMissingData"] = alarm.get("TreatMissingData") or "missing"
    plain["DatapointsToAlarm"] = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods")
    plain["Metrics"] = [_plain_query(query) for query in alarm.get("Metrics") or ()]
    return plain


def _plain_query(query: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: query.get(name) or "" for name in ("Id", "Expression", "Label")}
    stat = query.get("MetricStat") or {}
    metric = stat.get("Metric") or {}
    dimensions = sorted((each["Name"], each["Value"]) for each in metric.get("Dimensions") or ())
    numbers = (metric.get("Namespace"), metric.get("MetricName"), int(stat.get("Period") or 0), stat.get("Stat"))
    return {**plain, "ReturnData": bool(query.get("ReturnData", True)), "Metric": numbers, "Dimensions": dimensions}


def _heading(wanted: int, changes: Iterable[Change]) -> str:
    counts = {"make": 0, "change": 0, "remove": 0}
    for change in changes:
        counts[change.verb] += 1
    done = [f"{count} to {verb}" for verb, count in counts.items() if count]
    alarms = f"{wanted} alarm{'' if wanted == 1 else 's'}" if wanted else "no alarms"
    return ", ".join([alarms, *(done or ["in sync"])])
