# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 24: global secondary indexes that come, change and go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.aws_like.harness import (
    ALL,
    HASH,
    HASH_RANGE,
    INVALID,
    LIMIT,
    Aws,
    defined,
    gsi,
    says,
    units,
)


def changes(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": list(entries)}


def test_rule_24_allocation_then_backfill_then_active(aws: Aws) -> None:
    aws.table()
    shown = aws.create_index("by_n")
    assert (shown["TableStatus"], shown["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("UPDATING", "CREATING")
    assert aws.index("by_n")["Backfilling"] is False
    aws.after(40.1)
    assert aws.status() == "ACTIVE"
    assert (aws.index("by_n")["IndexStatus"], aws.index("by_n")["Backfilling"]) == ("CREATING", True)
    aws.after(479)
    assert aws.index("by_n")["IndexStatus"] == "CREATING"
    aws.after(1)
    assert aws.index("by_n")["IndexStatus"] == "ACTIVE"
    assert "Backfilling" not in aws.index("by_n")
    assert aws.store.told[-1] == ("add", "by_n")


def test_rule_24_an_index_may_be_deleted_while_it_is_filled(aws: Aws) -> None:
    aws.table()
    aws.create_index("by_n")
    aws.after(41)
    assert aws.delete_index("by_n")["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
    aws.after(4.1)
    assert "GlobalSecondaryIndexes" not in aws.shown()
    assert aws.status() == "ACTIVE"
    aws.after(600)
    assert "GlobalSecondaryIndexes" not in aws.shown()


def test_rule_24_delete_prunes_the_definitions(aws: Aws) -> None:
    aws.indexed()
    assert aws.delete_index("by_g")["TableStatus"] == "UPDATING"
    aws.settle()
    assert aws.shown()["AttributeDefinitions"] == defined("id")
    assert aws.store.told[-1] == ("drop", "by_g")


def test_rule_24_one_a_call(aws: Aws) -> None:
    aws.table()
    two = changes({"Create": gsi("by_n", "n")}, {"Create": gsi("by_m", "m")})
    text = f"{LIMIT}Only 1 online index can be created or deleted simultaneously per table"
    refused = aws.update_refusal(AttributeDefinitions=defined("n", "m"), **two)
    assert says(refused, "LimitExceededException", text)


def test_rule_24_twenty_a_table(aws: Aws) -> None:
    indexes = [gsi(f"by_{number}") for number in range(20)]
    aws.table(AttributeDefinitions=defined("id", "g"), GlobalSecondaryIndexes=indexes)
    refused = aws.update_refusal(AttributeDefinitions=defined("n"), **changes({"Create": gsi("by_n", "n")}))
    text = f"{LIMIT}Number of global secondary indexes exceeds per-table limit of 20"
    assert says(refused, "LimitExceededException", text)


def test_rule_24_existing_undefined_and_local(aws: Aws) -> None:
    local = {"IndexName": "by_l", "KeySchema": HASH_RANGE, "Projection": ALL}
    aws.table(
        KeySchema=HASH_RANGE,
        AttributeDefinitions=defined("id", "at", "g"),
        GlobalSecondaryIndexes=[gsi("by_g")],
        LocalSecondaryIndexes=[local],
    )
    again = aws.update_refusal(AttributeDefinitions=defined("g"), **changes({"Create": gsi("by_g")}))
    assert says(again, "ValidationException", "Attempting to create an index which already exists")
    undefined = aws.update_refusal(**changes({"Create": gsi("by_x", "g")}))
    text = f"{INVALID}AttributeDefinitions is not specified for index: by_x"
    assert says(undefined, "ValidationException", text)
    gone = aws.update_refusal(**changes({"Delete": {"IndexName": "by_l"}}))
    text = "Cannot delete an index that is not a GlobalSecondaryIndex: by_l"
    assert says(gone, "ValidationException", text)
    update = {"Update": {"IndexName": "by_l", "ProvisionedThroughput": units(1, 1)}}
    text = "Cannot update an index that is not a GlobalSecondaryIndex: by_l"
    assert says(aws.update_refusal(**changes(update)), "ValidationException", text)


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (
            [{}],
            (
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            ),
        ),
        (
            [{"Create": gsi("by_n"), "Delete": {"IndexName": "by_g"}}],
            "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
        ),
        (
            [{"Create": gsi("by_n")}, {"Delete": {"IndexName": "by_n"}}],
            "Only one global secondary index update per index is allowed simultaneously. Index: by_n",
        ),
    ],
)
def test_rule_24_entries(aws: Aws, entries: list[dict[str, Any]], text: str) -> None:
    aws.indexed()
    assert says(aws.update_refusal(**changes(*entries)), "ValidationException", INVALID + text)


def test_rule_24_a_definition_that_is_there_is_not_retyped(aws: Aws) -> None:
    aws.indexed()
    retyped = [{"AttributeName": "g", "AttributeType": "N"}, *defined("n", "unused")]
    aws.update(AttributeDefinitions=retyped, **changes({"Create": gsi("by_n", "n")}))
    assert aws.shown()["AttributeDefinitions"] == defined("id", "g", "n")


def test_rule_24_on_demand_indexes_have_limits_not_throughput(aws: Aws) -> None:
    aws.indexed()
    throughput = {"Update": {"IndexName": "by_g", "ProvisionedThroughput": units(1, 1)}}
    text = (
        f"{INVALID}The only Updates for index: by_g when TableThroughputMode is PAY_PER_REQUEST can be to "
        "OnDemandThroughput, WarmThroughput"
    )
    assert says(aws.update_refusal(**changes(throughput)), "ValidationException", text)
    limits = {"Update": {"IndexName": "by_g", "OnDemandThroughput": {"MaxReadRequestUnits": 9}}}
    aws.update(**changes(limits))
    assert aws.index("by_g")["IndexStatus"] == "UPDATING"
    aws.settle()
    assert aws.index("by_g")["OnDemandThroughput"] == {"MaxReadRequestUnits": 9}
    warm = {"Update": {"IndexName": "by_g", "WarmThroughput": {"ReadUnitsPerSecond": 15000}}}
    aws.update(**changes(warm))
    assert aws.index("by_g")["WarmThroughput"]["Status"] == "UPDATING"
    assert aws.index("by_g")["IndexStatus"] == "ACTIVE"
    aws.settle()
    assert aws.index("by_g")["WarmThroughput"]["ReadUnitsPerSecond"] == 15000


def test_rule_24_four_and_four_key_attributes(aws: Aws) -> None:
    names = [f"k{number}" for number in range(8)]
    kinds = ["HASH"] * 4 + ["RANGE"] * 4
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=True)]
    aws.table()
    wide = {**gsi("wide"), "KeySchema": schema}
    aws.update(AttributeDefinitions=defined(*names), **changes({"Create": wide}))
    assert aws.index("wide")["KeySchema"] == schema
    assert aws.shown()["KeySchema"] == HASH
