# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a walk is, as a small file that whoever started the module may read while it runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .journal import write_whole

SECONDS_BETWEEN = 0.5


@dataclass(frozen=True)
class Progress:
    """How far it is.

    table: its name. segments: how many this process owns. segments_done: how many of them are done. scanned: items that
    AWS looked at, with those of earlier runs. expected: how many there may be; AWS counts every six hours.
    seconds: since this run began. scanned_before: items of earlier runs. counts: verdicts. write_units: consumed.
    """

    table: str
    segments: int
    segments_done: int
    scanned: int
    expected: int
    seconds: float
    scanned_before: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    write_units: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate; C(None) where there is nothing to go by."""
        done = self.scanned - self.scanned_before
        if self.segments_done == self.segments:
            return 0.0
        if done <= 0 or self.seconds <= 0 or self.expected <= self.scanned:
            return None
        return (self.expected - self.scanned) * self.seconds / done

    def line(self) -> str:
        """One line for the terminal."""
        counted = ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(self.counts.items()) if count
        )
        rate = f"{(self.scanned - self.scanned_before) / self.seconds:,.0f} items/s" if self.seconds > 0 else ""
        units = f"{self.write_units / self.seconds:,.0f} write units/s" if self.write_units and self.seconds > 0 else ""
        left = self.seconds_left
        about = f"about {_duration(left)} left" if left else ""
        of_all = f" of about {self.expected:,}" if self.expected >= self.scanned and self.expected else ""
        parts = [f"{self.scanned:,}{of_all} items", counted, rate, units, about]
        segments = f"{self.segments_done}/{self.segments} segments"
        return f"{self.table}: {segments}, {', '.join(part for part in parts if part)}"


def parse_progress(text: str) -> Progress:
    """Reads what C(ProgressFile) wrote. Raises ValueError, TypeError."""
    return Progress(**json.loads(text))


class ProgressFile:
    """Writes the file, not too often. path: C(None) writes none. now: the time in seconds."""

    def __init__(self, path: Path | None, now: Callable[[], float]):
        self._path, self._now = path, now
        self._lock = threading.Lock()
        self._next = now()

    def tell(self, progress: Progress) -> None:
        """Writes how far it is. A file that cannot be written hinders no work, and is not tried again."""
        if self._path is None or not self._lock.acquire(blocking=False):
            return
        try:
            if self._now() >= self._next:
                self._next = self._now() + SECONDS_BETWEEN
                write_whole(self._path, json.dumps(vars(progress)), durable=False)
        except OSError:
            self._path = None
        finally:
            self._lock.release()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
