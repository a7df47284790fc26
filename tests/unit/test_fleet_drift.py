# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs on many hosts: the state of each table, the report, and what may be repaired."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.filter.fleet_drift import fleet_drift
from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet_drift import MOST_LINES, Host

CALLER = {"account": "111122223333"}
IN_SYNC = {"name": "orders", "in_sync": True, "plan": [], "plan_text": "orders (ap-south-1): in sync"}
SETTLING = {
    "name": "orders",
    "in_sync": False,
    "plan": [],
    "plan_text": "orders (ap-south-1): in sync, still settling\n  > pending: ttl",
}
DIFFERS = {
    "name": "orders",
    "in_sync": False,
    "plan": [{"operation": "UpdateTimeToLive"}],
    "plan_text": "orders (ap-south-1): 1 change\n  ~ ttl  off -> ttl",
}
REFUSED = {
    "name": "orders",
    "in_sync": False,
    "plan": [],
    "plan_text": "orders (ap-south-1): 1 refused\n  x keys refused: never",
}
MISSING = {
    "name": "audits",
    "in_sync": False,
    "plan": [{"operation": "CreateTable"}, {"operation": "UpdateTimeToLive"}],
    "plan_text": "audits (ap-south-1): to be created\n  + table  audits",
}
FAILED = {
    "name": "orders",
    "in_sync": False,
    "failed": True,
    "plan": [],
    "plan_text": "orders (ap-south-1): failed",
    "msg": "orders: DescribeTable: AccessDeniedException: no",
}


def variables(*results: dict[str, Any], region: str = "ap-south-1", **more: Any) -> dict[str, Any]:
    return {"dynamodb_region": region, "tables_caller": CALLER, "tables_result": {"results": list(results)}, **more}


def failure(task: str, message: Any) -> dict[str, Any]:
    return {"ansible_failed_task": {"name": task}, "ansible_failed_result": {"msg": message}}


@pytest.mark.parametrize(
    ("found", "states", "problem"),
    [
        pytest.param(variables(IN_SYNC), [("orders", "in sync", "")], "", id="in sync"),
        pytest.param(
            variables(DIFFERS, MISSING),
            [("orders", "differs", "1 change"), ("audits", "missing", "")],
            "Drift: orders, audits",
            id="differs and missing",
        ),
        pytest.param(variables(REFUSED), [("orders", "differs", "1 refused")], "Drift: orders", id="refused"),
        pytest.param(
            variables(SETTLING), [("orders", "differs", "in sync, still settling")], "Drift: orders", id="settling"
        ),
        pytest.param(
            # The module fails as a whole where one of its tables does; that is no second error.
            variables(FAILED, MISSING, **failure("Compare", "1 of 2 tables failed")),
            [("orders", "error", ""), ("audits", "missing", "")],
            "Not compared: orders; Drift: audits",
            id="one table failed",
        ),
        pytest.param(
            {"dynamodb_region": "ap-south-1", **failure("Show the account", ["nobody", "is there"])},
            [("(all)", "error", "at: Show the account")],
            "Not compared: (all) at: Show the account",
            id="no caller",
        ),
        pytest.param({}, [("(all)", "error", "not reached")], "Not compared: (all) not reached", id="unreachable"),
        pytest.param(
            variables(IN_SYNC, tables_look={"key_changes": ["rotation to be turned on"]}),
            [("customer key", "differs", "rotation to be turned on"), ("orders", "in sync", "")],
            "Drift: customer key",
            id="key",
        ),
        pytest.param(
            variables(IN_SYNC, tables_look={"key_changes": []}), [("orders", "in sync", "")], "", id="key right"
        ),
        pytest.param(
            {"tables_look": {"unreachable": True, "msg": "no such host"}},
            [("(all)", "error", "not reached")],
            "Not compared: (all) not reached",
            id="out of reach",
        ),
        pytest.param(
            {"tables_look": {"in_sync": True, "results": [IN_SYNC]}, "tables_result": {"results": [MISSING]}},
            [("orders", "in sync", "")],
            "",
            id="looked at again after a run",
        ),
        pytest.param(
            {"tables_look": {"in_sync": False, "results": [MISSING]}, "tables_result": {"skipped": True}},
            [("audits", "missing", "")],
            "Drift: audits",
            id="looked at only",
        ),
    ],
)
def test_states(found: dict[str, Any], states: list[tuple[str, str, str]], problem: str) -> None:
    host = Host.of("mumbai", found)
    assert [(each.what, each.state, each.detail) for each in host.findings] == states
    assert host.problem == problem
    assert host.repairable == problem.startswith("Drift")


def test_report() -> None:
    """Every table has its line; plans only of what is not in sync; a region without an answer hides nothing."""
    hosts = {
        "ireland": variables(IN_SYNC, region="eu-west-1"),
        "mumbai": variables(DIFFERS, MISSING),
        "oregon": {"dynamodb_region": "us-west-2", **failure("Show the account", "Nobody\n  answers\n")},
    }
    found = fleet_drift(list(hosts), hosts)
    assert found["lines"] == [
        "  host     account       region      table   state",
        "  ireland  111122223333  eu-west-1   orders  in sync",
        "  mumbai   111122223333  ap-south-1  orders  differs  1 change",
        "  mumbai   111122223333  ap-south-1  audits  missing",
        "  oregon                 us-west-2   (all)   error    at: Show the account",
        "3 hosts: 1 in sync, 1 differs, 1 missing, 1 error",
        "",
        "mumbai:",
        "  orders (ap-south-1): 1 change",
        "    ~ ttl  off -> ttl",
        "  audits (ap-south-1): to be created",
        "    + table  audits",
        "",
        "oregon:",
        "  Nobody",
        "    answers",
    ]
    assert found["repairable"] == ["mumbai"]
    assert list(found["problems"]) == ["mumbai", "oregon"]


def test_long_errors_are_cut() -> None:
    found = fleet_drift(["oregon"], {"oregon": failure("Check", [f"mistake {number}" for number in range(40)])})
    assert found["lines"][-1] == f"  ... {40 - MOST_LINES} more lines above"
    table, heading = 3, 2
    assert len(found["lines"]) == table + heading + MOST_LINES + 1
