# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call that the server got, in memory."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 100_000


@dataclass(frozen=True)
class Entry:
    """One call and how it was answered. time is the server's clock, which may run ahead."""

    time: str
    service: str
    region: str
    operation: str
    table: str
    status: int
    write: bool
    # The error's code and text; empty for a success.
    error: str = ""
    message: str = ""
    # What an UpdateTable changes, in a few words.
    detail: str = ""
    request: dict[str, Any] = field(default_factory=dict)


class CallLog:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
