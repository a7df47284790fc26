# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions as what is generated out of them needs to see them: names, attributes, queries, creation. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .access_pattern import AccessPattern
from .expressions import Comparison, Parameter, Path, operands, terms
from .items.times import Retention, parse_retention
from .queries import query_parameters
from .schema_create import Creation, creation
from .settings.documentation import documented
from .spec import parse_tables

# Any value of the type: a query's text does not depend on it.
ANY_VALUE = {"S": "", "N": 0, "B": b"", "BOOL": True}


@dataclass(frozen=True)
class Expiry:
    """When items expire. attribute: holds it. timestamp: what it counts from. kind: that attribute's type."""

    attribute: str
    timestamp: str
    kind: str
    retention: Retention


@dataclass(frozen=True)
class Query:
    """An access pattern. arguments: of Query, without values. enumerated: for parameters that
    are compared with an attribute of some values, that attribute and its values.
    """

    pattern: AccessPattern
    arguments: Mapping[str, Any]
    enumerated: Mapping[str, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Table:
    """One table.

    description: what it holds.
    attributes: their documentation, a dictionary with at least C(type) for each. key: the partition key, then the sort
    key, if any. indexes: their names and descriptions.
    """

    name: str
    description: str
    attributes: Mapping[str, Mapping[str, Any]]
    key: tuple[str, ...]
    indexes: Mapping[str, str]
    queries: tuple[Query, ...]
    expiry: Expiry | None
    creation: Creation


def table_views(definitions: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    """The tables of definitions. Raises DefinitionError with every mistake."""
    specs = parse_tables(definitions)
    return tuple(
        _view(definition, spec.access_patterns, creation(spec))
        for definition, spec in zip(definitions, specs, strict=True)
    )


def _view(definition: Mapping[str, Any], patterns: Sequence[AccessPattern], made: Creation) -> Table:
    attributes = {str(name): documented(told) for name, told in (definition.get("attributes") or {}).items()}
    indexes = (*(definition.get("global_indexes") or ()), *(definition.get("local_indexes") or ()))
    return Table(
        name=definition["name"],
        description=str(definition.get("description") or ""),
        attributes=attributes,
        key=tuple(filter(None, (definition.get("partition_key"), definition.get("sort_key")))),
        indexes={index["name"]: str(index.get("description") or "") for index in indexes},
        queries=tuple(_query(pattern, attributes) for pattern in patterns),
        expiry=_expiry(definition.get("ttl") or {}, attributes),
        creation=made,
    )


def enumerations(attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The attributes that have one of some values, and parts of attributes that do, by their names."""
    for name, told in attributes.items():
        if told.get("values"):
            yield name, told
        yield from enumerations({part: documented(each) for part, each in (told.get("fields") or {}).items()})
        if told.get("elements"):
            yield from enumerations({name: documented(told["elements"])})


def _query(pattern: AccessPattern, attributes: Mapping[str, Mapping[str, Any]]) -> Query:
    values = {name: ANY_VALUE[parameter.type] for name, parameter in pattern.parameters.items()}
    arguments = query_parameters(pattern, values)
    del arguments["ExpressionAttributeValues"]
    return Query(pattern, arguments, dict(_enumerated(pattern, attributes)))


def _enumerated(
    pattern: AccessPattern, attributes: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Parameters that are compared with an attribute as a whole."""
    conditions = [pattern.key_condition, *([pattern.filter] if pattern.filter else [])]
    for term in (term for condition in conditions for term in terms(condition) if isinstance(term, Comparison)):
        found = operands(term)
        whole = [each.attribute for each in found if isinstance(each, Path) and len(each.parts) == 1]
        values = attributes.get(whole[0], {}).get("values") if whole else None
        for each in found:
            if isinstance(each, Parameter) and values:
                yield each.name, (whole[0], tuple(values))


def _expiry(ttl: Mapping[str, Any], attributes: Mapping[str, Mapping[str, Any]]) -> Expiry | None:
    if not (ttl.get("attribute") and ttl.get("timestamp") and ttl.get("retention")):
        return None
    kind = attributes.get(ttl["timestamp"], {}).get("type", "S")
    return Expiry(ttl["attribute"], ttl["timestamp"], kind, parse_retention(ttl["retention"]))
