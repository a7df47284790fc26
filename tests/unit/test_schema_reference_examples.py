# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the schema reference: commands and Python that make the queries they stand for."""

from __future__ import annotations

import re
import runpy
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_pattern import AccessPattern, ValueParameter
from ansible_collections.auditflow.dynamodb.plugins.module_utils.expression_parser import parse
from ansible_collections.auditflow.dynamodb.plugins.module_utils.queries import query_parameters
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_python import schema_python
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_values import pattern_values, value
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_tables

from .schema_examples import call
from .schema_odd import ODD
from .schema_page import Definitions, auditflow, blocks, page, section


def test_the_python_of_the_examples_runs_on_the_generated_module(tmp_path: Path) -> None:
    awkward = {
        "name": "orders",
        "attributes": {"id": "S", "n": "N", "b": "B"},
        "partition_key": "id",
        "access_patterns": [
            {
                "name": "import",
                "parameters": {"table_name": "S", "class": "N"},
                "key_condition": "id = :table_name",
                "filter": "n > :class",
            }
        ],
    }
    definitions = [*auditflow(), ODD[0], {**awkward, "name": "Orders"}, awkward]
    file = tmp_path / "dynamodb_schemas.py"
    file.write_text(schema_python(definitions), encoding="utf-8")
    generated = SimpleNamespace(**runpy.run_path(str(file), run_name="dynamodb_schemas"))
    asked: list[dict[str, Any]] = []
    client = SimpleNamespace(query=lambda **given: asked.append(given), get_item=lambda **given: asked.append(given))
    written = page(definitions)
    for example in blocks(written, "python")[1:]:
        file.write_text(example, encoding="utf-8")
        runpy.run_path(str(file), {"dynamodb_schemas": generated, "client": client, "Decimal": Decimal})
    commands = [call(command)[1] for command in blocks(written, "sh")]
    assert len(asked) == len(commands) == sum(1 + len(each["access_patterns"]) for each in definitions)
    for python, command in zip(asked, commands, strict=True):
        assert python["TableName"] == command["TableName"]
        assert python.get("Key") == command.get("Key")
        assert python.get("ExpressionAttributeValues") == command.get("ExpressionAttributeValues")


@pytest.mark.parametrize("definitions", [auditflow(), ODD], ids=["auditflow", "odd"])
def test_a_command_makes_the_query_of_its_pattern(definitions: Definitions) -> None:
    written = page(definitions)
    for spec in parse_tables(definitions):
        for pattern in spec.access_patterns:
            command, python = (blocks(section(written, pattern.name), language)[0] for language in ("sh", "python"))
            operation, arguments = call(command)
            values = {
                name.removeprefix(":"): next(iter(typed.values()))
                for name, typed in arguments["ExpressionAttributeValues"].items()
            }
            assert operation == "Query"
            assert arguments.pop("TableName") == spec.name
            arguments.setdefault("ScanIndexForward", True)
            assert arguments == query_parameters(pattern, values)
            # The other example has the same values.
            compile(python, "example", "exec")
            given = dict(re.findall(r"^        (\w+)=(.*),$", python, re.MULTILINE))
            assert {name: str(eval(shown)) for name, shown in given.items()} == {
                name: str(each) for name, each in values.items()
            }


@pytest.mark.parametrize("definitions", [auditflow(), ODD], ids=["auditflow", "odd"])
def test_a_command_reads_one_item(definitions: Definitions) -> None:
    written = page(definitions)
    for spec in parse_tables(definitions):
        if spec.creatable:
            example = section(written, f"One item of {spec.name}")
            operation, arguments = call(blocks(example, "sh")[0])
            assert operation == "GetItem"
            assert arguments["TableName"] == spec.name
            assert f"    Key={arguments['Key']},".replace("'", '"') in example.replace("'", '"')


@pytest.mark.parametrize(
    ("kind", "documentation", "values"),
    [
        ("S", {}, ("name-1", "name-2")),
        ("S", {"values": ["LOW", "HIGH"]}, ("LOW", "HIGH")),
        ("S", {"format": "date"}, ("2026-01-01", "2026-12-31")),
        ("N", {}, (1, 100)),
        ("N", {"minimum": 0, "maximum": 100}, (75, 100)),
        ("N", {"minimum": 0, "maximum": 1}, (Decimal("0.75"), 1)),
        ("N", {"maximum": -10}, (-35, -10)),
        ("N", {"minimum": 5, "format": "integer"}, (80, 105)),
        ("N", {"format": "unix_seconds"}, (1767225600, 1798761599)),
        ("B", {}, ("AAEC", "/f7/")),
        ("BOOL", {}, (True, True)),
    ],
)
def test_values_fit_their_attribute_and_are_a_range(kind: str, documentation: dict[str, Any], values: Any) -> None:
    assert tuple(value(kind, documentation, position, "name") for position in (0, 1)) == values


def test_the_values_of_a_pattern_are_those_of_what_they_are_compared_with() -> None:
    attributes = {
        "id": {"type": "S", "format": "uuid"},
        "day": {"type": "S", "format": "date"},
        "state": {"type": "S", "values": ["NEW", "DONE"]},
        "lines": {"type": "L", "elements": {"type": "S", "values": ["a", "b"]}},
        "more": {"type": "M", "fields": {"share": {"type": "N", "minimum": 0, "maximum": 4}}},
    }
    conditions = {
        "id = :id AND begins_with(day, :day)": "state BETWEEN :first AND :last AND contains(lines, :line)",
        "id = :id": "more.share < :share AND size(more) > :size AND attribute_type(more, :kind) AND state IN (:one)",
    }
    found: dict[str, Any] = {}
    for key, rest in conditions.items():
        names = re.findall(r":(\w+)", f"{key} {rest}")
        numbers = {"share", "size"}
        pattern = AccessPattern(
            name="any",
            key_condition=parse(key),
            filter=parse(rest),
            parameters={name: ValueParameter("N" if name in numbers else "S") for name in names},
        )
        found |= pattern_values(pattern, attributes)
    assert found == {
        "id": "3f2b8c1e-5d47-4a90-8e6b-1c9d7f0a2b34",
        "day": "2026-01",
        "first": "DONE",
        "last": "NEW",
        "line": "a",
        "share": 3,
        "size": 1,
        "kind": "M",
        "one": "NEW",
    }
