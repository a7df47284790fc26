# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attribute types, key schemas and projections: what the table's keys and both kinds of index share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .documentation import DOCUMENT_TYPES, KEY_TYPES, check_documentation

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..state import TableState

NAME = re.compile(r"[a-zA-Z0-9_.\-]{3,255}")
NAME_RULE = "3 to 255 characters out of a-z, A-Z, 0-9, '_', '-' and '.'"
PROJECTION_TYPES = ("ALL", "KEYS_ONLY")
MAX_INCLUDED = 20
MAX_KEY_NAME = 255

HASH, RANGE = "HASH", "RANGE"


def check_name(name: str, path: str, problems: Problems) -> None:
    """Table and index names follow one rule (Naming rules and data types)."""
    if not NAME.fullmatch(name):
        problems.add(path, f"'{name}' is not a valid name: {NAME_RULE}")


def attribute_types(arguments: Mapping[str, Any], problems: Problems | None = None) -> dict[str, str]:
    """Attribute name to type, out of C({a: S, b: {type: N, description: …}})."""
    types: dict[str, str] = {}
    for name, declared in (arguments.get("attributes") or {}).items():
        kind = declared.get("type") if isinstance(declared, Mapping) else declared
        if kind in KEY_TYPES or kind in DOCUMENT_TYPES:
            types[str(name)] = kind
            if problems is not None:
                check_documentation(declared, f"attributes.{name}", problems)
                _check_kept(str(name), declared, arguments, problems)
        elif problems is not None:
            problems.add(f"attributes.{name}", _type_problem(declared, kind))
    return types


def _check_kept(name: str, declared: Any, arguments: Mapping[str, Any], problems: Problems) -> None:
    """No item lacks its key."""
    key = [arguments.get(option) for option in ("partition_key", "sort_key")]
    if name in key and isinstance(declared, Mapping) and declared.get("optional") is True:
        problems.add(f"attributes.{name}.optional", "is an attribute of the table's key; every item has it")


def _type_problem(declared: Any, kind: Any) -> str:
    if isinstance(declared, (list, tuple)):
        return f"has {len(declared)} types; an attribute has one"
    allowed = f"{', '.join(KEY_TYPES)} (these may be keys), {', '.join(DOCUMENT_TYPES)}"
    return (
        f"unknown type '{kind}'; allowed are {allowed}" if kind is not None else f"has no type; allowed are {allowed}"
    )


def check_key_type(name: str, path: str, arguments: Mapping[str, Any], problems: Problems) -> None:
    """A key attribute has a type in C(attributes), and one that can be a key."""
    declared = arguments.get("attributes") or {}
    kind = attribute_types(arguments).get(name)
    if len(name) > MAX_KEY_NAME:
        problems.add(path, f"has {len(name)} characters; 1 to {MAX_KEY_NAME} are allowed")
    elif kind is None and name not in declared:
        problems.add(path, f"'{name}' has no type in 'attributes'")
    elif kind is not None and kind not in KEY_TYPES:
        problems.add(path, f"'{name}' is {kind} in 'attributes'; a key must be {', '.join(KEY_TYPES)}")


def key_names(value: Any, path: str, problems: Problems) -> tuple[str, ...]:
    """One attribute name, or a list of 1 to 4, as a tuple (multi-attribute keys of global indexes)."""
    if value is None:
        return ()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
        problems.add(path, "must be an attribute's name or a list of names")
        return ()
    if not 1 <= len(names) <= 4:
        problems.add(path, f"has {len(names)} attributes; 1 to 4 are allowed")
    return tuple(names)


def key_schema(partition: Sequence[str], sort: Sequence[str]) -> list[dict[str, str]]:
    """KeySchema: partition keys first."""
    return [{"AttributeName": name, "KeyType": HASH} for name in partition] + [
        {"AttributeName": name, "KeyType": RANGE} for name in sort
    ]


def names_of(schema: Iterable[Mapping[str, str]], key_type: str) -> tuple[str, ...]:
    """The attribute names of one role in a KeySchema, in its order."""
    return tuple(element["AttributeName"] for element in schema if element["KeyType"] == key_type)


def definitions(names: Iterable[str], types: Mapping[str, str]) -> list[dict[str, str]]:
    """AttributeDefinitions of these attributes, sorted, each once."""
    return [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(set(names))]


def found_types(state: TableState) -> dict[str, str]:
    """The attribute types AWS has."""
    found = state.table.get("AttributeDefinitions") or ()
    return {element["AttributeName"]: element["AttributeType"] for element in found}


@dataclass(frozen=True)
class Projection:
    """type: ALL, KEYS_ONLY or INCLUDE. included: the attributes of INCLUDE, whose order means nothing."""

    type: str = "ALL"
    included: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, value: Any, path: str, problems: Problems) -> Projection:
        """Out of C(ALL), C(KEYS_ONLY) or C({include: [a, b]})."""
        if value is None or value in PROJECTION_TYPES:
            return cls(value or "ALL")
        if isinstance(value, Mapping) and set(value) == {"include"}:
            return cls("INCLUDE", cls._included(value["include"], f"{path}.include", problems))
        if value == "INCLUDE":
            problems.add(path, "INCLUDE needs its attributes: {include: [name, …]}")
        else:
            problems.add(path, f"must be {', '.join(PROJECTION_TYPES)} or {{include: [name, …]}}, not '{value}'")
        return cls()

    @staticmethod
    def _included(names: Any, path: str, problems: Problems) -> frozenset[str]:
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) and name for name in names):
            problems.add(path, "must be a list of attribute names")
            return frozenset()
        if not 1 <= len(names) <= MAX_INCLUDED:
            problems.add(path, f"has {len(names)} attributes; 1 to {MAX_INCLUDED} are allowed")
        return frozenset(names)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Projection:
        """Out of a Projection of AWS."""
        return cls(found.get("ProjectionType", "ALL"), frozenset(found.get("NonKeyAttributes") or ()))

    def request(self) -> dict[str, Any]:
        """Projection for AWS."""
        included = {"NonKeyAttributes": sorted(self.included)} if self.included else {}
        return {"ProjectionType": self.type, **included}

    def argument(self) -> Any:
        """In the words of the arguments."""
        return {"include": sorted(self.included)} if self.type == "INCLUDE" else self.type

    def __str__(self) -> str:
        return f"INCLUDE {', '.join(sorted(self.included))}" if self.type == "INCLUDE" else self.type
