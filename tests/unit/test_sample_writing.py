# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample data in a table: written, found again and removed, and what is not ours stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.calls import Calls
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copying import Keys
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.maker import ItemMaker
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.sample_run import is_local
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.writer import Portions

from .aws_client import FakeClient
from .items_table import Time, refusal
from .sample_shop import maker_of


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
