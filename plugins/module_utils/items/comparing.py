# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a table with its copy under other keys: counts both, finds what does not belong, compares a sample whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Calls
from .copying import Keys, Sample, same_item
from .keys import Item, shown
from .lookup import look_up
from .work import SAMPLES, Stopping, Taken

# Of the source's items; of those that cannot be copied, the reason of C(copying).
COUNTED, SAMPLED_SAME, SAMPLED_DIFFERS, SAMPLED_MISSING = (
    "counted",
    "sampled_same",
    "sampled_differs",
    "sampled_missing",
)
# Of the copy's: deleted in the source since; of a source item that has another new key by now; of no source item.
GONE, STALE, FOREIGN = "gone_from_source", "stale", "foreign"


@dataclass(frozen=True)
class Compared:
    """One side of a comparison. verdict_of: all that is found about a page's items."""

    calls: Calls
    old: Keys
    new: Keys
    source: str
    target: str

    def open(self, segment: int, data: Mapping[str, Any], stopping: Stopping) -> ComparePages:
        """The worker of a segment."""
        return ComparePages(self)

    def verdicts(self, items: Sequence[Item]) -> list[tuple[str, Item]]:
        """What is found about these items, with the item. Raises AwsError."""
        raise NotImplementedError

    def scan(self) -> dict[str, Any]:
        """No more of the items than their keys."""
        names = dict.fromkeys((*self.old.names, *self.new.names))
        aliases = {f"#a{position}": name for position, name in enumerate(names)}
        return {
            "ProjectionExpression": ", ".join(aliases),
            "ExpressionAttributeNames": aliases,
            "ConsistentRead": True,
        }


@dataclass(frozen=True)
class SourceSide(Compared):
    """The source: every item is counted, those of the sample are read whole on both sides."""

    sample: Sample = Sample(0.0, "")

    def verdicts(self, items: Sequence[Item]) -> list[tuple[str, Item]]:
        """Counts, and compares the sample."""
        able = [item for item in items if not self.new.problem(item)]
        chosen = [item for item in able if self.sample.holds(self.old.text(item))]
        found = [(COUNTED, item) for item in items]
        found += [(self.new.problem(item), item) for item in items if self.new.problem(item)]
        if not chosen:
            return found
        here = look_up(self.calls, self.source, self.old, [self.old.of(item) for item in chosen])
        whole = list(here.values())
        keyed = [self.new.of(item) for item in whole if not self.new.problem(item)]
        there = look_up(self.calls, self.target, self.new, keyed)
        return found + [(self._compared(item, there), item) for item in whole]

    def _compared(self, item: Item, there: Mapping[str, Item]) -> str:
        copy = None if self.new.problem(item) else there.get(self.new.text(item))
        if copy is None:
            return SAMPLED_MISSING
        return SAMPLED_SAME if same_item(item, copy) else SAMPLED_DIFFERS


@dataclass(frozen=True)
class TargetSide(Compared):
    """The copy: every item is counted, and looked for in the source."""

    def verdicts(self, items: Sequence[Item]) -> list[tuple[str, Item]]:
        """Counts, and looks for what has no item in the source any more."""
        theirs = [item for item in items if not self.old.problem(item)]
        here = look_up(self.calls, self.source, self.old, [self.old.of(item) for item in theirs], self.new.names)
        found = [(COUNTED, item) for item in items]
        for item in items:
            if self.old.problem(item):
                found.append((FOREIGN, item))
                continue
            origin = here.get(self.old.text(item))
            if origin is None:
                found.append((GONE, item))
            elif any(origin.get(name) != item[name] for name in self.new.names):
                found.append((STALE, item))
        return found


@dataclass
class ComparePages:
    """The worker of one segment."""

    side: Compared

    def take(self, items: Sequence[Item]) -> Taken:
        """Compares the items of a page; what AWS refuses ends the comparison."""
        counts: Counter[str] = Counter()
        samples: dict[str, list[dict[str, str]]] = {}
        names = self.side.old if isinstance(self.side, SourceSide) else self.side.new
        for verdict, item in self.side.verdicts(items):
            counts[verdict] += 1
            worth = verdict not in (COUNTED, SAMPLED_SAME)
            if worth and len(samples.setdefault(verdict, [])) < SAMPLES:
                samples[verdict].append(shown(names.of(item)))
        return Taken(counts, samples)

    def finish(self) -> Taken:
        """Nothing is held back."""
        return Taken()
