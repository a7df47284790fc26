# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exports to S3 and imports from it have alike: places, tokens, times, and waiting for their end. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .conditions import Answer, Condition
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError

Failure = AwsError | WaitTimeoutError | StuckError | RefusedError

COMPLETED, FAILED = "COMPLETED", "FAILED"
UNDER_WAY = ("IN_PROGRESS", "CANCELLING")
# AWS's clock and this one may differ by so much before calls are refused.
CLOCK_SKEW = timedelta(minutes=5)
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Place:
    """Somewhere in S3. prefix: without a slash at its ends. owner: the account of the bucket, where it is another."""

    bucket: str
    prefix: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"

    def same(self, other: Place) -> bool:
        """Whether both are one place; who owns the bucket does not make it another."""
        return (self.bucket, self.prefix.strip("/")) == (other.bucket, other.prefix.strip("/"))


def token(*parts: Any) -> str:
    """A ClientToken that is the same whenever the same is asked for, so that AWS does it once.

    AWS keeps a token for eight hours (ExportTableToPointInTime and ImportTable API references).
    """
    text = json.dumps(parts, sort_keys=True, default=str)
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]))


class TimeError(ValueError):
    """A time that cannot be understood, or not without guessing."""


def parse_time(text: str) -> datetime:
    """A moment out of ISO 8601 with its zone, or out of Unix seconds.

    Raises TimeError.
    """
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), timezone.utc)
    try:
        moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError as error:
        raise TimeError(f"'{text}' is not a time: 2026-11-23T01:00:00Z and 1795395600 are") from error
    if moment.tzinfo is None:
        raise TimeError(f"'{text}' has no zone: put Z behind it for UTC, or +05:30")
    return moment.astimezone(timezone.utc).replace(microsecond=0)


def iso(moment: datetime | None) -> str:
    """The moment for people and results, in UTC; empty where there is none."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


@dataclass(frozen=True)
class Over(Condition):
    """An export or an import has ended, well or not. arn: its ARN."""

    arn: str

    what = ""
    member = ""
    argument = ""
    status = ""

    @property
    def arguments(self) -> dict[str, Any]:
        return {self.argument: self.arn}

    def holds(self, answer: Answer | None) -> bool:
        found = self._status(answer)
        return bool(found) and found not in UNDER_WAY

    def waiting_for(self, answer: Answer | None) -> str:
        return (
            f"the {self.what} {self.arn.rpartition('/')[2]} of {self.table} is {self._status(answer) or 'not listed'}"
        )

    def hopeless(self, answer: Answer | None) -> str:
        return ""

    def _status(self, answer: Answer | None) -> str:
        status: str = (answer or {}).get(self.member, {}).get(self.status, "")
        return status


@dataclass(frozen=True)
class ExportOver(Over):
    """An export has ended."""

    operation = "DescribeExport"
    what = "export"
    member = "ExportDescription"
    argument = "ExportArn"
    status = "ExportStatus"


@dataclass(frozen=True)
class ImportOver(Over):
    """An import has ended. expected: how many items there are to import; 0 where nobody knows."""

    operation = "DescribeImport"
    expected: int = 0

    what = "import"
    member = "ImportTableDescription"
    argument = "ImportArn"
    status = "ImportStatus"

    def measured(self, answer: Answer | None) -> tuple[str, float | None]:
        shown = described(answer, self.member)
        read, imported = shown.get("ProcessedItemCount") or 0, shown.get("ImportedItemCount") or 0
        percent = min(99.0, 100 * read / self.expected) if self.expected else None
        return f"{read:,} items read, {imported:,} imported" if read else "", percent


class JobFailedError(StuckError):
    """An export or an import that AWS began and did not finish. code, text: what AWS says of it."""

    def __init__(self, code: str, text: str, told: str):
        self.code, self.text = code, text
        super().__init__(told)


def failure(error: Failure) -> dict[str, Any]:
    """What went wrong, for programs."""
    if isinstance(error, AwsError):
        return {"kind": error.kind.value, "code": error.code, "message": error.text, "asked": error.asked}
    if isinstance(error, JobFailedError):
        return {"kind": "failed", "code": error.code, "message": error.text}
    kind = "refused" if isinstance(error, RefusedError) else "waiting"
    return {"kind": kind, "reasons": [str(error)]}


def unsure(error: AwsError) -> AwsError:
    """A call that AWS may have carried out, told as one."""
    note = "AWS may have begun it all the same; the next run finds it then, and begins no second one."
    return error.with_note(note, lost=True) if error.lost else error


def size(count: int) -> str:
    """Bytes for people: 3.4 GiB."""
    if count < 1024:
        return f"{count} bytes"
    power = min(int(math.log(count, 1024)), len(UNITS) - 1)
    return f"{count / 1024**power:.1f} {UNITS[power]}"


def given_members(**members: Any) -> dict[str, Any]:
    """The members of a request that are given."""
    return {name: value for name, value in members.items() if value not in (None, "", {}, ())}


def described(answer: Mapping[str, Any] | None, member: str) -> Mapping[str, Any]:
    """A member of an answer; empty where there is none."""
    found: Mapping[str, Any] = (answer or {}).get(member) or {}
    return found
