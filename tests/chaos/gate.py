# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule for a server between Ansible and AWS that holds one write: before it, or before its answer leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.integration.front import Answer, Sent, refusal

SECONDS = 120


@dataclass(frozen=True)
class Point:
    """One side of one write.

    number: which of the calls of this operation on this table, counted from one. side: C(before) or C(after) it.
    """

    operation: str
    table: str
    number: int
    side: str

    def __str__(self) -> str:
        return "-".join(part for part in (self.side, self.operation, self.table, str(self.number)) if part)


class Gate:
    """Holds the call until it is opened, which is when whoever made it is dead."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._count = 0
        self._lock = threading.Lock()
        self._reached = threading.Event()
        self._open = threading.Event()

    def rule(self, sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if not self._is_it(sent):
            return None
        if self._point.side == "after":
            answer = forward()
            self._hold()
            return answer
        self._hold()
        return refusal("Killed", "nobody is there to read this")

    def reached(self, running: Callable[[], bool]) -> bool:
        """Waits until the call is held; false when the run ended without it."""
        while running():
            if self._reached.wait(0.02):
                return True
        return self._reached.is_set()

    def open(self) -> None:
        self._open.set()

    def _hold(self) -> None:
        self._reached.set()
        self._open.wait(SECONDS)

    def _is_it(self, sent: Sent) -> bool:
        if sent.operation != self._point.operation or not sent.resource.endswith(self._point.table):
            return False
        with self._lock:
            self._count += 1
            return self._count == self._point.number
