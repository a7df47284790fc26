# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a module, for killing them: what is there before, what they do, and what must be true after."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.chaos import tables
from tests.chaos.conftest import World
from tests.chaos.gate import Point
from tests.chaos.processes import Process
from tests.chaos.tables import CHANGED, ONE, ORDERS, PERMISSIONS
from tests.integration.harness import ROOT, Target

INVOICES = "Invoices"
BOTH = [CHANGED, {**ONE, "name": INVOICES}]
SCRIPT = Path(__file__).with_name("run_module.py")
# A process of a module needs nothing of the shell that the tests were started in.
INHERITED = ("PATH", "HOME", "LANG")


def start_module(name: str, arguments: Mapping[str, Any], target: Target, folder: Path) -> Process:
    """One module of the collection as a process of its own."""
    path = folder / f"{name}-{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(arguments), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED}
    environment = {
        **inherited,
        "AWS_ENDPOINT_URL": target.url,
        "AWS_REGION": target.region,
        "AWS_ACCESS_KEY_ID": "AKIAEMULATOREXAMPLE0",
        "AWS_SECRET_ACCESS_KEY": "emulator-only-not-a-real-secret-key-0000",
    }
    return Process([sys.executable, str(SCRIPT), name, str(path)], ROOT, environment, folder)


class Scenario:
    """A run of the `tables` module. writes: how often it makes each call, by operation and table."""

    name: str
    arguments: Mapping[str, Any]
    writes: Mapping[tuple[str, str], int]

    def prepare(self, world: World) -> None:
        """What is there before."""

    def check(self, world: World) -> None:
        """What must be true after."""
        raise NotImplementedError

    def points(self) -> Iterator[Point]:
        """Both sides of every write."""
        for (operation, table), times in self.writes.items():
            for number in range(1, times + 1):
                yield Point(operation, table, number, "before")
                yield Point(operation, table, number, "after")


class Create(Scenario):
    name = "create"
    arguments = {"tables": BOTH}
    writes = {
        (operation, table): 1
        for table in (ORDERS, INVOICES)
        for operation in ("CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups")
    }

    def check(self, world: World) -> None:
        check_names(world, ORDERS, INVOICES)
        for definition in BOTH:
            key = managed_key(world) if "encryption" in definition else None
            found = tables.everything(world.target, definition["name"])
            assert found == {**tables.wanted(definition, key), "items": dict.fromkeys(found["items"], 0)}


class Reconfigure(Scenario):
    name = "reconfigure"
    arguments = {"tables": [CHANGED], **PERMISSIONS}
    writes = {
        # Three indexes go, class, capacity, stream off and on, three indexes come, encryption, protection.
        ("UpdateTable", ORDERS): 12,
        ("UntagResource", ORDERS): 1,
        ("TagResource", ORDERS): 1,
        ("UpdateTimeToLive", ORDERS): 2,
        ("UpdateContinuousBackups", ORDERS): 1,
    }

    def prepare(self, world: World) -> None:
        prepare_orders(world)

    def check(self, world: World) -> None:
        check_names(world, ORDERS)
        assert tables.everything(world.target, ORDERS) == tables.wanted(CHANGED, managed_key(world))
        assert not [call for call in world.writes() if call["operation"] == "DeleteTable"]


class Delete(Scenario):
    name = "delete"
    arguments = {"tables": BOTH, "state": "absent", "allow_delete": True}
    writes = {
        ("CreateBackup", ORDERS): 1,
        ("UpdateTable", ORDERS): 1,
        ("DeleteTable", ORDERS): 1,
        ("CreateBackup", INVOICES): 1,
        ("DeleteTable", INVOICES): 1,
    }

    def prepare(self, world: World) -> None:
        client = world.target.client()
        for name in (ORDERS, INVOICES):
            client.create_table(
                TableName=name,
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
                DeletionProtectionEnabled=name == ORDERS,
            )
        world.grow_up()

    def check(self, world: World) -> None:
        check_names(world)
        check_backups(world, ORDERS, INVOICES)


SCENARIOS: dict[str, Scenario] = {each.name: each for each in (Create(), Reconfigure(), Delete())}


def prepare_orders(world: World) -> None:
    """The live table with its items."""
    tables.make(world.target)
    world.grow_up()
    tables.fill(world.target)
    world.grow_up()


def check_names(world: World, *names: str) -> None:
    assert sorted(world.target.client().list_tables()["TableNames"]) == sorted(names)


def check_backups(world: World, *names: str, spare: int = 1) -> None:
    """Nothing was deleted without a backup of that very table, and there are hardly more backups than deletions.

    The name of a final backup carries the time, so that a run that takes up a killed one makes a backup of its own:
    data may have come since.
    """
    summaries = world.target.client().list_backups()["BackupSummaries"]
    assert {backup["BackupStatus"] for backup in summaries} <= {"AVAILABLE"}
    found = Counter(backup["TableName"] for backup in summaries)
    for name in names:
        made = [call["operation"] for call in world.writes() if call["table"] == name]
        saved = False
        for operation in made:
            assert operation != "DeleteTable" or saved, made
            saved = operation == "CreateBackup" or (saved and operation not in ("CreateTable", "DeleteTable"))
        deletions = made.count("DeleteTable")
        assert deletions <= found[name] <= deletions + spare, (made, found)


def managed_key(world: World) -> str:
    """The ARN of the key that AWS keeps for DynamoDB."""
    arn: str = world.target.client("kms").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
    return arn
