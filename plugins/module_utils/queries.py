# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An access pattern and its values as the arguments of Query. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from .access_pattern import DESCENDING, AccessPattern
from .expressions import render

NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_]")


class ValuesError(Exception):
    """The values do not fit the pattern's parameters."""


def query_parameters(pattern: AccessPattern, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of Query without the table's name; values in DynamoDB's typed form.

    Every attribute's name is replaced by a placeholder, since any may be one of DynamoDB's reserved words.
    values: by parameter name; numbers as int, Decimal, float or their text, binaries as bytes or base64 text.
    Raises ValuesError.
    """
    _check_names(pattern, values)
    names = Placeholders()
    arguments: dict[str, Any] = {"IndexName": pattern.index} if pattern.index else {}
    arguments["KeyConditionExpression"] = render(pattern.key_condition, names)
    if pattern.filter:
        arguments["FilterExpression"] = render(pattern.filter, names)
    arguments["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.used.items()}
    arguments["ExpressionAttributeValues"] = {
        f":{name}": typed(values[name], parameter.type, name) for name, parameter in pattern.parameters.items()
    }
    arguments["ScanIndexForward"] = pattern.order != DESCENDING
    if pattern.limit is not None:
        arguments["Limit"] = pattern.limit
    return arguments


class Placeholders:
    """Gives every attribute's name a placeholder of its own, one that resembles it."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if name not in self.used:
            like = f"#{NOT_ALLOWED.sub('_', name)}"
            taken = set(self.used.values())
            numbered = (f"{like}_{number}" for number in range(2, len(taken) + 3))
            self.used[name] = like if like not in taken else next(each for each in numbered if each not in taken)
        return self.used[name]


def typed(value: Any, kind: str, name: str) -> dict[str, Any]:
    """A value as DynamoDB takes it. name: what it is for, in errors. Raises ValuesError."""
    convert = {"S": _text, "N": _number, "B": _binary, "BOOL": _boolean}[kind]
    converted = convert(value)
    if converted is None:
        # Not the value: it may be what nobody else should read.
        raise ValuesError(f"{name}: must be {kind}, not {type(value).__name__} of that content")
    return {kind: converted}


def _check_names(pattern: AccessPattern, values: Mapping[str, Any]) -> None:
    missing = [name for name in pattern.parameters if name not in values]
    unknown = [name for name in values if name not in pattern.parameters]
    if missing or unknown:
        told = [f"{pattern.name} lacks {', '.join(missing)}"] if missing else []
        told += [f"{pattern.name} has no parameter {', '.join(unknown)}"] if unknown else []
        raise ValuesError("; ".join(told))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return str(number) if number.is_finite() else None


def _binary(value: Any) -> bytes | None:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except binascii.Error:
        return None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
