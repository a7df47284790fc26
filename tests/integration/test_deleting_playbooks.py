# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""teardown.yml and recreate.yml: only after a confirmation, in the right order, and with a backup left."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.auditflow import DOCUMENTS, TABLES, expected, key_arn, settings
from tests.integration.harness import Ansible, Calls, Finished, Target

CONFIRM = ",".join(TABLES)
IN_ORDER = ["CreateBackup", "UpdateTable", "DeleteTable"]


def writes_of(calls: Calls, table: str) -> list[str]:
    return [operation for operation, resource in calls.writes if resource == table]


def backups(target: Target) -> list[str]:
    found = target.client().list_backups()["BackupSummaries"]
    return sorted(backup["TableName"] for backup in found if backup["BackupStatus"] == "AVAILABLE")


def check_nothing_was_deleted(run: Finished, target: Target) -> None:
    assert run.code == 2, run.output
    assert "Nothing was deleted, because" in run.failure
    assert f"give -e confirm={CONFIRM}" in run.failure
    assert run.calls.of("dynamodb") == []
    assert sorted(target.client().list_tables()["TableNames"]) == sorted(TABLES)


def test_no_deletion_without_the_right_names(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    ansible = ansible_of(provisioned)
    check_nothing_was_deleted(ansible.playbook("teardown", "-e", f"confirm={DOCUMENTS}"), provisioned)
    check_nothing_was_deleted(ansible.playbook("recreate", "-e", "confirm=yes"), provisioned)
    # Without a terminal nobody can type the names.
    check_nothing_was_deleted(
        ansible.playbook("teardown", warnings=["Not waiting for response to prompt as stdin is not interactive"]),
        provisioned,
    )
    for playbook in ("teardown", "recreate"):
        checked = ansible.playbook(playbook, "--check", extra={"tables_identity": False})
        assert checked.code == 0, checked.output
        assert checked.calls.writes == []
        results = checked.task("Delete the tables and wait until they are gone").result["results"]
        assert [[step["operation"] for step in result["plan"]] for result in results] == [IN_ORDER, IN_ORDER]


def test_teardown(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    ansible = ansible_of(provisioned)
    run = ansible.playbook("teardown", "-e", f"confirm={CONFIRM}")
    assert run.code == 0, run.output
    for table in TABLES:
        assert writes_of(run.calls, table) == IN_ORDER
    assert len(run.calls.writes) == 6
    assert provisioned.client().list_tables()["TableNames"] == []
    assert backups(provisioned) == sorted(TABLES)
    assert key_arn(provisioned), "the backups cannot be restored without the key"

    again = ansible.playbook("teardown", "-e", f"confirm={CONFIRM}")
    assert again.code == 0, again.output
    assert again.changed == []
    assert again.calls.writes == []


def test_recreate(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    client = provisioned.client()
    client.put_item(TableName=DOCUMENTS, Item={"document_id": {"S": "one"}})
    run = ansible_of(provisioned).playbook("recreate", "-e", f"confirm={CONFIRM}", "-e", "final_backup=false")
    assert run.code == 0, run.output
    for table in TABLES:
        made = writes_of(run.calls, table)
        assert made[:3] == ["UpdateTable", "DeleteTable", "CreateTable"]
        assert sorted(made[3:]) == ["UpdateContinuousBackups", "UpdateTimeToLive"]
        assert settings(provisioned, table) == expected(table, key_arn(provisioned))
    assert backups(provisioned) == []
    assert client.scan(TableName=DOCUMENTS)["Count"] == 0
