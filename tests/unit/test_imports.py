# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports: what has to be done, what stands in the way, and how a failed one is told."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import RefusedError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exports import Export
from ansible_collections.auditflow.dynamodb.plugins.module_utils.imports import (
    IMPORTED,
    Import,
    Source,
    call,
    failed,
    left_over,
    newest_of,
    refuse_impossible,
    source_of,
    standing,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import plan_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import Place
from ansible_collections.auditflow.dynamodb.tests.unit.aws_client import service_model

SOURCE = Source(Place("data", "orders/"))
LOGS = "arn:aws:logs:ap-south-1:123456789012:log-group:/aws-dynamodb/imports:*"
ACTIVE = {"TableStatus": "ACTIVE", "TableId": "one"}
WHOLE = {
    "name": "Orders",
    "attributes": {"id": "S", "owner": "S", "note": "M"},
    "partition_key": "id",
    "global_indexes": [
        {"name": "by-owner", "partition_key": "owner", "warm_throughput": {"read_units_per_second": 13000}}
    ],
    "billing_mode": "PAY_PER_REQUEST",
    "on_demand_throughput": {"max_write_request_units": 100},
    "encryption": {"type": "KMS"},
    "ttl": {"attribute": "expires"},
    "pitr": {},
    "deletion_protection": True,
    "tags": {"a": "b"},
    "stream": {"view_type": "KEYS_ONLY"},
}  # fmt: skip


def job(status: str = "COMPLETED", **more: Any) -> Import:
    shown = {
        "ImportArn": "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders/import/01795395600000-1a2b3c4d",
        "ImportStatus": status,
        "S3BucketSource": {"S3Bucket": "data", "S3KeyPrefix": "orders/"},
        "InputFormat": "DYNAMODB_JSON",
        "TableId": "one",
    }
    return Import.of({**shown, **more})


def test_the_call_carries_what_createtable_would_and_no_more_than_importtable_takes() -> None:
    spec = parse_table(WHOLE)
    (create,) = plan_table(spec.only(IMPORTED), TableState("Orders", {})).steps
    arguments = call(
        create.arguments, Source(Place("data", "", "210987654321"), "CSV", "GZIP", ";", ("id", "owner")), ""
    )
    assert arguments["InputFormatOptions"] == {"Csv": {"Delimiter": ";", "HeaderList": ["id", "owner"]}}
    assert arguments["S3BucketSource"] == {"S3Bucket": "data", "S3BucketOwner": "210987654321"}
    shape = service_model("dynamodb").operation_model("ImportTable").input_shape
    assert set(arguments) <= set(shape.members)
    parameters = shape.members["TableCreationParameters"].members
    assert set(arguments["TableCreationParameters"]) == set(parameters) - {"ProvisionedThroughput", "VectorIndexes"}
    for index in arguments["TableCreationParameters"]["GlobalSecondaryIndexes"]:
        assert set(index) <= set(parameters["GlobalSecondaryIndexes"].member.members)
    assert left_over(spec) == ("stream", "ttl", "pitr", "deletion_protection", "tags")


def test_a_token_stands_for_what_is_asked_and_what_is_known() -> None:
    tokens = [
        call({"TableName": "Orders"}, SOURCE, "")["ClientToken"],
        call({"TableName": "Orders"}, SOURCE, "an import")["ClientToken"],
        call({"TableName": "Other"}, SOURCE, "")["ClientToken"],
        call({"TableName": "Orders"}, Source(Place("data")), "")["ClientToken"],
    ]
    assert len(set(tokens)) == 4
    assert tokens[0] == call({"TableName": "Orders"}, SOURCE, "")["ClientToken"]


@pytest.mark.parametrize(
    ("table", "last", "taken"),
    [
        ({}, None, False),
        ({}, job(), False),
        ({}, job("FAILED"), False),
        ({}, job("IN_PROGRESS", TableId=""), True),
        (ACTIVE, job("IN_PROGRESS"), True),
        (ACTIVE, job(), True),
        (ACTIVE, job(TableId=""), True),
        (ACTIVE, job("FAILED"), True),
        (ACTIVE, job(S3BucketSource={"S3Bucket": "data", "S3KeyPrefix": "orders"}), True),
    ],
)
def test_what_is_taken_for_the_import_that_is_asked_for(table: Any, last: Import | None, taken: bool) -> None:
    assert standing(table, last, SOURCE, "Orders") == (last if taken else None)


@pytest.mark.parametrize(
    ("table", "last", "text"),
    [
        (ACTIVE, None, r"exists \(ACTIVE\) and was not made by an import of s3://data/orders/"),
        ({**ACTIVE, "TableStatus": "DELETING"}, None, r"exists \(DELETING\)"),
        (ACTIVE, job(TableId="of a table that is gone"), "was not made by an import"),
        (ACTIVE, job(S3BucketSource={"S3Bucket": "other", "S3KeyPrefix": "orders/"}), "was not made by an import"),
        (ACTIVE, job(InputFormat="CSV"), "was not made by an import"),
        (ACTIVE, job(InputCompressionType="GZIP"), "was not made by an import"),
        ({}, job("IN_PROGRESS", S3BucketSource={"S3Bucket": "other"}), "another import into Orders is under way"),
    ],
)
def test_a_table_that_exists_is_never_overwritten(table: Any, last: Import | None, text: str) -> None:
    with pytest.raises(RefusedError, match=text):
        standing(table, last, SOURCE, "Orders")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"FailureCode": "ItemValidationError", "FailureMessage": "Some of the items failed.",
             "ProcessedItemCount": 1204, "ImportedItemCount": 1200, "ErrorCount": 4, "CloudWatchLogGroupArn": LOGS},
            ["ItemValidationError: Some of the items failed. 1,204 items read, 1,200 imported, 4 errors.",
             "The table Orders is there with the items that were good.", "to the log group /aws-dynamodb/imports.",
             "delete the table, and import again", "(provision)"],
        ),
        ({"FailureCode": "S3NoSuchBucket", "FailureMessage": "The specified bucket does not exist"},
         ["S3NoSuchBucket: The specified bucket does not exist. 0 items read", "a new import is made then."]),
        ({"FailureCode": "TableAlreadyExists", "FailureMessage": "Table already exists: Orders"},
         ["Somebody else made Orders meanwhile: choose another name."]),
        ({"ImportStatus": "CANCELLED"}, ["is CANCELLED: AWS gives no reason. 0 items read"]),
    ],
)  # fmt: skip
def test_a_failed_import_is_told_with_counts_and_what_to_do(more: dict[str, Any], told: list[str]) -> None:
    error = failed("Orders", job("FAILED", **more))
    assert str(error).startswith("the import of s3://data/orders/ into Orders is ")
    for text in told:
        assert text in str(error)


def test_what_an_import_cannot_make() -> None:
    with pytest.raises(RefusedError, match="has no keys"):
        refuse_impossible(parse_table({"name": "Orders", "tags": {"a": "b"}}))
    keys = {"attributes": {"id": "S", "at": "N", "by": "S"}, "partition_key": "id", "sort_key": "at"}
    local = {"local_indexes": [{"name": "by-by", "sort_key": "by"}]}
    with pytest.raises(RefusedError, match="local secondary indexes"):
        refuse_impossible(parse_table({"name": "Orders", **keys, **local}))
    refuse_impossible(parse_table({"name": "Orders", **keys}))


def test_the_source_that_an_export_is() -> None:
    shown = {
        "ExportArn": "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders/export/01795395600000-1a2b3c4d",
        "ExportStatus": "COMPLETED",
        "S3Bucket": "exports",
        "S3Prefix": "nightly",
    }
    source = source_of(Export.of(shown))
    assert str(source.place) == "s3://exports/nightly/AWSDynamoDB/01795395600000-1a2b3c4d/data/"
    assert (source.format, source.compression) == ("DYNAMODB_JSON", "GZIP")
    assert source_of(Export.of({**shown, "S3Prefix": None})).place.prefix.startswith("AWSDynamoDB/")
    with pytest.raises(RefusedError, match="is FAILED"):
        source_of(Export.of({**shown, "ExportStatus": "FAILED"}))
    with pytest.raises(RefusedError, match="holds the changes of a time"):
        source_of(Export.of({**shown, "ExportType": "INCREMENTAL_EXPORT"}))


def test_the_last_import_of_a_table_is_looked_at() -> None:
    table = "arn:aws:dynamodb:ap-south-1:123456789012:table/"
    listed = [{"TableArn": f"{table}{name}", "ImportArn": f"{table}{name}/import/{number}"}
              for number, name in enumerate(("Orders", "Orders-2", "Orders"))]  # fmt: skip
    assert newest_of("Orders", listed) == [f"{table}Orders/import/2", f"{table}Orders/import/0"]
