# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the items of a table into one with other keys, and never writes over what is there unless asked to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AwsError
from .calls import Calls, condition_failed, found_instead
from .copying import LACKS_KEY, WRONG_TYPE, Keys, same_item
from .keys import Item, shown
from .lookup import look_up
from .work import SAMPLES, OpenWorker, Stopping, Taken

COPIED, OVERWRITTEN, SAME = "copied", "overwritten", "same"
DIFFERS, COLLIDES, CHANGING = "differs", "collides", "changed_meanwhile"
SAMPLED = frozenset({LACKS_KEY, WRONG_TYPE, DIFFERS, COLLIDES, CHANGING})
# What stands in the way of using the copy.
IN_THE_WAY = (LACKS_KEY, WRONG_TYPE, COLLIDES, DIFFERS, CHANGING)
ROUNDS = 3


@dataclass(frozen=True)
class Copier:
    """Copies pages of items.

    old, new: the keys of both tables. target: its name. there: whether it exists; a plan can be made before it does.
    overwrite: whether an item that was copied and has changed in the source is written again. check: write nothing.
    """

    calls: Calls
    old: Keys
    new: Keys
    target: str
    there: bool = True
    overwrite: bool = False
    check: bool = False

    def open(self, segment: int, data: Mapping[str, Any], stopping: Stopping) -> CopyPages:
        """The worker of a segment."""
        return CopyPages(self, stopping)

    def look(self, items: Sequence[Item]) -> dict[str, Item]:
        """What the target has under the new keys of these items."""
        keys = [self.new.of(item) for item in items if not self.new.problem(item)]
        return look_up(self.calls, self.target, self.new, keys) if self.there else {}

    def one(self, item: Item, found: Item | None) -> str:
        """Copies one item. found: what the target has under its key. Raises AwsError."""
        problem = self.new.problem(item)
        if problem:
            return problem
        for _round in range(ROUNDS):
            verdict = self._verdict(item, found)
            if self.check or verdict not in (COPIED, OVERWRITTEN):
                return verdict
            try:
                self.calls.write("PutItem", self._put(item, verdict))
            except AwsError as error:
                if not condition_failed(error):
                    raise
                found = found_instead(error) or None
                if found and same_item(item, found):
                    # An answer that was lost, or another run at the same item: it is as wanted.
                    return verdict
                continue
            return verdict
        return CHANGING

    def _verdict(self, item: Item, found: Item | None) -> str:
        if not found:
            return COPIED
        if same_item(item, found):
            return SAME
        if any(found.get(name) != item[name] for name in self.old.names):
            return COLLIDES
        return OVERWRITTEN if self.overwrite else DIFFERS

    def _put(self, item: Item, verdict: str) -> dict[str, Any]:
        names = self.new.names[:1] if verdict == COPIED else self.old.names
        aliases = {f"#k{position}": name for position, name in enumerate(names)}
        put = {
            "TableName": self.target,
            "Item": item,
            "ExpressionAttributeNames": aliases,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if verdict == COPIED:
            return {**put, "ConditionExpression": "attribute_not_exists(#k0)"}
        # Only the copy of this very item is written over.
        values = {f":k{position}": item[name] for position, name in enumerate(names)}
        equal = " AND ".join(f"#k{position} = :k{position}" for position in range(len(names)))
        return {**put, "ConditionExpression": equal, "ExpressionAttributeValues": values}


@dataclass
class CopyPages:
    """The worker of one segment."""

    copier: Copier
    stopping: Stopping

    def take(self, items: Sequence[Item]) -> Taken:
        """Copies the items of a page."""
        counts: Counter[str] = Counter()
        samples: dict[str, list[dict[str, str]]] = {}
        last: Item | None = None
        try:
            there = self.copier.look(items)
            for item in items:
                if self.stopping():
                    return self._stopped(counts, samples, last, None)
                found = None if self.copier.new.problem(item) else there.get(self.copier.new.text(item))
                verdict = self.copier.one(item, found)
                last = item
                counts[verdict] += 1
                if verdict in SAMPLED and len(samples.setdefault(verdict, [])) < SAMPLES:
                    samples[verdict].append(shown(self.copier.old.of(item)))
        except AwsError as error:
            return self._stopped(counts, samples, last, error)
        return Taken(counts, samples)

    def finish(self) -> Taken:
        """Nothing is held back."""
        return Taken()

    def _stopped(
        self,
        counts: Mapping[str, int],
        samples: Mapping[str, Sequence[Mapping[str, str]]],
        last: Item | None,
        error: AwsError | None,
    ) -> Taken:
        key = self.copier.old.of(last) if last else None
        return Taken(counts, samples, stopped=True, key=key, error=error)


def copy_pages(copier: Copier) -> OpenWorker:
    """Workers that copy."""
    return copier.open
