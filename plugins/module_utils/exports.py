# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export is: as it is asked for, and as AWS describes it. Pure.

Sources: ExportTableToPointInTime, IncrementalExportSpecification and ExportDescription API references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .transfer import CLOCK_SKEW, COMPLETED, FAILED, Place, given_members, iso, size, token

FULL, INCREMENTAL = "FULL_EXPORT", "INCREMENTAL_EXPORT"
JSON_FORMAT = "DYNAMODB_JSON"
LAST = "last"
# The id of an export begins with the milliseconds at which it was asked for (measured).
BEGAN = re.compile(r"/export/(\d{14})-")


@dataclass(frozen=True)
class Window:
    """The time an incremental export is about."""

    begin: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{iso(self.begin)} to {iso(self.end)}"


@dataclass(frozen=True)
class Order:
    """What is asked for of each table.

    place, format, algorithm, key: where to, how, and how encrypted there. filter: FilterSpecification.
    at: the moment of a full export; the latest where there is none. since: where an incremental export begins, LAST for
    where the last one ended; empty for a full one. until: where it ends; the latest where there is none. view: what of
    a changed item. max_age: how old an export of the latest state may be to count as done.
    """

    place: Place
    format: str = JSON_FORMAT
    algorithm: str = ""
    key: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    since: datetime | str = ""
    until: datetime | None = None
    view: str = "NEW_AND_OLD_IMAGES"
    max_age: timedelta = timedelta(hours=8)

    @property
    def type(self) -> str:
        """The export's type."""
        return INCREMENTAL if self.since else FULL

    def goes_on_from(self, export: Export) -> datetime | None:
        """Up to when an export has done what this order goes on with; C(None) where it does not."""
        base = self.since == LAST and export.status == COMPLETED and self.goes_to(export)
        return export.covers if base else None

    def goes_to(self, export: Export) -> bool:
        """Whether an export is of the same data, in the same form, to the same place."""
        alike = (export.format, dict(export.filter)) == (self.format, dict(self.filter))
        return alike and export.place.same(self.place)

    def horizon(self, now: datetime) -> datetime | None:
        """Exports that began before this cannot be what is asked for; C(None) where any can."""
        if self.since == LAST:
            return None
        moment = self.at if self.type == FULL else self.until
        return (moment or now - self.max_age) - CLOCK_SKEW

    def request(self, window: Window | None) -> dict[str, Any]:
        """The members of the call that do not depend on the table."""
        about = None
        if window:
            about = {"ExportFromTime": window.begin, "ExportToTime": window.end, "ExportViewType": self.view}
        return given_members(
            S3Bucket=self.place.bucket,
            S3Prefix=self.place.prefix,
            S3BucketOwner=self.place.owner,
            S3SseAlgorithm=self.algorithm,
            S3SseKmsKeyId=self.key,
            ExportFormat=self.format,
            ExportType=self.type,
            ExportTime=None if window else self.at,
            IncrementalExportSpecification=about,
            FilterSpecification=dict(self.filter),
        )


@dataclass(frozen=True)
class Export:
    """An export as AWS describes it."""

    arn: str
    status: str
    type: str = FULL
    table_id: str = ""
    place: Place = Place("")
    format: str = JSON_FORMAT
    at: datetime | None = None
    window: Window | None = None
    view: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    items: int | None = None
    billed: int | None = None
    manifest: str = ""
    code: str = ""
    text: str = ""

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Export:
        """Out of an ExportDescription; a full export's type is not always shown."""
        about = shown.get("IncrementalExportSpecification") or {}
        begin, end = about.get("ExportFromTime"), about.get("ExportToTime")
        return cls(
            arn=shown["ExportArn"],
            status=shown["ExportStatus"],
            type=shown.get("ExportType") or (INCREMENTAL if about else FULL),
            table_id=shown.get("TableId") or "",
            place=Place(shown.get("S3Bucket", ""), shown.get("S3Prefix") or "", shown.get("S3BucketOwner") or ""),
            format=shown.get("ExportFormat") or JSON_FORMAT,
            at=shown.get("ExportTime"),
            window=Window(begin, end) if begin and end else None,
            view=about.get("ExportViewType") or "",
            filter=shown.get("FilterSpecification") or {},
            started=shown.get("StartTime"),
            ended=shown.get("EndTime"),
            items=shown.get("ItemCount"),
            billed=shown.get("BilledSizeBytes"),
            manifest=shown.get("ExportManifest") or "",
            code=shown.get("FailureCode") or "",
            text=shown.get("FailureMessage") or "",
        )

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.arn.partition(":table/")[2].partition("/")[0]

    @property
    def id(self) -> str:
        """The last part of its ARN: the name of its folder in S3."""
        return self.arn.rpartition("/")[2]

    @property
    def covers(self) -> datetime | None:
        """Up to when it holds the table's data."""
        return self.window.end if self.window else self.at or self.started

    def result(self) -> dict[str, Any]:
        """The export as the modules return it."""
        return {
            "arn": self.arn,
            "table": self.table,
            "status": self.status,
            "type": self.type,
            "bucket": self.place.bucket,
            "prefix": self.place.prefix,
            "format": self.format,
            "export_time": iso(self.at),
            "from_time": iso(self.window.begin) if self.window else "",
            "to_time": iso(self.window.end) if self.window else "",
            "start_time": iso(self.started),
            "end_time": iso(self.ended),
            "item_count": self.items,
            "billed_size_bytes": self.billed,
            "manifest": self.manifest,
            "filter": dict(self.filter),
            "failure_code": self.code,
            "failure_message": self.text,
        }

    def __str__(self) -> str:
        about = f"changes {self.window}" if self.window else f"all, as of {iso(self.at or self.started) or 'its start'}"
        parts = [self.status, self.id, about, str(self.place)]
        if self.status == COMPLETED:
            parts += [f"{self.items or 0:,} items", f"{size(self.billed or 0)} billed", f"manifest {self.manifest}"]
        if self.status == FAILED:
            parts.append(f"{self.code}: {self.text}")
        return "  ".join(parts)


@dataclass(frozen=True)
class Recovery:
    """Point-in-time recovery of a table: what an export is made from."""

    enabled: bool = False
    earliest: datetime | None = None
    latest: datetime | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any] | None) -> Recovery:
        """Out of DescribeContinuousBackups."""
        backups = (answer or {}).get("ContinuousBackupsDescription") or {}
        shown = backups.get("PointInTimeRecoveryDescription") or {}
        enabled = shown.get("PointInTimeRecoveryStatus") == "ENABLED"
        return cls(enabled, shown.get("EarliestRestorableDateTime"), shown.get("LatestRestorableDateTime"))


def filter_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """FilterSpecification out of the module's option."""
    return given_members(
        FilterExpression=options.get("filter_expression"),
        ProjectionExpression=options.get("projection_expression"),
        KeyConditionExpression=options.get("key_condition_expression"),
        ExpressionAttributeNames=options.get("expression_attribute_names"),
        ExpressionAttributeValues=options.get("expression_attribute_values"),
    )


def newest_first(arns: Iterable[str]) -> list[str]:
    """The exports of one table, the last one first: their ids begin with the time."""
    return sorted(arns, reverse=True)


def began(arn: str) -> datetime | None:
    """When an export was asked for, going by its id; C(None) where it does not tell."""
    found = BEGAN.search(arn)
    return datetime.fromtimestamp(int(found[1]) / 1000, timezone.utc) if found else None


def call(order: Order, table: Mapping[str, Any], window: Window | None, newest: str) -> dict[str, Any]:
    """The call for one export. newest: the last export that AWS knows of the table; empty for none.

    The token is the same as long as no other export is known, so a call whose answer was lost, or whose run was killed,
    finds the export that it has begun; and another one once that is known, so that a failed one can be made anew.
    """
    arguments = {"TableArn": table["TableArn"], **order.request(window)}
    return {**arguments, "ClientToken": token(arguments, table.get("TableId", ""), newest)}
