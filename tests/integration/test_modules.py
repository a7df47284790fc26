# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module in check mode, applied and applied again: what AWS holds then, and which calls were made."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.integration.auditflow import settings
from tests.integration.harness import Ansible, Finished, Target, Task

TABLE = "auditflow.dynamodb.table"


def definition(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "attributes": {"id": "S"}, "partition_key": "id", **more}


def make(target: Target, name: str, **more: Any) -> str:
    """A table made by a plain call; its ARN."""
    made = target.client().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    arn: str = made["TableDescription"]["TableArn"]
    return arn


def three_times(module: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """In check mode, for real, and again."""
    return [
        {"name": "check", f"auditflow.dynamodb.{module}": arguments, "check_mode": True, "diff": True},
        {"name": "apply", f"auditflow.dynamodb.{module}": arguments, "diff": True},
        {"name": "again", f"auditflow.dynamodb.{module}": arguments, "diff": True},
    ]


def check_three_times(tasks: list[Task], writes: list[str]) -> None:
    """Check mode planned what was then done, nothing was done in check mode, and nothing the second time."""
    check, applied, again = tasks
    assert [task.status for task in tasks] == ["ok"] * 3, [task.message for task in tasks]
    # TTL and PITR are set side by side.
    assert sorted(operation for operation, _resource in applied.calls.writes) == sorted(writes)
    assert check.operations == applied.operations == writes
    assert check.result["plan_text"] == applied.result["plan_text"]
    assert check.result["diff"] == applied.result["diff"]
    assert check.result["diff"]["before"] != check.result["diff"]["after"]
    assert (check.changed, applied.changed, again.changed) == (True, True, False)
    assert check.calls.writes == again.calls.writes == []
    assert again.result["in_sync"]
    assert again.operations == []
    assert again.result["diff"]["before"] == again.result["diff"]["after"]


def test_pitr_touches_nothing_else(ansible: Ansible, emulator: Target, name: str) -> None:
    make(emulator, name)
    run = ansible.tasks(
        *three_times("pitr", {"name": name, "recovery_period_days": 7}),
        *three_times("pitr", {"name": name, "enabled": False}),
    )
    check_three_times(run.tasks[:3], ["UpdateContinuousBackups"])
    check_three_times(run.tasks[3:], ["UpdateContinuousBackups"])
    assert {call.operation for call in run.calls} == {"DescribeContinuousBackups", "UpdateContinuousBackups"}
    assert run.tasks[0].calls.reads == run.tasks[2].calls.reads == Counter(DescribeContinuousBackups=1)
    assert run.tasks[1].result["diff"]["after"]["pitr"] == {"enabled": True, "recovery_period_days": 7}
    assert settings(emulator, name)["pitr"] is None


def test_ttl_touches_nothing_else(ansible: Ansible, emulator: Target, name: str) -> None:
    make(emulator, name)
    run = ansible.tasks(
        *three_times("ttl", {"name": name, "attribute": "expires"}),
        *three_times("ttl", {"name": name, "attribute": "gone_at"}),
        {"name": "the table module, TTL alone", TABLE: {"name": name, "ttl": {"attribute": "gone_at"}}},
        *three_times("ttl", {"name": name, "enabled": False}),
    )
    check_three_times(run.tasks[:3], ["UpdateTimeToLive"])
    check_three_times(run.tasks[3:6], ["UpdateTimeToLive", "UpdateTimeToLive"])
    check_three_times(run.tasks[7:], ["UpdateTimeToLive"])
    assert {call.operation for call in run.calls} == {"DescribeTimeToLive", "UpdateTimeToLive"}
    assert run.tasks[6].calls.reads == Counter(DescribeTimeToLive=1)
    assert settings(emulator, name)["ttl"] is None


def test_gsi(ansible: Ansible, emulator: Target, name: str) -> None:
    make(emulator, name)
    index = {
        "table": name,
        "name": "by-day",
        "attributes": {"tenant": "S", "day": "S", "hour": "N"},
        "partition_key": ["tenant", "day"],
        "sort_key": "hour",
        "projection": {"include": ["amount"]},
    }
    rebuilt = {**index, "projection": "ALL"}
    run = ansible.tasks(
        *three_times("gsi", index),
        {"name": "another projection", "auditflow.dynamodb.gsi": rebuilt},
        *three_times("gsi", {**rebuilt, "allow_index_rebuild": True}),
        *three_times("gsi", {"table": name, "name": "by-day", "state": "absent"}),
    )
    check_three_times(run.tasks[:3], ["UpdateTable"])
    refused = run.tasks[3]
    assert refused.status == "failed"
    assert "index by-day has projection INCLUDE amount -> ALL, which AWS cannot change in place" in refused.message
    assert "allow_index_rebuild: true" in refused.message
    assert refused.calls.writes == []
    check_three_times(run.tasks[4:7], ["UpdateTable", "UpdateTable"])
    check_three_times(run.tasks[7:], ["UpdateTable"])
    assert {call.operation for call in run.calls} == {"DescribeTable", "UpdateTable"}
    assert settings(emulator, name)["indexes"] == {}
    assert settings(emulator, name)["types"] == {"id": "S"}


def everything(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": {
            "id": "S", "created": "N", "customer": "S", "state": "B", "tenant": "S",
            "note": {"type": "S", "description": "Only documented: no key uses it."},
        },
        "partition_key": "id",
        "sort_key": "created",
        "local_indexes": [{"name": "by-state", "sort_key": "state", "projection": {"include": ["note"]}}],
        "global_indexes": [
            {
                "name": "by-customer",
                "partition_key": ["tenant", "customer"],
                "sort_key": "created",
                "projection": "KEYS_ONLY",
                "on_demand_throughput": {"max_read_request_units": 100},
                "warm_throughput": {"read_units_per_second": 13000, "write_units_per_second": 5000},
            },
        ],
        "billing_mode": "PAY_PER_REQUEST",
        "on_demand_throughput": {"max_read_request_units": 200, "max_write_request_units": 50},
        "warm_throughput": {"read_units_per_second": 14000, "write_units_per_second": 6000},
        "encryption": {"type": "KMS"},
        "ttl": {"attribute": "expires"},
        "pitr": {"recovery_period_days": 14},
        "stream": {"view_type": "NEW_IMAGE"},
        "deletion_protection": True,
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "tags": {"Project": "Shop"},
    }  # fmt: skip


def test_table_with_every_setting_and_adopted(ansible: Ansible, emulator: Target, name: str) -> None:
    """What table_info returns as arguments is a definition under which nothing changes, and so adopts the table."""
    run = ansible.tasks(
        *three_times("table", everything(name)),
        {"name": "look", "auditflow.dynamodb.table_info": {"names": [name]}, "register": "found"},
        {
            "name": "adopt",
            "auditflow.dynamodb.tables": {"tables": "{{ found.tables | map(attribute='arguments') }}"},
            "diff": True,
        },
    )
    check_three_times(run.tasks[:3], ["CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"])
    found = settings(emulator, name)
    assert found["keys"] == ("id", "created")
    assert found["types"] == {"id": "S", "created": "N", "customer": "S", "state": "B", "tenant": "S"}
    assert found["indexes"] == {"by-customer": ("tenant", "customer", "created", "KEYS_ONLY", "ACTIVE")}
    assert (found["ttl"], found["pitr"], found["stream"]) == ("expires", 14, "NEW_IMAGE")
    assert (found["class"], found["protection"]) == ("STANDARD_INFREQUENT_ACCESS", True)
    table = emulator.client().describe_table(TableName=name)["Table"]
    assert table["LocalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] == ["note"]
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 200, "MaxWriteRequestUnits": 50}
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 14000

    look, adopt = run.tasks[3:]
    (entry,) = look.result["tables"]
    managed = {name for name in everything(name) if name not in ("name", "attributes")}
    assert managed <= set(entry["arguments"])
    assert look.calls.writes == adopt.calls.writes == []
    assert not adopt.changed
    assert adopt.result["in_sync"]
    assert adopt.result["diff"] == []


def test_change_of_everything_that_can_be_changed(ansible: Ansible, emulator: Target, name: str) -> None:
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    emulator.client("kms").create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    changed = {
        **everything(name),
        "on_demand_throughput": {"max_read_request_units": -1},
        "warm_throughput": {"read_units_per_second": 15000},
        "encryption": {"type": "KMS", "key": f"alias/{name}"},
        "ttl": {"enabled": False},
        "pitr": {"enabled": False},
        "stream": {"enabled": False},
        "deletion_protection": False,
        "table_class": "STANDARD",
        "tags": {"Project": "Store", "Stage": "test"},
    }
    run = ansible.tasks({"name": "make", TABLE: everything(name)}, *three_times("table", changed))
    check, applied, again = run.tasks[1:]
    assert [task.status for task in run.tasks] == ["ok"] * 4, run.output
    assert Counter(operation for operation, _resource in applied.calls.writes) == Counter(
        UpdateTable=6, UpdateTimeToLive=1, UpdateContinuousBackups=1, TagResource=1
    )
    assert sorted(check.operations) == sorted(operation for operation, _resource in applied.calls.writes)
    assert check.calls.writes == again.calls.writes == []
    found = settings(emulator, name)
    assert found["encryption"] == key
    assert (found["ttl"], found["pitr"], found["stream"], found["protection"]) == (None, None, None, False)
    assert (found["class"], found["tags"]) == ("STANDARD", {"Project": "Store", "Stage": "test"})
    table = emulator.client().describe_table(TableName=name)["Table"]
    assert table["OnDemandThroughput"] == {"MaxWriteRequestUnits": 50}
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 15000


def test_tables_side_by_side_and_one_failing(ansible: Ansible, emulator: Target, name: str) -> None:
    """One table's failure does not stop the others; the failed one is named, and so are those that were changed."""
    good, other = f"{name}-good", f"{name}-other"
    emulator.client().create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "else", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "else", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    make(emulator, other, Tags=[{"Key": "Owner", "Value": "them"}])
    tables = [
        definition(good, tags={"Project": "Shop"}),
        definition(name, ttl={"attribute": "expires"}),
        definition(other, tags={"Project": "Shop"}),
    ]
    arguments = {"tables": tables}
    run = ansible.tasks(
        {"name": "check", "auditflow.dynamodb.tables": arguments, "check_mode": True, "diff": True},
        {"name": "apply", "auditflow.dynamodb.tables": arguments, "diff": True},
        {"name": "again", "auditflow.dynamodb.tables": {"tables": [tables[0], tables[2]]}, "diff": True},
        {"name": "settings alone", "auditflow.dynamodb.tables": {"tables": tables, "only": ["ttl"]}},
    )
    check, applied, again, settings_alone = run.tasks
    for task in (check, applied):
        assert task.status == "failed"
        assert task.message.startswith(f"1 of 3 tables failed:\n- {name}: keys: ")
        assert "partition key else (N)" in task.message
        assert [result["name"] for result in task.result["results"]] == [name]
        assert task.result["results"][0]["failed"]
        assert task.result["changed_tables"] == [good, other]
    assert check.calls.writes == []
    assert [diff["after_header"].split()[0] for diff in applied.result["diff"]] == [good, name, other]
    operations = sorted(operation for operation, _resource in applied.calls.writes)
    assert operations == ["CreateTable", "TagResource"]
    assert settings(emulator, good)["tags"] == {"Project": "Shop"}
    assert settings(emulator, other)["tags"] == {"Project": "Shop", "Owner": "them"}
    assert again.status == "ok"
    assert not again.changed
    assert [result["name"] for result in again.result["results"]] == [good, other]
    # The keys are not looked at when they are not asked for.
    assert settings_alone.status == "ok", settings_alone.message
    assert {call.operation for call in settings_alone.calls} == {"DescribeTimeToLive", "UpdateTimeToLive"}
    assert settings(emulator, name)["ttl"] == "expires"


def _names(task: Task) -> list[str]:
    return [entry["name"] for entry in task.result["tables"]]


def test_table_info(ansible_of: Any, region: Target) -> None:
    make(region, "Shop-Orders", Tags=[{"Key": "Project", "Value": "Shop"}, {"Key": "Stage", "Value": "test"}])
    make(region, "Shop-Customers", Tags=[{"Key": "Project", "Value": "Shop"}])
    make(region, "Bank-Accounts")
    info = "auditflow.dynamodb.table_info"
    run: Finished = ansible_of(region).tasks(
        {"name": "names", info: {"names": ["Shop-Orders", "No-Such-Table"]}},
        {"name": "pattern", info: {"name_pattern": "Shop-*"}, "check_mode": True},
        {"name": "tags", info: {"tags": {"Project": "Shop", "Stage": ""}}},
        {"name": "all", info: {}},
        {"name": "none", info: {"names": []}},
        {"name": "both", info: {"names": ["a"], "name_pattern": "b"}},
    )
    names, pattern, tags, everything_there, none, both = run.tasks
    assert _names(names) == ["Shop-Orders"]
    assert _names(pattern) == ["Shop-Customers", "Shop-Orders"]
    assert _names(tags) == ["Shop-Orders"]
    assert _names(everything_there) == ["Bank-Accounts", "Shop-Customers", "Shop-Orders"]
    assert _names(none) == []
    assert both.status == "failed"
    assert "mutually exclusive: names|name_pattern" in both.message
    assert run.calls.writes == []
    assert run.changed == []
    (entry,) = names.result["tables"]
    assert entry["table"]["table_status"] == "ACTIVE"
    assert entry["table"]["tags"] == {"Project": "Shop", "Stage": "test"}
    assert entry["arguments"]["attributes"] == {"id": "S"}
    # The emulator lacks these two; the rest of the entry is there all the same.
    assert set(entry["unavailable"]) == {"DescribeContributorInsights", "DescribeKinesisStreamingDestination"}
