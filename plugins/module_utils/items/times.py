# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps of items, and how long an item is kept. Pure.

A year is a calendar year: what was written on 3 May 2020 at noon and is kept for C(7y) expires on 3 May 2027 at noon. A
day that the later month does not have becomes the first of the month after it, so nothing expires early.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..arguments import DefinitionError

ISO, SECONDS, MILLISECONDS, AUTO = "iso8601", "epoch_seconds", "epoch_milliseconds", "auto"
FORMATS = (AUTO, ISO, SECONDS, MILLISECONDS)

RETENTION = re.compile(r"([1-9][0-9]{0,5})(y|mo|w|d|h)")
HOURS = {"w": 24 * 7, "d": 24, "h": 1}
MONTHS = {"y": 12, "mo": 1}

# "2024-05-03", "2024-05-03T10:11:12", with a fraction, with "Z", "+05:30", "+0530" or "+05".
STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?", re.IGNORECASE
)
NUMBER = re.compile(r"([0-9]{1,16})(?:\.[0-9]+)?")
# As seconds the year 5138, as milliseconds March 1973: a number tells by itself which it is.
FIRST_MILLISECONDS = 100_000_000_000
LAST_YEAR = 9999


@dataclass(frozen=True)
class Retention:
    """How long an item is kept, counted from its timestamp."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    def after(self, moment: datetime) -> datetime | None:
        """The end of it; C(None) beyond the year 9999."""
        try:
            if self.unit in HOURS:
                return moment + timedelta(hours=self.count * HOURS[self.unit])
            return _months_after(moment, self.count * MONTHS[self.unit])
        except (OverflowError, ValueError):
            return None


def parse_retention(text: str) -> Retention:
    """Reads C(7y), C(18mo), C(6w), C(90d), C(12h). Raises DefinitionError."""
    found = RETENTION.fullmatch(text.strip().lower())
    if not found:
        raise DefinitionError(
            [f"retention: {text!r} is none; give a whole number and y, mo, w, d or h: '7y', '18mo', '90d'"]
        )
    return Retention(int(found[1]), found[2])


def moment_of(value: Mapping[str, Any], form: str) -> datetime | None:
    """The moment that an attribute's value tells, in UTC, fractions of a second dropped; C(None) where it tells none.

    value: as DynamoDB writes it, C({"S": "2024-05-03T10:11:12Z"}). A time without a zone is UTC.
    """
    text = str(value.get("S") or value.get("N") or "").strip()
    number = NUMBER.fullmatch(text)
    if form == AUTO:
        form = ISO if not number else (MILLISECONDS if int(number[1]) >= FIRST_MILLISECONDS else SECONDS)
    try:
        if form == ISO:
            return _iso(text)
        if not number:
            return None
        return datetime.fromtimestamp(int(number[1]) // (1000 if form == MILLISECONDS else 1), timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    found = STAMP.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    # A leap second is the second after it.
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone.utc)
    return moment + timedelta(seconds=second - min(second, 59)) - _offset(found[7])


def _offset(zone: str | None) -> timedelta:
    if not zone or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        raise ValueError(zone)
    east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -east if zone[0] == "-" else east


def _months_after(moment: datetime, months: int) -> datetime:
    later = moment.month - 1 + months
    year, month = moment.year + later // 12, later % 12 + 1
    try:
        return moment.replace(year=year, month=month)
    except ValueError:
        if year > LAST_YEAR:
            raise
        # 29 February plus a year; 31 August plus six months. December has 31 days, so the month after is in the year.
        return moment.replace(year=year, month=month + 1, day=1)
