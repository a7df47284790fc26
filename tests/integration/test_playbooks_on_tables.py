# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plan.yml, verify.yml and configure.yml on tables that are right, and on tables that somebody changed by hand."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.auditflow import AUDIT_RECORDS, DOCUMENTS, TABLES, expected, key_arn, settings
from tests.integration.harness import Ansible, Finished, Target

QUEUE = "processing_status-upload_timestamp-index"


def delete_index(target: Target) -> None:
    target.client().update_table(TableName=DOCUMENTS, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": QUEUE}}])


def ttl_off(target: Target) -> None:
    off = {"Enabled": False, "AttributeName": "ttl"}
    target.client().update_time_to_live(TableName=AUDIT_RECORDS, TimeToLiveSpecification=off)


LOOK = "Compare the tables and the key with their definitions"


def pitr(target: Target, table: str, days: int) -> None:
    specification = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
    target.client().update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)


def check_as_defined(target: Target) -> None:
    for table in TABLES:
        assert settings(target, table) == expected(table, key_arn(target))


def plan_of(run: Finished) -> list[str]:
    """The lines of the plan, without the columns' padding and without what it says of AWS's quotas."""
    text = run.task(LOOK).result["plan_text"]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [line for line in lines if not line.startswith("* quota: ")]


def test_in_sync(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    """Tables and key were made by plain calls, the key named by its ARN where the definitions say an alias."""
    ansible = ansible_of(provisioned)
    planned = ansible.playbook("plan")
    assert planned.code == 0, planned.output
    assert plan_of(planned) == [f"{table} ({provisioned.region}): in sync" for table in TABLES]
    assert "In sync. Nothing to change." in planned.output
    verified = ansible.playbook("verify")
    assert verified.code == 0, verified.output
    assert f"{DOCUMENTS} ({provisioned.region}): 10 of 10 settings are as defined" in verified.output
    assert f"{AUDIT_RECORDS} ({provisioned.region}): 11 of 11 settings are as defined" in verified.output
    assert planned.changed == verified.changed == []
    assert planned.calls.writes == verified.calls.writes == []


def test_drift_is_told_and_repaired_and_nothing_else(
    provisioned: Target, ansible_of: Callable[[Target], Ansible]
) -> None:
    ansible = ansible_of(provisioned)
    delete_index(provisioned)
    ttl_off(provisioned)
    region = provisioned.region

    planned = ansible.playbook("plan")
    assert planned.code == 2, planned.output
    assert plan_of(planned) == [
        f"{DOCUMENTS} ({region}): 1 change",
        f"+ index {QUEUE} partition key processing_status, sort key upload_timestamp, ALL",
        f"{AUDIT_RECORDS} ({region}): 1 change",
        "~ ttl off -> ttl settles within the hour",
    ]
    assert planned.failure.startswith(f"Drift: {DOCUMENTS}, {AUDIT_RECORDS}. Nothing was changed")
    diffs = planned.task("Bring the tables to their definitions").result["diff"]
    assert [diff["after_header"] for diff in diffs] == [f"{DOCUMENTS} ({region})", f"{AUDIT_RECORDS} ({region})"]
    assert [_changed(diff["before"], diff["after"]) for diff in diffs] == [{"global_indexes"}, {"ttl"}]
    assert planned.calls.writes == []

    verified = ansible.playbook("verify")
    assert verified.code == 2, verified.output
    off = [" ".join(line.split()) for line in verified.failure.splitlines() if line.strip().startswith("OFF")]
    assert off == [
        f"OFF index {QUEUE} wanted partition key processing_status, sort key upload_timestamp, ALL; found none",
        "OFF ttl wanted ttl; found off",
    ]
    assert verified.calls.writes == []

    repaired = ansible.playbook("provision")
    assert repaired.code == 0, repaired.output
    assert sorted(repaired.calls.writes) == [("UpdateTable", DOCUMENTS), ("UpdateTimeToLive", AUDIT_RECORDS)]
    assert plan_of(repaired) == plan_of(planned)
    check_as_defined(provisioned)


def _changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_key_that_is_not_as_defined(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    ansible = ansible_of(provisioned)
    kms = provisioned.client("kms")
    kms.disable_key_rotation(KeyId=key_arn(provisioned))
    for playbook in ("plan", "verify"):
        run = ansible.playbook(playbook, extra={"tables_identity": False})
        assert run.code == 2, run.output
        assert "customer key alias/auditflow-dynamodb-encryption" in run.failure
        assert run.calls.writes == []


def test_configure_leaves_keys_and_indexes_alone(provisioned: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    ansible = ansible_of(provisioned)
    delete_index(provisioned)
    ttl_off(provisioned)
    pitr(provisioned, DOCUMENTS, 7)
    arn = provisioned.client().describe_table(TableName=DOCUMENTS)["Table"]["TableArn"]
    provisioned.client().untag_resource(ResourceArn=arn, TagKeys=["Project"])

    checked = ansible.playbook("configure", "--check", "--diff")
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []

    run = ansible.playbook("configure")
    assert run.code == 0, run.output
    assert plan_of(run) == plan_of(checked)
    assert sorted(run.calls.writes) == [
        ("TagResource", arn),
        ("UpdateContinuousBackups", DOCUMENTS),
        ("UpdateTimeToLive", AUDIT_RECORDS),
    ]
    found, right = settings(provisioned, DOCUMENTS), expected(DOCUMENTS, key_arn(provisioned))
    assert QUEUE not in found["indexes"]
    assert {**found, "indexes": right["indexes"], "types": right["types"]} == right

    again = ansible.playbook("configure", extra={"tables_only": ["ttl", "pitr"], "tables_kms_alias": ""})
    assert again.code == 0, again.output
    assert again.changed == []
    assert set(again.task(LOOK).calls.reads) == {"GetCallerIdentity", "DescribeTimeToLive", "DescribeContinuousBackups"}


def test_configure_makes_no_table(region: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    run = ansible_of(region).playbook("configure", extra={"tables_kms_alias": "", "tables_identity": False})
    assert run.code == 2, run.output
    for table in TABLES:
        assert f"{table}: the table {table} does not exist. create: true creates it" in run.failure
    assert run.calls.writes == []
