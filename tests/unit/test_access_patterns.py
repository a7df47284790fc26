# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access patterns: what is checked beyond the files of `definitions`, and the Query that is made of them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_pattern import AccessPattern, ValueParameter
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.expression_parser import parse
from ansible_collections.auditflow.dynamodb.plugins.module_utils.expressions import quoted
from ansible_collections.auditflow.dynamodb.plugins.module_utils.queries import (
    Placeholders,
    ValuesError,
    query_parameters,
    typed,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .test_definitions import problems_of

TYPES = {"S": "S", "N": "N", "B": "B", "BOOL": "BOOL", "M": "M", "L": "L", "SS": "SS", "NS": "NS", "BS": "BS"}
TABLE = {
    "name": "Orders",
    "attributes": {"id": "S", "at": "S", "part": "N", "w": "S", "x": "S", "y": "N", "z": "B", **TYPES},
    "partition_key": "id",
    "sort_key": "at",
    "local_indexes": [{"name": "local", "sort_key": "part", "projection": "KEYS_ONLY"}],
    "global_indexes": [
        {"name": "wide", "partition_key": ["w", "x"], "sort_key": ["y", "z", "at"], "projection": "KEYS_ONLY"}
    ],
}


def told(**pattern: Any) -> list[str]:
    """The problems of a pattern, without their path."""
    try:
        parse_table({**TABLE, "access_patterns": [{"name": "one", **pattern}]})
    except DefinitionError as error:
        return [problem.partition(": ")[2] for problem in error.problems]
    return []


def key(condition: str, index: str = "", **types: str) -> list[str]:
    return told(key_condition=condition, parameters=types, **({"index": index} if index else {}))


@pytest.mark.parametrize(
    ("index", "condition", "types"),
    [
        ("", "id = :a", {"a": "S"}),
        ("", "(id = :a) AND (begins_with(at, :b))", {"a": "S", "b": "S"}),
        ("", "at < :b AND id = :a", {"a": "S", "b": "S"}),
        ("local", "id = :a AND part BETWEEN :b AND :c", {"a": "S", "b": "N", "c": "N"}),
        ("wide", "w = :a AND x = :a", {"a": "S"}),
        ("wide", "w = :a AND x = :a AND y > :b", {"a": "S", "b": "N"}),
        ("wide", "w = :a AND x = :a AND y = :b AND begins_with(z, :c)", {"a": "S", "b": "N", "c": "B"}),
        ("wide", "w = :a AND x = :a AND y = :b AND z = :c AND at >= :a", {"a": "S", "b": "N", "c": "B"}),
    ],
)
def test_right_key_conditions(index: str, condition: str, types: dict[str, str]) -> None:
    assert key(condition, index, **types) == []


@pytest.mark.parametrize(
    ("index", "condition", "types", "problems"),
    [
        ("wide", "w = :a", {"a": "S"}, ["lacks 'x = :…', the partition key of index wide"]),
        (
            "wide",
            "w = :a AND x = :a AND z = :c",
            {"a": "S", "c": "B"},
            ["the sort key (y, z, at) is used from the left, without a gap"],
        ),
        (
            "wide",
            "w = :a AND x = :a AND y > :b AND z = :c",
            {"a": "S", "b": "N", "c": "B"},
            ["'y' takes only = where an attribute of the sort key follows it"],
        ),
        (
            "local",
            "id = :a AND begins_with(part, :b)",
            {"a": "S", "b": "N"},
            ["begins_with does not read N, which 'part' is"],
        ),
        (
            "",
            "id = :a AND at = id",
            {"a": "S"},
            ["'at = id': must compare a key attribute, at the left, with parameters"],
        ),
        (
            "",
            ":a = id",
            {"a": "S"},
            [
                "':a = id': must compare a key attribute, at the left, with parameters",
                "lacks 'id = :…', the partition key of the table",
            ],
        ),
        (
            "",
            "id IN (:a)",
            {"a": "S"},
            [
                "'id IN (:a)': IN cannot be used on a key; allowed are =, <, <=, >, >=, BETWEEN, begins_with",
                "lacks 'id = :…', the partition key of the table",
            ],
        ),
        ("", "NOT id = :a", {"a": "S"}, ["'NOT id = :a': conditions on keys are joined by AND only, and not negated"]),
    ],
)
def test_wrong_key_conditions(index: str, condition: str, types: dict[str, str], problems: list[str]) -> None:
    assert key(condition, index, **types) == problems


@pytest.mark.parametrize(
    ("condition", "types"),
    [
        ("part = :n OR NOT (S = :s AND attribute_exists(BS))", {"n": "N", "s": "S"}),
        ("size(L) > :n AND size(S) = part", {"n": "N"}),
        ("contains(S, :s) AND contains(SS, :s) AND contains(L, :n) AND contains(NS, :n)", {"s": "S", "n": "N"}),
        ("attribute_type(M, :s) AND begins_with(S, :s)", {"s": "S"}),
        ("M.deep[0].key = :n AND L[1] = :b", {"n": "N", "b": "BOOL"}),
        ("BOOL = :b AND N BETWEEN part AND :n AND S IN (:s, w)", {"b": "BOOL", "n": "N", "s": "S"}),
    ],
)
def test_right_filters(condition: str, types: dict[str, str]) -> None:
    assert told(key_condition="id = :id", filter=condition, parameters={"id": "S", **types}) == []


@pytest.mark.parametrize(
    ("condition", "types", "problem"),
    [
        ("BOOL > :b", {"b": "BOOL"}, "'BOOL' is BOOL; > orders only S, N, B"),
        ("S = :n", {"n": "N"}, "'S' is S and :n is N: they are never the same"),
        ("S = part", {}, "'S' is S and 'part' is N: they are never the same"),
        ("size(N) > :n", {"n": "N"}, "'N' is N, which has no size"),
        ("size(S) > :s", {"s": "S"}, "size(S) is N and :s is S: they are never the same"),
        ("contains(SS, :n)", {"n": "N"}, "'contains(SS, :n)': SS contains only S, not N"),
        ("begins_with(N, :s)", {"s": "S"}, "'begins_with(N, :s)': begins_with reads only S and B"),
        ("attribute_type(S, :n)", {"n": "N"}, "'attribute_type(S, :n)': the type must be a parameter of type S"),
        (":n = :n", {"n": "N"}, "':n = :n': compares no attribute"),
        ("S.deep = :s", {"s": "S"}, "'S' is S in 'attributes'; only M has such parts"),
        ("at = :s", {"s": "S"}, "'at' is in the key of the table; AWS takes it in the key condition only"),
        (f"S IN ({', '.join([':s'] * 101)})", {"s": "S"}, "IN has 101 values; AWS allows 100"),
    ],
)
def test_wrong_filters(condition: str, types: dict[str, str], problem: str) -> None:
    assert told(key_condition="id = :id", filter=condition, parameters={"id": "S", **types}) == [problem]


def test_an_index_is_filtered_by_the_key_of_its_table() -> None:
    how = {"index": "wide", "key_condition": "w = :s AND x = :s", "parameters": {"s": "S"}}
    assert told(**how, filter="id = :s") == []
    assert told(**how, filter="S = :s") == ["'S' is not in the projection of index wide, so it is never found there"]


def test_a_pattern_of_a_table_without_its_key() -> None:
    pattern = {"name": "one", "key_condition": "id = :id", "parameters": {"id": "S"}}
    wrong = problems_of(parse_table, {"name": "Orders", "access_patterns": [pattern]})
    assert wrong == [
        "access_patterns[0].key_condition: queries the table, and the definition has no partition_key",
    ]


def test_every_mistake_is_told_at_once() -> None:
    pattern = {"parameters": {"id": "X", "it's": "S"}, "key_condition": "id", "filter": "S", "limit": 0}
    assert told(**pattern) == [
        "unknown type 'X'; allowed are S, N, B, BOOL",
        "must be a name of letters, digits and '_', without the colon",
        "breaks off: expected =, <>, <=, >=, <, >, BETWEEN or IN",
        "breaks off: expected =, <>, <=, >=, <, >, BETWEEN or IN",
        "must be 1 or more, not 0",
    ]


def test_access_patterns_manage_nothing() -> None:
    pattern = {"name": "one", "key_condition": "id = :id", "parameters": {"id": {"type": "S", "description": "d"}}}
    spec = parse_table({**TABLE, "access_patterns": [pattern]})
    plain = parse_table(TABLE)
    assert spec.wanted == plain.wanted
    assert spec.access_patterns[0].parameters == {"id": ValueParameter("S", "d")}
    assert spec.access_patterns[0].attributes == {"id"}


@st.composite
def right_conditions(draw: st.DrawFn) -> tuple[dict[str, Any], str, dict[str, str]]:
    """An index with a key of several attributes, a condition that fits it, and the parameters."""
    count = draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(["a", "and", "b-c", "size", "d", "e", "f.g"]), min_size=count, unique=True))
    types = {name: draw(st.sampled_from("SNB")) for name in names}
    partition, sort = names[:count], names[count : count + 4]
    used = [*partition, *sort[: draw(st.integers(0, len(sort)))]]
    terms, parameters = [], {}
    for position, name in enumerate(used):
        parameters[f"v{position}"] = types[name]
        term = f"{quoted(name)} = :v{position}"
        if position >= count and position == len(used) - 1:
            ranges = [
                f"{quoted(name)} {draw(st.sampled_from(['<', '<=', '>', '>=']))} :v{position}",
                f"{quoted(name)} BETWEEN :v{position} AND :v{position}",
                *([f"begins_with({quoted(name)}, :v{position})"] if types[name] != "N" else []),
            ]
            term = draw(st.sampled_from([term, *ranges]))
        terms.append(term)
    index = {"name": "by-key", "partition_key": partition, **({"sort_key": sort} if sort else {})}
    definition = {**TABLE, "attributes": {"id": "S", "at": "S", "part": "N", **types}, "global_indexes": [index]}
    return definition, " AND ".join(draw(st.permutations(terms))), parameters


@given(right_conditions())
def test_every_condition_that_fits_a_key_is_right(given_condition: tuple[dict[str, Any], str, dict[str, str]]) -> None:
    definition, condition, parameters = given_condition
    pattern = {"name": "one", "index": "by-key", "key_condition": condition, "parameters": parameters}
    (parsed,) = parse_table({**definition, "access_patterns": [pattern]}).access_patterns
    values = {name: {"S": "x", "N": 1, "B": b"x"}[kind] for name, kind in parameters.items()}
    arguments = query_parameters(parsed, values)
    assert set(arguments["ExpressionAttributeNames"].values()) == parsed.attributes
    assert set(arguments["ExpressionAttributeValues"]) == {f":{name}" for name in parameters}
    # Nothing but placeholders, parameters and the language itself is left.
    words = re.sub(r"[#:]\w+|begins_with|AND|BETWEEN|[<>=(),\s]", "", arguments["KeyConditionExpression"])
    assert words == ""


# The Query


def query(key_condition: str, filter_by: str = "", **types: str) -> AccessPattern:
    parameters = {name: ValueParameter(kind) for name, kind in types.items()}
    condition = parse(filter_by) if filter_by else None
    return AccessPattern("one", parse(key_condition), parameters=parameters, filter=condition)


def test_query_of_everything() -> None:
    pattern = AccessPattern(
        "one",
        parse("status = :status AND at BETWEEN :start AND :end"),
        index="by-status",
        parameters={name: ValueParameter(kind) for name, kind in {"status": "S", "start": "N", "end": "N"}.items()},
        filter=parse('NOT "a-b".size[0] = :status'),
        order="descending",
        limit=5,
    )
    assert query_parameters(pattern, {"status": "NEW", "start": 1, "end": 2.5}) == {
        "IndexName": "by-status",
        "KeyConditionExpression": "#status = :status AND #at BETWEEN :start AND :end",
        "FilterExpression": "NOT #a_b.#size[0] = :status",
        "ExpressionAttributeNames": {"#status": "status", "#at": "at", "#a_b": "a-b", "#size": "size"},
        "ExpressionAttributeValues": {":status": {"S": "NEW"}, ":start": {"N": "1"}, ":end": {"N": "2.5"}},
        "ScanIndexForward": False,
        "Limit": 5,
    }


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("S", "text", "text"),
        ("S", 5, None),
        ("N", 5, "5"),
        ("N", "5.50", "5.50"),
        ("N", Decimal("1E+3"), "1E+3"),
        ("N", True, None),
        ("N", "five", None),
        ("N", float("nan"), None),
        ("N", None, None),
        ("B", b"\x00", b"\x00"),
        ("B", "AAE=", b"\x00\x01"),
        ("B", "no base64", None),
        ("B", 5, None),
        ("BOOL", False, False),
        ("BOOL", "yes", None),
    ],
)
def test_values(kind: str, value: Any, expected: Any) -> None:
    if expected is None:
        with pytest.raises(ValuesError, match=f"^v: must be {kind}, not "):
            typed(value, kind, "v")
    else:
        assert typed(value, kind, "v") == {kind: expected}


def test_values_that_are_missing_or_too_many() -> None:
    with pytest.raises(ValuesError, match="one lacks a; one has no parameter b"):
        query_parameters(query("id = :a", a="S"), {"b": "x"})


@given(st.lists(st.text(min_size=1, max_size=4), max_size=30))
def test_every_name_has_a_placeholder_of_its_own(names: list[str]) -> None:
    placeholders = Placeholders()
    found = {name: placeholders(name) for name in names}
    assert len(set(found.values())) == len(set(names))
    assert all(re.fullmatch(r"#[A-Za-z0-9_]+", each) for each in found.values())
    assert found == {name: placeholders(name) for name in names}
