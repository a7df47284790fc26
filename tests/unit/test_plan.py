# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls a plan makes, in which order, and what may share one."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import merge
from ansible_collections.auditflow.dynamodb.plugins.module_utils.steps import Change, Step
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, key_arn
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    BY_CUSTOMER,
    BY_TOTAL,
    MORE_UNITS,
    ON_DEMAND,
    PROVISIONED,
    UNITS,
    Definition,
    made,
    only,
    plan,
    run,
    shortly,
    table,
    written,
)

SIZED_CUSTOMER = {**BY_CUSTOMER, "provisioned_throughput": UNITS}
SIZED_TOTAL = {**BY_TOTAL, "provisioned_throughput": UNITS}
LIMIT = {"max_read_request_units": 100}


def field(**arguments: Any) -> Step:
    return Step("UpdateTable", {"TableName": "Orders", **arguments}, "a purpose", (Change("~", "s", "l", "c"),))


def index(action: str, **content: Any) -> Step:
    return field(GlobalSecondaryIndexUpdates=[{action: {"IndexName": f"index-{len(content)}", **content}}])


FIELDS = {
    "mode": field(BillingMode="PROVISIONED"),
    "throughput": field(ProvisionedThroughput={}),
    "limit": field(OnDemandThroughput={}),
    "stream": field(StreamSpecification={}),
    "encryption": field(SSESpecification={}),
    "class": field(TableClass="STANDARD"),
    "protection": field(DeletionProtectionEnabled=True),
    "warm": field(WarmThroughput={}),
    "index throughput": index("Update", ProvisionedThroughput={}),
    "index limit": index("Update", OnDemandThroughput={}),
    "index warm": index("Update", WarmThroughput={}),
    "index create": index("Create", KeySchema=[]),
    "index delete": index("Delete"),
}
SHARED = {
    ("mode", "throughput"),
    ("mode", "limit"),
    ("mode", "index throughput"),
    ("throughput", "index throughput"),
}


@pytest.mark.parametrize("pair", list(combinations(FIELDS, 2)), ids="+".join)
def test_two_changes_share_a_call_only_where_aws_takes_them_together(pair: tuple[str, str]) -> None:
    merged = merge([FIELDS[name] for name in pair])
    assert (len(merged) == 1) == (pair in SHARED)


@pytest.mark.parametrize("name", FIELDS)
def test_two_changes_of_one_kind_share_a_call_only_for_throughput_and_limits_of_indexes(name: str) -> None:
    assert len(merge([FIELDS[name], FIELDS[name]])) == 1 or name not in ("index throughput", "index limit")
    if name in ("index create", "index delete", "index warm"):
        assert len(merge([FIELDS[name], FIELDS[name]])) == 2


def test_three_that_go_together_in_pairs_only_are_not_put_into_one_call() -> None:
    merged = merge([FIELDS["mode"], FIELDS["throughput"], FIELDS["limit"]])
    assert [sorted(set(step.arguments) - {"TableName"}) for step in merged] == [
        ["BillingMode", "ProvisionedThroughput"],
        ["OnDemandThroughput"],
    ]


def test_a_shared_call_carries_all_lines_and_waits_for_all() -> None:
    (merged,) = merge([FIELDS["mode"], FIELDS["throughput"], FIELDS["index throughput"]])
    assert len(merged.changes) == 3
    assert len(merged.arguments["GlobalSecondaryIndexUpdates"]) == 1


EVERYTHING = table(
    **ON_DEMAND,
    global_indexes=[BY_CUSTOMER, BY_TOTAL],
    encryption={"key": key_arn("one")},
    ttl={"attribute": "expires"},
    pitr={"recovery_period_days": 35},
    stream={"view_type": "NEW_IMAGE"},
    table_class="STANDARD",
    deletion_protection=True,
    tags={"Project": "orders"},
)


def test_a_new_table_is_one_call_and_then_what_it_cannot_carry_side_by_side() -> None:
    planned = plan(AwsModel(), EVERYTHING)
    assert [[[step.operation for step in lane] for lane in stage] for stage in planned.stages] == [
        [["CreateTable"]],
        [["UpdateTimeToLive"], ["UpdateContinuousBackups"]],
    ]


def test_everything_at_once_on_a_live_table_comes_in_the_order_of_the_service() -> None:
    model = made({**EVERYTHING, "global_indexes": [BY_CUSTOMER, BY_TOTAL]})
    wanted = table(
        billing_mode="PROVISIONED",
        provisioned_throughput=UNITS,
        global_indexes=[
            {**SIZED_CUSTOMER, "projection": "KEYS_ONLY"},
            {**SIZED_TOTAL, "name": "by-total-2"},
        ],
        warm_throughput={"read_units_per_second": 15000},
        purge_indexes=True,
        allow_index_rebuild=True,
        encryption={"key": key_arn("two")},
        stream={"view_type": "OLD_IMAGE"},
        table_class="STANDARD_INFREQUENT_ACCESS",
        deletion_protection=False,
        tags={"Owner": "billing"},
        purge_tags=True,
        ttl={"enabled": False},
        pitr={"enabled": False},
    )
    planned = plan(model, wanted)
    lanes = {lane[0].lane: [step.operation for step in lane] for stage in planned.stages for lane in stage}
    assert {name: lane for name, lane in lanes.items() if name != "table"} == {
        "ttl": ["UpdateTimeToLive"],
        "pitr": ["UpdateContinuousBackups"],
        "tags": ["UntagResource", "TagResource"],
    }
    in_order = [
        "delete by-total",
        "delete by-customer",
        "TableClass",
        "BillingMode, ProvisionedThroughput",
        "StreamSpecification",
        "StreamSpecification",
        "create by-customer",
        "create by-total-2",
        "SSESpecification",
        "WarmThroughput",
        "DeletionProtectionEnabled",
    ]
    assert [call for call in shortly(planned) if call in in_order] == in_order
    assert run(model, wanted).error is None
    assert [refused for refused in model.refused if refused[0] != "ValidationException"] == []
    assert [call for call in written(model) if call in in_order] == in_order


CHANGES: dict[str, tuple[Definition, Definition, list[str]]] = {
    "to provisioned, with every index in the same call": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER, BY_TOTAL]),
        only(**PROVISIONED, global_indexes=[SIZED_CUSTOMER, SIZED_TOTAL]),
        [
            (
                "BillingMode, ProvisionedThroughput, update by-customer ProvisionedThroughput, "
                "update by-total ProvisionedThroughput"
            )
        ],
    ),
    "to on demand, with a limit in the same call": (
        table(**PROVISIONED, global_indexes=[SIZED_CUSTOMER]),
        only(**ON_DEMAND, on_demand_throughput=LIMIT, global_indexes=[BY_CUSTOMER]),
        ["BillingMode, OnDemandThroughput"],
    ),
    "to on demand, with a limit of an index afterwards": (
        table(**PROVISIONED, global_indexes=[SIZED_CUSTOMER]),
        only(**ON_DEMAND, global_indexes=[{**BY_CUSTOMER, "on_demand_throughput": LIMIT}]),
        ["BillingMode", "update by-customer OnDemandThroughput"],
    ),
    "throughput of table and index in one call": (
        table(**PROVISIONED, global_indexes=[SIZED_CUSTOMER]),
        only(provisioned_throughput=MORE_UNITS, global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": MORE_UNITS}]),
        ["ProvisionedThroughput, update by-customer ProvisionedThroughput"],
    ),
    "throughput of an index alone": (
        table(**PROVISIONED, global_indexes=[SIZED_CUSTOMER, SIZED_TOTAL]),
        only(global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": MORE_UNITS}]),
        ["update by-customer ProvisionedThroughput"],
    ),
    "limits of two indexes in one call, after the table's": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER, BY_TOTAL]),
        only(
            on_demand_throughput=LIMIT,
            global_indexes=[
                {**BY_CUSTOMER, "on_demand_throughput": LIMIT},
                {**BY_TOTAL, "on_demand_throughput": LIMIT},
            ],
        ),
        ["OnDemandThroughput", "update by-customer OnDemandThroughput, update by-total OnDemandThroughput"],
    ),
    "warm throughput one at a time": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER]),
        only(
            warm_throughput={"write_units_per_second": 5000},
            global_indexes=[{**BY_CUSTOMER, "warm_throughput": {"read_units_per_second": 13000}}],
        ),
        ["update by-customer WarmThroughput", "WarmThroughput"],
    ),
    "warm throughput that the new throughput brings needs no call": (
        table(**PROVISIONED),
        only(
            provisioned_throughput={"read_capacity_units": 50, "write_capacity_units": 50},
            warm_throughput={"read_units_per_second": 20},
        ),
        ["ProvisionedThroughput"],
    ),
    "an index is built with its own attributes only": (
        table(**ON_DEMAND),
        only(global_indexes=[BY_CUSTOMER, BY_TOTAL]),
        ["create by-customer", "create by-total"],
    ),
    "a stream's view changes by off and on": (
        table(stream={"view_type": "NEW_IMAGE"}),
        only(stream={"view_type": "KEYS_ONLY"}),
        ["StreamSpecification", "StreamSpecification"],
    ),
    "a TTL attribute changes by off and on": (
        table(ttl={"attribute": "expires"}),
        only(ttl={"attribute": "gone_at"}),
        ["UpdateTimeToLive", "UpdateTimeToLive"],
    ),
    "the order of partition attributes means nothing": (
        table(global_indexes=[{"name": "both", "partition_key": ["customer_id", "total"]}]),
        only(global_indexes=[{"name": "both", "partition_key": ["total", "customer_id"]}]),
        [],
    ),
    "what is not named stays": (
        table(global_indexes=[BY_CUSTOMER, BY_TOTAL], tags={"Project": "orders"}),
        only(global_indexes=[BY_CUSTOMER], tags={}),
        [],
    ),
    "an empty list with purge removes": (
        table(global_indexes=[BY_CUSTOMER, BY_TOTAL]),
        only(global_indexes=[], purge_indexes=True),
        ["delete by-customer", "delete by-total"],
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_makes_these_calls_and_no_more(case: str) -> None:
    before, wanted, calls = CHANGES[case]
    model = made(before)
    assert shortly(plan(model, wanted)) == calls
    outcome = run(model, wanted)
    assert outcome.error is None
    taken = written(model)
    assert taken == calls or "TTL" in case


def test_a_create_defines_the_attributes_of_every_living_key() -> None:
    model = made(table(global_indexes=[BY_CUSTOMER]))
    (step,) = plan(model, only(global_indexes=[BY_CUSTOMER, BY_TOTAL])).steps
    names = [definition["AttributeName"] for definition in step.arguments["AttributeDefinitions"]]
    assert names == ["customer_id", "order_id", "placed_at", "total"]
