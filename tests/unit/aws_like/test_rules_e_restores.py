# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 34: restores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws_like.operations import perform
from tests.unit.aws_like.harness import Aws, arn, defined, gsi, key_arn, says, units

OTHER = "eu-west-1"
KEY = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "one"}
NOT_AN_INDEX = (
    "Invalid Request: Index other does not match a secondary index that existed in the source table and cannot be "
    "created during the restore operation"
)
NOT_THERE: dict[str, dict[str, Any]] = {
    "UpdateTimeToLive": {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
    "DescribeTimeToLive": {},
    "DescribeContinuousBackups": {},
    "UpdateContinuousBackups": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
    "CreateBackup": {"BackupName": "again"},
}


def backed_up(aws: Aws, name: str = "orders") -> str:
    made: str = aws.call("CreateBackup", TableName=name, BackupName="mine")["BackupDetails"]["BackupArn"]
    aws.after(60)
    return made


def restoring(aws: Aws, backup: str, name: str = "copy", **more: Any) -> dict[str, Any]:
    answer = aws.call("RestoreTableFromBackup", TargetTableName=name, BackupArn=backup, **more)
    shown: dict[str, Any] = answer["TableDescription"]
    return shown


@pytest.fixture
def full(aws: Aws) -> Aws:
    """With a table that has everything."""
    aws.indexed(
        OnDemandThroughput={"MaxReadRequestUnits": 9},
        SSESpecification=KEY,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    aws.store.kept["orders"] = [{"id": {"S": "1"}}]
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.call("UpdateContinuousBackups", **aws.recovery())
    aws.call("UpdateTable", TableName="orders", DeletionProtectionEnabled=True)
    aws.after(600)
    return aws


def test_what_is_restored_and_what_is_not(full: Aws) -> None:
    restoring(full, backed_up(full))
    full.settle()
    shown = full.shown("copy")
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["OnDemandThroughput"] == {"MaxReadRequestUnits": 9}
    assert shown["SSEDescription"]["KMSMasterKeyArn"] == key_arn("one")
    assert [each["IndexName"] for each in shown["GlobalSecondaryIndexes"]] == ["by_g"]
    assert full.store.kept["copy"] == [{"id": {"S": "1"}}]
    assert not shown["DeletionProtectionEnabled"]
    assert not {"StreamSpecification", "TableClassSummary", "RestoreSummary"} & set(shown)
    assert full.tags("copy") == {}
    full.after(10)
    assert full.call("DescribeTimeToLive", TableName="copy")["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    recovery = full.call("DescribeContinuousBackups", TableName="copy")["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_it_takes_its_time_and_has_no_sub_resources_meanwhile(full: Aws) -> None:
    backup = backed_up(full)
    assert restoring(full, backup)["TableStatus"] == "CREATING"
    full.after(195)
    shown = full.shown("copy")
    assert shown["RestoreSummary"]["SourceBackupArn"] == backup
    assert shown["RestoreSummary"]["RestoreInProgress"]
    for operation, more in NOT_THERE.items():
        assert full.refusal(operation, TableName="copy", **more).code.endswith("NotFoundException"), operation
    assert full.refusal("ListTagsOfResource", ResourceArn=arn("copy")).code == "ResourceNotFoundException"
    assert full.refusal("DeleteTable", TableName="copy").code == "ResourceInUseException"
    full.after(10)
    assert full.status("copy") == "ACTIVE"


def test_names_that_are_taken_and_a_backup_that_is_in_use(full: Aws) -> None:
    backup = backed_up(full)
    restoring(full, backup)

    def refused(name: str) -> Any:
        return full.refusal("RestoreTableFromBackup", TargetTableName=name, BackupArn=backup)

    text = f"Table: copy is already being restored from backup: {backup}"
    assert says(refused("copy"), "TableInUseException", text)
    text = f"Backup is being used to restore another table: {backup}"
    assert says(refused("other"), "BackupInUseException", text)
    assert says(full.refusal("DeleteBackup", BackupArn=backup), "BackupInUseException", text)
    full.settle()
    assert says(refused("copy"), "TableAlreadyExistsException", "Table already exists: copy")
    restoring(full, backup, "other")
    missing = full.refusal("RestoreTableFromBackup", TargetTableName="third", BackupArn=f"{backup}x")
    assert missing.code == "BackupNotFoundException"


def test_fifty_at_once(full: Aws) -> None:
    for number in range(50):
        full.call(
            "RestoreTableToPointInTime",
            SourceTableName="orders",
            TargetTableName=f"copy{number}",
            UseLatestRestorableTime=True,
        )
    refused = full.refusal("RestoreTableFromBackup", TargetTableName="more", BackupArn=backed_up(full))
    text = "Subscriber limit exceeded: Only 50 restore operations can be done simultaneously"
    assert says(refused, "LimitExceededException", text)


def test_overrides(full: Aws) -> None:
    backup = backed_up(full)
    index = gsi("renamed", ProvisionedThroughput=units(3, 3))
    restoring(
        full,
        backup,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units(5, 6),
        GlobalSecondaryIndexOverride=[index],
        SSESpecificationOverride={"Enabled": False},
    )
    shown = full.shown("copy")
    assert shown["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert "SSEDescription" not in shown
    assert full.index("renamed", "copy")["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    full.settle()
    restoring(full, backup, "bare", GlobalSecondaryIndexOverride=[])
    assert "GlobalSecondaryIndexes" not in full.shown("bare")
    assert full.shown("bare")["AttributeDefinitions"] == defined("id")


@pytest.mark.parametrize(
    ("override", "text"),
    [
        (
            {"GlobalSecondaryIndexOverride": [gsi("other", "n")]},
            NOT_AN_INDEX,
        ),
        (
            {"BillingModeOverride": "PROVISIONED"},
            "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        ),
        (
            {"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": units(1, 1)},
            "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
        ),
        (
            {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": units(1, 1)},
            "Must specify provisioned throughput for index by_g",
        ),
    ],
)
def test_refused_overrides(full: Aws, override: dict[str, Any], text: str) -> None:
    backup = backed_up(full)
    refused = full.refusal("RestoreTableFromBackup", TargetTableName="copy", BackupArn=backup, **override)
    assert says(refused, "ValidationException", text)


def test_an_empty_limit_is_refused_and_restores_all_the_same(full: Aws) -> None:
    backup = backed_up(full)
    refused = full.refusal(
        "RestoreTableFromBackup", TargetTableName="copy", BackupArn=backup, OnDemandThroughputOverride={}
    )
    assert refused.code == "TableInUseException"
    assert full.status("copy") == "CREATING"


def test_a_point_in_time_is_checked_in_aws_s_order(aws: Aws) -> None:
    aws.table()

    def refused(**when: Any) -> Any:
        return aws.refusal("RestoreTableToPointInTime", SourceTableName="orders", TargetTableName="orders", **when)

    both = refused(UseLatestRestorableTime=True, RestoreDateTime=1)
    assert both.message.startswith("Invalid Request: Both RestoreDateTime and UseLatestRestorableTime")
    assert refused().message.startswith("Invalid Request: Either one of")
    off = "Point in time recovery is not enabled for table 'orders'"
    assert says(refused(RestoreDateTime=1), "PointInTimeRecoveryUnavailableException", off)
    aws.call("UpdateContinuousBackups", **aws.recovery())
    wrong = refused(RestoreDateTime=1)
    assert wrong.code == "InvalidRestoreTimeException"
    assert "must be within EarliestRestorableDateTime" in wrong.message
    assert refused(UseLatestRestorableTime=True).code == "TableAlreadyExistsException"
    missing = aws.refusal(
        "RestoreTableToPointInTime", SourceTableName="none", TargetTableName="copy", UseLatestRestorableTime=True
    )
    assert missing.code == "TableNotFoundException"


def test_out_of_another_region(full: Aws) -> None:
    backup, elsewhere = backed_up(full), full.world.region(OTHER)

    def restore(operation: str, target: str, **body: Any) -> dict[str, Any]:
        answer = perform(full.world, elsewhere, operation, {"TargetTableName": target, **body})
        shown: dict[str, Any] = answer["TableDescription"]
        return shown

    with pytest.raises(Exception, match="sseSpecificationOverride"):
        restore("RestoreTableFromBackup", "copy", BackupArn=backup)
    own = {"SSESpecificationOverride": {"Enabled": False}}
    assert f":{OTHER}:" in restore("RestoreTableFromBackup", "copy", BackupArn=backup, **own)["TableArn"]
    source = {"SourceTableArn": arn("orders"), "UseLatestRestorableTime": True}
    assert restore("RestoreTableToPointInTime", "again", **source, **own)["TableStatus"] == "CREATING"


def test_what_was_deleted_comes_back_from_the_system_backup(full: Aws) -> None:
    full.call("UpdateTable", TableName="orders", DeletionProtectionEnabled=False)
    full.call("DeleteTable", TableName="orders")
    full.settle()
    system = full.call("ListBackups", BackupType="SYSTEM")["BackupSummaries"][0]["BackupArn"]
    restoring(full, system, "orders")
    full.settle()
    assert full.status() == "ACTIVE"
    assert full.store.kept["orders"] == [{"id": {"S": "1"}}]
