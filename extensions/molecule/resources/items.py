# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The items that scenarios put into tables, in DynamoDB's notation: always the same, so that they can be compared."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

Item = dict[str, dict[str, Any]]

NAMES = uuid.UUID("6f1d6a3e-52f4-4e0c-9d7e-1f0f5c1f9a11")
# Far enough away that no emulator expires the items.
EXPIRES = 4102444800
APPLICATIONS = 7
STATUSES = ("PENDING", "PROCESSING", "COMPLETED", "FAILED")
AUDIT_STATUSES = ("COMPLETED", "IN_PROGRESS", "FAILED")


def document(number: int) -> Item:
    """One item of AuditFlow-Documents, with every type of attribute."""
    return {
        "document_id": {"S": str(uuid.uuid5(NAMES, f"document {number}"))},
        "loan_application_id": {"S": f"loan-{number % APPLICATIONS}"},
        "upload_timestamp": {"S": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T08:00:00Z"},
        "processing_status": {"S": STATUSES[number % len(STATUSES)]},
        "file_name": {"S": f"Gehaltsabrechnung {number}, März.pdf"},
        "file_size_bytes": {"N": str(10_000 + number)},
        "checksum": {"S": hashlib.sha256(str(number).encode()).hexdigest()},
        "classification_confidence": {"N": f"0.{91 + number % 9}"},
        "extracted_data": {
            "M": {"wages": {"N": "88123.45"}, "employer": {"S": "Acme & Söhne"}, "missing": {"NULL": True}}
        },
        "low_confidence_fields": {"L": [{"S": "employer"}, {"N": str(number)}]},
        "requires_manual_review": {"BOOL": number % 2 == 0},
        "pii_detected": {"L": []},
        "ttl": {"N": str(EXPIRES + number)},
    }


def audit(number: int) -> Item:
    """One item of AuditFlow-AuditRecords; every tenth has no risk score yet, so one index does not list it."""
    item: Item = {
        "audit_record_id": {"S": str(uuid.uuid5(NAMES, f"audit {number}"))},
        "loan_application_id": {"S": f"loan-{number % APPLICATIONS}"},
        "audit_timestamp": {"S": f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T09:30:00Z"},
        "status": {"S": AUDIT_STATUSES[number % len(AUDIT_STATUSES)]},
        "golden_record": {
            "M": {"income": {"M": {"value": {"N": "88123.45"}, "documents": {"L": [{"S": "a"}, {"S": "b"}]}}}}
        },
        "risk_factors": {"L": [{"M": {"name": {"S": "income"}, "weight": {"N": "0.25"}}}]},
        "archived": {"BOOL": False},
        "review_notes": {"S": ""},
        "ttl": {"N": str(EXPIRES + number)},
    }
    return item if number % 10 == 9 else {**item, "risk_score": {"N": str(number % 101)}}


KINDS: dict[str, Callable[[int], Item]] = {"documents": document, "audits": audit}


def items(kind: str, count: int) -> list[Item]:
    return [KINDS[kind](number) for number in range(count)]
