# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export to S3 and import from it, by the playbooks and the modules, on the embedded emulator."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.auditflow import settings
from tests.integration.front import Answer, Rule, Sent, refusal
from tests.integration.harness import Ansible, Target

EXPORT, IMPORT = "auditflow.dynamodb.table_export", "auditflow.dynamodb.table_import"
ITEMS = 60


def definition(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {"id": "S", "owner": "S", "at": "N"},
        "partition_key": "id",
        "global_indexes": [{"name": "by-owner", "partition_key": "owner", "sort_key": "at", "projection": "KEYS_ONLY"}],
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": {"type": "KMS", "key": f"alias/{name}"},
        "ttl": {"attribute": "expires"},
        "pitr": {"recovery_period_days": 7},
        "deletion_protection": True,
        "tags": {"team": "shop"},
    }


def item(number: int) -> dict[str, Any]:
    return {
        "id": {"S": f"order-{number}"},
        "owner": {"S": f"owner-{number % 7} <ü>"},
        "at": {"N": str(number)},
        "raw": {"B": bytes([number, 0, 255])},
        "lines": {"L": [{"M": {"price": {"N": "1.25"}, "paid": {"BOOL": True}}}, {"NULL": True}]},
        "labels": {"SS": ["a", "b"]},
    }


def items(target: Target, table: str) -> list[dict[str, Any]]:
    pages = target.client().get_paginator("scan").paginate(TableName=table)
    found = [each for page in pages for each in page["Items"]]
    for each in found:
        each.get("labels", {}).get("SS", []).sort()
    return sorted(found, key=lambda each: str(each["id"]["S"]))


@pytest.fixture
def bucket(name: str) -> str:
    return f"exports-of-{name.lower()}"


@pytest.fixture
def orders(emulator: Target, name: str) -> str:
    """A table with point-in-time recovery and items."""
    dynamodb = emulator.client()
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    dynamodb.create_table(
        TableName=name, KeySchema=keys, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
    )
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=on)
    for number in range(ITEMS):
        dynamodb.put_item(TableName=name, Item=item(number))
    return name


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """The item as DynamoDB JSON."""
    return {**item, "raw": {"B": base64.b64encode(item["raw"]["B"]).decode()}}


def make_bucket(target: Target, bucket: str) -> Any:
    s3 = target.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": target.region})
    return s3


def exports(target: Target, table: str) -> list[str]:
    dynamodb = target.client()
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    return [each["ExportArn"] for each in dynamodb.list_exports(TableArn=arn)["ExportSummaries"]]


def exported(target: Target, bucket: str, manifest: str) -> list[dict[str, Any]]:
    """The items that an export holds, by its manifests."""
    s3 = target.client("s3")

    def read(key: str) -> bytes:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    files = read(json.loads(read(manifest))["manifestFilesS3Key"]).splitlines()
    lines = [line for each in files for line in gzip.decompress(read(json.loads(each)["dataFileS3Key"])).splitlines()]
    return [json.loads(line)["Item"] for line in lines]


def test_a_table_goes_to_s3_and_comes_back_as_it_is_defined(
    ansible: Ansible, emulator: Target, orders: str, bucket: str
) -> None:
    alias = f"alias/{orders}"
    extra = {"tables_definitions": [definition(orders)], "tables_kms_alias": alias}
    more = {**extra, "bucket": bucket, "prefix": "nightly/"}
    checked = ansible.playbook("export", "--check", extra={**more, "create_bucket": True})
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert f"{orders} (ap-south-1): would be exported, a full export to s3://{bucket}/nightly" in checked.output

    run = ansible.playbook("export", extra={**more, "create_bucket": True})
    assert run.code == 0, run.output
    (result,) = run.task("Export the tables and wait").result["results"]
    (export,) = result["exports"]
    assert (export["status"], export["item_count"]) == ("COMPLETED", ITEMS)
    assert "60 items" in run.task("Show what was exported").message
    found = exported(emulator, bucket, export["manifest"])
    assert {each["id"]["S"]: each for each in found} == {
        each["id"]["S"]: plain(each) for each in map(item, range(ITEMS))
    }
    s3 = emulator.client("s3")
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    again = ansible.playbook("export", extra={**more, "create_bucket": True})
    assert again.code == 0, again.output
    assert again.calls.writes == []
    assert again.changed == []
    assert len(exports(emulator, orders)) == 1
    listed = ansible.playbook("exports", extra=extra)
    assert export["arn"].rpartition("/")[2] in listed.output
    assert listed.calls.writes == []

    copy = f"{orders}-copy"
    back = {**extra, "into": copy, "export": export["arn"]}
    checked = ansible.playbook("import", "--check", extra=back)
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert f"{copy} (ap-south-1): would be imported" in checked.output

    run = ansible.playbook("import", extra=back)
    assert run.code == 0, run.output
    task = run.task("Import the table and wait")
    assert task.result["job"]["imported_item_count"] == ITEMS
    assert task.result["left"] == ["ttl", "pitr", "deletion_protection", "tags"]
    assert items(emulator, copy) == items(emulator, orders)
    shown = settings(emulator, copy)
    assert (shown["ttl"], shown["pitr"]) == ("expires", 7), run.output
    table = emulator.client().describe_table(TableName=copy)["Table"]
    assert table["DeletionProtectionEnabled"]
    key = emulator.client("kms").describe_key(KeyId=alias)["KeyMetadata"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-owner"]
    assert "ImportTable" in [operation for operation, _resource in run.calls.writes]
    assert "CreateTable" not in [operation for operation, _resource in run.calls.writes]

    again = ansible.playbook("import", extra=back)
    assert again.code == 0, again.output
    assert again.calls.writes == []
    assert "unchanged, imported before" in again.output


def test_hosts_that_are_tables(ansible: Ansible, emulator: Target, orders: str, bucket: str, tmp_path: Path) -> None:
    s3 = make_bucket(emulator, bucket)
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    hosts = {orders: {"dynamodb_table": orders}, "another": {"dynamodb_table": f"{orders}-none"}}
    inventory = tmp_path / "tables.yml"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    run = ansible.playbook("export", "-i", str(inventory), extra={"bucket": bucket, "key": key})
    assert run.code == 2, run.output
    assert f"the table {orders}-none does not exist" in run.failure
    done = [task for task in run.tasks if task.host == orders and task.action == EXPORT]
    (result,) = done[0].result["results"]
    assert result["name"] == orders
    written = s3.head_object(Bucket=bucket, Key=result["exports"][0]["manifest"])
    assert (written["ServerSideEncryption"], written["SSEKMSKeyId"]) == ("aws:kms", key)
    assert len(exports(emulator, orders)) == 1


def test_bad_items_are_told_with_their_counts_and_nothing_is_overwritten(
    ansible: Ansible, emulator: Target, name: str, bucket: str
) -> None:
    lines = [json.dumps({"Item": {"id": {"S": str(number)}}}) for number in range(7)]
    lines += ["no JSON", '{"Item": {"id": {"N": "1"}}}', '{"Item": {"other": {"S": "a"}}}']
    s3 = make_bucket(emulator, bucket)
    s3.put_object(Bucket=bucket, Key="data/1.json", Body="\n".join(lines).encode())
    table = {"name": name, "attributes": {"id": "S"}, "partition_key": "id", "tags": {"a": "b"}}
    source = {"table": table, "bucket": bucket, "prefix": "data/"}
    run = ansible.tasks({"name": "first", IMPORT: source}, {"name": "again", IMPORT: source})
    for task in run.tasks:
        assert task.status == "failed"
        assert f"s3://{bucket}/data/ into {name} is FAILED: ItemValidationError: Some of the items" in task.message
        assert "10 items read, 7 imported, 3 errors." in task.message
        assert f"The table {name} is there with the items that were good." in task.message
        assert "to the log group /aws-dynamodb/imports." in task.message
        assert task.result["job"]["error_count"] == 3
        assert task.result["failure"]["code"] == "ItemValidationError"
    assert run.tasks[1].calls.writes == []
    assert len(items(emulator, name)) == 7

    other = ansible.tasks(
        {"name": "other source", IMPORT: {**source, "prefix": "other/"}},
        {"name": "no bucket", IMPORT: {**source, "table": {**table, "name": f"{name}-2"}, "bucket": f"{bucket}-none"}},
        {"name": "local index", IMPORT: {**source, "table": {
            **table, "name": f"{name}-3", "attributes": {"id": "S", "a": "S", "b": "S"}, "sort_key": "a",
            "local_indexes": [{"name": "by-b", "sort_key": "b"}]}}},
        {"name": "csv", IMPORT: {**source, "csv_header": ["a"]}},
        {"name": "mistake", IMPORT: {**source, "table": {**table, "partition_key": "none"}}},
    )  # fmt: skip
    exists, no_bucket, local, csv, mistake = other.tasks
    assert {task.status for task in other.tasks} == {"failed"}
    assert f"the table {name} exists (ACTIVE) and was not made by an import" in exists.message
    assert "choose another name, or delete it first" in exists.message
    assert "S3NoSuchBucket: The specified bucket does not exist" in no_bucket.message
    assert "local_indexes: an import cannot make local secondary indexes" in local.message
    assert "about format CSV only" in csv.message
    assert mistake.result["problems"]
    assert [task.calls.writes for task in (exists, local, csv, mistake)] == [[]] * 4


def test_a_table_out_of_csv_files_and_what_the_playbook_has_to_be_told(
    ansible: Ansible, emulator: Target, name: str, bucket: str
) -> None:
    countries = {"name": name, "attributes": {"code": "N"}, "partition_key": "code", "tags": {"a": "b"}}
    extra = {"tables_definitions": [countries, {**countries, "name": f"{name}-2"}], "tables_kms_alias": ""}
    run = ansible.playbook("import", extra={**extra, "table": name, "bucket": bucket, "export": "arn:of:both"})
    assert run.code == 2, run.output
    assert "Nothing was done. Give -e table=NAME" in run.failure
    assert run.calls.of("dynamodb") == []

    s3 = make_bucket(emulator, bucket)
    s3.put_object(Bucket=bucket, Key="countries/1.csv.gz", Body=gzip.compress(b"91;India\n358;Suomi\n"))
    source = {"bucket": bucket, "prefix": "countries/", "format": "CSV", "delimiter": ";", "header": "code,name"}
    run = ansible.playbook("import", extra={**extra, **source, "table": name, "compression": "GZIP"})
    assert run.code == 0, run.output
    found = emulator.client().scan(TableName=name)["Items"]
    assert sorted(found, key=str) == [
        {"code": {"N": "358"}, "name": {"S": "Suomi"}},
        {"code": {"N": "91"}, "name": {"S": "India"}},
    ]
    run = ansible.playbook("export", extra=extra)
    assert "Give the bucket: -e bucket=NAME" in run.failure


def lose(operation: str, times: int = 1) -> Rule:
    """AWS does it, and its answer gets lost."""
    left = [times]

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation != operation or not left[0]:
            return None
        left[0] -= 1
        assert forward().status == 200
        return refusal("InternalServerError", "Internal server error", 500)

    return rule


def test_a_lost_answer_is_no_second_export_and_no_second_import(
    fronted: Callable[..., Ansible], emulator: Target, orders: str, bucket: str
) -> None:
    make_bucket(emulator, bucket)
    copy = f"{orders}-copy"
    # More often than a call is repeated without waiting: the next run has to find what was begun.
    ansible = fronted(emulator, lose("ExportTableToPointInTime", 4), lose("ImportTable", 4))
    export = {"names": [orders], "bucket": bucket, "wait": False}
    run = ansible.tasks(*[{"name": f"export {number}", EXPORT: export} for number in range(2)])
    first, second = run.tasks
    assert first.status == "failed"
    assert first.changed, "it may have been made"
    assert "AWS may have begun it all the same" in first.message
    assert second.status == "ok", second.message
    assert not second.changed
    (arn,) = exports(emulator, orders)
    assert second.result["results"][0]["exports"][0]["arn"] == arn

    table = {"name": copy, "attributes": {"id": "S"}, "partition_key": "id"}
    back = {"table": table, "export_arn": arn, "wait": False}
    run = ansible.tasks(*[{"name": f"import {number}", IMPORT: back} for number in range(2)])
    first, second = run.tasks
    assert first.status == "failed"
    assert second.status == "ok", second.message
    assert not second.changed
    listed = emulator.client().list_imports()["ImportSummaryList"]
    assert len([each for each in listed if each["TableArn"].endswith(f"/{copy}")]) == 1
    assert items(emulator, copy) == items(emulator, orders)


def test_what_cannot_be_exported_is_told(ansible: Ansible, emulator: Target, orders: str, bucket: str) -> None:
    make_bucket(emulator, bucket)
    off = f"{orders}-off"
    make = {"name": off, "attributes": {"id": "S"}, "partition_key": "id"}
    place = {"names": [orders], "bucket": bucket}
    run = ansible.tasks(
        {"name": "make", "auditflow.dynamodb.table": make},
        {"name": "off and none", EXPORT: {**place, "names": [off, orders, "there-is-none"]}},
        {"name": "no bucket", EXPORT: {**place, "bucket": f"{bucket}-none"}},
        {"name": "nothing to go on from", EXPORT: {**place, "prefix": "new", "since": "last"}},
        {"name": "too short", EXPORT: {**place, "since": "2026-11-01T00:00:00Z", "to_time": "2026-11-01T00:14:00Z"}},
        {"name": "too early", EXPORT: {**place, "export_time": "2020-01-01T00:00:00Z"}},
        {"name": "no zone", EXPORT: {**place, "export_time": "2026-11-01T00:00:00"}},
        {"name": "no history", EXPORT: {**place, "filter": {"projection_expression": "id"}}},
        {"name": "anew", EXPORT: {**place, "max_age": 0}},
    )
    _made, several, no_bucket, last, short, early, zone, filtered, anew = run.tasks
    assert "2 of 3 exports failed" in several.message
    assert f"point-in-time recovery of {off} is off" in several.message
    assert "the table there-is-none does not exist" in several.message
    assert [result.get("failed", False) for result in several.result["results"]] == [True, False, True]
    assert several.changed
    assert "S3NoSuchBucket: The specified bucket does not exist. Make the bucket" in no_bucket.message
    assert no_bucket.result["results"][0]["failure"]["code"] == "S3NoSuchBucket"
    assert "AWS knows no completed export" in last.message
    assert "less than the 15 minutes" in short.message
    assert "is not between" in early.message
    assert "has no zone" in zone.message
    assert "it has no filter" in filtered.message
    assert anew.changed, anew.message
    assert [task.calls.writes for task in (last, short, early, zone)] == [[]] * 4
    assert len(exports(emulator, orders)) == 3
