# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a use of the engine gives to the walk: a worker for each segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import AwsError
from .keys import Item, key_of, shown

# So many keys are kept of a verdict in a segment, and told at the end.
SAMPLES = 3

Stopping = Callable[[], bool]
Handler = Callable[[Item], str]
# Makes the handler of a page, with what it has to know of all its items together; may raise AwsError.
Prepare = Callable[[Sequence[Item]], Handler]


@dataclass(frozen=True)
class Taken:
    """What came of the items of a page.

    counts: verdicts and how often each was given. samples: keys, as people read them, of verdicts worth a look.
    settled: whether everything up to here is done with, so that a later run may begin behind it. A worker that collects
    several pages says so when it has dealt with all of them; until then nothing is written to the journal.
    key: the key of the last item done with, where the worker stopped within the page; C(None) where it did not.
    error: why it stopped. data: the worker's own, kept in the journal and given to the worker that goes on.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    settled: bool = True
    stopped: bool = False
    key: Mapping[str, Any] | None = None
    error: AwsError | None = None
    data: Mapping[str, Any] | None = None


class Worker(Protocol):
    """Works on one segment, in one thread."""

    def take(self, items: Sequence[Item]) -> Taken:
        """Works on the items of the next page."""

    def finish(self) -> Taken:
        """Deals with what is held back: the segment is at its end, or the run is to stop.

        What is not settled then is left to a later run, which begins where the journal is.
        """


# Makes the worker of a segment. data: what the last worker of it left in the journal.
OpenWorker = Callable[[int, Mapping[str, Any], Stopping], Worker]


@dataclass(frozen=True)
class EachItem:
    """A worker that deals with one item after the other.

    prepare: makes the handler of a page, which deals with an item and returns a verdict; both may raise AwsError.
    sampled: verdicts of which keys are kept.
    """

    prepare: Prepare
    key_names: Sequence[str]
    sampled: frozenset[str]
    stopping: Stopping

    def take(self, items: Sequence[Item]) -> Taken:
        """Deals with the items until the run is to stop."""
        counts: Counter[str] = Counter()
        samples: dict[str, list[dict[str, str]]] = {}
        last: Item | None = None
        try:
            handle = self.prepare(items)
            for item in items:
                if self.stopping():
                    return self._stopped(counts, samples, last, None)
                verdict = handle(item)
                last = item
                counts[verdict] += 1
                if verdict in self.sampled and len(samples.setdefault(verdict, [])) < SAMPLES:
                    samples[verdict].append(shown(key_of(item, self.key_names)))
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
        key = key_of(last, self.key_names) if last else None
        return Taken(counts, samples, stopped=True, key=key, error=error)


def each_item(handle: Handler, key_names: Sequence[str], sampled: frozenset[str] = frozenset()) -> OpenWorker:
    """Workers that deal with one item after the other."""
    return each_page(lambda items: handle, key_names, sampled)


def each_page(prepare: Prepare, key_names: Sequence[str], sampled: frozenset[str] = frozenset()) -> OpenWorker:
    """Workers that look something up for a page at once, and then deal with one item after the other."""
    return lambda segment, data, stopping: EachItem(prepare, key_names, sampled, stopping)
