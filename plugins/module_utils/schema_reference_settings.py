# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of the schema reference says of a table's settings, its capacity and what writing to it costs. Pure.

Sizes and units: DynamoDB Developer Guide, "DynamoDB read and write operations", "DynamoDB item sizes and formats",
"Using global secondary indexes".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .schema_reference_markdown import code, codes
from .settings.billing import create_mode
from .settings.capacity import NO_LIMIT, UNLIMITED
from .settings.documentation import documented
from .settings.encryption import MANAGED_KEY
from .spec import TableSpec

LABELS = {
    "encryption": "encryption at rest",
    "ttl": "time to live",
    "pitr": "point-in-time recovery",
    "stream": "stream",
    "deletion_protection": "deletion protection",
    "table_class": "table class",
    "tags": "tags",
}
# What the template makes a sentence of.
WORDS: dict[str, Callable[[Any], Any]] = {
    "encryption": lambda want: {"type": want.type, "key": code("" if want.key == MANAGED_KEY else want.key)},
    "ttl": lambda want: code(want.attribute),
    "pitr": lambda want: {"enabled": want.enabled, "days": want.days},
    "stream": lambda want: code(want.view_type),
    "deletion_protection": bool,
    "table_class": code,
    "tags": lambda want: [(code(name), code(value)) for name, value in want.tags],
}


def settings(spec: TableSpec) -> dict[str, Any]:
    """What the definition says of each setting that it manages, and the names of the others."""
    wanted = spec.wanted
    said = {name: words(wanted[name]) for name, words in WORDS.items() if name in wanted}
    return {**said, "unmanaged": [LABELS[name] for name in WORDS if name not in wanted]}


def capacity(definition: Mapping[str, Any], spec: TableSpec) -> dict[str, Any]:
    """How the table is billed, what its indexes multiply, and what is known of the size of an item."""
    billing = spec.wanted.get("billing")
    names = list(definition.get("attributes") or {})
    indexes = _indexes(definition, spec)
    return {
        "mode": create_mode(billing) if billing else None,
        "limits": _limits(billing, spec),
        "indexes": indexes,
        "most_writes": 1 + len(indexes),
        "partial": any(index["absent"] for index in indexes),
        "local": bool(definition.get("local_indexes")),
        "few": [index for index in indexes if index["few"]],
        "attributes": len(names),
        "name_bytes": sum(len(str(name).encode()) for name in names),
    }


def _indexes(definition: Mapping[str, Any], spec: TableSpec) -> list[dict[str, Any]]:
    table_key = {definition.get("partition_key"), definition.get("sort_key")}
    found = [
        _index(definition, index.name, (index.sort_key,), (), index.projection.type, table_key)
        for index in spec.wanted.get("local_indexes") or ()
    ]
    every = spec.wanted.get("global_indexes")
    for index in every.indexes if every else ():
        key = (*index.partition, *index.sort)
        partition = index.partition if len(index.partition) == 1 else ()
        found.append(_index(definition, index.name, key, partition, index.projection.type, table_key))
    return found


def _index(
    definition: Mapping[str, Any],
    name: str,
    key: tuple[str, ...],
    partition: tuple[str, ...],
    projection: str,
    table_key: set[Any],
) -> dict[str, Any]:
    own = [each for each in key if each not in table_key]
    attributes = definition.get("attributes") or {}
    told = documented(attributes.get(partition[0])) if partition else {}
    return {
        "name": code(name),
        "key": codes(own),
        "projection": projection,
        "absent": [code(each) for each in own if documented(attributes.get(each)).get("optional")],
        "few": len(told.get("values", ())),
        "partition": codes(list(partition)),
    }


def _limits(billing: Any, spec: TableSpec) -> list[dict[str, str]]:
    """Capacity or limits of the table and of each index that has any."""
    every = spec.wanted.get("global_indexes")
    holders = [("the table", billing), *((code(index.name), index) for index in (every.indexes if every else ()))]
    rows = []
    for name, holder in holders:
        if holder and holder.throughput:
            rows.append({"name": name, "read": f"{holder.throughput.read:,}", "write": f"{holder.throughput.write:,}"})
        elif holder and holder.limit and holder.limit != NO_LIMIT:
            rows.append({"name": name, "read": _at_most(holder.limit.read), "write": _at_most(holder.limit.write)})
    return rows


def _at_most(units: int | None) -> str:
    return "no limit" if units in (None, UNLIMITED) else f"at most {units:,}"
