# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables with many items, for the tests of the work on items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Item = dict[str, dict[str, Any]]
# BatchWriteItem API reference.
AT_ONCE = 25


def make_table(client: Any, name: str, key: str = "id", sort_key: str = "") -> None:
    names = [key, sort_key] if sort_key else [key]
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": each, "KeyType": kind} for each, kind in zip(names, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in names],
        BillingMode="PAY_PER_REQUEST",
    )


def load(client: Any, name: str, items: Iterable[Item], threads: int = 4) -> None:
    def put(batch: Sequence[Item]) -> None:
        answer = client.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item}} for item in batch]})
        assert not answer.get("UnprocessedItems")

    with ThreadPoolExecutor(threads) as pool:
        everything = list(items)
        batches = [everything[start : start + AT_ONCE] for start in range(0, len(everything), AT_ONCE)]
        for _done in pool.map(put, batches):
            pass


def scan(client: Any, name: str) -> Iterator[Item]:
    for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
        yield from page["Items"]


def by_key(client: Any, name: str, key: str = "id") -> dict[str, Item]:
    """All items by their partition key; the count shows when one is there twice."""
    found = list(scan(client, name))
    keyed = {item[key]["S"]: item for item in found}
    assert len(keyed) == len(found)
    return keyed
