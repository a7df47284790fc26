# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that many tables ask for at the same time, such as that about their common key: read once for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .state import Read

# Nobody sees that an answer is so old: reads lag as much behind changes.
KEPT_SECONDS = 3.0

Answer = Mapping[str, Any]


@dataclass
class _Place:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer | None = None
    at: float = 0.0


class Kept:
    """The answers. Whoever asks for one that is being read waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str, str], _Place] = {}

    def answer(self, read: Read, ask: Callable[[Read], Answer | None], now: Callable[[], float]) -> Answer | None:
        """The answer of a read. ask: makes it; what it raises, or that there is no such thing, is not kept."""
        with self._lock:
            key = read.service, read.operation, repr(sorted(read.arguments.items()))
            place = self._places.setdefault(key, _Place())
        with place.lock:
            if place.answer is None or now() > place.at + KEPT_SECONDS:
                place.answer = ask(read)
                place.at = now()
            return place.answer
