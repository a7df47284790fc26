# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads CloudWatch's metrics of a table and its indexes. That they are not to be had is never an obstacle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from .aws import Aws
from .errors import AwsError
from .metrics import FIVE_MINUTES, HOUR, MAX_DAYS, PROGRESS, READ, WRITE, Metric, Point, Progress, Recorded, Use
from .state import Read


def recorded(aws: Aws, metrics: Iterable[Metric], days: int, period: int) -> Recorded:
    """What CloudWatch has of the last days. Never raises for what AWS says: that is in the result."""
    named = {f"m{position}": metric for position, metric in enumerate(metrics)}
    if not named:
        return Recorded({})
    now = aws.clock.today()
    arguments = {
        "MetricDataQueries": [metric.query(identity, period) for identity, metric in named.items()],
        "StartTime": now - timedelta(days=min(days, MAX_DAYS[period])),
        "EndTime": now,
        "ScanBy": "TimestampAscending",
    }
    try:
        answer = aws.read(Read("GetMetricData", arguments, service="cloudwatch")) or {}
    except AwsError as error:
        return Recorded({}, str(error))
    points: dict[Metric, tuple[Point, ...]] = {}
    for result in answer.get("MetricDataResults", ()):
        # One metric comes in several parts where there are several pages.
        found = zip(result.get("Timestamps", ()), result.get("Values", ()), strict=True)
        metric = named[result["Id"]]
        points[metric] = tuple(sorted((*points.get(metric, ()), *found)))
    if not any(points.values()):
        return Recorded({}, "CloudWatch has recorded nothing of it")
    return Recorded(points)


def index_use(aws: Aws, table: str, indexes: Iterable[str], days: int) -> dict[str, Use]:
    """Whether anybody reads these indexes, by name."""
    wanted = {index: Metric(READ, table, index) for index in indexes}
    if not wanted or days < 1:
        return {}
    # An index that nobody reads has no points; only those of the table tell that from a missing record.
    others = [Metric(name, table) for name in (READ, WRITE)]
    found = recorded(aws, [*wanted.values(), *others], days, HOUR)
    return {index: _use(found, metric, days) for index, metric in wanted.items()}


def _use(found: Recorded, metric: Metric, days: int) -> Use:
    if found.unknown:
        return Use(days, unknown=found.unknown)
    points = [(at, units) for at, units in found.of(metric) if units > 0]
    last = points[-1][0] if points else None
    return Use(days, sum(units for at, units in points), last)


def index_progress(aws: Aws, table: str, indexes: Iterable[str]) -> dict[str, Progress]:
    """How far indexes are that are being filled, by name."""
    metrics = {index: Metric(PROGRESS, table, index, "Maximum") for index in indexes}
    found = recorded(aws, metrics.values(), MAX_DAYS[FIVE_MINUTES], FIVE_MINUTES)
    progress = {}
    for index, metric in metrics.items():
        points = _latest_rise(found.of(metric))
        progress[index] = Progress(points[-1][1], points[0][0]) if points else Progress()
    return progress


def _latest_rise(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points since the last fall: an index of that name may have been built before."""
    start = 0
    for position in range(1, len(points)):
        if points[position][1] < points[position - 1][1]:
            start = position
    return points[start:]
