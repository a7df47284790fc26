# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of an access pattern as a person would type them: for the AWS CLI, and in the generated Python. Pure.

The command quotes for a POSIX shell. Binary values are base64, as version 2 of the AWS CLI takes them.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .access_pattern import AccessPattern
from .queries import query_parameters, typed
from .schema_names import parameter_names
from .schema_reference_values import key_values, pattern_values

# Wider arguments scroll out of sight where GitHub shows them.
WIDEST = 80
# The options of `aws dynamodb` by the arguments of the API.
OPTIONS = {
    "IndexName": "--index-name",
    "KeyConditionExpression": "--key-condition-expression",
    "FilterExpression": "--filter-expression",
    "ExpressionAttributeNames": "--expression-attribute-names",
    "ExpressionAttributeValues": "--expression-attribute-values",
    "Limit": "--limit",
}


def query_command(table: str, pattern: AccessPattern, attributes: Mapping[str, Any]) -> list[str]:
    """The lines of the command that makes the query of an access pattern."""
    arguments = query_parameters(pattern, pattern_values(pattern, attributes))
    lines = ["aws dynamodb query", f"--table-name {shlex.quote(table)}"]
    for name, option in OPTIONS.items():
        # An empty map is refused.
        if arguments.get(name):
            lines.append(f"{option} {_argument(arguments[name])}")
    if not arguments["ScanIndexForward"]:
        lines.append("--no-scan-index-forward")
    return _continued(lines)


def get_command(
    table: str, keys: tuple[str, ...], attributes: Mapping[str, Any], types: Mapping[str, str]
) -> list[str]:
    """The lines of the command that reads one item."""
    key = {name: typed(each, types[name], name) for name, each in key_values(keys, attributes).items()}
    return _continued(["aws dynamodb get-item", f"--table-name {shlex.quote(table)}", f"--key {_argument(key)}"])


def python_arguments(pattern: AccessPattern, attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The arguments of the generated function of an access pattern: names, and values as Python literals."""
    values = pattern_values(pattern, attributes)
    return [
        (python, _literal(values[name], pattern.parameters[name].type))
        for name, python in parameter_names(pattern.parameters).items()
    ]


def python_key(keys: tuple[str, ...], attributes: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """The key of one item as a Python literal, in DynamoDB's typed form."""
    key = {name: typed(each, types[name], name) for name, each in key_values(keys, attributes).items()}
    parts = (
        f"{_string(name)}: {{{_string(kind)}: {_plain(value)}}}"
        for name, one in key.items()
        for kind, value in one.items()
    )
    return f"{{{', '.join(parts)}}}"


def _plain(value: Any) -> str:
    return repr(value) if isinstance(value, bytes) else _string(value)


def _literal(value: Any, kind: str) -> str:
    if kind == "B":
        return repr(base64.b64decode(value))
    if isinstance(value, Decimal):
        return f'Decimal("{value}")'
    return _string(value) if isinstance(value, str) else repr(value)


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        line = json.dumps(value, ensure_ascii=False, default=_base64)
        if len(line) > WIDEST and len(value) > 1:
            parts = (json.dumps({name: one}, ensure_ascii=False, default=_base64)[1:-1] for name, one in value.items())
            line = "{\n    " + ",\n    ".join(parts) + "\n  }"
        return shlex.quote(line)
    return shlex.quote(str(value))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _continued(lines: list[str]) -> list[str]:
    first, *others = lines
    return " \\\n  ".join((first, *others)).split("\n")
