# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provision.yml: from nothing, again, over tables that others made, and as an installed collection."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.auditflow import (
    ALIAS,
    AUDIT_RECORDS,
    DOCUMENTS,
    TABLES,
    TAGS,
    expected,
    key_arn,
    make,
    settings,
)
from tests.integration.harness import BIN, ROOT, Ansible, Calls, Target

APPLY = "Bring the tables to their definitions"
LOOK = "Compare the tables and the key with their definitions"
# What is for other inventories: no role to assume, and no other region that waits.
ROLE = "Assume the role of the account"
NOTHING_TO_DO = "Carry it out"
# One look at both tables, the customer key and the caller: what a run that changes nothing may cost.
ONE_LOOK = Counter(
    GetCallerIdentity=1,
    DescribeTable=2,
    DescribeTimeToLive=2,
    DescribeContinuousBackups=2,
    ListTagsOfResource=2,
    DescribeKey=1,
    GetKeyRotationStatus=1,
    ListResourceTags=1,
)


def writes_of(calls: Calls, table: str) -> list[str]:
    return [operation for operation, resource in calls.writes if resource == table]


def check_creation(calls: Calls) -> None:
    """The fewest calls that there can be, in the order in which AWS takes them."""
    assert [operation for operation, _key in calls.of("kms").writes] == [
        "CreateKey",
        "CreateAlias",
        "EnableKeyRotation",
    ]
    for table in TABLES:
        created, *side_by_side = writes_of(calls, table)
        assert created == "CreateTable"
        assert sorted(side_by_side) == ["UpdateContinuousBackups", "UpdateTimeToLive"]
    assert len(calls.writes) == 3 + 2 * 3


def check_tables(target: Target) -> None:
    key = key_arn(target)
    for table in TABLES:
        assert settings(target, table) == expected(table, key)


def check_did_what_was_planned(planned: dict[str, Any], done: dict[str, Any]) -> None:
    # The key is made by the task before, which in check mode made none.
    lines = planned["plan_text"].splitlines()
    needed_first = [line for line in lines if line.startswith("  . needed first: encryption: the KMS key")]
    assert len(needed_first) == 2
    assert [line for line in lines if line not in needed_first] == done["plan_text"].splitlines()
    assert [result["plan"] for result in planned["results"]] == [result["plan"] for result in done["results"]]
    assert planned["changed"]
    assert done["changed"]


def test_from_nothing_and_again(region: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    ansible = ansible_of(region)
    checked = ansible.playbook("provision", "--check", "--diff")
    assert checked.code == 0, checked.output
    assert checked.calls.writes == []
    assert region.client().list_tables()["TableNames"] == []
    assert f"+++ after: {DOCUMENTS} ({region.region})" in checked.output

    first = ansible.playbook("provision")
    assert first.code == 0, first.output
    check_did_what_was_planned(checked.task(APPLY).result, first.task(APPLY).result)
    check_tables(region)
    check_creation(first.calls)
    kms = region.client("kms")
    key = key_arn(region)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]} == TAGS
    assert f"{DOCUMENTS} ({region.region}): ACTIVE, 0 items" in first.output
    assert f"{AUDIT_RECORDS} ({region.region}): 11 of 11 settings are as defined" in first.output

    second = ansible.playbook("provision")
    assert second.code == 0, second.output
    assert second.changed == []
    assert [task.name for task in second.tasks if task.status != "ok"] == [ROLE, NOTHING_TO_DO]
    assert "changed=0 " in second.output
    assert f"{DOCUMENTS} ({region.region}): in sync" in second.output
    assert second.calls.writes == []
    assert second.calls.reads == second.task(LOOK).calls.reads == ONE_LOOK
    check_tables(region)


def test_managed_key_and_tables_of_ones_own(ansible: Ansible, emulator: Target, name: str) -> None:
    """One variable brings one's own tables; without an alias no key is made, and only what is named is managed."""
    definition = {"name": name, "attributes": {"id": "S"}, "partition_key": "id", "encryption": {"type": "KMS"}}
    run = ansible.playbook("provision", extra={"tables_definitions": [definition], "tables_kms_alias": ""})
    assert run.code == 0, run.output
    assert run.calls.writes == [("CreateTable", name)]
    found = settings(emulator, name)
    assert found["billing"] == "PAY_PER_REQUEST"
    key = emulator.client("kms").describe_key(KeyId=found["encryption"])["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    assert (found["ttl"], found["pitr"], found["tags"], found["protection"]) == (None, None, {}, False)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the collection as ansible-galaxy builds and installs it."""
    built, collections = str(tmp_path_factory.mktemp("built")), tmp_path_factory.mktemp("collections")
    galaxy = [str(BIN / "ansible-galaxy"), "collection"]
    subprocess.run([*galaxy, "build", "--output-path", built, str(ROOT)], check=True, capture_output=True)
    (archive,) = Path(built).glob("auditflow-dynamodb-*.tar.gz")
    # --no-deps: amazon.aws is beside Ansible here. --force: so is this checkout, which would count as installed.
    install = [*galaxy, "install", "--offline", "--no-deps", "--force", "-p", str(collections), str(archive)]
    subprocess.run(install, check=True, capture_output=True)
    return collections


def test_installed(installed: Path, region: Target, ansible_of: Callable[[Target], Ansible], tmp_path: Path) -> None:
    """By name, from a folder that has no inventory and no configuration, with the environment's endpoint and region."""
    make(region)
    region.client().update_time_to_live(
        TableName=DOCUMENTS, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )
    run = ansible_of(region).playbook(
        "auditflow.dynamodb.provision",
        "-i",
        "localhost,",
        "-vv",
        extra={"tables_kms_alias": ALIAS},
        environment={"ANSIBLE_COLLECTIONS_PATH": str(installed)},
        cwd=tmp_path,
    )
    assert run.code == 0, run.output + run.errors
    paths = [line for line in run.output.splitlines() if line.startswith("task path: ")]
    assert paths
    assert all(line.startswith(f"task path: {installed}/") for line in paths), paths
    assert run.calls.writes == [("UpdateTimeToLive", DOCUMENTS)]
    check_tables(region)
