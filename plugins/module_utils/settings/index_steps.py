# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UpdateTable calls that turn the global indexes a table has into the ones it shall have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..conditions import IndexActive, IndexGone, NoIndexInFlight, TableActive, WarmThroughputSettled
from ..overtaken import IndexAsFound
from ..steps import (
    ADD,
    CHANGE,
    INDEX_UNAVAILABLE,
    RANK_CAPACITY,
    RANK_INDEX_CREATE,
    RANK_INDEX_DELETE,
    RANK_INDEX_ON_DEMAND,
    RANK_INDEX_WARM,
    REBUILD,
    REMOVE,
    Change,
    Refusal,
    Step,
)
from .billing import DECREASE_NOTE, PAY_PER_REQUEST, PROVISIONED, billing_mode
from .capacity import NO_LIMIT, Warm, warm_floor
from .schema import definitions, found_types

if TYPE_CHECKING:
    from ..spec import TableSpec
    from ..state import TableState
    from .base import Planned
    from .global_index import GlobalIndex
    from .global_indexes import GlobalIndexes

SETTING = "global_indexes"


def index_steps(result: GlobalIndexes, found: GlobalIndexes, spec: TableSpec, state: TableState) -> Planned:
    """Steps and refusals, in no particular order: ranks order them.

    result: the indexes the table shall have, settings that are not managed taken from C(found).
    """
    before, after = found.by_name, result.by_name
    planned: list[Step | Refusal] = []
    billing = spec.wanted.get("billing")
    mode = (billing.mode if billing else None) or billing_mode(state)
    planned += capacity_refusals(after.values(), before, mode, spec.name)
    planned += _type_refusals(before, after, spec, state)
    for name in sorted(set(before) - set(after)):
        change = Change(REMOVE, SETTING, "index", name, "queries on it fail from then on", name, INDEX_UNAVAILABLE)
        planned.append(_delete(spec, name, state, (change,)))
    for name, index in after.items():
        if name not in before:
            planned.append(_create(spec, index, after.values(), state, (_added(index, state),)))
        elif index.identity != before[name].identity:
            planned += _rebuild(spec, index, before[name], after.values(), state)
        else:
            planned += _changed(spec, index, before[name])
    return planned


def capacity_refusals(
    wanted: Iterable[GlobalIndex], before: Mapping[str, GlobalIndex], mode: str, table: str
) -> list[Refusal]:
    """Throughput is needed of every index of a provisioned table, and of none of an on-demand one.

    mode: the billing mode that the table shall have.
    """
    refusals = []
    for index in wanted:
        if mode == PROVISIONED and index.throughput is None:
            reason = f"index {index.name} has no provisioned_throughput and {table} is to be {PROVISIONED}"
            remedy = f"Give global_indexes an entry for {index.name} with provisioned_throughput"
            refusals.append(Refusal(SETTING, reason, remedy))
        known = before.get(index.name)
        if mode == PAY_PER_REQUEST and index.throughput and (known is None or index.throughput != known.throughput):
            reason = f"index {index.name} has provisioned_throughput and {table} is {PAY_PER_REQUEST}"
            refusals.append(Refusal(SETTING, reason, "Leave it out, or give billing_mode PROVISIONED"))
    return refusals


def _type_refusals(
    before: Mapping[str, GlobalIndex], after: Mapping[str, GlobalIndex], spec: TableSpec, state: TableState
) -> list[Refusal]:
    """AWS keeps the type of an attribute that is in some key and builds the index with it in silence (measured)."""
    kept = [index for name, index in after.items() if name in before and index.identity == before[name].identity]
    names = {element["AttributeName"] for element in state.table.get("KeySchema") or ()}
    for local in state.table.get("LocalSecondaryIndexes") or ():
        names |= {element["AttributeName"] for element in local["KeySchema"]}
    types = {name: kind for name, kind in found_types(state).items() if name in names}
    types |= {name: kind for index in kept for name, kind in index.types}
    return [
        Refusal(
            SETTING,
            f"index {index.name} wants {name} as {kind}, and {spec.name} has it as {types[name]} in another key",
            f"Give {name} the type {types[name]} in attributes, or use another attribute",
        )
        for index in after.values()
        if index not in kept
        for name, kind in index.types
        if types.get(name, kind) != kind
    ]


def _added(index: GlobalIndex, state: TableState) -> Change:
    items = state.table.get("ItemCount") or 0
    note = f"{index}; built from {items:,} items" if items else str(index)
    return Change(ADD, SETTING, "index", index.name, note, index.name)


def _update(spec: TableSpec, update: dict[str, Any], purpose: str, **kwargs: Any) -> Step:
    definitions_of = kwargs.pop("attribute_definitions", None)
    arguments: dict[str, Any] = {"TableName": spec.name, "GlobalSecondaryIndexUpdates": [update]}
    if definitions_of:
        arguments["AttributeDefinitions"] = definitions_of
    return Step(operation="UpdateTable", arguments=arguments, purpose=purpose, **kwargs)


def _delete(spec: TableSpec, name: str, state: TableState, changes: tuple[Change, ...]) -> Step:
    found = next(index for index in state.table["GlobalSecondaryIndexes"] if index["IndexName"] == name)
    return _update(
        spec,
        {"Delete": {"IndexName": name}},
        f"delete index {name}",
        changes=changes,
        rank=RANK_INDEX_DELETE,
        # Until no other index is in flight may be hours, in which another run may have built this one anew.
        before=(TableActive(spec.name), NoIndexInFlight(spec.name, but=name), IndexAsFound.of(spec.name, found)),
        after=(IndexGone(spec.name, name),),
    )


def _create(
    spec: TableSpec,
    index: GlobalIndex,
    indexes: Iterable[GlobalIndex],
    state: TableState,
    changes: tuple[Change, ...],
) -> Step:
    return _update(
        spec,
        {"Create": index.request()},
        f"create index {index.name}",
        attribute_definitions=_definitions(index, indexes, state),
        changes=changes,
        rank=RANK_INDEX_CREATE,
        before=(TableActive(spec.name), NoIndexInFlight(spec.name)),
        after=(IndexActive(spec.name, index.name),),
    )


def _definitions(index: GlobalIndex, indexes: Iterable[GlobalIndex], state: TableState) -> list[dict[str, str]]:
    """The attributes of the table's key and of all its indexes: some emulators replace the old ones with these."""
    types = found_types(state)
    names = {element["AttributeName"] for element in state.table.get("KeySchema") or ()}
    for local in state.table.get("LocalSecondaryIndexes") or ():
        names |= {element["AttributeName"] for element in local["KeySchema"]}
    # Indexes that are yet to be created bring their own attributes in their own calls.
    living = {described["IndexName"] for described in state.table.get("GlobalSecondaryIndexes") or ()}
    for other in indexes:
        if other.name in living or other is index:
            types |= dict(other.types)
            names |= set(dict(other.types))
    return definitions((name for name in names if name in types), types)


def _rebuild(
    spec: TableSpec, index: GlobalIndex, before: GlobalIndex, indexes: Iterable[GlobalIndex], state: TableState
) -> list[Step | Refusal]:
    what = difference(index, before)
    if not spec.allow_index_rebuild:
        reason = f"index {index.name} has {what}, which AWS cannot change in place"
        remedy = (
            "allow_index_rebuild: true deletes and creates it again, and queries on it fail until it is built; "
            "or add an index under another name, move the queries, then remove this one"
        )
        return [Refusal(SETTING, reason, remedy)]
    note = "queries on it fail until it is built (allow_index_rebuild)"
    change = Change(REBUILD, SETTING, "index rebuilt", f"{index.name}: {what}", note, index.name, INDEX_UNAVAILABLE)
    return [_delete(spec, index.name, state, (change,)), _create(spec, index, indexes, state, ())]


def difference(index: GlobalIndex, before: GlobalIndex) -> str:
    """What of an index AWS cannot change in place and is not as it was, in words."""
    parts = []
    if set(index.partition) != set(before.partition):
        parts.append(f"partition key {_listed(before.partition)} -> {_listed(index.partition)}")
    if index.sort != before.sort:
        parts.append(f"sort key {_listed(before.sort)} -> {_listed(index.sort)}")
    if index.projection != before.projection:
        parts.append(f"projection {before.projection} -> {index.projection}")
    shared, found = dict(index.types), dict(before.types)
    retyped = [name for name in sorted(set(shared) & set(found)) if shared[name] != found[name]]
    parts += [f"type of {name} {found[name]} -> {shared[name]}" for name in retyped]
    return ", ".join(parts)


def _listed(names: tuple[str, ...]) -> str:
    return " + ".join(names) or "none"


def _changed(spec: TableSpec, index: GlobalIndex, before: GlobalIndex) -> list[Step]:
    """The changes that leave the index in place: throughput, limits, warm throughput."""
    steps = []
    settled = (IndexActive(spec.name, index.name),)
    if index.throughput and index.throughput != before.throughput:
        note = DECREASE_NOTE if index.throughput.decreases(before.throughput) else ""
        summary = f"{index.name}: {before.throughput or 'on demand'} -> {index.throughput}"
        update = {"ProvisionedThroughput": index.throughput.request()}
        steps.append(_in_place(spec, index, update, summary, note, RANK_CAPACITY, settled))
    if index.limit and index.limit != (before.limit or NO_LIMIT):
        summary = f"{index.name}: {before.limit or NO_LIMIT} -> {index.limit}"
        update = {"OnDemandThroughput": index.limit.request()}
        steps.append(_in_place(spec, index, update, summary, "", RANK_INDEX_ON_DEMAND, settled))
    # The throughput that is set before raises it too, and AWS refuses to be asked for less.
    floor = warm_floor(index.throughput).over(before.warm or Warm())
    warm = index.warm.over(floor) if index.warm else floor
    if index.warm != before.warm and warm != floor:
        summary = f"{index.name}: warm {before.warm or 'as it was'} -> {warm}"
        warm_settled = (WarmThroughputSettled(spec.name, index.name), *settled)
        update = {"WarmThroughput": warm.request()}
        steps.append(
            _in_place(spec, index, update, summary, "five to ten minutes; charged once", RANK_INDEX_WARM, warm_settled)
        )
    return steps


def _in_place(
    spec: TableSpec,
    index: GlobalIndex,
    update: dict[str, Any],
    summary: str,
    note: str,
    rank: int,
    after: tuple[Any, ...],
) -> Step:
    return _update(
        spec,
        {"Update": {"IndexName": index.name, **update}},
        f"change index {summary}",
        changes=(Change(CHANGE, SETTING, "index", summary, note, index.name),),
        rank=rank,
        before=(TableActive(spec.name),),
        after=after,
    )
