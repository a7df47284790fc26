# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AuditFlow's whole life by the real playbooks and modules, on a server that behaves as AWS does, in each profile."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.emulator.request_log import Call
from tests.aws_like.client import AwsLike
from tests.integration.auditflow import DOCUMENTS, INDEXES, TABLES, expected, key_arn, settings
from tests.integration.harness import ROOT, Ansible, Finished, Target, Task

CONFIRM = ",".join(sorted(TABLES))
# Chosen so that the slowest wait of a profile takes seconds.
SCALES = {"observed": 0.005, "documented": 0.005, "slow": 0.0005}
WINDOWS = 0.0002
# After four changes of the key AWS takes one in so many seconds, and nothing but time helps.
KEY_SECONDS = 6 * 3600 * WINDOWS
# What cannot be read beforehand; everything else that is refused is a mistake.
BUSY = re.compile(
    r"Requested resource not found: Table:|Backups are being enabled for the table|Table tags are being updated"
    r"|Only 1 indexed tables that can be created simultaneously|Time to live has been modified multiple times"
)
UNITS = ("read_capacity_units", "write_capacity_units")
UNFINISHED = r"is not finished: turn TTL on for gone_at: ValidationException: Time to live has been modified"


@pytest.fixture(params=list(SCALES), scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[AwsLike]:
    scale = SCALES[request.param]
    with AwsLike(profile=request.param, time_scale=scale, window_scale=WINDOWS) as running:
        yield running


def calls_of(server: AwsLike) -> Callable[[Path], Sequence[Call]]:
    """What reads the calls of a server that keeps its own log."""
    members = ("time", "service", "region", "operation", "status", "detail")

    def calls(_log: Path) -> Sequence[Call]:
        return [
            Call(**{name: call[name] for name in members}, resource=call["table"] or call["service"])
            for call in server.calls()
        ]

    return calls


@pytest.fixture
def ansible(server: AwsLike, tmp_path: Path) -> Ansible:
    return Ansible(Target(server.url, tmp_path / "the server keeps its own", calls_of(server), server.region), tmp_path)


def test_the_whole_life(server: AwsLike, ansible: Ansible) -> None:
    provision(ansible)
    reconfigure(ansible)
    time.sleep(KEY_SECONDS)
    provision(ansible, "-e", json.dumps({"tables_purge_indexes": True, "tables_allow_index_rebuild": True}))
    teardown(ansible)
    refused = [call for call in server.calls() if call["error"] and not BUSY.search(call["message"])]
    listed = [f"{call['operation']} {call['table']} {call['error']}: {call['message']}" for call in refused]
    assert not listed, "\n".join(listed)


def provision(ansible: Ansible, *arguments: str) -> None:
    first = ansible.playbook("provision", *arguments)
    assert first.code == 0, first.output
    for table in TABLES:
        found = settings(ansible.target, table)
        assert {**found, "tags": None} == {**expected(table, key_arn(ansible.target)), "tags": None}
        assert found["tags"].items() >= expected(table, "")["tags"].items()
    again = ansible.playbook("provision", *arguments)
    assert again.code == 0, again.output
    check_silent(again)


def check_silent(run: Finished) -> None:
    assert run.changed == []
    assert run.calls.writes == []


def teardown(ansible: Ansible) -> None:
    run = ansible.playbook("teardown", "-e", f"confirm={CONFIRM}")
    assert run.code == 0, run.output
    assert ansible.target.client().list_tables()["TableNames"] == []
    check_silent(ansible.playbook("teardown", "-e", f"confirm={CONFIRM}"))


# Reconfiguration


def reconfigure(ansible: Ansible) -> None:
    """Four changes of everything, each with the run after it, which changes nothing."""
    first, second, third, fourth = stages()
    run = ansible.tasks(
        task("much", first),
        # AWS takes the second half of the rename of TTL later.
        task("the rest of TTL", first),
        *(task(f"{name}{again}", stage) for name, stage in named(first, second, third) for again in ("", ", again")),
        warnings=[UNFINISHED],
    )
    check_tasks(run.tasks)
    check_third(ansible.target)
    run = ansible.tasks(task("fourth", fourth), task("fourth, again", fourth))
    check_tasks(run.tasks)
    found = settings(ansible.target, DOCUMENTS)
    assert (found["billing"], found["stream"], found["class"], found["encryption"], found["ttl"]) == (
        "PAY_PER_REQUEST",
        None,
        "STANDARD",
        None,
        None,
    )


def named(*stages: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    return list(zip(("first", "second", "third"), stages, strict=True))


def check_tasks(tasks: Sequence[Task]) -> None:
    for each in tasks:
        assert each.status == "ok", each.message
    much, rest, first, *others = tasks if tasks[0].name == "much" else (None, None, None, *tasks)
    if much and rest and first:
        assert [each for each in much.result["pending"] if "turn TTL on for gone_at" in each]
        assert [step["operation"] for each in rest.result["results"] for step in each["plan"]] == [
            "UpdateTimeToLive"
        ] * 2
        assert not first.changed
    for each in others:
        assert each.changed != each.name.endswith("again"), (each.name, each.result["plan_text"])
        assert each.result["pending"] == []


def task(name: str, definitions: list[dict[str, Any]]) -> dict[str, Any]:
    how = {"purge_indexes": True, "purge_tags": True, "allow_index_rebuild": True}
    return {"name": name, "auditflow.dynamodb.tables": {"tables": definitions, "parallel": 10, **how}}


def units(read: int, write: int) -> dict[str, int]:
    return dict(zip(UNITS, (read, write), strict=True))


def stages() -> tuple[list[dict[str, Any]], ...]:
    """Billing both ways with indexes; throughput up and down; every kind of key; the stream's view; and so on."""
    first = {
        "billing_mode": "PROVISIONED",
        "provisioned_throughput": units(20, 10),
        "stream": {"view_type": "NEW_IMAGE"},
        "encryption": {"type": "AWS_OWNED"},
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "ttl": {"attribute": "gone_at"},
        "pitr": {"recovery_period_days": 7},
        "tags": {"Project": "AuditFlow-Pro", "Stage": "change"},
        "deletion_protection": False,
    }
    second = {
        **first,
        "provisioned_throughput": units(40, 20),
        "stream": {"view_type": "KEYS_ONLY"},
        "encryption": {"type": "KMS"},
        "pitr": {"enabled": False},
        "tags": {"Project": "AuditFlow-Pro"},
        "deletion_protection": True,
    }
    third = {
        **second,
        "provisioned_throughput": units(5, 5),
        "encryption": {"key": "alias/auditflow-dynamodb-encryption"},
        "pitr": {"recovery_period_days": 14},
    }
    fourth = {
        **{name: value for name, value in third.items() if name != "provisioned_throughput"},
        "billing_mode": "PAY_PER_REQUEST",
        "stream": {"enabled": False},
        "encryption": {"type": "AWS_OWNED"},
        "table_class": "STANDARD",
        "ttl": {"enabled": False},
    }
    amounts = (units(10, 5), units(20, 5), units(5, 5), None)
    return tuple(
        [table(name, change, amount) for name in TABLES]
        for change, amount in zip((first, second, third, fourth), amounts, strict=True)
    )


def table(name: str, change: dict[str, Any], amount: dict[str, int] | None) -> dict[str, Any]:
    """One of AuditFlow's tables: its first index goes, its second is built anew, another is new."""
    defaults = yaml.safe_load((ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8"))
    definition = next(each for each in defaults["tables_definitions"] if each["name"] == name)
    _gone, rebuilt, *kept = sorted(definition["global_indexes"], key=lambda index: index["name"])
    partition, sort = INDEXES[name][rebuilt["name"]]
    new = {"name": "new-index", "partition_key": sort, "sort_key": partition, "projection": {"include": ["note"]}}
    indexes = [{**rebuilt, "projection": "KEYS_ONLY"}, *kept, new]
    capacity = {"provisioned_throughput": amount} if amount else {}
    changed = {**change, "global_indexes": [{**index, **capacity} for index in indexes], "access_patterns": []}
    return {**definition, **changed}


def check_third(target: Target) -> None:
    for name in TABLES:
        found = settings(target, name)
        _gone, rebuilt, *kept = sorted(INDEXES[name])
        assert found["status"] == "ACTIVE"
        assert {index: found["indexes"][index][2:] for index in found["indexes"]} == {
            rebuilt: ("KEYS_ONLY", "ACTIVE"),
            **dict.fromkeys(kept, ("ALL", "ACTIVE")),
            "new-index": ("INCLUDE note", "ACTIVE"),
        }
        told = {key: found[key] for key in ("billing", "encryption", "ttl", "pitr", "tags", "protection", "stream")}
        assert told == {
            "billing": "PROVISIONED",
            "encryption": key_arn(target),
            "ttl": "gone_at",
            "pitr": 14,
            "tags": {"Project": "AuditFlow-Pro"},
            "protection": True,
            "stream": "KEYS_ONLY",
        }
        assert found["class"] == "STANDARD_INFREQUENT_ACCESS"
        shown = target.client().describe_table(TableName=name)["Table"]
        capacities = [shown, *shown["GlobalSecondaryIndexes"]]
        assert {each["ProvisionedThroughput"]["ReadCapacityUnits"] for each in capacities} == {5}
