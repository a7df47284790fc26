# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 10: what is refused of a definition."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.aws_like.harness import (
    ALL,
    HASH,
    HASH_RANGE,
    INVALID,
    Aws,
    defined,
    gsi,
    says,
    units,
)

LSI = {"IndexName": "by_l", "KeySchema": [HASH[0], {"AttributeName": "l", "KeyType": "RANGE"}], "Projection": ALL}
PPR = {"BillingMode": "PAY_PER_REQUEST"}
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(1, 1)}
RANGE_FIRST = [{"AttributeName": "id", "KeyType": "RANGE"}]
TWO_HASH = [*HASH, {"AttributeName": "at", "KeyType": "HASH"}]
SAME_TWICE = [*HASH, {"AttributeName": "id", "KeyType": "RANGE"}]
MIXED = [HASH_RANGE[1], HASH[0]]
FIVE = [{"AttributeName": f"k{n}", "KeyType": "HASH"} for n in range(5)]
G = {"AttributeDefinitions": defined("id", "g")}
INCLUDE = {"ProjectionType": "INCLUDE"}


def _keys(schema: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    return {**gsi("by_g"), "KeySchema": schema, **more}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {},
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {**PPR, "ProvisionedThroughput": units(1, 1)},
            (
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                "PAY_PER_REQUEST"
            ),
        ),
        (
            {**PROVISIONED, **G, "GlobalSecondaryIndexes": [gsi("by_g")]},
            f"{INVALID}ProvisionedThroughput is not specified for index: by_g",
        ),
        (
            {**PPR, **G, "GlobalSecondaryIndexes": [gsi("by_g", ProvisionedThroughput=units(1, 1))]},
            (
                f"{INVALID}ProvisionedThroughput should not be specified for index: by_g when BillingMode is "
                "PAY_PER_REQUEST"
            ),
        ),
        (
            {**PROVISIONED, "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            (
                f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is "
                "PROVISIONED."
            ),
        ),
        (
            {**PPR, "OnDemandThroughput": {"MaxWriteRequestUnits": -1}},
            f"{INVALID}Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
        ),
        (
            {**PPR, "WarmThroughput": {"ReadUnitsPerSecond": 11999}},
            (
                f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput "
                "for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"
            ),
        ),
        (
            {**PROVISIONED, "ProvisionedThroughput": units(9, 9), "WarmThroughput": {"WriteUnitsPerSecond": 8}},
            (
                f"{INVALID}Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
                "WriteCapacityUnits of ProvisionedThroughput"
            ),
        ),
        (
            {**PPR, "AttributeDefinitions": defined("id", "x")},
            (
                f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in "
                "AttributeDefinitions"
            ),
        ),
        (
            {**PPR, "AttributeDefinitions": defined("id", "g", "x"), "GlobalSecondaryIndexes": [gsi("by_g")]},
            f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [id, g, x], keys used: [id, g]",
        ),
        (
            {**PPR, "GlobalSecondaryIndexes": [gsi("by_g")]},
            (
                f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [id, g], "
                "AttributeDefinitions: [id]"
            ),
        ),
        ({**PPR, "KeySchema": RANGE_FIRST}, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        ({**PPR, "KeySchema": TWO_HASH}, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
        ({**PPR, "AttributeDefinitions": defined("id", "id")}, "Attribute Name is duplicated: id"),
        (
            {**PPR, "KeySchema": SAME_TWICE},
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        (
            {**PPR, "GlobalSecondaryIndexes": [_keys([*HASH, HASH_RANGE[1], {**HASH[0], "AttributeName": "g"}])]},
            f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        (
            {**PPR, "GlobalSecondaryIndexes": [_keys(FIVE)]},
            f"{INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes",
        ),
        (
            {**PPR, "GlobalSecondaryIndexes": [gsi(f"by_{n}") for n in range(21)]},
            f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ),
        (
            {**PPR, "LocalSecondaryIndexes": [{**LSI, "IndexName": f"by_{n}"} for n in range(6)]},
            f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
        ),
        ({**PPR, "GlobalSecondaryIndexes": []}, f"{INVALID}List of GlobalSecondaryIndexes is empty"),
        ({**PPR, "LocalSecondaryIndexes": []}, f"{INVALID}List of LocalSecondaryIndexes is empty"),
        (
            {**PPR, "LocalSecondaryIndexes": [LSI]},
            (
                f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a "
                "LocalSecondaryIndex"
            ),
        ),
        (
            {
                **PPR,
                "KeySchema": HASH_RANGE,
                "LocalSecondaryIndexes": [
                    {**LSI, "KeySchema": [MIXED[0] | HASH[0] | {"AttributeName": "l"}, HASH_RANGE[1]]}
                ],
            },
            (
                f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: by_l. "
                "index hash key: l, table hash key: id"
            ),
        ),
        (
            {**PPR, "KeySchema": HASH_RANGE, "LocalSecondaryIndexes": [{**LSI, "KeySchema": HASH}]},
            f"{INVALID}Index KeySchema does not have a range key for index: by_l",
        ),
        ({**PPR, "GlobalSecondaryIndexes": [gsi("x_x"), gsi("x_x")]}, f"{INVALID}Duplicate index name: x_x"),
        (
            {**PPR, "GlobalSecondaryIndexes": [gsi("by_g") | {"Projection": INCLUDE}]},
            f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            {**PPR, "GlobalSecondaryIndexes": [gsi("by_g") | {"Projection": {**ALL, "NonKeyAttributes": ["a"]}}]},
            f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            {**PPR, "StreamSpecification": {"StreamEnabled": True}},
            f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
        ),
        (
            {**PPR, "SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
            f"{INVALID}SSEType can not be specified if Enabled is false",
        ),
        (
            {**PPR, "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "one"}},
            f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
        ),
        (
            {**PPR, "SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
            f"{INVALID}SSEType AES256 is not supported",
        ),
        (
            {**PPR, "TableClass": "COLD"},
            (
                "Invalid table-class parameter provided. Please try again with a valid table-class value: [STANDARD, "
                "STANDARD_INFREQUENT_ACCESS]."
            ),
        ),
    ],
)
def test_rule_10_validation_of_a_definition(aws: Aws, body: dict[str, Any], text: str) -> None:
    wanted = {"TableName": "orders", "KeySchema": HASH, "AttributeDefinitions": defined("id"), **body}
    assert says(aws.refusal("CreateTable", **wanted), "ValidationException", text)
    assert aws.call("ListTables") == {"TableNames": []}


def test_rule_10_too_much_capacity(aws: Aws) -> None:
    wanted = {"TableName": "big", "KeySchema": HASH, "AttributeDefinitions": defined("id")}
    table = aws.refusal("CreateTable", **wanted, ProvisionedThroughput=units(40001, 1))
    assert table.code == "LimitExceededException"
    assert table.message.startswith(
        "The requested ReadCapacityUnits, 40001, is above the per table maximum for the account in ap-south-1. "
        "Per table maximum: 40000. "
    )
    aws.provisioned("one", 40000, 1)
    aws.provisioned("two", 40000, 1)
    account = aws.refusal("CreateTable", **wanted, ProvisionedThroughput=units(1, 1))
    assert account.message.startswith(
        "This request would have caused the ReadCapacityUnits limit to be exceeded for the account in ap-south-1"
    )


def test_rule_10_accepted_oddities(aws: Aws) -> None:
    own_key = {**LSI, "KeySchema": HASH_RANGE}
    like_table = gsi("orders", "id")
    aws.table(
        KeySchema=HASH_RANGE,
        AttributeDefinitions=defined("id", "at"),
        LocalSecondaryIndexes=[own_key],
        GlobalSecondaryIndexes=[like_table],
        Tags=[],
    )
    assert "IndexStatus" not in aws.shown()["LocalSecondaryIndexes"][0]
