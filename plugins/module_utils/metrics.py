# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudWatch has recorded of a table: how much is read and written, and how far an index is. Never an obstacle.

Metrics and dimensions: Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .aws import Aws
from .errors import AwsError
from .state import Read

NAMESPACE = "AWS/DynamoDB"
READ, WRITE = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"
PROGRESS = "OnlineIndexPercentageProgress"

# GetMetricData API reference: points of a minute are kept 15 days, those of an hour 455.
MINUTE, FIVE_MINUTES, HOUR = 60, 300, 3600
MAX_DAYS = {MINUTE: 14, FIVE_MINUTES: 60, HOUR: 450}

Point = tuple[datetime, float]


@dataclass(frozen=True)
class Metric:
    """One metric of a table, or of one of its indexes. index: its name; empty for the table itself."""

    name: str
    table: str
    index: str = ""
    statistic: str = "Sum"

    def query(self, identity: str, period: int) -> dict[str, Any]:
        """An entry of MetricDataQueries."""
        dimensions = [{"Name": "TableName", "Value": self.table}]
        if self.index:
            dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": self.index})
        metric = {"Namespace": NAMESPACE, "MetricName": self.name, "Dimensions": dimensions}
        return {"Id": identity, "MetricStat": {"Metric": metric, "Period": period, "Stat": self.statistic}}


@dataclass(frozen=True)
class Recorded:
    """What was recorded. points: by metric, oldest first. unknown: why there is nothing; empty where there is."""

    points: Mapping[Metric, tuple[Point, ...]]
    unknown: str = ""

    def of(self, metric: Metric) -> tuple[Point, ...]:
        """The points of one metric; none where nothing happened, or nothing is known."""
        return self.points.get(metric, ())


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


@dataclass(frozen=True)
class Use:
    """Reads of an index. days: how far back was looked. units: read units in all. last: when, to the hour.

    unknown: why that is not known; empty where it is.
    """

    days: int
    units: float = 0
    last: datetime | None = None
    unknown: str = ""

    def __str__(self) -> str:
        if self.unknown:
            return f"use in the last {self.days} days is not known: {self.unknown}"
        if self.last is None:
            return f"nobody read it in the last {self.days} days"
        return f"{self.units:,.0f} read units in the last {self.days} days, the last at {self.last:%Y-%m-%d %H:00 %Z}"


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


@dataclass(frozen=True)
class Progress:
    """How far the filling of an index is. percent: C(None) where not known. began: when CloudWatch first told of it."""

    percent: float | None = None
    began: datetime | None = None


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
