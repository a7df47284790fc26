# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 19 to 23: the other settings of an UpdateTable, and their quotas."""

from __future__ import annotations

import pytest

from tests.aws_like.errors import iso
from tests.unit.aws_like.harness import IN_USE, INVALID, LIMIT, Aws, defined, key_arn, says

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
NO_STREAM = {"StreamSpecification": {"StreamEnabled": False}}
SSE = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "one"}}
MORE_WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 20000}}


def test_rule_19_streams(aws: Aws) -> None:
    aws.table()
    none = aws.update_refusal(**NO_STREAM)
    assert says(none, "ValidationException", "Table has no stream to disable: TableName: orders")
    typeless = aws.update_refusal(StreamSpecification={"StreamEnabled": True})
    text = f"{INVALID}If stream is being enabled then UpdateViewType is required"
    assert says(typeless, "ValidationException", text)
    typed = aws.update_refusal(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"})
    text = f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified"
    assert says(typed, "ValidationException", text)
    aws.update(**STREAM)
    aws.settle()
    first = aws.shown()["LatestStreamLabel"]
    again = aws.update_refusal(**STREAM)
    assert says(again, "ValidationException", "Table already has an enabled stream: TableName: orders")
    aws.update(**NO_STREAM)
    aws.settle()
    shown = aws.shown()
    assert "StreamSpecification" not in shown
    assert shown["LatestStreamLabel"] == first
    aws.update(**STREAM)
    aws.settle()
    assert aws.shown()["LatestStreamLabel"] != first
    assert aws.shown()["StreamSpecification"] == STREAM["StreamSpecification"]


def test_rule_20_encryption_takes_its_time_and_leaves_the_table_active(aws: Aws) -> None:
    aws.table()
    assert aws.update(**SSE)["SSEDescription"] == {"Status": "UPDATING"}
    aws.after(9)
    description = {"SSEType": "KMS", "KMSMasterKeyArn": key_arn("one")}
    assert aws.shown()["SSEDescription"] == {**description, "Status": "UPDATING"}
    assert aws.status() == "ACTIVE"
    aws.after(13.1)
    assert aws.shown()["SSEDescription"] == {**description, "Status": "ENABLED"}
    aws.update(SSESpecification={"Enabled": False})
    aws.after(23)
    assert "SSEDescription" not in aws.shown()


def test_rule_20_no_ops_and_what_is_none(aws: Aws) -> None:
    aws.table()
    for empty in ({}, {"Enabled": False}):
        text = f"{INVALID}Table is already encrypted by default"
        assert says(aws.update_refusal(SSESpecification=empty), "ValidationException", text)
    aws.update(**SSE)
    aws.settle()
    by_arn = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn("one")}
    same = aws.update_refusal(SSESpecification=by_arn)
    assert same.message.startswith(f"{INVALID}Table is already encrypted with given KMSMasterKeyId.")
    aws.update(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/one"})
    assert aws.shown()["SSEDescription"]["Status"] == "UPDATING"


def test_rule_20_four_changes_in_24_hours_and_one_in_six(aws: Aws) -> None:
    aws.table()
    first = aws.now
    for key in ("one", "two", "one", "two"):
        last = aws.now
        aws.update(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
        aws.settle()
    text = (
        f"{LIMIT}Encryption mode changes are limited in the 24h window ending at {iso(first + 86400)}Z. After the "
        "first 4 change, each subsequent change in the same window can be performed at most once every 21600 seconds. "
        f"Number of updates today: 4. Last change at {iso(last)}Z. Next changes can be made at {iso(last + 21600)}Z."
    )
    assert says(aws.update_refusal(**SSE), "LimitExceededException", text)
    bad = aws.update_refusal(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "nope"})
    assert bad.code == "LimitExceededException"
    aws.update(SSESpecification={"Enabled": False})
    aws.settle()
    assert aws.update_refusal(**SSE).code == "LimitExceededException"
    aws.after(21600)
    aws.update(**SSE)


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("nope", "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Key '"),
        ("alias/no", "KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Alias arn:"),
        ("off", f"KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: {key_arn('off')} is "),
        ("dying", "KMS validation error: com.amazonaws.services.kms.model.KMSInvalidStateException: "),
    ],
)
def test_rule_20_bad_keys(aws: Aws, key: str, start: str) -> None:
    aws.table()
    wanted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    refused = aws.update_refusal(SSESpecification=wanted)
    assert refused.code == "ValidationException"
    assert refused.message.startswith(start)
    body = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": defined("id")}
    again = aws.refusal("CreateTable", TableName="new", BillingMode="PAY_PER_REQUEST", SSESpecification=wanted, **body)
    assert again.message.startswith(start)


def test_rule_21_class(aws: Aws) -> None:
    aws.table()
    assert aws.update(TableClass="STANDARD")["TableStatus"] == "UPDATING"
    assert aws.status() == "ACTIVE"
    for table_class in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        aws.update(TableClass=table_class)
        aws.after(4.9)
        assert aws.status() == "UPDATING"
        aws.after(0.2)
        assert aws.shown()["TableClassSummary"]["TableClass"] == table_class
    assert aws.update_refusal(TableClass="STANDARD").code == "LimitExceededException"
    aws.after(30 * 86400)
    aws.update(TableClass="STANDARD_INFREQUENT_ACCESS")


def test_rule_22_deletion_protection(aws: Aws) -> None:
    aws.table()
    changed = aws.now
    assert aws.update(DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
    aws.update(DeletionProtectionEnabled=True)
    text = (
        "Deletion protection setting for table orders modified within the previous 15000 milliseconds. Please try "
        f"again after {iso(changed + 15)}"
    )
    assert says(aws.update_refusal(DeletionProtectionEnabled=False), "ThrottlingException", text)
    aws.after(15.1)
    aws.update(DeletionProtectionEnabled=False)
    aws.creating("new")
    text = f"{IN_USE}Table is being created: new"
    assert says(aws.update_refusal("new", DeletionProtectionEnabled=True), "ResourceInUseException", text)


def test_rule_23_on_demand_limits(aws: Aws) -> None:
    aws.table()
    shown = aws.update(OnDemandThroughput={"MaxReadRequestUnits": 100})
    assert (shown["TableStatus"], shown["OnDemandThroughput"]) == ("ACTIVE", {"MaxReadRequestUnits": 100})
    aws.update(OnDemandThroughput={"MaxWriteRequestUnits": 50})
    assert aws.shown()["OnDemandThroughput"] == {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50}
    aws.update(OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert aws.shown()["OnDemandThroughput"]["MaxReadRequestUnits"] == -1
    aws.after(1.1)
    assert aws.shown()["OnDemandThroughput"] == {"MaxWriteRequestUnits": 50}
    for wrong in (0, -2):
        refused = aws.update_refusal(OnDemandThroughput={"MaxReadRequestUnits": wrong})
        assert refused.message.endswith("for OnDemandThroughput for table is outside of valid range")
    too_much = aws.update_refusal(OnDemandThroughput={"MaxReadRequestUnits": 40001})
    assert too_much.code == "LimitExceededException"
    aws.provisioned("fixed")
    refused = aws.update_refusal("fixed", OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert refused.message.endswith("cannot be specified when table BillingMode is PROVISIONED.")


def test_rule_23_warm_throughput(aws: Aws) -> None:
    aws.table()
    lower = aws.update_refusal(WarmThroughput={"ReadUnitsPerSecond": 11999})
    assert lower.message.endswith("lower than current WarmThroughput, decreasing WarmThroughput is not supported")
    aws.update(WarmThroughput={"ReadUnitsPerSecond": 12000})
    assert aws.shown()["WarmThroughput"]["Status"] == "ACTIVE"
    aws.update(**MORE_WARM)
    old = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "UPDATING"}
    assert (aws.shown()["WarmThroughput"], aws.status()) == (old, "ACTIVE")
    assert aws.refusal("DeleteTable", TableName="orders").code == "ResourceInUseException"
    aws.update(WarmThroughput={"ReadUnitsPerSecond": 15000})
    aws.after(391)
    assert aws.shown()["WarmThroughput"]["ReadUnitsPerSecond"] == 15000
    aws.update(**MORE_WARM)
    aws.after(2.1)
    assert aws.shown()["WarmThroughput"] == {**old, "ReadUnitsPerSecond": 20000, "Status": "ACTIVE"}
