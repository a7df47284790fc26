# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudWatch records of a table and its indexes: how much is read and written, how far a building is. Pure.

Metrics and dimensions: Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True)
class Progress:
    """How far the filling of an index is. percent: C(None) where not known. began: when CloudWatch first told of it."""

    percent: float | None = None
    began: datetime | None = None
