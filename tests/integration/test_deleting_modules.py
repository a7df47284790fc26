# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting tables by the modules: refused unless allowed, a backup first, protection off in order, then gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.harness import Ansible, Target

TABLE, TABLES = "auditflow.dynamodb.table", "auditflow.dynamodb.tables"
IN_ORDER = ["CreateBackup", "UpdateTable", "DeleteTable"]


def make(target: Target, *names: str) -> None:
    for table in names:
        target.client().create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
        )


def exists(target: Target, table: str) -> bool:
    return table in target.client().list_tables()["TableNames"]


def absent(table: str, **more: Any) -> dict[str, Any]:
    return {TABLE: {"name": table, "state": "absent", **more}}


def test_one_table(ansible: Ansible, emulator: Target, name: str) -> None:
    make(emulator, name)
    allowed = absent(name, allow_delete=True, final_backup_name=f"{name}-the-last")
    run = ansible.tasks(
        {"name": "not allowed", **absent(name)},
        {"name": "check", **allowed, "check_mode": True, "diff": True},
        {"name": "delete", **allowed, "diff": True},
        {"name": "again", **allowed},
        {"name": "never was", **absent(f"{name}-none")},
    )
    not_allowed, check, delete, again, never_was = run.tasks
    assert not_allowed.status == "failed"
    assert f"deleting {name} loses its data" in not_allowed.message
    assert "allow_delete: true allows it" in not_allowed.message
    assert check.operations == delete.operations == IN_ORDER
    assert check.changed
    assert check.result["diff"] == delete.result["diff"]
    assert delete.calls.writes == [(operation, name) for operation in IN_ORDER]
    assert [task.calls.writes for task in (not_allowed, check, again, never_was)] == [[]] * 4
    assert [task.changed for task in (again, never_was)] == [False, False]
    assert not exists(emulator, name)
    (backup,) = emulator.client().list_backups(TableName=name)["BackupSummaries"]
    assert (backup["BackupName"], backup["BackupStatus"]) == (f"{name}-the-last", "AVAILABLE")


def test_many_tables(ansible: Ansible, emulator: Target, name: str) -> None:
    """Only the names of the definitions matter, so that those of `present` can be given."""
    one, two = f"{name}-one", f"{name}-two"
    make(emulator, one, two)
    tables = [{"name": table, "attributes": {"id": "S"}, "partition_key": "id"} for table in (one, two, f"{name}-none")]
    run = ansible.tasks(
        {"name": "not allowed", TABLES: {"tables": tables, "state": "absent"}},
        {"name": "delete", TABLES: {"tables": tables, "state": "absent", "allow_delete": True, "final_backup": False}},
    )
    not_allowed, delete = run.tasks
    assert not_allowed.status == "failed"
    assert "2 of 3 tables failed" in not_allowed.message
    assert not_allowed.calls.writes == []
    assert delete.status == "ok", delete.message
    for table in (one, two):
        assert [write for write in delete.calls.writes if write[1] == table] == [
            ("UpdateTable", table),
            ("DeleteTable", table),
        ]
        assert not exists(emulator, table)
    assert len(delete.calls.writes) == 4
    assert [result["changed"] for result in delete.result["results"]] == [True, True, False]


@pytest.mark.localstack
def test_where_there_are_no_backups(localstack: Target, ansible_of: Callable[[Target], Ansible], name: str) -> None:
    make(localstack, name)
    run = ansible_of(localstack).tasks(
        {"name": "with a backup", **absent(name, allow_delete=True)},
        {"name": "look", "auditflow.dynamodb.table_info": {"names": [name]}},
        {"name": "without", **absent(name, allow_delete=True, final_backup=False)},
    )
    with_backup, look, without = run.tasks
    assert with_backup.status == "failed"
    assert "What answers here has no backups. Nothing was deleted" in with_backup.message
    assert "final_backup: false deletes without one" in with_backup.message
    assert with_backup.calls.writes == [("CreateBackup", name)]
    (entry,) = look.result["tables"]
    assert entry["table"]["deletion_protection_enabled"], "protection was not touched"
    assert without.status == "ok", without.message
    assert without.calls.writes == [("UpdateTable", name), ("DeleteTable", name)]
    assert not exists(localstack, name)
