# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When things happened: a year of sample data before a fixed moment. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .described import Attribute

SPREAD = timedelta(days=300)
# Tables further down in the definitions have later times: an audit comes after its documents.
BETWEEN_TABLES = timedelta(days=10)
MOST_TABLES = 4
WITHIN_TABLE = timedelta(days=7)
BETWEEN_STEPS = timedelta(days=2)
# Between two items that are told apart by their time.
STEP = timedelta(seconds=37)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """newest: the newest moment there is."""

    newest: datetime

    DATES = 365 * 20

    def group(self, bits: int, position: int) -> datetime:
        """When the items of a group began, in a table of this position."""
        # Room for all that follows.
        last = self.newest - BETWEEN_TABLES * (MOST_TABLES + 1) - WITHIN_TABLE
        return last - SPREAD * (bits % 2**32 / 2**32) + BETWEEN_TABLES * min(position, MOST_TABLES)

    def main(self, began: datetime, rng: random.Random) -> datetime:
        """When an item of the group came to be."""
        return began + WITHIN_TABLE * rng.random()

    def later(self, moment: datetime, rng: random.Random) -> datetime:
        """What follows from it."""
        return min(self.newest, moment + timedelta(seconds=1) + BETWEEN_STEPS * rng.random() ** 4)

    def numbered(self, number: int, is_date: bool) -> datetime:
        """The moment of this number, or the day; another one for every number."""
        return self.newest - (DAY if is_date else STEP) * number


def parse_newest(text: str) -> datetime:
    """A day or a moment, UTC where it names no zone. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def written(attribute: Attribute, moment: datetime) -> dict[str, Any]:
    """A moment as the attribute holds it."""
    if attribute.type == "N":
        return {"N": str(int(moment.timestamp()))}
    if attribute.format == "date":
        return {"S": moment.strftime("%Y-%m-%d")}
    return {"S": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
