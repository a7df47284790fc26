# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the schema reference: what is said on it, and that GitHub shows it as it was meant."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils import schema_reference_attributes
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference import retention_words
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_attributes import attribute_rows
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_settings import capacity
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_values import value
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS, documentation
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table, parse_tables

from .schema_odd import ODD
from .schema_page import FENCE, Definitions, Seen, auditflow, blocks, html, page, section

CONSUMERS = [
    {
        "name": "auditor",
        "description": "Audits | documents",
        "tables": [
            {"name": "AuditFlow-Documents", "rights": "read"},
            {"name": "AuditFlow-AuditRecords", "access_patterns": ["high_risk_audits"]},
        ],
    }
]
PAGES: dict[str, tuple[Definitions, Any, Any]] = {
    "auditflow": (auditflow(), CONSUMERS, {}),
    "auditflow_alone": (auditflow(), None, None),
    "odd": (ODD, None, {}),
    "one": ([{"name": "Orders", "attributes": {"id": "S"}, "partition_key": "id"}], None, None),
}
every_page = pytest.mark.parametrize("written", [pytest.param(page(*each), id=name) for name, each in PAGES.items()])
LINKED = re.compile(r"(?<!\\)\]\(#([^)]*)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CELL = re.compile(r"(?<!\\)\|")


@every_page
def test_the_page_is_tidy(written: str) -> None:
    assert written.endswith("\n")
    assert not written.endswith("\n\n")
    assert not re.search(r"\n\n\n|\t", written)
    assert not [line for line in written.splitlines() if line != line.rstrip()]
    lines = FENCE.sub("```x\n```", written).splitlines()
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if line.startswith("#"):
            assert before == after == "", line
        if line.startswith("|"):
            assert before == "" or before.startswith("|"), line
            assert after == "" or after.startswith("|"), line
            assert len(CELL.findall(line)) == len(CELL.findall(before or line)), line
        if line.startswith("- "):
            assert before == "" or before.startswith(("- ", "  ")), line
    levels = [len(line.split(" ")[0]) for line in lines if line.startswith("#")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@every_page
def test_every_link_leads_to_a_heading_as_github_names_it(written: str) -> None:
    anchors: list[str] = []
    for heading in HEADING.findall(FENCE.sub("", written)):
        shown = Seen(html(heading)).text.strip().lower()
        slug = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        taken = [each for each in anchors if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", each)]
        anchors.append(f"{slug}-{len(taken)}" if taken else slug)
    linked = LINKED.findall(written)
    assert linked
    assert len(set(anchors)) == len(anchors)
    assert set(linked) <= set(anchors)
    # What is about a table as a whole is in the contents.
    assert {anchor for anchor in anchors if anchor.startswith(("attributes-of", "settings-of"))} <= set(linked)


@every_page
def test_the_diagrams_have_only_what_mermaid_reads(written: str) -> None:
    words = r'"[A-Za-z0-9 ,.:()+=/_#;-]+(<br/>[A-Za-z0-9 ,.:()+=/_#;-]+){0,2}"'
    node = re.compile(rf"  (table|index\d+|query\d+)(\[\({words}\)\]|\[{words}\]|\(\[{words}\]\))")
    arrow = re.compile(r"  (\w+) (?:-->|-\. copied to \.->) (\w+)")
    for diagram in blocks(written, "mermaid"):
        first, *lines = diagram.splitlines()
        assert first == "flowchart LR"
        nodes = [found[1] for line in lines if (found := node.fullmatch(line))]
        arrows = [found.groups() for line in lines if (found := arrow.fullmatch(line))]
        assert len(nodes) + len(arrows) == len(lines), diagram
        assert len(set(nodes)) == len(nodes)
        assert {end for each in arrows for end in each} <= set(nodes)


def test_what_is_said_of_auditflow() -> None:
    written = page(auditflow(), CONSUMERS, {})
    documents = section(written, "AuditFlow-Documents")
    assert documents.startswith(
        "Metadata of the loan documents that were uploaded, and the data extracted from them.\n"
    )
    assert "- Partition key: `document_id` (string)" in documents
    assert "| `upload_timestamp` | string | index key |" in section(documents, "Attributes of AuditFlow-Documents")
    indexes = section(written, "Indexes of AuditFlow-AuditRecords")
    assert (
        "| `risk_score-audit_timestamp-index` | `status` (string) | `risk_score` (number) | all attributes |"
        " [high_risk_audits](#high_risk_audits) |" in indexes
    )
    assert "- `status-audit_timestamp-index`: Audits by status, by time." in indexes
    audits = section(written, "high_risk_audits")
    assert "- Key condition: `status = :status AND risk_score >= :threshold`" in audits
    assert "- Order: by `risk_score`, descending" in audits
    assert "--no-scan-index-forward" in audits
    assert "**dynamodb_schemas.AuditFlowAuditRecords.high_risk_audits(" in audits
    settings = section(written, "Settings of AuditFlow-Documents")
    assert "| encryption at rest | with the customer key `alias/auditflow` of KMS |" in settings
    assert "| point-in-time recovery | on, to any second of the last 35 days |" in settings
    assert "Items are kept for 7 years from `upload_timestamp`" in settings
    assert "so as AWS has it: stream, table class." in settings
    assert "So a new item that is in all indexes is 4 writes" in section(
        written, "Capacity and cost of AuditFlow-AuditRecords"
    )


def test_who_may_do_what() -> None:
    written = page(auditflow(), CONSUMERS)
    documents = section(written, "Permissions of AuditFlow-Documents")
    arn = "arn:aws:dynamodb:REGION:ACCOUNT:table/AuditFlow-Documents"
    index = f"{arn}/index/processing_status-upload_timestamp-index"
    assert f"(#documents_by_processing_status) | `dynamodb:Query` | `{index}` |" in documents
    assert f"| `dynamodb:GetItem`, `dynamodb:BatchGetItem` | `{arn}` |" in documents
    assert "customer key `alias/auditflow`" in documents
    assert "to read, `kms:Decrypt`, `kms:DescribeKey`;" in documents
    assert "| `auditor` | Audits \\| documents | `BatchGetItem`, `GetItem`, `Query` | the table, `loan_" in documents
    audits = section(written, "Permissions of AuditFlow-AuditRecords")
    assert "| `auditor` | Audits \\| documents | `Query` of `risk_score-audit_timestamp-index` | |" in audits
    assert "Who has been given what" not in page(auditflow())
    # The role's own consumers are AuditFlow's.
    assert "Who has been given what" not in page(ODD, CONSUMERS)


@pytest.mark.parametrize(
    "consumers", ["auditor", ["auditor"], [{"name": "auditor", "tables": ["AuditFlow-Documents"]}]]
)
def test_wrong_consumers_are_told(consumers: Any) -> None:
    with pytest.raises(DefinitionError, match="access_consumers"):
        page(auditflow(), consumers)


def test_every_format_has_words_and_values() -> None:
    formats = {name for names in documentation.FORMATS.values() for name in names}
    assert formats == set(schema_reference_attributes.FORMATS)
    for name in documentation.FORMATS["S"]:
        assert value("S", {"format": name}, 0, "any") < value("S", {"format": name}, 1, "any")


def test_alarms_are_told_where_they_are_made() -> None:
    written = page(auditflow(), None, {"rules": {"system_errors": {"enabled": False}}})
    alarms = section(written, "Alarms of AuditFlow-Documents")
    assert "| throttled reads | throttled > 0 in 1 of 2 periods of 300 s | the table, each global index |" in alarms
    assert "system_errors" not in alarms
    assert "- `DynamoDB account/user_errors`:" in section(written, "Alarms of the account")
    assert "larm" not in page(auditflow())


def test_what_few_values_and_optional_attributes_cost() -> None:
    state = {"type": "S", "values": ["NEW", "DONE"]}
    definition = {
        "name": "Orders",
        "attributes": {"id": "S", "state": state, "day": {"type": "S", "optional": True}},
        "partition_key": "id",
        "global_indexes": [
            {"name": "by-state", "partition_key": "state", "sort_key": "day", "projection": "KEYS_ONLY"}
        ],
    }
    cost = capacity(definition, parse_table({**definition, "attributes": {"id": "S", "state": "S", "day": "S"}}))
    assert [(index["name"], index["key"], index["absent"]) for index in cost["indexes"]] == [
        ("`by-state`", "`state`, `day`", ["`day`"])
    ]
    assert [(index["few"], index["partition"]) for index in cost["few"]] == [(2, "`state`")]


def test_the_documentation_of_attributes_is_shown() -> None:
    definition: dict[str, Any] = {
        "name": "Orders",
        "partition_key": "id",
        "attributes": {
            "id": {"type": "S", "format": "uuid"},
            "state": {"type": "S", "values": ["NEW", "DO|NE"], "description": "How far it is."},
            "share": {"type": "N", "minimum": 0, "maximum": 1, "optional": True},
            "lines": {
                "type": "L",
                "description": "What is ordered.",
                "elements": {
                    "type": "M",
                    "fields": {"sku": {"type": "S", "format": "text"}, "count": {"type": "N", "format": "integer"}},
                },
            },
            "labels": {"type": "L", "elements": {"type": "S", "values": ["a", "b"], "description": "In any order."}},
        },
    }
    assert [tuple(row.values()) for row in attribute_rows(definition)] == [
        ("`id`", "string", "UUID", "partition key", ""),
        ("`state`", "string", "`NEW`, <code>DO&#124;NE</code>", "", "How far it is."),
        ("`share`", "number", "0 to 1; optional", "", ""),
        ("`lines`", "list of maps", "", "", "What is ordered."),
        ("`lines[].sku`", "string", "free text", "", ""),
        ("`lines[].count`", "number", "whole number", "", ""),
        ("`labels`", "list of strings", "`a`, `b`", "", "In any order."),
    ]


@pytest.mark.parametrize(
    ("retention", "shown"),
    [
        ("7y", "7 years"),
        ("1y", "1 year"),
        ("18mo", "18 months"),
        ("6w", "6 weeks"),
        ("90d", "90 days"),
        ("1h", "1 hour"),
    ],
)
def test_a_retention_in_words(retention: str, shown: str) -> None:
    assert retention_words(retention) == shown


def test_nothing_but_the_page_is_told_a_description() -> None:
    for spec in parse_tables([*auditflow(), ODD[0]]):
        request = {
            name: SETTINGS[name].create(value, spec) for name, value in spec.wanted.items() if SETTINGS[name].on_create
        }
        assert "escription" not in str(request)
