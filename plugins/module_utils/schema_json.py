# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables as data for programs of any language, out of their definitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .schema_view import Query, Table, table_views
from .settings.documentation import documented


def schema_json(definitions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What C(dynamodb_schemas.json) holds. Raises DefinitionError with every mistake.

    C(create_parameters) are the arguments of CreateTable, C(then) the calls after it, in the words of the AWS API.
    """
    return {"tables": [_table(table) for table in table_views(definitions)]}


def _table(table: Table) -> dict[str, Any]:
    partition, sort = (*table.key, None, None)[:2]
    told: dict[str, Any] = {
        "name": table.name,
        "description": table.description or None,
        "partition_key": partition,
        "sort_key": sort,
        "attributes": {name: _plain(each) for name, each in table.attributes.items()},
        "indexes": [{"name": name, "description": text or None} for name, text in table.indexes.items()],
        "access_patterns": [_query(query) for query in table.queries],
        "retention": {
            "attribute": table.expiry.attribute,
            "timestamp": table.expiry.timestamp,
            "period": str(table.expiry.retention),
        }
        if table.expiry
        else None,
        "create_parameters": dict(table.creation.create) or None,
        "then": [
            # A table's ARN is not known before there is the table.
            {"operation": operation, "parameters": {name: value for name, value in arguments.items() if value != ""}}
            for operation, arguments in table.creation.later
        ],
    }
    return {name: value for name, value in told.items() if value not in (None, [], {})}


def _query(query: Query) -> dict[str, Any]:
    pattern = query.pattern
    parameters = {
        name: {"type": each.type, **({"description": each.description} if each.description else {})}
        for name, each in pattern.parameters.items()
    }
    description = {"description": pattern.description} if pattern.description else {}
    return {"name": pattern.name, **description, "parameters": parameters, "query": dict(query.arguments)}


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute's documentation, its parts in the same form."""
    inner: dict[str, Any] = {}
    if told.get("fields"):
        inner["fields"] = {str(name): _plain(documented(each)) for name, each in told["fields"].items()}
    if told.get("elements"):
        inner["elements"] = _plain(documented(told["elements"]))
    return {**told, **inner}
