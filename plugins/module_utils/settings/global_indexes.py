# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Global secondary indexes: definitions, comparison and the calls that change them.

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
from .billing import PAY_PER_REQUEST, PROVISIONED, Billing, create_mode
from .capacity import (
    NO_LIMIT,
    ON_DEMAND_OPTION,
    PROVISIONED_OPTION,
    WARM_OPTION,
    OnDemandLimit,
    Throughput,
    Warm,
    warm_floor,
)
from .index_steps import capacity_refusals, index_steps
from .schema import (
    HASH,
    RANGE,
    Projection,
    attribute_types,
    check_key_type,
    check_name,
    found_types,
    key_names,
    key_schema,
    names_of,
)
from .warm import check_floor

if TYPE_CHECKING:
    from ..spec import TableSpec
    from ..state import TableState

MAX_GLOBAL_INDEXES = 20
MAX_PROJECTED = 100

INDEX_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "partition_key": {"type": "raw", "required": True, "no_log": False},
    "sort_key": {"type": "raw", "no_log": False},
    "projection": {"type": "raw"},
    "provisioned_throughput": PROVISIONED_OPTION,
    "on_demand_throughput": ON_DEMAND_OPTION,
    "warm_throughput": WARM_OPTION,
}


@dataclass(frozen=True)
class GlobalIndex:
    """One global index.

    partition, sort: attribute names, up to four each. types: (name, type) of each of them, sorted.
    throughput, limit, warm: C(None) where not managed.
    """

    name: str
    partition: tuple[str, ...]
    sort: tuple[str, ...] = ()
    projection: Projection = Projection()
    types: tuple[tuple[str, str], ...] = ()
    throughput: Throughput | None = None
    limit: OnDemandLimit | None = None
    warm: Warm | None = None

    @property
    def identity(self) -> tuple[Any, ...]:
        """What cannot be changed in place. The order of partition attributes means nothing."""
        return (frozenset(self.partition), self.sort, self.types, self.projection)

    def in_mode(self, mode: str | None) -> GlobalIndex:
        """Without what does not exist in a billing mode: a switch takes it away."""
        if mode == PAY_PER_REQUEST:
            return replace(self, throughput=None)
        return replace(self, limit=None) if mode == PROVISIONED else self

    def over(self, found: GlobalIndex) -> GlobalIndex:
        """This laid over what was found under its name."""
        return replace(
            self,
            partition=found.partition if set(self.partition) == set(found.partition) else self.partition,
            throughput=self.throughput or found.throughput,
            limit=self.limit.over(found.limit or NO_LIMIT) if self.limit else found.limit,
            warm=self.warm.over(found.warm or Warm()) if self.warm else found.warm,
        )

    def request(self) -> dict[str, Any]:
        """The index in CreateTable and in a Create of UpdateTable."""
        request: dict[str, Any] = {
            "IndexName": self.name,
            "KeySchema": key_schema(self.partition, self.sort),
            "Projection": self.projection.request(),
        }
        if self.throughput:
            request["ProvisionedThroughput"] = self.throughput.request()
        if self.limit and self.limit.create_request():
            request["OnDemandThroughput"] = self.limit.create_request()
        if self.warm:
            request["WarmThroughput"] = self.warm.over(warm_floor(self.throughput)).request()
        return request

    def argument(self) -> dict[str, Any]:
        """In the words of the arguments."""

        def keys(names: tuple[str, ...]) -> Any:
            return names[0] if len(names) == 1 else list(names)

        argument: dict[str, Any] = {"name": self.name, "partition_key": keys(self.partition)}
        if self.sort:
            argument["sort_key"] = keys(self.sort)
        argument["projection"] = self.projection.argument()
        if self.throughput:
            argument["provisioned_throughput"] = self.throughput.argument()
        if self.limit and self.limit != NO_LIMIT:
            argument["on_demand_throughput"] = self.limit.argument()
        if self.warm and self.warm.argument():
            argument["warm_throughput"] = self.warm.argument()
        return argument

    def __str__(self) -> str:
        sort = f", sort key {' + '.join(self.sort)}" if self.sort else ""
        capacity = [str(part) for part in (self.throughput, self.limit) if part and part != NO_LIMIT]
        if self.warm and self.warm.argument():
            capacity.append(f"warm {self.warm}")
        return ", ".join([f"partition key {' + '.join(self.partition)}{sort}", str(self.projection), *capacity])


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
            _parse_index(index, f"global_indexes[{position}]", arguments, types, problems)
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
        indexes = [_described_index(index, types, provisioned) for index in living]
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
        return index_steps(self.result(want, found), found, spec, state)

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


def _parse_index(
    index: Mapping[str, Any], path: str, arguments: Mapping[str, Any], types: Mapping[str, str], problems: Problems
) -> GlobalIndex:
    if "name" in index:
        check_name(index["name"], f"{path}.name", problems)
    partition = key_names(index.get("partition_key"), f"{path}.partition_key", problems)
    sort = key_names(index.get("sort_key"), f"{path}.sort_key", problems)
    for role, names in (("partition_key", partition), ("sort_key", sort)):
        for name in names:
            check_key_type(name, f"{path}.{role}", arguments, problems)
    repeated = sorted({name for name in partition + sort if (partition + sort).count(name) > 1})
    if repeated:
        problems.add(path, f"'{', '.join(repeated)}' is in its key more than once")
    mode = arguments.get("billing_mode")
    throughput = _throughput(index, mode, path, problems)
    limit = OnDemandLimit.parse(index.get("on_demand_throughput"), f"{path}.on_demand_throughput", problems)
    if limit and mode == PROVISIONED:
        problems.add(f"{path}.on_demand_throughput", "cannot be given when billing_mode is PROVISIONED")
    warm = Warm.parse(index.get("warm_throughput"), f"{path}.warm_throughput", problems)
    check_floor(warm, mode, f"{path}.warm_throughput", problems)
    return GlobalIndex(
        name=index.get("name", ""),
        partition=partition,
        sort=sort,
        projection=Projection.parse(index.get("projection"), f"{path}.projection", problems),
        types=tuple(sorted((name, types[name]) for name in {*partition, *sort} if name in types)),
        throughput=throughput,
        limit=limit,
        warm=warm,
    )


def _throughput(index: Mapping[str, Any], mode: str | None, path: str, problems: Problems) -> Throughput | None:
    path = f"{path}.provisioned_throughput"
    throughput = Throughput.parse(index.get("provisioned_throughput"), path, problems)
    if throughput and mode == PAY_PER_REQUEST:
        problems.add(path, "cannot be given when billing_mode is PAY_PER_REQUEST")
    if mode == PROVISIONED and index.get("provisioned_throughput") is None:
        problems.add(path, "is required when billing_mode is PROVISIONED")
    return throughput


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


def _described_index(index: Mapping[str, Any], types: Mapping[str, str], provisioned: bool) -> GlobalIndex:
    partition, sort = names_of(index["KeySchema"], HASH), names_of(index["KeySchema"], RANGE)
    return GlobalIndex(
        name=index["IndexName"],
        partition=partition,
        sort=sort,
        projection=Projection.of(index.get("Projection", {})),
        types=tuple(sorted((name, types[name]) for name in {*partition, *sort} if name in types)),
        throughput=Throughput.of(index.get("ProvisionedThroughput")) if provisioned else None,
        limit=None if provisioned else OnDemandLimit.of(index.get("OnDemandThroughput")),
        warm=Warm.of(index["WarmThroughput"]) if index.get("WarmThroughput") else None,
    )
