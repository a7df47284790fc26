# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""backup.yml, backups.yml, delete_backups.yml, restore.yml and replace.yml, on AuditFlow's tables and on others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration import auditflow
from tests.integration.auditflow import DOCUMENTS, TABLES, expected, key_arn, settings
from tests.integration.front import Answer, Rule, Sent, refusal
from tests.integration.harness import Ansible, Finished, Target

RESTORED = f"{DOCUMENTS}-restored"
NOT_KNOWN = ["whether anybody writes to .* is not known"]
ITEMS = 60


def put_items(target: Target, table: str = DOCUMENTS, count: int = ITEMS) -> None:
    client = target.client()
    for number in range(count):
        item = {
            auditflow.KEYS[table]: {"S": f"{number:03}"},
            "loan_application_id": {"S": f"loan-{number % 7}"},
            "upload_timestamp": {"S": f"2026-01-{number % 28 + 1:02}"},
            "fields": {"M": {"income": {"N": f"{number}.50"}, "names": {"SS": ["a", "b"]}}},
        }
        client.put_item(TableName=table, Item=item)


def items(target: Target, table: str) -> list[dict[str, Any]]:
    pages = target.client().get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return sorted((item for page in pages for item in page["Items"]), key=str)


def names(target: Target, **which: Any) -> list[str]:
    return sorted(each["BackupName"] for each in target.client().list_backups(**which)["BackupSummaries"])


def ran(run: Finished) -> Finished:
    assert run.code == 0, run.output
    return run


def lose_answer(operation: str) -> Rule:
    """The call arrives, and its answer does not come back, once."""
    left = [1]

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation != operation or not left[0]:
            return None
        left[0] = 0
        forward()
        return refusal("InternalServerError", "lost", 500)

    return rule


def test_backups_are_taken_kept_listed_and_deleted(
    provisioned: Target, ansible_of: Callable[[Target], Ansible]
) -> None:
    ansible = ansible_of(provisioned)
    provisioned.client().create_backup(TableName=DOCUMENTS, BackupName="somebody-else")
    checked = ran(ansible.playbook("backup", "--check", "-e", "keep=1"))
    assert checked.calls.writes == []
    assert checked.task("Back the tables up").changed

    for _number in range(2):
        run = ran(ansible.playbook("backup", "-e", "keep=1"))
    assert sorted(run.calls.writes) == sorted(
        [("CreateBackup", table) for table in TABLES]
        + [(operation, resource) for operation, resource in run.calls.writes if operation == "DeleteBackup"]
    )
    assert len(run.calls.writes) == 4
    assert len(names(provisioned, TableName=DOCUMENTS)) == 2
    assert "somebody-else" in names(provisioned)

    exact = ran(ansible.playbook("backup", "-e", f"table={DOCUMENTS}", "-e", "backup=before-migration"))
    assert exact.calls.writes == [("CreateBackup", DOCUMENTS)]
    again = ran(ansible.playbook("backup", "-e", f"table={DOCUMENTS}", "-e", "backup=before-migration"))
    assert again.calls.writes == []
    assert again.changed == []

    listed = ran(ansible.playbook("backups"))
    assert listed.calls.writes == []
    shown = listed.task("Show the backups").message
    assert all(name in shown for name in names(provisioned))

    chosen = ("-e", f"table={DOCUMENTS}", "-e", "backup=before-migration,somebody-else")
    refused = ansible.playbook("delete_backups", *chosen, "-e", "confirm=yes")
    assert refused.code == 2
    assert refused.calls.writes == []
    checked = ran(ansible.playbook("delete_backups", *chosen, "--check"))
    assert checked.calls.writes == []
    confirm = "confirm=before-migration,somebody-else"
    deleted = ran(ansible.playbook("delete_backups", *chosen, "-e", confirm))
    assert [operation for operation, resource in deleted.calls.writes] == ["DeleteBackup", "DeleteBackup"]
    assert len(names(provisioned)) == 2


def test_a_table_is_restored_to_its_definition_with_every_item(
    provisioned: Target, fronted: Callable[..., Ansible]
) -> None:
    put_items(provisioned)
    before = items(provisioned, DOCUMENTS)
    client = provisioned.client()
    client.create_backup(TableName=DOCUMENTS, BackupName="good")
    client.delete_item(TableName=DOCUMENTS, Key={"document_id": {"S": "001"}})
    chosen = ("-e", f"table={DOCUMENTS}", "-e", "backup=good")

    # The answer of the restore is lost: it is looked for, not asked for twice.
    ansible = fronted(provisioned, lose_answer("RestoreTableFromBackup"))
    checked = ran(ansible.playbook("restore", *chosen, "--check"))
    assert checked.calls.writes == []
    run = ran(ansible.playbook("restore", *chosen))
    assert [operation for operation, resource in run.calls.writes].count("RestoreTableFromBackup") == 1
    assert items(provisioned, RESTORED) == before
    assert settings(provisioned, RESTORED) == expected(DOCUMENTS, key_arn(provisioned))

    again = ran(ansible.playbook("restore", *chosen))
    assert again.calls.writes == []
    assert again.changed == []
    assert "exists already: nothing was restored" in again.task("Show what was restored").message


def test_a_table_nobody_wrote_down_is_restored_as_it_is(ansible: Ansible, name: str) -> None:
    client = ansible.target.client()
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    client.put_item(TableName=name, Item={"id": {"S": "1"}})
    chosen = ("-e", f"table={name}", "-e", "time=latest", "-e", f"to={name}-copy")
    off = ansible.playbook("restore", *chosen)
    assert off.code == 2
    assert "point-in-time recovery is off" in off.failure
    assert off.calls.writes == []
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    late = ansible.playbook("restore", "-e", f"table={name}", "-e", "time=2020-01-01T00:00:00Z")
    assert "Choose a time from" in late.failure
    ran(ansible.playbook("restore", *chosen))
    target = ansible.target
    assert settings(target, f"{name}-copy") == settings(target, name)
    assert items(target, f"{name}-copy") == items(target, name)

    # A definition that is given as an extra variable is about the source; it is what the restored table is brought to.
    defined = {
        "name": name,
        "attributes": {"id": "S"},
        "partition_key": "id",
        "deletion_protection": True,
        "tags": {"team": "books"},
    }
    chosen = (*chosen[:4], "-e", f"to={name}-defined")
    ran(ansible.playbook("restore", *chosen, extra={"tables_definitions": [defined]}))
    assert client.describe_table(TableName=f"{name}-defined")["Table"]["DeletionProtectionEnabled"]
    assert not client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]


def test_another_region(
    provisioned: Target, region: Target, regions: Any, ansible_of: Callable[[Target], Ansible]
) -> None:
    elsewhere = Target(provisioned.url, provisioned.log, provisioned.read_log, next(regions))
    put_items(provisioned, count=3)
    run = ran(
        ansible_of(elsewhere).playbook(
            "restore",
            *("-e", f"table={DOCUMENTS}", "-e", f"to={DOCUMENTS}", "-e", "time=latest"),
            *("-e", f"from_region={provisioned.region}", "-e", f"tables_kms_alias={auditflow.ALIAS}"),
        )
    )
    assert "RestoreTableToPointInTime" in [operation for operation, resource in run.calls.writes]
    assert settings(elsewhere, DOCUMENTS) == expected(DOCUMENTS, key_arn(elsewhere))
    assert items(elsewhere, DOCUMENTS) == items(provisioned, DOCUMENTS)


def test_a_table_is_replaced_by_its_restored_copy(provisioned: Target, fronted: Callable[..., Ansible]) -> None:
    put_items(provisioned)
    good = items(provisioned, DOCUMENTS)
    client = provisioned.client()
    backup = client.create_backup(TableName=DOCUMENTS, BackupName="good")["BackupDetails"]["BackupArn"]
    client.restore_table_from_backup(TargetTableName=RESTORED, BackupArn=backup)
    client.delete_item(TableName=DOCUMENTS, Key={"document_id": {"S": "001"}})

    # The first run is stopped between the deletion and the restore.
    def stop(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        last = sent.operation == "RestoreTableFromBackup" and sent.body["TargetTableName"] == DOCUMENTS
        return refusal("AccessDeniedException", "not yet") if last and stopping else None

    stopping = [True]
    ansible = fronted(provisioned, stop)
    chosen = ("-e", f"table={DOCUMENTS}")
    checked = ran(ansible.playbook("replace", *chosen, "--check", warnings=NOT_KNOWN))
    assert checked.calls.writes == []
    confirm = ("-e", f"confirm={DOCUMENTS}")
    stopped = ansible.playbook("replace", *chosen, *confirm, warnings=NOT_KNOWN)
    assert stopped.code == 2
    assert sorted(client.list_tables()["TableNames"]) == sorted([auditflow.AUDIT_RECORDS, RESTORED])
    assert len([each for each in names(provisioned) if "-replace" in each]) == 2

    stopping.clear()
    run = ran(ansible.playbook("replace", *chosen, *confirm, "-e", "remove_copy=true", warnings=NOT_KNOWN))
    assert f"{ITEMS} items in each" in run.task("Show what was done").message
    assert items(provisioned, DOCUMENTS) == good
    assert settings(provisioned, DOCUMENTS) == expected(DOCUMENTS, key_arn(provisioned))
    assert sorted(client.list_tables()["TableNames"]) == sorted(TABLES)

    again = ran(ansible.playbook("replace", *chosen, *confirm))
    assert again.calls.writes == []
    assert again.changed == []
