# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a fleet: what is right, off or unknown, and what a month costs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.report_page import page
from ansible_collections.auditflow.dynamodb.plugins.module_utils.report_prices import GIB, estimate

PRICE = {"storage": 1.0, "storage_infrequent": 0.5, "pitr": 2.0, "read_unit_hour": 0.01, "write_unit_hour": 0.1}
PRICES = {"date": "2025-01-01", "regions": {"here": PRICE, "half": {"storage": 1.0}}}
ON_DEMAND = {
    "billing_mode_summary": {"billing_mode": "PAY_PER_REQUEST"},
    "table_size_bytes": GIB,
    "continuous_backups": {},
}
PITR = {"continuous_backups": {"point_in_time_recovery_description": {"point_in_time_recovery_status": "ENABLED"}}}
UNITS = {"read_capacity_units": 10, "write_capacity_units": 1}


@pytest.mark.parametrize(
    ("table", "region", "total"),
    [
        (ON_DEMAND, "here", 1.0),
        ({**ON_DEMAND, **PITR}, "here", 3.0),
        ({**ON_DEMAND, "global_secondary_indexes": [{"index_size_bytes": GIB}]}, "here", 2.0),
        ({**ON_DEMAND, "table_class_summary": {"table_class": "STANDARD_INFREQUENT_ACCESS"}}, "here", 0.5),
        ({"provisioned_throughput": UNITS, "continuous_backups": {}}, "here", 146.0),
        ({"provisioned_throughput": UNITS}, "here", None),
        (ON_DEMAND, "elsewhere", None),
        (ON_DEMAND, "half", None),
        ({**ON_DEMAND, "replicas": [{"region_name": "there"}]}, "here", None),
    ],
)
def test_estimate(table: dict[str, Any], region: str, total: float | None) -> None:
    found = estimate(table, region, PRICES)
    assert found.total == (None if total is None else pytest.approx(total))
    assert found.total is not None or found.note


def result(name: str, words: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "plan_text": f"{name} (here): {words}", "in_sync": words == "in sync", **more}


DEFINED = [{"name": "orders"}]
SETTING = {"setting": "ttl", "target": "", "wanted": "ttl", "found": "off", "in_sync": False}
FAILED = {"ansible_failed_result": {"msg": "AccessDenied"}, "ansible_failed_task": {"name": "Read"}}


@pytest.mark.parametrize(
    ("variables", "states"),
    [
        ({"tables_result": {"results": [result("orders", "in sync")]}}, {"orders": "right"}),
        ({"tables_result": {"results": [result("orders", "1 change")]}}, {"orders": "off"}),
        (
            {"tables_result": {"results": [result("orders", "to be created", plan=[{"operation": "CreateTable"}])]}},
            {"orders": "missing"},
        ),
        ({"tables_result": {"results": [result("orders", "failed", failed=True, msg="no")]}}, {"orders": "unknown"}),
        (FAILED, {"orders": "unknown"}),
        (
            {
                "tables_result": {"results": [result("orders", "in sync")]},
                "report_found": {"tables": [{"name": "old", "table": {"table_status": "ACTIVE"}}]},
            },
            {"old": "extra", "orders": "right"},
        ),
    ],
)
def test_states(variables: dict[str, Any], states: dict[str, str]) -> None:
    shown = page({"one": {"report_definitions": DEFINED, "report_region": "here", **variables}}, PRICES)
    assert {table.name: table.places[0].state for table in shown.tables} == states


def test_hosts_that_are_tables() -> None:
    """They are brought together by region; one that could not be read is unknown there."""

    def host(name: str, **more: Any) -> dict[str, Any]:
        where = {"dynamodb_table": name, "dynamodb_region": "here", "tables_account_id": "111122223333"}
        return {**where, "report_definitions": [], **more}

    found = {"report_found": {"tables": [{"name": "orders", "table": {"table_status": "ACTIVE"}}]}}
    shown = page({"orders.here": host("orders", **found), "closed.here": host("closed", **FAILED)}, PRICES)
    assert len(shown.columns) == 1
    assert [(table.name, table.places[0].state) for table in shown.tables] == [
        ("closed", "unknown"),
        ("orders", "extra"),
    ]


def test_silent_region_hides_nothing() -> None:
    """Where nobody answers nothing is known, not even that a table is not there; what others told stands first."""
    differing = result(
        "orders", "1 change", settings=[SETTING], plan_text="orders (here): 1 change\n  ~  ttl  off -> ttl\n  . note"
    )
    told = {"report_definitions": DEFINED, "report_region": "here", "tables_result": {"results": [differing]}}
    extra = {"report_found": {"tables": [{"name": "old", "table": {"table_status": "ACTIVE"}}]}}
    shown = page({"one": {**told, **extra}, "two": FAILED, "three": {}}, PRICES)
    assert {table.name: [place.state for place in table.places] for table in shown.tables} == {
        "old": ["extra", "unknown", "unknown"],
        "orders": ["off", "unknown", "unknown"],
    }
    assert shown.tables[1].worst == "off"
    assert "AccessDenied" in shown.tables[1].places[1].detail
    lines = [(line.sign, line.text) for line in shown.tables[1].places[0].lines]
    assert lines == [("-", "ttl: off"), ("+", "ttl: ttl"), (" ", ". note")]
