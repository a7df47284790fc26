# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""change_key.yml, rotate_key.yml and switch_billing.yml on the embedded emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness import Ansible, Finished

READ, WRITE = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"


@pytest.fixture
def table(ansible: Ansible, name: str) -> Iterator[str]:
    client = ansible.target.client()
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "customer")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-customer",
                "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    client.delete_table(TableName=name)


def run(ansible: Ansible, playbook: str, table: str, *arguments: str, **extra: Any) -> Finished:
    given = {"tables_definitions": [], "tables_identity": False, "table": table, **extra}
    return ansible.playbook(playbook, *arguments, extra=given)


def described(ansible: Ansible, table: str) -> dict[str, Any]:
    shown: dict[str, Any] = ansible.target.client().describe_table(TableName=table)["Table"]
    return shown


def silent(finished: Finished) -> None:
    assert finished.code == 0, finished.output
    assert (finished.changed, finished.calls.writes) == ([], [])


# The key


def test_moving_to_another_key(ansible: Ansible, table: str) -> None:
    alias = f"alias/{table}"
    checked = run(ansible, "change_key", table, "--check", key=alias)
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert f"{alias}: does not exist yet and is made" in checked.output
    assert f"{table} (ap-south-1): AWS-owned key -> {alias}" in checked.output

    refused = run(ansible, "change_key", table, key=alias, confirm="another")
    assert refused.code == 2, refused.output
    assert f"{table} will be encrypted with {alias}" in refused.failure
    assert refused.calls.writes == []

    moved = run(ansible, "change_key", table, key=alias, confirm=table)
    assert moved.code == 0, moved.output
    kms = ansible.target.client("kms")
    first = kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    assert described(ansible, table)["SSEDescription"]["KMSMasterKeyArn"] == first
    assert [operation for operation, _resource in moved.calls.of("dynamodb").writes] == ["UpdateTable"]

    second = kms.create_key()["KeyMetadata"]["Arn"]
    ansible.target.client().create_backup(TableName=table, BackupName="before")
    again = run(ansible, "change_key", table, key=second, confirm=table)
    assert again.code == 0, again.output
    assert described(ansible, table)["SSEDescription"]["KMSMasterKeyArn"] == second
    told = f"keep KMS {first} enabled: 1 backups are restored with the key that the table had when they were made"
    assert told in " ".join(again.output.split())
    silent(run(ansible, "change_key", table, key=second))


def test_a_key_that_does_not_do(ansible: Ansible, table: str) -> None:
    kms = ansible.target.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    refused = run(ansible, "change_key", table, key=key, confirm=table)
    assert refused.code == 2, refused.output
    assert f"{key} is disabled: enable it first, or name another key. Nothing was changed." in refused.failure
    assert refused.calls.writes == []


def test_rotating_a_key(ansible: Ansible, table: str) -> None:
    kms = ansible.target.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    alias = f"alias/{table}-rotated"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    how = {"key": alias, "yearly": True, "on_demand": True}
    checked = run(ansible, "rotate_key", table, "--check", **how)
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert "would be done: rotate by itself every 365 days" in checked.output

    rotated = run(ansible, "rotate_key", table, **how)
    assert rotated.code == 0, rotated.output
    assert [operation for operation, _resource in rotated.calls.writes] == ["EnableKeyRotation", "RotateKeyOnDemand"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 1
    assert "on demand: 1 of 25 in the key's life" in rotated.output
    silent(run(ansible, "rotate_key", table, **how))


# Billing


def test_switching_the_billing_mode(ansible: Ansible, table: str) -> None:
    unknown = run(ansible, "switch_billing", table, to="PROVISIONED")
    assert unknown.code == 2, unknown.output
    assert f"Nobody knows the throughput of {table}, {table}/by-customer." in unknown.failure
    assert unknown.calls.writes == []

    record(ansible, table, {READ: 600.0, WRITE: 120.0})
    record(ansible, table, {WRITE: 60.0}, "by-customer")
    how = {"to": "PROVISIONED", "days": 1, "confirm": table}
    checked = run(ansible, "switch_billing", table, "--check", **how)
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert "peak of the table in the last 1 days: 10.0 read / 2.0 write units a second" in checked.output
    assert "throughput of the table: 13 read / 3 write (the peak and 30 %)" in checked.output

    switched = run(ansible, "switch_billing", table, **how, units={f"{table}/by-customer": {"read": 7, "write": 8}})
    assert switched.code == 0, switched.output
    assert switched.calls.writes == [("UpdateTable", table)]
    found = described(ansible, table)
    assert found["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert units(found) == (13, 3)
    assert units(found["GlobalSecondaryIndexes"][0]) == (7, 8)
    silent(run(ansible, "switch_billing", table, to="PROVISIONED"))

    back = run(ansible, "switch_billing", table, to="PAY_PER_REQUEST", days=1, confirm=table)
    assert back.code == 0, back.output
    assert back.calls.writes == [("UpdateTable", table)]
    assert "takes 12,000 read and 4,000 write units a second at once" in back.output
    assert described(ansible, table)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def units(found: dict[str, Any]) -> tuple[int, int]:
    throughput = found["ProvisionedThroughput"]
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]


def record(ansible: Ansible, table: str, values: dict[str, float], index: str = "") -> None:
    """What CloudWatch has recorded of a minute."""
    dimensions = [{"Name": "TableName", "Value": table}]
    if index:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": index})
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in values.items()]
    ansible.target.client("cloudwatch").put_metric_data(Namespace="AWS/DynamoDB", MetricData=data)
