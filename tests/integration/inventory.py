# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files for the inventory plugin, what it makes of them, and whose tables it reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.integration.fleet import Ship
from tests.integration.harness import Ansible, Finished, Target

ACCOUNT = "123456789012"
# Other plugins try a file that this one gave up.
FAILED = (r"Failed to parse inventory with '(yaml|ini)' plugin",)


@dataclass(frozen=True)
class Fleet:
    regions: list[str]
    tables: list[Ship]

    def hosts(self, *names: str) -> set[str]:
        return {ship.host for ship in self.tables if ship.name in names}


def parsed(run: Finished) -> dict[str, Any]:
    """What --list prints; texts that are no templates are marked in it."""

    def plain(value: dict[str, Any]) -> Any:
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value

    return json.loads(run.output, object_hook=plain)


@dataclass(frozen=True)
class Inventory:
    """A file for the plugin."""

    ansible: Ansible
    path: Path

    def write(self, **options: Any) -> Path:
        self.path.write_text(json.dumps({"plugin": "auditflow.dynamodb.tables", **options}), encoding="utf-8")
        return self.path

    def run(self, *arguments: str, warnings: tuple[str, ...] = (), **options: Any) -> Finished:
        return self.ansible.inventory(self.write(**options), *arguments, warnings=warnings)

    def listed(self, warnings: tuple[str, ...] = (), **options: Any) -> tuple[dict[str, Any], Finished]:
        """What --list prints: host variables and, by name, the hosts of groups."""
        run = self.run("--list", warnings=warnings, **options)
        assert run.code == 0, run.errors
        return parsed(run), run

    def fails(self, text: str, **options: Any) -> Finished:
        run = self.run("--list", warnings=(re.escape(text), *FAILED), **options)
        assert "Completely failed to parse inventory source" in run.errors
        assert (run.code, run.output) == (1, "")
        return run


def hosts(listed: dict[str, Any], group: str) -> set[str]:
    return set(listed.get(group, {}).get("hosts", ()))


def emulator_url(inventory: Inventory) -> str:
    return inventory.ansible.target.url


def assume(role: str, target: Target) -> dict[str, str]:
    found: dict[str, str] = target.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return found


def client_of(role: str, target: Target, region: str) -> Any:
    """A DynamoDB client with a role's credentials."""
    assumed = assume(role, target)
    return boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=target.url,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
