# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for right definitions of a table."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .aws_model import key_arn

Definition = dict[str, Any]

TABLE = "Orders"
TYPES = st.sampled_from("SNB")
ATTRIBUTES = [f"a{number}" for number in range(6)]
INDEXES = [f"index-{number}" for number in range(4)]
ALIAS = "alias/orders"
KEYS = ["", ALIAS, key_arn("one"), key_arn("two")]


def subsets(names: list[str], least: int = 0, most: int = 4) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)


projections = st.one_of(
    st.sampled_from(["ALL", "KEYS_ONLY"]),
    st.builds(lambda names: {"include": names}, subsets([f"included-{number}" for number in range(4)], 1)),
)


def units(least: int, names: tuple[str, str]) -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({name: st.integers(least, least + 30) for name in names})


throughputs = units(1, ("read_capacity_units", "write_capacity_units"))
limits = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(st.just(-1), st.integers(1, 50))
        for name in ("max_read_request_units", "max_write_request_units")
    },
)


def warms(mode: str) -> st.SearchStrategy[dict[str, int]]:
    on_demand = mode == "PAY_PER_REQUEST"
    read = st.integers(12000, 12030) if on_demand else st.integers(1, 40)
    write = st.integers(4000, 4030) if on_demand else st.integers(1, 40)
    return st.fixed_dictionaries({}, optional={"read_units_per_second": read, "write_units_per_second": write})


def maybe(draw: st.DrawFn, definition: Definition, name: str, values: st.SearchStrategy[Any]) -> None:
    value = draw(st.one_of(st.none(), values))
    if value is not None:
        definition[name] = value


@st.composite
def bases(draw: st.DrawFn) -> Definition:
    """What can never change on a live table: its key and its local indexes."""
    base: Definition = {"name": TABLE, "partition_key": "pk", "attributes": {"pk": draw(TYPES)}}
    if draw(st.booleans()):
        base["sort_key"] = "sk"
        base["attributes"]["sk"] = draw(TYPES)
        names = draw(subsets(["l0", "l1"]))
        base["attributes"].update({name: draw(TYPES) for name in names})
        base["local_indexes"] = [
            {"name": f"local-{name}", "sort_key": name, "projection": draw(projections)} for name in names
        ]
    return base


@st.composite
def definitions(draw: st.DrawFn, base: Definition | None = None) -> Definition:
    """A whole definition over a base; what it does not name is not managed."""
    base = base if base is not None else draw(bases())
    mode = draw(st.sampled_from(["PAY_PER_REQUEST", "PROVISIONED"]))
    definition: Definition = {**base, "billing_mode": mode, "purge_indexes": True, "allow_index_rebuild": True}
    if mode == "PROVISIONED":
        definition["provisioned_throughput"] = draw(throughputs)
    else:
        maybe(draw, definition, "on_demand_throughput", limits)
    types = {**base["attributes"], **{name: draw(TYPES) for name in ATTRIBUTES}}
    definition["attributes"] = {**types, "expires": {"type": "N", "description": "Unix seconds"}}
    definition["global_indexes"] = [draw(_indexes(name, list(types), mode)) for name in draw(subsets(INDEXES))]
    maybe(draw, definition, "warm_throughput", warms(mode))
    maybe(draw, definition, "encryption", _encryptions())
    maybe(
        draw, definition, "ttl", st.sampled_from([{"enabled": False}, {"attribute": "expires"}, {"attribute": "other"}])
    )
    days = st.integers(1, 35).map(lambda days: {"recovery_period_days": days})
    maybe(draw, definition, "pitr", st.one_of(days, st.just({}), st.just({"enabled": False})))
    views = st.sampled_from(["KEYS_ONLY", "NEW_AND_OLD_IMAGES"]).map(lambda view: {"view_type": view})
    maybe(draw, definition, "stream", st.one_of(views, st.just({"enabled": False})))
    maybe(draw, definition, "deletion_protection", st.booleans())
    maybe(draw, definition, "table_class", st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]))
    tags = st.dictionaries(st.sampled_from(["Project", "Stage", "owner"]), st.text("ab: ", max_size=3))
    maybe(draw, definition, "tags", tags)
    definition["purge_tags"] = draw(st.booleans())
    return definition


@st.composite
def _indexes(draw: st.DrawFn, name: str, attributes: list[str], mode: str) -> Definition:
    names = draw(subsets(attributes, 1, 8))
    split = draw(st.integers(max(1, len(names) - 4), min(4, len(names))))
    index: Definition = {"name": name, "partition_key": names[:split], "projection": draw(projections)}
    if names[split:]:
        index["sort_key"] = names[split:]
    if mode == "PROVISIONED":
        index["provisioned_throughput"] = draw(throughputs)
    else:
        maybe(draw, index, "on_demand_throughput", limits)
    maybe(draw, index, "warm_throughput", warms(mode))
    return index


def _encryptions() -> st.SearchStrategy[Definition]:
    kms = st.sampled_from(KEYS).map(lambda key: {"type": "KMS", **({"key": key} if key else {})})
    return st.one_of(st.just({"type": "AWS_OWNED"}), kms)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Definition, Definition]:
    """Two definitions of one table."""
    base = draw(bases())
    return draw(definitions(base)), draw(definitions(base))


OPTIONS = ["deletion_protection", "encryption", "pitr", "stream", "table_class", "tags", "ttl", "warm_throughput"]


@st.composite
def partial_pairs(draw: st.DrawFn) -> tuple[Definition, Definition]:
    """A whole definition, and another of the same table that manages a few settings only."""
    first, second = draw(pairs())
    given = [option for option in OPTIONS if option in second]
    kept = draw(subsets(given, 1, 3)) if given else []
    return first, {"name": TABLE, **{option: second[option] for option in kept}}
