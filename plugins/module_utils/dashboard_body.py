# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of a CloudWatch dashboard of tables, out of their definitions. Pure.

CloudWatch API reference, "Dashboard body structure and syntax": a grid of 24 columns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .alarm_options import Monitoring, index_names, parse_monitoring
from .alarms import MARKER, Alarm, alarms_of
from .metrics import NAMESPACE
from .spec import TableSpec

COLUMNS = 24
WIDTH, HEIGHT = 8, 6
TITLE_HEIGHT = 2

Widget = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One graph of several tables and indexes. metrics: name and statistic of each."""

    title: str
    metrics: tuple[tuple[str, str], ...]
    indexes: bool = True


# Each is shown for the table and, where it has such a metric, for its indexes.
ROWS = (
    Row("Consumed, units in 5 minutes", (("ConsumedReadCapacityUnits", "Sum"), ("ConsumedWriteCapacityUnits", "Sum"))),
    Row("Throttled", (("ReadThrottleEvents", "Sum"), ("WriteThrottleEvents", "Sum"))),
    Row("Deleted by time to live", (("TimeToLiveDeletedItemCount", "Sum"),), indexes=False),
)
LATENCIES = ("GetItem", "Query", "PutItem", "UpdateItem")


def dashboard_body(definitions: Any, region: str, options: Any = None) -> dict[str, Any]:
    """A dashboard of the tables that definitions declare.

    options: as for alarms. Raises DefinitionError with every mistake.
    """
    specs, monitoring = parse_monitoring(definitions, options)
    widgets: list[Widget] = []
    top = 0
    for spec in specs:
        widgets.append(_heading(spec, top))
        graphs = _graphs(spec, region, monitoring)
        for number, properties in enumerate(graphs):
            place = {"x": number * WIDTH % COLUMNS, "y": top + TITLE_HEIGHT + number * WIDTH // COLUMNS * HEIGHT}
            widgets.append({"type": "metric", **place, "width": WIDTH, "height": HEIGHT, "properties": properties})
        top += TITLE_HEIGHT + -(-len(graphs) * WIDTH // COLUMNS) * HEIGHT
    names = ", ".join(spec.name for spec in specs)
    widgets.append(_text(f"{MARKER}: {names}", top, 1))
    return {"widgets": widgets}


def same_body(one: str, other: str) -> bool:
    """Whether two bodies say the same; anything that is not JSON is another."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def our_body(body: str) -> bool:
    """Whether a dashboard was made here."""
    return f"{MARKER}: " in body


def _heading(spec: TableSpec, top: int) -> Widget:
    indexes = index_names(spec)
    told = f"Indexes: {', '.join(indexes)}" if indexes else "No indexes"
    return _text(f"## {spec.name}\n{told}", top, TITLE_HEIGHT)


def _text(text: str, top: int, height: int) -> Widget:
    return {"type": "text", "x": 0, "y": top, "width": COLUMNS, "height": height, "properties": {"markdown": text}}


def _graphs(spec: TableSpec, region: str, monitoring: Monitoring) -> list[dict[str, Any]]:
    graphs = [_graph(row.title, _lines(row, spec), region) for row in ROWS if row.indexes or "ttl" in spec.wanted]
    latencies = [
        [NAMESPACE, "SuccessfulRequestLatency", "TableName", spec.name, "Operation", operation, {"stat": "Average"}]
        for operation in LATENCIES
    ]
    graphs.append(_graph("Latency, milliseconds", latencies, region))
    found = alarms_of((spec,), monitoring)
    for kinds, title in (
        (("consumed_reads", "consumed_writes"), "% of the limit"),
        (("error_rate_reads", "error_rate_writes"), "% of the requests that failed"),
        (("system_errors",), "System errors"),
        (("replica_lag",), "Replica lag, seconds"),
    ):
        shown = [alarm for alarm in found if alarm.kind in kinds and alarm.table]
        if shown:
            graphs.append(_alarm_graph(title, shown, region))
    return graphs


def _lines(row: Row, spec: TableSpec) -> list[list[Any]]:
    lines: list[list[Any]] = []
    for index in ("", *(index_names(spec) if row.indexes else ())):
        where = ["TableName", spec.name, *(["GlobalSecondaryIndexName", index] if index else [])]
        lines += [
            [NAMESPACE, metric, *where, {"stat": statistic, "label": f"{index or 'table'} {metric}"}]
            for metric, statistic in row.metrics
        ]
    return lines


def _graph(title: str, metrics: Sequence[Sequence[Any]], region: str) -> dict[str, Any]:
    shown = {"title": title, "region": region, "view": "timeSeries", "period": 300, "stat": "Sum"}
    return {**shown, "metrics": [list(metric) for metric in metrics]}


def _alarm_graph(title: str, alarms: Sequence[Alarm], region: str) -> dict[str, Any]:
    """The values that alarms watch, by the same metric math, with a line where they ring."""
    metrics = [line for number, alarm in enumerate(alarms) for line in _alarm_lines(alarm, f"a{number}")]
    thresholds = sorted({alarm.rule.threshold for alarm in alarms})
    lines = [{"label": "alarm", "value": threshold} for threshold in thresholds]
    return {**_graph(title, metrics, region), "annotations": {"horizontal": lines}}


def _alarm_lines(alarm: Alarm, begins: str) -> list[list[Any]]:
    subject = alarm.index or "table"
    renamed = {query.identity: f"{begins}{query.identity}" for query in alarm.queries}
    lines: list[list[Any]] = []
    for query in alarm.queries:
        own: dict[str, Any] = {"id": renamed[query.identity], "visible": query is alarm.queries[-1]}
        if query.expression:
            own |= {"expression": _with(query.expression, renamed), "label": f"{subject} {alarm.rule.title}"}
            lines.append([own])
        else:
            where = [part for dimension in query.dimensions for part in dimension]
            own |= {"stat": query.statistic, "period": alarm.rule.period}
            lines.append([NAMESPACE, query.metric, *where, own])
    return lines


def _with(expression: str, renamed: Mapping[str, str]) -> str:
    # Functions are written in upper case, so a word in lower case is a name.
    return re.sub(r"[a-z][a-z0-9]*", lambda found: renamed.get(found[0], found[0]), expression)
