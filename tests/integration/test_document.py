# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What document.yml writes, without asking AWS; tables made by the generated Python are those of the definitions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.integration.auditflow import TABLES
from tests.integration.harness import ROOT, Ansible, Target
from tests.unit.test_schema_python import load_file

FILES = {"DYNAMODB_SCHEMA.md", "dynamodb_schemas.json", "dynamodb_schemas.py", "definition.schema.json"}


def test_what_is_shipped_is_up_to_date(ansible: Ansible) -> None:
    """docs/schema is what document.yml writes of the shipped definitions."""
    run = ansible.playbook("document", "--check", "--diff", extra={"folder": str(ROOT / "docs" / "schema")})
    assert run.code == 0, run.output
    assert run.changed == [], run.output
    assert run.calls == []


def test_several_hosts_have_a_folder_each(ansible: Ansible, tmp_path: Path) -> None:
    folder = tmp_path / "schema"
    extra = {"folder": str(folder)}
    checked = ansible.playbook("document", "-i", "inventories/example-multi-region", "--check", "--diff", extra=extra)
    assert checked.code == 0, checked.output
    assert "class Consents:" in checked.output
    assert not folder.exists()
    run = ansible.playbook("document", "-i", "inventories/example-multi-region", extra=extra)
    assert run.code == 0, run.output
    assert {path.name for path in folder.iterdir()} == {"ireland", "frankfurt", "mumbai"}
    for host in folder.iterdir():
        assert {path.name for path in host.iterdir()} == FILES
        tables = [table["name"] for table in json.loads((host / "dynamodb_schemas.json").read_text())["tables"]]
        assert tables == (["orders"] if host.name == "mumbai" else ["orders", "consents"])
    again = ansible.playbook("document", "-i", "inventories/example-multi-region", extra=extra)
    assert again.changed == []


def test_mistakes_are_told_and_nothing_is_written(ansible: Ansible, tmp_path: Path) -> None:
    wrong = [{"name": "orders", "attributes": {"id": {"type": "S", "format": "guid"}}, "partition_key": "id"}]
    extra = {"folder": str(tmp_path / "schema"), "tables_definitions": wrong}
    run = ansible.playbook("document", extra=extra)
    assert run.code == 2
    assert "tables[0].attributes.id.format: must be one of uuid, timestamp" in run.output
    assert not (tmp_path / "schema").exists()


def test_tables_made_by_the_generated_python(region: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    """provision has nothing to do at them but what CreateTable does not take."""
    schemas = load_file(ROOT / "docs" / "schema" / "dynamodb_schemas.py")
    ansible = ansible_of(region)
    key = ansible.playbook("provision", extra={"tables_definitions": []})
    assert key.code == 0, key.output
    for table in (schemas.AuditFlowDocuments, schemas.AuditFlowAuditRecords):
        region.client().create_table(**table.create_parameters())
    run = ansible.playbook("provision")
    assert run.code == 0, run.output
    later = [(operation, table) for table in TABLES for operation in ("UpdateTimeToLive", "UpdateContinuousBackups")]
    assert sorted(run.calls.of("dynamodb").writes) == sorted(later)
