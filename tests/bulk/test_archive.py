# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archiving very many items: killed half way and resumed, every item and every copy looked at, and all put back."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import from_json
from scripts.emulator.request_log import read_calls
from tests.bulk.conftest import client_of
from tests.bulk.dynamodb_local import START_SECONDS
from tests.bulk.live import changes
from tests.bulk.runs import Bulk
from tests.integration.harness import ROOT, Target
from tests.integration.items import Item, by_key, load, make_table

TASK, BACK = "Archive old items", "Put archived items back"
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
# One of four is too young.
EVERY = 4
MARKS = ("archived", "archive_timestamp", "archive_object", "archive_stripped")
BUCKET = "bulk-archive"


def key_of(number: int) -> str:
    return f"item-{number:07}"


def item(number: int) -> Item:
    days = number % 80 if number % EVERY == 0 else 100 + number % 600
    return {
        "id": {"S": key_of(number)},
        "at": {"S": (TODAY - timedelta(days=days, seconds=number)).isoformat()},
        "no": {"N": str(number)},
        "raw": {"B": number.to_bytes(4, "big")},
        "tags": {"SS": ["a", key_of(number)]},
        "extracted": {"M": {"page": {"L": [{"N": str(number)}, {"S": f"text {number} " * 8}]}}},
    }


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Target]:
    """The embedded emulator, for S3."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def control(command: str) -> None:
        script = str(ROOT / "scripts" / "emulator" / "control.py")
        subprocess.run(
            [sys.executable, script, command, "--port", str(port), "--state-dir", str(tmp_path / "emulator")],
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=START_SECONDS,
            check=True,
        )

    control("start")
    try:
        yield Target(f"http://127.0.0.1:{port}", tmp_path / "none", read_calls)
    finally:
        control("stop")


@pytest.fixture
def mixed(dynamodb: Target, emulator: Target, tmp_path: Path) -> Bulk:
    """Items in DynamoDB Local, objects in the embedded emulator."""
    s3 = client_of(emulator, "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.region})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return Bulk(dynamodb, tmp_path, {"AWS_ENDPOINT_URL_S3": emulator.url})


def options(name: str, **more: Any) -> dict[str, Any]:
    # Without an endpoint of its own, the inventory leaves it to the environment, where S3 has another.
    how = {"write_units": 0, "threads": 4, "page_size": 200, "part_items": 1000, "dynamodb_endpoint": ""}
    return {"table": name, "confirm": name, "timestamp": "at", "bucket": BUCKET, "strip": "extracted", **how, **more}


def objects(s3: Any) -> Iterator[tuple[str, Any]]:
    """All versions of all parts; each has one, and that is cold."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for version in page.get("Versions", ()):
            if "/data/" in version["Key"]:
                assert version["StorageClass"] == "GLACIER", version["Key"]
                yield version["Key"], version


def copies(s3: Any) -> Iterator[tuple[str, Item]]:
    for key, _version in objects(s3):
        s3.restore_object(Bucket=BUCKET, Key=key, RestoreRequest={"Days": 1})
        content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        for line in gzip.decompress(content).splitlines():
            yield f"{BUCKET}/{key}", from_json(json.loads(line)["Item"])


def same(one: Item, other: Item) -> bool:
    """DynamoDB Local gives sets in an order of its own."""
    return {**one, "tags": {"SS": sorted(one["tags"]["SS"])}} == {**other, "tags": {"SS": sorted(other["tags"]["SS"])}}


def test_killed_half_way(
    mixed: Bulk, emulator: Target, client: Any, streams: Any, items: int, report: Callable[..., None]
) -> None:
    name, began, s3 = "Archived", time.monotonic(), client_of(emulator, "s3")
    make_table(client, name)
    load(client, name, map(item, range(items)))
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    arn = client.update_table(TableName=name, StreamSpecification=stream)["TableDescription"]["LatestStreamArn"]
    loaded = time.monotonic()
    old = {key_of(number): number for number in range(items) if number % EVERY}

    first = mixed.start("archive", options(name))
    first.kill_when(lambda: mixed.journalled("archived") >= len(old) // 2)
    killed, at_kill = time.monotonic(), mixed.journalled("archived")
    resumed = mixed.start("archive", options(name)).result(TASK)["results"][0]
    ended = time.monotonic()

    assert resumed["resumed"]
    assert {verdict: count for verdict, count in resumed["counts"].items() if count} == {
        "archived": len(old),
        "too_young": items - len(old),
    }
    placed: dict[str, tuple[str, Item]] = {}
    for place, copy in copies(s3):
        assert copy["id"]["S"] not in placed, "an item was copied twice"
        placed[copy["id"]["S"]] = place, copy
    now = by_key(client, name)
    assert len(now) == items
    for number in range(items):
        entry, was = now[key_of(number)], item(number)
        if number % EVERY == 0:
            assert same(entry, was)
            continue
        place, copy = placed[key_of(number)]
        assert same(copy, was)
        assert (entry["archived"], entry["archive_object"]) == ({"BOOL": True}, {"S": place})
        kept = {name: value for name, value in was.items() if name != "extracted"}
        assert same({name: value for name, value in entry.items() if name not in MARKS}, kept)
    written = Counter(change["Keys"]["id"]["S"] for change in changes(streams, arn))
    assert written == Counter(list(old))
    check_manifest(s3, resumed["manifest"], len(old), resumed["bytes"])
    checked = time.monotonic()

    again = mixed.start("archive", options(name)).result(TASK)["results"][0]
    assert (again["changed"], again["archived_before"]) == (False, len(old))
    back_began = time.monotonic()
    everything = {"archived_from": "2020-01-01T00:00:00Z", "dynamodb_endpoint": "", "write_units": 0}
    back = mixed.start("unarchive", {"table": name, "confirm": name, **everything}).result(BACK)["results"][0]
    assert back["counts"]["unarchived"] == len(old), back["text"]
    after = by_key(client, name)
    assert all(same(after[key_of(number)], item(number)) for number in range(items))
    report(
        items=items,
        archived=len(old),
        journalled_at_kill=at_kill,
        objects=sum(1 for _each in objects(s3)),
        seconds={
            "load": round(loaded - began),
            "until_kill": round(killed - loaded),
            "resumed": round(ended - killed),
            "check": round(checked - ended),
            "unarchived": round(time.monotonic() - back_began),
            "all": round(time.monotonic() - began),
        },
    )


def check_manifest(s3: Any, manifest: str, count: int, size: int) -> None:
    def read(key: str) -> str:
        text: str = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        return text

    summary = json.loads(read(manifest.removeprefix(f"s3://{BUCKET}/")))
    listed = [json.loads(line) for line in read(summary["manifestFilesS3Key"]).splitlines()]
    assert {each["dataFileS3Key"] for each in listed} == {key for key, _version in objects(s3)}
    assert (summary["itemCount"], summary["uncompressedSizeBytes"]) == (count, size)
    assert sum(each["itemCount"] for each in listed) == count
