# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generic check of a request against AWS's own API model, before anything else is looked at."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session

from .errors import ServiceError, validation
from .world import Body

# These have a text of their own, which comes later.
OWN_TEXT = frozenset({"TableClass", "SSEType"})
NULL = "Value null at '{field}' failed to satisfy constraint: Member must not be null"
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "timestamp": (int, float),
}


@functools.cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("dynamodb")


def check_shape(operation: str, body: Body) -> None:
    """Raise what AWS answers for a request that does not fit the operation's shape."""
    problems = list(_structure(model().operation_model(operation).input_shape, body, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise validation(count + "; ".join(problems))


def _problems(shape: Any, value: Any, field: str) -> Iterator[str]:
    kinds = KINDS.get(shape.type_name)
    if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        name = "STRING" if isinstance(value, str) else "NUMBER" if isinstance(value, int) else "VALUE"
        raise ServiceError("SerializationException", f"{name}_VALUE cannot be converted to {shape.type_name}")
    if shape.type_name == "structure":
        yield from _structure(shape, value, f"{field}.")
    elif shape.type_name == "list":
        yield from _length(shape, len(value), value, field)
        for number, each in enumerate(value, 1):
            yield from _problems(shape.member, each, f"{field}.{number}.member")
    elif shape.type_name == "string":
        yield from _string(shape, value, field)
    elif shape.type_name in ("integer", "long"):
        yield from _range(shape.metadata, value, value, field, "value ")


def _structure(shape: Any, value: Body, prefix: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield NULL.format(field=prefix + _lower(name))
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _problems(member, value[name], prefix + _lower(name))


def _string(shape: Any, value: str, field: str) -> Iterator[str]:
    yield from _length(shape, len(value), value, field)
    if shape.enum and shape.name not in OWN_TEXT and value not in shape.enum:
        yield _constraint(value, field, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield _constraint(value, field, f"Member must satisfy regular expression pattern: {pattern}")


def _length(shape: Any, length: int, value: Any, field: str) -> Iterator[str]:
    return _range(shape.metadata, length, value, field, "length ")


def _range(metadata: Any, number: int, value: Any, field: str, what: str) -> Iterator[str]:
    if "min" in metadata and number < metadata["min"]:
        yield _constraint(value, field, f"Member must have {what}greater than or equal to {metadata['min']}")
    if "max" in metadata and number > metadata["max"]:
        yield _constraint(value, field, f"Member must have {what}less than or equal to {metadata['max']}")


def _constraint(value: Any, field: str, constraint: str) -> str:
    return f"Value '{value}' at '{field}' failed to satisfy constraint: {constraint}"


def _lower(name: str) -> str:
    """TableName is tableName in these texts; an abbreviation at the start goes down as a whole."""
    if name.startswith(("SSE", "KMS")):
        return name[:3].lower() + name[3:]
    return name[0].lower() + name[1:]
