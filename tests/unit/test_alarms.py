# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms: which ones a table has, what they watch, and that they keep to CloudWatch's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_options import parse_monitoring, topics_elsewhere
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_rules import OPERATIONS, RULES, Scope
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm, alarms, ours, prefix

from .alarm_examples import BY_STATE, EVERYTHING, ORDERS, PROVISIONED, TOPIC, alarm_of


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


def test_every_rule_is_said_and_bounded() -> None:
    for rule in RULES.values():
        assert rule.most_operations >= len(rule.operations)
        assert rule.scope in Scope
