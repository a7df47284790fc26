# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else at work on the same items, and the log of every change of a table."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

OWN_TTL = {"N": "4102444800"}
PAUSE = 0.02


@dataclass
class LiveWriter:
    """Sets expiry times of its own, deletes, and changes other attributes, at items chosen by chance, each once."""

    client: Any
    table: str
    keys: list[str]
    set_by_it: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    _end: threading.Event = field(default_factory=threading.Event)
    _failed: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> LiveWriter:
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._end.set()
        self._thread.join()
        assert not self._failed, self._failed

    def _work(self) -> None:
        chosen = random.Random(4).sample(self.keys, len(self.keys))
        try:
            for number, key in enumerate(chosen):
                if self._end.is_set():
                    return
                self._write(key, number % 3)
                time.sleep(PAUSE)
        except Exception as error:  # noqa: BLE001  it is raised where the test ends
            self._failed.append(error)

    def _write(self, key: str, way: int) -> None:
        where = {"TableName": self.table, "Key": {"id": {"S": key}}}
        if way == 0:
            self.set_by_it.add(key)
            self._update(where, "ttl", OWN_TTL)
        elif way == 1:
            self.deleted.add(key)
            self.client.delete_item(**where)
        else:
            self.touched.add(key)
            self._update(where, "touched", {"N": "1"})

    def _update(self, where: dict[str, Any], name: str, value: dict[str, str]) -> None:
        self.client.update_item(
            **where,
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":v": value},
        )


def changes(streams: Any, arn: str) -> Iterator[dict[str, Any]]:
    """Every change of a table since its stream was turned on, in order: eventName and what C(dynamodb) tells."""
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**where)["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator, Limit=1000)
            yield from ({"name": record["eventName"], **record["dynamodb"]} for record in answer["Records"])
            if not answer["Records"]:
                break
            iterator = answer.get("NextShardIterator")
