# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the answer of an access pattern is right, by what is known of all items. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..access_pattern import DESCENDING, AccessPattern, Source
from ..items.copying import Keys
from .evaluation import Item, Typed, holds, sort_value

MISSING, UNEXPECTED, TWICE, ORDER = "missing", "unexpected", "twice", "out_of_order"
WORDS = {
    MISSING: "should be in the answer and are not",
    UNEXPECTED: "are in the answer and should not be",
    TWICE: "are in the answer twice",
    ORDER: "are out of order",
}


@dataclass(frozen=True)
class Known:
    """The items of a table that were scanned. keys: its key. items: by the text of their key. complete: whether all."""

    keys: Keys
    items: Mapping[str, Item]
    complete: bool

    def of(self, source: Source) -> list[Item]:
        """Those that a source holds: an index has only items with all attributes of its key."""
        names = (*source.partition, *source.sort)
        return [item for item in self.items.values() if all(name in item for name in names)]


@dataclass(frozen=True)
class Answer:
    """All that a query gave. whole: whether it was read to its end."""

    items: Sequence[Item]
    whole: bool = True


@dataclass(frozen=True)
class Check:
    """What is wrong with an answer: keys, by what is wrong."""

    wrong: Mapping[str, Sequence[Item]] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether nothing is."""
        return not any(self.wrong.values())


@dataclass(frozen=True)
class Checker:
    """Checks answers of a pattern. held: the items that its source holds."""

    pattern: AccessPattern
    source: Source
    known: Known
    held: Sequence[Item]

    def check(self, answer: Answer, values: Mapping[str, Typed]) -> Check:
        """Compares an answer with what the conditions say of every item."""
        texts = [self.known.keys.text(item) for item in answer.items]
        taken = [item for item in self.held if holds(self.pattern.key_condition, item, values)]
        required, last = self._required(taken, answer, values)
        given = set(texts)
        found = zip(texts, answer.items, strict=True)
        wrong = {
            MISSING: [item for item in required if self.known.keys.text(item) not in given],
            UNEXPECTED: [item for text, item in found if not self._expected(text, item, values, last)],
            TWICE: [item for place, item in enumerate(answer.items) if texts[place] in texts[:place]]
            if len(given) < len(texts)
            else [],
            ORDER: self._out_of_order(answer.items),
        }
        return Check({name: [self.known.keys.of(item) for item in items] for name, items in wrong.items()})

    def _required(self, taken: list[Item], answer: Answer, values: Mapping[str, Typed]) -> tuple[list[Item], Any]:
        """The items that have to be in the answer, and the last place that any may have; C(None) for no end."""
        wanted = [item for item in taken if self._filtered(item, values)]
        end: Any = None
        limit = self.pattern.limit
        if limit is not None and len(taken) > limit:
            end = sorted(map(self._place, taken))[limit - 1]
        if answer.whole and end is None:
            return wanted, None
        if not self.source.sort:
            # Without a sort key nobody knows which items come first.
            return [], None
        read = end if answer.whole else self._place(answer.items[-1]) if answer.items else None
        # Of items at the same place as the last one, some may have been left out.
        return [item for item in wanted if read is not None and self._place(item) < read], end

    def _expected(self, text: str, item: Item, values: Mapping[str, Typed], last: Any) -> bool:
        if text not in self.known.items and self.known.complete:
            return False
        judged = self.known.items.get(text, item)
        if not holds(self.pattern.key_condition, judged, values) or not self._filtered(judged, values):
            return False
        return last is None or self._place(judged) <= last

    def _filtered(self, item: Item, values: Mapping[str, Typed]) -> bool:
        return self.pattern.filter is None or holds(self.pattern.filter, item, values)

    def _out_of_order(self, items: Sequence[Item]) -> list[Item]:
        names = self.source.sort
        able = [item for item in items if all(name in item for name in names)]
        places = [self._place(item) for item in able]
        return [able[at] for at in range(1, len(places)) if places[at] < places[at - 1]] if names else []

    def _place(self, item: Item) -> tuple[Any, ...]:
        """Grows in the order in which the pattern gives items."""
        values = tuple(sort_value(item[name]) for name in self.source.sort)
        return tuple(map(Backwards, values)) if self.pattern.order == DESCENDING else values


@dataclass(frozen=True)
class Backwards:
    """A value whose order is turned around."""

    value: Any

    def __lt__(self, other: Backwards) -> bool:
        return bool(other.value < self.value)

    def __le__(self, other: Backwards) -> bool:
        return bool(other.value <= self.value)
