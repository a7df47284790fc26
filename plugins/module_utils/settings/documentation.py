# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a definition says of an attribute beside its type: checked offline, never sent to AWS. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..arguments import Problems

KEY_TYPES = ("S", "N", "B")
DOCUMENT_TYPES = ("BOOL", "NULL", "M", "L", "SS", "NS", "BS")

# How the values of an attribute are written, by its type.
FORMATS = {
    "S": ("uuid", "timestamp", "date", "email", "person", "file_name", "sha256", "arn", "uri", "text"),
    "N": ("integer", "unix_seconds"),
}
# Which types an option is for; the others are for all.
TYPES_OF = {
    "values": ("S",),
    "format": tuple(FORMATS),
    "minimum": ("N",),
    "maximum": ("N",),
    "fields": ("M",),
    "elements": ("L",),
}
OPTIONS = ("type", "description", *TYPES_OF, "optional")


def documented(declared: Any) -> dict[str, Any]:
    """What a checked definition says of an attribute or a part of one: C(S) is C({type: S}), and no part is nothing."""
    if declared is None:
        return {}
    if not isinstance(declared, Mapping):
        return {"type": str(declared)}
    return {name: value for name, value in declared.items() if value is not None}


def check_documentation(declared: Any, path: str, problems: Problems) -> None:
    """Records every mistake of an attribute's documentation, that of its parts included.

    declared: a type, or C({type: S, description: …, values: […]}), whose type has been checked.
    """
    if not isinstance(declared, Mapping):
        return
    kind = declared.get("type")
    for option, value in declared.items():
        where = f"{path}.{option}"
        if option not in OPTIONS:
            problems.add(where, f"unknown option; allowed are {', '.join(sorted(OPTIONS))}")
        elif value is None:
            continue
        elif kind not in TYPES_OF.get(str(option), (kind,)):
            problems.add(where, f"is for {' and '.join(TYPES_OF[str(option)])} only; this is {kind}")
        elif option in CHECKS:
            CHECKS[option](value, str(kind), where, problems)
    low, high = declared.get("minimum"), declared.get("maximum")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        problems.add(f"{path}.maximum", f"is {high}, less than the minimum, {low}")


def _check_values(value: Any, _kind: str, path: str, problems: Problems) -> None:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(each, str) and each for each in value):
        problems.add(path, "must be a list of strings, at least one")
    elif len(set(value)) < len(value):
        problems.add(path, "has a value twice")


def _check_format(value: Any, kind: str, path: str, problems: Problems) -> None:
    if value not in FORMATS[kind]:
        problems.add(path, f"must be one of {', '.join(FORMATS[kind])}, not '{value}'")


def _check_number(value: Any, _kind: str, path: str, problems: Problems) -> None:
    if not _is_number(value):
        problems.add(path, "must be a number")


def _check_fields(value: Any, _kind: str, path: str, problems: Problems) -> None:
    if not isinstance(value, Mapping):
        problems.add(path, "must be a dictionary of names and types")
        return
    for name, declared in value.items():
        _check_part(declared, f"{path}.{name}", problems)


def _check_elements(value: Any, _kind: str, path: str, problems: Problems) -> None:
    _check_part(value, path, problems)


def _check_part(declared: Any, path: str, problems: Problems) -> None:
    kind = declared.get("type") if isinstance(declared, Mapping) else declared
    allowed = (*KEY_TYPES, *DOCUMENT_TYPES)
    if kind not in allowed:
        problems.add(path, f"unknown type '{kind}'; allowed are {', '.join(allowed)}" if kind else "has no type")
        return
    check_documentation(declared, path, problems)


def _check_flag(value: Any, _kind: str, path: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problems.add(path, "must be true or false")


def _check_text(value: Any, _kind: str, path: str, problems: Problems) -> None:
    if not isinstance(value, str):
        problems.add(path, "must be a text")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


CHECKS = {
    "description": _check_text,
    "values": _check_values,
    "format": _check_format,
    "minimum": _check_number,
    "maximum": _check_number,
    "fields": _check_fields,
    "elements": _check_elements,
    "optional": _check_flag,
}
