# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One query that an application makes of a table, and what can be queried. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .arguments import Problems
from .expressions import Condition, Path, Size, operands, terms
from .settings.schema import Projection, key_names

ASCENDING, DESCENDING = "ascending", "descending"


@dataclass(frozen=True)
class ValueParameter:
    """A value that is given with a query. type: S, N, B or BOOL. description: for people."""

    type: str
    description: str = ""


@dataclass(frozen=True)
class AccessPattern:
    """One query.

    name: unique in the table. description: what it is for. index: the index that it queries; empty for the table.
    parameters: by name, without the colon. key_condition, filter: C(None) for no filter.
    order: by the sort key. limit: how many items at most are read; C(None) for all.
    """

    name: str
    key_condition: Condition
    description: str = ""
    index: str = ""
    parameters: Mapping[str, ValueParameter] = field(default_factory=dict)
    filter: Condition | None = None
    order: str = ASCENDING
    limit: int | None = None

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that its conditions are about."""
        both = [self.key_condition, *([self.filter] if self.filter else [])]
        return frozenset(path.attribute for condition in both for path in paths(condition))


@dataclass(frozen=True)
class Source:
    """What a query reads: the table or an index.

    title: in words. partition, sort: its key. projected: the attributes it holds; C(None) for all of them.
    """

    title: str
    partition: tuple[str, ...]
    sort: tuple[str, ...] = ()
    projected: frozenset[str] | None = None


def paths(condition: Condition) -> Iterator[Path]:
    """The attributes, or parts of attributes, that a condition is about."""
    for term in terms(condition):
        for operand in operands(term):
            if isinstance(operand, Path):
                yield operand
            elif isinstance(operand, Size):
                yield operand.path


def sources(arguments: Mapping[str, Any]) -> dict[str, Source]:
    """What can be queried of a table, by the index's name; the table itself under the empty name.

    Its mistakes are told where they stand.
    """
    silent = Problems()
    partition, sort = arguments.get("partition_key"), arguments.get("sort_key")
    found = {}
    table_key = tuple(filter(None, (partition, sort)))
    if partition:
        found[""] = Source("the table", (partition,), (sort,) if sort else ())
    for index in arguments.get("local_indexes") or ():
        # What a local index does not hold DynamoDB fetches from the table.
        if partition and index.get("name") and index.get("sort_key"):
            found[index["name"]] = Source(f"index {index['name']}", (partition,), (index["sort_key"],))
    for index in arguments.get("global_indexes") or ():
        own = key_names(index.get("partition_key"), "", silent), key_names(index.get("sort_key"), "", silent)
        if index.get("name") and own[0]:
            projection = Projection.parse(index.get("projection"), "", silent)
            holds = frozenset((*table_key, *own[0], *own[1], *projection.included))
            everything = projection.type == "ALL" or not partition
            found[index["name"]] = Source(f"index {index['name']}", *own, None if everything else holds)
    return found
