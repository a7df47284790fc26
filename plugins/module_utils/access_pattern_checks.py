# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether AWS would take the query of an access pattern, and whether it could find anything. Pure.

Rules: Query API reference, KeyConditionExpression and FilterExpression; Developer Guide, "Multi-attribute keys".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .access_pattern import AccessPattern, Source, paths
from .arguments import Problems
from .expressions import (
    AND,
    BETWEEN,
    IN,
    Call,
    Comparison,
    Condition,
    Junction,
    Operand,
    Parameter,
    Path,
    Size,
    operands,
    parameters,
    render,
    terms,
)

SORT_CONDITIONS = ("=", "<", "<=", ">", ">=", BETWEEN, "begins_with")
ORDERED = ("<", "<=", ">", ">=", BETWEEN)
KEY_TYPES = ("S", "N", "B")
SIZED = ("S", "B", "SS", "NS", "BS", "L", "M")
# What may be looked for in an attribute with contains.
CONTAINED = {"S": "S", "B": "B", "SS": "S", "NS": "N", "BS": "B"}


def check_pattern(
    pattern: AccessPattern, source: Source, types: Mapping[str, str], path: str, problems: Problems
) -> None:
    """Records every mistake of a pattern. types: those of the declared attributes."""
    _check_parameters(pattern, path, problems)
    _KeyCondition(pattern, source, types, f"{path}.key_condition", problems).check()
    if pattern.filter:
        _Filter(pattern, source, types, f"{path}.filter", problems).check(pattern.filter)


def _check_parameters(pattern: AccessPattern, path: str, problems: Problems) -> None:
    used = set()
    for option, condition in (("key_condition", pattern.key_condition), ("filter", pattern.filter)):
        names = parameters(condition) if condition else ()
        used |= set(names)
        for name in names:
            if name not in pattern.parameters:
                problems.add(f"{path}.{option}", f":{name} is not among the parameters")
    for name in pattern.parameters:
        if name not in used:
            problems.add(f"{path}.parameters.{name}", "is used in no condition")


class _Check:
    """What both kinds of conditions share."""

    def __init__(self, pattern: AccessPattern, source: Source, types: Mapping[str, str], path: str, problems: Problems):
        self._pattern, self._source, self._types = pattern, source, types
        self._path, self._problems = path, problems

    def _tell(self, text: str) -> None:
        self._problems.add(self._path, text)

    def _type(self, operand: Operand) -> str:
        """The type of an operand; empty where it is not known."""
        if isinstance(operand, Parameter):
            declared = self._pattern.parameters.get(operand.name)
            return declared.type if declared else ""
        if isinstance(operand, Size):
            return "N"
        return self._types.get(operand.attribute, "") if len(operand.parts) == 1 else ""

    def _same_type(self, left: Operand, right: Iterable[Operand]) -> None:
        for each in right:
            types = self._type(left), self._type(each)
            if all(types) and types[0] != types[1]:
                self._tell(f"{_shown(left)} is {types[0]} and {_shown(each)} is {types[1]}: they are never the same")


class _KeyCondition(_Check):
    """All attributes of the partition key by =, then those of the sort key from the left, the last by a range."""

    def check(self) -> None:
        found: dict[str, str] = {}
        for condition in self._conditions():
            if not isinstance(condition, (Comparison, Call)):
                self._tell(f"'{render(condition)}': conditions on keys are joined by AND only, and not negated")
                return
            attribute = self._term(condition)
            if attribute in found:
                self._tell(f"'{attribute}' has two conditions; a key attribute takes one (BETWEEN makes a range)")
            elif attribute:
                found[attribute] = condition.function if isinstance(condition, Call) else condition.operator
        self._check_partition(found)
        self._check_sort(found)

    def _conditions(self) -> tuple[Condition, ...]:
        condition = self._pattern.key_condition
        joined = isinstance(condition, Junction) and condition.operator == AND
        return condition.conditions if joined and isinstance(condition, Junction) else (condition,)

    def _term(self, term: Comparison | Call) -> str:
        """The attribute that a term is about; empty where it cannot be a term of a key condition."""
        left, *right = operands(term)
        operator = term.function if isinstance(term, Call) else term.operator
        if not isinstance(left, Path) or len(left.parts) > 1 or not all(isinstance(each, Parameter) for each in right):
            self._tell(f"'{render(term)}': must compare a key attribute, at the left, with parameters")
            return ""
        if operator not in SORT_CONDITIONS:
            allowed = ", ".join(SORT_CONDITIONS)
            self._tell(f"'{render(term)}': {operator} cannot be used on a key; allowed are {allowed}")
            return ""
        key = (*self._source.partition, *self._source.sort)
        if left.attribute not in key:
            self._tell(f"'{left.attribute}' is not in the key of {self._source.title} ({', '.join(key)})")
            return ""
        self._same_type(left, right)
        if operator == "begins_with" and self._type(left) == "N":
            self._tell(f"begins_with does not read N, which '{left.attribute}' is")
        return left.attribute

    def _check_partition(self, found: Mapping[str, str]) -> None:
        for name in self._source.partition:
            if name not in found:
                self._tell(f"lacks '{name} = :…', the partition key of {self._source.title}")
            elif found[name] != "=":
                self._tell(f"'{name}' is the partition key of {self._source.title}: only = is allowed")

    def _check_sort(self, found: Mapping[str, str]) -> None:
        used = [name for name in self._source.sort if name in found]
        if used != list(self._source.sort[: len(used)]):
            self._tell(f"the sort key ({', '.join(self._source.sort)}) is used from the left, without a gap")
        for name in used[:-1]:
            if found[name] != "=":
                self._tell(f"'{name}' takes only = where an attribute of the sort key follows it")


class _Filter(_Check):
    """Conditions on declared attributes that are not in the key of what is queried."""

    def check(self, condition: Condition) -> None:
        for name in dict.fromkeys(each.attribute for each in paths(condition)):
            self._check_attribute(name)
        for path in dict.fromkeys(paths(condition)):
            self._check_parts(path)
        for term in terms(condition):
            if isinstance(term, Call):
                self._check_call(term)
            else:
                self._check_comparison(term)

    def _check_attribute(self, name: str) -> None:
        source = self._source
        if name not in self._types:
            self._tell(f"'{name}' is not in 'attributes'")
        if name in (*source.partition, *source.sort):
            self._tell(f"'{name}' is in the key of {source.title}; AWS takes it in the key condition only")
        elif source.projected is not None and name not in source.projected:
            self._tell(f"'{name}' is not in the projection of {source.title}, so it is never found there")

    def _check_parts(self, path: Path) -> None:
        kind = self._types.get(path.attribute)
        if kind is None or len(path.parts) == 1:
            return
        wanted = "L" if isinstance(path.parts[1], int) else "M"
        if kind != wanted:
            self._tell(f"'{path.attribute}' is {kind} in 'attributes'; only {wanted} has such parts")

    def _check_comparison(self, term: Comparison) -> None:
        sides = (term.left, *term.right)
        if all(isinstance(each, Parameter) for each in sides):
            self._tell(f"'{render(term)}': compares no attribute")
        for each in sides:
            self._check_size(each)
            kind = self._type(each)
            if term.operator in ORDERED and kind and kind not in KEY_TYPES:
                self._tell(f"{_shown(each)} is {kind}; {term.operator} orders only {', '.join(KEY_TYPES)}")
                return
        self._same_type(term.left, term.right)
        if term.operator == IN and len(term.right) > 100:
            self._tell(f"IN has {len(term.right)} values; AWS allows 100")

    def _check_size(self, operand: Operand) -> None:
        if isinstance(operand, Size):
            kind = self._type(operand.path)
            if kind and kind not in SIZED:
                self._tell(f"'{operand.path.attribute}' is {kind}, which has no size")

    def _check_call(self, term: Call) -> None:
        kind = self._type(term.path)
        for argument in term.arguments:
            given = self._type(argument)
            if term.function == "attribute_type" and (not isinstance(argument, Parameter) or given not in ("S", "")):
                self._tell(f"'{render(term)}': the type must be a parameter of type S")
            elif term.function == "begins_with" and {kind, given} - {"S", "B", ""}:
                self._tell(f"'{render(term)}': begins_with reads only S and B")
            elif term.function == "begins_with":
                self._same_type(term.path, [argument])
            elif term.function == "contains":
                self._check_contained(term, kind, given)

    def _check_contained(self, term: Call, kind: str, given: str) -> None:
        if kind and kind != "L" and kind not in CONTAINED:
            self._tell(f"'{render(term)}': contains does not read {kind}")
        elif kind in CONTAINED and given and given != CONTAINED[kind]:
            self._tell(f"'{render(term)}': {kind} contains only {CONTAINED[kind]}, not {given}")


def _shown(operand: Operand) -> str:
    if isinstance(operand, Parameter):
        return f":{operand.name}"
    if isinstance(operand, Size):
        return f"size({operand.path.attribute})"
    return f"'{operand.attribute}'"
