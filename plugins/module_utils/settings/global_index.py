# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One global secondary index: its definition, and how it is read out of arguments and out of AWS's description. Pure.

Rules: CreateTable and UpdateTable API references; up to four attributes in each part of the key (quotas page).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..arguments import Problems
from .billing import PAY_PER_REQUEST, PROVISIONED
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
from .schema import HASH, RANGE, Projection, check_key_type, check_name, key_names, key_schema, names_of
from .warm import check_floor

INDEX_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    # Documentation, which AWS is not told.
    "description": {"type": "str"},
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


def parse_index(
    index: Mapping[str, Any], path: str, arguments: Mapping[str, Any], types: Mapping[str, str], problems: Problems
) -> GlobalIndex:
    """An entry of C(global_indexes).

    path: where it stands. arguments: those of the table. types: the declared attribute types.
    """
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


def described_index(index: Mapping[str, Any], types: Mapping[str, str], provisioned: bool) -> GlobalIndex:
    """An entry of GlobalSecondaryIndexes in DescribeTable.

    types: the table's attribute types. provisioned: whether the table's billing mode is PROVISIONED.
    """
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
