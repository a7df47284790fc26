# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table in memory that can be scanned in segments and written to, for tests of the work on items."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.calls import Calls
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.journal import Job
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget

from .aws_client import FakeClient

KEY = "id"
JOB = Job("test", "Orders", "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders", "id-1", 8, {"retention": "7y"})


@dataclass
class Time:
    """A clock that only sleeping moves."""

    seconds: float = 1000.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, sleep=self.sleep)


@dataclass
class ItemsTable:
    """items: by their key. refuse: raises what the service shall refuse a call with. written: calls that wrote."""

    items: dict[str, dict[str, Any]]
    refuse: Callable[[str, dict[str, Any]], None] = lambda operation, arguments: None
    update: Callable[[dict[str, Any], dict[str, Any]], None] = lambda item, arguments: None
    time: Time = field(default_factory=Time)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, arguments))
        self.refuse(operation, arguments)
        if operation == "Scan":
            return self._scan(arguments)
        if operation == "UpdateItem":
            self.update(self.items[arguments["Key"][KEY]["S"]], arguments)
        return {"ConsumedCapacity": {"CapacityUnits": 2.0}}

    def _scan(self, arguments: dict[str, Any]) -> dict[str, Any]:
        mine = [
            key for key in sorted(self.items) if segment_of(key, arguments["TotalSegments"]) == arguments["Segment"]
        ]
        after = arguments.get("ExclusiveStartKey", {KEY: {"S": ""}})[KEY]["S"]
        left = [key for key in mine if key > after]
        page = left[: arguments["Limit"]]
        answer = {"Items": [self.items[key] for key in page], "ScannedCount": len(page)}
        more = {"LastEvaluatedKey": {KEY: {"S": page[-1]}}} if len(left) > len(page) else {}
        return {**answer, **more, "ConsumedCapacity": {"CapacityUnits": 0.5 * len(page)}}

    def aws(self) -> Aws:
        return Aws(lambda service: FakeClient(self, service), clock=self.time.clock())

    def through(self, write_units: float = 0, read_units: float = 0) -> Calls:
        aws = self.aws()
        return Calls(aws, Budget(read_units, aws.clock), Budget(write_units, aws.clock))


def segment_of(key: str, total: int) -> int:
    return zlib.crc32(key.encode()) % total


def table_of(count: int) -> ItemsTable:
    return ItemsTable({f"i{number:04}": {KEY: {"S": f"i{number:04}"}} for number in range(count)})


def refusal(code: str, operation: str = "UpdateItem") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as the test wants"}}, operation)
