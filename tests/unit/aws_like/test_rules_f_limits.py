# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 37 to 41: limits of the account, late reads, and AWS's own errors; rule 46: what moto has wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.aws_like.harness import INVALID, LIMIT, Aws, defined, gsi, says, units


def test_rule_37_how_many_tables_change_at_once() -> None:
    aws = Aws(max_changing=2)
    aws.creating("one")
    aws.creating("two")
    body = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": defined("id")}
    three = aws.refusal("CreateTable", TableName="three", BillingMode="PAY_PER_REQUEST", **body)
    text = f"{LIMIT}Only 2 tables can be created, updated, or deleted simultaneously"
    assert says(three, "LimitExceededException", text)
    aws.settle()
    aws.creating("three")


def test_rule_37_how_many_tables_there_are() -> None:
    aws = Aws(max_tables=1)
    aws.table()
    body = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": defined("id")}
    more = aws.refusal("CreateTable", TableName="more", BillingMode="PAY_PER_REQUEST", **body)
    assert says(more, "LimitExceededException", f"{LIMIT}There is a limit of 1 tables per subscriber")


def test_rule_37_documented_creates_one_indexed_table_at_a_time() -> None:
    aws = Aws(profile="documented")
    indexed: dict[str, Any] = {"AttributeDefinitions": defined("id", "g"), "GlobalSecondaryIndexes": [gsi("by_g")]}
    aws.creating("one", **indexed)
    aws.creating("plain")
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    two = aws.refusal("CreateTable", TableName="two", KeySchema=key, BillingMode="PAY_PER_REQUEST", **indexed)
    text = f"{LIMIT}Only 1 indexed tables that can be created simultaneously"
    assert says(two, "LimitExceededException", text)


def test_rule_38_rate_of_changes() -> None:
    aws = Aws(mutation_burst=6)
    for number in range(6):
        aws.creating(f"table-{number}")
    body = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": defined("id")}
    text = "The rate of control plane requests made by this account is too high"
    refused = aws.refusal("CreateTable", TableName="more", BillingMode="PAY_PER_REQUEST", **body)
    assert says(refused, "ThrottlingException", text)
    aws.after(1)
    aws.creating("more")


def test_rule_38_what_changes_nothing_is_exempt() -> None:
    aws = Aws(mutation_burst=1)
    aws.table()
    aws.creating("other")
    aws.update(BillingMode="PAY_PER_REQUEST")
    aws.update(DeletionProtectionEnabled=True)
    aws.call("UpdateTimeToLive", **aws.ttl())
    assert aws.update_refusal(TableClass="STANDARD_INFREQUENT_ACCESS").code == "ThrottlingException"


@pytest.mark.parametrize(
    ("operation", "body", "burst", "wait"),
    [
        ("DescribeTimeToLive", {"TableName": "orders"}, 4, 2),
        ("DescribeContinuousBackups", {"TableName": "orders"}, 12, 1),
        ("ListBackups", {}, 5, 1),
        ("DescribeLimits", {}, 1, 60),
    ],
)
def test_rule_39_read_buckets(operation: str, body: dict[str, Any], burst: int, wait: float) -> None:
    aws = Aws(read_buckets=True)
    aws.table()
    for _number in range(burst):
        aws.call(operation, **body)
    assert says(aws.refusal(operation, **body), "ThrottlingException", "Rate exceeded")
    aws.after(wait)
    aws.call(operation, **body)


def test_rule_39_no_limits_by_default(aws: Aws) -> None:
    for _number in range(100):
        aws.call("DescribeLimits")


def test_rule_40_a_new_table_cannot_be_described_at_once() -> None:
    aws = Aws(profile="documented")
    aws.creating()
    assert aws.refusal("DescribeTable", TableName="orders").code == "ResourceNotFoundException"
    aws.after(2)
    assert aws.status() == "CREATING"


@pytest.mark.parametrize("member", ["WarmThroughput", "OnDemandThroughput"])
def test_rule_41_an_empty_capacity_alone_is_an_internal_failure(aws: Aws, member: str) -> None:
    aws.table()
    error = aws.update_refusal(**{member: {}})
    assert (error.code, error.message, error.status) == ("InternalFailure", "", 500)


def test_rule_41_more_internal_failures(aws: Aws) -> None:
    aws.table()
    update = {"Update": {"IndexName": "nope", "WarmThroughput": {"ReadUnitsPerSecond": 15000}}}
    assert aws.update_refusal(GlobalSecondaryIndexUpdates=[update]).status == 500
    rsa = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "rsa"}
    assert aws.update_refusal(SSESpecification=rsa).status == 500
    aws.create_index("by_n")
    error = aws.update_refusal(WarmThroughput={"ReadUnitsPerSecond": 15000})
    text = "Table is under system maintenance, please try again later"
    assert (error.code, error.message, error.status) == ("InternalServerError", text, 500)


def test_rule_46_limits(aws: Aws) -> None:
    assert aws.call("DescribeLimits") == {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }


@pytest.mark.parametrize("member", ["ReplicaUpdates", "VectorIndexUpdates", "MultiRegionConsistency"])
def test_what_is_not_reproduced_says_so(aws: Aws, member: str) -> None:
    aws.table()
    values = {"ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}], "MultiRegionConsistency": "STRONG"}
    vector = [{"Delete": {"IndexName": "by_v"}}]
    body = {member: values.get(member, vector)}
    if member == "MultiRegionConsistency":
        body["BillingMode"] = "PAY_PER_REQUEST"
    assert says(aws.update_refusal(**body), "ValidationException", f"{INVALID}{member} is not reproduced here")
    assert aws.refusal("EnableKinesisStreamingDestination").code == "UnknownOperationException"


def test_capacity_of_the_account_counts_a_table_once(aws: Aws) -> None:
    aws.provisioned(read=40000, write=1)
    aws.update(ProvisionedThroughput=units(39999, 1))
