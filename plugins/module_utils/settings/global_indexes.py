# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Global secondary indexes: comparison and changes of the whole list.

Rules: UpdateTable API reference (one index created or deleted a call, keys and projection fixed), Managing global
secondary indexes (phases); what is refused meanwhile is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..arguments import Problems
from ..conditions import Condition, IndexActive
from ..steps import ADD, Change, Refusal
from .base import Planned, Row, Setting
from .billing import PROVISIONED, Billing, create_mode
from .global_index import INDEX_OPTIONS, GlobalIndex, described_index, parse_index
from .index_steps import capacity_refusals, index_steps
from .quotas import decrease_quota
from .schema import Projection, attribute_types, found_types

if TYPE_CHECKING:
    from ..spec import TableSpec
    from ..state import TableState

MAX_GLOBAL_INDEXES = 20
MAX_PROJECTED = 100


@dataclass(frozen=True)
class GlobalIndexes:
    """indexes: sorted by name. purge: whether others are removed. unwanted: names of indexes to remove.

    mode: the billing mode that is wanted of the table; C(None) when it is not managed.
    whole: whether this is the table's whole list, so that others are worth a word.
    """

    indexes: tuple[GlobalIndex, ...] = ()
    purge: bool = False
    unwanted: tuple[str, ...] = ()
    mode: str | None = None
    whole: bool = True

    @property
    def by_name(self) -> dict[str, GlobalIndex]:
        """The indexes by name."""
        return {index.name: index for index in self.indexes}

    @classmethod
    def of(cls, indexes: Mapping[str, GlobalIndex]) -> GlobalIndexes:
        """Out of indexes by name."""
        return cls(tuple(indexes[name] for name in sorted(indexes)))


class GlobalIndexesSetting(Setting[GlobalIndexes]):
    """Indexes with keys of their own, created and deleted one at a time on a live table."""

    name = "global_indexes"
    label = "index"
    options = {
        "global_indexes": {"type": "list", "elements": "dict", "options": INDEX_OPTIONS},
        "purge_indexes": {"type": "bool", "default": False},
        "allow_index_rebuild": {"type": "bool", "default": False},
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> GlobalIndexes | None:
        given = arguments.get("global_indexes")
        if given is None:
            return None
        types = attribute_types(arguments)
        indexes = [
            parse_index(index, f"global_indexes[{position}]", arguments, types, problems)
            for position, index in enumerate(given)
        ]
        _check_together(indexes, arguments, problems)
        return replace(
            GlobalIndexes.of({index.name: index for index in indexes}),
            purge=arguments.get("purge_indexes", False),
            mode=arguments.get("billing_mode"),
        )

    def found(self, state: TableState) -> GlobalIndexes:
        described = state.table.get("GlobalSecondaryIndexes") or ()
        provisioned = (state.table.get("BillingModeSummary") or {}).get("BillingMode", PROVISIONED) == PROVISIONED
        # An index that is being deleted counts as gone: AWS does not take it back.
        living = [index for index in described if index.get("IndexStatus") != "DELETING"]
        types = found_types(state)
        indexes = [described_index(index, types, provisioned) for index in living]
        return GlobalIndexes.of({index.name: index for index in indexes})

    def result(self, want: GlobalIndexes, found: GlobalIndexes) -> GlobalIndexes:
        before = {name: index.in_mode(want.mode) for name, index in found.by_name.items()}
        kept = {} if want.purge else {name: index for name, index in before.items() if name not in want.unwanted}
        wanted = {
            index.name: index.over(before[index.name]) if index.name in before else index for index in want.indexes
        }
        return GlobalIndexes.of({**kept, **wanted})

    def create(self, want: GlobalIndexes, spec: TableSpec) -> dict[str, Any]:
        return {"GlobalSecondaryIndexes": [index.request() for index in want.indexes]} if want.indexes else {}

    def obstacles(self, want: GlobalIndexes, spec: TableSpec) -> list[Refusal]:
        mode = create_mode(spec.wanted.get("billing", Billing()))
        return capacity_refusals(want.indexes, {}, mode, spec.name)

    def steps(self, want: GlobalIndexes, found: GlobalIndexes, spec: TableSpec, state: TableState) -> Planned:
        result = self.result(want, found)
        if len(result.indexes) > MAX_GLOBAL_INDEXES:
            reason = f"{spec.name} would have {len(result.indexes)} global indexes; AWS allows {MAX_GLOBAL_INDEXES}"
            remedy = "Ask for fewer, or remove those that are not in the definition with purge_indexes"
            return [Refusal(self.name, reason, remedy)]
        return index_steps(result, found, spec, state)

    def quotas(self, want: GlobalIndexes, found: GlobalIndexes, state: TableState) -> tuple[str, ...]:
        before, after = found.by_name, self.result(want, found).by_name
        described = {index["IndexName"]: index for index in state.table.get("GlobalSecondaryIndexes") or ()}
        told = [
            quota
            for name, index in after.items()
            if name in before and index.throughput and index.throughput.decreases(before[name].throughput)
            for quota in decrease_quota(f"index {name}", described[name].get("ProvisionedThroughput"))
        ]
        if len(after) == MAX_GLOBAL_INDEXES and set(after) - set(before):
            told.append(f"the table has {MAX_GLOBAL_INDEXES} global indexes then, as many as AWS allows")
        return tuple(told)

    def unsettled(self, state: TableState) -> tuple[Condition, ...]:
        described = state.table.get("GlobalSecondaryIndexes") or ()
        updating = [index["IndexName"] for index in described if index.get("IndexStatus") == "UPDATING"]
        return super().unsettled(state) + tuple(IndexActive(state.name, name) for name in updating)

    def settling(self, want: GlobalIndexes, state: TableState) -> tuple[Condition, ...]:
        described = state.table.get("GlobalSecondaryIndexes") or ()
        creating = {index["IndexName"] for index in described if index.get("IndexStatus") == "CREATING"}
        return tuple(IndexActive(state.name, index.name) for index in want.indexes if index.name in creating)

    def create_changes(self, want: GlobalIndexes) -> list[Change]:
        return [Change(ADD, self.name, self.label, index.name, str(index), target=index.name) for index in want.indexes]

    def rows(self, want: GlobalIndexes, found: GlobalIndexes) -> list[Row]:
        before, after = found.by_name, self.result(want, found).by_name
        named = [*want.by_name, *sorted((set(before) - set(after)) | set(want.unwanted))]
        return [
            Row(
                self.name,
                name,
                str(after.get(name, "none")),
                str(before.get(name, "none")),
                before.get(name) == after.get(name),
            )
            for name in named
        ]

    def arguments(self, value: GlobalIndexes) -> dict[str, Any]:
        return {"global_indexes": [index.argument() for index in value.indexes]} if value.indexes else {}

    def show(self, value: GlobalIndexes) -> str:
        return ", ".join(value.by_name) or "none"

    def notes(self, want: GlobalIndexes, found: GlobalIndexes) -> tuple[str, ...]:
        if not want.whole:
            return ()
        extra = sorted(set(self.result(want, found).by_name) - set(want.by_name))
        return tuple(
            f"index {name} is not in the definition and is left alone (purge_indexes removes it)" for name in extra
        )


def _check_together(indexes: list[GlobalIndex], arguments: Mapping[str, Any], problems: Problems) -> None:
    if len(indexes) > MAX_GLOBAL_INDEXES:
        problems.add("global_indexes", f"has {len(indexes)} indexes; AWS allows {MAX_GLOBAL_INDEXES} a table")
    local = arguments.get("local_indexes") or []
    taken = {index["name"]: f"local_indexes[{position}]" for position, index in enumerate(local) if "name" in index}
    for position, index in enumerate(indexes):
        if index.name and index.name in taken:
            problems.add(f"global_indexes[{position}].name", f"'{index.name}' is the name of {taken[index.name]} too")
        taken.setdefault(index.name, f"global_indexes[{position}]")
    projected = sum(len(index.projection.included) for index in indexes)
    # A wrong one was told where it stands.
    projected += sum(len(Projection.parse(index.get("projection"), "", Problems()).included) for index in local)
    if projected > MAX_PROJECTED:
        both = "and local_indexes " if local else ""
        text = f"{both}include {projected} attributes in all; AWS allows {MAX_PROJECTED} a table"
        problems.add("global_indexes", text)
