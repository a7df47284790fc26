# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("moto")

from botocore.exceptions import ClientError

Client = Callable[[str], Any]
BUCKET = "exports"
REGION = "ap-south-1"
NO_TABLE = f"arn:aws:dynamodb:{REGION}:123456789012:table/none"
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {
    "n": {"N": "1.50"},
    "raw": {"B": b"\x00\xff"},
    "many": {"L": [{"S": "a"}, {"NULL": True}, {"BS": [b"\x01"]}]},
    "map": {"M": {"yes": {"BOOL": True}}},
}


@pytest.fixture
def dynamodb(client: Client) -> Any:
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client("dynamodb")


def table(dynamodb: Any, name: str = "Orders", items: int = 10) -> str:
    dynamodb.create_table(TableName=name, **KEYS)
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=on)
    for number in range(items):
        dynamodb.put_item(TableName=name, Item={"id": {"S": f"o{number}"}, **ITEM})
    arn: str = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return arn


def export(dynamodb: Any, arn: str, **more: Any) -> dict[str, Any]:
    asked = {"TableArn": arn, "S3Bucket": BUCKET, **more}
    begun = dynamodb.export_table_to_point_in_time(**asked)["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS"
    shown: dict[str, Any] = dynamodb.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
    return shown


def imported(dynamodb: Any, name: str = "Copy", **more: Any) -> dict[str, Any]:
    asked = {"S3BucketSource": {"S3Bucket": BUCKET}, "InputFormat": "DYNAMODB_JSON", **more}
    begun = dynamodb.import_table(TableCreationParameters={"TableName": name, **KEYS}, **asked)
    arn = begun["ImportTableDescription"]["ImportArn"]
    shown: dict[str, Any] = dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]
    return shown


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], error["Message"]


def items(dynamodb: Any, name: str) -> list[Any]:
    found: list[Any] = dynamodb.scan(TableName=name)["Items"]
    return sorted(found, key=lambda item: item["id"]["S"])


def test_an_export_is_told_by_its_manifests_and_imports_as_it_was(client: Client, dynamodb: Any) -> None:
    shown = export(dynamodb, table(dynamodb), S3Prefix="nightly")
    assert (shown["ExportStatus"], shown["ItemCount"]) == ("COMPLETED", 10)
    assert "ExportType" not in shown, "AWS does not show it of a full export"
    s3 = client("s3")

    def read(key: str) -> bytes:
        content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    summary = json.loads(read(shown["ExportManifest"]))
    assert (summary["itemCount"], summary["billedSizeBytes"]) == (10, shown["BilledSizeBytes"])
    assert summary["exportArn"] == shown["ExportArn"]
    files = [json.loads(line) for line in read(summary["manifestFilesS3Key"]).splitlines()]
    found = []
    for each in files:
        content = read(each["dataFileS3Key"])
        assert each["md5Checksum"] == base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        lines = gzip.decompress(content).splitlines()
        assert len(lines) == each["itemCount"]
        found += [json.loads(line)["Item"]["id"]["S"] for line in lines]
    assert sorted(found) == [f"o{number}" for number in range(10)]

    folder = shown["ExportManifest"].removesuffix("manifest-summary.json")
    source = {"S3Bucket": BUCKET, "S3KeyPrefix": f"{folder}data/"}
    job = imported(dynamodb, S3BucketSource=source, InputCompressionType="GZIP")
    assert (job["ImportStatus"], job["ImportedItemCount"], job["ErrorCount"]) == ("COMPLETED", 10, 0)
    assert items(dynamodb, "Copy") == items(dynamodb, "Orders")


def test_a_token_is_one_export_and_one_import(dynamodb: Any) -> None:
    arn = table(dynamodb)
    first = export(dynamodb, arn, ClientToken="one")
    again = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET, ClientToken="one")
    assert again["ExportDescription"]["ExportArn"] == first["ExportArn"]
    assert len(dynamodb.list_exports(TableArn=arn)["ExportSummaries"]) == 1
    code, text = refusal(lambda: export(dynamodb, arn, ClientToken="one", S3Prefix="other"))
    assert code == "ExportConflictException"
    assert text == "Export conflict: Duplicate request detected with conflicting parameters"
    job = imported(dynamodb, ClientToken="two", S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "none"})
    same = imported(dynamodb, ClientToken="two", S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "none"})
    assert job["ImportArn"] == same["ImportArn"]
    assert refusal(lambda: imported(dynamodb, "Other", ClientToken="two"))[0] == "ImportConflictException"


def test_what_is_found_out_later_is_a_failed_job(dynamodb: Any) -> None:
    arn = table(dynamodb)
    shown = export(dynamodb, arn, S3Bucket="there-is-none")
    assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    shown = export(dynamodb, arn, S3SseAlgorithm="KMS", S3SseKmsKeyId="alias/none")
    assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", "KmsNotFoundException")
    job = imported(dynamodb, S3BucketSource={"S3Bucket": "there-is-none"})
    assert (job["ImportStatus"], job["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert dynamodb.list_tables()["TableNames"] == ["Orders"]


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        ({"TableArn": NO_TABLE}, "TableNotFoundException", f"Table not found: {NO_TABLE}"),
        ({"ExportTime": 1000}, "InvalidExportTimeException", "Export Time is invalid"),
        ({"ExportType": "INCREMENTAL_EXPORT"}, "ValidationException", "keeps no history"),
        ({"FilterSpecification": {"FilterExpression": "a = :a"}}, "ValidationException", "has no filter"),
    ],
)  # fmt: skip
def test_exports_that_are_refused(dynamodb: Any, asked: dict[str, Any], code: str, text: str) -> None:
    arn = table(dynamodb, items=0)
    found = refusal(lambda: dynamodb.export_table_to_point_in_time(**{"TableArn": arn, "S3Bucket": BUCKET, **asked}))
    assert found[0] == code
    assert text in found[1]


def test_no_export_without_recovery_and_none_of_what_nobody_knows(dynamodb: Any) -> None:
    dynamodb.create_table(TableName="Plain", **KEYS)
    arn = dynamodb.describe_table(TableName="Plain")["Table"]["TableArn"]
    assert refusal(lambda: export(dynamodb, arn)) == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'Plain'",
    )
    unknown = f"{arn}/export/01795395600000-1a2b3c4d"
    assert refusal(lambda: dynamodb.describe_export(ExportArn=unknown))[0] == "ExportNotFoundException"
    assert refusal(lambda: dynamodb.describe_import(ImportArn=unknown))[0] == "ImportNotFoundException"


LINES = [
    '{"Item": {"id": {"S": "a"}}}',
    '{"Item": {"id": {"S": "b"}, "n": {"N": "2"}}}',
    "this is not JSON",
    '{"Item": {"other": {"S": "no key"}}}',
    '{"Item": {"id": {"N": "1"}}}',
    '{"Item": {"id": {"S": ""}}}',
]


def test_bad_items_fail_the_import_and_the_good_ones_stay(client: Client, dynamodb: Any) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="data.json", Body="\n".join(LINES).encode())
    job = imported(dynamodb)
    assert (job["ImportStatus"], job["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert job["FailureMessage"].startswith("Some of the items failed validation checks")
    assert (job["ProcessedItemCount"], job["ImportedItemCount"], job["ErrorCount"]) == (6, 2, 4)
    assert [item["id"]["S"] for item in items(dynamodb, "Copy")] == ["a", "b"]
    assert refusal(lambda: imported(dynamodb)) == ("ResourceInUseException", "Table already exists: Copy")
    (listed,) = dynamodb.list_imports()["ImportSummaryList"]
    assert (listed["ImportStatus"], listed["ImportArn"]) == ("FAILED", job["ImportArn"])


def test_csv(client: Client, dynamodb: Any) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="a.csv", Body=b"id;name\n1;one\n2;two;three\n")
    options = {"Csv": {"Delimiter": ";"}}
    job = imported(dynamodb, InputFormat="CSV", InputFormatOptions=options)
    assert (job["ImportedItemCount"], job["ErrorCount"]) == (1, 1)
    assert items(dynamodb, "Copy") == [{"id": {"S": "1"}, "name": {"S": "one"}}]


def test_lists_come_in_pages(dynamodb: Any) -> None:
    arn = table(dynamodb, items=0)
    made = {export(dynamodb, arn)["ExportArn"] for _number in range(3)}
    for number in range(3):
        imported(dynamodb, f"Copy{number}", S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "none"})
    page = dynamodb.list_exports(TableArn=arn, MaxResults=2)
    rest = dynamodb.list_exports(TableArn=arn, NextToken=page["NextToken"])
    assert {each["ExportArn"] for each in page["ExportSummaries"] + rest["ExportSummaries"]} == made
    first = dynamodb.list_imports(PageSize=2)
    second = dynamodb.list_imports(PageSize=2, NextToken=first["NextToken"])
    assert [len(each["ImportSummaryList"]) for each in (first, second)] == [2, 1]
    dynamodb.delete_table(TableName="Orders")
    assert dynamodb.list_exports(TableArn=arn)["ExportSummaries"] == []
