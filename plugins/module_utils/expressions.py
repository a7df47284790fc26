# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB's language of conditions: text to tree and back. Pure.

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

MAX_BYTES = 4096  # Service quotas, expression parameters
MAX_DEPTH = 50

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<parameter>:[A-Za-z0-9_]+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |"(?P<quoted>[^"]+)"
    |\[(?P<position>[0-9]+)\]
    |(?P<sign><>|<=|>=|[=<>(),.])""",
    re.VERBOSE,
)
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ExpressionError(Exception):
    """A text is no expression; the message says where and what was expected."""


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


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def parse(text: str) -> Condition:
    """The tree of a condition.

    Raises ExpressionError.
    """
    if len(text.encode()) > MAX_BYTES:
        raise ExpressionError(f"takes {len(text.encode()):,} bytes; AWS allows {MAX_BYTES:,}")
    parser = _Parser(text)
    condition = parser.junction(OR, 0)
    parser.end()
    return condition


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            hint = "; write the name itself, placeholders are made for it" if text[position] == "#" else ""
            raise ExpressionError(f"'{text[position]}' at character {position + 1} has no meaning here{hint}")
        kind = str(match.lastgroup)
        found = match[kind]
        if kind == "word" and found.upper() in KEYWORDS:
            yield _Token("keyword", found.upper(), position)
        elif kind != "space":
            yield _Token(kind, found, position)
        position = match.end()
    yield _Token("end", "", len(text))


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str):
        self._rest = list(_tokens(text))

    def end(self) -> None:
        if self._next.kind != "end":
            raise self._refusal("AND, OR or the end")

    def junction(self, operator: str, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"is nested more than {MAX_DEPTH} deep")

        def part() -> Condition:
            return self.junction(AND, depth) if operator == OR else self._negation(depth)

        conditions = [part()]
        while self._takes("keyword", operator):
            conditions.append(part())
        return join(operator, conditions)

    def _negation(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"is nested more than {MAX_DEPTH} deep")
        if self._takes("keyword", NOT):
            return Negation(self._negation(depth + 1))
        if self._takes("sign", "("):
            condition = self.junction(OR, depth + 1)
            self._expect("sign", ")")
            return condition
        if self._next.kind == "word" and self._next.text in FUNCTIONS and self._after.text == "(":
            return self._call()
        return self._comparison()

    def _call(self) -> Call:
        function = self._take().text
        self._expect("sign", "(")
        path = self._path()
        arguments: list[Operand] = []
        for _position in range(FUNCTIONS[function]):
            self._expect("sign", ",")
            arguments.append(self._operand())
        self._expect("sign", ")")
        return Call(function, path, tuple(arguments))

    def _comparison(self) -> Comparison:
        left = self._operand()
        if self._next.kind == "sign" and self._next.text in COMPARATORS:
            return Comparison(self._take().text, left, (self._operand(),))
        if self._takes("keyword", BETWEEN):
            low = self._operand()
            self._expect("keyword", AND)
            return Comparison(BETWEEN, left, (low, self._operand()))
        if self._takes("keyword", IN):
            return Comparison(IN, left, self._list())
        raise self._refusal(f"{', '.join(COMPARATORS)}, BETWEEN or IN")

    def _list(self) -> tuple[Operand, ...]:
        self._expect("sign", "(")
        operands = [self._operand()]
        while self._takes("sign", ","):
            operands.append(self._operand())
        self._expect("sign", ")")
        return tuple(operands)

    def _operand(self) -> Operand:
        if self._next.kind == "parameter":
            return Parameter(self._take().text[1:])
        if self._next.text == SIZE and self._next.kind == "word" and self._after.text == "(":
            self._take()
            self._expect("sign", "(")
            path = self._path()
            self._expect("sign", ")")
            return Size(path)
        return self._path()

    def _path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self._takes("sign", "."):
                parts.append(self._name())
            elif self._next.kind == "position":
                parts.append(int(self._take().text))
            else:
                return Path(tuple(parts))

    def _name(self) -> str:
        if self._next.kind not in ("word", "quoted"):
            raise self._refusal("an attribute")
        return self._take().text

    @property
    def _next(self) -> _Token:
        return self._rest[0]

    @property
    def _after(self) -> _Token:
        return self._rest[min(1, len(self._rest) - 1)]

    def _take(self) -> _Token:
        return self._rest.pop(0) if len(self._rest) > 1 else self._rest[0]

    def _takes(self, kind: str, text: str) -> bool:
        if (self._next.kind, self._next.text) != (kind, text):
            return False
        self._take()
        return True

    def _expect(self, kind: str, text: str) -> None:
        if not self._takes(kind, text):
            raise self._refusal(f"'{text}'")

    def _refusal(self, expected: str) -> ExpressionError:
        if self._next.kind == "end":
            return ExpressionError(f"breaks off: expected {expected}")
        return ExpressionError(f"'{self._next.text}' at character {self._next.start + 1}: expected {expected}")


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
