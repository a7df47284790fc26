# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands on the page of the schema reference, given to a shell, find items in tables of the same definitions."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.auditflow.dynamodb.plugins.module_utils.queries import typed
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_values import value
from tests.integration.harness import ROOT, Ansible, Target
from tests.unit.schema_examples import call_of
from tests.unit.schema_page import blocks

# In place of the AWS CLI: what the shell has made of the command.
AWS = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n"
KEYS = ["keys", "local_indexes", "global_indexes"]
SHOP: dict[str, Any] = {
    "name": "shop.Orders_2",
    "description": "Orders | of a customer's",
    "attributes": {
        "customer name": "S",
        "placed": "N",
        "it's": "S",
        "blob": {"type": "B", "description": "A `digest`."},
        "size": "N",
        "paid": "BOOL",
    },
    "partition_key": "customer name",
    "sort_key": "placed",
    "local_indexes": [{"name": "by.blob", "sort_key": "blob", "projection": "KEYS_ONLY"}],
    "global_indexes": [{"name": "by_its", "partition_key": "it's", "sort_key": "size"}],
    "access_patterns": [
        {
            "name": "of_customer",
            "parameters": {"customer_name": "S", "first": "N", "last": "N"},
            "key_condition": '"customer name" = :customer_name AND placed BETWEEN :first AND :last',
            "limit": 3,
        },
        {
            "name": "by_blob",
            "index": "by.blob",
            "parameters": {"customer_name": "S", "blob": "B"},
            "key_condition": '"customer name" = :customer_name AND blob = :blob',
            "order": "descending",
        },
        {
            "name": "by_its",
            "index": "by_its",
            "parameters": {"its": "S", "size": "N", "paid": "BOOL"},
            "key_condition": '"it\'s" = :its AND size >= :size',
            "filter": 'paid = :paid AND size("customer name") > :size',
        },
    ],
}
# What undocumented attributes are called by the parameters that they are compared with.
ITEM: dict[str, dict[str, Any]] = {
    "customer name": {"S": "customer_name-1"},
    "placed": {"N": "50"},
    "it's": {"S": "its-1"},
    "blob": {"B": b"\x00\x01\x02"},
    "size": {"N": "5"},
    "paid": {"BOOL": True},
}


def auditflow() -> list[dict[str, Any]]:
    text = (ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8")
    wanted = ("name", "attributes", "partition_key", "global_indexes", "access_patterns", "ttl")
    found = yaml.safe_load(text)["tables_definitions"]
    return [{name: definition[name] for name in wanted} for definition in found]


def item_of(definition: dict[str, Any]) -> dict[str, Any]:
    """An item that has the values of the page's examples."""
    plain = {name: told for name, told in definition["attributes"].items() if told["type"] in ("S", "N")}
    return {name: typed(value(told["type"], told, 0, name), told["type"], name) for name, told in plain.items()}


@pytest.fixture
def commands(region: Target, ansible_of: Callable[[Target], Ansible], tmp_path: Path) -> list[str]:
    """Those of a page whose tables are there, with an item in each."""
    definitions = [*auditflow(), SHOP]
    ansible, extra = ansible_of(region), {"tables_definitions": definitions, "folder": str(tmp_path / "schema")}
    made = ansible.tasks({"auditflow.dynamodb.tables": {"tables": definitions, "only": KEYS}})
    assert made.code == 0, made.output
    runs = [ansible.playbook("document", *arguments, extra=extra) for arguments in (["--check"], [], [])]
    assert [bool(run.changed) for run in runs] == [True, True, False], runs[0].output
    assert not any(run.calls for run in runs)
    for definition in definitions:
        item = ITEM if definition is SHOP else item_of(definition)
        region.client().put_item(TableName=definition["name"], Item=item)
    return blocks((tmp_path / "schema/DYNAMODB_SCHEMA.md").read_text(encoding="utf-8"), "sh")


def arguments(command: str, folder: Path) -> list[str]:
    """What a shell makes of a command."""
    (folder / "aws").write_text(AWS, encoding="utf-8")
    (folder / "aws").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    found = subprocess.run(["sh", "-euc", command], env=environment, capture_output=True, check=True, timeout=10)
    assert not found.stderr
    return found.stdout.decode().split("\0")[:-1]


def test_the_commands_find_what_they_are_for(region: Target, commands: list[str], tmp_path: Path) -> None:
    asked = {"GetItem": "get_item", "Query": "query"}
    found: dict[str, list[int]] = {}
    for command in commands:
        operation, given = call_of(arguments(command, tmp_path))
        answer = getattr(region.client(), asked[operation])(**given)
        if operation == "Query":
            found.setdefault(given["TableName"], []).append(len(answer["Items"]))
    assert found == {"AuditFlow-Documents": [1] * 4, "AuditFlow-AuditRecords": [1] * 3, "shop.Orders_2": [1] * 3}
