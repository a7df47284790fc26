# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks the segments of a table: threads, page after page, a checkpoint after each; ends cleanly, goes on anywhere."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import AwsError
from ..progress import ProgressFile
from .calls import Calls
from .journal import Job, Journal, JournalError, Record
from .progress import Progress
from .segments import Slice
from .work import SAMPLES, OpenWorker, Taken, Worker

# Told at the end, of all segments together.
MOST_SAMPLES = 5


@dataclass(frozen=True)
class Manner:
    """How a walk goes about it; nothing of this changes what happens to an item.

    part: the slice. threads: how many segments at a time. page_size: how many items a Scan looks at.
    time_limit: seconds after which it stops; 0 for no end. expected: items of the whole table, for the estimate.
    keep: whether the journal is kept when all is done, by a use whose next step needs it. restart: whether what an
    earlier run wrote down is forgotten first.
    """

    part: Slice = Slice()
    threads: int = 4
    page_size: int = 250
    time_limit: float = 0
    expected: int = 0
    keep: bool = False
    restart: bool = False


@dataclass(frozen=True)
class Walked:
    """What came of a walk, with what earlier runs of the job did.

    finished: whether every segment of the slice is done. resumed: whether it went on from a journal.
    records: how far each segment is. error: why it stopped early, if not because of its time limit.
    """

    finished: bool
    resumed: bool
    records: Mapping[int, Record]
    seconds: float
    read_units: float = 0.0
    write_units: float = 0.0
    error: AwsError | JournalError | None = None

    @property
    def counts(self) -> Counter[str]:
        """Verdicts and how often each was given."""
        return _counted(self.records)

    @property
    def scanned(self) -> int:
        """Items that AWS looked at."""
        return sum(record.scanned for record in self.records.values())

    @property
    def done(self) -> int:
        """Segments that are done."""
        return sum(record.done for record in self.records.values())

    @property
    def samples(self) -> dict[str, list[Mapping[str, str]]]:
        """A few keys of the verdicts worth a look."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for _segment, record in sorted(self.records.items()):
            for verdict, keys in record.samples.items():
                found[verdict] = [*found.get(verdict, []), *keys][:MOST_SAMPLES]
        return found


@dataclass
class Walk:
    """One walk of one process over its part of a table.

    journal: C(None) writes none and begins at the beginning, as in check mode. scan: arguments of Scan that the use
    wants (ProjectionExpression, FilterExpression and what belongs to them, ConsistentRead). open_worker: see C(work).
    """

    calls: Calls
    job: Job
    manner: Manner
    scan: Mapping[str, Any]
    open_worker: OpenWorker
    journal: Journal | None = None
    progress: ProgressFile | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _records: dict[int, Record] = field(default_factory=dict)
    _ahead: dict[int, Mapping[str, int]] = field(default_factory=dict)
    _began: float = 0.0
    _scanned_before: int = 0

    def run(self) -> Walked:
        """Walks until all is done, the time is over, or something goes wrong: that is in the result."""
        owned = self.manner.part.owned(self.job.segments)
        self._began = self.calls.aws.clock.now()
        if self.journal is None:
            self._records = {segment: Record() for segment in owned}
            return self._run(owned)
        try:
            with self.journal.claimed(owned):
                if self.manner.restart:
                    self.journal.forget(owned)
                self._records = {segment: self.journal.load(segment) for segment in owned}
                self._scanned_before = sum(record.scanned for record in self._records.values())
                walked = self._run(owned)
                if walked.finished and not self.manner.keep:
                    self.journal.forget(owned)
                return walked
        except JournalError as error:
            return self._walked(False, error)

    def stopping(self) -> bool:
        """Whether threads shall come to an end."""
        limit = self.manner.time_limit
        return self._stop.is_set() or bool(limit and self.calls.aws.clock.now() - self._began >= limit)

    def tell_ahead(self, segment: int, counts: Mapping[str, int]) -> None:
        """Lets the progress show what a worker has done that is not settled yet."""
        with self._lock:
            self._ahead[segment] = dict(counts)
            known = dict(self._records)
        if self.progress:
            self.progress.tell(self._progress(known))

    def _run(self, owned: Sequence[int]) -> Walked:
        resumed = any(record != Record() for record in self._records.values())
        left = [segment for segment in owned if not self._records[segment].done]
        with ThreadPoolExecutor(max(1, min(self.manner.threads, len(left)))) as pool:
            errors = [error for error in pool.map(self._segment, left) if error]
        return self._walked(resumed, errors[0] if errors else None)

    def _walked(self, resumed: bool, error: AwsError | JournalError | None) -> Walked:
        return Walked(
            finished=error is None and all(record.done for record in self._records.values()),
            resumed=resumed,
            records=dict(self._records),
            seconds=self.calls.aws.clock.now() - self._began,
            read_units=self.calls.reads.charged,
            write_units=self.calls.writes.charged,
            error=error,
        )

    def _segment(self, segment: int) -> AwsError | JournalError | None:
        try:
            self._walk(segment)
        except (AwsError, JournalError) as error:
            self._stop.set()
            return error
        except BaseException:
            # A mistake in the program must not be found out after the other segments, hours later.
            self._stop.set()
            raise
        return None

    def _walk(self, segment: int) -> None:
        # ahead: with what the worker holds back; the journal gets it when the worker has settled it.
        ahead = self._records[segment]
        worker = self.open_worker(segment, ahead.data, self.stopping)
        settled = True
        while not self.stopping():
            answer = self.calls.page("Scan", self._scan(segment, ahead))
            last = answer.get("LastEvaluatedKey") or {}
            taken = worker.take(answer.get("Items", ()))
            # Of a page that was broken off, only what was dealt with counts as seen.
            scanned = sum(taken.counts.values()) if taken.stopped else answer["ScannedCount"]
            ahead = _after(ahead, taken, last, scanned)
            settled = taken.settled
            if not taken.stopped and not last:
                self._finish(segment, worker, replace(ahead, done=True))
                return
            if settled:
                self._checkpoint(segment, ahead)
            if taken.error:
                raise taken.error
            if taken.stopped:
                return
        if not settled:
            self._finish(segment, worker, ahead)

    def _finish(self, segment: int, worker: Worker, ahead: Record) -> None:
        rest = worker.finish()
        if rest.settled:
            self._checkpoint(segment, replace(_after(ahead, rest, ahead.key, 0), done=ahead.done))

    def _scan(self, segment: int, record: Record) -> dict[str, Any]:
        arguments = {
            "TableName": self.job.table,
            "Segment": segment,
            "TotalSegments": self.job.segments,
            "Limit": self.manner.page_size,
            **self.scan,
        }
        return {**arguments, "ExclusiveStartKey": record.key} if record.key else arguments

    def _checkpoint(self, segment: int, record: Record) -> None:
        if self.journal:
            self.journal.save(segment, record)
        with self._lock:
            self._records[segment] = record
            self._ahead.pop(segment, None)
            known = dict(self._records)
        if self.progress:
            self.progress.tell(self._progress(known))

    def _progress(self, records: Mapping[int, Record]) -> Progress:
        return Progress(
            table=self.job.table,
            segments=len(records),
            segments_done=sum(record.done for record in records.values()),
            scanned=sum(record.scanned for record in records.values()),
            expected=self.manner.expected * len(records) // self.job.segments,
            seconds=self.calls.aws.clock.now() - self._began,
            scanned_before=self._scanned_before,
            counts=_counted(records) + sum(map(Counter, tuple(self._ahead.values())), Counter()),
            write_units=self.calls.writes.charged,
        )


def _after(record: Record, taken: Taken, last: Mapping[str, Any], scanned: int) -> Record:
    """The record with what came of a page."""
    samples = {
        verdict: [*record.samples.get(verdict, ()), *taken.samples.get(verdict, ())][:SAMPLES]
        for verdict in {**record.samples, **taken.samples}
    }
    return Record(
        key=(taken.key if taken.key is not None else record.key) if taken.stopped else last,
        scanned=record.scanned + scanned,
        counts=dict(Counter(record.counts) + Counter(taken.counts)),
        samples=samples,
        data=record.data if taken.data is None else taken.data,
    )


def _counted(records: Mapping[int, Record]) -> Counter[str]:
    return sum((Counter(record.counts) for record in records.values()), Counter())
