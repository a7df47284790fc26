# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan tells of AWS's budgets before a change spends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import Plan, plan_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ARN = "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders"


def described(**members: Any) -> dict[str, Any]:
    return {
        "TableName": "Orders",
        "TableArn": ARN,
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
        **members,
    }


def plan(wanted: dict[str, Any], **members: Any) -> Plan:
    answers = {
        "ListTagsOfResource": {"Tags": [{"Key": f"k{number}", "Value": "v"} for number in range(50)]},
        "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
    }
    return plan_table(
        parse_table({"name": "Orders", **wanted}), TableState("Orders", described(**members), answers, NOW)
    )


def throughput(**members: Any) -> dict[str, Any]:
    return {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10, **members}


LOWER = {"provisioned_throughput": {"read_capacity_units": 5, "write_capacity_units": 20}}
HIGHER = {"provisioned_throughput": {"read_capacity_units": 15, "write_capacity_units": 20}}
TO_ON_DEMAND = {"billing_mode": "PAY_PER_REQUEST"}
INFREQUENT = {"table_class": "STANDARD_INFREQUENT_ACCESS"}


@pytest.mark.parametrize(
    ("wanted", "members", "told"),
    [
        (LOWER, {"ProvisionedThroughput": throughput(NumberOfDecreasesToday=2)}, ""),
        (LOWER, {"ProvisionedThroughput": throughput(NumberOfDecreasesToday=3)}, "the fourth decrease"),
        (
            LOWER,
            {"ProvisionedThroughput": throughput(NumberOfDecreasesToday=4, LastDecreaseDateTime=NOW)},
            "an hour after the last, of 2026-11-22 12:00:00 UTC",
        ),
        (HIGHER, {"ProvisionedThroughput": throughput(NumberOfDecreasesToday=4)}, ""),
        (TO_ON_DEMAND, {}, ""),
        (
            TO_ON_DEMAND,
            {
                "BillingModeSummary": {
                    "BillingMode": "PROVISIONED",
                    "LastUpdateToPayPerRequestDateTime": NOW - timedelta(hours=3),
                }
            },
            "four such switches in 24 hours",
        ),
        (
            TO_ON_DEMAND,
            {
                "BillingModeSummary": {
                    "BillingMode": "PROVISIONED",
                    "LastUpdateToPayPerRequestDateTime": NOW - timedelta(hours=25),
                }
            },
            "",
        ),
        (INFREQUENT, {}, ""),
        (INFREQUENT, {"TableClassSummary": {"LastUpdateDateTime": NOW - timedelta(days=29)}}, "two changes in 30 days"),
        (INFREQUENT, {"TableClassSummary": {"LastUpdateDateTime": NOW - timedelta(days=31)}}, ""),
        ({"ttl": {"attribute": "expires"}}, {}, "one TTL change an hour"),
        ({"encryption": {"type": "KMS"}}, {}, "four changes of the key in 24 hours"),
    ],
)
def test_a_budget_is_told_when_the_change_spends_it(wanted: dict[str, Any], members: dict[str, Any], told: str) -> None:
    made = plan(wanted, **members)
    assert made.steps
    assert bool(made.quotas) == bool(told)
    assert told in " ".join(made.quotas)


def test_no_change_tells_no_budget() -> None:
    assert plan({"table_class": "STANDARD"}, TableClassSummary={"LastUpdateDateTime": NOW}).quotas == ()


def indexes(count: int) -> list[dict[str, Any]]:
    return [
        {
            "IndexName": f"index-{number}",
            "IndexStatus": "ACTIVE",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": throughput(NumberOfDecreasesToday=4),
        }
        for number in range(count)
    ]


NEW_INDEX = {
    "attributes": {"id": "S"},
    "global_indexes": [
        {
            "name": "new",
            "partition_key": "id",
            "provisioned_throughput": {"read_capacity_units": 1, "write_capacity_units": 1},
        }
    ],
}


def test_the_twentieth_index_is_told() -> None:
    assert "20 global indexes" in " ".join(plan(NEW_INDEX, GlobalSecondaryIndexes=indexes(19)).quotas)


def test_the_twenty_first_index_is_refused_before_any_call() -> None:
    made = plan(NEW_INDEX, GlobalSecondaryIndexes=indexes(20))
    assert not made.steps
    assert "21 global indexes" in str(made.refusals[0])


def test_decreases_of_an_index_have_a_budget_of_their_own() -> None:
    lower = [{**NEW_INDEX["global_indexes"][0], "name": "index-0"}]  # type: ignore[index]
    made = plan({**NEW_INDEX, "global_indexes": lower}, GlobalSecondaryIndexes=indexes(1))
    assert "index index-0 was decreased 4 times today" in made.quotas[0]


def test_the_fifty_first_tag_is_refused_before_any_call() -> None:
    made = plan({"tags": {"one": "more"}})
    assert not made.steps
    assert "51 tags" in str(made.refusals[0])
