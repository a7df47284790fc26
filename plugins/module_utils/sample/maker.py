# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole items, each made of the seed and its number alone: any of them at any time, in any order. Pure.

What belongs together in an item is read off the names of its attributes; docs/runbooks/sample_data.md lists the rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..items.times import AUTO, moment_of
from .described import Attribute, Described
from .identities import BLOCK, Identities, KeyMaker, capacity, digest
from .moments import written
from .values import MOST_ELEMENTS, Values

ENDING = re.compile("(ed|e|ing|ion|s)$")
LEVEL, SCORE, FORMAT = "_level", "_score", "_format"
# Of a group of attributes that items may lack, so many have it.
SHARE = 0.6
Typed = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The tables of a seed, those that are not written included: what they share is made without reading any."""

    tables: Sequence[Described]
    identities: Identities

    def owner(self, name: str) -> Described | None:
        """The table whose key an attribute is."""
        return next((table for table in self.tables if table.keys == (name,)), None)

    def groups(self, name: str) -> bool:
        """Whether items of some table belong together by an attribute."""
        return any(name in table.grouped for table in self.tables)


@dataclass
class _Item:
    """An item in the making. moment: the newest of its times so far. parts: the optional groups that it has."""

    number: int
    moment: datetime
    parts: Mapping[str, bool]
    typed: Typed = field(default_factory=dict)


class ItemMaker:
    """Makes the items of a table."""

    def __init__(self, world: World, table: Described, values: Values) -> None:
        self.keys = KeyMaker(table, world.identities)
        self._world, self._table, self._values = world, table, values
        self._identities = world.identities
        self._attributes = {name: table.attributes[name] for name in self._order()}
        self._main = self._main_time()

    def item(self, number: int) -> Typed:
        """The item of this number."""
        self._values.begin(digest(self._identities.seed, "item", self._table.name, number))
        item = _Item(number, self._began(number), self._parts())
        item.typed.update(self.keys.key(number))
        item.moment = moment_of(item.typed.get(self._main, {}), AUTO) or item.moment
        for name, attribute in self._attributes.items():
            if name not in item.typed and (not attribute.optional or item.parts[stem(name)]):
                item.typed[name] = self._value(name, attribute, item)
        self._expire(item)
        # In the order of the definition, whatever depends on what.
        names = dict.fromkeys((*self._table.attributes, *item.typed))
        return {name: item.typed[name] for name in names if name in item.typed}

    def expires(self, number: int) -> int | None:
        """When an item expires, in Unix seconds; C(None) for never."""
        expiry = self._table.expiry
        found = self.item(number).get(expiry.attribute, {}).get("N") if expiry else None
        return int(found) if found else None

    def _order(self) -> list[str]:
        """The main time before the others, what depends on another attribute after it; else as they are declared."""
        names = [name for name in self._table.attributes if not self._is_expiry(name)]
        main = self._main_time()
        return sorted(names, key=lambda name: 0 if name == main else 2 if self._depends(name) else 1)

    def _is_expiry(self, name: str) -> bool:
        return bool(self._table.expiry and self._table.expiry.attribute == name)

    def _depends(self, name: str) -> bool:
        known = self._table.attributes
        return bool(banding(name, known)) or name.endswith("_name")

    def _main_time(self) -> str:
        """The attribute that tells when the item came to be."""
        expiry = self._table.expiry
        if expiry and expiry.timestamp in self._table.attributes:
            return expiry.timestamp
        return next((name for name, each in self._table.attributes.items() if each.is_time and not each.optional), "")

    def _parts(self) -> dict[str, bool]:
        """Which of the attributes that items may lack this one has: those of one stem come together."""
        stems = dict.fromkeys(stem(name) for name, each in self._attributes.items() if each.optional)
        return {each: self._values.rng.random() < SHARE for each in stems}

    def _began(self, number: int) -> datetime:
        lead = next((name for name in self._table.grouped), None)
        bits = (
            digest(self._identities.seed, "began", lead, self._group(lead, number))
            if lead
            else digest(self._identities.seed, "began", self._table.name, number)
        )
        began = self._identities.calendar.group(bits, self._table.position)
        return self._identities.calendar.main(began, self._values.rng)

    def _group(self, name: str, number: int) -> int:
        if name in self._table.keys:
            return self.keys.number(name, number)
        return self._identities.group(self._table, name, number)

    def _value(self, name: str, attribute: Attribute, item: _Item) -> Typed:
        known = self._known(name, attribute, item)
        if known is not None:
            return known
        if name == self._main or attribute.is_time:
            return self._time(name, attribute, item)
        if attribute.type == "BOOL" and stem(name) in item.parts and not attribute.optional:
            return {"BOOL": item.parts[stem(name)]}
        if attribute.type in ("M", "L"):
            return self._part(attribute, item, 0)
        return self._dependent(name, attribute, item) or self._values.value(attribute)

    def _known(self, name: str, attribute: Attribute, item: _Item, place: int = 0) -> Typed | None:
        """The value of an attribute by which items of this or another table are known; C(None) for others."""
        if not attribute.can_identify:
            return None
        owner = self._world.owner(name)
        if owner and name not in self._table.grouped:
            return self._identities.value(name, attribute, self._reference(owner, item, place))
        if not owner and not self._world.groups(name):
            return None
        number = self._identities.group(self._table, name, item.number)
        return self._identities.value(name, attribute, number % (capacity(attribute) or number + 1))

    def _reference(self, owner: Described, item: _Item, place: int) -> int:
        """The number of an item of another table: one that belongs to the same group, if there is such a group."""
        lead = next((name for name in self._table.grouped if name in owner.grouped), None)
        if lead:
            members = self._identities.members(owner, lead, self._group(lead, item.number))
            # Those that a table with as many items as this one has.
            members = [each for each in members if each <= item.number] or members
            return members[place % len(members)]
        first = item.number // BLOCK * BLOCK
        return first + int(self._values.rng.random() * (item.number - first + 1))

    def _time(self, name: str, attribute: Attribute, item: _Item) -> Typed:
        if name != self._main:
            item.moment = self._identities.calendar.later(item.moment, self._values.rng)
        return written(attribute, item.moment)

    def _fields(self, fields: Mapping[str, Attribute], item: _Item, place: int) -> Typed:
        made = {}
        for name, attribute in fields.items():
            if not attribute.optional or self._values.rng.random() < SHARE:
                known = self._known(name, attribute, item, place)
                made[name] = known if known is not None else self._part(attribute, item, place)
        return made

    def _part(self, attribute: Attribute, item: _Item, place: int) -> Typed:
        if attribute.is_time:
            return written(attribute, item.moment)
        if attribute.type == "M":
            return {"M": self._fields(attribute.fields, item, place) if attribute.fields else self._values.plain_map()}
        if attribute.type == "L":
            return {"L": self._elements(attribute.elements, item)}
        return self._values.value(attribute)

    def _elements(self, element: Attribute | None, item: _Item) -> list[Typed]:
        if element is None:
            return []
        if element.values:
            count = int(self._values.rng.random() * (min(MOST_ELEMENTS, len(element.values)) + 1))
            return [{element.type: value} for value in self._values.rng.sample(element.values, count)]
        count = 1 + int(self._values.rng.random() * MOST_ELEMENTS)
        made = [self._part(element, item, place) for place in range(count)]
        # Of a group with few items, one may have come twice.
        return [each for place, each in enumerate(made) if each not in made[:place]]

    def _dependent(self, name: str, attribute: Attribute, item: _Item) -> Typed | None:
        band = banding(name, self._table.attributes)
        if band and band in item.typed:
            score = self._table.attributes[band]
            return {"S": level(attribute.values, score, float(item.typed[band]["N"]))}
        if name.endswith("_name") and attribute.format == "file_name":
            extension = item.typed.get(name.removesuffix("_name") + FORMAT, {}).get("S", "pdf")
            return {"S": self._values.file_name(extension.lower())}
        return None

    def _expire(self, item: _Item) -> None:
        expiry = self._table.expiry
        if not expiry or not expiry.retention or expiry.timestamp not in item.typed:
            return
        moment = moment_of(item.typed[expiry.timestamp], AUTO)
        end = moment and expiry.retention.after(moment)
        if end:
            item.typed[expiry.attribute] = {"N": str(int(end.timestamp()))}


def stem(name: str) -> str:
    """What names of attributes that belong together begin with: C(review) of reviewed_by and review_notes."""
    return ENDING.sub("", name.partition("_")[0])


def banding(name: str, attributes: Mapping[str, Attribute]) -> str:
    """The score that a level belongs to, as risk_score for risk_level; empty for none."""
    score = attributes.get(name.removesuffix(LEVEL) + SCORE)
    if not name.endswith(LEVEL) or not attributes[name].values or score is None or score.type != "N":
        return ""
    return "" if score.minimum is None or score.maximum is None else name.removesuffix(LEVEL) + SCORE


def level(values: Sequence[str], score: Attribute, found: float) -> str:
    """The level of a score: the range of the score in as many equal parts as there are levels, in their order."""
    low, high = score.minimum or 0.0, score.maximum or 0.0
    part = int((found - low) / (high - low) * len(values)) if high > low else 0
    return values[min(part, len(values) - 1)]
