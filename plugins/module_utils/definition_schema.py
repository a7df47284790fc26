# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of files with table definitions, for editors. Pure.

Names, types and choices are those of the argument spec that definitions are checked against, and descriptions those of
the module's documentation. What takes more than the keywords of a schema (an index's key has a type) is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .access_patterns import PARAMETER_TYPES, SNAKE_CASE
from .definition_schema_rules import BESIDE, LEAST, MOST, TAGS, TOGETHER, Schema
from .settings.documentation import DOCUMENT_TYPES, FORMATS, KEY_TYPES, OPTIONS
from .settings.global_indexes import MAX_GLOBAL_INDEXES
from .settings.local_indexes import MAX_LOCAL_INDEXES
from .settings.schema import MAX_INCLUDED, MAX_KEY_NAME, NAME, PROJECTION_TYPES
from .spec import definition_options

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MARKUP = re.compile(r"\b[A-Z]+\(([^)]*)\)")

# Where a template stands, what it will be is not known yet.
TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{"}
NUMBER_IN_QUOTES: Schema = {"type": "string", "pattern": "^-?[0-9]+$"}
ATTRIBUTE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_NAME}
KEY: Schema = {"anyOf": [ATTRIBUTE_NAME, {"type": "array", "items": ATTRIBUTE_NAME, "minItems": 1, "maxItems": 4}]}
PROJECTION: Schema = {
    "anyOf": [
        {"enum": list(PROJECTION_TYPES)},
        {
            "type": "object",
            "properties": {
                "include": {"type": "array", "items": ATTRIBUTE_NAME, "minItems": 1, "maxItems": MAX_INCLUDED}
            },
            "required": ["include"],
            "additionalProperties": False,
        },
        {"$ref": "#/$defs/template"},
    ]
}
PARAMETERS: Schema = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            {"enum": list(PARAMETER_TYPES)},
            {
                "type": "object",
                "properties": {"type": {"enum": list(PARAMETER_TYPES)}, "description": {"type": "string"}},
                "required": ["type"],
                "additionalProperties": False,
            },
        ]
    },
}
RESOURCE_NAME: Schema = {"type": "string", "anyOf": [{"pattern": f"^{NAME.pattern}$"}, {"pattern": r"\{\{"}]}
# Options of which the argument spec says less than is known.
KNOWN: Mapping[str, Schema] = {
    "name": RESOURCE_NAME,
    "partition_key": {"type": ["string", "number"], "minLength": 1},
    "global_indexes.name": RESOURCE_NAME,
    "local_indexes.name": RESOURCE_NAME,
    "access_patterns.name": {"type": "string", "pattern": f"^{SNAKE_CASE.pattern}$"},
    "attributes": {"type": "object", "additionalProperties": {"$ref": "#/$defs/attribute"}},
    "global_indexes.partition_key": KEY,
    "global_indexes.sort_key": KEY,
    "global_indexes.projection": PROJECTION,
    "local_indexes.projection": PROJECTION,
    "access_patterns.parameters": PARAMETERS,
    "tags": TAGS,
}
# How many entries a list may have.
ENTRIES = {"global_indexes": MAX_GLOBAL_INDEXES, "local_indexes": MAX_LOCAL_INDEXES}


def definition_schema(title: str, documentation: Mapping[str, Any]) -> Schema:
    """The schema. documentation: C(options) of the documentation of the module C(table)."""
    return {
        "$schema": DRAFT,
        "title": title,
        "description": "Variables of auditflow.dynamodb: the tables of a region.",
        "type": "object",
        "properties": {
            "tables_definitions": {
                "description": "The tables. An entry takes the options of the module auditflow.dynamodb.table.",
                **_or_template({"type": "array", "items": {"$ref": "#/$defs/definition"}}),
            }
        },
        "$defs": {
            "definition": _object(definition_options(), documentation, ""),
            "attribute": {"anyOf": [{"enum": [*KEY_TYPES, *DOCUMENT_TYPES]}, {"$ref": "#/$defs/documentedAttribute"}]},
            "documentedAttribute": _documented_attribute(),
            "template": {"description": "A Jinja template.", **TEMPLATE},
        },
    }


def _object(options: Mapping[str, Any], documentation: Mapping[str, Any], path: str) -> Schema:
    schema: Schema = {"type": "object"}
    schema["properties"] = {
        name: _option(rule, documentation.get(name) or {}, f"{path}.{name}".lstrip("."))
        for name, rule in options.items()
    }
    required = [name for name, rule in options.items() if rule.get("required")]
    together = {"allOf": TOGETHER[path]} if path in TOGETHER else {}
    return {**schema, **({"required": required} if required else {}), "additionalProperties": False, **together}


def _option(rule: Mapping[str, Any], documentation: Mapping[str, Any], path: str) -> Schema:
    schema: Schema = {}
    told = documentation.get("description")
    if told:
        schema["description"] = plain(" ".join(told) if isinstance(told, list) else str(told))
    default = rule.get("default", documentation.get("default"))
    if default is not None:
        schema["default"] = default
    known = KNOWN.get(path)
    if known and known.get("type") != "object":
        return {**schema, **known}
    return {**schema, **_or_template(known or _typed(rule, documentation.get("suboptions") or {}, path))}


def _typed(rule: Mapping[str, Any], documentation: Mapping[str, Any], path: str) -> Schema:
    if rule.get("choices"):
        return {"enum": list(rule["choices"])}
    kind = rule.get("type", "str")
    if kind == "dict":
        return _object(rule["options"], documentation, path) if rule.get("options") else {"type": "object"}
    if kind == "list":
        element = {"type": rule.get("elements", "str"), "options": rule.get("options")}
        entries = {"maxItems": ENTRIES[path]} if path in ENTRIES else {}
        return {"type": "array", "items": _or_template(_typed(element, documentation, path)), **entries}
    if kind == "int":
        name = path.rpartition(".")[2]
        bounds = {"minimum": LEAST.get(name), "maximum": MOST.get(name)}
        known = {keyword: bound for keyword, bound in bounds.items() if bound is not None}
        beside = [{"const": BESIDE[name]}] if name in BESIDE else []
        return {"anyOf": [{"type": "integer", **known}, *beside, NUMBER_IN_QUOTES]}
    # A number without quotes is taken as text, as Ansible does.
    return {"type": {"bool": "boolean"}.get(kind, ["string", "number"])}


def _or_template(schema: Schema) -> Schema:
    if schema.get("type") == ["string", "number"]:
        return schema
    parts = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    return {"anyOf": [*parts, {"$ref": "#/$defs/template"}]}


def _documented_attribute() -> Schema:
    formats = [each for of_type in FORMATS.values() for each in of_type]
    options: dict[str, Schema] = {
        "type": {"description": "The type of its values.", "enum": [*KEY_TYPES, *DOCUMENT_TYPES]},
        "description": {"description": "What it is.", "type": "string"},
        "values": {
            "description": "All values that it can have (S).",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "uniqueItems": True,
        },
        "format": {"description": "How its values are written (S, N).", "enum": formats},
        "minimum": {"description": "The least value (N).", "type": "number"},
        "maximum": {"description": "The greatest value (N).", "type": "number"},
        "fields": {
            "description": "Its parts (M).",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/attribute"},
        },
        "elements": {"description": "One element (L).", "$ref": "#/$defs/attribute"},
        "optional": {"description": "Whether items may lack it.", "type": "boolean"},
    }
    return {
        "type": "object",
        "properties": {name: options[name] for name in OPTIONS},
        "required": ["type"],
        "additionalProperties": False,
        "allOf": [_only_for(kind, formats) for kind in (*KEY_TYPES, *DOCUMENT_TYPES)],
    }


def _only_for(kind: str, formats: list[str]) -> Schema:
    """What may stand beside a type."""
    allowed = {"S": ["values"], "N": ["minimum", "maximum"], "M": ["fields"], "L": ["elements"]}.get(kind, [])
    refused = [name for name in ("values", "minimum", "maximum", "fields", "elements") if name not in allowed]
    properties: Schema = dict.fromkeys(refused, False)
    properties["format"] = {"enum": list(FORMATS[kind])} if kind in FORMATS else False
    return {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": {"properties": properties}}


def plain(text: str) -> str:
    """Ansible's markup as plain text."""
    return MARKUP.sub(lambda found: found[1].rpartition(",")[2] or found[1], text)
