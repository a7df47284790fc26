# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small evaluator of CloudWatch's metric math, for as much of it as the alarms use.

A time series is a list, a period each; None is a period without a number. A division by zero is a period without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm

Number = float | None
Value = float | list[Number]
TOKEN = re.compile(r"\s*(>=|<=|[A-Z]+|[a-z]\w*|\d+(?:\.\d+)?|[-+*/()<>,])")
EPOCH = 1_800_000_000
LEVELS = ((">=", ">"), ("+", "-"), ("*", "/"))
OPERATORS: dict[str, Callable[[float, float], Number]] = {
    ">=": lambda one, other: float(one >= other),
    ">": lambda one, other: float(one > other),
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other if other else None,
}


def value_of(alarm: Alarm, found: Mapping[str, Sequence[Number]]) -> list[Number]:
    """What an alarm watches. found: a series for each metric that has numbers, by the identity of its query."""
    length = max(map(len, found.values()), default=1)
    known: dict[str, Value] = {}
    for query in alarm.queries:
        if query.expression:
            known[query.identity] = Parser(query.expression, known, alarm.rule.period, length).parse()
        else:
            known[query.identity] = list(found.get(query.identity, [None] * length))
    value = known["value"]
    assert isinstance(value, list), f"{alarm.name}: an alarm needs a time series, not a number"
    return value


def rings(alarm: Alarm, found: Mapping[str, Sequence[Number]]) -> bool:
    """Whether it rings after the last of these periods. What is missing does not breach."""
    window = value_of(alarm, found)[-alarm.rule.evaluation_periods :]
    return sum(each is not None and each > alarm.rule.threshold for each in window) >= alarm.rule.datapoints


class Parser:
    def __init__(self, text: str, known: Mapping[str, Value], period: int, length: int) -> None:
        self.tokens = TOKEN.findall(text)
        assert "".join(self.tokens) == "".join(text.split()), f"unknown syntax: {text}"
        self.known, self.period, self.length = known, period, length

    def parse(self) -> Value:
        value = self.level(0)
        assert not self.tokens, self.tokens
        return value

    def level(self, number: int) -> Value:
        if number == len(LEVELS):
            return self.atom()
        value = self.level(number + 1)
        while self.tokens and self.tokens[0] in LEVELS[number]:
            operator = OPERATORS[self.tokens.pop(0)]
            value = self.each(operator, value, self.level(number + 1))
        return value

    def each(self, operator: Callable[..., Number], *values: Value) -> Value:
        def at(place: int) -> Number:
            numbers = [value[place] if isinstance(value, list) else value for value in values]
            return None if None in numbers else operator(*numbers)

        series = any(isinstance(value, list) for value in values)
        if series:
            return [at(place) for place in range(self.length)]
        number = operator(*values)
        assert number is not None
        return number

    def atom(self) -> Value:
        token = self.tokens.pop(0)
        if token == "(":
            value = self.level(0)
            assert self.tokens.pop(0) == ")"
            return value
        if token.isupper():
            return self.call(token) if self.tokens[:1] == ["("] else self.word(token)
        return self.known[token] if token[0].isalpha() else float(token)

    @staticmethod
    def word(token: str) -> Any:
        assert token == "REPEAT"
        return token

    def call(self, name: str) -> Value:
        self.tokens.pop(0)
        arguments: list[Any] = []
        while True:
            arguments.append(self.level(0))
            if self.tokens.pop(0) == ")":
                break
        return getattr(self, f"do_{name.lower()}")(*arguments)  # type: ignore[no-any-return]

    @staticmethod
    def do_fill(series: list[Number], filling: float | str) -> list[Number]:
        filled: list[Number] = []
        for number in series:
            last = filled[-1] if filled else None
            filled.append((last if filling == "REPEAT" else float(filling)) if number is None else number)
        return filled

    def do_if(self, condition: Value, then: Value, otherwise: Value) -> Value:
        def choose(place: int) -> Number:
            test, one, other = (
                value[place] if isinstance(value, list) else value for value in (condition, then, otherwise)
            )
            return None if test is None else one if test else other

        return [choose(place) for place in range(self.length)]

    @staticmethod
    def do_max(series: Iterable[Number]) -> float:
        return max((number for number in series if number is not None), default=0.0)

    def do_period(self, series: list[Number]) -> float:
        return float(self.period)

    def do_epoch(self, series: list[Number]) -> list[Number]:
        return [float(EPOCH + place * self.period) for place in range(len(series))]
