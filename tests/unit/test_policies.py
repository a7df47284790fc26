# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, their page and the code say the same, and IAM is asked for what the definitions need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.iam import Caller, Permission, Place, Scope
from ansible_collections.auditflow.dynamodb.plugins.module_utils.permissions import (
    CustomerKey,
    key_needs,
    table_needs,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.policies import (
    POLICIES,
    TOGETHER,
    USED_FOR,
    Resources,
    policy,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.preflight import Request, check
from ansible_collections.auditflow.dynamodb.plugins.module_utils.runbook_permissions import NOT_CONFIGURED, PLAYBOOKS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from scripts.policies import DOCS, ROOT, differences, documentation, policies

ACCOUNT = "111122223333"
PLACE = Place("aws", "eu-central-1", ACCOUNT)
KEY = PLACE.key("1234")
MINIMAL = {"name": "Orders", "attributes": {"id": "S"}, "partition_key": "id"}


def test_policies_and_their_page_are_up_to_date() -> None:
    files = policies(ROOT / "policies", Resources())
    files[DOCS] = documentation(DOCS.read_text(encoding="utf-8"))
    assert differences(files) == [], "make policies"


def test_the_configure_playbook_leaves_alone_what_the_code_says() -> None:
    (play,) = yaml.safe_load((ROOT / "playbooks" / "configure.yml").read_text(encoding="utf-8"))
    tasks = [inner for task in play["tasks"] for inner in task.get("block", [task])]
    (only,) = (task["vars"]["tables_only"] for task in tasks if "tables_only" in task.get("vars", {}))
    assert set(only) == set(SETTINGS) - set(NOT_CONFIGURED)


def test_every_playbook_has_its_permissions_and_a_policy() -> None:
    shipped = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert set(PLAYBOOKS) == shipped
    assert {*TOGETHER, *(name for names in USED_FOR.values() for name in names)} == shipped
    for name, together in TOGETHER.items():
        held = {(each.action, each.scope) for policy in together for each in POLICIES[policy]}
        assert {(each.action, each.scope) for each in PLAYBOOKS[name]} <= held


def test_who_operates_tables_sees_no_items() -> None:
    items = ("Scan", "Query", "GetItem", "BatchGetItem", "PutItem", "UpdateItem", "ExportTableToPointInTime")
    for name in ("auditor", "provisioner", "operator"):
        assert not [each for each in POLICIES[name] if each.operation in items or each.action.startswith("s3:")]


def test_the_auditor_cannot_write() -> None:
    assert all(each.operation.startswith(("Describe", "List", "Get", "Simulate")) for each in POLICIES["auditor"])


def test_no_policy_has_a_wildcard_action_and_only_what_has_no_resource_is_on_any() -> None:
    for name, needed in POLICIES.items():
        for statement in policy(needed, Resources())["Statement"]:
            assert not any("*" in action for action in statement["Action"]), name
            assert ("*" in statement["Resource"]) == (statement["Sid"] == "NotBoundToAResource")


def test_a_policy_of_some_playbooks(tmp_path: Path) -> None:
    run_script("--to", str(tmp_path), "--playbooks", "backup,exports", "--tables", "Orders")
    (written,) = tmp_path.iterdir()
    statements = {each["Sid"]: each for each in json.loads(written.read_text(encoding="utf-8"))["Statement"]}
    assert set(statements) == {"Tables", "Backups", "Exports", "NotBoundToAResource"}
    assert statements["Backups"]["Action"] == ["dynamodb:DeleteBackup", "dynamodb:DescribeBackup"]
    assert statements["Exports"]["Resource"] == ["arn:aws:dynamodb:*:111122223333:table/Orders/export/*"]


def run_script(*arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "policies.py"), *arguments], check=True)


def test_policies_for_other_tables(tmp_path: Path) -> None:
    resources = Resources(Place("aws-cn", "cn-north-1", "444455556666"), "Orders-*", "alias/orders", callers="deploy")
    text = policies(tmp_path, resources)[tmp_path / "operator.json"]
    assert '"arn:aws-cn:dynamodb:cn-north-1:444455556666:table/Orders-*"' in text
    assert '"kms:ViaService": "dynamodb.cn-north-1.amazonaws.com"' in text
    assert ACCOUNT not in text


def needed(definition: Mapping[str, Any], create: bool = True) -> set[str]:
    return {each.permission.action for each in table_needs(parse_table({**MINIMAL, **definition}), PLACE, {}, create)}


def in_order(value: object) -> str:
    """The same name in every process; a set's own order is not."""
    return str(sorted(value)) if isinstance(value, (set, frozenset)) else str(value)


@pytest.mark.parametrize(
    ("definition", "more"),
    [
        ({}, set()),
        ({"ttl": {"attribute": "t"}}, {"dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive"}),
        ({"tags": {"a": "b"}}, {"dynamodb:ListTagsOfResource", "dynamodb:TagResource"}),
        (
            {"tags": {"a": "b"}, "purge_tags": True},
            {"dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource"},
        ),
        ({"encryption": {"type": "AWS_OWNED"}}, {"dynamodb:UpdateTable"}),
        ({"encryption": {"type": "KMS"}}, {"dynamodb:UpdateTable", "kms:DescribeKey"}),
        ({"deletion_protection": True}, {"dynamodb:UpdateTable"}),
    ],
    ids=in_order,
)
def test_a_definition_needs_what_its_settings_need(definition: dict[str, Any], more: set[str]) -> None:
    assert needed(definition) == {"dynamodb:DescribeTable", "dynamodb:CreateTable"} | more
    assert needed(definition, create=False) == {"dynamodb:DescribeTable"} | more


def test_a_customer_key_is_used_through_dynamodb() -> None:
    spec = parse_table({**MINIMAL, "encryption": {"key": KEY}})
    used = {each.permission.operation: each for each in table_needs(spec, PLACE, {}, True) if each.permission.via}
    assert {"CreateGrant", "Decrypt", "DescribeKey", "Encrypt"} < set(used)
    assert {each.resource for each in used.values()} == {KEY}


@pytest.mark.parametrize(
    ("state", "writes"),
    [
        (None, {"ListKeys", "CreateKey", "CreateAlias", "EnableKeyRotation"}),
        ("Enabled", {"EnableKeyRotation"}),
        ("Disabled", {"EnableKeyRotation", "EnableKey"}),
        ("PendingDeletion", {"EnableKeyRotation", "EnableKey", "CancelKeyDeletion"}),
    ],
)
def test_the_customer_key_needs_what_its_state_needs(state: str | None, writes: set[str]) -> None:
    found = {"Arn": KEY, "KeyState": state} if state else None
    assert {
        each.permission.operation for each in key_needs(CustomerKey("alias/a"), PLACE, found) if each.write
    } == writes


@pytest.mark.parametrize(
    ("arn", "asked", "reason"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/a/b", f"arn:aws:iam::{ACCOUNT}:user/a/b", ""),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me@x", f"arn:aws:iam::{ACCOUNT}:role/deploy", ""),
        (f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/deploy/me", f"arn:aws-cn:iam::{ACCOUNT}:role/deploy", ""),
        (f"arn:aws:iam::{ACCOUNT}:root", "", "the account's root user may do everything"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/me", "", "is no user or role of IAM"),
        (f"arn:aws:sts::{ACCOUNT}:user/moto", "", "is no user or role of IAM"),
        ("", "", "STS tells no caller"),
    ],
)
def test_whose_policies_are_asked_for(arn: str, asked: str, reason: str) -> None:
    caller = Caller.of(arn)
    assert caller.arn == asked
    assert reason in caller.reason
    assert bool(caller.reason) == bool(reason)


class FakeClient:
    """Answers each operation with what it was told to."""

    meta = type("Meta", (), {"endpoint_url": "http://127.0.0.1:1"})

    def __init__(self, answers: Mapping[str, Any]):
        self._answers = answers

    def can_paginate(self, _method: str) -> bool:
        return False

    def __getattr__(self, method: str) -> Any:
        def call(**arguments: Any) -> Any:
            answer = self._answers[method]
            if callable(answer):
                answer = answer(arguments)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(code: str, text: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "x")


def told(decision: str, **more: Any) -> Any:
    """Every action gets the same answer, one for each resource, as IAM gave it before there were specific results."""

    def answer(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision, **more}
                for action in arguments["ActionNames"]
                for resource in arguments["ResourceArns"]
            ]
        }

    return answer


def checked(answers: Mapping[str, Any], definition: Mapping[str, Any], arn: str = "") -> Any:
    client = FakeClient(answers)
    aws = Aws(lambda service: client, region="eu-central-1")
    request = Request(apply=(parse_table({**MINIMAL, **definition}),))
    arn = arn or f"arn:aws:iam::{ACCOUNT}:user/me"
    return check(request, aws, lambda work, items: [work(item) for item in items], arn)


NO_TABLE = refused("ResourceNotFoundException")


def test_denied_is_missing_where_the_plan_needs_it() -> None:
    answers = {"simulate_principal_policy": told("implicitDeny"), "describe_table": NO_TABLE}
    found = checked(answers, {"deletion_protection": True})
    assert [each.permission.action for each in found.missing] == ["dynamodb:CreateTable", "dynamodb:DescribeTable"]
    # CreateTable carries it.
    assert [each.permission.action for each in found.unneeded] == ["dynamodb:UpdateTable"]
    assert "lacks 2 of 3 permissions. Nothing was written" in found.text


def test_a_condition_that_iam_has_no_value_for_stops_nothing() -> None:
    found = checked({"simulate_principal_policy": told("implicitDeny", MissingContextValues=["aws:SourceVpc"])}, {})
    assert found.missing == ()
    assert {each.permission.operation for each in found.unknown} == {"CreateTable", "DescribeTable"}


@pytest.mark.parametrize(("principal", "decided"), [(f"arn:aws:iam::{ACCOUNT}:root", True), ("arn:x:role/me", False)])
def test_a_key_with_a_policy_of_its_own_may_allow_what_iam_does_not(principal: str, decided: bool) -> None:
    answers = {
        "simulate_principal_policy": told("implicitDeny"),
        "describe_key": {"KeyMetadata": {"Arn": KEY, "KeyState": "Enabled"}},
        "get_key_policy": {
            "Policy": f'{{"Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}}}]}}'
        },
        "describe_table": NO_TABLE,
    }
    found = checked(answers, {"encryption": {"key": "1234"}})
    grant = Permission("kms:CreateGrant", Scope.KEY, "dynamodb")
    assert (grant in {each.permission for each in found.missing}) == decided
    assert (grant in {each.permission for each in found.unknown}) != decided
    # It was just described.
    assert Permission("kms:DescribeKey", Scope.KEY) not in {each.permission for each in found.missing}


@pytest.mark.parametrize(
    "answer",
    [refused("AccessDenied", "no"), refused("501", "x"), refused("NoSuchEntity"), refused("InvalidInput", "x")],
    ids=in_order,
)
def test_where_iam_gives_no_answer_the_check_is_left_out(answer: Exception) -> None:
    found = checked({"simulate_principal_policy": answer}, {})
    assert found.skipped
    assert found.missing == found.needed == ()
    assert found.text.startswith("Permissions were not checked beforehand: SimulatePrincipalPolicy: ")


def test_a_role_with_a_path_is_asked_for_with_it() -> None:
    whole = f"arn:aws:iam::{ACCOUNT}:role/team/deploy"

    def simulate(arguments: Mapping[str, Any]) -> Any:
        known = arguments["PolicySourceArn"] == whole
        return told("allowed")(arguments) if known else refused("NoSuchEntity")

    answers = {"simulate_principal_policy": simulate, "get_role": {"Role": {"Arn": whole}}}
    found = checked(answers, {}, f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me")
    assert found.caller == whole
    assert found.missing == ()
