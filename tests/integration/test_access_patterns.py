# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AuditFlow's seven access patterns, as its definitions have them, sent as queries to its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from ansible_collections.auditflow.dynamodb.plugins.module_utils.queries import query_parameters
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_tables
from tests.integration import auditflow
from tests.integration.auditflow import AUDIT_RECORDS, DOCUMENTS
from tests.integration.harness import ROOT, Target

ITEMS: dict[str, list[dict[str, str | int]]] = {
    DOCUMENTS: [
        {
            "document_id": f"document-{day}",
            "loan_application_id": "loan-1" if day < 5 else "loan-2",
            "upload_timestamp": f"2026-11-0{day}T10:00:00Z",
            "processing_status": "PENDING" if day % 2 else "COMPLETED",
            "document_type": "W2" if day in (1, 4) else "TAX_FORM",
        }
        for day in range(1, 7)
    ],
    AUDIT_RECORDS: [
        {
            "audit_record_id": f"audit-{day}",
            "loan_application_id": "loan-1" if day < 5 else "loan-2",
            "audit_timestamp": f"2026-11-0{day}T10:00:00Z",
            "status": "COMPLETED" if day != 3 else "FAILED",
            "risk_score": day * 15,
        }
        for day in range(1, 7)
    ],
}
RANGE = {"start": "2026-11-02", "end": "2026-11-04"}
FOUND: dict[str, tuple[dict[str, Any], list[int]]] = {
    "documents_of_loan_application": ({"loan_application_id": "loan-1"}, [1, 2, 3, 4]),
    "documents_by_processing_status": ({"processing_status": "PENDING"}, [1, 3, 5]),
    "documents_of_loan_application_in_date_range": ({"loan_application_id": "loan-1", **RANGE}, [2, 3]),
    "documents_of_loan_application_by_type": ({"loan_application_id": "loan-1", "document_type": "W2"}, [1, 4]),
    "audits_of_loan_application": ({"loan_application_id": "loan-1"}, [4, 3, 2, 1]),
    "high_risk_audits": ({"status": "COMPLETED", "threshold": 60}, [6, 5, 4]),
    "audits_by_status_in_date_range": ({"status": "COMPLETED", **RANGE}, [2]),
}


def typed(value: str | int) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def patterns() -> dict[str, tuple[str, Any]]:
    defaults = yaml.safe_load((ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8"))
    wanted = ("name", "attributes", "partition_key", "global_indexes", "access_patterns")
    plain = [{name: definition[name] for name in wanted} for definition in defaults["tables_definitions"]]
    return {pattern.name: (spec.name, pattern) for spec in parse_tables(plain) for pattern in spec.access_patterns}


@pytest.fixture(scope="module")
def filled(emulator: Target, regions: Iterator[str]) -> Target:
    """AuditFlow's tables with items, in a region of their own."""
    target = replace(emulator, region=next(regions))
    auditflow.make(target)
    for table, items in ITEMS.items():
        for item in items:
            target.client().put_item(TableName=table, Item={name: typed(value) for name, value in item.items()})
    return target


def test_there_are_seven() -> None:
    assert set(patterns()) == set(FOUND)


@pytest.mark.parametrize("name", list(FOUND))
def test_a_pattern_finds_what_it_is_for(filled: Target, name: str) -> None:
    table, pattern = patterns()[name]
    values, days = FOUND[name]
    found = filled.client().query(TableName=table, **query_parameters(pattern, values))["Items"]
    key = "document_id" if table == DOCUMENTS else "audit_record_id"
    assert [int(item[key]["S"].rpartition("-")[2]) for item in found] == days
