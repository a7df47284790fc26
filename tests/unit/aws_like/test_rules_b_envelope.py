# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 4 to 7: the error envelope, the order of checks, what is not found, and ARNs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws_like.errors import ServiceError, iso, long_date
from tests.aws_like.operations import OPERATIONS
from tests.unit.aws_like.harness import INVALID, Aws, arn, defined, gsi, says, units

MISSING = "Requested resource not found: Table: ghost not found"


@pytest.mark.parametrize(
    ("code", "namespace"),
    [
        ("ResourceInUseException", "com.amazonaws.dynamodb.v20120810"),
        ("ThrottlingException", "com.amazonaws.dynamodb.v20120810"),
        ("ValidationException", "com.amazon.coral.validate"),
        ("UnknownOperationException", "com.amazon.coral.service"),
    ],
)
def test_rule_04_envelope(code: str, namespace: str) -> None:
    error = ServiceError(code, "why")
    assert error.envelope() == {"__type": f"{namespace}#{code}", "message": "why"}
    assert error.status == 400


def test_rule_04_every_refusal_of_the_caller_is_400(aws: Aws) -> None:
    assert aws.refusal("DescribeTable", TableName="ghost").status == 400
    assert aws.refusal("EnableKinesisStreamingDestination").code == "UnknownOperationException"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_rule_05_no_operation_takes_an_empty_or_odd_request_badly(aws: Aws, operation: str) -> None:
    bodies: list[dict[str, Any]] = [{}, {"TableName": "ghost"}, {"TableName": 5}, {"ResourceArn": "ghost"}]
    for body in bodies:
        try:
            aws.call(operation, **body)
        except ServiceError as error:
            assert error.status == 400  # noqa: PT017 - a success is fine as well


def test_rule_05_shape_before_existence(aws: Aws) -> None:
    error = aws.update_refusal("ghost", ProvisionedThroughput=units(0, 1))
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy "
        "constraint: Member must have value greater than or equal to 1"
    )
    two = aws.refusal("CreateTable", TableName="t", BillingMode="FREE", KeySchema=[])
    assert two.message.startswith("2 validation errors detected: Value '")
    null = aws.update_refusal(ProvisionedThroughput={"ReadCapacityUnits": 1})
    assert "Value null at 'provisionedThroughput.writeCapacityUnits'" in null.message


def test_rule_05_combination_before_existence_and_state(aws: Aws) -> None:
    assert aws.update_refusal("ghost").message.startswith("At least one of ProvisionedThroughput, ")
    aws.creating()
    both = aws.update_refusal(TableClass="STANDARD", DeletionProtectionEnabled=True)
    text = f"{INVALID}TableClass modification must be the only operation in the request"
    assert says(both, "ValidationException", text)


def test_rule_05_existence_before_state_before_budget_before_no_op(aws: Aws) -> None:
    assert says(aws.update_refusal("ghost", TableClass="STANDARD"), "ResourceNotFoundException", MISSING)
    aws.provisioned()
    for read in (9, 8, 7, 6):
        aws.update(ProvisionedThroughput=units(read, 10))
        assert aws.update_refusal(ProvisionedThroughput=units(1, 1)).code == "ResourceInUseException"
        aws.settle()
    assert aws.update_refusal(ProvisionedThroughput=units(5, 10)).code == "LimitExceededException"
    assert aws.update_refusal(ProvisionedThroughput=units(6, 10)).code == "ValidationException"


def test_rule_05_ttl_no_op_before_its_interval(aws: Aws) -> None:
    aws.table()
    aws.call("UpdateTimeToLive", **aws.ttl())
    assert says(aws.refusal("UpdateTimeToLive", **aws.ttl()), "ValidationException", "TimeToLive is already enabled")


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeTable",
        "DeleteTable",
        "DescribeTimeToLive",
        "DescribeContributorInsights",
        "DescribeKinesisStreamingDestination",
    ],
)
def test_rule_06_not_found_by_table(aws: Aws, operation: str) -> None:
    assert says(aws.refusal(operation, TableName="ghost"), "ResourceNotFoundException", MISSING)


@pytest.mark.parametrize("operation", ["DescribeContinuousBackups", "UpdateContinuousBackups", "CreateBackup"])
def test_rule_06_not_found_by_the_backup_apis(aws: Aws, operation: str) -> None:
    body: dict[str, Any] = {"BackupName": "kept"} if operation == "CreateBackup" else {}
    recovery = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    body |= recovery if operation == "UpdateContinuousBackups" else {}
    assert says(aws.refusal(operation, TableName="ghost", **body), "TableNotFoundException", "Table not found: ghost")


def test_rule_06_not_found_by_the_others(aws: Aws) -> None:
    missing = f"Requested resource not found: ResourceArn: {arn('ghost')} not found"
    assert says(aws.refusal("ListTagsOfResource", ResourceArn=arn("ghost")), "ResourceNotFoundException", missing)
    assert aws.call("ListBackups", TableName="ghost") == {"BackupSummaries": []}
    replicas = aws.refusal("DescribeTableReplicaAutoScaling", TableName="ghost")
    assert says(replicas, "ResourceNotFoundException", "Global table with name: 'ghost' does not exist.")
    policy = aws.refusal("GetResourcePolicy", ResourceArn=arn("ghost"))
    assert says(policy, "ResourceNotFoundException", MISSING)
    aws.table()
    policy = aws.refusal("GetResourcePolicy", ResourceArn=arn("orders"))
    text = f"Resource-based policy not found for the provided ResourceArn: {arn('orders')}"
    assert says(policy, "PolicyNotFoundException", text)
    backup = aws.refusal("DescribeBackup", BackupArn=f"{arn('orders')}/backup/01234567890123-0123abcd")
    assert backup.code == "BackupNotFoundException"
    index = aws.refusal("DescribeContributorInsights", TableName="orders", IndexName="nope")
    text = "Requested resource not found: Index: nope not found for table: orders"
    assert says(index, "ResourceNotFoundException", text)


def test_rule_06_unknown_index_of_an_update(aws: Aws) -> None:
    aws.indexed()
    gone = aws.update_refusal(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "nope"}}])
    text = "Requested resource not found: Index nope for table orders"
    assert says(gone, "ResourceNotFoundException", text)


def test_rule_07_arns_stand_for_names(aws: Aws) -> None:
    aws.table()
    assert aws.shown(arn("orders"))["TableName"] == "orders"
    region = aws.refusal("DescribeTable", TableName=arn("orders").replace("ap-south-1", "eu-west-1"))
    assert region.code == "ValidationException"
    assert "Invalid AWS region in 'arn:aws:dynamodb:eu-west-1:" in region.message
    account = aws.refusal("DescribeTable", TableName=arn("orders").replace("123456789012", "999999999999"))
    assert says(account, "AccessDeniedException", "Access is denied")
    bare = aws.refusal("ListTagsOfResource", ResourceArn="orders")
    assert says(bare, "ValidationException", f"{INVALID}ARNs must start with 'arn:': orders")


def test_rule_07_names_have_a_form(aws: Aws) -> None:
    assert "greater than or equal to 3" in aws.refusal("DescribeTable", TableName="ab").message
    assert "regular expression pattern" in aws.refusal("DescribeTable", TableName="a/b").message
    assert (
        "regular expression"
        in aws.update_refusal(
            AttributeDefinitions=defined("n"), GlobalSecondaryIndexUpdates=[{"Create": gsi("a b", "n")}]
        ).message
    )


def test_dates_look_like_aws_dates() -> None:
    assert long_date(1791501648) == "Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time"
    assert iso(1791500858.207) == "2026-10-08T23:07:38.207"
