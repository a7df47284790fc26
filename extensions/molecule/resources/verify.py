# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare tables with what a scenario expects of them, read with boto3: nothing of the collection has a say in it.

On standard input, JSON: {"tables": [...], "run": run.json}. Of a table everything named is compared:

    name                  the table
    keys                  its key attributes, partition key first
    attributes            {attribute: type}, all that AWS knows
    billing               PAY_PER_REQUEST, or PROVISIONED 5/3
    indexes               {index: {keys, projection: ALL, KEYS_ONLY or [attributes], throughput: 5/3}}, all there are
    encryption            the alias of the KMS key
    live_encryption       true: the key was put on a table that existed
    rotation              whether a customer key is rotated
    ttl                   the attribute
    pitr_days             the recovery period
    stream                the view type; false: none
    tags                  all tags
    deletion_protection   true or false
    items                 {kind, count}, as resources/items.py makes them; every index must list them too
    calls                 {operation: [what was changed, in order]}, all writes of the run to this table; * is any text

What an emulator cannot do is in GAPS: such a check is not made, and that is said.
Exit code: 0 when all is as expected, 1 when not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import boto3
from items import Item, items

Table = Mapping[str, Any]

GAPS: dict[str, dict[str, str]] = {
    "localstack": {
        "recovery period": "LocalStack drops RecoveryPeriodInDays",
        "encryption of a live table": "LocalStack ignores SSESpecification in UpdateTable",
        "throughput on demand": "LocalStack keeps an index's throughput when its table becomes PAY_PER_REQUEST",
        "calls": "LocalStack has no log of its calls",
    },
    "other": {"calls": "this emulator has no log of its calls"},
}
# What AWS shows as the throughput of an on-demand table's index.
ON_DEMAND = "0/0"
NO_KEY = "no such key"
READS = ("Describe", "List", "Get", "Scan", "Query", "BatchGet")
RIGHT, NOT_CHECKED, WRONG = "right", "not checked", "WRONG"
# Writes of prepare, not of the collection.
SEEDING = ("BatchWriteItem",)


@dataclass(frozen=True)
class Check:
    """One comparison. gap: the name in GAPS under which an emulator may be excused."""

    what: str
    expected: Any
    found: Any
    gap: str = ""


class Reader:
    """What AWS says of one table, each answer asked for when it is first needed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dynamodb = boto3.client("dynamodb")
        self.kms = boto3.client("kms")

    @cached_property
    def table(self) -> Table:
        described: Table = self.dynamodb.describe_table(TableName=self.name)["Table"]
        return described

    @cached_property
    def time_to_live(self) -> Table:
        answer: Table = self.dynamodb.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]
        return answer

    @cached_property
    def recovery(self) -> Table:
        answer = self.dynamodb.describe_continuous_backups(TableName=self.name)["ContinuousBackupsDescription"]
        recovery: Table = answer["PointInTimeRecoveryDescription"]
        return recovery

    def tags(self) -> dict[str, str]:
        answer = self.dynamodb.list_tags_of_resource(ResourceArn=self.table["TableArn"])
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}

    def key_arn(self, alias: str) -> str:
        try:
            arn: str = self.kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
        except self.kms.exceptions.NotFoundException:
            return NO_KEY
        return arn

    def rotated(self, alias: str) -> bool:
        arn = self.key_arn(alias)
        return arn != NO_KEY and bool(self.kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"])

    def scan(self, index: str = "") -> list[Item]:
        where = {"IndexName": index} if index else {"ConsistentRead": True}
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.name, **where)
        return [item for page in pages for item in page["Items"]]


def schema(table: Table, read: Reader) -> Iterator[Check]:
    yield Check("status", "ACTIVE", read.table["TableStatus"])
    yield Check("keys", table.get("keys"), key_names(read.table))
    found = {each["AttributeName"]: each["AttributeType"] for each in read.table["AttributeDefinitions"]}
    yield Check("attributes", table.get("attributes"), found)
    mode = read.table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    yield Check("billing", table.get("billing"), mode if mode != "PROVISIONED" else f"{mode} {throughput(read.table)}")


def indexes(table: Table, read: Reader) -> Iterator[Check]:
    if "indexes" not in table:
        return
    found = {index["IndexName"]: index for index in read.table.get("GlobalSecondaryIndexes", ())}
    yield Check("indexes", sorted(table["indexes"]), sorted(found))
    for name, expected in table["indexes"].items():
        index = found.get(name)
        if index is None:
            # The first check has already told that it is missing.
            continue
        projection = index["Projection"]
        yield Check(f"{name}: status", "ACTIVE", index["IndexStatus"])
        yield Check(f"{name}: keys", expected["keys"], key_names(index))
        yield Check(
            f"{name}: projection",
            expected["projection"],
            sorted(projection.get("NonKeyAttributes", ())) or projection["ProjectionType"],
        )
        gap = "throughput on demand" if expected.get("throughput") == ON_DEMAND else ""
        yield Check(f"{name}: throughput", expected.get("throughput"), throughput(index), gap)


def settings(table: Table, read: Reader) -> Iterator[Check]:
    if "encryption" in table:
        alias = table["encryption"]
        sse = read.table.get("SSEDescription", {})
        wanted = ("KMS", "ENABLED", read.key_arn(alias))
        found = (sse.get("SSEType"), sse.get("Status"), sse.get("KMSMasterKeyArn"))
        gap = "encryption of a live table" if table.get("live_encryption") else ""
        yield Check(f"encryption by the key behind {alias}", wanted, found, gap)
        if "rotation" in table:
            yield Check(f"rotation of {alias}", table["rotation"], read.rotated(alias))
    if "ttl" in table:
        yield Check("ttl", "ENABLED", read.time_to_live["TimeToLiveStatus"])
        yield Check("ttl attribute", table["ttl"], read.time_to_live.get("AttributeName"))
    if "pitr_days" in table:
        yield Check("pitr", "ENABLED", read.recovery["PointInTimeRecoveryStatus"])
        yield Check("pitr days", table["pitr_days"], read.recovery.get("RecoveryPeriodInDays"), "recovery period")
    stream = read.table.get("StreamSpecification", {})
    yield Check("stream", table.get("stream"), stream.get("StreamEnabled", False) and stream["StreamViewType"])
    yield Check("tags", table.get("tags"), read.tags())
    yield Check("deletion protection", table.get("deletion_protection"), read.table.get("DeletionProtectionEnabled"))


def contents(table: Table, read: Reader) -> Iterator[Check]:
    if "items" not in table:
        return
    expected = items(**table["items"])
    yield Check("items", f"{len(expected)} items", compared(expected, read.scan()))
    living = {index["IndexName"] for index in read.table.get("GlobalSecondaryIndexes", ())}
    for name, index in table.get("indexes", {}).items():
        if name not in living:
            # indexes() has already told that it is missing.
            continue
        in_index = [project(item, index, table["keys"]) for item in expected if set(index["keys"]) <= set(item)]
        yield Check(f"{name}: items", f"{len(in_index)} items", compared(in_index, read.scan(name)))


def compared(expected: list[Item], found: list[Item]) -> str:
    """How many there are, in any order; of those that differ an example each."""
    wanted, got = ({json.dumps(item, sort_keys=True) for item in each} for each in (expected, found))
    differences = {"missing": sorted(wanted - got), "unexpected": sorted(got - wanted)}
    examples = [f", {len(items)} {what}: {items[0]} ..." for what, items in differences.items() if items]
    return "".join([f"{len(found)} items", *examples])


def project(item: Item, index: Table, table_keys: list[str]) -> Item:
    if index["projection"] == "ALL":
        return item
    included = [] if index["projection"] == "KEYS_ONLY" else index["projection"]
    return {name: item[name] for name in {*table_keys, *index["keys"], *included} if name in item}


def calls(table: Table, run: Table) -> Iterator[Check]:
    """Every write of this run to this table. Calls of different kinds run side by side: order is within a kind."""
    if "calls" not in table:
        return
    if not run["log"]:
        yield Check("calls", table["calls"], None, "calls")
        return
    log = [json.loads(line) for line in Path(run["log"]).read_text(encoding="utf-8").splitlines()]
    found: dict[str, list[str]] = {}
    for call in log:
        named = call["resource"] == table["name"] or call["resource"].endswith(f":table/{table['name']}")
        is_write = not call["operation"].startswith(READS + SEEDING)
        if named and is_write and call["time"] >= run["since"]:
            found.setdefault(call["operation"], []).append(call["detail"])
    operations = sorted({*found, *table["calls"]})
    for operation in operations:
        expected, made = table["calls"].get(operation, []), found.get(operation, [])
        yield Check(f"calls of {operation}", expected, [*map(_pattern_of, made, [*expected, *made])])


def _pattern_of(detail: str, pattern: str) -> str:
    """The pattern where the call matches it."""
    return pattern if fnmatchcase(detail, pattern) else detail


def key_names(described: Table) -> list[str]:
    parts = sorted(described["KeySchema"], key=lambda part: part["KeyType"] == "RANGE")
    return [part["AttributeName"] for part in parts]


def throughput(described: Table) -> str:
    units = described.get("ProvisionedThroughput", {})
    return f"{units.get('ReadCapacityUnits')}/{units.get('WriteCapacityUnits')}"


def outcome(check: Check, gaps: Mapping[str, str]) -> str:
    if check.gap in gaps:
        return NOT_CHECKED
    return RIGHT if check.expected == check.found else WRONG


def line(table: str, check: Check, result: str, gaps: Mapping[str, str]) -> str:
    said = {
        RIGHT: str(check.found),
        WRONG: f"\n    expected {check.expected}\n    found    {check.found}",
        NOT_CHECKED: gaps.get(check.gap, ""),
    }
    return f"{result:<11}  {table}  {check.what}: {said[result]}"


def main() -> int:
    given = json.load(sys.stdin)
    gaps = GAPS.get(given["run"]["emulator"], {})
    results = []
    for table in given["tables"]:
        read = Reader(table["name"])
        made = chain(
            schema(table, read),
            indexes(table, read),
            settings(table, read),
            contents(table, read),
            calls(table, given["run"]),
        )
        for check in (check for check in made if check.expected is not None):
            result = outcome(check, gaps)
            print(line(table["name"], check, result, gaps))
            results.append(result)
    counts = [f"{results.count(result)} {result.lower()}" for result in (RIGHT, NOT_CHECKED, WRONG)]
    print(f"{', '.join(counts)} on {given['run']['emulator']}")
    return 0 if RIGHT in results and WRONG not in results else 1


if __name__ == "__main__":
    sys.exit(main())
