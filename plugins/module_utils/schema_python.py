# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python module that a backend uses its tables by, out of their definitions. Pure."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import schema_python_times as times
from .items.times import MONTHS
from .schema_names import IMPORTED, TAKEN, all_distinct, class_name, class_names, constant_name, distinct
from .schema_python_table import TableWriter
from .schema_python_text import INDENT, docstring, literal, quoted
from .schema_view import Table, enumerations, table_views

ABOUT = "The DynamoDB tables of the application: their names, keys, items and queries"
ORIGIN = (
    "The playbook document.yml of auditflow.dynamodb wrote this out of the definitions that the tables are made by. To "
    "change it, change the definitions and run the playbook again. It needs nothing but Python 3.10."
)

NUMBER = '''\
def _number(value: float | Decimal) -> str:
    """A number as DynamoDB takes it."""
    return str(Decimal(str(value)))
'''
TEXT = '''\
def _text(value: str) -> str:
    """A text, or what a member of an enumeration stands for."""
    return str(value.value) if isinstance(value, Enum) else value
'''


@dataclass(frozen=True)
class Enumeration:
    """Values that an attribute can have. title: its class. description: for people."""

    attribute: str
    title: str
    values: tuple[str, ...]
    description: str


def schema_python(definitions: Sequence[Mapping[str, Any]]) -> str:
    """The text of C(dynamodb_schemas.py). Raises DefinitionError with every mistake."""
    tables = table_views(definitions)
    titles = class_names(table.name for table in tables)
    found = _enumerations(tables, titles)
    names = {(each.attribute, each.values): each.title for each in found}
    classes: list[str] = []
    for table, title in zip(tables, titles, strict=True):
        classes += ["", "", *TableWriter(table, title, names).lines()]
    body = "\n".join([*_enumeration_lines(found), *_helpers(tables), *classes, ""])
    return "\n".join([*_head(tables, body), body])


def _enumerations(tables: Sequence[Table], titles: Sequence[str]) -> list[Enumeration]:
    """One class for what has the same name and values in several tables; with the table's name where they differ."""
    found: list[Enumeration] = []
    taken = {*TAKEN, *titles}
    for table, title in zip(tables, titles, strict=True):
        for name, told in enumerations(table.attributes):
            values = tuple(told["values"])
            if any((each.attribute, each.values) == (name, values) for each in found):
                continue
            own = class_name(name)
            chosen = distinct(own if own not in taken else f"{title}{own}", taken)
            taken.add(chosen)
            found.append(Enumeration(name, chosen, values, str(told.get("description") or f"Values of {name}")))
    return found


def _head(tables: Sequence[Table], body: str) -> list[str]:
    """The module's docstring, what the body needs, and the names of the tables."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)} | {"Final"}
    needed = [(module, [name for name in names if name in used]) for module, names in IMPORTED.items()]
    imports = [f"from {module} import {', '.join(names)}" for module, names in needed if names]
    names = literal(tuple(table.name for table in tables), 0, len("TABLES: Final = "))
    return [
        *docstring(ABOUT, 0, [ORIGIN]),
        "",
        "from __future__ import annotations",
        "",
        *(["import re"] if "re" in used else []),
        *imports,
        "",
        f"TABLES: Final = {names}",
    ]


def _enumeration_lines(found: Sequence[Enumeration]) -> list[str]:
    lines: list[str] = []
    for each in found:
        names = all_distinct(constant_name(value) for value in each.values)
        lines += ["", "", f"class {each.title}(str, Enum):", *docstring(each.description, 1), ""]
        lines += [f"{INDENT}{name} = {quoted(value)}" for name, value in zip(names, each.values, strict=True)]
    return lines


def _helpers(tables: Sequence[Table]) -> list[str]:
    parameters = [
        (query, name, parameter)
        for table in tables
        for query in table.queries
        for name, parameter in query.pattern.parameters.items()
    ]
    expiries = [table.expiry for table in tables if table.expiry]
    texts = [
        *([NUMBER] if any(parameter.type == "N" for _query, _name, parameter in parameters) else []),
        *([TEXT] if any(name in query.enumerated for query, name, _parameter in parameters) else []),
        *([times.MOMENT] if expiries else []),
        *([times.MONTHS] if any(each.retention.unit in MONTHS for each in expiries) else []),
    ]
    return [line for text in texts for line in ("", "", *text.rstrip("\n").split("\n"))]
