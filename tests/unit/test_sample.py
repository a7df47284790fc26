# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample data: the same for the same seed, fitting together, told apart, and nothing of others is touched."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.calls import Calls
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copy_run import keys_of_definition
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copying import Keys
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import to_json
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.described import Attribute, described_tables
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.identities import (
    Identities,
    SampleError,
    check_capacity,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.maker import ItemMaker, World, level, stem
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.moments import Calendar, parse_newest
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.sample_run import is_local
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.values import Values, new_faker
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.writer import Portions
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .aws_client import FakeClient
from .items_table import Time, refusal

KEYS_DIGEST = "edfc0eb5e551dcbd"
NEWEST = "2026-09-30"
FAKER = new_faker()
SHOP: list[dict[str, Any]] = [
    {
        "name": "Orders",
        "attributes": {
            "order_id": {"type": "S", "format": "uuid"},
            "customer_id": "S",
            "placed_at": {"type": "S", "format": "timestamp"},
            "paid_at": {"type": "S", "format": "timestamp"},
            "status": {"type": "S", "values": ["OPEN", "PAID", "SENT"]},
            "total": {"type": "N", "minimum": 0, "maximum": 50},
            "fraud_score": {"type": "N", "minimum": 0, "maximum": 100},
            "fraud_level": {"type": "S", "values": ["LOW", "MEDIUM", "HIGH", "CRITICAL"]},
            "reviewed": "BOOL",
            "review_notes": {"type": "S", "format": "text", "optional": True},
            "review_at": {"type": "S", "format": "timestamp", "optional": True},
            "invoice_format": {"type": "S", "values": ["PDF", "TIFF"]},
            "invoice_name": {"type": "S", "format": "file_name"},
            "labels": "SS",
            "blob": "B",
            "lines": {"type": "L", "elements": {"type": "M", "fields": {"quantity": "N", "article": "S"}}},
            "expires": "N",
        },
        "partition_key": "order_id",
        "global_indexes": [{"name": "by-customer", "partition_key": "customer_id", "sort_key": "placed_at"}],
        "ttl": {"attribute": "expires", "timestamp": "placed_at", "retention": "7y"},
    },
    {
        "name": "Shipments",
        "attributes": {
            "customer_id": "S",
            "sent_at": {"type": "S", "format": "timestamp"},
            "order_id": {"type": "S", "format": "uuid"},
        },
        "partition_key": "customer_id",
        "sort_key": "sent_at",
    },
    {
        "name": "Counters",
        "attributes": {"kind": {"type": "S", "values": ["a", "b", "c"]}, "day": {"type": "S", "format": "date"}},
        "partition_key": "kind",
        "sort_key": "day",
    },
    {
        "name": "Slots",
        "attributes": {"number": {"type": "N", "minimum": 5, "maximum": 9}, "raw": "B", "note": "S"},
        "partition_key": "number",
    },
]


def maker_of(name: str, seed: str = "1", definitions: list[dict[str, Any]] | None = None) -> ItemMaker:
    tables = described_tables(definitions or SHOP)
    table = next(each for each in tables if each.name == name)
    identities = Identities(seed, Calendar(parse_newest(NEWEST)))
    return ItemMaker(World(tables, identities), table, Values(FAKER))


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


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("http://127.0.0.1:5050", True),
        ("http://[::1]:8000", True),
        ("http://localhost:4566", True),
        ("http://localhost.localstack.cloud:4566", True),
        ("https://dynamodb.ap-south-1.amazonaws.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.5:8000", False),
        ("", False),
    ],
)
def test_what_an_emulator_on_this_machine_is(endpoint: str, local: bool) -> None:
    assert is_local(endpoint) == local


class Store:
    """A table that takes batches, and leaves some of a batch unprocessed."""

    def __init__(self, keys: Keys, leave: Callable[[int], int] = lambda call: 0) -> None:
        self.items: dict[str, Any] = {}
        self.time = Time()
        self.calls: list[str] = []
        self.batches: list[int] = []
        self._keys, self._leave = keys, leave

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        if operation in ("PutItem", "DeleteItem"):
            return self._conditional(operation, arguments)
        ((table, asked),) = arguments["RequestItems"].items()
        if operation == "BatchGetItem":
            assert len(asked["Keys"]) <= 100
            found = [self.items[self._keys.text(key)] for key in asked["Keys"] if self._keys.text(key) in self.items]
            return {"Responses": {table: found}}
        assert len(asked) <= 25
        self.batches.append(len(asked))
        taken = max(0, len(asked) - self._leave(len(self.batches)))
        for request in asked[:taken]:
            if "PutRequest" in request:
                self.items[self._keys.text(request["PutRequest"]["Item"])] = request["PutRequest"]["Item"]
            else:
                del self.items[self._keys.text(request["DeleteRequest"]["Key"])]
        return {"UnprocessedItems": {table: asked[taken:]} if asked[taken:] else {}}

    def _conditional(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        item = arguments.get("Item") or arguments["Key"]
        key = self._keys.text(item)
        if (operation == "PutItem") == (key in self.items):
            raise refusal("ConditionalCheckFailedException", operation)
        if operation == "PutItem":
            self.items[key] = item
        else:
            del self.items[key]
        return {}

    def portions(self, maker: ItemMaker, check: bool = False) -> Portions:
        aws = Aws(lambda service: FakeClient(self, service), clock=self.time.clock())
        calls = Calls(aws, Budget(0, aws.clock), Budget(0, aws.clock))
        return Portions(calls, "Orders", self._keys, maker, check)


ORDER_KEYS = Keys(("order_id",), {"order_id": "S"})
SLOT_KEYS = Keys(("number",), {"number": "N"})


def test_written_found_again_and_removed() -> None:
    store, maker = Store(ORDER_KEYS), maker_of("Orders")
    store.items["other"] = {"order_id": {"S": "other"}}
    run = store.portions(maker)
    run.present(230, threads=3)
    assert run.counts == {"written": 230}
    assert len(store.items) == 231
    assert sorted(store.batches) == [5, *[25] * 9]
    again = store.portions(maker)
    again.present(230, threads=3)
    assert again.counts == {"present": 230}
    assert "BatchWriteItem" not in store.calls[store.calls.index("BatchWriteItem") + 13 :]
    # What an application has changed since is a sample item all the same.
    key = ORDER_KEYS.text(maker.keys.key(3))
    store.items[key] = {**store.items[key], "status": {"S": "SENT"}}
    fewer = store.portions(maker)
    fewer.absent(200, threads=2)
    assert fewer.counts == {"removed": 200}
    rest = store.portions(maker)
    rest.absent(230, threads=2)
    assert rest.counts == {"removed": 30, "gone": 200}
    assert list(store.items) == ["other"]


def test_what_is_left_unprocessed_is_sent_again() -> None:
    store = Store(ORDER_KEYS, leave=lambda call: 20 if call % 2 else 0)
    run = store.portions(maker_of("Orders"))
    run.present(50, threads=1)
    assert run.counts == {"written": 50}
    assert run.error is None
    assert store.batches == [25, 20, 25, 20]
    assert store.time.seconds > 1000


def test_a_table_that_takes_nothing_is_not_asked_for_ever() -> None:
    store = Store(ORDER_KEYS, leave=lambda call: 25)
    run = store.portions(maker_of("Orders"))
    run.present(1000, threads=1)
    assert run.error is not None
    assert "AWS has taken none of 25 items for 180 seconds" in str(run.error)
    assert 180 < store.time.seconds - 1000 < 240
    assert run.counts == {}


def test_check_mode_counts() -> None:
    store, maker = Store(ORDER_KEYS), maker_of("Orders")
    store.portions(maker).present(10, threads=1)
    before = dict(store.items)
    planned, removing = store.portions(maker, check=True), store.portions(maker, check=True)
    planned.present(30, threads=1)
    removing.absent(30, threads=1)
    assert planned.counts == {"present": 10, "written": 20}
    assert removing.counts == {"removed": 10, "gone": 20}
    assert store.items == before


def test_an_item_of_others_under_a_guessable_key_stays() -> None:
    store, maker = Store(SLOT_KEYS), maker_of("Slots")
    theirs = {"number": {"N": "6"}, "note": {"S": "theirs"}}
    store.items[SLOT_KEYS.text(theirs)] = theirs
    run, again = store.portions(maker), store.portions(maker)
    run.present(5, threads=2)
    assert run.counts == {"written": 4, "in_the_way": 1}
    again.present(5, threads=2)
    assert again.counts == {"present": 4, "in_the_way": 1}
    gone = store.portions(maker)
    gone.absent(5, threads=2)
    assert gone.counts == {"removed": 4, "in_the_way": 1}
    assert list(store.items.values()) == [theirs]
    assert "BatchWriteItem" not in store.calls


def test_an_item_that_comes_between_the_look_and_the_write_stays() -> None:
    store, maker = Store(SLOT_KEYS), maker_of("Slots")
    theirs = {"number": {"N": "5"}, "note": {"S": "theirs"}}
    run = store.portions(maker)
    look = store.call

    def late(service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if operation == "PutItem":
            store.items.setdefault(SLOT_KEYS.text(theirs), theirs)
        return look(service, operation, arguments)

    store.call = late  # type: ignore[method-assign]
    run.present(1, threads=1)
    assert run.counts == {"in_the_way": 1}
    assert list(store.items.values()) == [theirs]


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
