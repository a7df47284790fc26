# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provision.yml over five regions, and over two accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.integration.front import Answer, Rule, Sent, refusal
from tests.integration.harness import ACCESS_KEY, GATE, SECRET_KEY, Ansible, Finished, Target

HOSTS = ("mumbai", "frankfurt", "ireland", "virginia", "oregon")
SUMMARY = "Sum up the rollout"
CANARY = "ireland"
ORDER = (CANARY, "mumbai", "frankfurt", "virginia", "oregon")
TABLE: dict[str, Any] = {
    "name": "Orders",
    "attributes": {"customer": "S"},
    "partition_key": "customer",
    "billing_mode": "PAY_PER_REQUEST",
    "ttl": {"attribute": "expires"},
}
CREATED = ["CreateTable", "UpdateTimeToLive"]


class Fleet:
    """Five hosts, each a region, and a table that nobody has made in any of them."""

    def __init__(self, folder: Path, regions: Sequence[str], name: str):
        self.regions = dict(zip(HOSTS, regions, strict=True))
        self.folder = folder
        self.table = {**TABLE, "name": name}

    def inventory(self, **changes: dict[str, Any]) -> str:
        """An inventory; changes: host variables of its own for some hosts."""
        hosts = {host: {"dynamodb_region": region, **changes.get(host, {})} for host, region in self.regions.items()}
        content = {
            "all": {
                "hosts": hosts,
                "children": {"canary": {"hosts": {CANARY: {}}}},
                "vars": {"tables_definitions": [self.table], "tables_preflight": False},
            }
        }
        path = self.folder / "fleet.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def writes(self, finished: Finished) -> dict[str, list[str]]:
        """Operations of the calls that changed something, for each host that got some."""
        found: dict[str, list[str]] = {}
        hosts = {region: host for host, region in self.regions.items()}
        for call in finished.calls.of("dynamodb"):
            if call.write:
                found.setdefault(hosts[call.region], []).append(call.operation)
        return found

    def called(self, finished: Finished) -> list[str]:
        """Hosts whose regions were asked anything, in the order in which they were."""
        hosts = {region: host for host, region in self.regions.items()}
        return list(dict.fromkeys(hosts[call.region] for call in finished.calls))


@pytest.fixture(scope="module")
def five_regions(regions: Iterator[str]) -> list[str]:
    return list(islice(regions, len(HOSTS)))


@pytest.fixture
def fleet(tmp_path: Path, five_regions: list[str], name: str) -> Fleet:
    return Fleet(tmp_path, five_regions, name)


def run(ansible: Ansible, inventory: str, *arguments: str, name: str = "provision") -> Finished:
    return ansible.playbook(name, "-i", inventory, *arguments)


def told(finished: Finished) -> str:
    """What the run said at its end."""
    return [task.message for task in finished.tasks if task.name.endswith(SUMMARY) and task.status == "ok"][-1]


@dataclass(frozen=True)
class Row:
    """A row of the table: the account as far as known, the batch, and what came of the host."""

    account: str
    batch: int
    end: str


ROW = re.compile(r"  (?P<host>\S+) +(?:(?P<account>\d{12}) )? *[a-z]+-[a-z-]+-\d +(?P<batch>\d+) +(?P<end>\S.*)")


def table(finished: Finished) -> dict[str, Row]:
    """The rows of the table in the terminal."""
    found = [match for line in told(finished).splitlines() if (match := ROW.fullmatch(line))]
    return {row["host"]: Row(row["account"] or "", int(row["batch"]), row["end"]) for row in found}


def ends(rows: dict[str, Row], *hosts: str) -> set[str]:
    """What came of these hosts."""
    return {rows[host].end for host in hosts}


def refuse_region(region: str) -> Rule:
    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.region == region and sent.operation == "CreateTable":
            return refusal("LimitExceededException", "Account limit on purpose")
        return None

    return rule


def test_a_region_that_fails_stops_the_batches_after_its_own(
    emulator: Target, fleet: Fleet, fronted: Callable[..., Ansible], ansible_of: Callable[[Target], Ansible]
) -> None:
    failing = fronted(emulator, refuse_region(fleet.regions["frankfurt"]))
    stopped = run(failing, fleet.inventory(), "-e", "rollout_batch=2")

    assert stopped.code == 2
    assert fleet.called(stopped)[0] == CANARY
    assert set(fleet.called(stopped)) == {CANARY, "mumbai", "frankfurt"}
    assert fleet.writes(stopped) == {CANARY: CREATED, "mumbai": CREATED, "frankfurt": ["CreateTable"]}
    rows = table(stopped)
    assert list(rows) == list(ORDER)
    assert [row.batch for row in rows.values()] == [1, 2, 2, 3, 3]
    assert ends(rows, CANARY, "mumbai") == {"1 created"}
    assert ends(rows, "virginia", "oregon") == {"not reached"}
    text = told(stopped)
    assert text.startswith("2 of 5 hosts done, 1 FAILED")
    assert f"frankfurt ({fleet.regions['frankfurt']}) failed at: Bring the tables to their definitions" in text
    assert "Account limit on purpose" in text
    assert "Stopped. Nothing was asked or changed in virginia, oregon." in text
    assert [task.host for task in stopped.tasks if task.name.endswith(GATE) and task.status == "failed"] == [
        "frankfurt"
    ]

    resumed = run(ansible_of(emulator), fleet.inventory(), "-e", "rollout_batch=2")
    assert resumed.code == 0, resumed.output
    assert fleet.writes(resumed) == {"frankfurt": CREATED, "virginia": CREATED, "oregon": CREATED}
    assert fleet.called(resumed)[0] == CANARY
    rows = table(resumed)
    assert ends(rows, CANARY, "mumbai") == {"1 in sync"}
    assert ends(rows, "frankfurt", "virginia", "oregon") == {"1 created"}

    again = run(ansible_of(emulator), fleet.inventory())
    assert again.code == 0, again.output
    assert again.calls.writes == []
    assert ends(table(again), *HOSTS) == {"1 in sync"}


def test_a_host_out_of_reach_stops_what_has_not_begun(
    fleet: Fleet, ansible_of: Callable[[Target], Ansible], emulator: Target
) -> None:
    """Ansible would go on without such a host; its batch-mate finishes, and the rollout ends there, for that reason."""
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
    stopped = run(ansible_of(emulator), fleet.inventory(frankfurt=nowhere), "-e", "rollout_batch=2")
    assert stopped.code == 2, stopped.output
    assert fleet.writes(stopped) == {CANARY: CREATED, "mumbai": CREATED}
    assert fleet.called(stopped) == [CANARY, "mumbai"]
    rows = table(stopped)
    assert ends(rows, CANARY, "mumbai") == {"1 created"}
    assert ends(rows, "virginia", "oregon") == {"not reached"}
    assert "Failed to connect to the host via ssh" in told(stopped)


def test_a_canary_that_fails_keeps_everybody_else_from_being_asked(
    fleet: Fleet, ansible_of: Callable[[Target], Ansible], emulator: Target
) -> None:
    wrong = {"tables_definitions": [{**TABLE, "partition_key": "nobody"}]}
    stopped = run(ansible_of(emulator), fleet.inventory(ireland=wrong))
    assert stopped.code == 2
    assert stopped.calls == []
    assert ends(table(stopped), "mumbai", "frankfurt", "virginia", "oregon") == {"not reached"}


def test_a_limit_reaches_what_it_names(fleet: Fleet, ansible_of: Callable[[Target], Ansible], emulator: Target) -> None:
    ansible = ansible_of(emulator)
    planned = run(ansible, fleet.inventory(), "--limit", "oregon,mumbai", "--check", "--diff")
    assert planned.code == 0, planned.output
    assert planned.calls.writes == []
    assert told(planned).startswith("2 of 2 hosts planned")
    assert ends(table(planned), "mumbai", "oregon") == {"1 to be created"}
    limited = run(ansible, fleet.inventory(), "--limit", "oregon,mumbai", "-e", "rollout_batch=1")
    assert limited.code == 0, limited.output
    assert fleet.writes(limited) == {"mumbai": CREATED, "oregon": CREATED}
    assert fleet.called(limited) == ["mumbai", "oregon"]
    assert list(table(limited)) == ["mumbai", "oregon"]


def test_a_batch_that_is_no_number_is_told_before_anything_is_asked(
    fleet: Fleet, ansible_of: Callable[[Target], Ansible], emulator: Target
) -> None:
    refused = run(ansible_of(emulator), fleet.inventory(), "-e", "rollout_batch=some")
    assert refused.code != 0
    assert refused.calls == []
    assert "rollout_batch: 'some' is no number of hosts" in refused.errors


def test_each_account_is_reached_by_its_own_role(
    emulator: Target, ansible_of: Callable[[Target], Ansible], account: str, tmp_path: Path
) -> None:
    accounts = {"staging": account, "production": str(int(account) + 10**11)}
    hosts = {
        name: {"dynamodb_region": "ca-central-1", "dynamodb_role_arn": f"arn:aws:iam::{account}:role/deploy"}
        for name, account in accounts.items()
    }
    hosts["production"]["tables_account_id"] = accounts["production"]
    variables = {
        "tables_definitions": [TABLE],
        "tables_preflight": False,
        "dynamodb_access_key": ACCESS_KEY,
        "dynamodb_secret_key": SECRET_KEY,
    }
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")
    first = run(ansible_of(emulator), str(path))
    assert first.code == 0, first.output
    rows = table(first)
    assert {host: row.account for host, row in rows.items()} == accounts
    assert ends(rows, *accounts) == {"1 created"}
    planned = run(ansible_of(emulator), str(path), name="plan")
    assert planned.code == 0, planned.output
    hidden = [task for task in first.tasks if task.action == "amazon.aws.sts_assume_role"]
    assert len(hidden) == len(accounts)
    assert all("sts_creds" not in task.result for task in hidden)

    hosts["production"]["tables_account_id"] = accounts["staging"]
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")
    wrong = run(ansible_of(emulator), str(path))
    assert wrong.code == 2
    assert f"These are the credentials of account {accounts['production']}" in told(wrong)


def test_a_role_that_cannot_be_assumed(emulator: Target, fronted: Callable[..., Ansible], tmp_path: Path) -> None:
    """The reason is told, though the task that has the credentials is not logged; nothing is done with others."""
    reason = "User: arn:aws:iam::123456789012:user/deploy is not authorized to perform: sts:AssumeRole"
    body = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{reason}</Message></Error></ErrorResponse>"

    def refuse_role(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        return Answer(403, body.encode(), "text/xml") if sent.operation == "AssumeRole" else None

    role = "arn:aws:iam::111122223333:role/deploy"
    hosts = {"one": {"dynamodb_region": "ca-central-1", "dynamodb_role_arn": role, "tables_definitions": [TABLE]}}
    path = tmp_path / "role.json"
    path.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    finished = run(fronted(emulator, refuse_role), str(path))
    assert finished.code == 2
    assert f"{role} could not be assumed, and nothing was changed. AWS answered: " in " ".join(finished.output.split())
    assert reason in " ".join(finished.output.split())
    assert {call.operation for call in finished.calls} == {"AssumeRole"}
