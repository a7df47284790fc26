# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift.yml: one report over all regions, and the repair of what differs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Ansible, Calls, Finished, Target

DEFINITIONS = [
    {"name": "orders", "attributes": {"id": "S"}, "partition_key": "id", "ttl": {"attribute": "ttl"}},
    {"name": "consents", "attributes": {"id": "S"}, "partition_key": "id", "deletion_protection": True},
]
REPORT = "Show what differs"
SUMMARY = "Sum up the repair"
DEAD = "http://127.0.0.1:9"


class Fleet:
    """Four regions: one as defined, one changed by hand, one without tables, one that does not answer."""

    def __init__(self, target: Target, ansible: Ansible, names: dict[str, str], folder: Path) -> None:
        self.target, self.ansible, self.regions = target, ansible, names
        hosts: dict[str, dict[str, Any]] = {name: {"dynamodb_region": region} for name, region in names.items()}
        hosts["dead"]["dynamodb_endpoint"] = DEAD
        connection = {
            "dynamodb_endpoint": target.url,
            "dynamodb_access_key": ACCESS_KEY,
            "dynamodb_secret_key": SECRET_KEY,
            "tables_definitions": DEFINITIONS,
        }
        self.inventory = folder / "hosts.json"
        self.inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": connection}}), encoding="utf-8")

    def run(self, playbook: str, *arguments: str, **how: Any) -> Finished:
        return self.ansible.playbook(playbook, "-i", str(self.inventory), *arguments, **how)

    def client(self, host: str) -> Any:
        return replace(self.target, region=self.regions[host]).client()

    def of(self, calls: Calls, host: str) -> Calls:
        return Calls(call for call in calls if call.region == self.regions[host])


@pytest.fixture
def fleet(emulator: Target, regions: Iterator[str], ansible_of: Callable[[Target], Ansible], tmp_path: Path) -> Fleet:
    names = {name: next(regions) for name in ("right", "changed", "empty", "dead")}
    fleet = Fleet(emulator, ansible_of(emulator), names, tmp_path)
    for host in ("right", "changed"):
        client = fleet.client(host)
        for definition in DEFINITIONS:
            client.create_table(
                TableName=definition["name"],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
                DeletionProtectionEnabled="deletion_protection" in definition,
            )
    fleet.client("right").update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    return fleet


def lines_of(run: Finished, task: str) -> list[str]:
    """The lines of a shown text, without what aligns their columns."""
    return [" ".join(line.split()) for line in run.task(task).message.splitlines()]


def messages(run: Finished) -> dict[str, str]:
    return {task.host: task.message for task in run.tasks if task.name.endswith("Tell drift by the exit code")}


def test_report_over_all_regions(fleet: Fleet) -> None:
    """A region that does not answer hides nothing; check mode shows all and repairs nothing, confirmed or not."""
    run = fleet.run("drift", "--check", "-e", "repair=true", "-e", "confirm=changed,empty")
    assert run.code == 2, run.output
    assert run.calls.writes == []
    account, regions = "123456789012", fleet.regions
    assert lines_of(run, REPORT)[1:9] == [
        f"right {account} {regions['right']} orders in sync",
        f"right {account} {regions['right']} consents in sync",
        f"changed {account} {regions['changed']} orders differs 1 change",
        f"changed {account} {regions['changed']} consents in sync",
        f"empty {account} {regions['empty']} orders missing",
        f"empty {account} {regions['empty']} consents missing",
        f"dead {regions['dead']} (all) error at: Compare the tables and the key with their definitions",
        "4 hosts: 3 in sync, 1 differs, 2 missing, 1 error",
    ]
    text = run.task(REPORT).message
    assert "~  ttl  off -> ttl" in text
    assert f'Could not connect to the endpoint URL: "{DEAD}/"' in text
    assert messages(run) == {
        "right": "In sync.",
        "changed": "Drift: orders",
        "empty": "Drift: orders, consents",
        "dead": "Not compared: (all) at: Compare the tables and the key with their definitions",
    }


def test_nothing_differs(fleet: Fleet) -> None:
    run = fleet.run("drift", "--limit", "right", "-e", "repair=true")
    assert run.code == 0, run.output
    # One look, and nobody is asked anything.
    assert run.calls.of("dynamodb").reads == Counter(DescribeTable=2, DescribeTimeToLive=1)
    assert lines_of(run, REPORT)[-1] == "1 host: 2 in sync"
    assert {call.region for call in run.calls} == {fleet.regions["right"]}


def test_repair(fleet: Fleet) -> None:
    """Only where something differs and all is known, only after the right names; the others are left alone."""
    refused = fleet.run("drift", "-e", "repair=true", "-e", "confirm=changed")
    assert refused.code == 2
    assert refused.calls.writes == []
    assert "Nothing was done, because this was given: changed." in refused.output
    assert "give -e confirm=changed,empty" in refused.output

    run = fleet.run("drift", "-e", "repair=true", "-e", "confirm=changed,empty")
    assert run.code == 2, "a region did not answer"
    assert fleet.of(run.calls, "changed").writes == [("UpdateTimeToLive", "orders")]
    assert sorted(fleet.of(run.calls, "empty").writes) == [
        ("CreateTable", "consents"),
        ("CreateTable", "orders"),
        ("UpdateTimeToLive", "orders"),
    ]
    assert fleet.of(run.calls, "right").writes == []
    assert {host for host, message in messages(run).items() if message != "In sync."} == {"dead"}
    summary = [line for line in lines_of(run, SUMMARY) if line.endswith(("in sync", "created"))]
    assert [line.partition(fleet.regions[line.split()[0]])[2].strip() for line in summary] == [
        "2 in sync",
        "1 changed, 1 in sync",
        "2 created",
    ]

    again = fleet.run("drift", "-e", "repair=true", "--limit", "all:!dead")
    assert again.code == 0, again.output
    assert again.calls.writes == []


def test_repair_with_an_assumed_role(ansible: Ansible, account: str, tmp_path: Path) -> None:
    """The role is assumed once, by the run's own credentials: it need not trust itself."""
    host = {
        "dynamodb_region": "ca-central-1",
        "dynamodb_role_arn": f"arn:aws:iam::{account}:role/deploy",
        "tables_account_id": account,
        "tables_definitions": DEFINITIONS,
    }
    inventory = tmp_path / "role.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"one": host}}}), encoding="utf-8")
    run = ansible.playbook("drift", "-i", str(inventory), "-e", "repair=true", "-e", "confirm=one")
    assert run.code == 0, run.output
    assert len(run.calls.writes) == 3, "two tables, and time to live of one"
    assert run.calls.of("sts").reads["AssumeRole"] == 1
