# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's requirements on storage, a test for each: provisioned, filled and exercised by the playbooks.

19.5, 1,000 requests a second, is in tests/load.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.integration.auditflow import ALIAS, AUDIT_RECORDS, DOCUMENTS, INDEXES, KEYS, key_arn, settings
from tests.integration.harness import Ansible, Finished, Target
from tests.integration.items import by_key

COUNT = 300
EXERCISE = "Run every access pattern and check its answers"


@dataclass(frozen=True)
class Tables:
    """AuditFlow's tables with items. exercised: the run of every access pattern."""

    target: Target
    exercised: Finished

    def pattern(self, name: str) -> dict[str, Any]:
        results = self.exercised.task(EXERCISE).result["results"]
        (found,) = [row for result in results for row in result["patterns"] if row["pattern"] == name]
        return dict(found)

    def items(self, table: str) -> dict[str, Any]:
        return by_key(self.target.client(), table, KEYS[table])


@pytest.fixture(scope="module")
def tables(emulator: Target, regions: Iterator[str], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("requirements")
    target = replace(emulator, region=next(regions))
    ansible = Ansible(target, folder)
    for playbook in ("provision", "document", "sample_data", "exercise"):
        extra = {"folder": str(folder / "schema"), "count": COUNT, "page_size": 50, "tables_kms_alias": ALIAS}
        run = ansible.playbook(playbook, extra=extra)
        assert run.code == 0, run.output
    return Tables(target, run)


def found(row: dict[str, Any]) -> bool:
    """Every answer was as brute force says, and there was something to find."""
    return bool(row["right"] == row["queries"] > 1 and row["items"] and row["empty"] < row["queries"])


def test_requirement_12_1_audit_results_are_stored_in_dynamodb(tables: Tables) -> None:
    audits = tables.items(AUDIT_RECORDS)
    documents = tables.items(DOCUMENTS)
    assert len(audits) == len(documents) == COUNT
    loans = {document["loan_application_id"]["S"] for document in documents.values()}
    for key, audit in list(audits.items())[:20]:
        stored = tables.target.client().get_item(
            TableName=AUDIT_RECORDS, Key={"audit_record_id": {"S": key}}, ConsistentRead=True
        )["Item"]
        assert stored == audit
        result = ("risk_score", "risk_level", "status", "documents", "golden_record", "inconsistencies", "risk_factors")
        assert set(result) <= set(stored)
        assert stored["loan_application_id"]["S"] in loans
        assert stored["risk_level"]["S"] == level(float(stored["risk_score"]["N"]))


def level(score: float) -> str:
    return ("LOW", "MEDIUM", "HIGH", "CRITICAL")[min(3, int(score / 25))]


def test_requirement_12_3_indexed_by_loan_application_id_and_timestamp(tables: Tables) -> None:
    for table, stamp in ((DOCUMENTS, "upload_timestamp"), (AUDIT_RECORDS, "audit_timestamp")):
        name = f"loan_application_id-{stamp}-index"
        assert settings(tables.target, table)["indexes"][name] == ("loan_application_id", stamp, "ALL", "ACTIVE")
        assert INDEXES[table][name] == ("loan_application_id", stamp)
    assert found(tables.pattern("documents_of_loan_application"))
    assert found(tables.pattern("audits_of_loan_application"))


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("documents_of_loan_application_in_date_range", id="date range of documents"),
        pytest.param("audits_by_status_in_date_range", id="date range of audits"),
        pytest.param("high_risk_audits", id="risk score"),
        pytest.param("documents_of_loan_application_by_type", id="document type"),
    ],
)
def test_requirement_12_4_queryable_by_date_range_risk_score_and_document_type(tables: Tables, pattern: str) -> None:
    assert found(tables.pattern(pattern))


def encrypted(tables: Tables, table: str) -> None:
    described = tables.target.client().describe_table(TableName=table)["Table"]["SSEDescription"]
    assert described["Status"] == "ENABLED"
    assert described["SSEType"] == "KMS"
    assert described["KMSMasterKeyArn"] == key_arn(tables.target)
    key = tables.target.client("kms").describe_key(KeyId=described["KMSMasterKeyArn"])["KeyMetadata"]
    assert (key["KeyState"], key["KeyManager"], key["KeySpec"]) == ("Enabled", "CUSTOMER", "SYMMETRIC_DEFAULT")
    assert tables.target.client("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def test_requirement_12_6_audit_records_are_encrypted_at_rest_with_kms(tables: Tables) -> None:
    encrypted(tables, AUDIT_RECORDS)


def test_requirement_16_4_documents_are_encrypted_at_rest_with_kms(tables: Tables) -> None:
    encrypted(tables, DOCUMENTS)


def test_all_seven_patterns_are_answered_right(tables: Tables) -> None:
    results = tables.exercised.task(EXERCISE).result["results"]
    rows = [row for result in results for row in result["patterns"]]
    assert len(rows) == 7
    assert all(found(row) for row in rows)
    assert tables.exercised.calls.writes == []


def test_consistent_items(tables: Tables) -> None:
    for document in tables.items(DOCUMENTS).values():
        if "extraction_timestamp" in document:
            assert document["upload_timestamp"]["S"] < document["extraction_timestamp"]["S"]
        assert int(document["ttl"]["N"]) > 1_900_000_000
    first = {
        each: min(
            document["upload_timestamp"]["S"]
            for document in tables.items(DOCUMENTS).values()
            if document["loan_application_id"]["S"] == each
        )
        for each in {audit["loan_application_id"]["S"] for audit in list(tables.items(AUDIT_RECORDS).values())[:30]}
    }
    for audit in tables.items(AUDIT_RECORDS).values():
        loan = audit["loan_application_id"]["S"]
        assert loan not in first or first[loan] < audit["audit_timestamp"]["S"]
