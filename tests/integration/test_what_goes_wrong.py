# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between Ansible and AWS: one clear message, never a traceback, and the next run goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from tests.integration.auditflow import settings
from tests.integration.front import deny, refuse, show_status
from tests.integration.harness import ACCESS_KEY, DEFAULT_REGION, SECRET_KEY, Ansible, Target

TABLE, PITR = "auditflow.dynamodb.table", "auditflow.dynamodb.pitr"
# A wrong endpoint is told soon enough for a person to wait for it.
SOON = 30


def definition(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "attributes": {"id": "S"}, "partition_key": "id", **more}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


NO_CREDENTIALS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))


def test_no_credentials_no_region_and_nobody_there(ansible: Ansible, name: str) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}"
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    run = ansible.tasks(
        {"name": "no credentials", PITR: {"name": name, "region": DEFAULT_REGION}},
        {"name": "no region", PITR: {"name": name, **keys}},
        {"name": "nobody there", PITR: {"name": name, "region": DEFAULT_REGION, "endpoint_url": nowhere, **keys}},
        environment={**NO_CREDENTIALS, "AWS_REGION": None},
    )
    no_credentials, no_region, nobody_there = run.tasks
    assert {task.status for task in run.tasks} == {"failed"}
    assert "Give credentials: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role." in (
        no_credentials.message
    )
    assert "region" in no_region.message
    assert f"Nobody answers at {nowhere}: check the endpoint" in nobody_there.message
    assert run.calls == []


def test_playbook_without_credentials_or_endpoint(ansible: Ansible) -> None:
    run = ansible.playbook("provision", "-i", "localhost,", environment=NO_CREDENTIALS)
    assert run.code == 2, run.output
    assert "Unable to locate credentials" in run.failure
    assert "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in run.failure
    assert run.calls == []

    nowhere = f"http://127.0.0.1:{closed_port()}"
    for extra in ({}, {"tables_identity": False, "tables_kms_alias": ""}):
        started = time.monotonic()
        run = ansible.playbook("provision", environment={"AWS_ENDPOINT_URL": nowhere}, extra=extra)
        assert time.monotonic() - started < SOON
        assert run.code == 2, run.output
        assert nowhere in run.failure
    assert "AuditFlow-Documents: DescribeTable of AuditFlow-Documents" in run.failure
    assert f"Nobody answers at {nowhere}: check the endpoint" in run.failure


def test_denied_names_the_permission_and_the_next_run_goes_on(
    fronted: Callable[..., Ansible], emulator: Target, name: str
) -> None:
    born, half, blind = f"{name}-born", f"{name}-half", f"{name}-blind"
    ansible = fronted(
        emulator,
        deny("CreateTable", born, times=1),
        deny("UpdateTimeToLive", half, times=1),
        deny("DescribeTable", blind),
    )
    tables = [definition(table, ttl={"attribute": "ttl"}, pitr={}) for table in (born, half, blind)]
    extra = {"tables_definitions": tables, "tables_kms_alias": "", "tables_identity": False}
    run = ansible.playbook("provision", extra=extra)
    assert run.code == 2, run.output
    assert "3 of 3 tables failed" in run.failure
    for table, operation in ((born, "CreateTable"), (half, "UpdateTimeToLive"), (blind, "DescribeTable")):
        (line,) = [line for line in run.failure.splitlines() if line.startswith(f"- {table}: ")]
        assert f"{operation} of {table}: AccessDeniedException: User: arn:aws:iam::123456789012:user/deploy" in line
        assert f"Missing permission: dynamodb:{operation}." in line
    made = [(operation, table) for operation, table in run.calls.writes if table == half]
    assert ("UpdateContinuousBackups", half) in made, "what was allowed is done"
    assert settings(emulator, half)["pitr"] == 35

    again = ansible.playbook("provision", extra={**extra, "tables_definitions": tables[:2]})
    assert again.code == 0, again.output
    assert [call for call in again.calls.writes if call[1] == half] == [("UpdateTimeToLive", half)]
    for table in (born, half):
        assert (settings(emulator, table)["ttl"], settings(emulator, table)["pitr"]) == ("ttl", 35)


def test_refusals_of_aws(fronted: Callable[..., Ansible], emulator: Target, name: str) -> None:
    quota, rename, busy = f"{name}-quota", f"{name}-rename", f"{name}-busy"
    spent = (
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
        "Number of decreases today: 4"
    )
    too_soon = "Time to live has been modified multiple times within a fixed interval"
    in_use = "Attempt to change a resource which is still in use: Index is being created."

    def turned_on_twice(sent: Any, forward: Any) -> Any:
        on = sent.body.get("TimeToLiveSpecification", {}).get("AttributeName") == "second"
        return too_soon_once(sent, forward) if on else None

    too_soon_once = refuse("UpdateTimeToLive", "ValidationException", too_soon, table=rename, times=1)
    ansible = fronted(
        emulator,
        refuse("UpdateTable", "LimitExceededException", spent, table=quota),
        turned_on_twice,
        refuse("UpdateTable", "ResourceInUseException", in_use, table=busy, times=2),
    )
    capacity = [{"read_capacity_units": units, "write_capacity_units": units} for units in (5, 1)]
    alias = "alias/there-is-no-such-key"
    run = ansible.tasks(
        {"name": "make", "auditflow.dynamodb.tables": {"tables": [
            definition(quota, billing_mode="PROVISIONED", provisioned_throughput=capacity[0]),
            definition(rename, ttl={"attribute": "first"}),
            definition(busy),
        ]}},
        {"name": "quota", TABLE: {"name": quota, "provisioned_throughput": capacity[1]}},
        {"name": "too soon", "auditflow.dynamodb.ttl": {"name": rename, "attribute": "second"}},
        {"name": "an hour later", "auditflow.dynamodb.ttl": {"name": rename, "attribute": "second"}},
        {"name": "busy", TABLE: {"name": busy, "table_class": "STANDARD_INFREQUENT_ACCESS"}},
        {"name": "other keys", TABLE: {"name": busy, "attributes": {"other": "N"}, "partition_key": "other"}},
        {"name": "no key", TABLE: {"name": busy, "encryption": {"type": "KMS", "key": alias}, "wait_timeout": 1}},
        {"name": "no table", TABLE: {"name": f"{name}-none", "tags": {"a": "b"}}},
        {"name": "no table's ttl", "auditflow.dynamodb.ttl": {"name": f"{name}-none", "attribute": "ttl"}},
        {"name": "no table's pitr", PITR: {"name": f"{name}-none"}},
        warnings=[f"{rename} is not finished: .*Run it again to go on"],
    )  # fmt: skip
    make, over_quota, too_early, later, was_busy, keys, key, *none = run.tasks
    assert make.status == "ok", make.message
    assert over_quota.status == "failed"
    assert over_quota.message.startswith(f"{quota}: UpdateTable of {quota}: LimitExceededException: {spent}")
    assert "Run it again then" in over_quota.message

    assert too_early.status == "ok", too_early.message
    assert too_early.changed
    assert [operation for operation, _table in too_early.calls.writes] == ["UpdateTimeToLive"] * 2
    assert len(too_early.result["pending"]) == 1
    assert too_soon in too_early.result["pending"][0]
    assert not too_early.result["in_sync"]
    assert [operation for operation, _table in later.calls.writes] == ["UpdateTimeToLive"]
    assert settings(emulator, rename)["ttl"] == "second"

    assert was_busy.status == "ok", was_busy.message
    assert [operation for operation, _table in was_busy.calls.writes] == ["UpdateTable"] * 3
    assert settings(emulator, busy)["class"] == "STANDARD_INFREQUENT_ACCESS"

    assert keys.status == key.status == "failed"
    assert "partition key id (S)" in keys.message
    assert "partition key other (N)" in keys.message
    assert f"the KMS key '{alias}' does not exist in this account and region" in key.message
    for task in none:
        assert task.status == "failed"
        assert f"the table {name}-none does not exist" in task.message, task.message
    assert [task.calls.writes for task in (keys, key, *none)] == [[]] * 5


def test_table_that_does_not_settle(fronted: Callable[..., Ansible], emulator: Target, name: str) -> None:
    stuck, lost, slow = f"{name}-stuck", f"{name}-lost", f"{name}-slow"
    ansible = fronted(
        emulator,
        show_status("UPDATING", stuck),
        show_status("INACCESSIBLE_ENCRYPTION_CREDENTIALS", lost),
        # Looked at twice: by the run that does not wait, and by the one after it.
        show_status("CREATING", slow, times=4),
    )
    for table in (stuck, lost):
        emulator.client().create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    infrequent = {"table_class": "STANDARD_INFREQUENT_ACCESS"}
    whole = definition(slow, ttl={"attribute": "ttl"}, pitr={})
    run = ansible.tasks(
        {"name": "stuck", TABLE: {"name": stuck, **infrequent, "wait_timeout": 2}},
        {"name": "not waiting", TABLE: {"name": stuck, **infrequent, "wait": False}},
        {"name": "deleting", TABLE: {
            "name": stuck, "state": "absent", "allow_delete": True, "final_backup": False, "wait_timeout": 2,
        }},
        {"name": "lost", TABLE: {"name": lost, **infrequent}},
        {"name": "create", TABLE: {**whole, "wait": False}},
        {"name": "create on", TABLE: whole},
        warnings=[
            f"{stuck} is not finished: table_class: {stuck} is UPDATING",
            f"{slow} is not finished",
            f"{lost} is INACCESSIBLE_ENCRYPTION_CREDENTIALS: its KMS key cannot be used",
        ],
    )  # fmt: skip
    waited, not_waiting, deleting, key_lost, create, went_on = run.tasks
    for task in (waited, deleting):
        assert task.status == "failed"
        assert f"after 2 seconds {stuck} is UPDATING. Nothing is lost: run it again" in task.message
    assert not_waiting.status == "ok", not_waiting.message
    assert not not_waiting.changed
    assert not not_waiting.result["in_sync"]
    assert key_lost.status == "failed"
    assert f"{lost} is INACCESSIBLE_ENCRYPTION_CREDENTIALS: its KMS key cannot be used" in key_lost.message
    assert [task.calls.writes for task in run.tasks[:4]] == [[]] * 4

    assert create.calls.writes == [("CreateTable", slow)]
    assert create.status == "ok", create.message
    assert len(create.result["pending"]) == 3, create.result["pending"]
    assert sorted(went_on.calls.writes) == [("UpdateContinuousBackups", slow), ("UpdateTimeToLive", slow)]
    assert went_on.result["pending"] == []
    found = settings(emulator, slow)
    assert (found["ttl"], found["pitr"]) == ("ttl", 35)


def test_wrong_account(ansible: Ansible) -> None:
    run = ansible.playbook("provision", extra={"tables_account_id": "999999999999"})
    assert run.code == 2, run.output
    assert "These are the credentials of account 123456789012" in run.failure
    assert "tables_account_id allows 999999999999 only. Nothing was changed." in run.failure
    assert run.calls.writes == []
