# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a condition holds for an item, by the rules of DynamoDB, without asking it. Pure.

Rules: Developer Guide, "Condition and filter expressions, operators, and functions" and "Data types".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..expressions import (
    AND,
    BETWEEN,
    IN,
    Call,
    Comparison,
    Condition,
    Junction,
    Negation,
    Operand,
    Parameter,
    Path,
    Size,
)

Typed = Mapping[str, Any]
Item = Mapping[str, Typed]
SETS = ("SS", "NS", "BS")
ORDERED = ("S", "N", "B")


def holds(condition: Condition, item: Item, values: Mapping[str, Typed]) -> bool:
    """Whether it holds. values: the typed values of its parameters, by name."""
    if isinstance(condition, Junction):
        each = (holds(part, item, values) for part in condition.conditions)
        return all(each) if condition.operator == AND else any(each)
    if isinstance(condition, Negation):
        return not holds(condition.condition, item, values)
    if isinstance(condition, Call):
        return _call(condition, item, values)
    return _comparison(condition, item, values)


def sort_value(typed: Typed) -> Any:
    """What DynamoDB orders a value of a sort key by: numbers as numbers, texts as their UTF-8 bytes."""
    ((kind, value),) = typed.items()
    if kind == "N":
        return Decimal(value)
    return value.encode() if kind == "S" else bytes(value)


def _comparison(term: Comparison, item: Item, values: Mapping[str, Typed]) -> bool:
    left, *right = (_value(operand, item, values) for operand in (term.left, *term.right))
    if term.operator == IN:
        return any(_equal(left, each) for each in right)
    if term.operator == BETWEEN:
        return _ordered(">=", left, right[0]) and _ordered("<=", left, right[1])
    if term.operator == "=":
        return _equal(left, right[0])
    if term.operator == "<>":
        return not _equal(left, right[0])
    return _ordered(term.operator, left, right[0])


def _call(term: Call, item: Item, values: Mapping[str, Typed]) -> bool:
    found = at(term.path, item)
    if term.function == "attribute_exists":
        return found is not None
    if term.function == "attribute_not_exists":
        return found is None
    argument = _value(term.arguments[0], item, values)
    if found is None or argument is None:
        return False
    if term.function == "attribute_type":
        return argument.get("S") in found
    if term.function == "begins_with":
        return _begins_with(found, argument)
    return _contains(found, argument)


def _begins_with(found: Typed, argument: Typed) -> bool:
    kind = _kind(found)
    if kind not in ("S", "B") or kind != _kind(argument):
        return False
    return bool(_bytes(found, kind).startswith(_bytes(argument, kind)))


def _contains(found: Typed, argument: Typed) -> bool:
    kind = _kind(found)
    if kind in ("S", "B"):
        return kind == _kind(argument) and _bytes(argument, kind) in _bytes(found, kind)
    if kind in SETS:
        return any(_equal({kind[0]: each}, argument) for each in found[kind])
    return kind == "L" and any(_equal(each, argument) for each in found["L"])


def _value(operand: Operand, item: Item, values: Mapping[str, Typed]) -> Typed | None:
    if isinstance(operand, Parameter):
        return values[operand.name]
    if isinstance(operand, Size):
        return size_of(at(operand.path, item))
    return at(operand, item)


def at(path: Path, item: Item) -> Typed | None:
    """What an item has at a path; C(None) for nothing."""
    found: Typed | None = item.get(path.attribute)
    for part in path.parts[1:]:
        if found is None:
            return None
        if isinstance(part, int):
            elements = found.get("L", ())
            found = elements[part] if part < len(elements) else None
        else:
            found = found.get("M", {}).get(part)
    return found


def size_of(found: Typed | None) -> Typed | None:
    """Its size; C(None) for what has none."""
    kind = _kind(found) if found else ""
    return {"N": str(len(found[kind]))} if found and kind in ("S", "B", "L", "M", *SETS) else None


def _equal(one: Typed | None, other: Typed | None) -> bool:
    if one is None or other is None or _kind(one) != _kind(other):
        return False
    return bool(_comparable(one) == _comparable(other))


def _ordered(operator: str, one: Typed | None, other: Typed | None) -> bool:
    if one is None or other is None or _kind(one) != _kind(other) or _kind(one) not in ORDERED:
        return False
    left, right = sort_value(one), sort_value(other)
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _comparable(typed: Typed) -> Any:
    ((kind, value),) = typed.items()
    if kind == "N":
        return Decimal(value)
    if kind == "NS":
        return {Decimal(each) for each in value}
    if kind in SETS:
        return set(value)
    if kind == "L":
        return [(_kind(each), _comparable(each)) for each in value]
    if kind == "M":
        return {name: (_kind(each), _comparable(each)) for name, each in value.items()}
    return value


def _bytes(typed: Typed, kind: str) -> Any:
    return typed[kind].encode() if kind == "S" else bytes(typed[kind])


def _kind(typed: Typed) -> str:
    return next(iter(typed))
