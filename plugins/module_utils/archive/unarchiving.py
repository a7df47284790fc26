# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts archived items back: objects restored where they have to be, read, checked, and each entry made whole again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..conditions import Answer, Condition
from ..errors import AwsError, Kind, StuckError
from ..items.calls import Calls, condition_failed, found_instead
from ..items.keys import Item, key_of, shown
from ..items.times import ISO, moment_of
from ..items.work import SAMPLES, Stopping, Taken
from ..state import Read
from .marks import ARCHIVED, OBJECT, TIMESTAMP, TRUE, difference, is_archived, unmark
from .parts import PartError, check_whole, item_of
from .store import PATIENCE, Store, being_restored, readable

# What comes of an archived item. Of check mode, what would.
RESTORED = "unarchived"
NOT_ARCHIVED = "not_archived"
ELSEWHERE = "archived_elsewhere"
OTHER_TIME = "of_another_time"
CHANGED = "changed_since"
MOVING = "changed_meanwhile"
WIDE = "too_wide"
GONE = "deleted"
LARGE = "too_large"
SAMPLED = frozenset({CHANGED, MOVING, WIDE, GONE, LARGE})

# How often an entry is looked at again that somebody has just changed.
ROUNDS = 3
# BatchGetItem API reference.
AT_ONCE = 100
# RestoreObject API reference: somebody has asked already.
ASKED_ALREADY = "RestoreAlreadyInProgress"

Keys = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Wanted:
    """Which entries are meant, of those that an object is the copy of.

    since, until: of the time when they were archived, both included. keys: C(None) for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    keys: Keys | None = None

    def scan(self) -> dict[str, Any]:
        """Arguments of a Scan for the places of what is archived."""
        return {
            "FilterExpression": "#archived = :true",
            "ProjectionExpression": "#archived, #object, #time",
            "ExpressionAttributeNames": {"#archived": ARCHIVED, "#object": OBJECT, "#time": TIMESTAMP},
            "ExpressionAttributeValues": {":true": TRUE},
        }

    def of_time(self, entry: Item) -> bool:
        """Whether an entry was archived in that time."""
        moment = moment_of(entry.get(TIMESTAMP, {}), ISO)
        if moment is None:
            return self.since is None and self.until is None
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)


@dataclass
class Places:
    """Where the copies of a table's archived entries are, and how many of them; the workers of a walk find them."""

    wanted: Wanted
    found: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, segment: int, data: Mapping[str, Any], stopping: Stopping) -> Places:
        """The worker of a segment."""
        return self

    def take(self, items: Sequence[Item]) -> Taken:
        """Notes the places of a page."""
        places = [entry[OBJECT]["S"] for entry in items if self.wanted.of_time(entry) and "S" in entry.get(OBJECT, {})]
        with self._lock:
            self.found.update(places)
        return Taken({ARCHIVED: len(places)})

    def finish(self) -> Taken:
        """Nothing is held back."""
        return Taken()


@dataclass(frozen=True)
class ObjectRestored(Condition):
    """An object can be read. table: the one whose items are in it."""

    bucket: str
    key: str

    operation = "HeadObject"
    service = "s3"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self.key}

    def holds(self, answer: Answer | None) -> bool:
        return answer is not None and readable(answer)

    def waiting_for(self, answer: Answer | None) -> str:
        return f"s3://{self.bucket}/{self.key} is being restored"

    def hopeless(self, answer: Answer | None) -> str:
        return f"s3://{self.bucket}/{self.key} is gone" if answer is None else ""


@dataclass(frozen=True)
class Restoring:
    """How cold objects are restored. tier: how fast, and how dear. days: how long they can be read then."""

    tier: str = "Standard"
    days: int = 7


@dataclass(frozen=True)
class Copy:
    """What came of one object: pending, failed, or its items' verdicts.

    place: C(bucket/key). asked: whether its restoring was asked for, or would be.
    """

    place: str
    pending: bool = False
    asked: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    error: AwsError | StuckError | None = None


@dataclass(frozen=True)
class Unarchiver:
    """Deals with one object after the other; several threads may.

    exact: whether what was changed or added since is undone, too. tell: is told verdicts, for the progress.
    """

    calls: Calls
    table: str
    key_names: tuple[str, ...]
    wanted: Wanted
    restoring: Restoring
    exact: bool
    check: bool
    tell: Callable[[Mapping[str, int]], None] = lambda counts: None

    def ready(self, place: str) -> Copy:
        """Whether an object can be read; asks for its restoring where not."""
        store, key = self._store(place)
        try:
            head = store.head(key)
            if head is None:
                return Copy(place, error=_wrong(place, "it is not there"))
            if readable(head):
                return Copy(place)
            asked = not being_restored(head) and (self.check or self._restore(store, key))
            return Copy(place, pending=True, asked=asked)
        except AwsError as error:
            return Copy(place, error=error)

    def unarchive(self, place: str) -> Copy:
        """Puts the items of an object back that can be read."""
        store, key = self._store(place)
        counts: Counter[str] = Counter()
        samples: dict[str, list[Mapping[str, str]]] = {}
        try:
            for batch in self._batches(store, key, place):
                done: Counter[str] = Counter()
                entries = self._entries(batch)
                for copy in batch:
                    verdict = self._verdict(entries.get(self._id(copy), {}), copy, place)
                    done[verdict] += 1
                    if verdict in SAMPLED and len(samples.setdefault(verdict, [])) < SAMPLES:
                        samples[verdict].append(shown(key_of(copy, self.key_names)))
                counts += done
                self.tell(done)
        except AwsError as error:
            return Copy(place, counts=counts, samples=samples, error=error)
        return Copy(place, counts=counts, samples=samples)

    def condition(self, place: str) -> ObjectRestored:
        """That an object can be read."""
        store, key = self._store(place)
        return ObjectRestored(self.table, store.bucket, key)

    def _store(self, place: str) -> tuple[Store, str]:
        bucket, _slash, key = place.partition("/")
        return Store(self.calls.aws, bucket), key

    def _restore(self, store: Store, key: str) -> bool:
        how = {"Days": self.restoring.days, "GlacierJobParameters": {"Tier": self.restoring.tier}}
        arguments = {"Bucket": store.bucket, "Key": key, "RestoreRequest": how}
        try:
            self.calls.aws.repeat("RestoreObject", arguments, PATIENCE, "s3")
        except AwsError as error:
            if error.code != ASKED_ALREADY:
                raise
        return True

    def _batches(self, store: Store, key: str, place: str) -> list[list[dict[str, Any]]]:
        answer = self.calls.aws.page(Read("GetObject", {"Bucket": store.bucket, "Key": key}, "s3"), PATIENCE)
        try:
            copies = [item_of(line) for line in check_whole(answer["Body"], answer.get("Metadata") or {})]
        except PartError as error:
            raise _wrong(place, str(error)) from error
        if self.wanted.keys is not None:
            copies = [copy for copy in copies if self._id(copy) in self.wanted.keys]
        return [copies[start : start + AT_ONCE] for start in range(0, len(copies), AT_ONCE)]

    def _entries(self, copies: Sequence[Item]) -> dict[tuple[str, ...], Item]:
        found = entries_of(self.calls, self.table, [key_of(copy, self.key_names) for copy in copies])
        return {self._id(entry): entry for entry in found}

    def _id(self, item: Item) -> tuple[str, ...]:
        return id_of(item, self.key_names)

    def _verdict(self, entry: Item, copy: Item, place: str) -> str:
        """What comes of an item, carried out. Raises AwsError."""
        for attempt in range(ROUNDS):
            verdict = self._judged(entry, copy, place)
            if attempt and verdict == NOT_ARCHIVED and not _lacks(entry, copy, self.key_names):
                # An answer that was lost, or somebody with the same idea: it is as wanted.
                return RESTORED
            if verdict != RESTORED or self.check:
                return verdict
            write = unmark(entry, copy, self.key_names, self.exact).update(key_of(copy, self.key_names))
            try:
                self.calls.write("UpdateItem", {"TableName": self.table, **write})
            except AwsError as error:
                if "Item size" in error.text:
                    return LARGE
                if not condition_failed(error):
                    raise
                entry = found_instead(error)
                continue
            return RESTORED
        return MOVING

    def _judged(self, entry: Item, copy: Item, place: str) -> str:
        if not entry:
            return GONE
        if not is_archived(entry):
            return NOT_ARCHIVED
        if entry.get(OBJECT) != {"S": place}:
            return ELSEWHERE
        if not self.wanted.of_time(entry):
            return OTHER_TIME
        if difference(entry, copy, self.key_names).changed and not self.exact:
            return CHANGED
        return RESTORED if unmark(entry, copy, self.key_names, self.exact).fits else WIDE


def _lacks(entry: Item, copy: Item, key_names: Sequence[str]) -> bool:
    differs = difference(entry, copy, key_names)
    return bool(differs.missing or differs.changed)


def id_of(item: Item, key_names: Sequence[str]) -> tuple[str, ...]:
    """The key of an item as something that can be looked up."""
    key = shown(key_of(item, key_names))
    return tuple(key[name] for name in key_names)


def entries_of(calls: Calls, table: str, keys: Sequence[Mapping[str, Any]]) -> list[Item]:
    """The entries of these keys that are there, as they are now. Raises AwsError."""
    found: list[Item] = []
    for start in range(0, len(keys), AT_ONCE):
        wanted: Mapping[str, Any] = {table: {"Keys": list(keys[start : start + AT_ONCE]), "ConsistentRead": True}}
        while wanted:
            answer = calls.page("BatchGetItem", {"RequestItems": wanted})
            found += answer.get("Responses", {}).get(table, ())
            wanted = answer.get("UnprocessedKeys") or {}
    return found


def _wrong(place: str, what: str) -> AwsError:
    advice = "Its entries were left as they are."
    return AwsError(f"The copy s3://{place}", "NotAsArchived", what, Kind.FINAL, advice)
