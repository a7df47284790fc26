# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of an archived entry, and the conditional writes that set and remove them. Pure.

Every write has the condition that each attribute still is what was read, so nobody's change is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..items.keys import Item, to_json

ARCHIVED, TIMESTAMP, OBJECT = "archived", "archive_timestamp", "archive_object"
# The names of attributes that were taken out of the entry; only where there are some.
STRIPPED = "archive_stripped"
MARKS = (ARCHIVED, TIMESTAMP, OBJECT, STRIPPED)
TRUE = {"BOOL": True}

# Developer Guide, "Constraints in Amazon DynamoDB": of one expression.
MOST_OPERATORS = 300
MOST_BYTES = 4096


@dataclass
class Expression:
    """Conditions and an update, with placeholders for names and values."""

    conditions: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    removes: list[str] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    def equals(self, name: str, value: Any) -> None:
        """The attribute must be this."""
        self.conditions.append(f"{self._name(name)} = {self._value(value)}")

    def exists(self, name: str) -> None:
        """The attribute must be there."""
        self.conditions.append(f"attribute_exists({self._name(name)})")

    def absent(self, name: str) -> None:
        """The attribute must not be there."""
        self.conditions.append(f"attribute_not_exists({self._name(name)})")

    def set(self, name: str, value: Any) -> None:
        """The attribute becomes this."""
        self.sets.append(f"{self._name(name)} = {self._value(value)}")

    def remove(self, name: str) -> None:
        """The attribute goes."""
        self.removes.append(self._name(name))

    @property
    def fits(self) -> bool:
        """Whether AWS takes expressions so long."""
        # Each condition has an operator or a function, and an AND before the next one.
        conditions = 2 * len(self.conditions) - 1 <= MOST_OPERATORS and len(self._condition) <= MOST_BYTES
        return conditions and len(self.sets) <= MOST_OPERATORS and len(self._update) <= MOST_BYTES

    def update(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of UpdateItem, but for the table."""
        arguments = {
            "Key": key,
            "UpdateExpression": self._update,
            "ConditionExpression": self._condition,
            "ExpressionAttributeNames": {alias: name for name, alias in self._names.items()},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {**arguments, "ExpressionAttributeValues": self._values} if self._values else arguments

    @property
    def _condition(self) -> str:
        return " AND ".join(self.conditions)

    @property
    def _update(self) -> str:
        parts = [("SET", self.sets), ("REMOVE", self.removes)]
        return " ".join(f"{word} {', '.join(each)}" for word, each in parts if each)

    def _name(self, name: str) -> str:
        return self._names.setdefault(name, f"#{len(self._names)}")

    def _value(self, value: Any) -> str:
        alias = f":{len(self._values)}"
        self._values[alias] = value
        return alias


def is_archived(item: Item) -> bool:
    """Whether an entry says that it is archived."""
    return item.get(ARCHIVED) == TRUE


def candidates() -> dict[str, Any]:
    """Arguments of a Scan for what is not archived yet."""
    return {
        "FilterExpression": "attribute_not_exists(#archived) OR #archived <> :true",
        "ExpressionAttributeNames": {"#archived": ARCHIVED},
        "ExpressionAttributeValues": {":true": TRUE},
    }


def mark(item: Item, key_names: Sequence[str], place: str, now: str, strip: Sequence[str]) -> Expression:
    """Marks an entry whose item, as it was read, is archived at a place.

    now: the time of the mark, ISO 8601. strip: attributes to take out of the entry.
    """
    found = Expression()
    found.exists(key_names[0])
    for name, value in item.items():
        if name not in key_names:
            found.equals(name, value)
    # Somebody may add what was not there when it was read, and it would be lost.
    for name in (*MARKS, *strip):
        if name not in item:
            found.absent(name)
    stripped = [name for name in strip if name in item]
    found.set(ARCHIVED, TRUE)
    found.set(TIMESTAMP, {"S": now})
    found.set(OBJECT, {"S": place})
    if stripped:
        found.set(STRIPPED, {"SS": stripped})
    elif STRIPPED in item:
        found.remove(STRIPPED)
    for name in stripped:
        found.remove(name)
    return found


@dataclass(frozen=True)
class Difference:
    """What an entry has that its archived copy has not, and the other way round.

    missing: attributes to come back. changed: those that are different now. added: those that came later.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]


def difference(entry: Item, copy: Item, key_names: Sequence[str]) -> Difference:
    """Compares an archived entry with its copy; an attribute that was taken out for the archive is no change."""
    stripped = set(entry.get(STRIPPED, {}).get("SS", ()))
    plain = [name for name in copy if name not in (*key_names, *MARKS)]
    gone = [name for name in plain if name not in entry and name not in stripped]
    changed = [name for name in plain if name in entry and not same(entry[name], copy[name])]
    added = [name for name in entry if name not in copy and name not in (*key_names, *MARKS)]
    return Difference(
        tuple(name for name in plain if name not in entry), tuple(dict.fromkeys([*gone, *changed])), tuple(added)
    )


def unmark(entry: Item, copy: Item, key_names: Sequence[str], exact: bool) -> Expression:
    """Makes an archived entry what its copy is.

    exact: whether attributes that were added or changed since become as they were archived, too.
    """
    found = Expression()
    found.exists(key_names[0])
    for name, value in entry.items():
        if name not in key_names:
            found.equals(name, value)
    differs = difference(entry, copy, key_names)
    for name in dict.fromkeys([*differs.missing, *(differs.changed if exact else ())]):
        if name not in entry:
            found.absent(name)
        found.set(name, copy[name])
    for name in MARKS:
        if name in copy:
            found.set(name, copy[name])
        elif name in entry:
            found.remove(name)
    for name in differs.added if exact else ():
        found.remove(name)
    return found


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two values are one; the order of a set means nothing."""
    return bool(_sorted(to_json({"v": one})["v"]) == _sorted(to_json({"v": other})["v"]))


def _sorted(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: _sorted_value(kind, value) for kind, value in typed.items()}


def _sorted_value(kind: str, value: Any) -> Any:
    if kind in ("SS", "NS", "BS"):
        return sorted(value)
    if kind == "L":
        return [_sorted(each) for each in value]
    if kind == "M":
        return {name: _sorted(each) for name, each in value.items()}
    return value
