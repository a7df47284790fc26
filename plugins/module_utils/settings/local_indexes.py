# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local secondary indexes. They are made with the table and can never change (CreateTable API reference)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..steps import ADD, Change, Refusal
from .base import Planned, Row, Setting
from .schema import (
    HASH,
    RANGE,
    Projection,
    attribute_types,
    check_key_type,
    check_name,
    found_types,
    key_schema,
    names_of,
)

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

MAX_LOCAL_INDEXES = 5


@dataclass(frozen=True)
class LocalIndex:
    """name, sort_key: names. projection: what it carries besides the keys. type: the sort key's."""

    name: str
    sort_key: str
    projection: Projection = Projection()
    type: str = ""

    def request(self, partition_key: str) -> dict[str, Any]:
        """LocalSecondaryIndexes entry of CreateTable."""
        return {
            "IndexName": self.name,
            "KeySchema": key_schema((partition_key,), (self.sort_key,)),
            "Projection": self.projection.request(),
        }

    def __str__(self) -> str:
        return f"{self.name} (sort key {self.sort_key} {self.type}, {self.projection})"


LocalIndexes = tuple[LocalIndex, ...]


class LocalIndexesSetting(Setting[LocalIndexes]):
    """Indexes with the table's partition key and another sort key."""

    name = "local_indexes"
    label = "local index"
    write_actions = ()
    options = {
        "local_indexes": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                # Documentation, which AWS is not told.
                "description": {"type": "str"},
                "sort_key": {"type": "str", "required": True},
                "projection": {"type": "raw"},
            },
        },
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> LocalIndexes | None:
        given = arguments.get("local_indexes")
        if given is None:
            return None
        if len(given) > MAX_LOCAL_INDEXES:
            problems.add("local_indexes", f"has {len(given)} indexes; AWS allows {MAX_LOCAL_INDEXES} a table")
        if given and arguments.get("partition_key") and not arguments.get("sort_key"):
            problems.add("local_indexes", "need a table with a sort_key")
        indexes = [
            _parse_index(index, f"local_indexes[{position}]", arguments, problems)
            for position, index in enumerate(given)
        ]
        names = [index.name for index in indexes]
        for position, name in enumerate(names):
            if name and name in names[:position]:
                first = f"local_indexes[{names.index(name)}]"
                problems.add(f"local_indexes[{position}].name", f"'{name}' is the name of {first} too")
        return tuple(sorted(indexes, key=lambda index: index.name))

    def found(self, state: TableState) -> LocalIndexes:
        described = state.table.get("LocalSecondaryIndexes") or ()
        types = found_types(state)
        indexes = []
        for index in described:
            sort_key = "".join(names_of(index["KeySchema"], RANGE))
            projection = Projection.of(index["Projection"])
            indexes.append(LocalIndex(index["IndexName"], sort_key, projection, types.get(sort_key, "")))
        return tuple(sorted(indexes, key=lambda index: index.name))

    def result(self, want: LocalIndexes, found: LocalIndexes) -> LocalIndexes:
        by_name = {index.name: index for index in (*found, *want)}
        return tuple(by_name[name] for name in sorted(by_name))

    def create(self, want: LocalIndexes, spec: TableSpec) -> dict[str, Any]:
        partition = names_of(spec.key_schema, HASH)[0]
        return {"LocalSecondaryIndexes": [index.request(partition) for index in want]} if want else {}

    def steps(self, want: LocalIndexes, found: LocalIndexes, spec: TableSpec, state: TableState) -> Planned:
        wrong = [index for index in want if index not in found]
        return [
            Refusal(
                self.name,
                f"{spec.name} lacks the local index {index} and AWS adds or changes none on a live table",
                "Use a global index, or define a new table and copy the items, or delete this one and create it "
                "again (state absent with allow_delete, or playbooks/recreate.yml): its items are lost",
            )
            for index in wrong
        ]

    def create_changes(self, want: LocalIndexes) -> list[Change]:
        return [Change(ADD, self.name, self.label, str(index), target=index.name) for index in want]

    def rows(self, want: LocalIndexes, found: LocalIndexes) -> list[Row]:
        by_name = {index.name: index for index in found}
        return [
            Row(self.name, index.name, str(index), str(by_name.get(index.name, "none")), index in found)
            for index in want
        ]

    def arguments(self, value: LocalIndexes) -> dict[str, Any]:
        indexes = [
            {"name": index.name, "sort_key": index.sort_key, "projection": index.projection.argument()}
            for index in value
        ]
        return {"local_indexes": indexes} if indexes else {}

    def show(self, value: LocalIndexes) -> str:
        return ", ".join(map(str, value)) or "none"

    def notes(self, want: LocalIndexes, found: LocalIndexes) -> tuple[str, ...]:
        extra = sorted({index.name for index in found} - {index.name for index in want})
        return tuple(f"local index {name} is not in the definition; AWS cannot remove it" for name in extra)


def _parse_index(index: Mapping[str, Any], path: str, arguments: Mapping[str, Any], problems: Problems) -> LocalIndex:
    if "name" in index:
        check_name(index["name"], f"{path}.name", problems)
    sort_key = index.get("sort_key", "")
    if "sort_key" in index:
        check_key_type(sort_key, f"{path}.sort_key", arguments, problems)
    if sort_key and sort_key == arguments.get("partition_key"):
        problems.add(f"{path}.sort_key", f"'{sort_key}' is the partition key already")
    projection = Projection.parse(index.get("projection"), f"{path}.projection", problems)
    return LocalIndex(index.get("name", ""), sort_key, projection, attribute_types(arguments).get(sort_key, ""))
