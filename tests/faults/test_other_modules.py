# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's calls that amazon.aws's modules make: STS says who calls, KMS makes the customer key.

Their retries are botocore's own and amazon.aws's. What is shown: the run ends, says which call failed and why, has not
touched a table then, and a plain run afterwards ends right.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.playbooks import Playbooks, strike
from tests.faults.strikes import ENDLESS, ONCE
from tests.integration.auditflow import ALIAS
from tests.integration.harness import Finished, Target

TABLE = {"name": "Keyed", "attributes": {"id": "S"}, "partition_key": "id", "encryption": {"key": ALIAS}}
EXTRA = {"tables_definitions": [TABLE], "tables_kms_alias": ALIAS}
IDENTITY = "AWS does not say who is calling"


def check_made(playbooks: Playbooks, keys: int = 1) -> None:
    """One table with the key behind the alias, which is rotated; and how many keys there are."""
    where = playbooks.direct
    kms = where.client("kms")
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"]
    described: dict[str, Any] = where.client().describe_table(TableName="Keyed")["Table"]
    assert described["SSEDescription"]["KMSMasterKeyArn"] == key
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert len(own_keys(where)) == keys


def own_keys(where: Target) -> list[str]:
    kms = where.client("kms")
    described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    return [each["Arn"] for each in described if ALIAS in each["Description"]]


def go_on(playbooks: Playbooks, keys: int = 1) -> None:
    """A plain run ends right, and the one after it has nothing to do."""
    run = playbooks.through.playbook("provision", "playbooks/plan.yml", extra=EXTRA)
    assert run.code == 0, run.output
    check_made(playbooks, keys)


def check_told(run: Finished, *words: str) -> None:
    """By the first task that failed; no table was touched."""
    assert run.code == 2, run.output
    failed = next(task for task in run.tasks if task.status == "failed")
    for word in words:
        assert word in failed.message, failed.message
    assert run.calls.of("dynamodb").writes == []


def test_faults_of_a_moment_are_not_noticed(playbooks: Playbooks) -> None:
    run = playbooks.run(
        "provision",
        strike("GetCallerIdentity", "reset", ONCE),
        strike("DescribeKey", "throttled", ONCE),
        strike("ListKeys", "503", ONCE),
        strike("CreateKey", "throttled", ONCE),
        strike("CreateAlias", "reset", ONCE),
        strike("EnableKeyRotation", "503", ONCE),
        strike("ListGrants", "reset", ONCE),
        strike("ListResourceTags", "500", ONCE),
        extra=EXTRA,
    )
    assert run.code == 0, run.output
    go_on(playbooks)


@pytest.mark.parametrize(
    ("operation", "fault", "told"),
    [
        ("CreateKey", "reset", "Failed to create initial key"),
        ("CreateAlias", "throttled", "Failed create key alias"),
        ("EnableKeyRotation", "503", "Failed to enable/disable key rotation"),
    ],
)
def test_a_fault_that_lasts_is_told_with_the_call(playbooks: Playbooks, operation: str, fault: str, told: str) -> None:
    run = playbooks.run("provision", strike(operation, fault, ENDLESS), extra=EXTRA)
    said = {"throttled": "Rate exceeded", "503": "ServiceUnavailable", "reset": "Connection"}[fault]
    check_told(run, told, said)
    go_on(playbooks)


def test_nobody_says_who_calls(playbooks: Playbooks) -> None:
    run = playbooks.run("provision", strike("GetCallerIdentity", "throttled", ENDLESS), extra=EXTRA)
    check_told(run, IDENTITY, "Rate exceeded")
    go_on(playbooks)


def test_an_alias_whose_answer_was_lost(playbooks: Playbooks) -> None:
    """botocore asks again, and is told that the alias exists."""
    run = playbooks.run("provision", strike("CreateAlias", "lost, reset", ONCE), extra=EXTRA)
    check_told(run, "Failed create key alias", "AlreadyExists")
    go_on(playbooks)


def test_a_key_whose_answer_was_lost_is_made_twice(playbooks: Playbooks) -> None:
    """botocore asks again, and KMS has no tokens to know it by. The spare key can be told by its description."""
    run = playbooks.run("provision", strike("CreateKey", "lost, reset", ONCE), extra=EXTRA)
    assert run.code == 0, run.output
    check_made(playbooks, keys=2)
    go_on(playbooks, keys=2)
