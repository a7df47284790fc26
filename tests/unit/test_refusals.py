# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before the first call, with the reason and what would allow it."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Run
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import RefusedError
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, key_arn
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    BY_CUSTOMER,
    BY_TOTAL,
    CHECK,
    MORE_UNITS,
    ON_DEMAND,
    PROVISIONED,
    UNITS,
    Definition,
    made,
    only,
    run,
    table,
    written,
)

LOCAL = {"name": "local-total", "sort_key": "total"}
WITH_LOCAL = table(sort_key="placed_at", local_indexes=[LOCAL])
REBUILD = "allow_index_rebuild: true deletes and creates it again"

REFUSED: dict[str, tuple[Definition, Definition, str, str]] = {
    "another partition key": (
        table(),
        only(partition_key="customer_id"),
        "keys: Orders has partition key order_id (S), the definition wants partition key customer_id (S)",
        "Is it the right table?",
    ),
    "a sort key more": (
        table(),
        only(partition_key="order_id", sort_key="total"),
        "sort key total (N)",
        "right table?",
    ),
    "another type of the key": (
        table(),
        {"name": "Orders", "attributes": {"order_id": "N"}, "partition_key": "order_id"},
        "wants partition key order_id (N)",
        "right table?",
    ),
    "a local index more": (
        WITH_LOCAL,
        only(local_indexes=[LOCAL, {"name": "local-customer", "sort_key": "customer_id"}]),
        "local_indexes: Orders lacks the local index local-customer (sort key customer_id S, ALL)",
        "Use a global index",
    ),
    "another projection of a local index": (
        WITH_LOCAL,
        only(local_indexes=[{**LOCAL, "projection": "KEYS_ONLY"}]),
        "local-total (sort key total N, KEYS_ONLY)",
        "its items are lost",
    ),
    "another type of a local index": (
        WITH_LOCAL,
        {"name": "Orders", "attributes": {"total": "S"}, "local_indexes": [LOCAL]},
        "local-total (sort key total S, ALL)",
        "its items are lost",
    ),
    "another sort key of an index": (
        table(global_indexes=[BY_CUSTOMER]),
        only(global_indexes=[{**BY_CUSTOMER, "sort_key": "total"}]),
        "index by-customer has sort key placed_at -> total, which AWS cannot change in place",
        REBUILD,
    ),
    "another partition key of an index": (
        table(global_indexes=[BY_TOTAL]),
        only(global_indexes=[{**BY_TOTAL, "partition_key": ["total", "customer_id"]}]),
        "index by-total has partition key total -> total + customer_id",
        REBUILD,
    ),
    "another order of an index's sort keys": (
        table(global_indexes=[{**BY_TOTAL, "sort_key": ["placed_at", "customer_id"]}]),
        only(global_indexes=[{**BY_TOTAL, "sort_key": ["customer_id", "placed_at"]}]),
        "sort key placed_at + customer_id -> customer_id + placed_at",
        REBUILD,
    ),
    "another projection of an index": (
        table(global_indexes=[BY_TOTAL]),
        only(global_indexes=[{**BY_TOTAL, "projection": {"include": ["b", "a"]}}]),
        "index by-total has projection KEYS_ONLY -> INCLUDE a, b",
        REBUILD,
    ),
    "another type of an index's key": (
        table(global_indexes=[BY_TOTAL]),
        {"name": "Orders", "attributes": {"total": "S"}, "global_indexes": [BY_TOTAL]},
        "index by-total has type of total N -> S",
        REBUILD,
    ),
    "an index that wants another type of the table's key": (
        table(),
        {
            "name": "Orders",
            "attributes": {"order_id": "N"},
            "global_indexes": [{"name": "by-order", "partition_key": "order_id"}],
        },
        "index by-order wants order_id as N, and Orders has it as S in another key",
        "Give order_id the type S in attributes",
    ),
    "an index that wants another type of another index's key": (
        table(global_indexes=[BY_CUSTOMER]),
        {
            "name": "Orders",
            "attributes": {"placed_at": "N"},
            "global_indexes": [{"name": "by-time", "partition_key": "placed_at"}],
        },
        "index by-time wants placed_at as N, and Orders has it as S in another key",
        "or use another attribute",
    ),
    "throughput of an on-demand table": (
        table(**ON_DEMAND),
        only(provisioned_throughput=UNITS),
        "provisioned_throughput is given and Orders is PAY_PER_REQUEST",
        "Give billing_mode PROVISIONED too",
    ),
    "limits of a provisioned table": (
        table(**PROVISIONED),
        only(on_demand_throughput={"max_read_request_units": 5}),
        "on_demand_throughput is given and Orders is PROVISIONED",
        "Give billing_mode PAY_PER_REQUEST too",
    ),
    "provisioned, while an index that is not named has no throughput": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER, BY_TOTAL]),
        only(**PROVISIONED, global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": UNITS}]),
        "index by-total has no provisioned_throughput and Orders is to be PROVISIONED",
        "Give global_indexes an entry for by-total",
    ),
    "provisioned, while indexes are not managed": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER]),
        only(**PROVISIONED),
        "index by-customer has no provisioned_throughput and Orders is to be PROVISIONED",
        "Give global_indexes an entry for by-customer",
    ),
    "a new index of a provisioned table without throughput": (
        table(**PROVISIONED),
        only(global_indexes=[BY_CUSTOMER]),
        "index by-customer has no provisioned_throughput",
        "Give global_indexes an entry",
    ),
    "throughput of an index of an on-demand table": (
        table(**ON_DEMAND, global_indexes=[BY_CUSTOMER]),
        only(global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": MORE_UNITS}]),
        "index by-customer has provisioned_throughput and Orders is PAY_PER_REQUEST",
        "Leave it out, or give billing_mode PROVISIONED",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_and_nothing_is_written(case: str) -> None:
    before, wanted, reason, remedy = REFUSED[case]
    model = made(before)
    for how in (None, CHECK):
        outcome = run(model, wanted, how)
        assert isinstance(outcome.error, RefusedError)
        assert reason in str(outcome.error)
        assert remedy in str(outcome.error)
        assert not outcome.in_sync
        assert not outcome.changed
    assert model.writes == []


@pytest.mark.parametrize("case", [case for case in REFUSED if REFUSED[case][3] == REBUILD])
def test_a_rebuild_that_is_allowed_deletes_and_creates(case: str) -> None:
    before, wanted, _reason, _remedy = REFUSED[case]
    model = made(before)
    outcome = run(model, {**wanted, "allow_index_rebuild": True})
    assert outcome.error is None
    name = wanted["global_indexes"][0]["name"]
    assert written(model) == [f"delete {name}", f"create {name}"]
    (change,) = outcome.plan.changes
    assert (change.symbol, change.cost) == ("!", "index unavailable")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (only(ttl={"attribute": "expires"}), "the table Orders does not exist"),
        (only(pitr={}), "the table Orders does not exist"),
        (only(tags={"a": "b"}), "the table Orders does not exist"),
        (
            table(provisioned_throughput=UNITS, global_indexes=[BY_CUSTOMER]),
            "index by-customer has no provisioned_throughput and Orders is to be PROVISIONED",
        ),
        (
            table(global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": UNITS}]),
            "index by-customer has provisioned_throughput and Orders is PAY_PER_REQUEST",
        ),
    ],
)
def test_a_table_that_cannot_be_created_from_what_is_given(wanted: Definition, reason: str) -> None:
    model = AwsModel()
    outcome = run(model, wanted)
    assert isinstance(outcome.error, RefusedError)
    assert reason in str(outcome.error)
    assert model.writes == []


def test_a_table_that_shall_not_be_created() -> None:
    model = AwsModel()
    outcome = run(model, table(), Run(create=False))
    assert str(outcome.error) == "the table Orders does not exist. create: true creates it"
    assert model.writes == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_missing_key_stops_applying_and_not_planning(exists: bool) -> None:
    model = made(table()) if exists else AwsModel()
    wanted = table(encryption={"key": "alias/orders"})
    planned = run(model, wanted, CHECK)
    assert planned.error is None
    assert planned.changed
    refused = run(model, wanted, Run(patience=Patience(seconds=60)))
    assert "alias/orders" in str(refused.error)
    assert model.writes == []
    model.aliases["alias/orders"] = key_arn("one")
    assert run(model, wanted).error is None
    assert model.settings("Orders")["SSEDescription"]["KMSMasterKeyArn"] == key_arn("one")
    assert run(model, wanted).in_sync
