# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of the schema reference says of permissions, and of those who have been given them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .access_policies import KEY_READ, KEY_WRITE, parse_access
from .schema_reference_markdown import code, codes, text
from .settings.encryption import MANAGED_KEY
from .spec import TableSpec


def permission_rows(spec: TableSpec, queries: Mapping[str, str]) -> list[dict[str, str]]:
    """A row for each access pattern, and for what is done with items. queries: the patterns' names as links."""
    arn = f"arn:aws:dynamodb:REGION:ACCOUNT:table/{spec.name}"
    return [
        {
            "what": queries[pattern.name],
            "action": code("dynamodb:Query"),
            "resource": code(f"{arn}/index/{pattern.index}" if pattern.index else arn),
        }
        for pattern in spec.access_patterns
    ] + [
        {"what": what, "action": codes([f"dynamodb:{action}" for action in actions]), "resource": code(arn)}
        for what, actions in (
            ("read items by their keys", ("GetItem", "BatchGetItem")),
            ("write items", ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")),
        )
    ]


def key_permissions(spec: TableSpec) -> dict[str, str] | None:
    """What the users of the table need of its customer key; C(None) where the key is none of the customer's."""
    encryption = spec.wanted.get("encryption")
    if not encryption or not encryption.key or encryption.key == MANAGED_KEY:
        return None
    read, write = (codes([each.action for each in needed]) for needed in (KEY_READ, KEY_WRITE))
    return {"key": code(encryption.key), "read": read, "write": write}


def granted(definitions: Any, consumers: Any, names: Collection[str]) -> dict[str, list[dict[str, str]]]:
    """Who may do what, by the table's name. names: of the tables. Raises DefinitionError."""
    found: dict[str, list[dict[str, str]]] = {}
    for consumer in parse_access(definitions, _of_tables(consumers, names)).consumers:
        for grant in consumer.grants:
            queried = [f"`Query` of {code(name) if name else 'the table'}" for name in grant.queried]
            row = {
                "name": code(consumer.name),
                "description": text(consumer.description),
                "may": ", ".join([*(code(action) for action in grant.actions), *queried]),
                "where": ", ".join(["the table", *(code(index) for index in grant.indexes)]) if grant.actions else "",
                "only": _only(grant),
            }
            found.setdefault(grant.table.name, []).append(row)
    return found


def _only(grant: Any) -> str:
    keys = f"partition keys {codes(list(grant.leading_keys))}" if grant.leading_keys else ""
    attributes = f"attributes {codes(list(grant.attributes))}" if grant.attributes else ""
    return "; ".join(each for each in (keys, attributes) if each)


def _of_tables(consumers: Any, names: Collection[str]) -> Any:
    """The consumers of these tables. What is no list of consumers stays, to be told as a mistake."""
    if not isinstance(consumers, (list, tuple)) or not all(isinstance(each, Mapping) for each in consumers):
        return consumers
    kept = []
    for consumer in consumers:
        tables = consumer.get("tables")
        if isinstance(tables, (list, tuple)):
            mine = [each for each in tables if not isinstance(each, Mapping) or each.get("name") in names]
            if mine or not tables:
                kept.append({**consumer, "tables": mine})
        else:
            kept.append(consumer)
    return kept
