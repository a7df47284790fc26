# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the access patterns of one table and compares what they answer with what a scan found."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..access_pattern import AccessPattern, Source
from ..items.calls import Calls, consumed
from ..items.copying import Keys
from ..items.keys import Item, shown
from ..items.lookup import look_up
from .checking import Answer, Check, Checker, Known
from .generated import Function, arguments
from .samples import Sample, Sampler

# An index lags behind its table for moments, and others may write: what seems wrong is looked at again.
LOOKS = 3
SECONDS_BETWEEN = 1.0
MOST_KEYS = 3


@dataclass(frozen=True)
class Bounds:
    """How much is read at most.

    scan: items of the table. answer: items of one answer. page: items of a page, 0 for as many as AWS gives.
    """

    scan: int
    answer: int
    page: int


@dataclass
class Row:
    """What came of one pattern. read_units: those of its queries. wrong: some keys, by what is wrong with them."""

    pattern: str
    source: str
    queries: int = 0
    right: int = 0
    empty: int = 0
    items: int = 0
    cut: int = 0
    read_units: float = 0.0
    wrong: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def add(self, answer: Answer, check: Check) -> None:
        """Adds one query."""
        self.queries += 1
        self.right += check.right
        self.empty += not answer.items
        self.cut += not answer.whole
        self.items += len(answer.items)
        for name, keys in check.wrong.items():
            if keys:
                self.wrong[name] = self.wrong.get(name, 0) + len(keys)
                told = self.keys.setdefault(name, [])
                told += [shown(key) for key in keys[: MOST_KEYS - len(told)]]


@dataclass
class Exercise:
    """One table. keys: its key. seed: what chooses the values."""

    calls: Calls
    table: str
    keys: Keys
    bounds: Bounds
    seed: str
    scan_units: float = 0.0

    def scan(self, attributes: Sequence[str]) -> Known:
        """Items with these attributes, up to the bound. Raises AwsError."""
        items: dict[str, Item] = {}
        wanted = {"TableName": self.table, "ConsistentRead": True, **_projection((*self.keys.names, *attributes))}
        start: Mapping[str, Any] = {}
        while True:
            more = {"ExclusiveStartKey": start} if start else {}
            answer = self.calls.page("Scan", {**wanted, **more, "Limit": max(1, self.bounds.scan - len(items))})
            self.scan_units += consumed(answer)
            for item in answer.get("Items", ()):
                items[self.keys.text(item)] = item
            start = answer.get("LastEvaluatedKey") or {}
            if not start or len(items) >= self.bounds.scan:
                return Known(self.keys, items, not start)

    def run(self, pattern: AccessPattern, source: Source, known: Known, function: Function, count: int) -> Row:
        """One pattern with all its samples. Raises AwsError, GeneratedError."""
        row = Row(pattern.name, pattern.index or "(table)")
        held = known.of(source)
        # A seed of its own, so that one pattern more does not change what the others are run with.
        rng = random.Random(f"{self.seed}/{self.table}/{pattern.name}")
        for sample in Sampler(pattern, source, held, rng).samples(count):
            self._try(pattern, source, known, held, function, sample, row)
        return row

    def _try(
        self,
        pattern: AccessPattern,
        source: Source,
        known: Known,
        held: Sequence[Item],
        function: Function,
        sample: Sample,
        row: Row,
    ) -> None:
        checker = Checker(pattern, source, known, held)
        # Where a pattern has stayed wrong once, it is not the index that lags.
        looks = 1 if row.wrong else LOOKS
        for look in range(1, looks + 1):
            query = arguments(function, self.table, pattern.parameters, sample.values)
            answer = self._query(query, pattern.limit is not None, row)
            check = checker.check(answer, sample.values)
            if check.right or look == looks:
                break
            self.calls.aws.clock.sleep(SECONDS_BETWEEN)
            known = self._again(known, check, attributes_of([(pattern, source)]))
            checker = Checker(pattern, source, known, known.of(source))
        row.add(answer, check)

    def _query(self, wanted: Mapping[str, Any], one_page: bool, row: Row) -> Answer:
        items: list[Item] = []
        page = {"Limit": self.bounds.page} if self.bounds.page and not one_page else {}
        start: Mapping[str, Any] = {}
        while True:
            more = {"ExclusiveStartKey": start} if start else {}
            answer = self.calls.page("Query", {**wanted, **page, **more})
            row.read_units += consumed(answer)
            items += answer.get("Items", ())
            start = answer.get("LastEvaluatedKey") or {}
            if one_page or not start:
                return Answer(items)
            if len(items) >= self.bounds.answer:
                return Answer(items, whole=False)

    def _again(self, known: Known, check: Check, attributes: Sequence[str]) -> Known:
        """What is known, with the items that seem wrong read anew."""
        doubtful = [key for keys in check.wrong.values() for key in keys]
        found = look_up(self.calls, self.table, self.keys, doubtful, attributes)
        rest = {text: item for text, item in known.items.items() if text not in set(map(self.keys.text, doubtful))}
        return Known(self.keys, {**rest, **found}, known.complete)


def attributes_of(patterns: Sequence[tuple[AccessPattern, Source]]) -> tuple[str, ...]:
    """All that has to be known of items to check these patterns."""
    names = (name for pattern, source in patterns for name in (*pattern.attributes, *source.partition, *source.sort))
    return tuple(dict.fromkeys(names))


def failed(rows: Sequence[Row]) -> bool:
    """Whether any answer was wrong."""
    return any(row.right < row.queries for row in rows)


def _projection(names: Sequence[str]) -> dict[str, Any]:
    aliases = {f"#a{position}": name for position, name in enumerate(dict.fromkeys(names))}
    return {"ProjectionExpression": ", ".join(aliases), "ExpressionAttributeNames": aliases}
