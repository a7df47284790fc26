# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runbooks on the tables that the inventory plugin finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.integration.fleet import Ship
from tests.integration.harness import ROOT, Target
from tests.integration.inventory import ACCOUNT, Fleet, Inventory, assume, client_of, hosts


def test_a_runbook_on_the_tables_of_a_project(inventory: Inventory, fleet: Fleet) -> None:
    region = fleet.regions[4].replace("-", "_")
    keyed = [{"key": "tags", "prefix": "tag"}, {"key": "region", "prefix": "region"}]
    path = inventory.write(regions=fleet.regions[3:], keyed_groups=keyed)
    limit = f"tag_Project_AuditFlow_Pro:&region_{region}"
    run = inventory.ansible.playbook("backup", "-i", str(path), "--limit", limit)
    assert run.code == 0, run.output
    names = ["AuditFlow-AuditRecords", "AuditFlow-Documents"]
    assert sorted({task.host for task in run.tasks}) == [f"{name}.{fleet.regions[4]}" for name in names]
    assert sorted(run.calls.writes) == [("CreateBackup", name) for name in names]
    assert {call.region for call in run.calls if call.write} == {fleet.regions[4]}


def test_a_runbook_in_two_accounts(inventory: Inventory, emulator: Target, account: str, fleet: Fleet) -> None:
    """One run; the hosts of each account are worked on in that account."""
    region = fleet.regions[2]
    role = f"arn:aws:iam::{account}:role/tables-operator"
    theirs, ours = client_of(role, emulator, region), replace(emulator, region=region).client()
    Ship("orders").make(theirs)
    path = inventory.write(
        regions=[region],
        name_patterns=["orders"],
        accounts=[{"name": "ours"}, {"name": "theirs", "assume_role_arn": role, "external_id": "auditflow"}],
    )
    run = inventory.ansible.playbook("backup", "-i", str(path))
    assert run.code == 0, run.output
    assert {task.host for task in run.tasks} == {f"ours.orders.{region}", f"theirs.orders.{region}"}
    assert run.calls.writes == [("CreateBackup", "orders")] * 2
    for client, owner in ((ours, ACCOUNT), (theirs, account)):
        (backup,) = client.list_backups(TableName="orders")["BackupSummaries"]
        assert f":{owner}:table/orders/" in backup["BackupArn"]


def test_a_playbook_of_ones_own_on_a_group(inventory: Inventory, fleet: Fleet, tmp_path: Path) -> None:
    """Tables without recovery, that nobody wrote down, get it; then they are in the group no more."""
    options: dict[str, Any] = {
        "regions": fleet.regions,
        "groups": {"no_pitr": "not pitr"},
        "name_patterns": ["AuditFlow-*"],
    }
    (tmp_path / "vars").symlink_to(ROOT / "playbooks" / "vars")
    play = [
        {
            "hosts": "no_pitr",
            "gather_facts": False,
            "vars_files": ["vars/connection.yml"],
            "module_defaults": {"group/auditflow.dynamodb.dynamodb": "{{ dynamodb_connection }}"},
            "tasks": [{"name": "on", "auditflow.dynamodb.pitr": {"name": "{{ dynamodb_table }}", "enabled": True}}],
        }
    ]
    (tmp_path / "recover.yml").write_text(json.dumps(play), encoding="utf-8")
    run = inventory.ansible.playbook(str(tmp_path / "recover.yml"), "-i", str(inventory.write(**options)))
    assert run.code == 0, run.output
    assert run.calls.writes == [("UpdateContinuousBackups", "AuditFlow-AuditRecords")] * 5
    assert {call.region for call in run.calls if call.write} == set(fleet.regions)
    assert hosts(inventory.listed(**options)[0], "no_pitr") == set()


def test_credentials_of_another_account_stop_a_runbook(
    inventory: Inventory, emulator: Target, account: str, fleet: Fleet
) -> None:
    """The file's keys are no variables, so the playbook goes by the environment's, which are another account's."""
    role = f"arn:aws:iam::{account}:role/tables-operator"
    Ship("orders").make(client_of(role, emulator, fleet.regions[0]))
    keys = assume(role, emulator)
    path = inventory.write(
        regions=fleet.regions[:1],
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )
    run = inventory.ansible.playbook("backup", "-i", str(path))
    assert run.code == 2
    assert f"These are the credentials of account {ACCOUNT}" in run.failure
    assert f"tables_account_id allows {account} only. Nothing was changed." in run.failure
    assert run.calls.writes == []
