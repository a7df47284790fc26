# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sample data has to know of a table: its keys, and what its attributes are documented to hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..access_pattern import sources
from ..items.times import Retention, parse_retention
from ..settings.documentation import documented

TIMES = ("timestamp", "date", "unix_seconds")


@dataclass(frozen=True)
class Attribute:
    """One attribute, or a part of one, as the definition documents it.

    values: its enumeration. format: how it is written; empty for not documented. fields: the parts of a map.
    elements: what a list holds; C(None) for not documented. optional: whether items may lack it.
    """

    type: str
    values: tuple[str, ...] = ()
    format: str = ""
    minimum: float | None = None
    maximum: float | None = None
    fields: Mapping[str, Attribute] = field(default_factory=dict)
    elements: Attribute | None = None
    optional: bool = False

    @property
    def is_time(self) -> bool:
        """Whether it tells a moment."""
        return self.format in TIMES

    @property
    def can_identify(self) -> bool:
        """Whether it could tell items apart without limit: neither an enumeration nor a moment nor a flag."""
        return self.type in ("S", "N", "B") and not self.values and not self.is_time


@dataclass(frozen=True)
class Expiry:
    """The expiry time of items. attribute: what holds it. timestamp: what it counts from; empty for not known."""

    attribute: str
    timestamp: str = ""
    retention: Retention | None = None


@dataclass(frozen=True)
class Described:
    """A table as its definition describes it.

    position: which of the definitions it is. keys: its key, the partition key first. attributes: in their order.
    grouped: attributes by which many items belong together, as partition keys of indexes do.
    """

    name: str
    position: int
    keys: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    grouped: tuple[str, ...] = ()
    expiry: Expiry | None = None


def described_tables(definitions: Sequence[Mapping[str, Any]]) -> tuple[Described, ...]:
    """The tables of definitions that have been checked; those that do not say their key are left out."""
    found = (_described(definition, position) for position, definition in enumerate(definitions))
    return tuple(table for table in found if table)


def _described(definition: Mapping[str, Any], position: int) -> Described | None:
    keys = tuple(filter(None, (definition.get("partition_key"), definition.get("sort_key"))))
    if not keys:
        return None
    attributes = {str(name): attribute_of(told) for name, told in (definition.get("attributes") or {}).items()}
    required = _required(definition)
    attributes = {name: _kept(attribute, name in required) for name, attribute in attributes.items()}
    stamp = (definition.get("ttl") or {}).get("timestamp")
    if stamp in attributes:
        attributes[stamp] = _timed(attributes[stamp])
    ttl = _expiry(definition.get("ttl") or {})
    return Described(definition["name"], position, keys, attributes, _grouped(definition, keys, attributes), ttl)


def attribute_of(declared: Any) -> Attribute:
    """An attribute out of a definition: C(S), or C({type: S, values: [...]})."""
    told = documented(declared)
    return Attribute(
        type=str(told["type"]),
        values=tuple(map(str, told.get("values") or ())),
        format=told.get("format") or "",
        minimum=_number(told.get("minimum")),
        maximum=_number(told.get("maximum")),
        fields={str(name): attribute_of(each) for name, each in (told.get("fields") or {}).items()},
        elements=attribute_of(told["elements"]) if told.get("elements") else None,
        optional=bool(told.get("optional")),
    )


def _number(told: Any) -> float | None:
    return None if told is None else float(told)


def _kept(attribute: Attribute, required: bool) -> Attribute:
    return Attribute(**{**vars(attribute), "optional": False}) if required else attribute


def _timed(attribute: Attribute) -> Attribute:
    """What an expiry time counts from is a time, whether it is documented or not."""
    form = "unix_seconds" if attribute.type == "N" else "timestamp"
    return attribute if attribute.is_time else Attribute(**{**vars(attribute), "format": form})


def _required(definition: Mapping[str, Any]) -> Collection[str]:
    """Attributes without which an item is not in the table, or is not found by what its expiry time counts from."""
    keys = {definition.get("partition_key"), definition.get("sort_key")}
    return {name for name in (*keys, (definition.get("ttl") or {}).get("timestamp")) if name}


def _grouped(
    definition: Mapping[str, Any], keys: tuple[str, ...], attributes: Mapping[str, Attribute]
) -> tuple[str, ...]:
    alone = set(keys) if len(keys) == 1 else set()
    partitions = (name for source in sources(definition).values() for name in source.partition)
    wanted = (name for name in dict.fromkeys(partitions) if name not in alone)
    return tuple(name for name in wanted if attributes[name].can_identify)


def _expiry(ttl: Mapping[str, Any]) -> Expiry | None:
    if not ttl.get("attribute"):
        return None
    retention = parse_retention(ttl["retention"]) if ttl.get("retention") else None
    return Expiry(ttl["attribute"], ttl.get("timestamp") or "", retention)
