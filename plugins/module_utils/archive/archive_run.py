# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_archive) apart from its documentation."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from ..arguments import DefinitionError
from ..aws import Aws
from ..entry import connect, new_module
from ..errors import AwsError
from ..items.journal import Journal, JournalError, write_whole
from ..items.options import ITEM_OPTIONS, Table, calls_of, described, job_of, journal_of, slice_of, walk_of, walk_result
from ..items.segments import Slice
from ..items.text import walk_lines
from ..items.times import FORMATS, parse_retention
from ..items.walk import Walked
from ..items.work import Stopping
from ..transfer import iso, size
from . import worker
from .manifest import File, files_of, write_manifest
from .marks import MARKS, candidates
from .spool import Spool
from .store import STORAGE_CLASSES, Store
from .worker import Archiver, Begun, Job, Order

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "timestamp": {"type": "str", "required": True},
    "timestamp_format": {"type": "str", "choices": list(FORMATS), "default": "auto"},
    "older_than": {"type": "str", "default": "90d"},
    "bucket": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": "archive"},
    "storage_class": {"type": "str", "choices": list(STORAGE_CLASSES), "default": "GLACIER"},
    # The name of a key, not the key.
    "sse_kms_key_id": {"type": "str", "no_log": False},
    "strip": {"type": "list", "elements": "str", "default": []},
    "part_items": {"type": "int", "default": 10_000},
    "part_mib": {"type": "int", "default": 16},
    **ITEM_OPTIONS,
    # Each segment makes objects of its own, and each object costs.
    "segments": {"type": "int", "default": 16},
}
MOST_PART_MIB = 256

# What a person reads of each outcome; done and, in check mode, planned.
WORDS = {
    worker.ARCHIVED: ("archived", "would be archived"),
    worker.YOUNG: ("younger than {age}",) * 2,
    worker.MISSING: ("left alone: they have no {timestamp}",) * 2,
    worker.UNREADABLE: ("left alone: their {timestamp} is no time",) * 2,
    worker.WIDE: ("left alone: too many attributes for one condition",) * 2,
    worker.LARGE: ("left alone: no room for the marks in 400 KB",) * 2,
    worker.CHANGED: ("left for the next run: changed after they were read",) * 2,
    worker.ELSEWHERE: ("archived by another run meanwhile",) * 2,
    worker.DELETED: ("deleted meanwhile",) * 2,
}


@dataclass
class Run:
    """The run of a slice, which goes on under the same name after a kill. check: whether nothing is written."""

    journal: Journal
    part: Slice
    prefix: str
    aws: Aws
    check: bool
    _begun: Begun | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begun(self) -> Begun:
        """Its folder and its moment. Raises JournalError."""
        with self._lock:
            if self._begun is None:
                self._begun = self._load() or self._new()
            return self._begun

    def forget(self) -> None:
        """Removes what is known of it: the next one is another."""
        self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return self.journal.folder / f"run-{self.part.number}-of-{self.part.of}.json"

    def _load(self) -> Begun | None:
        if self.check:
            return None
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return Begun(told["folder"], datetime.fromisoformat(told["now"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, OSError) as error:
            raise JournalError(f"{self._path} cannot be read: {error}. Remove it, and run it again") from error

    def _new(self) -> Begun:
        now = self.aws.clock.today().replace(microsecond=0)
        name = f"{now:%Y%m%dT%H%M%SZ}-{self.part.number}of{self.part.of}-{uuid.uuid4().hex[:8]}"
        folder = "/".join(filter(None, (self.prefix, self.journal.job.table, name)))
        if not self.check:
            try:
                write_whole(self._path, json.dumps({"folder": folder, "now": now.isoformat()}), durable=True)
            except OSError as error:
                raise JournalError(f"the journal cannot be written: {error}") from error
        return Begun(folder, now)


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    params = module.params
    try:
        slice_of(params)
        order = order_of(params)
    except DefinitionError as error:
        module.fail_json(msg="; ".join(error.problems), problems=list(error.problems))
    aws = connect(module)
    try:
        table = described(aws, params["name"])
        if table is None:
            module.fail_json(msg=f"there is no table {params['name']} in {aws.region}")
        wrong = problems(order, table)
        if wrong:
            module.fail_json(msg="; ".join(wrong), problems=wrong)
        store = Store(aws, order.bucket, order.storage_class, order.kms_key)
        there = store.exists()
    except AwsError as error:
        module.fail_json(msg=str(error))
    if not there and not module.check_mode:
        module.fail_json(msg=f"there is no bucket {order.bucket}; nothing was archived. Make it, or correct its name")
    result, wrong_at_last = archive(params, module.check_mode, aws, table, order, store, there)
    if wrong_at_last:
        module.fail_json(msg=wrong_at_last, **result)
    module.exit_json(**result)


def order_of(params: Mapping[str, Any]) -> Order:
    """The order of a module's arguments. Raises DefinitionError."""
    if params["part_items"] < 1 or not 1 <= params["part_mib"] <= MOST_PART_MIB:
        raise DefinitionError([f"part_items is 1 at least, part_mib between 1 and {MOST_PART_MIB}"])
    return Order(
        timestamp=params["timestamp"],
        form=params["timestamp_format"],
        age=parse_retention(params["older_than"]),
        bucket=params["bucket"],
        prefix=params["prefix"].strip("/"),
        storage_class=params["storage_class"],
        kms_key=params["sse_kms_key_id"] or "",
        strip=tuple(dict.fromkeys(params["strip"])),
        part_items=params["part_items"],
        part_size=params["part_mib"] * 1024 * 1024,
    )


def problems(order: Order, table: Table) -> list[str]:
    """Why this cannot be meant."""
    indexes = [
        index
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for index in table.description.get(kind) or ()
    ]
    keys = {each["AttributeName"] for index in indexes for each in index["KeySchema"]} | set(table.key_names)
    found = [f"strip: {name} is a key of {table.name} or of an index of it" for name in order.strip if name in keys]
    found += [f"strip: {name} is a mark of the archive" for name in order.strip if name in MARKS]
    return found + [f"{name} is a key of {table.name}; it cannot be a mark" for name in MARKS if name in keys]


def archive(
    params: Mapping[str, Any], check: bool, aws: Aws, table: Table, order: Order, store: Store, there: bool
) -> tuple[dict[str, Any], str]:
    """Archives, or counts what would be. Returns the module's result, and what went wrong; empty where nothing did.

    there: whether the bucket is.
    """
    calls, part = calls_of(params, aws), slice_of(params)
    job = job_of(params, "archive", table, order.parameters)
    journal = journal_of(params, job)
    this = Run(journal, part, order.prefix, aws, check)

    def tell(segment: int, counts: Mapping[str, int]) -> None:
        walk.tell_ahead(segment, counts)

    shared = Job(order, calls, store, table.name, table.key_names, this.begun, tell)

    def spool(segment: int) -> Spool | None:
        return None if check else Spool(journal.folder, segment, job.fingerprint)

    def open_worker(segment: int, data: Mapping[str, Any], stopping: Stopping) -> Archiver:
        return Archiver(shared, segment, data, stopping, spool(segment))

    walk = walk_of(params, check, calls, table, job, candidates(), open_worker, keep=True)
    walked = walk.run()
    lines = text_lines(walked, order, table, aws.region, check)
    result = {**walk_result(walked, job, part), **_result(walked, order, table, check), "text": "\n".join(lines)}
    if walked.error:
        return result, f"{table.name}: {walked.error} What was done stays; run it again to go on."
    if walked.finished and not check:
        owned = part.owned(job.segments)
        try:
            if result["parts"]:
                files, manifest = _tell(store, this, order, table, part, owned)
                result["manifest"] = f"s3://{store.place(manifest)}"
                lines.append(f"  {len(files)} objects, {size(sum(each.bytes for each in files))}: {result['manifest']}")
        except AwsError as error:
            return result, f"{table.name}: all is archived, but for the manifest: {error} Run it again."
        for segment in owned:
            Spool(journal.folder, segment, job.fingerprint).clear()
        # In this order: where only the journal is gone, the next run is still the same one.
        journal.forget(owned)
        this.forget()
    return {**result, "text": "\n".join([*lines, *_remarks(result, there)])}, ""


def _remarks(result: Mapping[str, Any], there: bool) -> list[str]:
    lines = []
    if result["left_versions"]:
        lines.append(
            f"  . of {result['left_versions']} objects the version in STANDARD is left beside the archived one, "
            "because it may not be deleted: let a lifecycle rule of the bucket expire noncurrent versions"
        )
    if not there:
        lines.append(f"  . there is no bucket {result['bucket']} yet")
    return lines


def _tell(
    store: Store, this: Run, order: Order, table: Table, part: Slice, owned: Sequence[int]
) -> tuple[list[File], str]:
    begun = this.begun()
    files = files_of(store, begun.folder, owned)
    about = {
        "tableArn": table.description["TableArn"],
        "tableId": table.description.get("TableId", ""),
        "startTime": iso(begun.now),
        "slice": str(part),
        "job": order.parameters,
    }
    return files, write_manifest(store, begun.folder, files, about)


def _result(walked: Walked, order: Order, table: Table, check: bool) -> dict[str, Any]:
    counts = {**dict.fromkeys(WORDS, 0), **walked.counts}
    data = sum((Counter(record.data) for record in walked.records.values()), Counter())
    return {
        "name": table.name,
        "changed": counts[worker.ARCHIVED] > 0,
        "counts": counts,
        "bytes": data[worker.SIZE],
        "parts": 0 if check else data[worker.PARTS],
        "left_versions": data[worker.LEFT],
        "bucket": order.bucket,
        "storage_class": order.storage_class,
        "archived_before": max(0, walked.scanned - sum(counts.values())),
        "manifest": "",
    }


def text_lines(walked: Walked, order: Order, table: Table, region: str, check: bool) -> list[str]:
    """The result for people."""
    counts = walked.counts
    names = {"timestamp": order.timestamp, "age": order.age}
    rows = [(walked.scanned, "items looked at"), (max(0, walked.scanned - sum(counts.values())), "archived before")]
    rows += [(counts[verdict], words[check].format(**names)) for verdict, words in WORDS.items() if counts[verdict]]
    data = sum((Counter(record.data) for record in walked.records.values()), Counter())
    lines = walk_lines(f"{table.name} ({region})", walked, rows)
    return [*lines, f"  {size(data[worker.SIZE])} before compression, to {order.storage_class}"]
