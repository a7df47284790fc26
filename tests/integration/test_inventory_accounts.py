# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin on several accounts: whose credentials it uses, and what happens where some fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.fleet import Ship
from tests.integration.front import Answer, Rule, Sent, deny, refusal
from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Ansible, Target
from tests.integration.inventory import ACCOUNT, FAILED, Fleet, Inventory, client_of, emulator_url, hosts, parsed


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
