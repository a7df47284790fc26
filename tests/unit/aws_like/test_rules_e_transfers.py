# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 35: exports to S3 and imports from it: tokens, failures that come later, windows, the late table, the name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws_like.errors import ServiceError
from tests.unit.aws_like.harness import BUCKET, HASH, Aws, arn, defined, says

HOUR = 3600
DAY = 24 * HOUR
PARAMETERS = {"KeySchema": HASH, "AttributeDefinitions": defined("id"), "BillingMode": "PAY_PER_REQUEST"}


def export(aws: Aws, name: str = "orders", **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = aws.call("ExportTableToPointInTime", **{"TableArn": arn(name), "S3Bucket": BUCKET, **more})[
        "ExportDescription"
    ]
    return shown


def refused_export(aws: Aws, **more: Any) -> ServiceError:
    return aws.refusal("ExportTableToPointInTime", **{"TableArn": arn("orders"), "S3Bucket": BUCKET, **more})


def incremental(begin: float, end: float | None = None) -> dict[str, Any]:
    about = {"ExportFromTime": begin} if end is None else {"ExportFromTime": begin, "ExportToTime": end}
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": about}


def exported(aws: Aws, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = aws.call("DescribeExport", ExportArn=shown["ExportArn"])["ExportDescription"]
    return found


def start_import(aws: Aws, name: str = "copy", bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    wanted = {"TableName": name, **PARAMETERS}
    source = {"S3Bucket": bucket, "S3KeyPrefix": more.pop("prefix", "data/")}
    shown: dict[str, Any] = aws.call(
        "ImportTable", S3BucketSource=source, InputFormat="DYNAMODB_JSON", TableCreationParameters=wanted, **more
    )["ImportTableDescription"]
    return shown


def imported(aws: Aws, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = aws.call("DescribeImport", ImportArn=shown["ImportArn"])["ImportTableDescription"]
    return found


@pytest.fixture
def recorded(aws: Aws) -> Aws:
    """A table whose point-in-time recovery is on for two days."""
    aws.table()
    aws.call("UpdateContinuousBackups", **aws.recovery())
    aws.after(2 * DAY)
    return aws


def test_an_export_needs_a_table_and_its_recovery(aws: Aws) -> None:
    assert says(refused_export(aws), "TableNotFoundException", f"Table not found: {arn('orders')}")
    aws.table()
    text = "Point in time recovery is not enabled for table 'orders'"
    assert says(refused_export(aws), "PointInTimeRecoveryUnavailableException", text)


@pytest.mark.parametrize(("items", "seconds"), [(0, 140), (3, 715)])
def test_an_export_takes_its_time(recorded: Aws, items: int, seconds: int) -> None:
    recorded.store.kept["orders"] = [{"id": {"S": str(number)}} for number in range(items)]
    shown = export(recorded)
    assert shown["ExportStatus"] == "IN_PROGRESS"
    assert "ExportType" not in shown
    recorded.after(seconds - 1)
    assert exported(recorded, shown)["ExportStatus"] == "IN_PROGRESS"
    recorded.after(1)
    found = exported(recorded, shown)
    assert (found["ExportStatus"], found["ItemCount"]) == ("COMPLETED", items)


def test_a_token_is_one_export_for_eight_hours(recorded: Aws) -> None:
    first = export(recorded, ClientToken="one")
    recorded.after(8 * HOUR - 1)
    assert export(recorded, ClientToken="one")["ExportArn"] == first["ExportArn"]
    text = "Export conflict: Duplicate request detected with conflicting parameters"
    assert says(refused_export(recorded, ClientToken="one", S3Prefix="other"), "ExportConflictException", text)
    recorded.after(1)
    assert export(recorded, ClientToken="one")["ExportArn"] != first["ExportArn"]


def test_a_bucket_that_is_not_there_is_found_out_later(recorded: Aws) -> None:
    shown = export(recorded, S3Bucket="none")
    assert shown["ExportStatus"] == "IN_PROGRESS"
    recorded.after(6)
    found = exported(recorded, shown)
    assert (found["ExportStatus"], found["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def test_couplings_and_windows_of_incremental_exports(recorded: Aws) -> None:
    now = recorded.now
    no_begin = refused_export(recorded, ExportType="INCREMENTAL_EXPORT")
    text = "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification"
    assert says(no_begin, "ValidationException", text)
    about = {"ExportFromTime": now - HOUR}
    not_said = refused_export(recorded, IncrementalExportSpecification=about)
    assert not_said.message.startswith("Invalid Request: Export Type expected to be Incremental Export")
    period = "Difference between export period from time and export period to time is"
    for begin, end, text in (
        (now - 899, now, f"{period} less than 15 minutes"),
        (now - DAY - 1, now, f"{period} greater than 24 hours"),
        (now - 30 * DAY, now - 30 * DAY + HOUR, "Export period from time cannot be less than the table creation time"),
        (now - HOUR, now + 1, "Export period to time cannot be greater than the current time"),
    ):
        assert says(refused_export(recorded, **incremental(begin, end)), "InvalidExportTimeException", text)
    assert refused_export(recorded, ExportTime=now - 30 * DAY).message == "Export Time is invalid"
    assert export(recorded, **incremental(now - HOUR))["ExportType"] == "INCREMENTAL_EXPORT"


def test_the_first_incremental_export_is_a_quarter_of_an_hour_after_recovery_was_turned_on(aws: Aws) -> None:
    aws.table()
    aws.call("UpdateContinuousBackups", **aws.recovery())
    begin = aws.now
    aws.after(14 * 60)
    assert refused_export(aws, **incremental(begin)).code == "InvalidExportTimeException"
    aws.after(2 * 60)
    assert export(aws, **incremental(begin))["ExportStatus"] == "IN_PROGRESS"


def test_exports_are_listed_until_the_table_is_gone_and_described_for_90_days(recorded: Aws) -> None:
    made = [export(recorded)["ExportArn"] for _number in range(30)]
    first = recorded.call("ListExports", TableArn=arn("orders"))
    second = recorded.call("ListExports", TableArn=arn("orders"), NextToken=first["NextToken"])
    assert [each["ExportArn"] for each in first["ExportSummaries"] + second["ExportSummaries"]] == made
    recorded.call("DeleteTable", TableName="orders")
    recorded.settle()
    assert recorded.call("ListExports", TableArn=arn("orders"))["ExportSummaries"] == []
    assert exported(recorded, {"ExportArn": made[0]})
    recorded.after(90 * DAY)
    assert recorded.refusal("DescribeExport", ExportArn=made[0]).code == "ExportNotFoundException"


def test_the_table_of_an_import_comes_late(aws: Aws) -> None:
    shown = start_import(aws)
    assert shown["ImportStatus"] == "IN_PROGRESS"
    aws.after(29)
    assert aws.refusal("DescribeTable", TableName="copy").code == "ResourceNotFoundException"
    aws.after(1)
    assert aws.status("copy") == "CREATING"
    aws.after(79)
    assert aws.status("copy") == "CREATING"
    aws.after(1)
    assert aws.status("copy") == "ACTIVE"
    assert imported(aws, shown)["ImportStatus"] == "IN_PROGRESS"
    aws.after(6)
    found = imported(aws, shown)
    assert (found["ImportStatus"], found["ImportedItemCount"], found["ErrorCount"]) == ("COMPLETED", 7, 0)
    assert found["TableId"] == aws.shown("copy")["TableId"]


def test_bad_items_fail_an_import_whose_table_is_there(aws: Aws) -> None:
    aws.store.bad_items = 3
    shown = start_import(aws)
    aws.settle()
    found = imported(aws, shown)
    assert (found["ImportStatus"], found["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert (found["ProcessedItemCount"], found["ImportedItemCount"], found["ErrorCount"]) == (7, 4, 3)
    assert aws.status("copy") == "ACTIVE"


def test_a_source_that_is_not_there_makes_no_table(aws: Aws) -> None:
    shown = start_import(aws, bucket="none")
    aws.after(6)
    assert imported(aws, shown)["FailureCode"] == "S3NoSuchBucket"
    aws.settle()
    assert aws.call("ListTables")["TableNames"] == []


def test_two_imports_for_one_name_are_taken_and_one_loses_it(aws: Aws) -> None:
    first, second = start_import(aws), start_import(aws, prefix="other/")
    aws.settle()
    assert imported(aws, first)["ImportStatus"] == "COMPLETED"
    lost = imported(aws, second)
    assert (lost["ImportStatus"], lost["FailureCode"]) == ("FAILED", "TableAlreadyExists")
    refused = aws.refusal(
        "ImportTable",
        S3BucketSource={"S3Bucket": BUCKET},
        InputFormat="CSV",
        TableCreationParameters={"TableName": "copy", **PARAMETERS},
    )
    assert says(refused, "ResourceInUseException", "Table already exists: copy")
    listed = aws.call("ListImports")["ImportSummaryList"]
    assert [each["ImportArn"] for each in listed] == [second["ImportArn"], first["ImportArn"]]


def test_the_token_of_an_import(aws: Aws) -> None:
    first = start_import(aws, ClientToken="one")
    assert start_import(aws, ClientToken="one", prefix="other/")["ImportArn"] == first["ImportArn"]
    wanted = {"TableName": "another", **PARAMETERS}
    refused = aws.refusal(
        "ImportTable",
        S3BucketSource={"S3Bucket": BUCKET},
        InputFormat="CSV",
        TableCreationParameters=wanted,
        ClientToken="one",
    )
    assert refused.code == "ImportConflictException"
