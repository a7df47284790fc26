# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table's primary key. It is given at creation and can never be changed (CreateTable API reference)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..steps import Refusal
from .base import Planned, Setting
from .schema import HASH, RANGE, attribute_types, check_key_type, definitions, found_types, key_schema, names_of

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState


@dataclass(frozen=True)
class Keys:
    """partition, sort: attribute names; no sort key is empty. types: the type of each of them."""

    partition: str
    sort: str = ""
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The key's attributes."""
        return (self.partition, self.sort) if self.sort else (self.partition,)


class KeysSetting(Setting[Keys]):
    """Partition key and sort key, with their types."""

    name = "keys"
    label = "keys"
    write_actions = ()
    options = {
        "attributes": {"type": "dict"},
        # Names of attributes, not secrets: without this Ansible's own checks take any "key" for one.
        "partition_key": {"type": "str", "no_log": False},
        "sort_key": {"type": "str", "no_log": False},
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Keys | None:
        types = attribute_types(arguments, problems)
        partition, sort = arguments.get("partition_key"), arguments.get("sort_key", "")
        if partition is None:
            if sort:
                problems.require("partition_key", "is required when sort_key is given")
            return None
        if not partition:
            problems.add("partition_key", "is empty; it must be an attribute's name")
        for option, name in (("partition_key", partition), ("sort_key", sort)):
            if name:
                check_key_type(name, option, arguments, problems)
        if partition and partition == sort:
            problems.add("sort_key", f"'{sort}' is the partition key already")
        return Keys(partition, sort, {name: types[name] for name in (partition, sort) if name in types})

    def found(self, state: TableState) -> Keys:
        schema = state.table.get("KeySchema") or ()
        names = names_of(schema, HASH)[:1] + names_of(schema, RANGE)[:1]
        types = found_types(state)
        partition, sort = (*names, "", "")[:2]
        return Keys(partition, sort, {name: types[name] for name in names if name in types})

    def create(self, want: Keys, spec: TableSpec) -> dict[str, Any]:
        sort = (want.sort,) if want.sort else ()
        return {
            "KeySchema": key_schema((want.partition,), sort),
            "AttributeDefinitions": definitions(spec.key_attributes, spec.attribute_types),
        }

    def steps(self, want: Keys, found: Keys, spec: TableSpec, state: TableState) -> Planned:
        return [
            Refusal(
                self.name,
                f"{spec.name} has {self.show(found)}, the definition wants {self.show(want)}, "
                "and AWS cannot change the key of a table",
                "Is it the right table? If so, define a new table under another name and copy the items, or delete "
                "this one and create it again (state absent with allow_delete, or playbooks/recreate.yml): "
                "its items are lost",
            )
        ]

    def arguments(self, value: Keys) -> dict[str, Any]:
        sort = {"sort_key": value.sort} if value.sort else {}
        return {"attributes": dict(value.types), "partition_key": value.partition, **sort} if value.partition else {}

    def show(self, value: Keys) -> str:
        def typed(name: str) -> str:
            return f"{name} ({value.types.get(name, '?')})"

        sort = f", sort key {typed(value.sort)}" if value.sort else ""
        return f"partition key {typed(value.partition)}{sort}" if value.partition else "no key"
