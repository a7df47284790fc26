# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of one table in the generated Python. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .items.times import HOURS, MONTHS
from .schema_names import all_distinct, constant_name, function_names, parameter_names, variable_name
from .schema_python_text import INDENT, Code, call, comment, docstring, literal, quoted
from .schema_view import Expiry, Query, Table

# What boto3's resources give and take; its clients have {"S": "…"} instead.
ITEM_TYPES = {
    "S": "str",
    "N": "Decimal",
    "B": "bytes",
    "BOOL": "bool",
    "NULL": "None",
    "M": "dict[str, Any]",
    "L": "list[Any]",
    "SS": "set[str]",
    "NS": "set[Decimal]",
    "BS": "set[bytes]",
}
VALUE_TYPES = {"S": "str", "N": "float | Decimal", "B": "bytes", "BOOL": "bool"}
PERIODS = {"y": "years", "mo": "months", "w": "weeks", "d": "days", "h": "hours"}


@dataclass(frozen=True)
class TableWriter:
    """Writes one table's class. title: its name. enumerations: the class of an attribute's values."""

    table: Table
    title: str
    enumerations: Mapping[tuple[str, tuple[str, ...]], str]

    def lines(self) -> list[str]:
        """The class."""
        table = self.table
        partition, sort = (*table.key, None, None)[:2]
        lines: list[str] = [
            f"class {self.title}:",
            *docstring(table.description or f"The table {table.name}", 1),
            "",
            f"{INDENT}NAME: Final = {quoted(table.name)}",
        ]
        if partition:
            lines += [
                f"{INDENT}PARTITION_KEY: Final = {quoted(partition)}",
                f"{INDENT}SORT_KEY: Final = {quoted(sort) if sort else None}",
            ]
        lines += [*self._indexes(), *self._item(), *self._creation()]
        names = function_names(query.pattern.name for query in table.queries)
        for query in table.queries:
            lines += self._query(query, names[query.pattern.name])
        if table.expiry:
            lines += self._expiry(table.expiry)
        return [*lines, *self._patterns(names)]

    def _indexes(self) -> list[str]:
        if not self.table.indexes:
            return []
        names = all_distinct(constant_name(name) for name in self.table.indexes)
        lines = ["", f"{INDENT}class Index:", *docstring("The names of its indexes", 2), ""]
        for name, (index, description) in zip(names, self.table.indexes.items(), strict=True):
            lines += comment(description, 2) if description else []
            lines.append(f"{INDENT * 2}{name}: Final = {quoted(index)}")
        return lines

    def _item(self) -> list[str]:
        """A typed dictionary; where an attribute's name is no name in Python, as a call."""
        attributes = self.table.attributes
        if not attributes:
            return []
        if not all(name.isidentifier() and variable_name(name) == name for name in attributes):
            kinds = [f"{INDENT * 3}{quoted(name)}: {ITEM_TYPES[told['type']]}," for name, told in attributes.items()]
            opening = [f"{INDENT}Item = TypedDict(", f'{INDENT * 2}"Item",', f"{INDENT * 2}{{"]
            return ["", *opening, *kinds, f"{INDENT * 2}}},", f"{INDENT * 2}total=False,", f"{INDENT})"]
        about = "An item as boto3's resources give and take it"
        lines = ["", f"{INDENT}class Item(TypedDict, total=False):", *docstring(about, 2), ""]
        for name, told in attributes.items():
            said = " ".join(filter(None, (str(told.get("description") or ""), *self._said(name, told))))
            lines += comment(said, 2) if said else []
            lines.append(f"{INDENT * 2}{name}: {ITEM_TYPES[told['type']]}")
        return lines

    def _said(self, name: str, told: Mapping[str, Any]) -> Iterator[str]:
        if told.get("values"):
            yield f"One of {self.enumerations[name, tuple(told['values'])]}."
        low, high = told.get("minimum"), told.get("maximum")
        if low is not None and high is not None:
            yield f"{low} to {high}."
        elif low is not None or high is not None:
            yield f"At least {low}." if high is None else f"At most {high}."

    def _creation(self) -> list[str]:
        create = self.table.creation.create
        if not create:
            return []
        arguments = {**create, "TableName": Code("table_name")}
        return [
            "",
            f"{INDENT}@staticmethod",
            *call("create_parameters", ["table_name: str = NAME"], "dict[str, Any]", 1),
            *docstring("Arguments of create_table of a boto3 client", 2, self._later()),
            f"{INDENT * 2}return {literal(arguments, 2, 7)}",
        ]

    def _later(self) -> list[str]:
        operations = list(dict.fromkeys(operation for operation, _arguments in self.table.creation.later))
        return [f"What CreateTable does not take comes after it: {', '.join(operations)}."] if operations else []

    def _query(self, query: Query, name: str) -> list[str]:
        pattern = query.pattern
        kinds = parameter_names(pattern.parameters)
        values = {
            f":{each}": {parameter.type: self._value(query, each, kinds[each])}
            for each, parameter in pattern.parameters.items()
        }
        arguments = {"TableName": Code("table_name"), **query.arguments, "ExpressionAttributeValues": values}
        ordered = {key: arguments[key] for key in sorted(arguments, key=_place)}
        details = [
            f"{kinds[each]}: {told.description}" for each, told in pattern.parameters.items() if told.description
        ]
        return [
            "",
            f"{INDENT}@staticmethod",
            *call(name, self._parameters(query, kinds), "dict[str, Any]", 1),
            *docstring(pattern.description or f"The access pattern {pattern.name}", 2, details),
            f"{INDENT * 2}return {literal(ordered, 2, 7)}",
        ]

    def _parameters(self, query: Query, kinds: Mapping[str, str]) -> list[str]:
        parameters = query.pattern.parameters
        typed = [f"{kinds[each]}: {self._kind(query, each)}" for each in parameters]
        return ["*", *typed, "table_name: str = NAME"]

    def _kind(self, query: Query, name: str) -> str:
        kind = VALUE_TYPES[query.pattern.parameters[name].type]
        return f"{self.enumerations[query.enumerated[name]]} | {kind}" if name in query.enumerated else kind

    def _value(self, query: Query, name: str, variable: str) -> Code:
        if query.pattern.parameters[name].type == "N":
            return Code(f"_number({variable})")
        return Code(f"_text({variable})" if name in query.enumerated else variable)

    def _expiry(self, expiry: Expiry) -> list[str]:
        count, unit = expiry.retention.count, expiry.retention.unit
        period = PERIODS[unit] if count > 1 else PERIODS[unit][:-1]
        if unit in HOURS:
            after = f"(_moment(timestamp) + timedelta(hours={count * HOURS[unit]}))"
        else:
            after = f"_months_after(_moment(timestamp), {count * MONTHS[unit]})"
        kind = "str | datetime" if expiry.kind == "S" else "float | datetime"
        about = f"The value of {expiry.attribute}, Unix seconds: {count} {period} after {expiry.timestamp}"
        return [
            "",
            f"{INDENT}@staticmethod",
            *call("expires_at", [f"timestamp: {kind}"], "int", 1),
            *docstring(about, 2, ["Raises ValueError where that is no time."]),
            f"{INDENT * 2}return int({after}.timestamp())",
        ]

    def _patterns(self, names: Mapping[str, str]) -> list[str]:
        if not names:
            return []
        functions = {pattern: Code(name) for pattern, name in names.items()}
        lead = f"{INDENT}ACCESS_PATTERNS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = "
        about = comment("Each gives the arguments of query of a boto3 client.", 1)
        return ["", *about, lead + literal(functions, 1, len(lead))]


def _place(argument: str) -> int:
    order = ("TableName", "IndexName", "KeyConditionExpression", "FilterExpression")
    names = (*order, "ExpressionAttributeNames", "ExpressionAttributeValues")
    return names.index(argument) if argument in names else len(names)
