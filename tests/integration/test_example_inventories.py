# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories to copy, as they are: their regions, accounts, order and what differs between regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.integration.auditflow import settings
from tests.integration.harness import Ansible, Target

REGIONS = {"ireland": "eu-west-1", "frankfurt": "eu-central-1", "mumbai": "ap-south-1"}
SUMMARY = "Sum up the rollout"


def key_of(target: Target, alias: str) -> str:
    arn: str = target.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    return arn


def rows(run: Any) -> list[list[str]]:
    return [line.split() for line in run.task(SUMMARY).message.splitlines()[2:]]


def test_what_differs_between_regions(emulator_with_nothing: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    run = ansible_of(emulator_with_nothing).playbook("provision", "-i", "inventories/example-multi-region")
    assert run.code == 0, run.output
    account = "123456789012"
    assert rows(run) == [
        ["ireland", account, "eu-west-1", "1", "2", "created"],
        ["frankfurt", account, "eu-central-1", "2", "2", "created"],
        ["mumbai", account, "ap-south-1", "2", "1", "created"],
    ]
    for host, region in REGIONS.items():
        target = replace(emulator_with_nothing, region=region)
        european = host != "mumbai"
        key = key_of(target, "alias/orders-europe" if european else "alias/orders")
        orders = settings(target, "orders")
        assert orders["encryption"] == key
        assert orders["tags"] == ({"team": "shop", "law": "gdpr"} if european else {"team": "shop"})
        assert ("consents" in target.client().list_tables()["TableNames"]) == european
        if european:
            assert settings(target, "consents")["encryption"] == key


def test_two_stages_each_in_an_account(ansible: Ansible) -> None:
    """Staging is the canary of production; each host is reached by the role of its account. Planned only."""
    run = ansible.playbook("provision", "-i", "inventories/example-multi-account", "--check")
    assert run.code == 0, run.output
    assert run.calls.of("dynamodb").writes == []
    staging, production = "111122223333", "444455556666"
    assert rows(run) == [
        ["staging-mumbai", staging, "ap-south-1", "1", "2", "to", "be", "created"],
        ["staging-frankfurt", staging, "eu-central-1", "1", "2", "to", "be", "created"],
        ["production-frankfurt", production, "eu-central-1", "2", "2", "to", "be", "created"],
        ["production-mumbai", production, "ap-south-1", "3", "2", "to", "be", "created"],
    ]
