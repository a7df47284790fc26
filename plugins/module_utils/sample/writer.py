# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes sample items, and removes them: portions of items by several threads, each portion looked up before.

Nothing is overwritten and nothing of others is removed. Where a key carries random bits of the seed, an item under it
can only be one that was made of the same seed. Where keys are small numbers, dates or enumerations, an item under one
is taken for one of these only if it is the same in all attributes, and every write and removal has that as its
condition.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ..errors import AwsError
from ..items.calls import Calls, Headway, condition_failed
from ..items.copying import Keys, same_item
from ..items.keys import Item
from ..items.lookup import AT_ONCE, look_up
from .maker import ItemMaker

# BatchWriteItem API reference.
MOST_WRITES = 25

WRITTEN, PRESENT, IN_THE_WAY = "written", "present", "in_the_way"
REMOVED, GONE = "removed", "gone"


@dataclass(frozen=True)
class Batches:
    """Writes of up to 25 items at once; what AWS leaves unprocessed is sent again, slower, for a bounded time."""

    calls: Calls
    table: str

    def write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Writes all of them. Raises AwsError."""
        for start in range(0, len(requests), MOST_WRITES):
            self._write(list(requests[start : start + MOST_WRITES]))

    def _write(self, requests: list[Mapping[str, Any]]) -> None:
        headway = Headway(self.calls, "BatchWriteItem", self.table)
        left = requests
        while left:
            answer = self.calls.write("BatchWriteItem", {"RequestItems": {self.table: left}})
            before, left = len(left), list(answer.get("UnprocessedItems", {}).get(self.table, ()))
            headway.made(before - len(left), len(left))
            if left:
                self.calls.writes.throttled()


@dataclass
class Portions:
    """One run over the items 0 to count. progress: gets what came of them so far, after each portion."""

    calls: Calls
    table: str
    names: Keys
    maker: ItemMaker
    check: bool = False
    progress: Callable[[Counter[str]], None] = lambda counts: None
    error: AwsError | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def present(self, count: int, threads: int) -> None:
        """Writes those that are not there."""
        self._run(self._write, count, threads)

    def absent(self, count: int, threads: int) -> None:
        """Removes those that are there."""
        self._run(self._remove, count, threads)

    def _run(self, work: Callable[[range], Counter[str]], count: int, threads: int) -> None:
        def guarded(numbers: range) -> None:
            if self.error:
                return
            try:
                came = work(numbers)
            except AwsError as error:
                self.error = error
                return
            with self._lock:
                self.counts += came
                told = Counter(self.counts)
            self.progress(told)

        portions = [range(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE)]
        with ThreadPoolExecutor(max(1, threads)) as pool:
            for _done in pool.map(guarded, portions):
                pass

    def _write(self, numbers: range) -> Counter[str]:
        counts: Counter[str] = Counter()
        missing: list[int] = []
        for number, found in self._found(numbers):
            if found is None:
                missing.append(number)
            else:
                counts[PRESENT if self._ours(number, found) else IN_THE_WAY] += 1
        if self.check:
            counts[WRITTEN] += len(missing)
        elif self.maker.keys.unguessable:
            requests = [{"PutRequest": {"Item": self._item(number)}} for number in missing]
            Batches(self.calls, self.table).write(requests)
            counts[WRITTEN] += len(missing)
        else:
            counts.update(self._put(self._item(number)) for number in missing)
        return counts

    def _remove(self, numbers: range) -> Counter[str]:
        counts: Counter[str] = Counter()
        ours: list[Item] = []
        for number, found in self._found(numbers):
            if found is None:
                counts[GONE] += 1
            elif self._ours(number, found):
                ours.append(found)
            else:
                counts[IN_THE_WAY] += 1
        if self.check:
            counts[REMOVED] += len(ours)
        elif self.maker.keys.unguessable:
            requests = [{"DeleteRequest": {"Key": self.names.of(found)}} for found in ours]
            Batches(self.calls, self.table).write(requests)
            counts[REMOVED] += len(ours)
        else:
            counts.update(self._delete(found) for found in ours)
        return counts

    def _found(self, numbers: range) -> Iterator[tuple[int, Item | None]]:
        """The items that are there; no more of them than their keys where these say enough."""
        keys = [self.maker.keys.key(number) for number in numbers]
        wanted = self.names.names if self.maker.keys.unguessable else ()
        found = look_up(self.calls, self.table, self.names, keys, wanted)
        for number, key in zip(numbers, keys, strict=True):
            yield number, found.get(self.names.text(key))

    def _ours(self, number: int, found: Item) -> bool:
        return self.maker.keys.unguessable or same_item(found, self._item(number))

    def _item(self, number: int) -> dict[str, Any]:
        # The library that knows names has one state.
        with self._lock:
            return self.maker.item(number)

    def _put(self, item: Item) -> str:
        condition = {
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": self.names.names[0]},
        }
        return self._conditional("PutItem", {"Item": item, **condition}, WRITTEN)

    def _delete(self, item: Item) -> str:
        aliases = {f"#a{position}": name for position, name in enumerate(item)}
        condition = {
            "ConditionExpression": " AND ".join(f"{alias} = :v{alias[2:]}" for alias in aliases),
            "ExpressionAttributeNames": aliases,
            "ExpressionAttributeValues": {f":v{alias[2:]}": item[name] for alias, name in aliases.items()},
        }
        return self._conditional("DeleteItem", {"Key": self.names.of(item), **condition}, REMOVED)

    def _conditional(self, operation: str, arguments: Mapping[str, Any], done: str) -> str:
        try:
            self.calls.write(operation, {"TableName": self.table, **arguments})
        except AwsError as error:
            if condition_failed(error):
                # Somebody else came to this key since it was looked up.
                return IN_THE_WAY
            raise
        return done
