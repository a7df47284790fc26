# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes beside their definitions, what filling takes, and what CloudWatch tells of their use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock
from ansible_collections.auditflow.dynamodb.plugins.module_utils.cloudwatch import (
    index_progress,
    index_use,
    recorded,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_look import IndexesSettled
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_text import duration, index_lines, size
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_view import IndexView, backfill, index_views
from ansible_collections.auditflow.dynamodb.plugins.module_utils.metrics import Metric, Progress, Recorded, Use
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.capacity import Throughput
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read, TableState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def described(name: str, key: str, **more: Any) -> dict[str, Any]:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}, **more}


def state(*indexes: dict[str, Any], **more: Any) -> TableState:
    types = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "a", "b")]
    table = {
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": types,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "GlobalSecondaryIndexes": list(indexes),
        **more,
    }
    return TableState("Orders", table)


SPEC = parse_table(
    {
        "name": "Orders",
        "attributes": {"id": "S", "a": "S", "b": "S"},
        "partition_key": "id",
        "global_indexes": [{"name": "by-a", "partition_key": "a"}, {"name": "by-b", "partition_key": "b"}],
        "access_patterns": [
            {"name": "of_a", "index": "by-a", "parameters": {"a": "S"}, "key_condition": "a = :a"},
            {"name": "one", "parameters": {"id": "S"}, "key_condition": "id = :id"},
        ],
    }
)


def test_indexes_beside_their_definitions() -> None:
    other = described("by-a", "b", IndexStatus="ACTIVE")
    extra = described("by-id", "id", IndexStatus="DELETING")
    views = {view.name: view for view in index_views(SPEC, state(other, extra))}
    assert list(views) == ["by-a", "by-b", "by-id"]
    assert views["by-a"].difference == "partition key b -> a"
    assert [pattern.name for pattern in views["by-a"].patterns] == ["of_a"]
    assert views["by-a"].backfill is not None
    assert (views["by-b"].status, views["by-b"].difference) == ("missing", "")
    assert views["by-b"].arguments() == {
        "table": "Orders",
        "attributes": {"b": "S"},
        "name": "by-b",
        "partition_key": "b",
        "projection": "ALL",
    }
    assert (views["by-id"].status, views["by-id"].wanted, views["by-id"].arguments()) == ("DELETING", None, {})
    assert [view.name for view in index_views(SPEC, state(), ["by-b", "by-z"])] == ["by-b"]
    assert [view.name for view in index_views(None, state(other))] == ["by-a"]


@pytest.mark.parametrize(
    ("items", "bytes_", "throughput", "told"),
    [
        (0, 0, None, "built from no items, about 10 minutes"),
        (10, 500, None, "built from 10 items, 10 write units; at 4,000 a second 11 minutes or more"),
        (
            1_204_331,
            2_500_000_000,
            None,
            "built from 1,204,331 items, 3,612,993 write units; at 4,000 a second 26 minutes or more",
        ),
        (
            1_000_000,
            1_000,
            Throughput(1, 10),
            "built from 1,000,000 items, 1,000,000 write units; at 10 a second 28 hours or more",
        ),
    ],
)
def test_what_filling_takes(items: int, bytes_: int, throughput: Throughput | None, told: str) -> None:
    mode = {"BillingModeSummary": {"BillingMode": "PROVISIONED"}} if throughput else {}
    assert str(backfill(throughput, state(ItemCount=items, TableSizeBytes=bytes_, **mode))) == told


def test_indexes_in_words() -> None:
    building = described("by-a", "a", IndexStatus="CREATING", Backfilling=True)
    (view,) = index_views(SPEC, state(building), ["by-a"])
    began = NOW - timedelta(minutes=12)
    shown = IndexView(**{**vars(view), "progress": Progress(45.2, began), "use": Use(14)})
    assert index_lines(state(ItemCount=5, TableSizeBytes=2048), [shown], "eu-west-1", NOW) == [
        "Orders (eu-west-1): ACTIVE, 5 items, 2.0 KiB",
        "  by-a: CREATING, backfilling, 45 %, for 12 min so far; as defined",
        "      queried by of_a",
        "      nobody read it in the last 14 days",
    ]
    assert index_lines(state(), [], "eu-west-1")[1:] == ["  no such index"]


def test_sizes_and_times() -> None:
    assert [size(count) for count in (0, 1023, 1536, 5 * 1024**4)] == ["0 bytes", "1,023 bytes", "1.5 KiB", "5.0 TiB"]
    assert [duration(seconds) for seconds in (5, 61, 7200)] == ["5 s", "1 min", "2.0 h"]


def test_indexes_under_way_are_waited_for() -> None:
    moving = {"Table": {"GlobalSecondaryIndexes": [described("by-a", "a", IndexStatus="CREATING")]}}
    assert not IndexesSettled("Orders").holds(moving)
    assert IndexesSettled("Orders", frozenset({"by-b"})).holds(moving)
    assert IndexesSettled("Orders").waiting_for(moving) == "index by-a of Orders is CREATING"


# CloudWatch


class Watch(Aws):
    """Answers GetMetricData from points by (metric, index), or with an error."""

    def __init__(self, points: dict[tuple[str, str], list[tuple[datetime, float]]], error: AwsError | None = None):
        super().__init__(lambda service: None, clock=Clock(today=lambda: NOW))
        self.points, self.error, self.asked = points, error, list[Read]()

    def read(self, read: Read) -> dict[str, Any]:
        self.asked.append(read)
        if self.error:
            raise self.error
        results: list[dict[str, Any]] = []
        for query in read.arguments["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            found = self.points.get((metric["MetricName"], dimensions.get("GlobalSecondaryIndexName", "")), [])
            # In two parts, as several pages are.
            parts = ([*zip(*part, strict=True)] or [(), ()] for part in (found[1:], found[:1]))
            results += [{"Id": query["Id"], "Timestamps": times, "Values": values} for times, values in parts]
        return {"MetricDataResults": results}


READ_UNITS = "ConsumedReadCapacityUnits"
HOURS = [NOW - timedelta(hours=hours) for hours in (5, 4, 3)]


def test_use_of_indexes() -> None:
    watch = Watch(
        {
            (READ_UNITS, "by-a"): [(HOURS[0], 2.5), (HOURS[1], 4.0), (HOURS[2], 0.0)],
            (READ_UNITS, ""): [(HOURS[0], 1.0)],
        }
    )
    use = index_use(watch, "Orders", ["by-a", "by-b"], 14)
    assert use == {"by-a": Use(14, 6.5, HOURS[1]), "by-b": Use(14)}
    assert str(use["by-a"]) == "6 read units in the last 14 days, the last at 2026-11-22 08:00 UTC"
    (asked,) = watch.asked
    assert (asked.service, asked.operation) == ("cloudwatch", "GetMetricData")
    assert asked.arguments["StartTime"] == NOW - timedelta(days=14)
    assert index_use(watch, "Orders", ["by-a"], 0) == {}


def test_use_that_is_not_known() -> None:
    nothing = index_use(Watch({}), "Orders", ["by-a"], 7)["by-a"]
    assert str(nothing) == "use in the last 7 days is not known: CloudWatch has recorded nothing of it"
    denied = AwsError("GetMetricData", "AccessDenied", "not authorized", Kind.DENIED, "Allow it.")
    told = index_use(Watch({}, denied), "Orders", ["by-a"], 7)["by-a"]
    assert told.unknown == "GetMetricData: AccessDenied: not authorized. Allow it."
    assert recorded(Watch({}), [], 7, 60) == Recorded({})


def test_progress_is_that_of_the_last_building() -> None:
    before, began, now = HOURS
    points = {("OnlineIndexPercentageProgress", "by-a"): [(before, 100.0), (began, 0.0), (now, 40.0)]}
    found = index_progress(Watch(points), "Orders", ["by-a", "by-b"])
    assert found == {"by-a": Progress(40.0, began), "by-b": Progress()}
    assert Metric("M", "T", "I").query("m0", 60)["MetricStat"]["Metric"]["Dimensions"][1]["Value"] == "I"
