# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated Python: what it gives, how it reads, and that it is right for any names."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.times import AUTO, moment_of, parse_retention
from ansible_collections.auditflow.dynamodb.plugins.module_utils.queries import query_parameters
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_json import schema_json
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_python import schema_python
from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_python_text import literal
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"S": "a", "N": 7, "B": b"a", "BOOL": True}

SHOP: list[dict[str, Any]] = [
    {
        "name": "2nd.orders-eu",
        "attributes": {
            "customer-id": {"type": "N", "description": 'Ends with a quote"'},
            "class": "B",
            "state": {"type": "S", "values": ["OPEN", "2 DAYS LATE", "2-DAYS-LATE"]},
            "placed": {"type": "N", "format": "unix_seconds"},
            "lines": {"type": "L", "elements": {"type": "M", "fields": {"kind": {"type": "S", "values": ["A", "B"]}}}},
        },
        "partition_key": "customer-id",
        "sort_key": "class",
        "local_indexes": [{"name": "by-state", "sort_key": "state", "projection": "KEYS_ONLY"}],
        "global_indexes": [
            {
                "name": "by.state",
                "partition_key": ["state", "customer-id"],
                "sort_key": "placed",
                "projection": {"include": ["lines"]},
            }
        ],
        "ttl": {"attribute": "gone", "timestamp": "placed", "retention": "36h"},
        "access_patterns": [
            {
                "name": "import",
                "index": "by.state",
                "parameters": {"state": "S", "from": "N", "table_name": "N", "customer": "N"},
                "key_condition": '"state" = :state AND "customer-id" = :customer AND placed BETWEEN :from AND :table_name',  # noqa: E501
                "limit": 3,
            },
            {
                "name": "create_parameters",
                "parameters": {"id": "N"},
                "key_condition": '"customer-id" = :id',
                "order": "descending",
            },
        ],
    },
    {
        "name": "2nd-orders.eu",
        "attributes": {"id": "S", "state": {"type": "S", "values": ["OPEN"]}},
        "partition_key": "id",
        "billing_mode": "PROVISIONED",
        "provisioned_throughput": {"read_capacity_units": 1, "write_capacity_units": 2},
    },
    {"name": "Enum", "attributes": {"id": "S"}, "partition_key": "id"},
    {"name": "someone-elses", "pitr": {"enabled": True}},
]


def auditflow() -> list[dict[str, Any]]:
    text = (ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8")
    tables: list[dict[str, Any]] = yaml.safe_load(text)["tables_definitions"]
    return [{**table, "encryption": {"type": "KMS", "key": "alias/tables"}, "tags": {"a": "b"}} for table in tables]


def load(path: Path, definitions: list[dict[str, Any]]) -> ModuleType:
    path.write_text(schema_python(definitions), encoding="utf-8")
    return load_file(path)


def load_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(tmp_path_factory.mktemp("auditflow") / "dynamodb_schemas.py", auditflow())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(tmp_path_factory.mktemp("shop") / "shop_schemas.py", SHOP)


@pytest.mark.parametrize("definitions", [auditflow(), SHOP, SHOP[2:], []], ids=["auditflow", "shop", "plain", "none"])
def test_it_passes_as_if_written_by_hand(definitions: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "dynamodb_schemas.py"
    path.write_text(schema_python(definitions), encoding="utf-8")
    rules = ["--isolated", "--line-length", "120", "--target-version", "py310"]
    for command in (
        ["-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), path.name],
        ["-m", "ruff", "check", *rules, "--select", "E,F,W,I,UP,B,SIM,PYI,RUF,N", "--no-cache", path.name],
        ["-m", "ruff", "format", *rules, "--check", "--no-cache", path.name],
    ):
        run = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_every_access_pattern_is_a_function(generated: ModuleType) -> None:
    for definition, title in zip(auditflow(), ("AuditFlowDocuments", "AuditFlowAuditRecords"), strict=True):
        table = getattr(generated, title)
        patterns = parse_table(definition).access_patterns
        assert list(table.ACCESS_PATTERNS) == [pattern.name for pattern in patterns]
        for pattern in patterns:
            values = {name: VALUES[parameter.type] for name, parameter in pattern.parameters.items()}
            expected = {"TableName": table.NAME, **query_parameters(pattern, values)}
            assert getattr(table, pattern.name)(**values) == table.ACCESS_PATTERNS[pattern.name](**values) == expected
            assert table.ACCESS_PATTERNS[pattern.name](**values, table_name="other")["TableName"] == "other"
    assert generated.TABLES == ("AuditFlow-Documents", "AuditFlow-AuditRecords")


def test_members_of_enumerations_are_taken_as_their_values(generated: ModuleType) -> None:
    assert [each.value for each in generated.RiskLevel] == ["LOW", "MEDIUM", "HIGH", "CRITICAL"]
    found = generated.AuditFlowAuditRecords.high_risk_audits(status=generated.Status.FAILED, threshold=Decimal("70.5"))
    values = found["ExpressionAttributeValues"]
    assert values == {":status": {"S": "FAILED"}, ":threshold": {"N": "70.5"}}
    assert not isinstance(values[":status"]["S"], generated.Status)


def test_odd_names(shop: ModuleType) -> None:
    """What Python keeps for itself, or is there already, gets a name beside it."""
    first, second, third = shop.The2ndOrdersEu, shop.The2ndOrdersEu2, shop.Enum2
    assert (first.NAME, second.NAME, third.NAME) == ("2nd.orders-eu", "2nd-orders.eu", "Enum")
    assert (first.PARTITION_KEY, first.SORT_KEY) == ("customer-id", "class")
    assert (first.Index.BY_STATE, first.Index.BY_STATE2) == ("by.state", "by-state")
    assert [each.value for each in shop.State] == ["OPEN", "2 DAYS LATE", "2-DAYS-LATE"]
    assert [each.name for each in shop.State] == ["OPEN", "_2_DAYS_LATE", "_2_DAYS_LATE2"]
    assert [each.value for each in shop.The2ndOrdersEu2State] == ["OPEN"]
    found = first.import_(state="OPEN", from_=1, table_name2=2, customer=3)
    assert found["ExpressionAttributeValues"][":from"] == {"N": "1"}
    assert found["Limit"] == 3
    assert list(first.ACCESS_PATTERNS) == ["import", "create_parameters"]
    assert first.create_parameters2(id=1)["ScanIndexForward"] is False
    assert set(first.Item.__annotations__) == {"customer-id", "class", "state", "placed", "lines"}
    assert not hasattr(shop.SomeoneElses, "create_parameters")
    assert second.create_parameters("x")["ProvisionedThroughput"] == {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}


def test_hours_after_unix_seconds(shop: ModuleType) -> None:
    assert shop.The2ndOrdersEu.expires_at(1_700_000_000) == 1_700_000_000 + 36 * 3600
    assert shop.The2ndOrdersEu.expires_at(1_700_000_000_123) == 1_700_000_000 + 36 * 3600


TEXTS = st.one_of(
    st.datetimes(timezones=st.none() | st.just(UTC)).map(datetime.isoformat),
    st.from_regex(
        r"(1|2)\d{3}-(0[1-9]|1[0-2])-(0[1-9]|3[01])[T ]2[0-4]:5\d(:(5\d|60)(\.\d+)?)?( ?Z|[+-]\d\d(:?\d\d)?)?",
        fullmatch=True,
    ),
    st.sampled_from(
        ["2024-02-29", "2024-02-29T23:59:60z", "1700000000", "1700000000123", "0.5", "yesterday", "", "2024-13-01", "٣"]
    ),
)


@given(TEXTS)
def test_the_rule_of_expiry_is_that_of_the_backfill(generated: ModuleType, text: str) -> None:
    moment = moment_of({"S": text}, AUTO)
    end = parse_retention("7y").after(moment) if moment else None
    if end is None:
        with pytest.raises((ValueError, OverflowError)):
            generated.AuditFlowDocuments.expires_at(text)
    else:
        assert generated.AuditFlowDocuments.expires_at(text) == int(end.timestamp())


def test_moments_expire_as_their_texts_do(generated: ModuleType) -> None:
    expires_at = generated.AuditFlowDocuments.expires_at
    east = timezone(timedelta(hours=5, minutes=30))
    naive = datetime.fromisoformat("2020-02-29T12:00:00")
    assert expires_at(naive) == expires_at("2020-02-29T12:00:00Z")
    assert expires_at(datetime(2020, 2, 29, 12, tzinfo=east)) == expires_at("2020-02-29T12:00:00+05:30")
    assert datetime.fromtimestamp(expires_at("2020-02-29T12:00:00Z"), UTC).isoformat() == "2027-03-01T12:00:00+00:00"


@given(
    st.text() | st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()),
    st.integers(0, 4),
    st.integers(0, 200),
)
def test_a_literal_is_what_it_says(value: Any, depth: int, before: int) -> None:
    namespace: dict[str, Any] = {}
    exec(f"found = {literal(value, depth, before)}", namespace)  # noqa: S102
    assert namespace["found"] == value


def test_the_same_as_data() -> None:
    documents = schema_json(auditflow())["tables"][0]
    assert documents["attributes"]["processing_status"]["values"] == ["PENDING", "PROCESSING", "COMPLETED", "FAILED"]
    assert documents["retention"] == {"attribute": "ttl", "timestamp": "upload_timestamp", "period": "7y"}
    assert documents["create_parameters"]["TableName"] == "AuditFlow-Documents"
    assert [call["operation"] for call in documents["then"]] == ["UpdateTimeToLive", "UpdateContinuousBackups"]
    assert [pattern["name"] for pattern in documents["access_patterns"]] == [
        pattern.name for pattern in parse_table(auditflow()[0]).access_patterns
    ]
    order = schema_json(SHOP)["tables"][0]
    assert order["attributes"]["lines"]["elements"]["fields"]["kind"] == {"type": "S", "values": ["A", "B"]}
    assert "create_parameters" not in schema_json(SHOP)["tables"][3]
