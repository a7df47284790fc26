# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms: on what numbers they ring, by CloudWatch's metric math."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import alarms
from ansible_collections.auditflow.dynamodb.tests.unit.metric_math import Number, rings, value_of

from .alarm_examples import BY_STATE, EVERYTHING, ORDERS, PROVISIONED, alarm_of

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
