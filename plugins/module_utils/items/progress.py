# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a walk is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    def percent(self) -> float | None:
        """An estimate; C(None) where there is nothing to go by."""
        if self.segments_done == self.segments:
            return 100.0
        return min(99.0, 100 * self.scanned / self.expected) if self.expected else None

    @property
    def seconds_left(self) -> float | None:
        """An estimate; C(None) where there is nothing to go by."""
        done = self.scanned - self.scanned_before
        if self.segments_done == self.segments:
            return 0.0
        if done <= 0 or self.seconds <= 0 or self.expected <= self.scanned:
            return None
        return (self.expected - self.scanned) * self.seconds / done

    @property
    def parts(self) -> tuple[str, ...]:
        """What is told of it, what matters most first."""
        percent, left = self.percent, self.seconds_left
        running = self.seconds > 0
        of_all = f" of about {self.expected:,}" if self.expected >= self.scanned and self.expected else ""
        counted = ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(self.counts.items()) if count
        )
        parts = (
            f"{percent:.0f} %" if percent is not None else "",
            f"about {_duration(left)} left" if left else "",
            f"{self.scanned:,}{of_all} items",
            f"{self.segments_done}/{self.segments} segments",
            counted,
            f"{(self.scanned - self.scanned_before) / self.seconds:,.0f} items/s" if running else "",
            f"{self.write_units / self.seconds:,.0f} write units/s" if running and self.write_units else "",
        )
        return tuple(part for part in parts if part)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60 % 60, whole // 3600
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
