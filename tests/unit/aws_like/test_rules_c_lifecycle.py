# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 8 to 12: creating, reading and deleting a table."""

from __future__ import annotations

from tests.unit.aws_like.harness import (
    HASH,
    HASH_RANGE,
    IN_USE,
    Aws,
    arn,
    defined,
    gsi,
    key_arn,
    says,
    units,
)


def test_rule_08_creating_then_active_with_the_indexes(aws: Aws) -> None:
    shown = aws.creating(AttributeDefinitions=defined("id", "g"), GlobalSecondaryIndexes=[gsi("by_g")])
    assert shown["TableStatus"] == "CREATING"
    aws.after(17.9)
    assert (aws.status(), aws.index("by_g")["IndexStatus"]) == ("CREATING", "CREATING")
    assert "Backfilling" not in aws.index("by_g")
    aws.after(0.2)
    assert (aws.status(), aws.index("by_g")["IndexStatus"]) == ("ACTIVE", "ACTIVE")


def test_rule_08_nothing_changes_a_table_that_is_being_created(aws: Aws) -> None:
    aws.creating()
    text = f"{IN_USE}Table is being created: orders"
    again = {"KeySchema": HASH, "AttributeDefinitions": defined("id"), "BillingMode": "PAY_PER_REQUEST"}
    assert says(aws.refusal("CreateTable", TableName="orders", **again), "ResourceInUseException", text)
    assert says(aws.refusal("DeleteTable", TableName="orders"), "ResourceInUseException", text)
    assert says(aws.update_refusal(TableClass="STANDARD"), "ResourceInUseException", text)
    aws.after(4.5)
    tag = aws.refusal("TagResource", ResourceArn=arn("orders"), Tags=[{"Key": "a", "Value": "b"}])
    assert says(tag, "ResourceInUseException", text)


def test_rule_08_the_name_is_taken_while_it_is_active_or_deleting(aws: Aws) -> None:
    aws.table()
    again = {"KeySchema": HASH, "AttributeDefinitions": defined("id"), "BillingMode": "PAY_PER_REQUEST"}
    taken = aws.refusal("CreateTable", TableName="orders", **again)
    assert says(taken, "ResourceInUseException", "Table already exists: orders")
    aws.call("DeleteTable", TableName="orders")
    taken = aws.refusal("CreateTable", TableName="orders", **again)
    assert says(taken, "ResourceInUseException", "Table already exists: orders")


def test_rule_09_sub_resources_are_hidden_at_first(aws: Aws) -> None:
    aws.creating()
    missing = "Requested resource not found: Table: orders not found"
    for operation, body in (("UpdateTimeToLive", aws.ttl()), ("DescribeTimeToLive", {"TableName": "orders"})):
        assert says(aws.refusal(operation, **body), "ResourceNotFoundException", missing)
    for operation, body in (("UpdateContinuousBackups", aws.recovery()), ("DescribeContinuousBackups", aws.ttl())):
        body.pop("TimeToLiveSpecification", None)
        assert says(aws.refusal(operation, **body), "TableNotFoundException", "Table not found: orders")
    assert aws.refusal("ListTagsOfResource", ResourceArn=arn("orders")).code == "ResourceNotFoundException"
    assert aws.refusal("GetResourcePolicy", ResourceArn=arn("orders")).code == "ResourceNotFoundException"


def test_rule_09_sub_resources_then_wait_for_active(aws: Aws) -> None:
    aws.creating(Tags=[{"Key": "team", "Value": "x"}])
    aws.after(3.1)
    ttl = aws.refusal("UpdateTimeToLive", **aws.ttl())
    assert says(ttl, "ResourceInUseException", f"{IN_USE}Table orders is being created")
    ttl = aws.refusal("DescribeTimeToLive", TableName="orders")
    text = "Cannot describe time to live while table is in CREATING state: Current table state is CREATING"
    assert says(ttl, "ValidationException", text)
    unavailable = "Backups are being enabled for the table: orders. Please retry later"
    code = "ContinuousBackupsUnavailableException"
    assert says(aws.refusal("UpdateContinuousBackups", **aws.recovery()), code, unavailable)
    insights = aws.refusal("UpdateContributorInsights", TableName="orders", ContributorInsightsAction="ENABLE")
    assert insights.message.endswith("TableStatus must be ACTIVE to enable ContributorInsights.")
    assert aws.refusal("ListTagsOfResource", ResourceArn=arn("orders")).code == "ResourceNotFoundException"
    aws.after(2)
    assert (aws.status(), aws.tags()) == ("ACTIVE", {"team": "x"})
    described = aws.call("DescribeContinuousBackups", TableName="orders")["ContinuousBackupsDescription"]
    assert described["ContinuousBackupsStatus"] == "DISABLED"
    assert says(aws.refusal("UpdateContinuousBackups", **aws.recovery()), code, unavailable)
    assert says(aws.refusal("CreateBackup", TableName="orders", BackupName="kept"), code, unavailable)
    aws.after(4)
    described = aws.call("DescribeContinuousBackups", TableName="orders")["ContinuousBackupsDescription"]
    assert described["ContinuousBackupsStatus"] == "ENABLED"
    aws.call("UpdateContinuousBackups", **aws.recovery())


def test_rule_11_what_is_at_its_default_is_left_out(aws: Aws) -> None:
    created = aws.creating(BillingMode="PROVISIONED", ProvisionedThroughput=units(3, 2))
    assert not {"WarmThroughput", "Tags", "BillingModeSummary"} & created.keys()
    aws.settle()
    shown = aws.shown()
    absent = {"BillingModeSummary", "TableClassSummary", "SSEDescription", "StreamSpecification", "LatestStreamArn"}
    assert not absent & shown.keys()
    assert shown["DeletionProtectionEnabled"] is False
    assert shown["WarmThroughput"] == {"ReadUnitsPerSecond": 3, "WriteUnitsPerSecond": 2, "Status": "ACTIVE"}


def test_rule_11_on_demand_tables_show_0_and_their_summary(aws: Aws) -> None:
    aws.table(SSESpecification={"Enabled": True}, TableClass="STANDARD_INFREQUENT_ACCESS")
    shown = aws.shown()
    assert shown["ProvisionedThroughput"] == {**units(0, 0), "NumberOfDecreasesToday": 0}
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn("managed")}
    assert shown["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}


def test_rule_11_definitions_come_in_any_order_on_demand() -> None:
    aws = Aws(shuffle_attributes=True)
    aws.table(KeySchema=HASH_RANGE, AttributeDefinitions=defined("id", "at"))
    orders = {tuple(each["AttributeName"] for each in aws.shown()["AttributeDefinitions"]) for _number in range(50)}
    assert orders == {("id", "at"), ("at", "id")}


def test_rule_11_item_count_is_six_hours_old(aws: Aws) -> None:
    aws.table()
    assert aws.shown()["ItemCount"] == 0
    aws.after(6 * 3600)
    assert aws.shown()["ItemCount"] == 7


def test_rule_12_deleting_for_a_while(aws: Aws) -> None:
    aws.indexed()
    assert aws.call("DeleteTable", TableName="orders")["TableDescription"]["TableStatus"] == "DELETING"
    assert aws.status() == "DELETING"
    assert "GlobalSecondaryIndexes" not in aws.shown()
    again = aws.refusal("DeleteTable", TableName="orders")
    assert says(again, "ResourceInUseException", f"{IN_USE}Table is being deleted: orders")
    aws.after(5)
    assert aws.refusal("DescribeTable", TableName="orders").code == "ResourceNotFoundException"
    assert aws.store.told[-1] == ("delete", "orders")


def test_rule_12_documented_takes_a_second_delete() -> None:
    aws = Aws(profile="documented")
    aws.table()
    aws.call("DeleteTable", TableName="orders")
    assert aws.call("DeleteTable", TableName="orders")["TableDescription"]["TableStatus"] == "DELETING"


def test_rule_12_protection(aws: Aws) -> None:
    aws.table(DeletionProtectionEnabled=True)
    text = (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    assert says(aws.refusal("DeleteTable", TableName="orders"), "ValidationException", text)


def test_rule_12_sub_resources_are_blind_soon(aws: Aws) -> None:
    aws.table()
    aws.call("DeleteTable", TableName="orders")
    aws.call("UpdateContinuousBackups", **aws.recovery())
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.after(1.3)
    assert aws.status() == "DELETING"
    assert aws.refusal("DescribeContinuousBackups", TableName="orders").code == "TableNotFoundException"
    assert aws.refusal("ListTagsOfResource", ResourceArn=arn("orders")).code == "ResourceNotFoundException"


def test_rule_12_a_system_backup_is_left_of_a_table_with_recovery(aws: Aws) -> None:
    aws.table()
    aws.call("UpdateContinuousBackups", **aws.recovery())
    aws.call("DeleteTable", TableName="orders")
    aws.after(5)
    assert aws.call("ListBackups", BackupType="SYSTEM") == {"BackupSummaries": []}
    aws.after(8)
    (kept,) = aws.call("ListBackups", BackupType="ALL")["BackupSummaries"]
    assert (kept["BackupName"], kept["BackupType"]) == ("orders$DeletedTableBackup", "SYSTEM")
    assert aws.call("ListBackups", TableName="orders") == {"BackupSummaries": []}
    refused = aws.refusal("DeleteBackup", BackupArn=kept["BackupArn"])
    assert refused.message.startswith("Invalid Request: User is not allowed to delete the system backup with arn ")
