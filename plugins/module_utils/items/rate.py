# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A budget in capacity units per second, shared by the threads of a process.

A call books its time before it is made, at the average cost of the calls so far, and is charged with what AWS says it
consumed. The budget starts gently, halves when AWS throttles, and comes back by itself.
"""

from __future__ import annotations

import threading

from ..aws import Clock

# The part of the budget that is used at first, and how many seconds a full budget takes to come back from nothing.
GENTLE_START = 0.25
RECOVERY_SECONDS = 40.0
LEAST = 1 / 16
# Everybody pauses when AWS throttles: this long, twice as long at the next time in a row, and so on.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


class Budget:
    """Units per second; 0 sets no limit, and only throttling slows down."""

    def __init__(self, units: float, clock: Clock):
        self._units, self._clock = units, clock
        self._lock = threading.Lock()
        self._free_at = self._factor_at = clock.now()
        self._factor = GENTLE_START
        self._throttles = 0
        self._calls = self._charged = 0.0

    @property
    def charged(self) -> float:
        """The units that AWS said were consumed."""
        with self._lock:
            return self._charged

    def wait(self) -> None:
        """Waits for the turn of one call."""
        with self._lock:
            now = self._clock.now()
            turn = max(now, self._free_at)
            self._free_at = turn + self._seconds(self._average(), now)
        if turn > now:
            self._clock.sleep(turn - now)

    def charge(self, units: float) -> None:
        """Tells what the call consumed."""
        with self._lock:
            self._free_at += self._seconds(units - self._average(), self._clock.now())
            self._calls += 1
            self._charged += units
            self._throttles = 0

    def refused(self) -> None:
        """Tells that a call was refused for its condition: AWS charges it, and does not say how much."""
        with self._lock:
            self._throttles = 0

    def throttled(self) -> None:
        """Tells that AWS wants less."""
        with self._lock:
            now = self._clock.now()
            self._factor, self._factor_at = max(LEAST, self._current(now) / 2), now
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._throttles)
            self._free_at = max(self._free_at, now + pause)
            self._throttles += 1

    def _average(self) -> float:
        return self._charged / self._calls if self._calls else 1.0

    def _current(self, now: float) -> float:
        return min(1.0, self._factor + (now - self._factor_at) / RECOVERY_SECONDS)

    def _seconds(self, units: float, now: float) -> float:
        return units / (self._units * self._current(now)) if self._units else 0.0
