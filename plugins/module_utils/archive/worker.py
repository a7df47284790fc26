# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives the items of one segment, part after part: to disk, to S3, read back, into its class, and then marked."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import AwsError
from ..items.calls import Calls, condition_failed, found_instead
from ..items.keys import Item, key_of, shown
from ..items.times import Retention, moment_of
from ..items.work import SAMPLES, Stopping, Taken
from ..transfer import iso
from .marks import OBJECT, is_archived, mark
from .parts import item_of, line_of, part_of
from .spool import CHECKED, MARKED, SPOOLED, STORED, InWork, Spool
from .store import NOT_AS_SENT, Store

# What comes of an item. Of check mode, what would.
ARCHIVED = "archived"
YOUNG = "too_young"
MISSING = "without_timestamp"
UNREADABLE = "unreadable_timestamp"
WIDE = "too_wide"
LARGE = "too_large"
CHANGED = "changed_meanwhile"
ELSEWHERE = "archived_meanwhile"
DELETED = "deleted_meanwhile"
SAMPLED = frozenset({MISSING, UNREADABLE, WIDE, LARGE, CHANGED})
AFTER_READING = (ARCHIVED, CHANGED, ELSEWHERE, DELETED, LARGE)

# After so many entries it is written down how far the marking is; so many are looked at twice after a kill.
MARKS_BETWEEN = 100
# In the journal's data: how many parts were counted, the bytes of what was archived, before compression, and how many
# parts have a version left that could not be removed.
PARTS, SIZE, LEFT = "parts", "size", "left_versions"


@dataclass(frozen=True)
class Order:
    """What is wanted.

    timestamp, form: the attribute that tells an item's age, and how it is written. age: of what is archived.
    strip: attributes that are taken out of archived entries. bucket, prefix, storage_class, kms_key: where copies go.
    part_items, part_size: of an object, at most about; bytes before compression.
    """

    timestamp: str
    form: str
    age: Retention
    bucket: str
    prefix: str = ""
    storage_class: str = "GLACIER"
    kms_key: str = ""
    strip: tuple[str, ...] = ()
    part_items: int = 10_000
    part_size: int = 16 * 1024 * 1024

    @property
    def parameters(self) -> dict[str, Any]:
        """What makes the job this job."""
        return {
            "timestamp": self.timestamp,
            "form": self.form,
            "age": str(self.age),
            "bucket": self.bucket,
            "prefix": self.prefix,
            "storage_class": self.storage_class,
            "kms_key": self.kms_key,
            "strip": list(self.strip),
        }

    def verdict(self, item: Item, now: datetime, key_names: Sequence[str]) -> str:
        """What shall come of an item. Pure."""
        if self.timestamp not in item or "NULL" in item[self.timestamp]:
            return MISSING
        moment = moment_of(item[self.timestamp], self.form)
        if moment is None:
            return UNREADABLE
        end = self.age.after(moment)
        if end is None or end > now:
            return YOUNG
        fits = mark(item, key_names, "", "", self.strip).fits
        return ARCHIVED if fits else WIDE


@dataclass(frozen=True)
class Begun:
    """A run: its folder in the bucket, and the moment that ages are counted from, which is kept when it is resumed."""

    folder: str
    now: datetime


@dataclass(frozen=True)
class Job:
    """What the workers of a run share.

    begun: tells the run, when the first worker asks. tell: is told by a segment what it has done of its part.
    """

    order: Order
    calls: Calls
    store: Store
    table: str
    key_names: tuple[str, ...]
    begun: Callable[[], Begun]
    tell: Callable[[int, Mapping[str, int]], None] = lambda segment, counts: None

    def marked(self, item: Item, place: str) -> str:
        """Marks an entry, and returns what came of it. Raises AwsError."""
        now = iso(self.calls.aws.clock.today())
        write = mark(item, self.key_names, place, now, self.order.strip).update(key_of(item, self.key_names))
        try:
            self.calls.write("UpdateItem", {"TableName": self.table, **write})
        except AwsError as error:
            if "Item size" in error.text:
                return LARGE
            if not condition_failed(error):
                raise
            found = found_instead(error)
            if not found:
                return DELETED
            # An answer that was lost, or a run that was killed: it is as wanted.
            if is_archived(found):
                return ARCHIVED if found.get(OBJECT) == {"S": place} else ELSEWHERE
            return CHANGED
        return ARCHIVED


class Archiver:
    """The worker of one segment. Before it takes anything it finishes what an earlier run left in work.

    spool: C(None) in check mode: then it counts, and does nothing.
    """

    def __init__(self, job: Job, segment: int, data: Mapping[str, Any], stopping: Stopping, spool: Spool | None):
        self._job, self._segment, self._stopping, self._spool = job, segment, stopping, spool
        self._data = Counter({name: int(count) for name, count in data.items()})
        self._lines: list[bytes] = []
        self._size = 0
        # What was marked since the journal was last written, by this run or a killed one; whether any part was done.
        self._uncounted: Counter[str] = Counter()
        self._shipped = False
        self._counts: Counter[str] = Counter()
        self._finished_left_over = self._go_on()

    def take(self, items: Sequence[Item]) -> Taken:
        """Collects the old items, and archives them where there are enough."""
        if not self._finished_left_over:
            return Taken(stopped=True, settled=False)
        counts, self._counts = self._counts, Counter()
        samples: dict[str, list[dict[str, str]]] = {}
        for item in items:
            verdict = self._job.order.verdict(item, self._job.begun().now, self._job.key_names)
            if verdict == ARCHIVED:
                self._collect(line_of(item), counts)
            else:
                counts[verdict] += 1
                self._sample(samples, verdict, item)
        if self._is_full() and not self._ship(counts, samples):
            return Taken(stopped=True, settled=False)
        return self._taken(counts, samples)

    def finish(self) -> Taken:
        """Archives what is left; where the run is to stop, keeps it on disk for the next."""
        counts: Counter[str] = Counter()
        samples: dict[str, list[dict[str, str]]] = {}
        if self._stopping():
            if self._lines:
                self._save()
            return Taken(settled=False)
        if self._lines and not self._ship(counts, samples):
            return Taken(settled=False)
        return self._taken(counts, samples)

    def _go_on(self) -> bool:
        """Finishes what an earlier run began; returns whether it came to the end."""
        work = self._spool.load() if self._spool else None
        if work is None or work.number != self._data[PARTS] + 1:
            return True
        self._uncounted = Counter(work.before)
        self._counts[ARCHIVED] += self._uncounted[ARCHIVED]
        self._data[SIZE] += self._uncounted[SIZE]
        counts: Counter[str] = Counter()
        ended = self._settle(work, counts, {})
        # What is not marked is met again, since the journal is behind this part: it is counted then.
        self._counts[ARCHIVED] += counts[ARCHIVED]
        return ended

    def _collect(self, line: bytes, counts: Counter[str]) -> None:
        if self._spool is None:
            counts[ARCHIVED] += 1
            self._data[SIZE] += len(line)
            return
        self._lines.append(line)
        self._size += len(line)

    def _is_full(self) -> bool:
        order = self._job.order
        return len(self._lines) >= order.part_items or self._size >= order.part_size

    def _disk(self) -> Spool:
        if self._spool is None:
            raise AssertionError("check mode makes no part")
        return self._spool

    def _ship(self, counts: Counter[str], samples: dict[str, list[dict[str, str]]]) -> bool:
        return self._settle(self._save(), counts, samples)

    def _save(self) -> InWork:
        """The collected items, on disk as a part."""
        part = part_of(self._lines)
        self._lines, self._size = [], 0
        # Unique even where the same items make the same part again after the spool was lost.
        name = f"{self._segment:06d}-{uuid.uuid4().hex[:8]}-{part.sha256}.json.gz"
        key = f"{self._job.begun().folder}/data/{name}"
        work = InWork(part, self._data[PARTS] + 1, key, before=dict(self._uncounted))
        self._disk().save(work)
        return work

    def _settle(self, work: InWork, counts: Counter[str], samples: dict[str, list[dict[str, str]]]) -> bool:
        """Takes a part to its end, from wherever it is. Returns whether it got there. Raises AwsError, JournalError."""
        work = self._stored(work)
        if work.stage == STORED:
            marked = self._mark(work, samples)
            if marked is None:
                return False
            work = marked
        done = Counter(work.counts)
        for verdict in AFTER_READING:
            counts[verdict] += done[verdict]
        for name in (SIZE, LEFT):
            self._data[name] += done[name]
        self._uncounted += Counter({name: done[name] for name in (ARCHIVED, SIZE)})
        self._shipped = True
        return True

    def _stored(self, work: InWork) -> InWork:
        """Takes a part to its storage class, from wherever it is. Raises AwsError, JournalError."""
        spool, store = self._disk(), self._job.store
        try:
            if work.stage == SPOOLED:
                store.put(work.key, work.part)
                work = spool.advance(work, stage=CHECKED, version=store.read_back(work.key, work.part))
            if work.stage == CHECKED:
                store.move(work.key, work.part, work.version)
                left = 0 if store.drop(work.key, work.version) else 1
                work = spool.advance(work, stage=STORED, counts={**work.counts, LEFT: left})
        except AwsError as error:
            if error.code == NOT_AS_SENT:
                # An object is never overwritten: the next run makes another of these items.
                spool.clear()
            raise
        return work

    def _mark(self, work: InWork, samples: dict[str, list[dict[str, str]]]) -> InWork | None:
        """Marks the entries of a part; C(None) where it was broken off."""
        spool, place = self._disk(), self._job.store.place(work.key)
        counts, position = Counter(work.counts), work.position
        for line in list(work.part.lines())[position:]:
            if self._stopping():
                spool.advance(work, position=position, counts=dict(counts))
                return None
            item = item_of(line)
            verdict = self._job.marked(item, place)
            counts[verdict] += 1
            counts[SIZE] += len(line) if verdict == ARCHIVED else 0
            self._sample(samples, verdict, item)
            position += 1
            if position % MARKS_BETWEEN == 0:
                work = spool.advance(work, position=position, counts=dict(counts))
                self._job.tell(self._segment, {name: counts[name] for name in AFTER_READING})
        return spool.advance(work, stage=MARKED, position=position, counts=dict(counts))

    def _sample(self, samples: dict[str, list[dict[str, str]]], verdict: str, item: Item) -> None:
        if verdict in SAMPLED and len(samples.setdefault(verdict, [])) < SAMPLES:
            samples[verdict].append(shown(key_of(item, self._job.key_names)))

    def _taken(self, counts: Counter[str], samples: dict[str, list[dict[str, str]]]) -> Taken:
        settled = not self._lines
        if settled and self._shipped:
            # The journal is written next; what the spool tells is counted by then.
            self._data[PARTS] += 1
            self._uncounted, self._shipped = Counter(), False
        return Taken(counts, samples, settled=settled, data=dict(self._data))
