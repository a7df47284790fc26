# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values by which items are told apart and belong together: made of the seed alone, the same in every table. Pure.

The seventh value of C(loan_application_id) is the same wherever an attribute has that name, so the items of several
tables belong together without any table being read. None of them comes from a library whose next version may make
another: a key that was written is found again by every later version.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from .described import Attribute, Described
from .moments import Calendar, written

# Of a block of so many items in a row, each of its groups has one of the first ones, the rest are spread by chance. So
# the groups of the first items do not depend on how many items follow.
BLOCK = 20
GROUPS = 4

ENDLESS = 2**63

UNGUESSABLE_FORMATS = ("", "uuid", "sha256", "arn", "uri", "text", "file_name", "email", "person")


class SampleError(Exception):
    """What is wanted cannot be made of what is documented."""


def digest(*parts: Any) -> int:
    """256 bits that these parts, and no others, give."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, parts)).encode()).digest(), "big")


def unguessable(attribute: Attribute) -> bool:
    """Whether nobody comes to the same value by chance: it carries 60 random bits and more."""
    return attribute.can_identify and (attribute.type == "B" or (attribute.type == "S" and _free(attribute)))


def _free(attribute: Attribute) -> bool:
    return attribute.format in UNGUESSABLE_FORMATS


@dataclass(frozen=True)
class Identities:
    """The values of a seed. calendar: for those that are times."""

    seed: str
    calendar: Calendar

    def value(self, name: str, attribute: Attribute, number: int) -> dict[str, Any]:
        """The value of this number of an attribute; another one for every number."""
        if attribute.values:
            return {attribute.type: attribute.values[number]}
        if attribute.is_time:
            return written(attribute, self.calendar.numbered(number, attribute.format == "date"))
        if attribute.type == "N":
            return {"N": str(int(attribute.minimum if attribute.minimum is not None else 1) + number)}
        bits = digest(self.seed, "value", name, number)
        if attribute.type == "B":
            return {"B": (bits & (2**128 - 1)).to_bytes(16, "big")}
        return {"S": _text(name, attribute.format, bits)}

    def group(self, table: Described, name: str, item: int) -> int:
        """The number of the value of a grouping attribute that an item has."""
        block, place = divmod(item, BLOCK)
        chosen = place if place < GROUPS else digest(self.seed, "group", table.name, name, item) % GROUPS
        return block * GROUPS + chosen

    def members(self, table: Described, name: str, group: int) -> list[int]:
        """The items of a table that have this value of a grouping attribute."""
        first = group // GROUPS * BLOCK
        return [item for item in range(first, first + BLOCK) if self.group(table, name, item) == group]


@dataclass(frozen=True)
class KeyMaker:
    """The keys of a table's items, each another.

    Where one attribute of the key has no end of values, it tells the items apart, the sort key before the partition
    key, and a partition key before it groups them. Otherwise both share the number of the item.
    """

    table: Described
    identities: Identities

    @property
    def capacity(self) -> int | None:
        """How many items there can be; C(None) for no end."""
        total = 1
        for name in self.table.keys:
            most = capacity(self.table.attributes[name])
            if most is None:
                return None
            total *= most
        return total

    @property
    def unguessable(self) -> bool:
        """Whether an item under such a key can only be one that was made of this seed."""
        return any(unguessable(self.table.attributes[name]) for name in self.table.keys)

    def number(self, name: str, item: int) -> int:
        """Which value of a key attribute an item has."""
        partition, *others = self.table.keys
        if not others:
            return item
        most = capacity(self.table.attributes[others[0]])
        if most is not None:
            return item // most if name == partition else item % most
        if name != partition:
            return item
        return self.identities.group(self.table, partition, item) % (
            capacity(self.table.attributes[partition]) or ENDLESS
        )

    def key(self, item: int) -> dict[str, dict[str, Any]]:
        """The key of an item."""
        return {
            name: self.identities.value(name, self.table.attributes[name], self.number(name, item))
            for name in self.table.keys
        }


def capacity(attribute: Attribute) -> int | None:
    """How many values there are; C(None) for no end."""
    if attribute.values:
        return len(attribute.values)
    if attribute.format == "date":
        return Calendar.DATES
    if attribute.type == "N" and attribute.maximum is not None:
        return max(1, int(attribute.maximum) - int(attribute.minimum if attribute.minimum is not None else 1) + 1)
    return None


def check_capacity(keys: KeyMaker, count: int) -> None:
    """Raises SampleError where there cannot be so many items."""
    most = keys.capacity
    if most is not None and count > most:
        listed = " and ".join(keys.table.keys)
        raise SampleError(
            f"{keys.table.name}: {listed}, as documented, tells {most:,} items apart, not {count:,}: "
            "give a smaller count"
        )


def _text(name: str, form: str, bits: int) -> str:
    short = f"{bits & (2**64 - 1):016x}"
    likes = {
        "uuid": lambda: str(uuid.UUID(int=bits & (2**128 - 1), version=4)),
        "sha256": lambda: f"{bits:064x}",
        "arn": lambda: f"arn:aws:s3:::example-{short}",
        "uri": lambda: f"https://example.com/{short}",
        "file_name": lambda: f"{short}.pdf",
        "email": lambda: f"{short}@example.com",
    }
    return likes[form]() if form in likes else f"{_stem(name)}-{short}"


def _stem(name: str) -> str:
    stem = name.removesuffix("_id").removesuffix("Id").removesuffix("id")
    return stem or name
