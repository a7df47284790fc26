# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting by itself: what is found in AWS's answers, and what a verification says of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import MANAGED_KEY, key_arn
from ansible_collections.auditflow.dynamodb.tests.unit.running import ATTRIBUTES, NAME, UNITS

ARN = "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders"
DEFINITIONS = [{"AttributeName": name, "AttributeType": kind} for name, kind in ATTRIBUTES.items()]
ORDER_KEY = [{"AttributeName": "order_id", "KeyType": "HASH"}]
PPR = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
NOTHING = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}
FIVE = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5, "NumberOfDecreasesToday": 0}
BY_TOTAL = {
    "IndexName": "by-total",
    "IndexStatus": "ACTIVE",
    "KeySchema": [{"AttributeName": "total", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
    "ProvisionedThroughput": NOTHING,
    "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
}
TOTAL_ARGUMENT = {"name": "by-total", "partition_key": "total", "projection": {"include": ["a", "b"]}}
LOCAL = {
    "IndexName": "local-total",
    "KeySchema": [*ORDER_KEY, {"AttributeName": "total", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}


def state(description: dict[str, Any], **answers: Any) -> TableState:
    table = {"TableName": NAME, "TableStatus": "ACTIVE", "TableArn": ARN, "AttributeDefinitions": DEFINITIONS}
    return TableState(NAME, {**table, **description}, answers)


def ttl(**members: str) -> TableState:
    return state({}, DescribeTimeToLive={"TimeToLiveDescription": members})


def pitr(**members: Any) -> TableState:
    answer = {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": members}}
    return state({}, DescribeContinuousBackups=answer)


def tags(**found: str) -> TableState:
    listed = [{"Key": key.replace("__", ":"), "Value": value} for key, value in found.items()]
    return state({}, ListTagsOfResource={"Tags": listed})


# Setting, what AWS says, what it is in the words of the arguments, what it is in a few words.
FOUND: list[tuple[str, TableState, dict[str, Any], str]] = [
    (
        "keys",
        state({"KeySchema": [*ORDER_KEY, {"AttributeName": "total", "KeyType": "RANGE"}]}),
        {"attributes": {"order_id": "S", "total": "N"}, "partition_key": "order_id", "sort_key": "total"},
        "partition key order_id (S), sort key total (N)",
    ),
    ("keys", TableState(NAME, {}), {}, "no key"),
    (
        "billing",
        state({"ProvisionedThroughput": FIVE}),
        {"billing_mode": "PROVISIONED", "provisioned_throughput": UNITS},
        "PROVISIONED 5 read / 5 write",
    ),
    (
        "billing",
        state({**PPR, "ProvisionedThroughput": NOTHING}),
        {"billing_mode": "PAY_PER_REQUEST"},
        "PAY_PER_REQUEST",
    ),
    (
        "billing",
        state({**PPR, "OnDemandThroughput": {"MaxReadRequestUnits": 7}}),
        {
            "billing_mode": "PAY_PER_REQUEST",
            "on_demand_throughput": {"max_read_request_units": 7, "max_write_request_units": -1},
        },
        "PAY_PER_REQUEST, at most 7 read / unlimited write",
    ),
    (
        "billing",
        state({**PPR, "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}}),
        {"billing_mode": "PAY_PER_REQUEST"},
        "PAY_PER_REQUEST",
    ),
    (
        "warm_throughput",
        state({"WarmThroughput": {"ReadUnitsPerSecond": 15000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}}),
        {"warm_throughput": {"read_units_per_second": 15000, "write_units_per_second": 4000}},
        "15000 read / 4000 write per second",
    ),
    (
        "warm_throughput",
        state({"WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}}),
        {},
        "12000 read / 4000 write per second",
    ),
    (
        "local_indexes",
        state({"LocalSecondaryIndexes": [LOCAL]}),
        {"local_indexes": [{"name": "local-total", "sort_key": "total", "projection": "ALL"}]},
        "local-total (sort key total N, ALL)",
    ),
    ("local_indexes", state({}), {}, "none"),
    (
        "global_indexes",
        state({**PPR, "GlobalSecondaryIndexes": [BY_TOTAL]}),
        {"global_indexes": [TOTAL_ARGUMENT]},
        "by-total",
    ),
    ("global_indexes", state({"GlobalSecondaryIndexes": [{**BY_TOTAL, "IndexStatus": "DELETING"}]}), {}, "none"),
    ("encryption", state({}), {"encryption": {"type": "AWS_OWNED"}}, "AWS-owned key"),
    (
        "encryption",
        state({"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn("one")}}),
        {"encryption": {"type": "KMS", "key": key_arn("one")}},
        f"KMS {key_arn('one')}",
    ),
    ("table_class", state({}), {"table_class": "STANDARD"}, "STANDARD"),
    (
        "table_class",
        state({"TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}}),
        {"table_class": "STANDARD_INFREQUENT_ACCESS"},
        "STANDARD_INFREQUENT_ACCESS",
    ),
    ("stream", state({}), {"stream": {"enabled": False}}, "off"),
    ("stream", state({"StreamSpecification": {"StreamEnabled": False}}), {"stream": {"enabled": False}}, "off"),
    (
        "stream",
        state({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}),
        {"stream": {"enabled": True, "view_type": "NEW_IMAGE"}},
        "NEW_IMAGE",
    ),
    ("ttl", ttl(TimeToLiveStatus="DISABLED"), {"ttl": {"enabled": False}}, "off"),
    ("ttl", ttl(TimeToLiveStatus="DISABLING", AttributeName="a"), {"ttl": {"enabled": False}}, "off"),
    ("ttl", ttl(TimeToLiveStatus="ENABLED", AttributeName="a"), {"ttl": {"enabled": True, "attribute": "a"}}, "a"),
    ("ttl", ttl(TimeToLiveStatus="ENABLING", AttributeName="a"), {"ttl": {"enabled": True, "attribute": "a"}}, "a"),
    ("pitr", pitr(PointInTimeRecoveryStatus="DISABLED"), {"pitr": {"enabled": False}}, "off"),
    (
        "pitr",
        pitr(PointInTimeRecoveryStatus="ENABLED", RecoveryPeriodInDays=7),
        {"pitr": {"enabled": True, "recovery_period_days": 7}},
        "7 days",
    ),
    (
        "pitr",
        pitr(PointInTimeRecoveryStatus="ENABLED"),
        {"pitr": {"enabled": True, "recovery_period_days": 35}},
        "35 days",
    ),
    ("deletion_protection", state({"DeletionProtectionEnabled": True}), {"deletion_protection": True}, "on"),
    ("deletion_protection", state({}), {"deletion_protection": False}, "off"),
    ("tags", tags(Project="orders", aws__stack="x"), {"tags": {"Project": "orders"}}, "Project=orders"),
    ("tags", tags(), {"tags": {}}, "none"),
]


@pytest.mark.parametrize(
    ("name", "found", "arguments", "text"), FOUND, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_found_is_told_in_the_words_of_the_arguments(
    name: str, found: TableState, arguments: dict[str, Any], text: str
) -> None:
    setting = SETTINGS[name]
    value = setting.found(found)
    assert setting.arguments(value) == arguments
    assert setting.show(value) == text


def row(name: str, options: dict[str, Any], found: TableState) -> tuple[Any, ...]:
    """The first row of a verification of a setting."""
    setting = SETTINGS[name]
    spec = parse_table({"name": NAME, "attributes": ATTRIBUTES, **options})
    want = setting.resolve(spec.wanted[name], found)
    first = setting.rows(want, setting.found(found))[0]
    return (first.target, first.wanted, first.found, first.in_sync)


LIMITED = state({**PPR, "OnDemandThroughput": {"MaxReadRequestUnits": 7}})
KMS_ONE = {"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key_arn("one")}}
ALIAS = {"DescribeKey alias/orders": {"KeyMetadata": {"Arn": key_arn("one")}}}
MANAGED = {"DescribeKey alias/aws/dynamodb": {"KeyMetadata": {"Arn": MANAGED_KEY}}}
WARMED = state({"WarmThroughput": {"ReadUnitsPerSecond": 15000, "WriteUnitsPerSecond": 4000}})
INDEXED = state({**PPR, "GlobalSecondaryIndexes": [BY_TOTAL]})
TOTAL_TEXT = "partition key total, INCLUDE a, b"

# Setting, options, what AWS says, and the row: target, wanted, found, in sync.
ROWS: list[tuple[str, dict[str, Any], TableState, tuple[Any, ...]]] = [
    (
        "keys",
        {"partition_key": "order_id"},
        state({"KeySchema": ORDER_KEY}),
        ("", "partition key order_id (S)", "partition key order_id (S)", True),
    ),
    (
        "billing",
        {"on_demand_throughput": {"max_write_request_units": 9}},
        LIMITED,
        ("", "PAY_PER_REQUEST, at most 7 read / 9 write", "PAY_PER_REQUEST, at most 7 read / unlimited write", False),
    ),
    (
        "billing",
        {"on_demand_throughput": {"max_read_request_units": -1}},
        LIMITED,
        ("", "PAY_PER_REQUEST", "PAY_PER_REQUEST, at most 7 read / unlimited write", False),
    ),
    (
        "billing",
        {"billing_mode": "PAY_PER_REQUEST"},
        LIMITED,
        ("", *["PAY_PER_REQUEST, at most 7 read / unlimited write"] * 2, True),
    ),
    (
        "warm_throughput",
        {"warm_throughput": {"read_units_per_second": 13000}},
        WARMED,
        ("", *["15000 read / 4000 write per second"] * 2, True),
    ),
    (
        "warm_throughput",
        {"warm_throughput": {"write_units_per_second": 5000}},
        WARMED,
        ("", "15000 read / 5000 write per second", "15000 read / 4000 write per second", False),
    ),
    (
        "local_indexes",
        {"local_indexes": [{"name": "local-total", "sort_key": "total"}]},
        state({"LocalSecondaryIndexes": [LOCAL]}),
        ("local-total", *["local-total (sort key total N, ALL)"] * 2, True),
    ),
    (
        "local_indexes",
        {"local_indexes": [{"name": "local-total", "sort_key": "total"}]},
        state({}),
        ("local-total", "local-total (sort key total N, ALL)", "none", False),
    ),
    ("global_indexes", {"global_indexes": [TOTAL_ARGUMENT]}, INDEXED, ("by-total", TOTAL_TEXT, TOTAL_TEXT, True)),
    ("global_indexes", {"global_indexes": [TOTAL_ARGUMENT]}, state(PPR), ("by-total", TOTAL_TEXT, "none", False)),
    ("global_indexes", {"global_indexes": [], "purge_indexes": True}, INDEXED, ("by-total", "none", TOTAL_TEXT, False)),
    (
        "global_indexes",
        {"global_indexes": [{**TOTAL_ARGUMENT, "sort_key": "placed_at"}]},
        INDEXED,
        ("by-total", "partition key total, sort key placed_at, INCLUDE a, b", TOTAL_TEXT, False),
    ),
    (
        "encryption",
        {"encryption": {"key": "alias/orders"}},
        state(KMS_ONE, **ALIAS),
        ("", *["KMS alias/orders"] * 2, True),
    ),
    (
        "encryption",
        {"encryption": {}},
        state(KMS_ONE, **MANAGED),
        ("", f"KMS {MANAGED_KEY}", f"KMS {key_arn('one')}", False),
    ),
    ("encryption", {"encryption": {"type": "AWS_OWNED"}}, state({}), ("", *["AWS-owned key"] * 2, True)),
    ("table_class", {"table_class": "STANDARD"}, state({}), ("", "STANDARD", "STANDARD", True)),
    ("stream", {"stream": {"view_type": "NEW_IMAGE"}}, state({}), ("", "NEW_IMAGE", "off", False)),
    ("ttl", {"ttl": {"attribute": "a"}}, ttl(TimeToLiveStatus="DISABLED"), ("", "a", "off", False)),
    ("ttl", {"ttl": {"enabled": False}}, ttl(TimeToLiveStatus="ENABLED", AttributeName="a"), ("", "off", "a", False)),
    ("pitr", {"pitr": {}}, pitr(PointInTimeRecoveryStatus="DISABLED"), ("", "35 days", "off", False)),
    (
        "pitr",
        {"pitr": {}},
        pitr(PointInTimeRecoveryStatus="ENABLED", RecoveryPeriodInDays=7),
        ("", "7 days", "7 days", True),
    ),
    (
        "pitr",
        {"pitr": {"recovery_period_days": 8}},
        pitr(PointInTimeRecoveryStatus="ENABLED", RecoveryPeriodInDays=7),
        ("", "8 days", "7 days", False),
    ),
    ("deletion_protection", {"deletion_protection": True}, state({}), ("", "on", "off", False)),
    ("tags", {"tags": {"a": "2"}}, tags(a="1", b="1"), ("a", "2", "1", False)),
    ("tags", {"tags": {"a": "1"}}, tags(a="1", b="1"), ("a", "1", "1", True)),
    ("tags", {"tags": {}, "purge_tags": True}, tags(b="1", aws__stack="x"), ("b", "none", "1", False)),
]


@pytest.mark.parametrize(
    ("name", "options", "found", "expected"), ROWS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_verification_says_what_is_wanted_and_what_was_found(
    name: str, options: dict[str, Any], found: TableState, expected: tuple[Any, ...]
) -> None:
    assert row(name, options, found) == expected


@pytest.mark.parametrize(
    ("name", "options", "found", "note"),
    [
        (
            "global_indexes",
            {"global_indexes": []},
            INDEXED,
            "index by-total is not in the definition and is left alone",
        ),
        ("local_indexes", {"local_indexes": []}, state({"LocalSecondaryIndexes": [LOCAL]}), "AWS cannot remove it"),
    ],
)
def test_what_is_there_and_not_wanted_is_noted(
    name: str, options: dict[str, Any], found: TableState, note: str
) -> None:
    setting = SETTINGS[name]
    want = parse_table({"name": NAME, **options}).wanted[name]
    (told,) = setting.notes(want, setting.found(found))
    assert note in told


def test_every_option_belongs_to_one_setting() -> None:
    options = [option for setting in SETTINGS.values() for option in setting.options]
    assert len(options) == len(set(options))
    assert list(SETTINGS) == [setting.name for setting in SETTINGS.values()]
