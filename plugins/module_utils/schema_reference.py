# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of the schema reference says of tables: data in, data for its template out. Pure.

Every text in it is Markdown already; the sentences are the template's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .access_pattern import AccessPattern, Source, sources
from .alarms import Alarm, alarms, prefix
from .items.times import parse_retention
from .schema_names import class_names, function_names
from .schema_reference_access import granted, key_permissions, permission_rows
from .schema_reference_attributes import attribute_rows, type_words
from .schema_reference_diagram import diagram
from .schema_reference_examples import get_command, python_arguments, python_key, query_command
from .schema_reference_markdown import Anchors, code, codes, text
from .schema_reference_settings import capacity, settings
from .spec import TableSpec, parse_tables

LAST_SECTIONS = {
    "settings": "Settings",
    "capacity": "Capacity and cost",
    "permissions": "Permissions",
    "alarms": "Alarms",
}


@dataclass(frozen=True)
class _Table:
    """python: its class in the generated Python."""

    definition: Mapping[str, Any]
    spec: TableSpec
    sources: Mapping[str, Source]
    python: str

    @property
    def functions(self) -> dict[str, str]:
        """What the access patterns are called in the generated Python."""
        return function_names(pattern.name for pattern in self.spec.access_patterns)

    @property
    def attributes(self) -> Mapping[str, Any]:
        return self.definition.get("attributes") or {}

    def of(self, index: str) -> list[AccessPattern]:
        """The access patterns that query the table, or an index of it."""
        return [pattern for pattern in self.spec.access_patterns if pattern.index == index]


def schema_reference(definitions: Any, consumers: Any = None, monitoring: Any = None) -> dict[str, Any]:
    """The data of the page.

    definitions: of the tables. consumers: as the role C(access) takes them; what they have of other tables is left out.
    monitoring: options of the alarms; C(None) tells of none. Raises DefinitionError with every mistake.
    """
    specs = parse_tables(definitions)
    rung = alarms(definitions, monitoring) if monitoring is not None else ()
    names = {spec.name for spec in specs}
    rights = granted(definitions, consumers or [], names)
    anchors = Anchors()
    page = {name: anchors.heading(title) for name, title in _page_headings(len(specs)).items()}
    classes = class_names(spec.name for spec in specs)
    tables = [
        _Table(definition, spec, sources(definition), python)
        for definition, spec, python in zip(definitions, specs, classes, strict=True)
    ]
    shown = [
        _table(each, anchors, [alarm for alarm in rung if alarm.table == each.spec.name], rights) for each in tables
    ]
    if any(not each.table for each in rung):
        page["account_alarms"] = anchors.heading("Alarms of the account")
    account = [{"name": code(each.name), "condition": text(each.condition)} for each in rung if not each.table]
    return {
        "headings": page,
        "tables": shown,
        "account_alarms": account,
        "any_alarms": monitoring is not None,
        "decimals": any("Decimal(" in value for each in shown for _name, value in _values(each)),
    }


def _values(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [argument for pattern in shown["patterns"] for argument in pattern["python_arguments"]]


def _page_headings(count: int) -> dict[str, str]:
    return {
        "title": "DynamoDB schema",
        "contents": "Contents",
        "overview": "The table" if count == 1 else "The tables",
        "running": "How to run the examples",
        "counting": "How reads and writes are counted",
    }


def _table(table: _Table, anchors: Anchors, rung: Sequence[Alarm], rights: Mapping[str, Any]) -> dict[str, Any]:
    name = table.spec.name
    heading = anchors.heading(name)
    headings = _headings(anchors, name, _first_sections(table))
    # In the order of the page: GitHub counts headings of the same words.
    item = anchors.heading(f"One item of {name}") if table.spec.creatable else None
    patterns = [_pattern(table, each, anchors) for each in table.spec.access_patterns]
    headings |= _headings(anchors, name, LAST_SECTIONS)
    queries = {each["plain"]: f"[{each['heading']['title']}](#{each['heading']['anchor']})" for each in patterns}
    return {
        "name": code(name),
        "heading": heading,
        "headings": headings,
        "description": text(str(table.definition.get("description") or "")),
        "key": _key(table),
        "attributes": attribute_rows(table.definition),
        "indexes": [_index(table, index, queries) for index in table.sources if index],
        "diagram": diagram(name, dict(table.sources), table.spec.access_patterns) if table.sources else [],
        "class": table.python,
        "item": _item(table, item) if item else None,
        "patterns": patterns,
        "settings": settings(table.spec),
        "ttl": _ttl(table.definition),
        "capacity": capacity(table.definition, table.spec),
        "permissions": permission_rows(table.spec, queries),
        "key_permissions": key_permissions(table.spec),
        "consumers": rights.get(name, []),
        "alarm_name": code(f"{prefix(name)}RULE"),
        "index_alarm_name": code(f"{prefix(name)}INDEX/RULE"),
        "alarms": _alarms(rung, len(table.definition.get("global_indexes") or ())),
    }


def _first_sections(table: _Table) -> dict[str, str]:
    sections = {"attributes": "Attributes"}
    if any(table.sources):
        sections["indexes"] = "Indexes"
    if table.spec.creatable or table.spec.access_patterns:
        sections["access_patterns"] = "Access patterns"
    return sections


def _headings(anchors: Anchors, table: str, sections: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Headings that no other table has too, each with what it is called where the table is clear."""
    return {key: {**anchors.heading(f"{title} of {table}"), "short": title} for key, title in sections.items()}


def _key(table: _Table) -> dict[str, str] | None:
    keys = table.spec.wanted.get("keys")
    if not keys:
        return None
    return {"partition": _typed(table, (keys.partition,)), "sort": _typed(table, (keys.sort,) if keys.sort else ())}


def _typed(table: _Table, names: Sequence[str]) -> str:
    return ", ".join(f"{code(name)} ({type_words(table.spec.attribute_types.get(name, ''))})" for name in names)


def _index(table: _Table, name: str, queries: Mapping[str, str]) -> dict[str, Any]:
    source = table.sources[name]
    local = any(each.get("name") == name for each in table.definition.get("local_indexes") or ())
    given = next(
        each
        for kind in ("local_indexes", "global_indexes")
        for each in table.definition.get(kind) or ()
        if each.get("name") == name
    )
    return {
        "name": code(name),
        "local": local,
        "partition": _typed(table, source.partition),
        "sort": _typed(table, source.sort),
        "holds": _projection(given.get("projection")),
        "description": text(str(given.get("description") or "")),
        "queries": [queries[pattern.name] for pattern in table.of(name)],
    }


def _projection(given: Any) -> str:
    if isinstance(given, Mapping):
        return f"the keys, {', '.join(code(each) for each in given.get('include') or ())}"
    return "the keys only" if given == "KEYS_ONLY" else "all attributes"


def _item(table: _Table, heading: Mapping[str, str]) -> dict[str, Any]:
    keys = table.spec.wanted["keys"]
    types = table.spec.attribute_types
    return {
        "heading": heading,
        "command": get_command(table.spec.name, keys.names, table.attributes, types),
        "python_key": python_key(keys.names, table.attributes, types),
    }


def _pattern(table: _Table, pattern: AccessPattern, anchors: Anchors) -> dict[str, Any]:
    given = next(each for each in table.definition["access_patterns"] if each["name"] == pattern.name)
    return {
        "plain": pattern.name,
        "heading": anchors.heading(pattern.name),
        "description": text(pattern.description),
        "index": code(pattern.index),
        "global": any(each.get("name") == pattern.index for each in table.definition.get("global_indexes") or ()),
        "key_condition": code(" ".join(str(given["key_condition"]).split())),
        "filter": code(" ".join(str(given.get("filter") or "").split())),
        "sorted": codes(list(table.sources[pattern.index].sort)),
        "descending": pattern.order == "descending",
        "limit": pattern.limit,
        "parameters": [
            {"name": code(name), "type": type_words(each.type), "description": text(each.description)}
            for name, each in pattern.parameters.items()
        ],
        "command": query_command(table.spec.name, pattern, table.attributes),
        "python_name": table.functions[pattern.name],
        "python_arguments": python_arguments(pattern, table.attributes),
    }


def _ttl(definition: Mapping[str, Any]) -> dict[str, str] | None:
    """What the page says of the retention; C(None) where nothing expires."""
    ttl = definition.get("ttl") or {}
    if not ttl.get("attribute") or not ttl.get("enabled", True):
        return None
    return {
        "attribute": code(ttl["attribute"]),
        "timestamp": code(ttl.get("timestamp") or ""),
        "retention": retention_words(ttl["retention"]) if ttl.get("retention") else "",
    }


def retention_words(retention: str) -> str:
    """C(7y) as people say it."""
    parsed = parse_retention(retention)
    unit = {"y": "year", "mo": "month", "w": "week", "d": "day", "h": "hour"}[parsed.unit]
    return f"{parsed.count} {unit}{'' if parsed.count == 1 else 's'}"


def _alarms(rung: Sequence[Alarm], indexes: int) -> list[dict[str, str]]:
    """A row for each rule and what it says; one rule of several indexes is a row."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for alarm in rung:
        row = (alarm.kind, alarm.rule.title, alarm.condition)
        together.setdefault(row, []).append(alarm.index)
    return [
        {"kind": code(kind), "title": text(title), "condition": text(condition), "on": _on(names, indexes)}
        for (kind, title, condition), names in together.items()
    ]


def _on(names: Sequence[str], indexes: int) -> str:
    shown = ["the table"] if "" in names else []
    named = list(dict.fromkeys(name for name in names if name))
    every = len(named) == indexes > 1
    return ", ".join([*shown, *(["each global index"] if every else [code(name) for name in named])])
