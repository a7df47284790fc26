# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a table's attributes on the page of the schema reference. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .access_pattern import sources
from .schema_reference_markdown import code, codes, text
from .settings.documentation import documented

TYPES = {
    "S": "string",
    "N": "number",
    "B": "binary",
    "BOOL": "boolean",
    "NULL": "null",
    "M": "map",
    "L": "list",
    "SS": "set of strings",
    "NS": "set of numbers",
    "BS": "set of binaries",
}
FORMATS = {
    "uuid": "UUID",
    "timestamp": "time, ISO 8601 in UTC",
    "date": "date, ISO 8601",
    "email": "e-mail address",
    "person": "a person's name",
    "file_name": "file name",
    "sha256": "SHA-256, hexadecimal",
    "arn": "ARN",
    "uri": "URI",
    "text": "free text",
    "unix_seconds": "time, Unix seconds",
    "integer": "whole number",
}
PARTITION, SORT, INDEX, EXPIRY = "partition key", "sort key", "index key", "expiry time"


def attribute_rows(definition: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each attribute, and below it one for each part of it that is documented."""
    used = roles(definition)
    return [
        {"name": code(path), "type": _type(told), "holds": _holds(told), "role": role, "description": _said(told)}
        for name, declared in (definition.get("attributes") or {}).items()
        for path, told, role in _parts(str(name), declared, ", ".join(used.get(str(name), ())))
    ]


def roles(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the attributes are used for, by their names."""
    found: dict[str, list[str]] = {}

    def add(name: Any, role: str) -> None:
        if name and role not in found.setdefault(str(name), []):
            found[str(name)].append(role)

    add(definition.get("partition_key"), PARTITION)
    add(definition.get("sort_key"), SORT)
    ttl = definition.get("ttl") or {}
    if ttl.get("enabled", True):
        add(ttl.get("attribute"), EXPIRY)
    for index, source in sources(definition).items():
        for name in (*source.partition, *source.sort) if index else ():
            if PARTITION not in found.get(name, ()) and SORT not in found.get(name, ()):
                add(name, INDEX)
    return found


def type_words(kind: str) -> str:
    """A type as people call it."""
    return TYPES.get(kind, kind)


def _parts(path: str, declared: Any, role: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    told = documented(declared)
    yield path, told, role
    for name, inner in (told.get("fields") or {}).items():
        yield from _parts(f"{path}.{name}", inner, "")
    elements = documented(told.get("elements"))
    # An element without parts of its own is told with its list.
    if elements.get("fields") or elements.get("elements"):
        yield from (each for each in _parts(f"{path}[]", elements, "") if each[0] != f"{path}[]")


def _type(told: Mapping[str, Any]) -> str:
    kind, elements = type_words(told["type"]), documented(told.get("elements"))
    return f"{kind} of {type_words(elements['type'])}s" if elements else kind


def _holds(told: Mapping[str, Any]) -> str:
    elements = documented(told.get("elements"))
    if elements:
        told = {**elements, "optional": told.get("optional"), **({"format": None} if elements.get("fields") else {})}
    parts = []
    if told.get("values"):
        parts.append(codes([*told["values"]]))
    if told.get("format"):
        parts.append(FORMATS.get(told["format"], text(str(told["format"]))))
    bounds = _bounds(told.get("minimum"), told.get("maximum"))
    parts += [bounds] if bounds else []
    parts += ["optional"] if told.get("optional") else []
    return "; ".join(parts)


def _bounds(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"{low:,} or more"
    return f"at most {high:,}" if low is None else f"{low:,} to {high:,}"


def _said(told: Mapping[str, Any]) -> str:
    said = (each.get("description") for each in (told, documented(told.get("elements"))))
    return " ".join(text(str(each)) for each in said if each)
