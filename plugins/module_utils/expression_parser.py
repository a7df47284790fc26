# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB's conditions out of text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .expressions import (
    AND,
    BETWEEN,
    COMPARATORS,
    FUNCTIONS,
    IN,
    KEYWORDS,
    NOT,
    OR,
    SIZE,
    Call,
    Comparison,
    Condition,
    Negation,
    Operand,
    Parameter,
    Path,
    Size,
    join,
)

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


class ExpressionError(Exception):
    """A text is no expression; the message says where and what was expected."""


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
