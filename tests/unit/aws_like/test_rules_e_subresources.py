# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 28 to 34: TTL, point-in-time recovery, tags, policy, insights, backups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws_like.errors import iso
from tests.unit.aws_like.harness import IN_USE, INVALID, LIMIT, Aws, arn, says

TWICE = "Time to live has been modified multiple times within a fixed interval"


def ttl(aws: Aws) -> dict[str, Any]:
    shown: dict[str, Any] = aws.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]
    return shown


def test_rule_28_ttl_settles_and_forgets_its_attribute(aws: Aws) -> None:
    aws.table()
    answer = aws.call("UpdateTimeToLive", **aws.ttl())
    assert answer == {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"}}
    assert ttl(aws)["TimeToLiveStatus"] == "ENABLING"
    aws.after(2)
    assert ttl(aws) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    aws.after(1860)
    aws.call("UpdateTimeToLive", **aws.ttl(enabled=False))
    assert ttl(aws)["TimeToLiveStatus"] == "DISABLING"
    aws.after(2)
    assert ttl(aws) == {"TimeToLiveStatus": "DISABLED"}


def test_rule_28_ttl_texts(aws: Aws) -> None:
    aws.table()
    off = aws.refusal("UpdateTimeToLive", **aws.ttl(enabled=False))
    assert says(off, "ValidationException", "TimeToLive is already disabled")
    aws.call("UpdateTimeToLive", **aws.ttl())
    other = "TimeToLive is active on a different AttributeName: current AttributeName is expires"
    for enabled in (True, False):
        refused = aws.refusal("UpdateTimeToLive", **aws.ttl(enabled, "until"))
        assert says(refused, "ValidationException", other)
    assert says(aws.refusal("UpdateTimeToLive", **aws.ttl()), "ValidationException", "TimeToLive is already enabled")
    assert says(aws.refusal("UpdateTimeToLive", **aws.ttl(enabled=False)), "ValidationException", TWICE)
    body = {"TableName": "orders", "TimeToLiveSpecification": {"Enabled": False}}
    assert "timeToLiveSpecification.attributeName" in aws.refusal("UpdateTimeToLive", **body).message


@pytest.mark.parametrize(("profile", "seconds"), [("observed", 1860), ("slow", 3600), ("documented", 3600)])
def test_rule_28_ttl_interval(profile: str, seconds: float) -> None:
    aws = Aws(profile=profile)
    aws.table()
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.after(seconds - 1)
    assert aws.refusal("UpdateTimeToLive", **aws.ttl(enabled=False)).message == TWICE
    aws.after(1)
    aws.call("UpdateTimeToLive", **aws.ttl(enabled=False))


def test_rule_29_recovery(aws: Aws) -> None:
    aws.table()

    def recovery(**specification: Any) -> dict[str, Any]:
        answer = aws.call("UpdateContinuousBackups", **aws.recovery(**specification))
        shown: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return shown

    first = recovery()
    assert (first["PointInTimeRecoveryStatus"], first["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert first["EarliestRestorableDateTime"] == first["LatestRestorableDateTime"] == aws.now
    aws.after(1000)
    assert recovery(RecoveryPeriodInDays=7)["EarliestRestorableDateTime"] == aws.now - 1000
    assert recovery()["RecoveryPeriodInDays"] == 7
    text = "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
    refused = aws.refusal("UpdateContinuousBackups", **aws.recovery(enabled=False, RecoveryPeriodInDays=7))
    assert says(refused, "ValidationException", text)
    assert (
        "less than or equal to 35"
        in aws.refusal("UpdateContinuousBackups", **aws.recovery(RecoveryPeriodInDays=36)).message
    )
    assert recovery(enabled=False) == recovery(enabled=False) == {"PointInTimeRecoveryStatus": "DISABLED"}
    again = recovery()
    assert (again["RecoveryPeriodInDays"], again["EarliestRestorableDateTime"]) == (35, aws.now)


def test_rule_30_tags_are_read_late_and_lock(aws: Aws) -> None:
    aws.table()
    aws.tag(team="one")
    assert aws.tags() == {}
    locked = aws.refusal("TagResource", ResourceArn=arn("orders"), Tags=[{"Key": "team", "Value": "two"}])
    assert says(locked, "LimitExceededException", f"{LIMIT}Table tags are being updated: orders")
    locked = aws.refusal("UntagResource", ResourceArn=arn("orders"), TagKeys=["team"])
    assert locked.code == "LimitExceededException"
    aws.tag(team="one")
    deleted = aws.refusal("DeleteTable", TableName="orders")
    assert says(deleted, "ResourceInUseException", f"{IN_USE}Table tags are being updated: orders")
    aws.after(1.8)
    aws.tag(team="two", unit="x")
    aws.after(0.2)
    assert aws.tags() == {"team": "one"}
    aws.after(2)
    assert aws.tags() == {"team": "two", "unit": "x"}
    aws.call("UntagResource", ResourceArn=arn("orders"), TagKeys=["absent"])
    aws.call("UntagResource", ResourceArn=arn("orders"), TagKeys=["unit"])
    aws.after(2)
    assert aws.tags() == {"team": "two"}


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ([], "Atleast one Tag needs to be provided as Input."),
        ([("aws:x", "1")], "Tag Key cannot be prefixed with aws:, Key: aws:x"),
        ([("a|b", "1")], "The Tag Key provided is invalid, Key: a|b"),
        ([("a", "1|2")], "The Tag Value provided is invalid, Value: 1|2"),
        ([("a", "1"), ("a", "2")], "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"),
        ([(f"k{n}", "1") for n in range(51)], "Number of Tags exceed the current limit for the provided ResourceArn"),
        (
            [(f"k{n:02}", "v" * 256) for n in range(42)],
            "Tag set size 10878 bytes is above max size limit of 10240 bytes",
        ),
    ],
)
def test_rule_30_tag_rules(aws: Aws, tags: list[tuple[str, str]], text: str) -> None:
    aws.table()
    body = [{"Key": key, "Value": value} for key, value in tags]
    refused = aws.refusal("TagResource", ResourceArn=arn("orders"), Tags=body)
    assert says(refused, "ValidationException", text)


def test_rule_30_fifty_in_all_and_only_tables(aws: Aws) -> None:
    aws.table(Tags=[{"Key": f"k{n}", "Value": "1"} for n in range(50)])
    refused = aws.refusal("TagResource", ResourceArn=arn("orders"), Tags=[{"Key": "more", "Value": "1"}])
    assert refused.message.startswith("Number of Tags exceed")
    index = aws.refusal("ListTagsOfResource", ResourceArn=f"{arn('orders')}/index/by_g")
    assert index.message.startswith(f"{INVALID}Invalid resource arn provided, only table or stream is accepted.")
    pages, token = 0, dict[str, str]()
    while True:
        answer = aws.call("ListTagsOfResource", ResourceArn=arn("orders"), **token)
        pages += 1
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == 5


STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "dynamodb:GetItem", "Resource": "*"}
SAME = {
    "Resource": ["*"],
    "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem"],
}


def policy(statement: dict[str, Any]) -> dict[str, str]:
    return {"ResourceArn": arn("orders"), "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def test_rule_31_policy_is_read_late_and_equivalent_ones_are_the_same(aws: Aws) -> None:
    aws.table()
    revision = aws.call("PutResourcePolicy", **policy(STATEMENT))["RevisionId"]
    assert revision == str(int(aws.now * 1000))
    assert aws.refusal("GetResourcePolicy", ResourceArn=arn("orders")).code == "PolicyNotFoundException"
    assert aws.call("PutResourcePolicy", **policy(SAME))["RevisionId"] == revision
    aws.after(1.6)
    assert aws.call("GetResourcePolicy", ResourceArn=arn("orders"))["RevisionId"] == revision


def test_rule_31_policy_changes_wait(aws: Aws) -> None:
    aws.table()
    changed = aws.now
    aws.call("PutResourcePolicy", **policy(STATEMENT))
    other = policy({**STATEMENT, "Action": "dynamodb:Scan"})
    text = f"{IN_USE}Table is pending previous resource-based policy update: orders"
    assert says(aws.refusal("PutResourcePolicy", **other), "ResourceInUseException", text)
    deleted = aws.refusal("DeleteTable", TableName="orders")
    text = f"{IN_USE}Table: orders has a pending resource-based policy update."
    assert says(deleted, "ResourceInUseException", text)
    aws.after(2)
    text = (
        "Resource-based policy for table orders modified within the previous 15000 milliseconds. Please try again "
        f"after {iso(changed + 15)}Z."
    )
    assert says(aws.refusal("DeleteResourcePolicy", ResourceArn=arn("orders")), "ThrottlingException", text)
    aws.after(13.1)
    aws.call("PutResourcePolicy", **other)


def test_rule_31_revisions_and_what_is_no_policy(aws: Aws) -> None:
    aws.table()
    assert aws.call("DeleteResourcePolicy", ResourceArn=arn("orders")) == {}
    wrong = aws.refusal("PutResourcePolicy", **policy(STATEMENT), ExpectedRevisionId="5")
    assert wrong.code == "PolicyNotFoundException"
    aws.call("PutResourcePolicy", **policy(STATEMENT), ExpectedRevisionId="NO_POLICY")
    assert aws.refusal("PutResourcePolicy", **policy(STATEMENT), ExpectedRevisionId="NO_POLICY").code == wrong.code
    for text in ("{", '{"a": "' + "x" * 20480 + '"}'):
        refused = aws.refusal("PutResourcePolicy", ResourceArn=arn("orders"), Policy=text)
        assert refused.code == "ValidationException"


def test_rule_31_policy_given_at_create_is_there_when_active(aws: Aws) -> None:
    aws.table(ResourcePolicy=policy(STATEMENT)["Policy"])
    assert "dynamodb:GetItem" in aws.call("GetResourcePolicy", ResourceArn=arn("orders"))["Policy"]


def test_rule_32_insights(aws: Aws) -> None:
    aws.indexed()

    def status(**index: str) -> str:
        shown: str = aws.call("DescribeContributorInsights", TableName="orders", **index)["ContributorInsightsStatus"]
        return shown

    enable = {"TableName": "orders", "ContributorInsightsAction": "ENABLE"}
    assert status() == "DISABLED"
    assert aws.call("UpdateContributorInsights", **enable, IndexName="by_g")["ContributorInsightsStatus"] == "ENABLING"
    aws.after(3)
    assert (status(IndexName="by_g"), status()) == ("ENABLED", "DISABLED")
    assert aws.call("UpdateContributorInsights", **enable, IndexName="by_g")["ContributorInsightsStatus"] == "ENABLED"
    assert len(aws.call("ListContributorInsights")["ContributorInsightsSummaries"]) == 1
    aws.call("UpdateContributorInsights", **{**enable, "ContributorInsightsAction": "DISABLE"}, IndexName="by_g")
    aws.after(2)
    assert aws.call("ListContributorInsights") == {"ContributorInsightsSummaries": []}


def test_rule_32_a_hundred_rules_an_account(aws: Aws) -> None:
    for number in range(51):
        name = f"table-{number:02}"
        aws.creating(name)
        aws.settle()
        aws.call("UpdateContributorInsights", TableName=name, ContributorInsightsAction="ENABLE")
        aws.settle()
    shown = aws.call("DescribeContributorInsights", TableName="table-50")
    assert shown["ContributorInsightsStatus"] == "FAILED"
    assert shown["FailureException"]["ExceptionName"] == "LimitExceededException"


def test_rule_34_backups(aws: Aws) -> None:
    aws.table()
    first = aws.call("CreateBackup", TableName="orders", BackupName="kept")["BackupDetails"]
    assert first["BackupStatus"] == "CREATING"
    aws.after(0.1)
    aws.call("CreateBackup", TableName="orders", BackupName="kept")
    summaries = aws.call("ListBackups", TableName="orders")["BackupSummaries"]
    assert [each["BackupStatus"] for each in summaries] == ["AVAILABLE", "CREATING"]
    page = aws.call("ListBackups", Limit=1)
    assert page["LastEvaluatedBackupArn"] == first["BackupArn"]
    rest = aws.call("ListBackups", ExclusiveStartBackupArn=page["LastEvaluatedBackupArn"])
    assert len(rest["BackupSummaries"]) == 1
    described = aws.call("DescribeBackup", BackupArn=first["BackupArn"])["BackupDescription"]
    assert described["SourceTableDetails"]["TableName"] == "orders"
    deleted = aws.call("DeleteBackup", BackupArn=first["BackupArn"])["BackupDescription"]["BackupDetails"]
    assert deleted["BackupStatus"] == "DELETED"
    assert aws.refusal("DeleteBackup", BackupArn=first["BackupArn"]).code == "BackupNotFoundException"
