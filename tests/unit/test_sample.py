# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample data: the same items in whatever order they are made, and as their table is documented."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copy_run import keys_of_definition
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import to_json
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.described import Attribute
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.identities import (
    SampleError,
    check_capacity,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.maker import level, stem
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.moments import parse_newest
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .sample_shop import NEWEST, SHOP, maker_of

KEYS_DIGEST = "edfc0eb5e551dcbd"


def text(item: Any) -> str:
    return json.dumps(to_json(item), sort_keys=False)


def moment(item: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(item[name]["S"])


@given(st.text(max_size=8), st.sampled_from(["Orders", "Shipments", "Counters"]), st.lists(st.integers(0, 500)))
@settings(max_examples=25, deadline=None)
def test_an_item_is_the_same_whenever_and_in_whatever_order_it_is_made(seed: str, table: str, order: list[int]) -> None:
    one, other = maker_of(table, seed), maker_of(table, seed)
    made = {number: text(one.item(number)) for number in sorted(order)}
    for number in order:
        assert text(other.item(number)) == made[number]
        assert other.keys.key(number).items() <= other.item(number).items()


def test_a_seed_makes_the_same_keys_in_every_version() -> None:
    # Written down, so that a change that would leave older sample data behind is seen.
    keys = [text(maker_of(table).keys.key(number)) for table in ("Orders", "Shipments") for number in (0, 7, 4711)]
    assert hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16] == KEYS_DIGEST


@pytest.mark.parametrize(("table", "count"), [("Orders", 3000), ("Shipments", 3000), ("Counters", 3000), ("Slots", 5)])
def test_keys_are_told_apart(table: str, count: int) -> None:
    keys = maker_of(table).keys
    assert len({text(keys.key(number)) for number in range(count)}) == count


def test_another_seed_makes_other_keys() -> None:
    one, other = ({text(maker_of("Orders", seed).keys.key(n)) for n in range(200)} for seed in ("1", "2"))
    assert not one & other


def test_more_items_than_keys_are_refused() -> None:
    keys = maker_of("Slots").keys
    check_capacity(keys, 5)
    with pytest.raises(SampleError, match="number, as documented, tells 5 items apart, not 6"):
        check_capacity(keys, 6)


def test_items_of_several_tables_belong_together() -> None:
    orders = [maker_of("Orders").item(number) for number in range(400)]
    maker = maker_of("Shipments")
    by_customer: dict[str, list[dict[str, Any]]] = {}
    for order in orders:
        by_customer.setdefault(order["customer_id"]["S"], []).append(order)
    assert Counter(map(len, by_customer.values())).total() == 80
    for number in range(400):
        shipment = maker.item(number)
        theirs = by_customer[shipment["customer_id"]["S"]]
        assert shipment["order_id"]["S"] in {order["order_id"]["S"] for order in theirs}


def test_an_item_is_consistent() -> None:
    maker = maker_of("Orders")
    reviewed = 0
    for number in range(300):
        item = maker.item(number)
        assert moment(item, "placed_at") < moment(item, "paid_at") <= parse_newest(NEWEST)
        assert ("review_notes" in item) == ("review_at" in item) == item["reviewed"]["BOOL"]
        reviewed += item["reviewed"]["BOOL"]
        score = float(item["fraud_score"]["N"])
        assert 0 <= score <= 100
        assert item["fraud_level"]["S"] == ["LOW", "MEDIUM", "HIGH", "CRITICAL"][min(3, int(score / 25))]
        assert item["invoice_name"]["S"].endswith("." + item["invoice_format"]["S"].lower())
        placed = moment(item, "placed_at")
        later = placed.replace(year=placed.year + 7) if (placed.month, placed.day) != (2, 29) else None
        assert later is None or item["expires"] == {"N": str(int(later.timestamp()))}
        assert 1 <= len(item["lines"]["L"]) <= 3
        assert list(item) == [name for name in SHOP[0]["attributes"] if name in item]
    assert 100 < reviewed < 240


@pytest.mark.parametrize(
    ("score", "wanted"), [(0, "LOW"), (24.9, "LOW"), (25, "MEDIUM"), (75, "CRITICAL"), (100, "CRITICAL")]
)
def test_levels_are_equal_parts_of_the_score(score: float, wanted: str) -> None:
    values = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
    assert level(values, Attribute("N", minimum=0, maximum=100), score) == wanted


def test_stems() -> None:
    assert {stem(name) for name in ("reviewed_by", "review_notes", "review_timestamp")} == {"review"}
    assert stem("archived") == stem("archive_timestamp")
    assert stem("extracted_data") == stem("extraction_timestamp")
    assert stem("status") != stem("state")


ODD: list[dict[str, Any]] = [
    {
        "name": "multi",
        "attributes": {"k": "B", "n": "N", "x": "S", "y": "N", "b": "BOOL", "z": "NULL", "ns": "NS", "bs": "BS"},
        "partition_key": "k",
        "sort_key": "n",
        "global_indexes": [{"name": "both", "partition_key": ["x", "y"], "sort_key": ["n", "k"]}],
    },
    {
        "name": "events",
        "attributes": {"day": {"type": "S", "format": "date"}, "at": {"type": "N", "format": "unix_seconds"}},
        "partition_key": "day",
        "sort_key": "at",
        "ttl": {"attribute": "t", "timestamp": "at", "retention": "30d"},
    },
    {
        "name": "enumerated",
        "attributes": {"e": {"type": "S", "values": ["a", "b"]}, "f": {"type": "S", "values": ["x", "y", "z"]}},
        "partition_key": "e",
        "sort_key": "f",
    },
    {
        "name": "bounds",
        "attributes": {
            "id": {"type": "S", "format": "person"},
            "n": {"type": "N", "minimum": -5, "maximum": -1.5},
            "q": {"type": "N", "maximum": 0},
            "i": {"type": "N", "format": "integer", "minimum": 7, "maximum": 9},
        },
        "partition_key": "id",
    },
]


@pytest.mark.parametrize("definition", ODD, ids=lambda definition: str(definition["name"]))
def test_a_table_takes_what_is_made_for_it(definition: dict[str, Any]) -> None:
    table = parse_table(definition)
    maker = maker_of(definition["name"], definitions=ODD)
    keys = keys_of_definition(table)
    made = [maker.item(number) for number in range(min(200, maker.keys.capacity or 200))]
    assert [keys.problem(item) for item in made] == [""] * len(made)
    assert len({keys.text(item) for item in made}) == len(made)
    if definition["name"] == "bounds":
        for item in made:
            assert -5 <= float(item["n"]["N"]) <= -1.5
            assert -1000 <= float(item["q"]["N"]) <= 0
            assert item["i"]["N"] in ("7", "8", "9")
        assert len({item["q"]["N"] for item in made}) > 100
    if definition["name"] == "events":
        assert all(int(item["t"]["N"]) == int(item["at"]["N"]) + 30 * 86400 for item in made)


def test_newest() -> None:
    assert parse_newest("2026-09-30") == datetime(2026, 9, 30, tzinfo=UTC)
    assert parse_newest("2026-09-30T12:00:00+02:00") == datetime(2026, 9, 30, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="soon"):
        parse_newest("soon")
