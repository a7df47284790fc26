# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that access patterns are run with: of items that are there, at the edges of ranges, of nothing. Pure.

Beside C(=) a value is an item's own; of C(BETWEEN) both are of items with the same partition key, so that something is
found and something is not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..access_pattern import AccessPattern, Source
from ..expressions import BETWEEN, IN, Call, Comparison, Operand, Parameter, Path, Size, operands, terms
from .evaluation import Item, Typed, at, size_of, sort_value

FOUND, EDGE, BEYOND, NOTHING = "found", "edge", "beyond", "nothing"
DEFAULTS: Mapping[str, Typed] = {"S": {"S": "none"}, "N": {"N": "0"}, "B": {"B": b"none"}, "BOOL": {"BOOL": True}}


@dataclass(frozen=True)
class Sample:
    """What a pattern is run with once. kind: why these. values: by parameter."""

    kind: str
    values: Mapping[str, Typed]


@dataclass(frozen=True)
class Sampler:
    """Draws samples. items: those that the source holds."""

    pattern: AccessPattern
    source: Source
    items: Sequence[Item]
    rng: random.Random

    def samples(self, count: int) -> Iterator[Sample]:
        """C(count) of each kind that the pattern has; those of the same values once."""
        drawn = [*self._of_items(count), self._nothing()]
        seen: list[Mapping[str, Typed]] = []
        for sample in drawn:
            if sample.values not in seen:
                seen.append(sample.values)
                yield sample

    def _of_items(self, count: int) -> Iterator[Sample]:
        if not self.items:
            return
        ranged = bool(self._ranges())
        for _each in range(count):
            item = self.rng.choice(self.items)
            yield Sample(FOUND, self._values(item, self._beside(item)))
            if ranged:
                yield Sample(EDGE, self._values(item, item))
        if ranged:
            item = self.rng.choice(self.items)
            yield Sample(BEYOND, self._beyond(item))

    def _beside(self, item: Item) -> Item:
        """Another item that has the same partition key."""
        return self.rng.choice(self._same(item))

    def _same(self, item: Item) -> list[Item]:
        return [each for each in self.items if all(each[name] == item[name] for name in self.source.partition)]

    def _ranges(self) -> list[Comparison]:
        found = (term for term in terms(self.pattern.key_condition) if isinstance(term, Comparison))
        return [term for term in found if term.operator != "="]

    def _values(self, item: Item, other: Item) -> dict[str, Typed]:
        """Values by which the item is found, where its attributes tell any. other: the end of a range."""
        values = {name: DEFAULTS[parameter.type] for name, parameter in self.pattern.parameters.items()}
        for condition in (self.pattern.key_condition, self.pattern.filter):
            for term in terms(condition) if condition else ():
                values.update(self._of_term(term, item, other))
        return values

    def _of_term(self, term: Comparison | Call, item: Item, other: Item) -> dict[str, Typed]:
        left, *right = operands(term)
        names = [each.name for each in right if isinstance(each, Parameter)]
        if isinstance(left, Parameter):
            names = [left.name]
            left = next((each for each in right if not isinstance(each, Parameter)), left)
        one, another = _known(left, item), _known(left, other)
        if one is None or another is None or not names:
            return {}
        if isinstance(term, Call):
            return self._of_call(term, one, names[0])
        if not {*one, *another} <= {self.pattern.parameters[name].type for name in names}:
            return {}
        if term.operator == BETWEEN and len(names) == 2:
            low, high = sorted((one, another), key=sort_value)
            return {names[0]: low, names[1]: high}
        spread = [one, another] if term.operator == IN else [one] * len(names)
        return dict(zip(names, [*spread, *[one] * len(names)], strict=False))

    def _of_call(self, term: Call, found: Typed, name: str) -> dict[str, Typed]:
        kind = self.pattern.parameters[name].type
        ((has, value),) = found.items()
        if term.function == "attribute_type":
            return {name: {"S": has}}
        if term.function == "begins_with" and has == kind:
            return {name: {kind: value[: max(1, len(value) // 2)]}}
        if term.function == "contains":
            return _contained(name, kind, has, value)
        return {}

    def _beyond(self, item: Item) -> dict[str, Typed]:
        """A range that begins behind the last item of a partition key."""
        values = self._values(item, item)
        for term in self._ranges():
            if isinstance(term.left, Path):
                last = _last(self._same(item), term.left.attribute)
                values = self._values(last, last)
            for operand in term.right:
                if isinstance(operand, Parameter):
                    values[operand.name] = after(values[operand.name])
        return values

    def _nothing(self) -> Sample:
        """A partition key that no item has."""
        item = self.rng.choice(self.items) if self.items else {}
        values = self._values(item, item)
        for term in terms(self.pattern.key_condition):
            left, *right = operands(term)
            first = right[0] if right else None
            if isinstance(left, Path) and left.attribute in self.source.partition and isinstance(first, Parameter):
                taken = [each[left.attribute] for each in self.items]
                values[first.name] = after(max(taken, key=sort_value)) if taken else values[first.name]
        return Sample(NOTHING, values)


def _last(items: Sequence[Item], name: str) -> Item:
    return max(items, key=lambda item: sort_value(item[name]))


def _known(operand: Operand, item: Item) -> Typed | None:
    """What an item has there; C(None) for nothing."""
    if isinstance(operand, Size):
        return size_of(at(operand.path, item))
    return at(operand, item) if isinstance(operand, Path) else None


def _contained(name: str, kind: str, has: str, value: Any) -> dict[str, Typed]:
    if has == kind and kind in ("S", "B"):
        return {name: {kind: value[: max(1, len(value) // 2)]}}
    if has in ("SS", "NS", "BS") and value:
        return {name: {kind: value[0]}}
    if has == "L" and value and kind in value[0]:
        return {name: dict(value[0])}
    return {}


def after(typed: Typed) -> Typed:
    """A value that comes after this one and that no item has, where this is the last."""
    ((kind, value),) = typed.items()
    if kind == "N":
        return {"N": str(Decimal(value) + 1)}
    return {kind: value + "~"} if kind == "S" else {kind: bytes(value) + b"\xff"} if kind == "B" else typed
