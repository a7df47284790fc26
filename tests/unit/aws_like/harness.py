# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A world with a stopped clock and no moto behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.aws_like.clock import StoppedClock
from tests.aws_like.errors import ServiceError
from tests.aws_like.jobs import TransferFailed
from tests.aws_like.operations import perform
from tests.aws_like.settings import Settings
from tests.aws_like.table_state import Index, Table
from tests.aws_like.world import ACCOUNT, Key, World

REGION = "ap-south-1"
# Noon of a UTC day, so that no test runs into midnight by accident.
NOON = 1_790_000_000 // 86400 * 86400 + 43200.0
IN_USE = "Attempt to change a resource which is still in use: "
INVALID = "One or more parameter values were invalid: "
LIMIT = "Subscriber limit exceeded: "
HASH = [{"AttributeName": "id", "KeyType": "HASH"}]
HASH_RANGE = [*HASH, {"AttributeName": "at", "KeyType": "RANGE"}]
ALL = {"ProjectionType": "ALL"}
BUCKET = "exports"


def arn(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def key_arn(name: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"


def defined(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def gsi(name: str, attribute: str = "g", **more: Any) -> dict[str, Any]:
    keys = [{"AttributeName": attribute, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": ALL, **more}


class FakeKeys:
    """KMS with the managed key, and keys by name."""

    def __init__(self) -> None:
        self.keys = {"one": Key(key_arn("one")), "alias/one": Key(key_arn("one")), "two": Key(key_arn("two"))}
        self.keys |= {"off": Key(key_arn("off"), "Disabled"), "dying": Key(key_arn("dying"), "PendingDeletion")}
        self.keys["rsa"] = Key(key_arn("rsa"), symmetric=False)

    def find(self, account: str, region: str, name: str) -> Key | None:
        return self.keys.get(name.rpartition("key/")[2] if "key/" in name else name)

    def managed(self, account: str, region: str) -> str:
        return key_arn("managed")


class FakeStore:
    """Notes what the data plane is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.bad_items = 0

    def create(self, account: str, region: str, table: Table) -> None:
        self.told.append(("create", table.name))

    def delete(self, account: str, region: str, name: str) -> None:
        self.told.append(("delete", name))

    def add_index(self, account: str, region: str, table: Table, index: Index) -> None:
        self.told.append(("add", index.name))

    def drop_index(self, account: str, region: str, table: Table, index: Index) -> None:
        self.told.append(("drop", index.name))

    def count(self, account: str, region: str, name: str) -> int:
        return 7

    def items(self, account: str, region: str, name: str) -> list[dict[str, Any]]:
        return self.kept.get(name, [])

    def fill(self, account: str, region: str, name: str, items: list[dict[str, Any]]) -> None:
        self.kept[name] = items

    def check_bucket(self, account: str, region: str, place: Mapping[str, Any]) -> None:
        if place["S3Bucket"] != BUCKET:
            raise TransferFailed("S3NoSuchBucket", "The specified bucket does not exist")

    def write_export(self, account: str, shown: Mapping[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
        self.told.append(("export", shown["ExportArn"]))
        return {"ItemCount": len(items), "BilledSizeBytes": 0, "ExportManifest": "manifest-summary.json"}

    def read_import(self, account: str, region: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.told.append(("import", name))
        bad = self.bad_items
        return {"ProcessedItemCount": 7, "ImportedItemCount": 7 - bad, "ErrorCount": bad, "ProcessedSizeBytes": 70}


class Aws:
    """Calls of the control plane; time passes only by `after`."""

    def __init__(self, **settings: Any) -> None:
        self.clock = StoppedClock(NOON)
        self.keys = FakeKeys()
        self.store = FakeStore()
        chosen = Settings(**{"time_scale": 1.0, **settings})
        self.world = World(self.keys, self.store, settings=chosen, clock=self.clock, seed=7)

    @property
    def now(self) -> float:
        return self.clock.now()

    def call(self, operation: str, /, **body: Any) -> dict[str, Any]:
        return perform(self.world, self.world.region(REGION), operation, body)

    def refusal(self, operation: str, /, **body: Any) -> ServiceError:
        with pytest.raises(ServiceError) as raised:
            self.call(operation, **body)
        return raised.value

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def settle(self) -> None:
        """Let everything that is going on end."""
        self.world.settle()
        while (due := self.world.next_due()) is not None:
            self.clock.advance(max(0.0, due - self.now))
            self.world.settle()

    # Shorthands

    def creating(self, name: str = "orders", /, **body: Any) -> dict[str, Any]:
        wanted = {"KeySchema": HASH, "AttributeDefinitions": defined("id"), "BillingMode": "PAY_PER_REQUEST", **body}
        shown: dict[str, Any] = self.call("CreateTable", TableName=name, **wanted)["TableDescription"]
        return shown

    def table(self, name: str = "orders", /, **body: Any) -> None:
        """An ACTIVE table, with backups ready."""
        self.creating(name, **body)
        self.settle()
        self.after(60)

    def provisioned(self, name: str = "orders", read: int = 10, write: int = 10, **body: Any) -> None:
        self.table(name, BillingMode="PROVISIONED", ProvisionedThroughput=units(read, write), **body)

    def indexed(self, name: str = "orders", /, **body: Any) -> None:
        self.table(name, AttributeDefinitions=defined("id", "g"), GlobalSecondaryIndexes=[gsi("by_g")], **body)

    def update(self, name: str = "orders", /, **body: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self.call("UpdateTable", TableName=name, **body)["TableDescription"]
        return shown

    def update_refusal(self, name: str = "orders", /, **body: Any) -> ServiceError:
        return self.refusal("UpdateTable", TableName=name, **body)

    def create_index(self, index: str, attribute: str = "n", name: str = "orders") -> dict[str, Any]:
        create = {"Create": gsi(index, attribute)}
        return self.update(name, AttributeDefinitions=defined(attribute), GlobalSecondaryIndexUpdates=[create])

    def delete_index(self, index: str, name: str = "orders") -> dict[str, Any]:
        return self.update(name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index}}])

    def shown(self, name: str = "orders") -> dict[str, Any]:
        table: dict[str, Any] = self.call("DescribeTable", TableName=name)["Table"]
        return table

    def status(self, name: str = "orders") -> str:
        status: str = self.shown(name)["TableStatus"]
        return status

    def index(self, index: str, name: str = "orders") -> dict[str, Any]:
        return next(each for each in self.shown(name)["GlobalSecondaryIndexes"] if each["IndexName"] == index)

    def ttl(self, enabled: bool = True, attribute: str = "expires", name: str = "orders") -> dict[str, Any]:
        return {"TableName": name, "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}

    def recovery(self, enabled: bool = True, name: str = "orders", **more: Any) -> dict[str, Any]:
        specification = {"PointInTimeRecoveryEnabled": enabled, **more}
        return {"TableName": name, "PointInTimeRecoverySpecification": specification}

    def tag(self, name: str = "orders", **tags: str) -> None:
        self.call("TagResource", ResourceArn=arn(name), Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    def tags(self, name: str = "orders") -> dict[str, str]:
        shown = self.call("ListTagsOfResource", ResourceArn=arn(name))["Tags"]
        return {each["Key"]: each["Value"] for each in shown}


def says(error: ServiceError, code: str, text: str) -> bool:
    """Whether it is AWS's code and the whole of AWS's text."""
    assert (error.code, error.message) == (code, text)
    return True
