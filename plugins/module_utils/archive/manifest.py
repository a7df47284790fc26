# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run has put into S3, told by S3 itself, so that it is right after any number of kills."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AwsError, Kind
from .store import Store, class_of

VERSION = "2026-11-23"
SUMMARY, FILES = "manifest-summary", "manifest-files"
SEGMENT = re.compile(r"/data/(\d{6,})-[^/]+$")


@dataclass(frozen=True)
class File:
    """One object of an archive. bytes: compressed. size: before."""

    key: str
    items: int
    bytes: int
    size: int
    sha256: str
    etag: str
    storage_class: str

    def line(self) -> dict[str, Any]:
        """As a line of the manifest of files; C(itemCount), C(etag) and C(dataFileS3Key) as in AWS's exports."""
        return {
            "itemCount": self.items,
            "sha256Checksum": self.sha256,
            "etag": self.etag,
            "dataFileS3Key": self.key,
            "sizeBytes": self.bytes,
            "uncompressedSizeBytes": self.size,
            "storageClass": self.storage_class,
        }


def files_of(store: Store, folder: str, segments: Sequence[int]) -> list[File]:
    """The objects of a run that are of these segments, in their class, and what they say of themselves.

    Others were not as sent, or are from a run that was killed: no entry names them. Raises AwsError.
    """
    owned = set(segments)
    keys = [key for key in store.keys(f"{folder}/data/") if _segment(key) in owned]
    found = [_file(store, key) for key in sorted(keys)]
    return [each for each in found if each and each.storage_class == store.storage_class]


def _segment(key: str) -> int:
    found = SEGMENT.search(key)
    return int(found[1]) if found else -1


def _file(store: Store, key: str) -> File | None:
    head = store.head(key)
    told: Mapping[str, str] = (head or {}).get("Metadata") or {}
    if head is None or _hexadecimal(head.get("ChecksumSHA256")) != told.get("sha256"):
        return None
    return File(
        key=key,
        items=int(told.get("items", 0)),
        bytes=int(head["ContentLength"]),
        size=int(told.get("size", 0)),
        sha256=told.get("sha256", ""),
        etag=str(head.get("ETag", "")).strip('"'),
        storage_class=class_of(head),
    )


def _hexadecimal(checksum: str | None) -> str:
    return base64.b64decode(checksum or "").hex()


def write_manifest(store: Store, folder: str, files: Sequence[File], about: Mapping[str, Any]) -> str:
    """Writes both manifests, and returns the key of the summary. about: what the job was. Raises AwsError."""
    listed = "".join(f"{json.dumps(each.line())}\n" for each in files)
    listed_key, summary_key = f"{folder}/{FILES}.json", f"{folder}/{SUMMARY}.json"
    summary = {
        "version": VERSION,
        **about,
        "s3Bucket": store.bucket,
        "manifestFilesS3Key": listed_key,
        "manifestFilesSha256": hashlib.sha256(listed.encode()).hexdigest(),
        "itemCount": sum(each.items for each in files),
        "sizeBytes": sum(each.bytes for each in files),
        "uncompressedSizeBytes": sum(each.size for each in files),
        "files": len(files),
        "outputFormat": "DYNAMODB_JSON",
        "compression": "GZIP",
    }
    for key, text in ((listed_key, listed), (summary_key, json.dumps(summary, indent=2) + "\n")):
        store.put_text(key, text, base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())
    return summary_key


def read_manifest(store: Store, key: str) -> list[str]:
    """The keys of the objects that a manifest lists; the summary's key is given. Raises AwsError."""
    summary = _json_of(store, key)
    listed = store.text(str(summary.get("manifestFilesS3Key", "")))
    if hashlib.sha256(listed.encode()).hexdigest() != summary.get("manifestFilesSha256"):
        raise _wrong(store, key, "the list of files is not the one that it was written with")
    return [str(json.loads(line)["dataFileS3Key"]) for line in listed.splitlines()]


def _json_of(store: Store, key: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(store.text(key))
    except ValueError as error:
        raise _wrong(store, key, "it is no manifest") from error
    return found


def _wrong(store: Store, key: str, what: str) -> AwsError:
    advice = f"Give the {SUMMARY}.json of an archive run."
    return AwsError(f"The manifest s3://{store.place(key)}", "NotAManifest", what, Kind.FINAL, advice)
