# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exercise: what conditions say of items, with what values patterns are run, and that wrong answers are found out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_pattern import AccessPattern, Source, sources
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.checking import Answer, Checker, Known
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.evaluation import holds, sort_value
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.exercising import Bounds, Exercise
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.generated import (
    GeneratedError,
    arguments,
    functions,
    load,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.samples import Sampler
from ansible_collections.auditflow.dynamodb.plugins.module_utils.expression_parser import parse
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.calls import Calls
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copying import Keys
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .aws_client import FakeClient
from .items_table import Time

ITEM: dict[str, Any] = {
    "s": {"S": "München"},
    "n": {"N": "10"},
    "b": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2.50"]},
    "l": {"L": [{"S": "x"}, {"N": "3"}, {"M": {"deep": {"S": "y"}}}]},
    "m": {"M": {"inner": {"N": "7"}}},
}


def S(value: str) -> dict[str, Any]:  # noqa: N802  DynamoDB's names of its types
    return {"S": value}


def N(value: object) -> dict[str, Any]:  # noqa: N802
    return {"N": str(value)}


def B(value: bytes) -> dict[str, Any]:  # noqa: N802
    return {"B": value}


@pytest.mark.parametrize(
    ("condition", "values", "wanted"),
    [
        ("s = :v", {"v": S("München")}, True),
        ("s = :v", {"v": S("münchen")}, False),
        ("n = :v", {"v": N("10.0")}, True),
        ("n = :v", {"v": S("10")}, False),
        ("n <> :v", {"v": S("10")}, True),
        ("missing <> :v", {"v": S("x")}, True),
        ("missing = :v", {"v": S("x")}, False),
        ("missing < :v", {"v": S("x")}, False),
        ("n < :v", {"v": N(9)}, False),
        ("n >= :v", {"v": N("1E+1")}, True),
        ("n > :v", {"v": S("1")}, False),
        ("s > :v", {"v": S("Mz")}, True),
        ("b > :v", {"v": B(b"\x00\xfe")}, True),
        ("yes = :v", {"v": {"BOOL": True}}, True),
        ("n BETWEEN :a AND :b", {"a": N(10), "b": N(10)}, True),
        ("n BETWEEN :a AND :b", {"a": N(11), "b": N(20)}, False),
        ("s IN (:a, :b)", {"a": S("x"), "b": S("München")}, True),
        ("s IN (:a)", {"a": S("x")}, False),
        ("attribute_exists(m.inner)", {}, True),
        ("attribute_exists(m.outer)", {}, False),
        ("attribute_not_exists(none)", {}, False),
        ("attribute_not_exists(l[9])", {}, True),
        ("attribute_type(ns, :v)", {"v": S("NS")}, True),
        ("begins_with(s, :v)", {"v": S("Mü")}, True),
        ("begins_with(n, :v)", {"v": N(1)}, False),
        ("begins_with(b, :v)", {"v": B(b"\x00")}, True),
        ("contains(s, :v)", {"v": S("nch")}, True),
        ("contains(ss, :v)", {"v": S("b")}, True),
        ("contains(ss, :v)", {"v": S("c")}, False),
        ("contains(ns, :v)", {"v": N("2.5")}, True),
        ("contains(l, :v)", {"v": N(3)}, True),
        ("contains(n, :v)", {"v": N(1)}, False),
        ("size(s) = :v", {"v": N(7)}, True),
        ("size(l) > :v", {"v": N(2)}, True),
        ("size(n) > :v", {"v": N(0)}, False),
        ("l[2].deep = :v", {"v": S("y")}, True),
        ("m.inner = l[1]", {}, False),
        ("n = :v AND s = :v", {"v": N(10)}, False),
        ("n = :v OR s = :v", {"v": N(10)}, True),
        ("NOT n = :v", {"v": N(10)}, False),
        ("NOT missing = :v", {"v": N(10)}, True),
    ],
)
def test_conditions(condition: str, values: dict[str, Any], wanted: bool) -> None:
    assert holds(parse(condition), ITEM, values) == wanted


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3), min_size=2))
def test_numbers_are_ordered_as_numbers(numbers: list[Decimal]) -> None:
    typed = sorted(({"N": str(number)} for number in numbers), key=sort_value)
    assert [Decimal(each["N"]) for each in typed] == sorted(numbers)


@given(st.lists(st.text(min_size=1), min_size=2))
def test_texts_are_ordered_by_their_bytes(texts: list[str]) -> None:
    typed = sorted(({"S": text} for text in texts), key=sort_value)
    assert [each["S"].encode() for each in typed] == sorted(text.encode() for text in texts)


DEFINITION: dict[str, Any] = {
    "name": "Audits",
    "attributes": {"id": "S", "status": "S", "score": "N", "kind": "S", "labels": "SS", "other": "S"},
    "partition_key": "id",
    "global_indexes": [{"name": "by-score", "partition_key": "status", "sort_key": "score"}],
    "access_patterns": [
        {
            "name": "high",
            "index": "by-score",
            "parameters": {"status": "S", "least": "N", "kind": "S"},
            "key_condition": "status = :status AND score >= :least",
            "filter": "kind = :kind",
            "order": "descending",
        },
        {
            "name": "between",
            "index": "by-score",
            "parameters": {"status": "S", "low": "N", "high": "N"},
            "key_condition": "status = :status AND score BETWEEN :low AND :high",
        },
        {
            "name": "first",
            "index": "by-score",
            "parameters": {"status": "S", "label": "S", "start": "S"},
            "key_condition": "status = :status",
            "filter": "contains(labels, :label) OR begins_with(other, :start)",
            "limit": 8,
        },
    ],
}
KEYS = Keys(("id",), {"id": "S", "status": "S", "score": "N"})


def items(count: int) -> dict[str, Any]:
    made = [
        {
            "id": S(f"i{number:03}"),
            "status": S("DONE" if number % 2 else "OPEN"),
            # Some are the same, and as texts they would be in another order.
            **({"score": N(number % 40)} if number % 10 else {}),
            "kind": S("a" if number % 3 else "b"),
            "labels": {"SS": ["x", f"l{number % 4}"]},
        }
        for number in range(count)
    ]
    return {KEYS.text(item): item for item in made}


def pattern(name: str) -> tuple[AccessPattern, Source]:
    found = next(each for each in parse_table(DEFINITION).access_patterns if each.name == name)
    return found, sources(DEFINITION)[found.index]


def answer_of(name: str, known: Known, values: dict[str, Any]) -> list[Any]:
    """What DynamoDB would answer, worked out in another way than the checker's."""
    wanted, _source = pattern(name)
    status = values["status"]
    found = [item for item in known.items.values() if item["status"] == status and "score" in item]
    found = sorted(found, key=lambda item: int(item["score"]["N"]), reverse=wanted.order == "descending")
    if name == "high":
        least = int(values["least"]["N"])
        return [item for item in found if int(item["score"]["N"]) >= least and item["kind"] == values["kind"]]
    if name == "between":
        low, high = int(values["low"]["N"]), int(values["high"]["N"])
        return [item for item in found if low <= int(item["score"]["N"]) <= high]
    return [item for item in found[:8] if values["label"]["S"] in item["labels"]["SS"]]


def checker(name: str, known: Known) -> Checker:
    found, source = pattern(name)
    return Checker(found, source, known, known.of(source))


KNOWN = Known(KEYS, items(200), complete=True)
VALUES = {
    "high": {"status": S("DONE"), "least": N(9), "kind": S("a")},
    "between": {"status": S("DONE"), "low": N(9), "high": N(31)},
    "first": {"status": S("DONE"), "label": S("x"), "start": S("none")},
}


@pytest.mark.parametrize("name", ["high", "between", "first"])
def test_right_answers_are_right(name: str) -> None:
    found, source = pattern(name)
    held = KNOWN.of(source)
    assert len(held) == 180
    samples = list(Sampler(found, source, held, random.Random(1)).samples(8))
    assert len({sample.kind for sample in samples}) == (4 if name == "between" else 3 if name == "high" else 2)
    empty = 0
    for sample in samples:
        answer = answer_of(name, KNOWN, dict(sample.values))
        empty += not answer
        assert checker(name, KNOWN).check(Answer(answer), sample.values).right, sample
        if sample.kind in ("found", "edge") and name != "first":
            assert answer
        if sample.kind in ("beyond", "nothing"):
            assert not answer
    assert 0 < empty < len(samples)


def turned(answer: list[Any]) -> list[Any]:
    return answer[::-1]


WRONG: list[tuple[str, Callable[[list[Any]], list[Any]], str]] = [
    ("high", lambda answer: answer[1:], "missing"),
    ("high", lambda answer: [*answer, answer[-1]], "twice"),
    ("high", turned, "out_of_order"),
    ("high", lambda answer: [*answer, {"id": S("new"), **VALUES["high"], "score": N(9)}], "unexpected"),
    ("high", lambda answer: [*answer, next(i for i in KNOWN.items.values() if i["kind"] == S("b"))], "unexpected"),
    ("between", lambda answer: [i for i in answer if i["score"] != N(9)], "missing"),
    ("between", lambda answer: [i for i in answer if i["score"] != N(31)], "missing"),
    ("between", lambda answer: sorted(answer, key=lambda item: item["score"]["N"]), "out_of_order"),
    ("first", lambda answer: answer[1:], "missing"),
    ("first", lambda answer: answer_of("between", KNOWN, VALUES["between"])[-1:], "unexpected"),
]


@pytest.mark.parametrize(("name", "spoil", "found"), WRONG)
def test_wrong_answers_are_found_out(name: str, spoil: Callable[[list[Any]], list[Any]], found: str) -> None:
    values = VALUES[name]
    right = answer_of(name, KNOWN, values)
    assert checker(name, KNOWN).check(Answer(right), values).right
    check = checker(name, KNOWN).check(Answer(spoil(right)), values)
    assert not check.right
    assert check.wrong[found]


def test_what_was_not_scanned_is_judged_by_what_is_in_the_answer() -> None:
    half = Known(KEYS, dict(list(KNOWN.items.items())[:90]), complete=False)
    right = answer_of("high", KNOWN, VALUES["high"])
    assert len(answer_of("high", half, VALUES["high"])) < len(right)
    assert checker("high", half).check(Answer(right), VALUES["high"]).right
    spoilt = [*right, {**right[-1], "id": S("i150"), "kind": S("b")}]
    assert checker("high", half).check(Answer(spoilt), VALUES["high"]).wrong["unexpected"]


def test_of_an_answer_that_was_cut_only_what_was_read_is_compared() -> None:
    right = answer_of("high", KNOWN, VALUES["high"])
    assert checker("high", KNOWN).check(Answer(right[:10], whole=False), VALUES["high"]).right
    assert not checker("high", KNOWN).check(Answer(right[:10]), VALUES["high"]).right
    assert not checker("high", KNOWN).check(Answer([*right[:4], *right[7:12]], whole=False), VALUES["high"]).right


class Server:
    """A table whose index lags behind for one look, in pages of two items."""

    def __init__(self, lag: int) -> None:
        self.time, self.lag, self.queries = Time(), lag, 0

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        every = list(KNOWN.items.values())
        if operation == "BatchGetItem":
            ((table, asked),) = arguments["RequestItems"].items()
            return {"Responses": {table: [KNOWN.items[KEYS.text(key)] for key in asked["Keys"]]}}
        start = int(arguments.get("ExclusiveStartKey", {"at": N(0)})["at"]["N"])
        if operation == "Query":
            assert arguments["IndexName"] == "by-score"
            every = answer_of("high", KNOWN, VALUES["high"])
            if not start:
                self.queries += 1
            if self.queries <= self.lag:
                every = every[:-1]
        size = min(arguments["Limit"], 2 if operation == "Query" else 60)
        page = every[start : start + size]
        more = {"LastEvaluatedKey": {"at": N(start + size)}} if len(every) > start + size else {}
        return {"Items": page, **more, "ConsumedCapacity": {"CapacityUnits": 0.5}}

    def exercise(self, bounds: Bounds) -> Exercise:
        aws = Aws(lambda service: FakeClient(self, service), clock=self.time.clock())
        return Exercise(Calls(aws, Budget(0, aws.clock), Budget(0, aws.clock)), "Audits", KEYS, bounds, "1")


def only_high(**values: Any) -> dict[str, Any]:
    return {"TableName": values["table_name"], "IndexName": "by-score"}


@pytest.mark.parametrize(("lag", "right", "looks"), [(0, 1, 1), (1, 1, 2), (9, 0, 3)])
def test_an_index_that_lags_is_looked_at_again(lag: int, right: int, looks: int, monkeypatch: Any) -> None:
    server = Server(lag)
    exercise = server.exercise(Bounds(1000, 1000, 100))
    found, source = pattern("high")
    known = exercise.scan(("status", "score", "kind"))
    assert known.complete
    assert len(known.items) == 200
    sample = replace(next(iter(Sampler(found, source, [], random.Random(1)).samples(1))), values=VALUES["high"])
    monkeypatch.setattr(Sampler, "samples", lambda self, count: iter([sample]))
    row = exercise.run(found, source, known, only_high, 1)
    assert (row.queries, row.right) == (1, right)
    assert server.queries == looks
    assert row.wrong == ({} if right else {"missing": 1})
    assert row.read_units == pytest.approx(0.5 * looks * -(-row.items // 2), abs=0.5 * looks)


def test_a_big_table_is_scanned_in_part() -> None:
    known = Server(0).exercise(Bounds(90, 10, 0)).scan(("status",))
    assert len(known.items) == 90
    assert not known.complete


GENERATED = """
class Orders:
    NAME = "Orders"
    @staticmethod
    def by_day(*, day, least, raw, from_, table_name=NAME):
        return {"TableName": table_name, "day": day, "least": least, "raw": raw, "from": from_}
    ACCESS_PATTERNS = {"by_day": by_day}
"""


def test_generated_python(tmp_path: Path) -> None:
    path = tmp_path / "dynamodb_schemas.py"
    path.write_text(GENERATED, encoding="utf-8")
    function = functions(load(path), "Orders")["by_day"]
    values = {"day": S("today"), "least": N("1.5"), "raw": B(b"x"), "from": N("2.0")}
    assert arguments(function, "Elsewhere", values, values) == {
        "TableName": "Elsewhere",
        "day": "today",
        "least": Decimal("1.5"),
        "raw": b"x",
        "from": 2,
    }
    with pytest.raises(GeneratedError, match="by_day does not take day, night"):
        arguments(function, "Orders", ["day", "night"], {"day": S("x"), "night": S("y")})
    with pytest.raises(GeneratedError, match="knows no table Others"):
        functions(load(path), "Others")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "document.yml writes it"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("class", "SyntaxError"),
    ],
)
def test_what_is_no_generated_python(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "dynamodb_schemas.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(GeneratedError, match=told):
        load(path)
