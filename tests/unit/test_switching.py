# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of the billing mode: what a table needs, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.metrics import READ, WRITE, Metric, Recorded
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import plan_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.capacity import Throughput
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import TableSpec, parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState
from ansible_collections.auditflow.dynamodb.plugins.module_utils.switch_text import switch_lines
from ansible_collections.auditflow.dynamodb.plugins.module_utils.switching import Peak, Wish, parse_units, plan_switch

ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTHING = Recorded({}, "CloudWatch has recorded nothing of it")


def state(mode: str, warm: tuple[int, int] | None = None) -> TableState:
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5} if mode == PROVISIONED else {}
    holder: dict[str, Any] = {"ProvisionedThroughput": throughput}
    if warm:
        holder["WarmThroughput"] = {"ReadUnitsPerSecond": warm[0], "WriteUnitsPerSecond": warm[1], "Status": "ACTIVE"}
    index = {
        "IndexName": "by-a",
        "IndexStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        **holder,
    }
    table = {
        "TableName": "Orders",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "a")],
        "BillingModeSummary": {"BillingMode": mode, "LastUpdateToPayPerRequestDateTime": AT},
        "GlobalSecondaryIndexes": [index],
        **holder,
    }
    return TableState("Orders", table)


def recorded(**peaks: tuple[float, float]) -> Recorded:
    """Peaks a second, of C(table) and of C(by_a)."""
    points = {}
    for name, (read, write) in peaks.items():
        index = "" if name == "table" else "by-a"
        points[Metric(READ, "Orders", index)] = ((AT, read * 30), (AT, read * 60))
        points[Metric(WRITE, "Orders", index)] = ((AT, write * 60),)
    return Recorded(points)


def spec(**billing: Any) -> TableSpec:
    return parse_table({"name": "Orders", **billing})


def test_to_provisioned_by_peaks() -> None:
    switch = plan_switch(state(ON_DEMAND), Wish(PROVISIONED), recorded(table=(10, 2)), 7)
    assert switch.definition() == {
        "name": "Orders",
        "billing_mode": PROVISIONED,
        "provisioned_throughput": {"read_capacity_units": 13, "write_capacity_units": 3},
        "attributes": {"id": "S", "a": "S"},
        "global_indexes": [
            {
                "name": "by-a",
                "partition_key": "a",
                "projection": "KEYS_ONLY",
                "provisioned_throughput": {"read_capacity_units": 1, "write_capacity_units": 1},
            }
        ],
    }
    plan = plan_table(parse_table(switch.definition()), state(ON_DEMAND))
    assert (len(plan.steps), plan.refusals) == (1, ())
    lines = switch_lines(switch, "eu-west-1")
    assert lines[0] == "Orders (eu-west-1): PAY_PER_REQUEST -> PROVISIONED"
    assert "  throughput of the table: 13 read / 3 write (the peak and 30 %)" in lines


def test_numbers_by_hand_go_before_definitions_and_those_before_peaks() -> None:
    defined = spec(
        attributes={"id": "S", "a": "S"},
        partition_key="id",
        billing_mode=PROVISIONED,
        provisioned_throughput={"read_capacity_units": 50, "write_capacity_units": 40},
        global_indexes=[
            {
                "name": "by-a",
                "partition_key": "a",
                "provisioned_throughput": {"read_capacity_units": 9, "write_capacity_units": 8},
            }
        ],
    )
    wish = Wish(PROVISIONED, units={"by-a": Throughput(3, 4)}, spec=defined)
    switch = plan_switch(state(ON_DEMAND), wish, recorded(table=(10, 2)), 7)
    assert switch.units == {"": (Throughput(50, 40), "as defined"), "by-a": (Throughput(3, 4), "as given")}


def test_what_nobody_knows() -> None:
    switch = plan_switch(state(ON_DEMAND), Wish(PROVISIONED, units={"": Throughput(1, 1)}), NOTHING, 7)
    assert switch.unknown == ("by-a",)
    told = "  throughput of index by-a is not known: define it, or give it in units under Orders/by-a"
    assert told in switch_lines(switch, "eu-west-1")


def test_to_on_demand_what_is_over_the_floor_is_warmed_first() -> None:
    switch = plan_switch(state(PROVISIONED), Wish(ON_DEMAND), recorded(table=(10_000, 10), by_a=(1, 1)), 7)
    assert switch.warming() == {
        "name": "Orders",
        "warm_throughput": {"read_units_per_second": 13_000, "write_units_per_second": 4_000},
    }
    assert switch.definition() == {**(switch.warming() or {}), "billing_mode": ON_DEMAND}
    index = plan_switch(state(PROVISIONED), Wish(ON_DEMAND), recorded(table=(1, 1), by_a=(1, 4_000)), 7)
    warming = index.warming() or {}
    assert warming["global_indexes"][0]["warm_throughput"]["write_units_per_second"] == 5_200
    for definition in (warming, index.definition()):
        plan = plan_table(parse_table(definition), state(PROVISIONED))
        assert plan.refusals == ()


def test_to_on_demand_without_any_need() -> None:
    switch = plan_switch(state(PROVISIONED), Wish(ON_DEMAND), recorded(table=(10, 10)), 7)
    assert switch.warming() is None
    assert switch.definition() == {"name": "Orders", "billing_mode": ON_DEMAND}


def test_before_a_peak_an_on_demand_table_is_warmed() -> None:
    wish = Wish(ON_DEMAND, units={"": Throughput(40_000, 1_000)})
    switch = plan_switch(state(ON_DEMAND, (20_000, 9_000)), wish, NOTHING, 7)
    assert switch.needed
    warm = {"read_units_per_second": 40_000, "write_units_per_second": 9_000}
    assert switch.definition() == {"name": "Orders", "billing_mode": ON_DEMAND, "warm_throughput": warm}
    assert not plan_switch(state(ON_DEMAND, (40_000, 4_000)), wish, NOTHING, 7).needed


@pytest.mark.parametrize("mode", [ON_DEMAND, PROVISIONED])
def test_nothing_to_switch(mode: str) -> None:
    switch = plan_switch(state(mode), Wish(mode), recorded(table=(90_000, 90_000)), 7)
    assert not switch.needed
    assert switch_lines(switch, "eu-west-1") == [f"Orders (eu-west-1): is {mode} already"]


@given(st.floats(0, 40_000), st.floats(0, 40_000), st.integers(0, 200))
def test_headroom_is_never_less_than_the_peak(read: float, write: float, percent: int) -> None:
    units = Peak(read, write).with_headroom(percent)
    assert units.read >= max(1, read)
    assert units.write >= max(1, write)


def test_units_by_hand() -> None:
    given_units = {"Orders": {"read": "5", "write": 6}, "Orders/by-a": {"read": 1, "write": 2}, "Other": {}}
    assert parse_units(given_units, "Orders") == {"": Throughput(5, 6), "by-a": Throughput(1, 2)}
    with pytest.raises(ValueError, match=r"units\.Other: must be a dictionary with the whole numbers read and write"):
        parse_units(given_units, "Other")
    with pytest.raises(ValueError, match=r"units\.One: read and write must be 1 or more"):
        parse_units({"One": {"read": 0, "write": 1}}, "One")
