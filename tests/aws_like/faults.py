# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on order: an error, a delay, or a connection that breaks, before or after the call has had its effect."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

WHENS = ("before", "after")


class ConnectionBroken(Exception):  # noqa: N818 - nothing went wrong: it was ordered
    """The caller gets no answer."""


@dataclass
class Fault:
    """The next `times` calls that match get it."""

    operation: str = "*"
    table: str = "*"
    times: int = 1
    # after: the call does its work first; the caller does not learn of it.
    when: str = "before"
    code: str = "InternalServerError"
    message: str = "Internal server error"
    status: int = 500
    reset: bool = False

    def __post_init__(self) -> None:
        if self.when not in WHENS:
            raise ValueError(f"when is {self.when!r}, not one of {', '.join(WHENS)}")

    def matches(self, operation: str, table: str, when: str) -> bool:
        named = fnmatch.fnmatchcase(operation, self.operation) and fnmatch.fnmatchcase(table, self.table)
        return named and self.when == when and self.times > 0


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def order(self, given: Mapping[str, Any]) -> None:
        unknown = sorted(set(given) - {each.name for each in fields(Fault)})
        if unknown:
            raise ValueError(f"no such member of a fault: {', '.join(unknown)}")
        with self._lock:
            self._faults.append(Fault(**given))

    def take(self, operation: str, table: str, when: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation, table, when):
                    fault.times -= 1
                    return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
