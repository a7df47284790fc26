# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin: groups, facts and variables out of a fleet of tables, filters, names, the cache, mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.integration.fleet import CLASSES, Ship
from tests.integration.harness import ROOT, Ansible, Target
from tests.integration.inventory import ACCOUNT, Fleet, Inventory, hosts, parsed

EXAMPLE = ROOT / "inventories" / "example-tables" / "tables.dynamodb.yml"


def test_the_example_makes_the_groups_that_it_promises(ansible: Ansible, fleet: Fleet, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    path = tmp_path / "tables.dynamodb.yml"
    path.write_text(f"{text}regions: {json.dumps(fleet.regions)}\n", encoding="utf-8")
    run = ansible.inventory(path, "--list")
    listed = parsed(run)
    everything = {ship.host for ship in fleet.tables}
    assert len(everything) == 30
    assert hosts(listed, "dynamodb_tables") == everything
    groups = {group: hosts(listed, group) for group in listed if group not in ("_meta", "all", "dynamodb_tables")}
    one_by_one = {
        f"region_{region.replace('-', '_')}": {ship.host for ship in fleet.tables if ship.region == region}
        for region in fleet.regions
    }
    assert groups == {
        **one_by_one,
        "tag_Project_AuditFlow_Pro": fleet.hosts("AuditFlow-Documents", "AuditFlow-AuditRecords"),
        "tag_Environment_Production": fleet.hosts("AuditFlow-Documents", "AuditFlow-AuditRecords"),
        "tag_Project_shop": fleet.hosts("orders", "orders-archive", "customers"),
        "tag_temporary_yes": fleet.hosts("customers"),
        "billing_PROVISIONED": fleet.hosts("orders", "customers"),
        "billing_PAY_PER_REQUEST": everything - fleet.hosts("orders", "customers"),
        "status_ACTIVE": everything,
        "no_pitr": fleet.hosts("AuditFlow-AuditRecords", "orders-archive", "customers"),
        "unprotected": fleet.hosts("orders-archive", "customers", "nobodys"),
        "untagged": fleet.hosts("nobodys"),
    }
    # The description and two parts of each table, and nothing else.
    assert run.calls.reads == {
        "ListTables": 5,
        "DescribeTable": 30,
        "ListTagsOfResource": 30,
        "DescribeContinuousBackups": 30,
    }
    assert run.calls.writes == []


def test_the_graph_over_all_enabled_regions(inventory: Inventory, fleet: Fleet) -> None:
    patterns = [ship.name for ship in CLASSES]
    keyed = [{"key": "region", "prefix": "region"}]
    run = inventory.run("--graph", name_patterns=patterns, read=[], keyed_groups=keyed)
    lines = [line.strip(" |-") for line in run.output.splitlines()]
    for region in fleet.regions:
        start = lines.index(f"@region_{region.replace('-', '_')}:") + 1
        assert set(lines[start : start + 6]) == {ship.host for ship in fleet.tables if ship.region == region}
    assert run.calls.reads["DescribeRegions"] == 1
    assert run.calls.reads["ListTables"] > 15
    assert run.calls.reads["DescribeTable"] >= 30


def test_the_facts_and_the_variables_of_a_host(inventory: Inventory, fleet: Fleet) -> None:
    region = fleet.regions[0]
    listed, run = inventory.listed(regions=[region], name_patterns=["orders"], read=["tags", "ttl", "pitr"])
    variables = listed["_meta"]["hostvars"][f"orders.{region}"]
    assert re.fullmatch(r"[0-9a-f-]{36}", variables.pop("table_id"))
    assert re.match(r"20\d\d-\d\d-\d\dT", variables.pop("table_created"))
    assert variables == {
        "ansible_connection": "local",
        "dynamodb_table": "orders",
        "dynamodb_region": region,
        "tables_account_id": ACCOUNT,
        "table_name": "orders",
        "table_arn": f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/orders",
        "table_status": "ACTIVE",
        "table_region": region,
        "table_account": "",
        "table_account_id": ACCOUNT,
        "table_item_count": 0,
        "table_size_bytes": 0,
        "table_partition_key": "id",
        "table_sort_key": "",
        "table_billing_mode": "PROVISIONED",
        "table_read_capacity": 7,
        "table_write_capacity": 3,
        "table_class": "STANDARD",
        "table_deletion_protection": True,
        "table_encryption": "AWS_OWNED",
        "table_kms_key_arn": "",
        "table_stream": "",
        "table_stream_arn": "",
        "table_global_indexes": [],
        "table_local_indexes": [],
        "table_replicas": [],
        "table_tags": {"Project": "shop"},
        "table_ttl": "",
        "table_pitr": True,
        "table_recovery_period_days": 7,
        "table_unavailable": {},
    }
    assert sum(run.calls.reads.values()) == 5


def test_only_what_is_meant_is_read(inventory: Inventory, fleet: Fleet) -> None:
    where = {"regions": fleet.regions[:2]}
    listed, run = inventory.listed(
        **where, name_patterns=["orders*", "cust*"], exclude_name_patterns=["*-archive"], read=[]
    )
    assert hosts(listed, "dynamodb_tables") == {
        f"{name}.{region}" for name in ("orders", "customers") for region in fleet.regions[:2]
    }
    assert run.calls.reads == {"ListTables": 2, "DescribeTable": 4}
    listed, run = inventory.listed(
        **where, include_tags={"Project": "shop"}, exclude_tags={"temporary": ""}, read=["pitr"]
    )
    assert hosts(listed, "dynamodb_tables") == {
        f"{name}.{region}" for name in ("orders", "orders-archive") for region in fleet.regions[:2]
    }
    # The tags decided, so the rest was not read of the others.
    assert run.calls.reads == {
        "ListTables": 2,
        "DescribeTable": 12,
        "ListTagsOfResource": 12,
        "DescribeContinuousBackups": 4,
    }


def test_names_variables_and_composed_ones(inventory: Inventory, fleet: Fleet) -> None:
    listed = inventory.listed(
        regions=fleet.regions[:1],
        name_patterns=["AuditFlow-Documents", "nobodys"],
        read=["tags", "ttl", "pitr"],
        hostnames=["tags.Project ~ '/' ~ name", "''"],
        hostvars_prefix="aws_",
        hostvars_suffix="_fact",
        compose={"keep": "recovery_period_days // 5", "dynamodb_python": "'/opt/python-of-' ~ aws_region_fact"},
        groups={"kept": "keep == 7 and aws_pitr_fact"},
        keyed_groups=[{"key": "table_class | default('none')", "prefix": "class"}],
    )[0]
    variables = listed["_meta"]["hostvars"]
    assert set(variables) == {"AuditFlow-Pro/AuditFlow-Documents", f"nobodys.{fleet.regions[0]}"}
    assert variables["AuditFlow-Pro/AuditFlow-Documents"]["keep"] == 7
    assert variables["AuditFlow-Pro/AuditFlow-Documents"]["dynamodb_python"] == f"/opt/python-of-{fleet.regions[0]}"
    assert variables["AuditFlow-Pro/AuditFlow-Documents"]["aws_ttl_fact"] == "ttl"
    assert hosts(listed, "kept") == set(variables)
    assert hosts(listed, "class_none") == set(variables)
    run = inventory.fails("would both be 'same'", regions=fleet.regions[:1], hostnames=["'same'"])
    assert run.calls.writes == []


def test_the_cache_answers_the_second_run(inventory: Inventory, fleet: Fleet, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "regions": fleet.regions,
        "name_patterns": ["orders"],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    first, run = inventory.listed(**options)
    assert len(run.calls) == 5 * 4
    second, run = inventory.listed(**options)
    assert run.calls == []
    assert second == first
    # Groups and names are made anew.
    third, run = inventory.listed(**options, groups={"kept": "pitr"}, hostnames=["region"])
    assert run.calls == []
    assert hosts(third, "kept") == set(fleet.regions)
    # Another question is asked anew, and the answer to it is kept.
    options["read"] = []
    run = inventory.listed(**options)[1]
    assert run.calls.reads == {"ListTables": 5, "DescribeTable": 5}
    assert inventory.run("--list", **options).calls == []
    # --flush-cache is what Ansible has for it.
    assert len(inventory.run("--list", "--flush-cache", **options).calls) == 10


def test_mistakes_in_the_file(inventory: Inventory) -> None:
    inventory.fails("exclude_tag: unknown option; did you mean 'exclude_tags'?", exclude_tag={"a": "b"})
    accounts = [{"name": "a.b"}, {"name": "two", "role": "x"}, {"name": "two", "external_id": "x"}]
    run = inventory.fails("accounts[0].name: must be letters, digits, _ and -", accounts=accounts)
    for text in (
        "accounts[1].role: unknown option",
        "accounts[2].name: 'two' is there twice",
        "accounts[2].external_id: belongs to assume_role_arn, which is not given",
    ):
        assert text in run.errors
    role = "arn:aws:iam::444455556666:role/x"
    inventory.fails("give each of the accounts its own", assume_role_arn=role, accounts=[{"name": "one"}])
    inventory.fails("Invalid value ['everything'] for config 'read'", read=["everything"])


def test_what_aws_says_is_data(inventory: Inventory, emulator: Target, regions: Iterator[str]) -> None:
    """A tag is written by whoever may tag: it must not run on the control node."""
    region = replace(emulator, region=next(regions))
    Ship("hostile", tags=(("run", "{{ lookup('pipe', 'echo owned') }}"),)).make(region.client())
    path = inventory.write(regions=[region.region], name_patterns=["hostile"])
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"name": "show", "ansible.builtin.debug": {"msg": "{{ table_tags.run }}"}}],
        }
    ]
    (inventory.path.parent / "show.yml").write_text(json.dumps(play), encoding="utf-8")
    run = inventory.ansible.playbook(str(inventory.path.parent / "show.yml"), "-i", str(path))
    assert run.task("show").message == "{{ lookup('pipe', 'echo owned') }}"
