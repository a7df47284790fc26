# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that stand for real ones in the examples of a page, fitting what a definition says of its attributes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from .access_pattern import AccessPattern
from .expressions import BETWEEN, Call, Comparison, Operand, Parameter, Path, Size, operands, terms
from .settings.documentation import documented

# The first and the last of a range, by how an attribute is written.
FORMATS = {
    "uuid": ("3f2b8c1e-5d47-4a90-8e6b-1c9d7f0a2b34", "c81d4e2e-bcf2-41e6-869b-7df92533d2db"),
    "timestamp": ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"),
    "date": ("2026-01-01", "2026-12-31"),
    "email": ("alex@example.com", "kim@example.com"),
    "person": ("Alex Doe", "Kim Doe"),
    "file_name": ("page-1.pdf", "page-2.pdf"),
    "sha256": ("0" * 64, "f" * 64),
    "arn": ("arn:aws:s3:::example-1", "arn:aws:s3:::example-2"),
    "uri": ("https://example.com/1", "https://example.com/2"),
    "text": ("a text", "the text"),
}
MOMENTS = (1767225600, 1798761599)
BINARIES = ("AAEC", "/f7/")
MONTH = "2026-01"


def pattern_values(pattern: AccessPattern, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each parameter of an access pattern. attributes: as the definition declares them."""
    uses: dict[str, tuple[Any, int]] = {}
    conditions = [pattern.key_condition, *([pattern.filter] if pattern.filter else [])]
    for condition in conditions:
        for term in terms(condition):
            for name, use in _uses(term, attributes):
                uses.setdefault(name, use)
    found: dict[str, Any] = {}
    for name, parameter in pattern.parameters.items():
        documentation, position = uses.get(name, ({}, 0))
        # What a value is compared with may be of another type, as the size of a text is.
        same = documentation if documentation.get("type") == parameter.type else {}
        found[name] = value(parameter.type, same, position, name)
    return found


def key_values(names: tuple[str, ...], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each attribute of a key."""
    return {name: value(_of(attributes, name)["type"], _of(attributes, name), 0, name) for name in names}


def value(kind: str, documentation: Mapping[str, Any], position: int, name: str) -> Any:
    """position: 0 for the first of a range or for a value alone, 1 for the last. name: what it is a value of."""
    if kind == "BOOL":
        return True
    if kind == "B":
        return BINARIES[position]
    if kind == "N":
        return _number(documentation, position)
    if documentation.get("values"):
        return str(documentation["values"][-position])
    form = documentation.get("format")
    return FORMATS[form][position] if form in FORMATS else f"{name}-{position + 1}"


def _number(documentation: Mapping[str, Any], position: int) -> int | Decimal:
    if documentation.get("format") == "unix_seconds":
        return MOMENTS[position]
    low, high = (_decimal(documentation.get(bound)) for bound in ("minimum", "maximum"))
    if low is None and high is None:
        return (1, 100)[position]
    if low is None and high is not None:
        low = Decimal(0) if high > 0 else high - 100
    first = low or Decimal(0)
    last = high if high is not None else first + 100
    found = last if position else first + (last - first) * 3 / 4
    return int(found) if found == found.to_integral_value() or documentation.get("format") == "integer" else found


def _decimal(bound: Any) -> Decimal | None:
    return None if bound is None else Decimal(str(bound))


def _uses(term: Comparison | Call, attributes: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, int]]]:
    """The parameters of a term, each with the documentation of what it is compared with and its place in a range."""
    paths = [each for each in operands(term) if isinstance(each, Path)]
    documentation = _documentation(paths[0], attributes) if paths and not _sized(term) else {}
    between = isinstance(term, Comparison) and term.operator == BETWEEN
    if isinstance(term, Call):
        documentation = _argument(term.function, documentation)
    elif between and documentation.get("values"):
        documentation = {**documentation, "values": sorted(map(str, documentation["values"]))}
    for each in operands(term):
        if isinstance(each, Parameter):
            last = between and isinstance(term, Comparison) and each == term.right[1]
            yield each.name, (documentation, int(last))


def _argument(function: str, documentation: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the argument of a function is, by the documentation of the attribute that it is about."""
    if function == "attribute_type":
        return {"type": "S", "values": [documentation.get("type") or "S"]}
    if function == "begins_with" and documentation.get("format") in ("timestamp", "date"):
        return {"type": "S", "values": [MONTH]}
    elements = documented(documentation.get("elements")) if function == "contains" else {}
    return elements or documentation


def _sized(term: Comparison | Call) -> bool:
    found: tuple[Operand, ...] = operands(term)
    return any(isinstance(each, Size) for each in found)


def _documentation(path: Path, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _of(attributes, path.attribute)
    for part in path.parts[1:]:
        inner = found.get("elements") if isinstance(part, int) else (found.get("fields") or {}).get(part)
        if not inner:
            return {}
        found = documented(inner)
    return found


def _of(attributes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return documented(attributes.get(name))
