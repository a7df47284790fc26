# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast calls are made of which AWS has had too many, for all threads of a process. Knows no clock and no AWS.

Nothing is held back, and nothing is counted, before AWS refuses a call for its rate. From then on all calls that AWS
counts together with it form one line, the oldest first. The line moves at a rate that is halved at each refusal and
rises with each call that AWS takes, quickly up to where the last refusal was and slowly beyond it. A line that nobody
has stood in for a while is forgotten.
"""

from __future__ import annotations

import itertools
import math
import re
import threading
from dataclasses import dataclass, field

# One in so many seconds is asked at least, however often AWS refuses.
LONGEST_PAUSE = 15.0
# Calls a second that need no line.
FREE_RATE = 100.0
# A line that has been empty for so long is forgotten: buckets have filled again, and other runs have ended.
FORGOTTEN_SECONDS = 5.0
# While somebody stands in a line it may come to move faster, so he looks again.
LOOK_SECONDS = 1.0

# A call that AWS takes raises the rate by so much below CAUTIOUS of the rate that was last refused, and above it.
QUICK, SLOW, CAUTIOUS = 1.25, 1.03, 0.8
# The limit is no longer where it was when so much more than it is taken.
OUTGROWN = 1.5

# Calls a second that AWS's API reference promises, where they are not USUAL_RATE ("Service, account, and table quotas",
# and the operations' own pages). What it takes at once beyond them differs; so does, now and then, the rate itself.
USUAL_RATE = 10.0
RATES = {
    "DescribeContributorInsights": 5.0,
    "DescribeLimits": 1 / 60,
    "ListBackups": 5.0,
    "UpdateContributorInsights": 5.0,
}
CONTROL_PLANE = ("CreateTable", "DeleteTable", "TagResource", "UntagResource", "UpdateTable")
TABLE_OPERATIONS = (
    "CreateTable",
    "DeleteTable",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "UpdateTable",
    "UpdateTimeToLive",
)


@dataclass(frozen=True)
class Limit:
    """Calls that AWS counts together.

    name: unlike that of any other. text: what AWS says when there were too many, a regular expression. operations: the
    calls. rate: calls a second to go on with.
    """

    name: str
    text: str
    operations: tuple[str, ...]
    rate: float


LIMITS = (
    # Measured: of ten changes at once three to five are refused, and a second later none is.
    Limit("changes", "rate of control plane requests", CONTROL_PLANE, 5.0),
    # 500 tables at a time, 250 where they have indexes, 50 restores: a place is free when one has settled.
    Limit("tables at a time", "(tables|restore operations) .*simultaneously", TABLE_OPERATIONS, 1.0),
)
SHARED = {
    operation: tuple(limit.name for limit in LIMITS if operation in limit.operations)
    for operation in {*CONTROL_PLANE, *TABLE_OPERATIONS}
}
# All other limits are those of one operation. Of one table only are those of its items and of its policy's changes.
THROTTLED = re.compile("Throttling|TooManyRequests|^RequestLimitExceeded")
ONE_TABLE = re.compile("within the previous|throughput for the table|provisioned throughput", re.IGNORECASE)

Ticket = tuple[float, int]
Key = tuple[str, str]


def exceeded(service: str, operation: str, code: str, text: str) -> Limit | None:
    """The limit that a refused call ran into; C(None) where it was refused for something else."""
    if service == "dynamodb":
        for limit in LIMITS:
            if operation in limit.operations and re.search(limit.text, text):
                return limit
    if not THROTTLED.search(code) or ONE_TABLE.search(text):
        return None
    return Limit(operation, "", (operation,), RATES.get(operation, USUAL_RATE))


class Line:
    """Calls that AWS counts together, and has refused one of."""

    def __init__(self, rate: float, now: float):
        self._rate = self._refused_rate = rate
        self._since = now
        self._next = now + 1 / rate
        self._waiting: set[Ticket] = set()

    @property
    def pause(self) -> float:
        """Seconds between two calls."""
        return 1 / self._rate

    def seconds(self, ticket: Ticket, now: float) -> float:
        """For how long whoever has this ticket still waits; with 0 it is his turn, and he is out of the line."""
        self._waiting.add(ticket)
        ahead = sum(other < ticket for other in self._waiting)
        wait = self._next + ahead / self._rate - now
        if wait > 0:
            return min(wait, LOOK_SECONDS)
        self._waiting.remove(ticket)
        self._next = max(self._next + 1 / self._rate, now)
        return 0.0

    def leave(self, ticket: Ticket) -> None:
        """Whoever has this ticket waits no longer."""
        self._waiting.discard(ticket)

    def refused(self, sent: float, now: float) -> None:
        """AWS refused a call. sent: when it was made. Of those that were under way together only one counts."""
        if sent <= self._since:
            return
        self._refused_rate = self._rate
        self._rate = max(self._rate / 2, 1 / LONGEST_PAUSE)
        self._since = now
        self._next = now + 1 / self._rate

    def taken(self, sent: float) -> None:
        """AWS took a call. sent: when it was made."""
        if sent <= self._since:
            return
        if self._rate > OUTGROWN * self._refused_rate:
            self._refused_rate = math.inf
        cautious = CAUTIOUS * self._refused_rate
        self._rate = self._rate * SLOW if self._rate >= cautious else min(self._rate * QUICK, cautious)

    def over(self, now: float) -> bool:
        """Whether nobody needs it any more."""
        return not self._waiting and (self._rate >= FREE_RATE or now > self._next + FORGOTTEN_SECONDS)


@dataclass
class Pace:
    """The lines of one account in one region."""

    _lines: dict[Key, Line] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def free(self) -> bool:
        """Whether there is no line at all, as nearly always."""
        return not self._lines

    def ticket(self, began: float) -> Ticket:
        """A place in whatever lines there are. began: since when a call is to be made."""
        return began, next(self._numbers)

    def seconds(self, service: str, operation: str, ticket: Ticket, now: float) -> float:
        """For how long a call has to wait, or to look again; 0 when it is to be made now."""
        with self._lock:
            for key in _keys(service, operation):
                line = self._lines.get(key)
                if line is None:
                    continue
                if line.over(now):
                    del self._lines[key]
                elif wait := line.seconds(ticket, now):
                    return wait
        return 0.0

    def leave(self, service: str, operation: str, ticket: Ticket) -> None:
        """A call is made, or given up, before its turn."""
        with self._lock:
            for key in _keys(service, operation):
                if key in self._lines:
                    self._lines[key].leave(ticket)

    def refused(self, service: str, operation: str, code: str, text: str, sent: float, now: float) -> float:
        """AWS refused a call. Returns the seconds between calls of its line; 0 where there is none for such a refusal.

        sent: when it was made.
        """
        limit = exceeded(service, operation, code, text)
        if limit is None:
            return 0.0
        with self._lock:
            key = service, limit.name
            if key in self._lines:
                self._lines[key].refused(sent, now)
            else:
                self._lines[key] = Line(limit.rate, now)
            return self._lines[key].pause

    def taken(self, service: str, operation: str, sent: float) -> None:
        """AWS took a call. sent: when it was made."""
        with self._lock:
            for key in _keys(service, operation):
                if key in self._lines:
                    self._lines[key].taken(sent)


def _keys(service: str, operation: str) -> list[Key]:
    return [(service, name) for name in (*SHARED.get(operation, ()), operation)]
