# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout: the order of the hosts, the sizes of its batches, and the table of what came of each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.executor.playbook_executor import PlaybookExecutor
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.filter.rollout_batches import rollout_batches
from ansible_collections.auditflow.dynamodb.plugins.filter.rollout_order import rollout_order
from ansible_collections.auditflow.dynamodb.plugins.filter.rollout_summary import rollout_summary
from ansible_collections.auditflow.dynamodb.plugins.module_utils.rollout import (
    MOST_LINES,
    batch_numbers,
    batch_sizes,
    order,
)

GROUPS = {
    "all": ["mumbai", "frankfurt", "ireland", "virginia", "oregon"],
    "canary": ["ireland"],
    "wave_10": ["virginia"],
    "wave_2": ["frankfurt", "ireland"],
    "wave_second": ["mumbai"],
    "europe": ["ireland", "frankfurt"],
}
HOSTS = ["ireland", "frankfurt", "virginia", "mumbai", "oregon"]
CREATED = {"changed": True, "in_sync": False, "plan": [{"operation": "CreateTable"}]}
CHANGED = {"changed": True, "in_sync": False, "plan": [{"operation": "UpdateTable"}]}
DELETED = {"changed": True, "in_sync": False, "plan": [{"operation": "CreateBackup"}, {"operation": "DeleteTable"}]}
IN_SYNC = {"changed": False, "in_sync": True, "plan": []}
PENDING = {"changed": False, "in_sync": False, "plan": []}
FAILED = {"changed": True, "in_sync": False, "failed": True, "plan": [{"operation": "UpdateTable"}]}


def variables(region: str, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    caller = {"account": "111122223333"}
    return {"dynamodb_region": region, "tables_caller": caller, "tables_result": {"results": list(results)}, **more}


def failure(task: str, message: Any) -> dict[str, Any]:
    return {"ansible_failed_task": {"name": task}, "ansible_failed_result": {"msg": message}}


def test_order() -> None:
    """Canaries, the waves by their number, then the others; each host once, in the inventory's order."""
    assert rollout_order(GROUPS) == HOSTS
    assert rollout_order({"all": ["a", "b"]}) == ["a", "b"]
    assert rollout_order({"all": []}) == []


@pytest.mark.parametrize(
    ("reached", "batch", "sizes"),
    [
        pytest.param(HOSTS, "100%", [1, 1, 1, "100%"], id="all"),
        pytest.param(HOSTS, 2, [1, 1, 1, 2], id="number"),
        pytest.param(HOSTS, "2", [1, 1, 1, 2], id="number from the command line"),
        pytest.param(HOSTS, "1,5, 30%", [1, 1, 1, 1, 5, "30%"], id="several from the command line"),
        pytest.param(HOSTS, [1, "50%"], [1, 1, 1, 1, "50%"], id="list"),
        pytest.param(["mumbai", "oregon"], 2, [2], id="limit without waves"),
        pytest.param(["ireland", "oregon"], 2, [1, 2], id="limit"),
        # `--limit @file`: nobody but Ansible knows what it leaves, so canaries come one by one.
        pytest.param([], "100%", [1, 1, 1, "100%"], id="unknown limit"),
    ],
)
def test_batches(reached: list[str], batch: Any, sizes: list[int | str]) -> None:
    assert batch_sizes(GROUPS, reached, batch) == sizes


@pytest.mark.parametrize("batch", ["some", "", 0, "0", "-1", "50 %", "5%%", [], ["1", "x"], None, 1.5])
def test_wrong_batch(batch: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"rollout_batch: .* is no number of hosts"):
        rollout_batches(GROUPS, HOSTS, batch)


def test_one_batch_where_nothing_is_said() -> None:
    assert rollout_batches({"all": ["a", "b", "c"]}) == ["100%"]


SIZES = st.lists(st.one_of(st.integers(1, 7), st.integers(1, 100).map("{}%".format)), min_size=1, max_size=4)


@given(st.integers(0, 30), SIZES)
def test_batches_are_numbered_as_ansible_makes_them(hosts: int, sizes: list[int | str]) -> None:
    class Inventory:
        def get_hosts(self, _hosts: Any, order: Any = None) -> list[int]:
            return list(range(hosts))

    class Play:
        hosts, order, serial = "all", None, sizes

    executor = PlaybookExecutor.__new__(PlaybookExecutor)
    executor._inventory = Inventory()
    batches = executor._get_serialized_batches(Play())
    assert batch_numbers(hosts, sizes) == [number for number, batch in enumerate(batches, 1) for _host in batch]


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(NAMES, st.dictionaries(st.sampled_from(["canary", "wave_1", "wave_2", "other"]), NAMES), st.data())
def test_every_host_has_its_turn_once(names: list[str], some: dict[str, list[str]], data: st.DataObject) -> None:
    groups = {"all": names, **{group: [host for host in hosts if host in names] for group, hosts in some.items()}}
    ordered = order(groups)
    assert sorted(ordered) == sorted(names)
    reached = [host for host in ordered if data.draw(st.booleans())]
    numbers = batch_numbers(len(reached), batch_sizes(groups, reached, 2))
    canaries = [host for host in reached if host in groups.get("canary", [])]
    if reached and canaries:
        assert [host for host, number in zip(reached, numbers, strict=True) if number == 1] == canaries


def test_summary_of_a_whole_rollout() -> None:
    found = {
        "ireland": variables("eu-west-1", CREATED, CREATED),
        "frankfurt": variables("eu-central-1", CHANGED, IN_SYNC),
        "mumbai": variables("ap-south-1", IN_SYNC, PENDING),
        "oregon": variables("us-west-2"),
        "virginia": variables("us-east-1", DELETED),
    }
    assert rollout_summary(list(found), found, ["oregon", "virginia"], [1, 2]) == [
        "5 of 5 hosts done",
        "  host       account       region        batch  tables",
        "  ireland    111122223333  eu-west-1     1      2 created",
        "  frankfurt  111122223333  eu-central-1  2      1 changed, 1 in sync",
        "  mumbai     111122223333  ap-south-1    2      1 in sync, 1 pending",
        "  oregon     111122223333  us-west-2     3      nothing to do",
        "  virginia   111122223333  us-east-1     3      1 deleted",
    ]
    planned = rollout_summary(["ireland", "frankfurt"], found, planned=True)
    assert planned == [
        "2 of 2 hosts planned",
        "  host       account       region        tables",
        "  ireland    111122223333  eu-west-1     2 to be created",
        "  frankfurt  111122223333  eu-central-1  1 to be changed, 1 in sync",
    ]


def test_summary_of_a_rollout_that_stopped() -> None:
    found = {
        "ireland": variables("eu-west-1", IN_SYNC),
        "mumbai": variables("ap-south-1", FAILED, **failure("Bring the tables", "1 of 1 tables failed:\n- A: no\n")),
        "frankfurt": {"dynamodb_region": "eu-central-1", **failure("Show the account", ["Nobody", "  is there"])},
        "oregon": {"dynamodb_region": "us-west-2"},
    }
    assert rollout_summary(list(found), found, ["mumbai", "frankfurt"], [1, 2]) == [
        "1 of 4 hosts done, 2 FAILED",
        "  host       account       region        batch  tables",
        "  ireland    111122223333  eu-west-1     1      1 in sync",
        "  mumbai     111122223333  ap-south-1    2      FAILED: 1 of 1 tables failed",
        "  frankfurt                eu-central-1  2      FAILED: Nobody",
        "  oregon                   us-west-2     3      not reached",
        "",
        "mumbai (ap-south-1) failed at: Bring the tables",
        "  1 of 1 tables failed:",
        "  - A: no",
        "",
        "frankfurt (eu-central-1) failed at: Show the account",
        "  Nobody",
        "    is there",
        "",
        "Stopped. Nothing was asked or changed in oregon.",
    ]


def test_sizes_that_ansible_did_not_go_by() -> None:
    """A variable of the inventory is not seen where batches are made; a table that shows it would be wrong."""
    found = {host: variables("eu-west-1", IN_SYNC) for host in "abc"}
    told = rollout_summary(list(found), found, ["b", "c"], [1, 1])
    assert told[1] == "  host  account       region     tables"
    assert told[-1].startswith("rollout_batch in the inventory has no effect: ")


def test_what_is_off_is_not_lost_among_what_is_right() -> None:
    right = [f"  ok   index  index-{number}  as defined" for number in range(30)]
    lines = ["A (x): 30 of 30 settings are as defined", *right]
    lines += ["B (x): 30 of 31 settings are as defined", *right, "  OFF  ttl  wanted ttl; found off"]
    for message in (lines, "\n".join(lines)):
        found = rollout_summary(["mumbai"], {"mumbai": failure("Compare every setting with its definition", message)})
        assert found[1:] == [
            "  host    account  region  tables",
            f"  mumbai                   FAILED: {lines[31]}",
            "",
            "mumbai failed at: Compare every setting with its definition",
            f"  {lines[31]}",
            f"  {lines[-1]}",
        ]


def test_long_failures_are_cut() -> None:
    found = rollout_summary(["mumbai"], {"mumbai": failure("Check", [f"mistake {number}" for number in range(40)])})
    assert found[-2:] == [f"  mistake {MOST_LINES - 1}", f"  … {40 - MOST_LINES} more lines above"]
