# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB's language of conditions: its trees, and their text. Pure.

Grammar: Developer Guide, "Condition and filter expressions, operators, and functions". Attribute names are written as
they are, those with other characters than letters, digits and '_' in double quotes; whoever sends an expression
replaces every name by a placeholder, so reserved words need no care.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

COMPARATORS = ("=", "<>", "<=", ">=", "<", ">")
BETWEEN, IN, AND, OR, NOT = "BETWEEN", "IN", "AND", "OR", "NOT"
KEYWORDS = (BETWEEN, IN, AND, OR, NOT)
SIZE = "size"
# Functions to how many arguments they take besides the attribute.
FUNCTIONS = {"attribute_exists": 0, "attribute_not_exists": 0, "attribute_type": 1, "begins_with": 1, "contains": 1}

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Path:
    """An attribute or a part of one: its name, then names of members and positions in lists."""

    parts: tuple[str | int, ...]

    @property
    def attribute(self) -> str:
        """The name of the item's attribute."""
        return str(self.parts[0])


@dataclass(frozen=True)
class Parameter:
    """A value that is given with the query, without its colon."""

    name: str


@dataclass(frozen=True)
class Size:
    """The size of an attribute."""

    path: Path


Operand: TypeAlias = Path | Parameter | Size


@dataclass(frozen=True)
class Comparison:
    """left operator right; BETWEEN has two at its right, IN one or more."""

    operator: str
    left: Operand
    right: tuple[Operand, ...]


@dataclass(frozen=True)
class Call:
    """A function that is a condition."""

    function: str
    path: Path
    arguments: tuple[Operand, ...] = ()


@dataclass(frozen=True)
class Negation:
    """NOT."""

    condition: Condition


@dataclass(frozen=True)
class Junction:
    """Two or more conditions joined by AND or by OR; none of them is joined by the same."""

    operator: str
    conditions: tuple[Condition, ...]


Condition: TypeAlias = Comparison | Call | Negation | Junction


def join(operator: str, conditions: list[Condition]) -> Condition:
    """Conditions joined by AND or OR; those that are joined by the same are taken apart."""
    flat: list[Condition] = []
    for condition in conditions:
        same = isinstance(condition, Junction) and condition.operator == operator
        flat += condition.conditions if same and isinstance(condition, Junction) else [condition]
    return flat[0] if len(flat) == 1 else Junction(operator, tuple(flat))


def terms(condition: Condition) -> Iterator[Comparison | Call]:
    """The comparisons and function calls of a condition, from left to right."""
    if isinstance(condition, Junction):
        for each in condition.conditions:
            yield from terms(each)
    elif isinstance(condition, Negation):
        yield from terms(condition.condition)
    else:
        yield condition


def operands(term: Comparison | Call) -> tuple[Operand, ...]:
    """What a term is about, from left to right."""
    return (term.path, *term.arguments) if isinstance(term, Call) else (term.left, *term.right)


def parameters(condition: Condition) -> tuple[str, ...]:
    """The names of the parameters of a condition, each once, as they come."""
    found = (each for term in terms(condition) for each in operands(term))
    return tuple(dict.fromkeys(each.name for each in found if isinstance(each, Parameter)))


def quoted(name: str) -> str:
    """An attribute's name as it is written in an expression."""
    plain = PLAIN_NAME.fullmatch(name) and name.upper() not in KEYWORDS
    return name if plain else f'"{name}"'


def render(condition: Condition, shown: Callable[[str], str] = quoted) -> str:
    """The text of a condition. shown: what stands for an attribute's name."""
    return _Renderer(shown).condition(condition, 0)


@dataclass(frozen=True)
class _Renderer:
    shown: Callable[[str], str]

    def condition(self, condition: Condition, holder: int) -> str:
        """holder: how strongly what stands around it binds; in parentheses where that is stronger."""
        if isinstance(condition, Junction):
            binding = 1 if condition.operator == OR else 2
            parts = (self.condition(each, binding) for each in condition.conditions)
            text = f" {condition.operator} ".join(parts)
            return f"({text})" if holder > binding else text
        if isinstance(condition, Negation):
            return f"{NOT} {self.condition(condition.condition, 3)}"
        if isinstance(condition, Call):
            arguments = ", ".join(self.operand(each) for each in operands(condition))
            return f"{condition.function}({arguments})"
        left, right = self.operand(condition.left), [self.operand(each) for each in condition.right]
        if condition.operator == BETWEEN:
            return f"{left} {BETWEEN} {right[0]} {AND} {right[1]}"
        if condition.operator == IN:
            return f"{left} {IN} ({', '.join(right)})"
        return f"{left} {condition.operator} {right[0]}"

    def operand(self, operand: Operand) -> str:
        if isinstance(operand, Parameter):
            return f":{operand.name}"
        if isinstance(operand, Size):
            return f"{SIZE}({self.operand(operand.path)})"
        first, *others = operand.parts
        members = (f"[{part}]" if isinstance(part, int) else f".{self.shown(part)}" for part in others)
        return f"{self.shown(str(first))}{''.join(members)}"
