# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms, their topics and the dashboard beside what AWS has of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_changes import compare
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_look import found_alarms
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm, alarms
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.dashboard_body import (
    dashboard_body,
    our_body,
    same_body,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read
from ansible_collections.auditflow.dynamodb.plugins.module_utils.topics import mistakes

from .alarm_examples import EVERYTHING, ORDERS, PROVISIONED, TOPIC, alarm_of


def described(*found: Alarm, **changes: Any) -> list[dict[str, Any]]:
    return [{**alarm.request(), "StateValue": "OK", "Dimensions": [], **changes} for alarm in found]


def test_as_wanted() -> None:
    wanted = alarms([ORDERS], EVERYTHING)
    found = compare(("orders",), wanted, {"orders": described(*wanted)})
    assert (found.changes, found.to_put, found.to_delete) == ((), [], [])
    assert found.lines("eu-central-1") == [
        "orders (eu-central-1): 14 alarms, in sync",
        "DynamoDB account (eu-central-1): 1 alarm, in sync",
    ]


def test_what_is_written_in_several_ways_is_the_same() -> None:
    wanted = alarm_of("throttled_reads")
    there = described(wanted)[0]
    there["Metrics"][0]["MetricStat"]["Period"] = 300.0
    del there["Metrics"][1]["ReturnData"]
    assert compare(("orders",), [wanted], {"orders": [there]}).changes == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Threshold": 7.0}, "threshold 7 -> 0"),
        ({"AlarmDescription": "x"}, "description"),
        ({"OKActions": [TOPIC]}, "topics for ok"),
        ({"TreatMissingData": "breaching"}, "missing data breaching -> notBreaching"),
        ({"Metrics": []}, "metrics"),
    ],
)
def test_a_difference(change: dict[str, Any], told: str) -> None:
    wanted = alarm_of("throttled_reads")
    found = compare(("orders",), [wanted], {"orders": described(wanted, **change)})
    assert found.to_put == [wanted.arguments()]
    assert found.lines("eu")[1] == f"  ~ orders/throttled_reads: {told}"


def test_an_index_that_is_gone_takes_its_alarms_along_and_others_stay() -> None:
    before = alarms([ORDERS])
    stranger = {"AlarmName": "orders/mine", "AlarmDescription": "by hand", "StateValue": "ALARM"}
    there = described(*before, StateValue="ALARM")
    found = compare(("orders",), alarms([{**ORDERS, "global_indexes": []}]), {"orders": [*there, stranger]})
    assert found.to_put == []
    assert found.to_delete == [alarm.name for alarm in before if alarm.index]
    assert found.lines("eu")[0] == "orders (eu): 8 alarms, 4 to remove"
    assert "ringing now: orders/mine" not in found.lines("eu")
    assert "ringing now: orders/ttl_stopped" in found.lines("eu")


def test_arguments_are_the_request_in_the_words_of_the_module() -> None:
    for alarm in alarms([PROVISIONED], EVERYTHING):
        arguments, request = alarm.arguments(), alarm.request()
        assert list(arguments["metrics"][0]) == ["id", "return_data", "metric_stat"]
        assert [query["id"] for query in arguments["metrics"]] == [query["Id"] for query in request["Metrics"]]
        assert arguments["description"] == request["AlarmDescription"]
        assert arguments["threshold"] == request["Threshold"]


class Listing:
    """What is used of Aws: alarms by name, and the prefixes that were asked for."""

    def __init__(self, *names: str) -> None:
        self.names, self.asked = names, list[str]()

    def read(self, read: Read) -> Mapping[str, Any]:
        begins = read.arguments.get("AlarmNamePrefix", "")
        self.asked.append(begins)
        return {"MetricAlarms": [{"AlarmName": name} for name in self.names if name.startswith(begins)]}

    def read_all(self, reads: Iterable[Read]) -> dict[str, Mapping[str, Any]]:
        return {read.name: self.read(read) for read in reads}


@pytest.mark.parametrize(
    ("more", "asked"), [(0, ["shop-1/", "shop-10/", "DynamoDB account/"]), (9, ["DynamoDB account/", "shop-"])]
)
def test_few_tables_are_asked_for_and_many_are_listed(more: int, asked: list[str]) -> None:
    there = {
        "shop-1": ["shop-1/throttled_reads", "shop-1/by-x/throttled_reads"],
        "shop-10": ["shop-10/throttled_reads"],
        "": ["DynamoDB account/user_errors"],
    }
    aws = Listing("shop-1", "shop-100/x", *(name for names in there.values() for name in names))
    tables = [*there, *(f"shop-{number}" for number in range(20, 20 + more))]
    found = found_alarms(cast(Aws, aws), tables)
    assert {table: [each["AlarmName"] for each in alarms] for table, alarms in found.items() if alarms} == there
    assert list(found) == tables
    assert aws.asked == asked


@pytest.mark.parametrize(
    ("name", "emails", "told"),
    [
        ("pager", ["oncall@example.com"], []),
        ("my pager", [], ["name: 'my pager' is not a topic's name"]),
        (
            "pager",
            ["oncall", "a@b.c", "x y@b.c"],
            ["emails[0]: 'oncall' is no address", "emails[2]: 'x y@b.c' is no address"],
        ),
    ],
)
def test_a_topic(name: str, emails: list[str], told: list[str]) -> None:
    found = mistakes(name, emails)
    assert len(found) == len(told)
    assert all(one.startswith(other) for one, other in zip(found, told, strict=True))


def test_a_dashboard() -> None:
    body = dashboard_body([ORDERS, {**PROVISIONED, "name": "other"}], "eu-central-1", {})
    widgets = body["widgets"]
    taken = {
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    }
    assert len(taken) == sum(widget["width"] * widget["height"] for widget in widgets), "widgets overlap"
    assert max(x for x, dummy in taken) == 23
    graphs = [widget["properties"] for widget in widgets if widget["type"] == "metric"]
    assert {graph["region"] for graph in graphs} == {"eu-central-1"}
    for graph in graphs:
        identities = [line[-1]["id"] for line in graph["metrics"] if "id" in line[-1]]
        assert len(identities) == len(set(identities)), graph["title"]
    assert our_body(str(body))
    rate = next(graph for graph in graphs if graph["title"] == "% of the requests that failed")
    assert rate["annotations"] == {"horizontal": [{"label": "alarm", "value": 5}]}
    assert rate["metrics"][11][0]["expression"] == "IF(a0requests >= 1, 100 * a0errors / a0requests, 0)"


def test_bodies_are_compared_as_what_they_mean() -> None:
    assert same_body('{"a": 1, "b": [2]}', '{"b":[2],"a":1}')
    assert not same_body('{"a": 1}', '{"a": 2}')
    assert not same_body("", '{"a": 2}')
