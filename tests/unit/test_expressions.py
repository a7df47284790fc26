# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB's conditions as text and as trees."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.expression_parser import ExpressionError, parse
from ansible_collections.auditflow.dynamodb.plugins.module_utils.expressions import (
    COMPARATORS,
    FUNCTIONS,
    Call,
    Comparison,
    Condition,
    Junction,
    Negation,
    Operand,
    Parameter,
    Path,
    Size,
    join,
    operands,
    parameters,
    render,
    terms,
)

A, B = Path(("a",)), Path(("b",))
X, Y = Parameter("x"), Parameter("y")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = :x", Comparison("=", A, (X,))),
        ("  a<>:x ", Comparison("<>", A, (X,))),
        ("a BETWEEN :x AND :y", Comparison("BETWEEN", A, (X, Y))),
        ("a between :x and :y", Comparison("BETWEEN", A, (X, Y))),
        ("a IN (:x, :y, b)", Comparison("IN", A, (X, Y, B))),
        ("begins_with(a, :x)", Call("begins_with", A, (X,))),
        ("attribute_exists (a)", Call("attribute_exists", A)),
        ("size(a) > :x", Comparison(">", Size(A), (X,))),
        ("size = :x", Comparison("=", Path(("size",)), (X,))),
        ("contains = :x", Comparison("=", Path(("contains",)), (X,))),
        ("a.b[3].c = :x", Comparison("=", Path(("a", "b", 3, "c")), (X,))),
        ('"created-at" = :x', Comparison("=", Path(("created-at",)), (X,))),
        ('"and" = :x', Comparison("=", Path(("and",)), (X,))),
        (
            "a = :x AND b = :y AND a = b",
            Junction("AND", tuple(Comparison("=", *each) for each in ((A, (X,)), (B, (Y,)), (A, (B,))))),
        ),
        (
            "a = :x OR b = :y AND a = b",
            Junction(
                "OR",
                (
                    Comparison("=", A, (X,)),
                    Junction("AND", (Comparison("=", B, (Y,)), Comparison("=", A, (B,)))),
                ),
            ),
        ),
        (
            "(a = :x OR b = :y) AND NOT attribute_exists(a)",
            Junction(
                "AND",
                (
                    Junction("OR", (Comparison("=", A, (X,)), Comparison("=", B, (Y,)))),
                    Negation(Call("attribute_exists", A)),
                ),
            ),
        ),
        (
            "a BETWEEN :x AND :y AND b = :x",
            Junction("AND", (Comparison("BETWEEN", A, (X, Y)), Comparison("=", B, (X,)))),
        ),
    ],
)
def test_text_to_tree(text: str, tree: Condition) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "breaks off: expected an attribute"),
        ("a", "breaks off: expected =, <>, <=, >=, <, >, BETWEEN or IN"),
        ("a = ", "breaks off: expected an attribute"),
        ("a == :x", "'=' at character 4: expected an attribute"),
        ("a = :x b", "'b' at character 8: expected AND, OR or the end"),
        ("(a = :x", "breaks off: expected ')'"),
        ("a = :x)", "')' at character 7: expected AND, OR or the end"),
        ("a BETWEEN :x OR :y", "'OR' at character 14: expected 'AND'"),
        ("a IN :x", "':x' at character 6: expected '('"),
        ("begins_with(a)", "')' at character 14: expected ','"),
        ("begins_with(:x, a)", "'x' at character 13: expected an attribute"),
        ("a = 5", "'5' at character 5 has no meaning here"),
        ("#a = :x", "'#' at character 1 has no meaning here; write the name itself, placeholders are made for it"),
        ("a[x] = :y", "'[' at character 2 has no meaning here"),
        ("(" * 60 + "a = :x" + ")" * 60, "is nested more than 50 deep"),
        ("NOT " * 60 + "a = :x", "is nested more than 50 deep"),
        (f"a = :{'x' * 4096}", "takes 4,101 bytes; AWS allows 4,096"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert str(caught.value).replace("':x'", "'x'") == problem.replace("':x'", "'x'")


names = st.one_of(
    st.sampled_from(["a", "status", "size", "and", "contains", "created-at", "3rd"]),
    st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1, max_size=5),
)
paths = st.builds(
    lambda name, rest: Path((name, *rest)), names, st.lists(st.one_of(names, st.integers(0, 99)), max_size=2)
)
values = st.builds(Parameter, st.from_regex(r"[A-Za-z0-9_]{1,4}", fullmatch=True))
sides: st.SearchStrategy[Operand] = st.one_of(paths, values, st.builds(Size, paths))


def _calls(function: str) -> st.SearchStrategy[Call]:
    count = FUNCTIONS[function]
    return st.builds(Call, st.just(function), paths, st.lists(sides, min_size=count, max_size=count).map(tuple))


leaves: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Comparison, st.sampled_from(COMPARATORS), sides, st.tuples(sides)),
    st.builds(Comparison, st.just("BETWEEN"), sides, st.tuples(sides, sides)),
    st.builds(Comparison, st.just("IN"), sides, st.lists(sides, min_size=1, max_size=3).map(tuple)),
    st.sampled_from(sorted(FUNCTIONS)).flatmap(_calls),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Negation, inner),
        st.builds(join, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


@given(conditions)
def test_a_tree_is_the_same_after_text_and_back(tree: Condition) -> None:
    assert parse(render(tree)) == tree


@given(conditions)
def test_placeholders_leave_no_name_behind(tree: Condition) -> None:
    text = render(tree, lambda name: "#n")
    assert '"' not in text
    found = {each for term in terms(tree) for each in operands(term) if isinstance(each, Parameter)}
    assert set(parameters(tree)) == {each.name for each in found}


@given(st.one_of(st.text(max_size=40), st.text(alphabet='ab:=<>(),.[]1 ANDORT"#', max_size=40)))
def test_any_text_is_a_condition_or_is_told_why_not(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        tree = parse(text)
        assert parse(render(tree)) == tree
