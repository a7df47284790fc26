# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas of one table's incarnation: how often a setting may change, and when it may change again. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import ServiceError, iso, limit, long_date, validation
from .profiles import Windows

DECREASES_AT_ANY_TIME = 4
ENCRYPTION_CHANGES = 4
CLASS_CHANGES = 2
ON_DEMAND_SWITCHES = 4


@dataclass
class Decreases:
    """Throughput decreases of one table or index: four a UTC day at any time, then one an hour."""

    times: list[float] = field(default_factory=list)

    def today(self, now: float, windows: Windows) -> int:
        start = _day_start(now, windows)
        return sum(1 for moment in self.times if moment >= start)

    def check(self, now: float, windows: Windows) -> None:
        count = self.today(now, windows)
        if count < DECREASES_AT_ANY_TIME:
            return
        last = self.times[-1]
        again = min(last + windows.decrease_interval, _day_start(now, windows) + windows.day)
        if now >= again:
            return
        raise limit(
            "Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each "
            "subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. "
            f"Number of decreases today: {count}. Last decrease at {long_date(last)}. "
            f"Next decrease can be made at {long_date(again)}"
        )

    def record(self, now: float) -> None:
        self.times.append(now)


def _day_start(now: float, windows: Windows) -> float:
    return math.floor(now / windows.day) * windows.day if windows.day else now


@dataclass
class Changes:
    """The changes of one setting that counts them."""

    times: list[float] = field(default_factory=list)

    def record(self, now: float) -> None:
        self.times.append(now)

    def within(self, now: float, window: float) -> list[float]:
        return [moment for moment in self.times if moment > now - window]


def check_encryption(changes: Changes, now: float, windows: Windows) -> None:
    """Four changes in the 24 hours that begin with the first one, then one more where the last six hours had none."""
    start, inside = 0.0, list[float]()
    for moment in changes.times:
        if not inside or moment >= start + windows.encryption_window:
            start, inside = moment, []
        inside.append(moment)
    end = start + windows.encryption_window
    if len(inside) < ENCRYPTION_CHANGES or now >= end:
        return
    again = min(inside[-1] + windows.encryption_interval, end)
    if now >= again:
        return
    raise limit(
        f"Encryption mode changes are limited in the 24h window ending at {iso(end)}Z. After the first 4 change, each "
        "subsequent change in the same window can be performed at most once every 21600 seconds. Number of updates "
        f"today: {len(inside)}. Last change at {iso(inside[-1])}Z. Next changes can be made at {iso(again)}Z."
    )


def check_class(changes: Changes, now: float, windows: Windows) -> None:
    if len(changes.within(now, windows.class_window)) >= CLASS_CHANGES:
        raise limit("Updates to TableClass are limited to 2 times in 30 day(s).")


def check_on_demand_switch(changes: Changes, now: float, windows: Windows) -> None:
    """The text is known from the time when one switch a day was allowed."""
    recent = changes.within(now, windows.billing_window)
    if len(recent) >= ON_DEMAND_SWITCHES:
        raise limit(
            f"Update to PayPerRequest mode are limited to {ON_DEMAND_SWITCHES} times in 1 day(s). Last update at "
            f"{long_date(recent[-1])}. Next update can be made at {long_date(recent[0] + windows.billing_window)}"
        )


def check_ttl(last_change: float | None, now: float, windows: Windows) -> None:
    if last_change is not None and now < last_change + windows.ttl_interval:
        raise validation("Time to live has been modified multiple times within a fixed interval")


def check_cooldown(
    last_change: float | None, now: float, seconds: float, refuse: Callable[[str], ServiceError]
) -> None:
    """A setting that may not change again for some seconds; the refusal names the moment when it may."""
    if last_change is not None and now < last_change + seconds:
        raise refuse(iso(last_change + seconds))
