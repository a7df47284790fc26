# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms out of definitions: which there are, what they watch, when they ring, and how they compare with AWS's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_changes import compare
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_look import found_alarms
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_options import parse_monitoring, topics_elsewhere
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_rules import OPERATIONS, RULES, Scope
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm, alarms, ours, prefix
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.dashboard_body import (
    dashboard_body,
    our_body,
    same_body,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read
from ansible_collections.auditflow.dynamodb.plugins.module_utils.topics import mistakes
from ansible_collections.auditflow.dynamodb.tests.unit.metric_math import Number, rings, value_of

TOPIC = "arn:aws:sns:eu-central-1:111122223333:pager"
BY_STATE = {"name": "by-state", "partition_key": "state"}
ORDERS: dict[str, Any] = {
    "name": "orders",
    "attributes": {"id": "S", "state": "S"},
    "partition_key": "id",
    "global_indexes": [BY_STATE],
    "ttl": {"attribute": "expires"},
}
CAPACITY = {"read_capacity_units": 10, "write_capacity_units": 5}
PROVISIONED = {
    **ORDERS,
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": CAPACITY,
    "global_indexes": [{**BY_STATE, "provisioned_throughput": CAPACITY}],
}
EVERYTHING = {"rules": {"index_build_throttled": {"enabled": True}}, "tables": {"orders": {"replicas": ["us-east-1"]}}}


def alarm_of(kind: str, definition: Mapping[str, Any] | None = None, index: str = "", **options: Any) -> Alarm:
    found = [each for each in alarms([definition or ORDERS], options) if each.kind == kind and each.index == index]
    assert len(found) == 1, [each.name for each in found]
    return found[0]


def problems(options: Any, definition: Mapping[str, Any] | None = None) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        alarms([definition or ORDERS], options)
    return list(raised.value.problems)


# --- which -----------------------------------------------------------------------------------------------------------


def test_a_table_with_an_index() -> None:
    assert [alarm.name for alarm in alarms([ORDERS], EVERYTHING)] == [
        "orders/throttled_reads",
        "orders/throttled_writes",
        "orders/consumed_reads",
        "orders/consumed_writes",
        "orders/system_errors",
        "orders/error_rate_reads",
        "orders/error_rate_writes",
        "orders/ttl_stopped",
        "orders/replica_lag/us-east-1",
        "orders/by-state/throttled_reads",
        "orders/by-state/throttled_writes",
        "orders/by-state/consumed_reads",
        "orders/by-state/consumed_writes",
        "orders/by-state/index_build_throttled",
        "DynamoDB account/user_errors",
    ]


def test_nothing_without_tables() -> None:
    assert alarms([]) == ()


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ({"name": "orders"}, "ttl_stopped"),
        ({"name": "orders", "ttl": {"enabled": False}}, "ttl_stopped"),
        (ORDERS, "replica_lag"),
        (ORDERS, "index_build_throttled"),
    ],
)
def test_no_alarm_without_what_it_is_about(definition: Mapping[str, Any], kind: str) -> None:
    assert kind not in {alarm.kind for alarm in alarms([definition])}


def test_what_is_nearer_counts_more() -> None:
    options = {
        "rules": {"throttled_reads": {"threshold": 1, "period": 60}},
        "tables": {
            "orders": {
                "throttled_reads": {"threshold": 2},
                "throttled_writes": {"enabled": False},
                "indexes": {"by-state": {"throttled_reads": {"threshold": 3}, "throttled_writes": {"enabled": True}}},
            }
        },
    }
    found = {alarm.name: alarm.rule for alarm in alarms([ORDERS, {"name": "other"}], options)}
    thresholds = {
        name: (rule.threshold, rule.period) for name, rule in found.items() if name.endswith("throttled_reads")
    }
    assert thresholds == {
        "orders/throttled_reads": (2, 60),
        "orders/by-state/throttled_reads": (3, 60),
        "other/throttled_reads": (1, 60),
    }
    assert "orders/throttled_writes" not in found
    assert "orders/by-state/throttled_writes" in found


def test_whom_they_tell() -> None:
    topics = {"alarm": [TOPIC], "ok": [f"{TOPIC}-2"]}
    for alarm in alarms([ORDERS], {"topics": topics}):
        request = alarm.request()
        told = [request[name] for name in ("AlarmActions", "OKActions", "InsufficientDataActions")]
        assert told == [[TOPIC], [f"{TOPIC}-2"], []]
    parsed = parse_monitoring([ORDERS], {"topics": topics})[1].topics
    assert topics_elsewhere(parsed, "eu-central-1") == []
    assert topics_elsewhere(parsed, "eu-west-1") == [TOPIC, f"{TOPIC}-2"]


names = st.text("aZ0_.-", min_size=3, max_size=255)


@given(names, names)
def test_names_and_descriptions_keep_to_limits(table: str, index: str) -> None:
    definition = {**ORDERS, "name": table, "global_indexes": [{**BY_STATE, "name": index}]}
    options = {**EVERYTHING, "tables": {table: {"replicas": ["us-east-1"]}}}
    found = alarms([definition], options)
    assert len({alarm.name for alarm in found}) == len(found) == 15
    for alarm in found:
        assert len(alarm.name) <= 255
        assert len(alarm.told) <= 1024
        assert alarm.name.startswith(prefix(alarm.table))
        assert ours({"AlarmDescription": alarm.told})


@given(names, names)
def test_no_table_has_the_alarms_of_another(one: str, other: str) -> None:
    assert one == other or not prefix(one).startswith(prefix(other))


def test_a_description_says_what_it_means_and_what_to_do() -> None:
    for alarm in alarms([ORDERS], EVERYTHING):
        assert "{" not in alarm.description
        assert f". What to do: {RULES[alarm.kind].action}. Runbook: monitoring, {alarm.kind}." in alarm.description
    told = alarm_of("throttled_reads", index="by-state").told
    assert told.startswith("Index by-state of orders: reads came faster than is allowed")
    assert told.endswith("\nManaged by auditflow.dynamodb: orders/by-state")


# --- what they watch -------------------------------------------------------------------------------------------------


def metrics(alarm: Alarm) -> list[tuple[str, str, dict[str, str]]]:
    return [(query.metric, query.statistic, dict(query.dimensions)) for query in alarm.queries if query.metric]


TABLE = {"TableName": "orders"}
INDEX = {**TABLE, "GlobalSecondaryIndexName": "by-state"}


@pytest.mark.parametrize(
    ("kind", "index", "watched"),
    [
        ("throttled_reads", "", [("ReadThrottleEvents", "Sum", TABLE)]),
        ("throttled_writes", "by-state", [("WriteThrottleEvents", "Sum", INDEX)]),
        ("consumed_reads", "by-state", [("ConsumedReadCapacityUnits", "Sum", INDEX)]),
        ("consumed_writes", "", [("ConsumedWriteCapacityUnits", "Sum", TABLE)]),
        ("ttl_stopped", "", [("TimeToLiveDeletedItemCount", "Sum", TABLE)]),
        ("index_build_throttled", "by-state", [("OnlineIndexThrottleEvents", "Sum", INDEX)]),
        ("replica_lag", "", [("ReplicationLatency", "Average", {**TABLE, "ReceivingRegion": "us-east-1"})]),
        ("system_errors", "", [("SystemErrors", "Sum", {**TABLE, "Operation": each}) for each in OPERATIONS]),
    ],
)
def test_metrics(kind: str, index: str, watched: Sequence[Any]) -> None:
    assert metrics(alarm_of(kind, index=index, **EVERYTHING)) == watched


def test_user_errors_are_the_accounts() -> None:
    alarm = alarms([ORDERS])[-1]
    assert (alarm.table, alarm.index, metrics(alarm)) == ("", "", [("UserErrors", "Sum", {})])


def test_capacity_of_a_provisioned_table() -> None:
    watched = metrics(alarm_of("consumed_writes", PROVISIONED, "by-state"))
    assert watched == [
        ("ConsumedWriteCapacityUnits", "Sum", INDEX),
        ("ProvisionedWriteCapacityUnits", "Average", INDEX),
    ]


def test_what_cloudwatch_takes() -> None:
    """PutMetricAlarm: ten metrics, ten expressions, one of them returned, identities that begin in lower case."""
    for definition in (ORDERS, PROVISIONED):
        for alarm in alarms([definition], EVERYTHING):
            queries = alarm.request()["Metrics"]
            assert sum("MetricStat" in query for query in queries) <= 10
            assert sum("Expression" in query for query in queries) <= 10
            assert [query["Id"] for query in queries if query["ReturnData"]] == ["value"]
            assert len({query["Id"] for query in queries}) == len(queries)
            assert all(query["Id"][0].islower() and query["Id"].isalnum() for query in queries)
            rule = alarm.rule
            assert rule.period * rule.evaluation_periods <= (86400 if rule.period < 3600 else 604800)
            assert rule.datapoints <= rule.evaluation_periods


# --- when they ring --------------------------------------------------------------------------------------------------

NOTHING: list[Number] = [None] * 3


def test_throttling_rings_once_and_stops() -> None:
    alarm = alarm_of("throttled_reads")
    assert rings(alarm, {"throttled": [None, None, 1]})
    assert rings(alarm, {"throttled": [None, 1, None]}), "the latest numbers may be late"
    assert not rings(alarm, {"throttled": [1, None, None]})
    assert not rings(alarm, {"throttled": NOTHING})


def test_system_errors_of_any_operation() -> None:
    alarm = alarm_of("system_errors")
    assert value_of(alarm, {"failed3": [2, None], "failed9": [1, 4]}) == [3, 4]
    assert rings(alarm, {"failed10": [None, 1]})
    assert not rings(alarm, {})


@pytest.mark.parametrize(
    ("failed", "throttled", "done", "rate"),
    [
        (5, None, 95, 5),
        (3, 2, 95, 5),
        (5, 1, 94, 6),
        (None, None, 100, 0),
        (1, None, None, 100),
        (None, None, None, 0),
        (0, 0, 0, 0),
    ],
)
def test_five_percent_are_five_percent(failed: Number, throttled: Number, done: Number, rate: float) -> None:
    """5 of 100 are 5 %, which does not ring yet; no requests are no error."""
    for kind in ("error_rate_reads", "error_rate_writes"):
        alarm = alarm_of(kind)
        found = {"failed1": [failed], "throttled2": [throttled], "done3": [done]}
        assert value_of(alarm, found) == [rate]
        assert rings(alarm, found) == (rate > 5)
        assert (alarm.rule.period, alarm.rule.threshold) == (300, 5)


def test_the_error_rate_adds_up_operations() -> None:
    alarm = alarm_of("error_rate_reads", rules={"error_rate_reads": {"operations": ["Query", "Scan"]}})
    found: dict[str, list[Number]] = {"failed1": [1], "throttled2": [3], "done1": [50], "done2": [26]}
    assert value_of(alarm, found) == [5]
    operations = [dict(query.dimensions)["Operation"] for query in alarm.queries if query.metric == "SystemErrors"]
    assert operations == ["Query", "Scan"]


def test_few_requests_are_no_rate_where_a_minimum_is_given() -> None:
    alarm = alarm_of("error_rate_reads", rules={"error_rate_reads": {"minimum_requests": 20}})
    assert not rings(alarm, {"failed1": [1], "done1": [18]})
    assert rings(alarm, {"failed1": [2], "done1": [18]})


def test_consumed_against_the_limit_of_the_account() -> None:
    alarm = alarm_of("consumed_reads", read_limit=100)
    assert value_of(alarm, {"consumed": [100 * 300, 40 * 300, None]}) == [100, 40, 0]
    # 81 % in two periods of three; 80 % is not above 80 %.
    assert rings(alarm, {"consumed": [81 * 300, 0, 81 * 300]})
    assert not rings(alarm, {"consumed": [80 * 300, 80 * 300, 80 * 300]})
    assert not rings(alarm, {"consumed": [0, 100 * 300, 0]})


def test_a_limit_of_the_definition_counts_instead() -> None:
    limit = {"max_read_request_units": 50, "max_write_request_units": 20}
    definition = {**ORDERS, "billing_mode": "PAY_PER_REQUEST", "on_demand_throughput": limit}
    index = {**BY_STATE, "on_demand_throughput": {"max_read_request_units": 10, "max_write_request_units": 10}}
    definition["global_indexes"] = [index]
    assert value_of(alarm_of("consumed_reads", definition), {"consumed": [25 * 300]}) == [50]
    assert value_of(alarm_of("consumed_writes", definition), {"consumed": [20 * 300]}) == [100]
    assert value_of(alarm_of("consumed_reads", definition, "by-state"), {"consumed": [9 * 300]}) == [90]


def test_consumed_of_a_provisioned_table() -> None:
    alarm = alarm_of("consumed_reads", PROVISIONED)
    assert value_of(alarm, {"consumed": [9 * 300, 5 * 300, None], "provisioned": [10, None, 10]}) == [90, 50, 0]
    assert not rings(alarm, {"consumed": [300, 300, 300], "provisioned": [0, 0, 0]}), (
        "no capacity is no division by zero"
    )
    # Auto scaling doubled it.
    assert value_of(alarm, {"consumed": [9 * 300, 9 * 300], "provisioned": [10, 20]}) == [90, 45]


def hours(*deletions: tuple[int, Number], total: int = 168) -> dict[str, list[Number]]:
    series: list[Number] = [None] * total
    for ago, number in deletions:
        series[total - 1 - ago] = number
    return {"deleted": series}


@pytest.mark.parametrize(
    ("deletions", "ringing"),
    [
        ((), False),  # a table whose first item expires in years
        (((0, 5),), False),
        (((24, 5),), False),
        (((25, 5),), True),
        (((100, 5), (2, 1)), False),
        (((100, 5), (30, 1), (2, 0)), True),
        (((167, 1),), True),
    ],
)
def test_deletions_that_stopped(deletions: tuple[tuple[int, Number], ...], ringing: bool) -> None:
    assert rings(alarm_of("ttl_stopped"), hours(*deletions)) == ringing


def test_replica_lag_is_in_seconds_and_no_number_is_no_news() -> None:
    alarm = alarm_of("replica_lag", **EVERYTHING)
    assert value_of(alarm, {"latency": [90_000, None]}) == [90, None]
    assert rings(alarm, {"latency": [61_000, 61_000, 61_000]})
    assert not rings(alarm, {"latency": [61_000, 59_000, 61_000]})
    assert alarm.request()["TreatMissingData"] == "ignore"


@given(st.data())
def test_nothing_happens_nothing_rings(data: st.DataObject) -> None:
    """Whatever is missing or 0, no alarm rings and none is without a value that others have."""
    alarm = data.draw(st.sampled_from([*alarms([ORDERS], EVERYTHING), *alarms([PROVISIONED])]))
    series = st.lists(st.sampled_from([None, 0.0]), min_size=168, max_size=168)
    found = {query.identity: data.draw(series) for query in alarm.queries if query.metric}
    assert not rings(alarm, found)


# --- what a user may say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"topic": {}}, "monitoring.topic: unknown option; did you mean 'topics'?"),
        ({"topics": {"alarm": ["pager"]}}, "monitoring.topics.alarm[0]: 'pager' is not the ARN of a topic"),
        ({"topics": {"ok": [f"{TOPIC}.fifo"]}}, "monitoring.topics.ok[0]: "),
        ({"topics": {"ok": [TOPIC] * 6}}, "monitoring.topics.ok: has 6 topics; an alarm takes 5"),
        ({"rules": {"throttles": {}}}, "monitoring.rules.throttles: unknown option"),
        (
            {"rules": {"consumed_reads": {"threshold": "high"}}},
            "monitoring.rules.consumed_reads.threshold: must be a whole",
        ),
        (
            {"rules": {"consumed_reads": {"threshold": -1}}},
            "monitoring.rules.consumed_reads.threshold: must be 0 or more",
        ),
        (
            {"rules": {"consumed_reads": {"period": 90}}},
            "monitoring.rules.consumed_reads.period: must be a multiple of 60",
        ),
        (
            {"rules": {"consumed_reads": {"datapoints": 4}}},
            "monitoring.rules.consumed_reads.datapoints: must be 1 to 3",
        ),
        (
            {"rules": {"consumed_reads": {"evaluation_periods": 289}}},
            "monitoring.rules.consumed_reads.evaluation_periods",
        ),
        (
            {"rules": {"ttl_stopped": {"threshold": 168}}},
            "monitoring.rules.ttl_stopped.threshold: must be 1 to 167 hours",
        ),
        ({"rules": {"ttl_stopped": {"period": 60}}}, "monitoring.rules.ttl_stopped.period: has no meaning"),
        (
            {"rules": {"error_rate_reads": {"operations": ["Get"]}}},
            "monitoring.rules.error_rate_reads.operations[0]: unkn",
        ),
        (
            {"rules": {"error_rate_reads": {"operations": list(OPERATIONS)}}},
            "monitoring.rules.error_rate_reads.operations:",
        ),
        (
            {"rules": {"system_errors": {"minimum_requests": 1}}},
            "monitoring.rules.system_errors.minimum_requests: has no",
        ),
        (
            {"rules": {"error_rate_reads": {"minimum_requests": 0}}},
            "monitoring.rules.error_rate_reads.minimum_requests: m",
        ),
        ({"tables": {"order": {}}}, "monitoring.tables.order: no definition has this name"),
        ({"tables": {"orders": {"user_errors": {}}}}, "monitoring.tables.orders.user_errors: unknown option"),
        ({"tables": {"orders": {"indexes": {"x": {}}}}}, "monitoring.tables.orders.indexes.x: the definition has no"),
        (
            {"tables": {"orders": {"indexes": {"by-state": {"ttl_stopped": {}}}}}},
            "monitoring.tables.orders.indexes.by-state.ttl_stopped: unknown option",
        ),
        (
            {"tables": {"orders": {"replicas": ["Frankfurt"]}}},
            "monitoring.tables.orders.replicas[0]: 'Frankfurt' is not",
        ),
        ({"read_limit": 0}, "monitoring.read_limit: must be 1 or more"),
    ],
)
def test_mistakes(options: Any, problem: str) -> None:
    found = problems(options)
    assert len(found) == 1, found
    assert found[0].startswith(problem)


def test_mistakes_of_definitions_and_options_together() -> None:
    found = problems({"read_limit": 0}, {"name": "x"})
    assert [problem.split(":")[0] for problem in found] == ["tables[0].name", "monitoring.read_limit"]


# --- beside those of AWS ---------------------------------------------------------------------------------------------


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


# --- the dashboard ---------------------------------------------------------------------------------------------------


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


def test_every_rule_is_said_and_bounded() -> None:
    for rule in RULES.values():
        assert rule.most_operations >= len(rule.operations)
        assert rule.scope in Scope
