# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DynamoDB writes to S3 when it exports a table, and reads from it when it imports one, with moto's S3.

Files and manifests are those of the Developer Guide: "DynamoDB table export output format", "Amazon S3 import formats".
moto writes one data file and no manifest.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models.table import Table
from moto.kms.models import kms_backends
from moto.s3.models import S3Backend, s3_backends

# A table of any size has several partitions here, so that several files are read back; some of them are empty.
FILES = 4
LONGEST_KEY, LONGEST_SORT_KEY = 2048, 1024
PARTITION = "aws"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
Item = dict[str, Any]


class TransferError(Exception):
    """What AWS finds out while it exports or imports: FailureCode and FailureMessage."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Written:
    """What an export wrote."""

    items: int
    size: int
    manifest: str


@dataclass
class Counts:
    """What an import read."""

    read: int = 0
    written: int = 0
    bad: int = 0
    size: int = 0


def s3_of(account: str, owner: str | None, bucket: str) -> S3Backend:
    """The S3 that has the bucket; a bucket of another account has to be said to be one."""
    backend = s3_backends[owner or account][PARTITION]
    if bucket in backend.buckets:
        return backend
    if bucket in s3_backends.bucket_accounts:
        raise TransferError("S3AccessDenied", "Access Denied")
    raise TransferError("S3NoSuchBucket", "The specified bucket does not exist")


def check_key(account: str, region: str, name: str | None) -> None:
    if not name:
        return
    backend = kms_backends[account][region]
    alias = backend.get_alias_name(name)
    try:
        key_id = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else backend.get_key_id(name)
    except JsonRESTError:
        key_id = None
    if key_id not in backend.keys:
        raise TransferError("KmsNotFoundException", f"Key '{name}' does not exist")


def items_of(table: Table) -> list[Item]:
    """The items as DynamoDB JSON."""
    shown = [item.to_json(root_attr_name="Item")["Item"] for item in table.all_items()]
    items: list[Item] = json.loads(json.dumps(shown, default=_plain))
    return items


def _plain(value: Any) -> Any:
    return value.to_json() if hasattr(value, "to_json") else base64.b64encode(value).decode()


def write_export(s3: S3Backend, shown: Mapping[str, Any], items: Iterable[Item]) -> Written:
    """Write data files, manifests and checksums of an export that is described by `shown`."""
    prefix = f"{shown['S3Prefix'].strip('/')}/" if shown.get("S3Prefix") else ""
    folder = f"{prefix}AWSDynamoDB/{shown['ExportArn'].rpartition('/')[2]}"
    files: list[list[bytes]] = [[] for _number in range(FILES)]
    for item in items:
        line = json.dumps({"Item": item}, separators=(",", ":")).encode() + b"\n"
        files[zlib.crc32(line) % FILES].append(line)
    _put(s3, shown, f"{folder}/_started", b"")
    listed = [
        _data_file(s3, shown, f"{folder}/data/{number:026d}.json.gz", lines) for number, lines in enumerate(files)
    ]
    count, size = sum(map(len, files)), sum(len(line) for lines in files for line in lines)
    manifest = f"{folder}/manifest-files.json"
    _put_checked(s3, shown, manifest, "".join(f"{json.dumps(each)}\n" for each in listed).encode())
    summary = f"{folder}/manifest-summary.json"
    _put_checked(s3, shown, summary, json.dumps(_summary(shown, manifest, count, size)).encode())
    return Written(count, size, summary)


def _data_file(s3: S3Backend, shown: Mapping[str, Any], key: str, lines: list[bytes]) -> Item:
    content = gzip.compress(b"".join(lines), mtime=0)
    return {
        "itemCount": len(lines),
        "md5Checksum": _md5(content),
        "etag": _put(s3, shown, key, content),
        "dataFileS3Key": key,
    }


def _summary(shown: Mapping[str, Any], manifest: str, count: int, size: int) -> Item:
    return {
        "version": "2020-06-30",
        "exportArn": shown["ExportArn"],
        "startTime": _iso(shown["StartTime"]),
        "endTime": _iso(shown["StartTime"]),
        "tableArn": shown["TableArn"],
        "tableId": shown["TableId"],
        "exportTime": _iso(shown["ExportTime"]),
        "s3Bucket": shown["S3Bucket"],
        "s3Prefix": shown.get("S3Prefix"),
        "s3SseAlgorithm": shown.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": shown.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": manifest,
        "billedSizeBytes": size,
        "itemCount": count,
        "outputFormat": shown.get("ExportFormat", "DYNAMODB_JSON"),
        "exportType": shown.get("ExportType", "FULL_EXPORT"),
    }


def _put_checked(s3: S3Backend, shown: Mapping[str, Any], key: str, content: bytes) -> None:
    _put(s3, shown, key, content)
    _put(s3, shown, f"{key.removesuffix('.json')}.checksum", _md5(content).encode())


def _put(s3: S3Backend, shown: Mapping[str, Any], key: str, content: bytes) -> str:
    encryption = {"KMS": "aws:kms", "AES256": "AES256"}.get(shown.get("S3SseAlgorithm", ""))
    stored = s3.put_object(
        shown["S3Bucket"], key, content, encryption=encryption, kms_key_id=shown.get("S3SseKmsKeyId")
    )
    return str(stored.etag).strip('"')


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_import(s3: S3Backend, body: Mapping[str, Any], table: Table) -> Counts:
    """Put every item of the source that is one into the table, and count the others."""
    counts = Counts()
    source = body["S3BucketSource"]
    bucket = s3.buckets[source["S3Bucket"]]
    for name in sorted(bucket.keys):
        if not name.startswith(source.get("S3KeyPrefix") or ""):
            continue
        content = bucket.keys[name].value
        if body.get("InputCompressionType") == "GZIP":
            content = _unpacked(name, content)
        counts.size += len(content)
        for item in _parsed(content, body, table):
            counts.read += 1
            if item is not None and _is_storable(item, table):
                table.put_item(item_attrs=item)
                counts.written += 1
            else:
                counts.bad += 1
    return counts


def _unpacked(name: str, content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise TransferError("InvalidCompression", f"{name} is not compressed with GZIP") from error


def _parsed(content: bytes, body: Mapping[str, Any], table: Table) -> Iterator[Item | None]:
    """The items of one object, None for what is none."""
    if body["InputFormat"] == "CSV":
        yield from _of_csv(content, (body.get("InputFormatOptions") or {}).get("Csv") or {}, table)
        return
    # Not splitlines: an item may hold a character that Unicode takes for the end of a line.
    for line in content.decode("utf-8", errors="replace").split("\n"):
        if line.strip():
            yield _of_json(line)


def _of_json(line: str) -> Item | None:
    try:
        item = json.loads(line)["Item"]
    except (ValueError, KeyError, TypeError):
        return None
    typed = isinstance(item, dict) and all(isinstance(value, dict) and len(value) == 1 for value in item.values())
    return item if typed else None


def _of_csv(content: bytes, options: Mapping[str, Any], table: Table) -> Iterator[Item | None]:
    """Everything is a string but what the keys say otherwise."""
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")), delimiter=options.get("Delimiter") or ",")
    names = options.get("HeaderList") or next(rows, [])
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    for row in rows:
        if len(row) != len(names):
            yield None
            continue
        yield {name: {types.get(name, "S"): value} for name, value in zip(names, row, strict=True) if value}


def _is_storable(item: Item, table: Table) -> bool:
    """Whether the keys of the table, and of its indexes where they are there, have the types that they must have."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    for name, longest in ((table.hash_key_attr, LONGEST_KEY), (table.range_key_attr, LONGEST_SORT_KEY)):
        value = item.get(name, {}).get(types[name]) if name else "-"
        if not isinstance(value, str) or not 0 < len(value.encode()) <= longest:
            return False
    return all(types[name] in item[name] and _is_number(item[name]) for name in types if name in item)


def _is_number(value: Mapping[str, Any]) -> bool:
    """Whether what is said to be a number is one."""
    return "N" not in value or NUMBER.fullmatch(str(value["N"])) is not None
