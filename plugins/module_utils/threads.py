# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work side by side in few threads: whoever hands it out does some of it himself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# However many tables are asked for at a time. AWS changes 500 at once, and 250 where they have indexes (its page about
# quotas of service, account and table); each table here waits for its own changes, so no more are ever under way.
MOST_AT_A_TIME = 250


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], at_most: int) -> list[Result]:
    """The results of the work on each item, in their order, C(at_most) at a time."""
    helpers = min(at_most, len(items), MOST_AT_A_TIME) - 1
    if helpers < 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(helpers) as pool:
        return shared(work, items, pool)


def shared(work: Callable[[Item], Result], items: Sequence[Item], pool: Executor) -> list[Result]:
    """The results of the work on each item, in their order.

    The calling thread does what no thread of the pool has begun. So it gets done even where all of them are busy, and
    nobody waits for a thread to start.
    """
    first, *others = items
    futures = [pool.submit(work, item) for item in others]
    own: dict[int, Result] = {}
    try:
        result = work(first)
        for position, item in enumerate(others):
            if futures[position].cancel():
                own[position] = work(item)
        return [result, *(own[position] if position in own else each.result() for position, each in enumerate(futures))]
    finally:
        # What goes on when one has failed is over before that is told.
        wait([each for each in futures if not each.cancel()])
