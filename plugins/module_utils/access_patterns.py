# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries that an application makes of a table, as the table's definition documents them. Pure.

AWS is not told of them. They say what an index is for, so what breaks without it, and documentation and the code of
an application can be made from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .access_pattern import ASCENDING, DESCENDING, AccessPattern, Source, ValueParameter, sources
from .access_pattern_checks import check_pattern
from .arguments import Problems, check_options
from .expression_parser import ExpressionError, parse
from .expressions import Condition
from .settings.schema import attribute_types

PARAMETER_TYPES = ("S", "N", "B", "BOOL")
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_]+")

ACCESS_PATTERN_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "index": {"type": "str"},
    "parameters": {"type": "dict"},
    # Names of attributes, not secrets: without this Ansible's own checks take any "key" for one.
    "key_condition": {"type": "str", "required": True, "no_log": False},
    "filter": {"type": "str"},
    "order": {"type": "str", "choices": [ASCENDING, DESCENDING], "default": ASCENDING},
    "limit": {"type": "int"},
}
PARAMETER_OPTIONS: dict[str, Any] = {
    "type": {"type": "str", "choices": list(PARAMETER_TYPES), "required": True},
    "description": {"type": "str"},
}


def parse_access_patterns(arguments: Mapping[str, Any], problems: Problems) -> tuple[AccessPattern, ...]:
    """The access patterns of a definition. Mistakes go to C(problems)."""
    given = arguments.get("access_patterns") or []
    found = sources(arguments)
    types = attribute_types(arguments)
    patterns = []
    for position, entry in enumerate(given):
        path = f"access_patterns[{position}]"
        pattern = _parse(entry, path, problems)
        if pattern is None:
            continue
        source = found.get(pattern.index)
        if source is None:
            problems.add(*_no_source(pattern.index, path, found))
        else:
            check_pattern(pattern, source, types, path, problems)
        patterns.append(pattern)
    _check_names(given, problems)
    return tuple(patterns)


def _no_source(index: str, path: str, found: Mapping[str, Source]) -> tuple[str, str]:
    if not index:
        return f"{path}.key_condition", "queries the table, and the definition has no partition_key"
    known = ", ".join(sorted(filter(None, found))) or "none"
    return f"{path}.index", f"'{index}' is no index of the definition; its indexes are: {known}"


def _check_names(given: list[Any], problems: Problems) -> None:
    taken: dict[str, int] = {}
    for position, entry in enumerate(given):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or not name:
            continue
        path = f"access_patterns[{position}].name"
        if not SNAKE_CASE.fullmatch(name):
            problems.add(path, f"'{name}' is not snake_case: small letters, digits and single '_', a letter first")
        if name in taken:
            problems.add(path, f"'{name}' is the name of access_patterns[{taken[name]}] too")
        taken.setdefault(name, position)


def _parse(entry: Mapping[str, Any], path: str, problems: Problems) -> AccessPattern | None:
    """One of them; C(None) where there is no sense in looking further."""
    before = len(problems.found)
    parameters = _parameters(entry.get("parameters") or {}, f"{path}.parameters", problems)
    conditions = {name: _condition(entry.get(name), f"{path}.{name}", problems) for name in ("key_condition", "filter")}
    if entry.get("limit") is not None and entry["limit"] < 1:
        problems.add(f"{path}.limit", f"must be 1 or more, not {entry['limit']}")
    key_condition = conditions["key_condition"]
    if len(problems.found) > before or key_condition is None:
        return None
    return AccessPattern(
        name=entry.get("name", ""),
        description=entry.get("description", ""),
        index=entry.get("index", ""),
        parameters=parameters,
        key_condition=key_condition,
        filter=conditions["filter"],
        order=entry.get("order", ASCENDING),
        limit=entry.get("limit"),
    )


def _parameters(given: Mapping[Any, Any], path: str, problems: Problems) -> dict[str, ValueParameter]:
    parsed = {}
    for key, value in given.items():
        name = str(key)
        here = f"{path}.{name}"
        if not PARAMETER_NAME.fullmatch(name):
            problems.add(here, "must be a name of letters, digits and '_', without the colon")
            continue
        if not isinstance(value, Mapping) and value not in PARAMETER_TYPES:
            problems.add(here, f"unknown type '{value}'; allowed are {', '.join(PARAMETER_TYPES)}")
            continue
        declared = value if isinstance(value, Mapping) else {"type": value}
        checked = check_options(declared, PARAMETER_OPTIONS, here, problems)
        if "type" in checked:
            parsed[name] = ValueParameter(checked["type"], checked.get("description", ""))
    return parsed


def _condition(text: str | None, path: str, problems: Problems) -> Condition | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ExpressionError as error:
        problems.add(path, str(error))
        return None
