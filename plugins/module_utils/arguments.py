# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a value against an Ansible argument spec, and tells every mistake at once, each with its path.

AnsibleModule stops at its first mistake and knows nothing of list positions; a definition of many tables needs both.
The specs are the ones the modules use, so an option is declared once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE

Options = Mapping[str, Mapping[str, Any]]

INTEGER = re.compile(r"-?[0-9]+")


@dataclass
class Problems:
    """Collects mistakes in a definition, in the order they are met."""

    found: list[str] = field(default_factory=list)

    def add(self, path: str, message: str) -> None:
        """Record one mistake: where (C(global_indexes[0].sort_key)) and what is wrong and allowed."""
        self.found.append(f"{path}: {message}" if path else message)

    def require(self, path: str, message: str) -> None:
        """Record that an option is missing, unless it, or what holds it, was left out because it is wrong."""
        holder = path.rpartition(".")[0]
        if not any(problem.startswith((f"{path}: ", f"{holder}: ")) for problem in self.found):
            self.add(path, message)


class DefinitionError(Exception):
    """A definition is wrong. C(problems) lists every mistake."""

    def __init__(self, problems: Iterable[str]):
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def join(path: str, name: str) -> str:
    """C(tables[0]) and C(ttl) make C(tables[0].ttl)."""
    return f"{path}.{name}" if path else name


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given: Ansible fills the others with null."""
    return {name: value for name, value in arguments.items() if value is not None}


def check_options(value: Any, options: Options, path: str, problems: Problems) -> dict[str, Any]:
    """The options of a dictionary, converted to their types, defaults filled in; those not given are left out.

    Wrong ones are recorded and left out, so that the checks that follow see only what can be reasoned about.
    """
    if not isinstance(value, Mapping):
        problems.add(path, f"must be a dictionary with {_listed(options)}, not {_shown(value)}")
        return {}
    checked: dict[str, Any] = {}
    for name in value:
        if name not in options:
            problems.add(join(path, str(name)), f"unknown option{_suggestion(str(name), options)}")
    for name, rule in options.items():
        element = value.get(name)
        if element is None:
            if rule.get("required"):
                problems.add(join(path, name), "is required")
            elif rule.get("default") is not None:
                checked[name] = rule["default"]
            continue
        before = len(problems.found)
        converted = _convert(element, rule, join(path, name), problems)
        if len(problems.found) == before or isinstance(converted, (dict, list)):
            checked[name] = converted
    return checked


def _convert(value: Any, rule: Mapping[str, Any], path: str, problems: Problems) -> Any:
    kind = rule.get("type", "str")
    if kind == "raw":
        return value
    if kind == "dict":
        if rule.get("options"):
            return check_options(value, rule["options"], path, problems)
        if not isinstance(value, Mapping):
            problems.add(path, f"must be a dictionary, not {_shown(value)}")
            return {}
        return dict(value)
    if kind == "list":
        return _convert_list(value, rule, path, problems)
    return _convert_scalar(value, kind, rule, path, problems)


def _convert_list(value: Any, rule: Mapping[str, Any], path: str, problems: Problems) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        problems.add(path, f"must be a list, not {_shown(value)}")
        return []
    element_rule = {"type": rule.get("elements", "raw"), "options": rule.get("options"), "choices": rule.get("choices")}
    return [_convert(element, element_rule, f"{path}[{position}]", problems) for position, element in enumerate(value)]


def _convert_scalar(value: Any, kind: str, rule: Mapping[str, Any], path: str, problems: Problems) -> Any:
    converted = {"str": _text, "int": _integer, "bool": _boolean}[kind](value)
    if converted is None:
        expected = {"str": "a string", "int": "a whole number", "bool": "true or false"}[kind]
        problems.add(path, f"must be {expected}, not {_shown(value)}")
        return None
    choices = rule.get("choices")
    if choices and converted not in choices:
        problems.add(path, f"must be one of {', '.join(map(str, choices))}, not {_shown(value)}")
    return converted


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, (str, int, float)) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if INTEGER.fullmatch(text) else None


def _boolean(value: Any) -> bool | None:
    normalised = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(normalised, (str, int)):
        return None
    if normalised in BOOLEANS_TRUE:
        return True
    return False if normalised in BOOLEANS_FALSE else None


def _suggestion(name: str, options: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(options), n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; allowed are {_listed(options)}"


def _listed(options: Iterable[str]) -> str:
    return ", ".join(sorted(options))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "true" if value is True else "false" if value is False else f"'{value}'"
