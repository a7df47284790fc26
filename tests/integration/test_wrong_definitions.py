# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong definitions are told in full before any call to AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.integration.harness import GATE, ROOT, Ansible

DEFINITIONS = ROOT / "tests" / "unit" / "definitions"


def cases() -> dict[str, dict[str, Any]]:
    files = sorted(DEFINITIONS.glob("*.yml"))
    assert len(files) >= 30
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_wrong_definition_by_provision(ansible: Ansible, tmp_path: Path) -> None:
    """Each is a host of its own with its definitions as a variable, so that one run of the playbook does for all."""
    wrong = cases()
    inventory = tmp_path / "hosts.json"
    hosts = {name: {"tables_definitions": case["tables"]} for name, case in wrong.items()}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    run = ansible.playbook("provision", "-i", str(inventory))
    assert run.code == 2, run.output
    assert run.calls == []
    failed = [task for task in run.tasks if task.status == "failed" and not task.name.endswith(GATE)]
    told = {task.host: words(task.message) for task in failed}
    assert set(told) == set(wrong)
    # Ansible refuses it before the collection's own check sees it.
    assert "value for option 'tables'" in told["not_a_dictionary"]
    del wrong["not_a_dictionary"]
    missing = {
        name: (case["problems"], told[name])
        for name, case in wrong.items()
        if not all(words(problem) in told[name] for problem in case["problems"])
    }
    assert missing == {}


def test_wrong_arguments_of_the_modules(ansible: Ansible) -> None:
    many = cases()["many_mistakes"]
    run = ansible.tasks(
        {"name": "tables", "auditflow.dynamodb.tables": {"tables": many["tables"]}},
        {
            "name": "table",
            "auditflow.dynamodb.table": {
                "name": "Orders",
                "partition_key": "id",
                "stream": {"view_typ": "KEYS_ONLY"},
                "pitr": {"recovery_period_days": 36},
            },
        },
        {
            "name": "gsi",
            "auditflow.dynamodb.gsi": {
                "table": "Orders",
                "name": "by-day",
                "partition_key": "day",
                "projection": "SOME",
            },
        },
        {"name": "ttl", "auditflow.dynamodb.ttl": {"name": "Orders"}},
        {"name": "pitr", "auditflow.dynamodb.pitr": {"name": "Orders", "enabled": False, "recovery_period_days": 3}},
        {"name": "typo", "auditflow.dynamodb.table": {"name": "Orders", "partion_key": "id"}},
    )
    assert run.code == 0, run.output
    assert run.calls == []
    tables, table, gsi, ttl, pitr, typo = run.tasks
    assert {task.status for task in run.tasks} == {"failed"}
    assert tables.message.startswith(f"The definition is wrong in {len(many['problems'])} places:\n")
    assert tables.result["problems"] == many["problems"]
    assert len(table.result["problems"]) == 4, table.message
    assert "stream.view_typ: unknown option" in table.message
    assert "pitr.recovery_period_days: must be 1 to 35 days, not 36" in table.message
    assert "partition_key: 'day' has no type in 'attributes'" in gsi.message
    assert "projection: " in gsi.message
    assert "ttl.attribute: is required" in ttl.message
    assert "pitr.recovery_period_days: cannot be given when pitr.enabled is false" in pitr.message
    assert "Unsupported parameters" in typo.message
    assert "partion_key" in typo.message


def test_wrong_alias(ansible: Ansible) -> None:
    run = ansible.playbook("provision", extra={"tables_kms_alias": "auditflow"})
    assert run.code == 2, run.output
    assert "tables_kms_alias: 'auditflow' is not the alias of a customer key" in run.failure
    assert run.calls == []
