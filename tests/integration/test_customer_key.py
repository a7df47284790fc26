# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The customer key of the role: made once, and taken up where a killed run had made it and not yet named it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.integration.auditflow import ALIAS, TAGS, key_arn
from tests.integration.front import deny
from tests.integration.harness import Ansible, Finished, Target

OWN = f"DynamoDB tables, made for {ALIAS} by auditflow.dynamodb"
# One look at the table and the key.
STEADY = Counter(DescribeTable=1, DescribeKey=1, GetKeyRotationStatus=1, ListResourceTags=1)


def run_key(ansible: Ansible, *arguments: str) -> Finished:
    """The playbook with a table that needs nothing but the key."""
    definition = {"name": "Keyed", "attributes": {"id": "S"}, "partition_key": "id", "encryption": {"key": ALIAS}}
    extra = {"tables_definitions": [definition], "tables_kms_alias": ALIAS, "tables_identity": False}
    run = ansible.playbook("provision", *arguments, extra=extra)
    assert run.code == 0, run.output
    return run


def make_key(target: Target, description: str) -> str:
    arn: str = target.client("kms").create_key(Description=description)["KeyMetadata"]["Arn"]
    return arn


def keys(target: Target) -> set[str]:
    every = (key["KeyArn"] for key in target.client("kms").list_keys()["Keys"])
    described = (target.client("kms").describe_key(KeyId=each)["KeyMetadata"] for each in every)
    return {each["Arn"] for each in described if each["KeyManager"] == "CUSTOMER"}


def made(run: Finished) -> list[str]:
    return [operation for operation, _key in run.calls.of("kms").writes]


@pytest.fixture
def ansible(region: Target, ansible_of: Callable[[Target], Ansible]) -> Ansible:
    return ansible_of(region)


def test_a_key_that_was_left_without_its_alias_is_taken_up(region: Target, ansible: Ansible) -> None:
    kms = region.client("kms")
    others = {make_key(region, "somebody's"), make_key(region, f"{OWN}, not quite")}
    named = make_key(region, OWN)
    kms.create_alias(AliasName="alias/of-another", TargetKeyId=named)
    dying = make_key(region, OWN)
    kms.schedule_key_deletion(KeyId=dying.rpartition("/")[2])
    left = make_key(region, OWN)

    run = run_key(ansible)
    assert key_arn(region) == left
    assert keys(region) == {*others, named, dying, left}
    assert sorted(made(run)) == ["CreateAlias", "EnableKeyRotation", "TagResource"]
    assert kms.get_key_rotation_status(KeyId=left)["KeyRotationEnabled"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=left)["Tags"]} == TAGS
    assert kms.describe_key(KeyId=dying)["KeyMetadata"]["KeyState"] == "PendingDeletion"

    again = run_key(ansible)
    assert (again.changed, again.calls.writes) == ([], [])
    assert again.task("Compare the tables and the key with their definitions").calls.reads == STEADY


def test_a_key_of_others_is_not_described_anew(region: Target, ansible: Ansible) -> None:
    kms = region.client("kms")
    key = make_key(region, "somebody's")
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)
    assert sorted(made(run_key(ansible))) == ["EnableKeyRotation", "TagResource"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "somebody's"


def test_where_keys_cannot_be_listed_one_is_made_and_it_is_told(
    region: Target, fronted: Callable[..., Ansible]
) -> None:
    run = run_key(fronted(region, deny("ListKeys")))
    assert made(run) == ["CreateKey", "CreateAlias", "EnableKeyRotation"]
    told = run.task("Tell where that could not be seen").message
    assert told.startswith("Whether an earlier run left a key could not be seen, so a new one is made: ")
    assert "AccessDenied" in told


def test_check_mode_looks_for_no_key_and_makes_none(region: Target, ansible: Ansible) -> None:
    before = keys(region)
    run = run_key(ansible, "--check")
    assert run.task("Make or name the customer key, with its rotation").changed
    assert (run.calls.writes, run.calls.reads["ListKeys"], keys(region)) == ([], 0, before)
