# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backend does all day, as requests: every access pattern, single items, and writes of new items."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.sample_run import maker_of
from tests.integration.auditflow import AUDIT_RECORDS, DOCUMENTS
from tests.load.generator import Check, Request

Item = dict[str, Any]
# A screen's worth: the application asks for the next page when somebody wants it.
PAGE = 25
# Of 20 requests; the rest are writes.
READS = {
    "documents_of_loan_application": 4,
    "documents_by_processing_status": 2,
    "documents_of_loan_application_in_date_range": 2,
    "documents_of_loan_application_by_type": 2,
    "audits_of_loan_application": 3,
    "high_risk_audits": 1,
    "audits_by_status_in_date_range": 1,
    "get_document": 2,
}
WRITES = {"put_document": 2, "put_audit": 1}
# One answer of so many is read in full and compared.
CHECKED = 10


@dataclass
class Workload:
    """functions: those of the generated Python, by access pattern. definitions, seed, count: the sample data's."""

    functions: Mapping[str, Callable[..., dict[str, Any]]]
    definitions: list[dict[str, Any]]
    count: int
    seed: str = "1"
    written: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._makers = {name: maker_of(self.definitions, name, self.seed) for name in (DOCUMENTS, AUDIT_RECORDS)}
        self._items = {name: [maker.item(n) for n in range(self.count)] for name, maker in self._makers.items()}
        self._of_loan = {name: self._grouped(name) for name in self._items}
        self._numbers = {name: itertools.count(self.count) for name in self._items}
        self._rng = random.Random(4)
        self._lock = threading.Lock()

    def requests(self) -> Iterator[Request]:
        """Without an end, the same ones whenever it begins anew but for the new items."""
        kinds = [kind for kind, share in {**READS, **WRITES}.items() for _each in range(share)]
        for number in itertools.count():
            kind = self._rng.choice(kinds)
            if kind in WRITES:
                yield self._write(kind)
            elif kind == "get_document":
                yield self._get()
            else:
                yield self._query(kind, number % CHECKED == 0)

    def _grouped(self, table: str) -> dict[str, list[Item]]:
        grouped = defaultdict(list)
        for item in self._items[table]:
            grouped[item["loan_application_id"]["S"]].append(item)
        return grouped

    def _write(self, kind: str) -> Request:
        table = DOCUMENTS if kind == "put_document" else AUDIT_RECORDS
        item = self._makers[table].item(next(self._numbers[table]))
        self.written[table] += 1
        return Request(kind, "PutItem", _body({"TableName": table, "Item": item}))

    def _get(self) -> Request:
        item = self._rng.choice(self._items[DOCUMENTS])
        key = {"document_id": item["document_id"]}

        def check(answer: dict[str, Any]) -> str:
            return "" if answer.get("Item") == item else "another item"

        return Request("get_document", "GetItem", _body({"TableName": DOCUMENTS, "Key": key}), check)

    def _query(self, kind: str, checked: bool) -> Request:
        table = AUDIT_RECORDS if "audits" in kind else DOCUMENTS
        item, other = self._rng.choice(self._items[table]), self._rng.choice(self._items[table])
        values, check = self._values(kind, table, item, other)
        wanted = {**self.functions[kind](**values), "Limit": PAGE}
        return Request(kind, "Query", _body(wanted), check if checked else None)

    def _values(self, kind: str, table: str, item: Item, other: Item) -> tuple[dict[str, Any], Check]:
        loan = item["loan_application_id"]["S"]
        theirs = self._of_loan[table][loan]
        if kind in ("documents_of_loan_application", "audits_of_loan_application"):
            return {"loan_application_id": loan}, _exactly(table, theirs)
        if kind == "documents_of_loan_application_by_type":
            wanted = item["document_type"]["S"]
            found = [each for each in theirs if each["document_type"]["S"] == wanted]
            return {"loan_application_id": loan, "document_type": wanted}, _exactly(table, found)
        if kind == "documents_of_loan_application_in_date_range":
            stamps = sorted(each["upload_timestamp"]["S"] for each in theirs)[:2]
            start, end = stamps[0], stamps[-1]
            found = [each for each in theirs if start <= each["upload_timestamp"]["S"] <= end]
            return {"loan_application_id": loan, "start": start, "end": end}, _exactly(table, found)
        if kind == "documents_by_processing_status":
            status = item["processing_status"]["S"]
            return {"processing_status": status}, _all(lambda each: each["processing_status"]["S"] == status)
        status = item["status"]["S"]
        if kind == "high_risk_audits":
            threshold = int(float(item["risk_score"]["N"]))
            return {"status": status, "threshold": threshold}, _all(
                lambda each: each["status"]["S"] == status and float(each["risk_score"]["N"]) >= threshold
            )
        start, end = sorted((item["audit_timestamp"]["S"], other["audit_timestamp"]["S"]))
        return {"status": status, "start": start, "end": end}, _all(
            lambda each: each["status"]["S"] == status and start <= each["audit_timestamp"]["S"] <= end
        )


def _exactly(table: str, items: list[Item]) -> Check:
    """These items and no others: the new ones are of other loan applications."""
    key = "document_id" if table == DOCUMENTS else "audit_record_id"
    wanted = {item[key]["S"] for item in items}

    def check(answer: dict[str, Any]) -> str:
        found = [item[key]["S"] for item in answer["Items"]]
        return "" if len(found) == len(wanted) and set(found) == wanted else "other items"

    return check


def _all(fits: Callable[[Item], bool]) -> Check:
    """Some items, all of them fitting: a page of a queue that grows meanwhile."""

    def check(answer: dict[str, Any]) -> str:
        if not 1 <= len(answer["Items"]) <= PAGE:
            return "no page of the queue"
        return "" if all(map(fits, answer["Items"])) else "items that do not fit"

    return check


def _body(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()
