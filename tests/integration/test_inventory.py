# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin on a fleet of 30 tables in 5 regions: groups, calls, cache, failures, secrets, a runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.fleet import CLASSES, Ship, build
from tests.integration.front import Answer, Rule, Sent, deny, refusal
from tests.integration.harness import ACCESS_KEY, ROOT, SECRET_KEY, Ansible, Finished, Target

ACCOUNT = "123456789012"
EXAMPLE = ROOT / "inventories" / "example-tables" / "tables.dynamodb.yml"
# Other plugins try a file that this one gave up.
FAILED = (r"Failed to parse inventory with '(yaml|ini)' plugin",)


@dataclass(frozen=True)
class Fleet:
    regions: list[str]
    tables: list[Ship]

    def hosts(self, *names: str) -> set[str]:
        return {ship.host for ship in self.tables if ship.name in names}


@pytest.fixture(scope="module")
def fleet(emulator: Target, regions: Iterator[str]) -> Fleet:
    chosen = sorted(next(regions) for dummy in range(5))
    return Fleet(chosen, build(emulator, chosen))


def parsed(run: Finished) -> dict[str, Any]:
    """What --list prints; texts that are no templates are marked in it."""

    def plain(value: dict[str, Any]) -> Any:
        return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value

    return json.loads(run.output, object_hook=plain)


@dataclass(frozen=True)
class Inventory:
    """A file for the plugin."""

    ansible: Ansible
    path: Path

    def write(self, **options: Any) -> Path:
        self.path.write_text(json.dumps({"plugin": "auditflow.dynamodb.tables", **options}), encoding="utf-8")
        return self.path

    def run(self, *arguments: str, warnings: tuple[str, ...] = (), **options: Any) -> Finished:
        return self.ansible.inventory(self.write(**options), *arguments, warnings=warnings)

    def listed(self, warnings: tuple[str, ...] = (), **options: Any) -> tuple[dict[str, Any], Finished]:
        """What --list prints: host variables and, by name, the hosts of groups."""
        run = self.run("--list", warnings=warnings, **options)
        assert run.code == 0, run.errors
        return parsed(run), run

    def fails(self, text: str, **options: Any) -> Finished:
        run = self.run("--list", warnings=(re.escape(text), *FAILED), **options)
        assert "Completely failed to parse inventory source" in run.errors
        assert (run.code, run.output) == (1, "")
        return run


@pytest.fixture
def inventory(ansible: Ansible, tmp_path: Path) -> Inventory:
    return Inventory(ansible, tmp_path / "fleet.dynamodb.yml")


def hosts(listed: dict[str, Any], group: str) -> set[str]:
    return set(listed.get(group, {}).get("hosts", ()))


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


def secrets_of(sent: list[bytes]) -> Rule:
    def rule(call: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if call.operation != "AssumeRole":
            return None
        answer = forward()
        sent.append(answer.body)
        return answer

    return rule


def test_two_accounts_and_no_secret_anywhere(
    fronted: Callable[..., Ansible], emulator: Target, account: str, fleet: Fleet, tmp_path: Path
) -> None:
    role = f"arn:aws:iam::{account}:role/tables-operator"
    theirs = client_of(role, emulator, fleet.regions[0])
    Ship("orders", tags=(("Project", "theirs"),)).make(theirs)
    answers: list[bytes] = []
    inventory = Inventory(fronted(emulator, secrets_of(answers)), tmp_path / "accounts.dynamodb.yml")
    listed, run = inventory.listed(
        accounts=[
            {"name": "ours", "regions": fleet.regions[:2]},
            {"name": "theirs", "assume_role_arn": role, "external_id": "auditflow"},
        ],
        regions=fleet.regions[:1],
        name_patterns=["orders"],
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        session_token="a-session-token",
        endpoint_url=emulator_url(inventory),
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(tmp_path / "cache"),
        keyed_groups=[{"key": "account", "prefix": "account"}, {"key": "tags", "prefix": "tag"}],
    )
    name = f"theirs.orders.{fleet.regions[0]}"
    assert hosts(listed, "account_ours") == {f"ours.orders.{region}" for region in fleet.regions[:2]}
    assert hosts(listed, "account_theirs") == hosts(listed, "tag_Project_theirs") == {name}
    variables = listed["_meta"]["hostvars"][name]
    assert variables["table_account_id"] == variables["tables_account_id"] == account
    assert variables["dynamodb_role_arn"] == role
    assert variables["dynamodb_role_external_id"] == "auditflow"
    assert variables["dynamodb_endpoint"] == emulator_url(inventory)
    assert "dynamodb_role_arn" not in listed["_meta"]["hostvars"][f"ours.orders.{fleet.regions[0]}"]
    assert run.calls.reads["AssumeRole"] == 1
    (answer,) = answers
    assumed = [
        re.search(rf"<{part}>(.+?)</{part}>".encode(), answer, re.DOTALL)
        for part in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    ]
    secrets = [SECRET_KEY, "a-session-token", *(found.group(1).decode() for found in assumed if found)]
    assert len(secrets) == 5
    (cached,) = (tmp_path / "cache").iterdir()
    for secret in secrets:
        assert secret not in run.output
        assert secret not in run.errors
        assert secret not in cached.read_text(encoding="utf-8")


def emulator_url(inventory: Inventory) -> str:
    return inventory.ansible.target.url


def assume(role: str, target: Target) -> dict[str, str]:
    found: dict[str, str] = target.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return found


def client_of(role: str, target: Target, region: str) -> Any:
    """A DynamoDB client with a role's credentials."""
    assumed = assume(role, target)
    return boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=target.url,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


def test_profiles_and_one_account_under_two_names(
    ansible: Ansible, inventory: Inventory, fleet: Fleet, tmp_path: Path
) -> None:
    keys = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    (tmp_path / "credentials").write_text(f"[one]\n{keys}[two]\n{keys}", encoding="utf-8")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    where = {"regions": fleet.regions[:1], "name_patterns": ["orders"]}
    # The keys of the environment stand back behind the profile of the file.
    run = ansible.inventory(inventory.write(**where, profile="one"), "--list", environment=environment)
    (variables,) = parsed(run)["_meta"]["hostvars"].values()
    names = ("dynamodb_profile", "dynamodb_access_key", "dynamodb_secret_key", "dynamodb_session_token")
    assert [variables[name] for name in names] == ["one", "", "", ""]
    twice = inventory.write(**where, accounts=[{"name": name, "profile": name} for name in ("one", "two")])
    same = f"two and one are both account {ACCOUNT}"
    run = ansible.inventory(twice, "--list", environment=environment, warnings=(same, *FAILED))
    assert run.output == ""
    unknown = inventory.write(**where, accounts=[{"name": "one", "profile": "nobodys"}])
    missing = r"account one: A client of dynamodb: .*nobodys.* could not be found"
    ansible.inventory(unknown, "--list", environment=environment, warnings=(missing, *FAILED))


def down(region: str) -> Rule:
    """A region in which the credentials are not valid, as one that is not enabled."""

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        text = "The security token included in the request is invalid."
        return refusal("UnrecognizedClientException", text) if sent.region == region else None

    return rule


def test_a_region_that_fails_is_an_error_or_a_warning_and_never_cached(
    fronted: Callable[..., Ansible], emulator: Target, fleet: Fleet, tmp_path: Path
) -> None:
    region = fleet.regions[1]
    inventory = Inventory(fronted(emulator, down(region)), tmp_path / "down.dynamodb.yml")
    options: dict[str, Any] = {
        "regions": fleet.regions[:2],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "read": [],
    }
    text = f"{region}: ListTables: UnrecognizedClientException: The security token included in the request is invalid."
    inventory.fails(text, **options)
    for _again in range(2):
        listed, run = inventory.listed(**options, on_error="warn", warnings=(re.escape(text),))
        assert len(hosts(listed, "dynamodb_tables")) == 6
        assert run.calls.reads["DescribeTable"] == 6


def test_missing_permissions(fronted: Callable[..., Ansible], emulator: Target, fleet: Fleet, tmp_path: Path) -> None:
    rules = (deny("DescribeContinuousBackups"), deny("DescribeTable", table="orders"))
    inventory = Inventory(fronted(emulator, *rules), tmp_path / "denied.dynamodb.yml")
    region = fleet.regions[0]
    options: dict[str, Any] = {
        "regions": [region],
        "exclude_name_patterns": ["nobodys"],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    inventory.fails("Missing permission: dynamodb:DescribeContinuousBackups", **options)
    told = (
        rf"{region}: DescribeTable of orders: AccessDeniedException",
        r"Missing permission: dynamodb:DescribeContinuousBackups\..* \(3 more like this\)",
    )
    groups = {"no_pitr": "not pitr", "unknown": "'pitr' in unavailable"}
    for calls in (True, False):
        # What is missing for want of permissions is missing tomorrow, too: it is cached, and told each time.
        listed, run = inventory.listed(**options, groups=groups, strict_permissions=False, warnings=told)
        assert hosts(listed, "dynamodb_tables") == hosts(listed, "unknown")
        assert len(hosts(listed, "unknown")) == 4
        assert hosts(listed, "no_pitr") == set()
        assert bool(run.calls) is calls
    unsure = r"AuditFlow-\w+ is left out: its tags decide whether it is meant, and they could not be read \(3 more"
    inventory.ansible.target.log.unlink()
    no_tags = Inventory(fronted(emulator, deny("ListTagsOfResource"), *rules), tmp_path / "tags.dynamodb.yml")
    listed, run = no_tags.listed(
        regions=[region],
        exclude_name_patterns=["nobodys"],
        exclude_tags={"keep": ""},
        strict_permissions=False,
        warnings=("ListTagsOfResource", "DescribeTable", unsure),
    )
    assert hosts(listed, "dynamodb_tables") == set()


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


def test_tables_of_one_name_from_two_files(
    ansible: Ansible, emulator: Target, account: str, fleet: Fleet, tmp_path: Path
) -> None:
    role = f"arn:aws:iam::{account}:role/tables-operator"
    Ship("orders").make(client_of(role, emulator, fleet.regions[0]))
    (tmp_path / "both").mkdir()
    first, second = (Inventory(ansible, tmp_path / "both" / f"{name}.dynamodb.yml") for name in ("ours", "theirs"))
    first.write(regions=fleet.regions[:1], name_patterns=["orders"])
    same = {"regions": fleet.regions[:1], "name_patterns": ["order?"]}
    second.write(**same)
    run = ansible.inventory(tmp_path / "both", "--list")
    assert len(parsed(run)["_meta"]["hostvars"]) == 1
    second.write(**same, assume_role_arn=role)
    name = f"orders.{fleet.regions[0]}"
    text = f"{name} is there already, from another source: orders of {fleet.regions[0]} of {ACCOUNT}"
    run = ansible.inventory(tmp_path / "both", "--list", warnings=(re.escape(text), *FAILED))
    assert (run.code, run.output) == (1, "")
    second.write(**same, accounts=[{"name": "theirs", "assume_role_arn": role}])
    run = ansible.inventory(tmp_path / "both", "--list")
    assert set(parsed(run)["_meta"]["hostvars"]) == {name, f"theirs.{name}"}


def test_what_aws_says_is_data(inventory: Inventory, emulator: Target, fleet: Fleet) -> None:
    """A tag is written by whoever may tag: it must not run on the control node."""
    region = fleet.regions[0]
    Ship("hostile", tags=(("run", "{{ lookup('pipe', 'echo owned') }}"),)).make(
        replace(emulator, region=region).client()
    )
    path = inventory.write(regions=[region], name_patterns=["hostile"])
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


def test_a_runbook_on_the_tables_of_a_project(inventory: Inventory, fleet: Fleet) -> None:
    region = fleet.regions[4].replace("-", "_")
    keyed = [{"key": "tags", "prefix": "tag"}, {"key": "region", "prefix": "region"}]
    path = inventory.write(regions=fleet.regions[3:], keyed_groups=keyed)
    limit = f"tag_Project_AuditFlow_Pro:&region_{region}"
    run = inventory.ansible.playbook("backup", "-i", str(path), "--limit", limit)
    assert run.code == 0, run.output
    names = ["AuditFlow-AuditRecords", "AuditFlow-Documents"]
    assert sorted({task.host for task in run.tasks}) == [f"{name}.{fleet.regions[4]}" for name in names]
    assert sorted(run.calls.writes) == [("CreateBackup", name) for name in names]
    assert {call.region for call in run.calls if call.write} == {fleet.regions[4]}


def test_a_runbook_in_two_accounts(inventory: Inventory, emulator: Target, account: str, fleet: Fleet) -> None:
    """One run; the hosts of each account are worked on in that account."""
    region = fleet.regions[2]
    role = f"arn:aws:iam::{account}:role/tables-operator"
    theirs, ours = client_of(role, emulator, region), replace(emulator, region=region).client()
    Ship("orders").make(theirs)
    path = inventory.write(
        regions=[region],
        name_patterns=["orders"],
        accounts=[{"name": "ours"}, {"name": "theirs", "assume_role_arn": role, "external_id": "auditflow"}],
    )
    run = inventory.ansible.playbook("backup", "-i", str(path))
    assert run.code == 0, run.output
    assert {task.host for task in run.tasks} == {f"ours.orders.{region}", f"theirs.orders.{region}"}
    assert run.calls.writes == [("CreateBackup", "orders")] * 2
    for client, owner in ((ours, ACCOUNT), (theirs, account)):
        (backup,) = client.list_backups(TableName="orders")["BackupSummaries"]
        assert f":{owner}:table/orders/" in backup["BackupArn"]


def test_a_playbook_of_ones_own_on_a_group(inventory: Inventory, fleet: Fleet, tmp_path: Path) -> None:
    """Tables without recovery, that nobody wrote down, get it; then they are in the group no more."""
    options: dict[str, Any] = {
        "regions": fleet.regions,
        "groups": {"no_pitr": "not pitr"},
        "name_patterns": ["AuditFlow-*"],
    }
    (tmp_path / "vars").symlink_to(ROOT / "playbooks" / "vars")
    play = [
        {
            "hosts": "no_pitr",
            "gather_facts": False,
            "vars_files": ["vars/connection.yml"],
            "module_defaults": {"group/auditflow.dynamodb.dynamodb": "{{ dynamodb_connection }}"},
            "tasks": [{"name": "on", "auditflow.dynamodb.pitr": {"name": "{{ dynamodb_table }}", "enabled": True}}],
        }
    ]
    (tmp_path / "recover.yml").write_text(json.dumps(play), encoding="utf-8")
    run = inventory.ansible.playbook(str(tmp_path / "recover.yml"), "-i", str(inventory.write(**options)))
    assert run.code == 0, run.output
    assert run.calls.writes == [("UpdateContinuousBackups", "AuditFlow-AuditRecords")] * 5
    assert {call.region for call in run.calls if call.write} == set(fleet.regions)
    assert hosts(inventory.listed(**options)[0], "no_pitr") == set()


def test_credentials_of_another_account_stop_a_runbook(
    inventory: Inventory, emulator: Target, account: str, fleet: Fleet
) -> None:
    """The file's keys are no variables, so the playbook goes by the environment's, which are another account's."""
    role = f"arn:aws:iam::{account}:role/tables-operator"
    Ship("orders").make(client_of(role, emulator, fleet.regions[0]))
    keys = assume(role, emulator)
    path = inventory.write(
        regions=fleet.regions[:1],
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )
    run = inventory.ansible.playbook("backup", "-i", str(path))
    assert run.code == 2
    assert f"These are the credentials of account {ACCOUNT}" in run.failure
    assert f"tables_account_id allows {account} only. Nothing was changed." in run.failure
    assert run.calls.writes == []
