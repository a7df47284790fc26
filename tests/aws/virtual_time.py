# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that passes only while everybody sleeps: an hour of waiting takes moments, and real constants can be tested."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.aws_like.clock import StoppedClock

# Real seconds without a call, after which nobody is taken to be at work.
QUIET = 0.002


class VirtualTime:
    """A clock for the server and for the engine. It jumps to the next moment at which somebody wakes up."""

    def __init__(self, clock: StoppedClock) -> None:
        self._clock = clock
        self._condition = threading.Condition()
        self._sleepers: list[float] = []
        self._busy = 0
        self._last_work = 0.0

    def now(self) -> float:
        return self._clock.now()

    def today(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Meanwhile no time passes."""
        with self._condition:
            self._busy += 1
        try:
            yield
        finally:
            with self._condition:
                self._busy -= 1
                self._last_work = time.monotonic()

    def sleep(self, seconds: float) -> None:
        with self._condition:
            wake = self.now() + seconds
            self._sleepers.append(wake)
            while self.now() < wake:
                self._condition.wait(QUIET)
                if not self._busy and time.monotonic() - self._last_work >= QUIET and wake == min(self._sleepers):
                    self._clock.advance(max(0.0, wake - self.now()))
            self._sleepers.remove(wake)
            self._last_work = time.monotonic()
            self._condition.notify_all()
