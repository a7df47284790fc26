# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import from S3 has to do, going by the table and the imports that AWS knows. Pure.

An import always makes a new table. Sources: ImportTable and ImportTableDescription API references; what becomes of bad
items, of two imports for one name and of their tables was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .errors import RefusedError
from .exports import FULL, Export
from .spec import TableSpec
from .steps import Refusal
from .transfer import COMPLETED, FAILED, UNDER_WAY, JobFailedError, Place, given_members, iso, size, token

# What ImportTable can give a table. The rest of a definition comes afterwards, as for a table that exists.
IMPORTED = ("keys", "billing", "global_indexes", "encryption")
CSV = "CSV"
# Of two imports for one name, AWS begins both and lets one of them fail with this.
LOST_THE_NAME = "TableAlreadyExists"


@dataclass(frozen=True)
class Source:
    """What is imported.

    delimiter, header: of CSV; without a header the first line is it. items: how many, where an export tells it.
    """

    place: Place
    format: str = "DYNAMODB_JSON"
    compression: str = "NONE"
    delimiter: str = ""
    header: tuple[str, ...] = ()
    items: int = field(default=0, compare=False)

    def request(self) -> dict[str, Any]:
        """The members of the call."""
        bucket = given_members(
            S3Bucket=self.place.bucket, S3KeyPrefix=self.place.prefix, S3BucketOwner=self.place.owner
        )
        csv = given_members(Delimiter=self.delimiter, HeaderList=list(self.header) or None)
        return given_members(
            S3BucketSource=bucket,
            InputFormat=self.format,
            InputCompressionType=self.compression,
            InputFormatOptions={"Csv": csv} if csv else None,
        )

    def same(self, other: Source) -> bool:
        """Whether both are the same objects, read in the same way."""
        mine = (self.format, self.compression, self.delimiter or ",", self.header)
        theirs = (other.format, other.compression, other.delimiter or ",", other.header)
        return self.place.same(other.place) and mine == theirs


@dataclass(frozen=True)
class Import:
    """An import as AWS describes it."""

    arn: str
    status: str
    source: Source
    table_id: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    processed: int = 0
    imported: int = 0
    errors: int = 0
    bytes: int = 0
    code: str = ""
    text: str = ""
    log_group: str = ""

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Import:
        """Out of an ImportTableDescription."""
        bucket = shown.get("S3BucketSource") or {}
        csv = (shown.get("InputFormatOptions") or {}).get("Csv") or {}
        return cls(
            arn=shown["ImportArn"],
            status=shown["ImportStatus"],
            source=Source(
                Place(bucket.get("S3Bucket", ""), bucket.get("S3KeyPrefix") or "", bucket.get("S3BucketOwner") or ""),
                shown.get("InputFormat") or "",
                shown.get("InputCompressionType") or "NONE",
                csv.get("Delimiter") or "",
                tuple(csv.get("HeaderList") or ()),
            ),
            table_id=shown.get("TableId") or "",
            started=shown.get("StartTime"),
            ended=shown.get("EndTime"),
            processed=shown.get("ProcessedItemCount") or 0,
            imported=shown.get("ImportedItemCount") or 0,
            errors=shown.get("ErrorCount") or 0,
            bytes=shown.get("ProcessedSizeBytes") or 0,
            code=shown.get("FailureCode") or "",
            text=shown.get("FailureMessage") or "",
            log_group=shown.get("CloudWatchLogGroupArn") or "",
        )

    @property
    def broken(self) -> bool:
        """Whether it has ended, and not well."""
        return self.status not in (*UNDER_WAY, COMPLETED)

    @property
    def counts(self) -> str:
        """For people."""
        errors = f"{self.errors:,} error{'' if self.errors == 1 else 's'}"
        return f"{self.processed:,} items read, {self.imported:,} imported, {errors}"

    @property
    def group(self) -> str:
        """The name of the log group."""
        return self.log_group.partition("log-group:")[2].removesuffix(":*") or self.log_group

    def result(self) -> dict[str, Any]:
        """The import as the modules return it."""
        return {
            "arn": self.arn,
            "status": self.status,
            "bucket": self.source.place.bucket,
            "prefix": self.source.place.prefix,
            "format": self.source.format,
            "compression": self.source.compression,
            "start_time": iso(self.started),
            "end_time": iso(self.ended),
            "processed_item_count": self.processed,
            "imported_item_count": self.imported,
            "error_count": self.errors,
            "processed_size_bytes": self.bytes,
            "failure_code": self.code,
            "failure_message": self.text,
            "log_group": self.group,
        }

    def __str__(self) -> str:
        parts = [self.status, self.arn.rpartition("/")[2], str(self.source.place)]
        if self.status not in UNDER_WAY:
            parts += [self.counts, f"{size(self.bytes)} read"]
        return "  ".join(parts)


def refuse_impossible(spec: TableSpec) -> None:
    """What an import cannot make. Raises RefusedError."""
    if not spec.creatable:
        reason = f"the definition of {spec.name} has no keys, and an import makes a new table"
        raise _refused("table", reason, "Give attributes and partition_key")
    if spec.wanted.get("local_indexes"):
        reason = "an import cannot make local secondary indexes, and they cannot be added to a table"
        remedy = "Create the table with its definition and write the items (items_copy), or import without the indexes"
        raise _refused("local_indexes", reason, remedy)


def left_over(spec: TableSpec) -> tuple[str, ...]:
    """The settings of a definition that an import does not make."""
    return tuple(name for name in spec.wanted if name not in IMPORTED and spec.wanted[name])


def source_of(export: Export) -> Source:
    """What an export has written, as the source of an import.

    Raises RefusedError where it cannot be one.
    """
    if export.status != COMPLETED:
        raise _refused("export_arn", f"the export {export.id} is {export.status}", "Only one that is COMPLETED will do")
    if export.type != FULL:
        reason = f"the export {export.id} holds the changes of a time, which AWS cannot import"
        raise _refused("export_arn", reason, "Only a full export will do")
    prefix = f"{export.place.prefix}/" if export.place.prefix else ""
    place = Place(export.place.bucket, f"{prefix}AWSDynamoDB/{export.id}/data/", export.place.owner)
    return Source(place, export.format, "GZIP", items=export.items or 0)


def newest_of(table: str, summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ARNs of the imports into a table of this name, the last one first."""
    mine = [each for each in summaries if each.get("TableArn", "").endswith(f":table/{table}")]
    # AWS's ids begin with the time; an emulator's do not, but it tells when they began.
    mine.sort(key=lambda each: (each["StartTime"].timestamp() if each.get("StartTime") else 0, each["ImportArn"]))
    return [each["ImportArn"] for each in reversed(mine)]


def standing(table: Mapping[str, Any], last: Import | None, source: Source, name: str) -> Import | None:
    """The import that is what is asked for; C(None) where it is to be begun.

    table: the description of the table, empty where there is none. last: the last import into this name, other than one
    that lost it. Raises RefusedError.
    """
    if last and last.status in UNDER_WAY:
        if last.source.same(source):
            return last
        reason = f"another import into {name} is under way, from {last.source.place}"
        raise _refused("table", reason, "Wait until it has ended")
    if not table:
        return None
    status = table.get("TableStatus", "")
    theirs = last and last.table_id and table.get("TableId") and last.table_id != table["TableId"]
    if last is None or theirs or not last.source.same(source):
        reason = f"the table {name} exists ({status}) and was not made by an import of {source.place}"
        remedy = "An import always makes a new table and never overwrites one: choose another name, or delete it first"
        raise _refused("table", reason, remedy)
    return last


def failed(name: str, job: Import) -> JobFailedError:
    """A failed import, told with its counts and what to do."""
    reason = ": ".join(filter(None, (job.code, job.text))) or "AWS gives no reason"
    told = f"the import of {job.source.place} into {name} is {job.status}: {reason.rstrip('.')}"
    return JobFailedError(job.code, job.text, f"{told}. {job.counts}. {_remedy(name, job)}")


def _remedy(name: str, job: Import) -> str:
    logs = f" AWS wrote which items were bad, and why, to the log group {job.group}." if job.group else ""
    if job.code == LOST_THE_NAME:
        return f"Somebody else made {name} meanwhile: choose another name."
    if job.status == FAILED and (job.imported or job.errors):
        return (
            f"The table {name} is there with the items that were good.{logs} Correct the source or the keys, delete "
            "the table, and import again; or keep what was imported and bring the table to its definition (provision)."
        )
    return (
        f"Put right what AWS says, delete {name} where it is there, and run it again: a new import is made then.{logs}"
    )


def call(parameters: Mapping[str, Any], source: Source, newest: str) -> dict[str, Any]:
    """The call. parameters: those of CreateTable. newest: the last import into this name; empty for none.

    The token is the same as long as no other import is known: what a lost answer or a killed run has begun is found.
    """
    arguments = {**source.request(), "TableCreationParameters": dict(parameters)}
    return {**arguments, "ClientToken": token(arguments, newest)}


def _refused(setting: str, reason: str, remedy: str) -> RefusedError:
    return RefusedError((Refusal(setting, reason, remedy),))
