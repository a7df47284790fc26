# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

pytest.importorskip("moto")

from tests.unit.emulator.test_corrections import CAPACITY, ID, OWNER, create, describe, gsi, refusal

Client = Callable[[str], Any]
OTHER = gsi("other", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]})
NOT_KEPT = ("StreamSpecification", "LatestStreamArn", "TableClassSummary", "RestoreSummary")


def back_up(dynamodb: Any, name: str = "Orders") -> str:
    arn: str = dynamodb.create_backup(TableName=name, BackupName="mine")["BackupDetails"]["BackupArn"]
    return arn


def restore(dynamodb: Any, arn: str, **more: Any) -> dict[str, Any]:
    table: dict[str, Any] = dynamodb.restore_table_from_backup(TargetTableName="Copy", BackupArn=arn, **more)[
        "TableDescription"
    ]
    return table


@pytest.fixture
def dynamodb(client: Client) -> Any:
    """With a table that has everything."""
    made = client("dynamodb")
    create(
        made,
        AttributeDefinitions=[ID, OWNER],
        GlobalSecondaryIndexes=[gsi("by-owner"), gsi("by-owner-too", Projection={"ProjectionType": "KEYS_ONLY"})],
        OnDemandThroughput={"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    made.update_time_to_live(TableName="Orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    for number in range(3):
        made.put_item(TableName="Orders", Item={"id": {"S": str(number)}, "owner": {"S": "me"}})
    return made


def test_a_restore_keeps_what_aws_keeps_and_loses_what_aws_loses(dynamodb: Any) -> None:
    restore(dynamodb, back_up(dynamodb))
    source, copy = describe(dynamodb), describe(dynamodb, "Copy")
    for kept in ("BillingModeSummary", "OnDemandThroughput", "SSEDescription", "KeySchema", "AttributeDefinitions"):
        assert copy[kept] == source[kept]
    assert [each["IndexName"] for each in copy["GlobalSecondaryIndexes"]] == ["by-owner", "by-owner-too"]
    assert copy["ItemCount"] == 3
    assert not copy["DeletionProtectionEnabled"]
    assert not set(NOT_KEPT) & set(copy)
    assert dynamodb.list_tags_of_resource(ResourceArn=copy["TableArn"])["Tags"] == []
    ttl = dynamodb.describe_time_to_live(TableName="Copy")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "DISABLED"}
    code, text = refusal(lambda: restore(dynamodb, back_up(dynamodb)))
    assert (code, text) == ("TableAlreadyExistsException", "Table already exists: Copy")


def test_overrides(dynamodb: Any) -> None:
    arn = back_up(dynamodb)
    one = gsi("renamed", ProvisionedThroughput=CAPACITY)
    table = restore(
        dynamodb,
        arn,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=CAPACITY,
        GlobalSecondaryIndexOverride=[one],
        SSESpecificationOverride={"Enabled": False},
    )
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert [each["IndexName"] for each in table["GlobalSecondaryIndexes"]] == ["renamed"]
    assert "SSEDescription" not in table
    assert "OnDemandThroughput" not in table


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ({"GlobalSecondaryIndexOverride": [OTHER]}, "Index other does not match"),
        ({"BillingModeOverride": "PROVISIONED"}, "Must override ProvisionedThroughput"),
        (
            {"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": CAPACITY},
            "Cannot override ProvisionedThroughput",
        ),
        (
            {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": CAPACITY},
            "Must specify provisioned throughput for index by-owner",
        ),
    ],
)
def test_refused_overrides(dynamodb: Any, override: dict[str, Any], text: str) -> None:
    code, message = refusal(lambda: restore(dynamodb, back_up(dynamodb), **override))
    assert code == "ValidationException"
    assert text in message
    assert dynamodb.list_tables()["TableNames"] == ["Orders"]


def test_to_a_point_in_time(dynamodb: Any) -> None:
    def to(**when: Any) -> Any:
        return dynamodb.restore_table_to_point_in_time(SourceTableName="Orders", TargetTableName="Copy", **when)

    now = datetime.now(UTC)
    assert refusal(to)[1].startswith("Invalid Request: Either one of")
    assert refusal(lambda: to(UseLatestRestorableTime=True))[0] == "PointInTimeRecoveryUnavailableException"
    dynamodb.update_continuous_backups(
        TableName="Orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    code, text = refusal(lambda: to(RestoreDateTime=now - timedelta(days=1)))
    assert code == "InvalidRestoreTimeException"
    assert "must be within EarliestRestorableDateTime" in text
    assert to(UseLatestRestorableTime=True)["TableDescription"]["ItemCount"] == 3
    assert refusal(lambda: to(UseLatestRestorableTime=True))[0] == "TableAlreadyExistsException"


def test_from_another_region(dynamodb: Any) -> None:
    elsewhere = boto3.client("dynamodb", region_name="eu-west-1")
    arn = back_up(dynamodb)
    assert "sseSpecificationOverride" in refusal(lambda: restore(elsewhere, arn))[1]
    table = restore(elsewhere, arn, SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"})
    assert ":eu-west-1:" in table["TableArn"]
    assert ":eu-west-1:" in table["SSEDescription"]["KMSMasterKeyArn"]
    assert table["ItemCount"] == 3
    dynamodb.update_continuous_backups(
        TableName="Orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    again = elsewhere.restore_table_to_point_in_time(
        SourceTableArn=describe(dynamodb)["TableArn"],
        TargetTableName="Again",
        UseLatestRestorableTime=True,
        SSESpecificationOverride={"Enabled": False},
    )
    assert again["TableDescription"]["ItemCount"] == 3


def test_a_listing_goes_by_type_time_and_table(dynamodb: Any) -> None:
    create(dynamodb, "Other")
    for name in ("Orders", "Orders", "Other"):
        back_up(dynamodb, name)
    one = dynamodb.list_backups(TableName="Orders", Limit=1)
    assert len(one["BackupSummaries"]) == 1
    rest = dynamodb.list_backups(TableName="Orders", ExclusiveStartBackupArn=one["LastEvaluatedBackupArn"])
    assert len(rest["BackupSummaries"]) == 1
    assert one["BackupSummaries"][0]["TableId"] == describe(dynamodb)["TableId"]
    assert len(dynamodb.list_backups()["BackupSummaries"]) == 3
    assert dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"] == []
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    assert dynamodb.list_backups(TimeRangeUpperBound=long_ago)["BackupSummaries"] == []
