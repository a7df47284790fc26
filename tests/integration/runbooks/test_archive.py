# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""archive.yml and unarchive.yml: S3 and the table afterwards, beside live writers, corrupted, and killed."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import from_json
from tests.integration.front import Answer, Sent
from tests.integration.harness import Ansible, Finished, Target
from tests.integration.items import Item, by_key, load, make_table

TODAY = datetime.now(UTC).replace(microsecond=0)
OLD, YOUNG = 40, 10
MARKS = ("archived", "archive_timestamp", "archive_object", "archive_stripped")
CHANGED, DELETED = "i0003", "i0005"
EVERYTHING: Item = {
    "empty": {"S": ""},
    "text": {"S": "line\nbreak \u2028 \u0085 ünïcode 🗎"},
    "number": {"N": "12345678901234567890123456789012345678"},
    "binary": {"B": b"\x00\xff\x0a\x0d"},
    "strings": {"SS": ["b", "a"]},
    "numbers": {"NS": ["1", "2.5"]},
    "binaries": {"BS": [b"\x01", b"\xfe"]},
    "list": {"L": [{"M": {"deep": {"B": b"\x00"}}}, {"NULL": True}]},
    "flag": {"BOOL": False},
}
EVER = {"archived_from": "2020-01-01T00:00:00Z"}
BULKY = {"M": {"page": {"S": "x" * 300}}}


def item(number: int, days: int) -> Item:
    at = (TODAY - timedelta(days=days)).isoformat()
    return {"id": {"S": f"i{number:04}"}, "at": {"S": at}, **EVERYTHING, "extracted_data": BULKY}


def fill(target: Target, name: str) -> dict[str, Item]:
    """Old items and young ones; two have no time."""
    client = target.client()
    make_table(client, name)
    items = [item(number, 91 + number) for number in range(OLD)]
    items += [item(OLD + number, number) for number in range(YOUNG)]
    items += [{"id": {"S": "without"}}, {"id": {"S": "unreadable"}, "at": {"S": "long ago"}}]
    load(client, name, items)
    return by_key(client, name)


@pytest.fixture
def no_bucket(name: str) -> str:
    return f"archive-{name.lower()}"


@pytest.fixture
def bucket(emulator: Target, no_bucket: str) -> str:
    made = no_bucket
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    s3.put_bucket_versioning(Bucket=made, VersioningConfiguration={"Status": "Enabled"})
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def archive(ansible: Ansible, name: str, bucket: str, state: Path, *arguments: str, **extra: Any) -> Finished:
    options = {"table": name, "confirm": name, "timestamp": "at", "bucket": bucket, "state_dir": str(state)}
    how = {"segments": 2, "write_units": 0, "page_size": 7, "part_items": 10}
    return ansible.playbook("archive", *arguments, "-i", "inventories/local", extra={**options, **how, **extra})


def unarchive(ansible: Ansible, name: str, *arguments: str, **extra: Any) -> Finished:
    options = {"table": name, "confirm": name, "write_units": 0}
    return ansible.playbook("unarchive", *arguments, "-i", "inventories/local", extra={**options, **extra})


def objects(target: Target, bucket: str) -> dict[str, Mapping[str, Any]]:
    """All versions of all objects, by key; the only version of each."""
    s3 = target.client("s3")
    found: dict[str, Mapping[str, Any]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", ()):
            assert version["Key"] not in found, "a version in STANDARD is left beside the archived one"
            found[version["Key"]] = s3.head_object(Bucket=bucket, Key=version["Key"])
    return found


def content(target: Target, bucket: str, key: str) -> bytes:
    """An object's, restored where it has to be."""
    s3 = target.client("s3")
    if s3.head_object(Bucket=bucket, Key=key).get("StorageClass") == "GLACIER":
        s3.restore_object(Bucket=bucket, Key=key, RestoreRequest={"Days": 1})
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def copies(target: Target, bucket: str) -> Iterator[tuple[str, Item]]:
    """The items in all parts, each with its place."""
    for key in objects(target, bucket):
        if "/data/" in key:
            for line in gzip.decompress(content(target, bucket, key)).splitlines():
                yield f"{bucket}/{key}", from_json(json.loads(line)["Item"])


def without_marks(found: Item) -> Item:
    return {name: value for name, value in found.items() if name not in MARKS}


def check_archived(target: Target, name: str, bucket: str, before: dict[str, Item]) -> None:
    """Each old item is archived once by what its entry says, and equal to its copy; no other entry is touched."""
    now = by_key(target.client(), name)
    assert set(now) == set(before)
    placed = {(place, copy["id"]["S"]): copy for place, copy in copies(target, bucket)}
    for key, was in before.items():
        if not key.startswith("i") or int(key[1:5]) >= OLD if key[1:5].isdigit() else True:
            assert now[key] == was
            continue
        assert now[key]["archived"] == {"BOOL": True}
        assert without_marks(now[key]) == was
        assert placed[(now[key]["archive_object"]["S"], key)] == was


def check_manifest(target: Target, manifest: str, items: int) -> None:
    bucket, _slash, key = manifest.removeprefix("s3://").partition("/")
    summary = json.loads(content(target, bucket, key))
    listed = content(target, bucket, summary["manifestFilesS3Key"])
    assert hashlib.sha256(listed).hexdigest() == summary["manifestFilesSha256"]
    files = [json.loads(line) for line in listed.splitlines()]
    parts = {key for key, head in objects(target, bucket).items() if "/data/" in key and "StorageClass" in head}
    assert {each["dataFileS3Key"] for each in files} == parts
    for each in files:
        body = content(target, bucket, each["dataFileS3Key"])
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (each["sha256Checksum"], each["sizeBytes"])
        assert len(gzip.decompress(body).splitlines()) == each["itemCount"]
    assert (summary["itemCount"], summary["files"]) == (items, len(files))
    assert summary["sizeBytes"] == sum(each["sizeBytes"] for each in files)


def result_of(finished: Finished) -> dict[str, Any]:
    found: dict[str, Any] = finished.task("Archive old items").result
    return dict(found["results"][0]) if "results" in found else found


def check_bucket(target: Target, bucket: str) -> None:
    s3 = target.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def check_import(target: Target, bucket: str, name: str, expected: dict[str, Item]) -> None:
    """AWS's own import reads the copies."""
    table = target.client()
    (folder,) = {key.rpartition("/")[0] for key in objects(target, bucket) if "/data/" in key}
    made = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    begun = table.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": f"{folder}/"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters=made,
    )["ImportTableDescription"]
    told = table.describe_import(ImportArn=begun["ImportArn"])["ImportTableDescription"]
    assert (told["ImportedItemCount"], told["ErrorCount"]) == (len(expected), 0)
    assert by_key(table, name) == expected


def test_old_items_are_archived_once(ansible: Ansible, name: str, no_bucket: str, state: Path) -> None:
    target, bucket = ansible.target, no_bucket
    before = fill(target, name)

    planned = archive(ansible, name, bucket, state, "--check", create_bucket=True)
    assert planned.code == 0, planned.output
    assert f"there is no bucket {bucket} yet" in planned.output
    assert not planned.calls.writes, planned.calls
    assert result_of(planned)["counts"]["archived"] == OLD
    assert result_of(planned)["bytes"] > OLD * 300
    assert not state.exists()

    done = archive(ansible, name, bucket, state, create_bucket=True)
    assert done.code == 0, done.output
    check_bucket(target, bucket)
    assert "left alone: they have no at" in done.output
    counts = {verdict: count for verdict, count in result_of(done)["counts"].items() if count}
    assert counts == {"archived": OLD, "too_young": YOUNG, "without_timestamp": 1, "unreadable_timestamp": 1}
    check_archived(target, name, bucket, before)
    found = objects(target, bucket)
    assert {head.get("StorageClass") for key, head in found.items() if "/data/" in key} == {"GLACIER"}
    check_manifest(target, result_of(done)["manifest"], OLD)
    check_import(
        target, bucket, f"{name}-again", {key: was for key, was in before.items() if key in archived_by(target, name)}
    )
    assert not [path for path in state.rglob("*") if path.is_file() and path.name not in ("job.json", "lock")]

    again = archive(ansible, name, bucket, state, create_bucket=True)
    assert (again.code, again.changed) == (0, [])
    assert not again.calls.writes, again.calls
    assert result_of(again)["archived_before"] == OLD
    assert objects(target, bucket).keys() == found.keys()


def archived_by(target: Target, name: str) -> dict[str, str]:
    """The place of each archived entry's copy."""
    entries = by_key(target.client(), name)
    return {key: entry["archive_object"]["S"] for key, entry in entries.items() if "archive_object" in entry}


def is_upload(sent: Sent) -> bool:
    return sent.operation.startswith("PUT /") and "/data/" in sent.operation


def test_put_back_as_it_was(ansible: Ansible, name: str, bucket: str, state: Path) -> None:
    target = ansible.target
    before = fill(target, name)
    done = archive(ansible, name, bucket, state, strip="extracted_data,not_there", prefix="a/b/")
    assert done.code == 0, done.output
    stripped = by_key(target.client(), name)
    assert all("extracted_data" not in stripped[f"i{number:04}"] for number in range(OLD))
    assert stripped["i0001"]["archive_stripped"] == {"SS": ["extracted_data"]}
    table = target.client()
    # Added since: stays. Changed since: left alone. Deleted: stays deleted. And one by its key alone.
    for key, attribute in (("i0001", "note"), (CHANGED, "empty")):
        table.update_item(
            TableName=name,
            Key={"id": {"S": key}},
            UpdateExpression="SET #a = :v",
            ExpressionAttributeNames={"#a": attribute},
            ExpressionAttributeValues={":v": {"S": "new"}},
        )
    table.delete_item(TableName=name, Key={"id": {"S": DELETED}})

    # Nobody waits, and AWS takes hours to restore; the emulator is done at once.
    by_keys = {"name": name, "keys": [{"id": "i0002"}, {"id": "without"}]}
    one, checked = ansible.tasks(
        {"name": "Two by their keys", "auditflow.dynamodb.items_unarchive": by_keys},
        {"name": "Checked", "auditflow.dynamodb.items_unarchive": {"name": name, **EVER}, "check_mode": True},
    ).tasks
    assert (one.result["counts"]["unarchived"], one.result["counts"]["not_archived"]) == (1, 1)
    assert by_key(table, name)["i0002"] == before["i0002"]
    assert checked.result["pending"]
    assert not checked.calls.writes
    assert len(archived_by(target, name)) == OLD - 2

    finished = unarchive(ansible, name, **EVER)
    assert finished.code == 0, finished.output
    counts = finished.task("Put archived items back").result["results"][0]["counts"]
    assert (counts["unarchived"], counts["changed_since"], counts["deleted"]) == (OLD - 3, 1, 1)
    now = by_key(table, name)
    assert now["i0001"] == {**before["i0001"], "note": {"S": "new"}}
    assert now[CHANGED]["archived"] == {"BOOL": True}
    assert now[CHANGED]["empty"] == {"S": "new"}
    assert DELETED not in now
    left = {"i0001", CHANGED, DELETED}
    assert {key: entry for key, entry in now.items() if key not in left} == {
        key: entry for key, entry in before.items() if key not in left
    }

    exactly = {"name": name, "manifest": result_of(done)["manifest"], "exact": True}
    first, second = ansible.tasks(
        {"name": "Exactly", "auditflow.dynamodb.items_unarchive": exactly},
        {"name": "Again", "auditflow.dynamodb.items_unarchive": exactly},
    ).tasks
    assert (first.changed, first.result["counts"]["unarchived"]) == (True, 1)
    assert by_key(table, name)[CHANGED] == before[CHANGED]
    assert (second.status, second.changed, second.result["finished"]) == ("ok", False, True)
    assert not second.calls.writes, second.calls


def test_what_is_read_back_wrong_is_not_marked(
    fronted: Callable[..., Ansible], emulator: Target, name: str, bucket: str, state: Path
) -> None:
    before = fill(emulator, name)
    struck: list[str] = []

    def corrupt(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if not sent.operation.startswith("GET /") or "/data/" not in sent.operation:
            return None
        answer = forward()
        struck.append(sent.operation)
        # Without its checksum, which botocore would compare before we do.
        headers = tuple(each for each in answer.headers if not each[0].lower().startswith("x-amz-checksum"))
        return replace(answer, body=answer.body[:-1] + b"!", headers=headers)

    done = archive(fronted(emulator, corrupt), name, bucket, state)
    assert (done.code, len(struck) > 0) == (2, True)
    assert "was sent" in done.output
    assert "was read back (SHA-256)" in done.output
    assert "No item of it was marked" in done.output
    assert by_key(emulator.client(), name) == before
    wrong = set(objects(emulator, bucket))
    well = archive(fronted(emulator), name, bucket, state)
    assert well.code == 0, well.output
    check_archived(emulator, name, bucket, before)
    check_manifest(emulator, result_of(well)["manifest"], OLD)
    assert not {place.partition("/")[2] for place in archived_by(emulator, name).values()} & wrong


def test_who_changes_an_item_meanwhile_loses_nothing(
    fronted: Callable[..., Ansible], emulator: Target, name: str, bucket: str, state: Path
) -> None:
    before = fill(emulator, name)
    table = emulator.client()

    def write(key: str) -> None:
        change = {"S": "changed by a live writer"}
        table.update_item(
            TableName=name,
            Key={"id": {"S": key}},
            UpdateExpression="SET #l[0].deep = :v",
            ExpressionAttributeNames={"#l": "list"},
            ExpressionAttributeValues={":v": change},
        )

    def live(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if is_upload(sent) and CHANGED not in met:
            met.add(CHANGED)
            write(CHANGED)
            table.delete_item(TableName=name, Key={"id": {"S": DELETED}})
        return None

    met: set[str] = set()
    done = archive(fronted(emulator, live), name, bucket, state, segments=1, part_items=OLD)
    assert done.code == 0, done.output
    counts = result_of(done)["counts"]
    assert (counts["archived"], counts["changed_meanwhile"], counts["deleted_meanwhile"]) == (OLD - 2, 1, 1)
    now = by_key(table, name)
    assert "archived" not in now[CHANGED]
    assert now[CHANGED]["list"] != before[CHANGED]["list"]
    assert DELETED not in now
    again = archive(fronted(emulator), name, bucket, state, segments=1, part_items=OLD)
    assert result_of(again)["counts"]["archived"] == 1
    check_archived(emulator, name, bucket, {**{k: v for k, v in before.items() if k != DELETED}, CHANGED: now[CHANGED]})
