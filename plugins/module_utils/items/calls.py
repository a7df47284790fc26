# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls on items, within a budget, and patient with a busy AWS for a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws import Aws, Patience
from ..errors import AwsError, Kind
from ..state import Read
from .rate import Budget

# How long one call is made again while AWS throttles, or nobody answers, before the job stops; it can be resumed.
BUSY_SECONDS = 180.0

Answer = Mapping[str, Any]
AT_ONCE = Patience(wait=False)


@dataclass(frozen=True)
class Calls:
    """Reads and writes of items.

    Every call may be made again after its answer was lost: a use makes only writes that do nothing more then.
    """

    aws: Aws
    reads: Budget
    writes: Budget

    def page(self, operation: str, arguments: Mapping[str, Any]) -> Answer:
        """One page of a Scan or a Query, or one GetItem or BatchGetItem. Raises AwsError."""
        wanted = {"ReturnConsumedCapacity": "TOTAL", **arguments}
        return self._call(self.reads, lambda: self.aws.page(Read(operation, wanted), AT_ONCE))

    def write(self, operation: str, arguments: Mapping[str, Any]) -> Answer:
        """A conditional PutItem, UpdateItem or DeleteItem, or one that does nothing more the second time.

        Raises AwsError; where its condition does not hold, one that C(condition_failed) knows.
        """
        wanted = {"ReturnConsumedCapacity": "TOTAL", **arguments}
        return self._call(self.writes, lambda: self.aws.repeat(operation, wanted, AT_ONCE))

    def _call(self, budget: Budget, call: Callable[[], Answer]) -> Answer:
        clock = self.aws.clock
        began = clock.now()
        while True:
            budget.wait()
            try:
                answer = call()
            except AwsError as error:
                if error.kind not in (Kind.BUSY, Kind.UNREACHABLE):
                    budget.refused()
                    raise
                budget.throttled()
                if clock.now() - began > BUSY_SECONDS:
                    raise
                continue
            budget.charge(consumed(answer))
            return answer


class Headway:
    """Ends what AWS leaves undone again and again, as BatchGetItem and BatchWriteItem do where a table is throttled."""

    def __init__(self, calls: Calls, operation: str, table: str) -> None:
        self._clock, self._operation, self._table = calls.aws.clock, operation, table
        self._since = self._clock.now()

    def made(self, done: int, left: int) -> None:
        """Tells how many items of a call were dealt with. Raises AwsError where for long there were none."""
        now = self._clock.now()
        if done:
            self._since = now
        elif now - self._since > BUSY_SECONDS:
            raise AwsError(
                f"{self._operation} of {self._table}",
                "Unprocessed",
                f"AWS has taken none of {left} items for {BUSY_SECONDS:.0f} seconds",
                Kind.BUSY,
                "The table has no capacity to spare: run it again later, or with fewer units per second.",
            )


def condition_failed(error: AwsError) -> bool:
    """Whether a write was refused because its condition does not hold."""
    return error.code == "ConditionalCheckFailedException"


def found_instead(error: AwsError) -> Answer:
    """The item that a refused condition was checked against; empty when there is none.

    Only for calls with C(ReturnValuesOnConditionCheckFailure) of C(ALL_OLD).
    """
    found: Answer = error.answer.get("Item") or {}
    return found


def consumed(answer: Answer) -> float:
    """The capacity units that an answer says it took."""
    consumed = answer.get("ConsumedCapacity") or ()
    parts = [consumed] if isinstance(consumed, Mapping) else consumed
    # What answers may be an emulator that does not count; then a call counts as one.
    return sum(float(part.get("CapacityUnits", 0)) for part in parts) or 1.0
