# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts in S3: put, read back, moved to their storage class, looked at, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..aws import ATTEMPTS, Aws, Patience
from ..errors import AwsError, Kind
from ..state import Read
from .parts import Part, PartError, check_same

# How long one call is made again while S3 is busy, before the run stops; it can be resumed.
PATIENCE = Patience(wait=True, seconds=180)
STANDARD = "STANDARD"
STORAGE_CLASSES = ("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE", "STANDARD_IA")
# What is in these cannot be read before it was restored.
COLD_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
# PutObject API reference, If-None-Match: there is an object of this key.
TAKEN = "PreconditionFailed"
NOT_AS_SENT = "NotAsSent"
# GetObject API reference: of an object that has to be restored first.
COLD = "InvalidObjectState"
# S3 says so of an object without versions.
NO_VERSION = ("", "null")

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Store:
    """One bucket. storage_class: where parts end. kms_key: empty for what the bucket says."""

    aws: Aws
    bucket: str
    storage_class: str = "GLACIER"
    kms_key: str = ""

    def place(self, key: str) -> str:
        """Where an object is, as it is written into the table."""
        return f"{self.bucket}/{key}"

    def exists(self) -> bool:
        """Whether the bucket is there. Raises AwsError."""
        return self.aws.read(Read("HeadBucket", {"Bucket": self.bucket}, "s3")) is not None

    def put(self, key: str, part: Part) -> None:
        """Sends a part; one that is there already stays, and is read back all the same. Raises AwsError."""
        arguments = {
            **self._object(key),
            **self._encryption(),
            "Body": part.content,
            "Metadata": part.metadata,
            "ContentType": "application/gzip",
            "ChecksumSHA256": part.checksum,
            "IfNoneMatch": "*",
        }
        try:
            self.aws.repeat("PutObject", arguments, PATIENCE, "s3")
        except AwsError as error:
            if error.code != TAKEN:
                raise

    def read_back(self, key: str, part: Part) -> str:
        """Compares what S3 has with what was sent; returns its version. Raises AwsError."""
        try:
            answer = self.aws.read(Read("GetObject", self._object(key), "s3"))
        except AwsError as error:
            if error.code != COLD:
                raise
            told = "a rule of the bucket has moved it before it could be read back: leave the prefix out of that rule"
            raise self._wrong(key, told) from error
        if answer is None:
            raise self._wrong(key, "it is not there")
        try:
            check_same(part, answer["Body"])
        except PartError as error:
            raise self._wrong(key, str(error)) from error
        return str(answer.get("VersionId") or "")

    def move(self, key: str, part: Part, version: str) -> None:
        """Copies an object that was read back onto itself, into the storage class, and looks at it. Raises AwsError."""
        source = {**self._object(key), **({} if version in NO_VERSION else {"VersionId": version})}
        arguments = {
            **self._object(key),
            **self._encryption(),
            "CopySource": source,
            "MetadataDirective": "COPY",
            "StorageClass": self.storage_class,
            "ChecksumAlgorithm": "SHA256",
        }
        for attempt in range(1, ATTEMPTS + 1):
            if _class(self.head(key)) == self.storage_class:
                break
            try:
                self.aws.write("CopyObject", arguments, PATIENCE, "s3")
            except AwsError as error:
                # It may be there by now, and what is cold cannot be copied again.
                if not error.lost or attempt == ATTEMPTS:
                    raise
        self._check_stored(key, part)

    def drop(self, key: str, version: str) -> bool:
        """Removes the version that was read back, which would be paid for beside the archived one.

        Returns whether it is gone; it may be held by somebody's rules. Raises AwsError.
        """
        if version in NO_VERSION or (self.head(key) or {}).get("VersionId") == version:
            return True
        try:
            self.aws.repeat("DeleteObject", {**self._object(key), "VersionId": version}, PATIENCE, "s3")
        except AwsError as error:
            if error.kind is not Kind.DENIED:
                raise
            return False
        return True

    def put_text(self, key: str, text: str, checksum: str) -> None:
        """Writes a manifest. Raises AwsError."""
        arguments = {
            **self._object(key),
            **self._encryption(),
            "Body": text.encode(),
            "ContentType": "application/json",
            "ChecksumSHA256": checksum,
        }
        self.aws.repeat("PutObject", arguments, PATIENCE, "s3")

    def text(self, key: str) -> str:
        """The content of a manifest. Raises AwsError."""
        answer = self.aws.page(Read("GetObject", self._object(key), "s3"), PATIENCE)
        return bytes(answer["Body"]).decode()

    def head(self, key: str) -> Answer | None:
        """What S3 says of an object; C(None) where there is none. Raises AwsError."""
        return self.aws.read(Read("HeadObject", {**self._object(key), "ChecksumMode": "ENABLED"}, "s3"))

    def keys(self, prefix: str) -> list[str]:
        """The objects below a prefix. Raises AwsError."""
        answer = self.aws.read(Read("ListObjectsV2", {"Bucket": self.bucket, "Prefix": prefix}, "s3"))
        return [each["Key"] for each in (answer or {}).get("Contents") or ()]

    def _check_stored(self, key: str, part: Part) -> None:
        found = self.head(key)
        if found is None:
            raise self._wrong(key, "it is not there any more")
        for what, wanted, told in (
            ("storage class", self.storage_class, _class(found)),
            ("size", len(part.content), found["ContentLength"]),
            ("SHA-256", part.checksum, found.get("ChecksumSHA256")),
            ("metadata", part.metadata, found.get("Metadata")),
        ):
            if wanted != told:
                raise self._wrong(key, f"its {what} is {told}, not {wanted}")

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": key}

    def _encryption(self) -> dict[str, str]:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key} if self.kms_key else {}

    def _wrong(self, key: str, what: str) -> AwsError:
        asked = f"The copy s3://{self.place(key)}"
        advice = (
            "No item of it was marked. Run it again: they are sent anew, as another object; this one can be deleted."
        )
        return AwsError(asked, NOT_AS_SENT, what, Kind.FINAL, advice)


def _class(head: Answer | None) -> str:
    # S3 does not name the standard class.
    return str(head.get("StorageClass") or STANDARD) if head else ""


def class_of(head: Answer) -> str:
    """The storage class of an object."""
    return _class(head)


def readable(head: Answer) -> bool:
    """Whether an object can be read now."""
    return _class(head) not in COLD_CLASSES or 'ongoing-request="false"' in (head.get("Restore") or "")


def being_restored(head: Answer) -> bool:
    """Whether S3 is at work on it."""
    return 'ongoing-request="true"' in (head.get("Restore") or "")
