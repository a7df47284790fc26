# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do: the fewest reads, IAM only where something is to be written, and what stops a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.identity import Identity
from ansible_collections.auditflow.dynamodb.plugins.module_utils.key_look import FoundKey, alias_problem
from ansible_collections.auditflow.dynamodb.plugins.module_utils.permissions import CustomerKey
from ansible_collections.auditflow.dynamodb.plugins.module_utils.run_plan import RunPlan, Wish, look
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .aws_client import FakeClient
from .aws_model import AwsModel
from .aws_shapes import REGION
from .running import made, table

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/dev"
ALIAS = "alias/orders"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
WANTED = CustomerKey(ALIAS, rotation=True, tags={"Project": "Orders"})
TTL = table(attributes={"order_id": "S", "ends": "N"}, ttl={"attribute": "ends"}, global_indexes=[])


@dataclass
class Account:
    """The model of DynamoDB, and beside it STS, IAM and KMS.

    denied: actions that are refused. key: the customer key as KMS shows it, if there is one.
    """

    model: AwsModel
    denied: set[str] = field(default_factory=set)
    key: dict[str, Any] | None = None
    rotated: bool = True
    tags: dict[str, str] = field(default_factory=lambda: {"Project": "Orders"})
    asked: list[str] = field(default_factory=list)
    sts: Exception | None = None

    def aws(self) -> Aws:
        return replace(self.model.aws(), new_client=lambda service: FakeClient(self, service), known_clients={})

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        action = f"{service}:{operation}"
        self.asked.append(action)
        if action in self.denied:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
        others: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "sts:GetCallerIdentity": self._identity,
            "iam:SimulatePrincipalPolicy": self._simulation,
            "kms:DescribeKey": self._key,
            "kms:GetKeyRotationStatus": lambda unused: {"KeyRotationEnabled": self.rotated},
            "kms:ListResourceTags": lambda unused: {
                "Tags": [{"TagKey": name, "TagValue": value} for name, value in self.tags.items()]
            },
            "kms:GetKeyPolicy": lambda unused: {"Policy": "{}"},
        }
        return others[action](arguments) if action in others else self.model.call(service, operation, arguments)

    def _identity(self, unused: dict[str, Any]) -> dict[str, Any]:
        if self.sts:
            raise self.sts
        return {"Account": ACCOUNT, "Arn": USER}

    def _key(self, unused: dict[str, Any]) -> dict[str, Any]:
        if self.key is None:
            raise ClientError({"Error": {"Code": "NotFoundException", "Message": "no key"}}, "DescribeKey")
        return {"KeyMetadata": {"Arn": KEY_ARN, "KeyState": "Enabled", **self.key}}

    def _simulation(self, arguments: dict[str, Any]) -> dict[str, Any]:
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": "implicitDeny" if action in self.denied else "allowed",
            }
            for action in arguments["ActionNames"]
            for resource in arguments["ResourceArns"]
        ]
        return {"EvaluationResults": results}

    @property
    def services(self) -> set[str]:
        return {action.partition(":")[0] for action in self.asked}


def side_by_side(work: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return [work(item) for item in items]


def looked(world: Account, definition: dict[str, Any] | None = None, **wish: Any) -> RunPlan:
    return look(Wish((parse_table(definition or TTL),), **wish), world.aws(), side_by_side)


def test_what_is_in_sync_is_read_once_and_iam_is_not_asked() -> None:
    account = Account(made(TTL))
    plan = looked(account)
    assert plan.in_sync
    assert not plan.problem
    assert plan.outcomes[0].verified
    assert sorted(account.asked) == ["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "sts:GetCallerIdentity"]
    assert plan.heading == f"account {ACCOUNT}, region {REGION}, endpoint http://127.0.0.1:1, as {USER}"


def test_iam_is_asked_before_something_is_written() -> None:
    account = Account(AwsModel())
    plan = looked(account)
    assert not plan.in_sync
    assert "iam:SimulatePrincipalPolicy" in account.asked
    assert plan.permissions
    assert plan.permissions.missing == ()
    assert "permissions checked for" in plan.heading
    assert not [call for call in account.model.calls if not call[0].startswith(("Describe", "List"))]


@pytest.mark.parametrize("wish", [{"writes": False}, {"permissions": False}])
def test_iam_is_not_asked_where_nobody_is_going_to_write_or_wants_it(wish: dict[str, Any]) -> None:
    account = Account(AwsModel())
    assert not looked(account, **wish).in_sync
    assert "iam" not in account.services


def test_a_missing_permission_stops_the_run_and_is_named() -> None:
    account = Account(AwsModel(), denied={"dynamodb:UpdateTimeToLive"})
    plan = looked(account)
    assert "lacks 1 of" in plan.problem
    assert "missing: dynamodb:UpdateTimeToLive on" in plan.problem


def test_a_denied_read_has_every_missing_permission_named() -> None:
    account = Account(made(TTL), denied={"dynamodb:DescribeTimeToLive", "dynamodb:DescribeTable"})
    plan = looked(account, writes=False)
    assert "missing: dynamodb:DescribeTimeToLive on" in plan.problem
    assert "missing: dynamodb:DescribeTable on" in plan.problem


def test_the_wrong_account_stops_the_run() -> None:
    plan = looked(Account(made(TTL)), account="999988887777")
    assert plan.problem.splitlines() == [
        f"These are the credentials of account {ACCOUNT} ({USER}).",
        "tables_account_id allows 999988887777 only. Nothing was changed.",
    ]


def test_no_credentials_are_told_before_what_else_went_wrong() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    plan = looked(Account(made(TTL), sts=gone))
    assert plan.problem.startswith(f"AWS does not say who is calling (region {REGION}, endpoint http://127.0.0.1:1)")
    assert "set AWS_PROFILE" in plan.problem


def test_without_sts_the_place_is_all_there_is() -> None:
    account = Account(made(TTL))
    plan = looked(account, identity=False)
    assert plan.heading == f"region {REGION}, endpoint http://127.0.0.1:1"
    assert "sts" not in account.services


@pytest.mark.parametrize(
    ("key", "rotated", "tags", "changes"),
    [
        pytest.param(None, True, {}, ["to be created"], id="missing"),
        pytest.param({}, True, {"Project": "Orders", "more": "x"}, [], id="as wanted"),
        pytest.param({"KeyState": "Disabled"}, True, {"Project": "Orders"}, ["is Disabled, to be enabled"], id="off"),
        pytest.param({}, False, {"Project": "Orders"}, ["rotation to be turned on"], id="rotation"),
        pytest.param({}, True, {"Project": "x"}, ["tags to be set: Project"], id="tags"),
        pytest.param({}, False, {}, ["rotation to be turned on", "tags to be set: Project"], id="both"),
    ],
)
def test_what_would_be_done_to_the_key(
    key: dict[str, Any] | None, rotated: bool, tags: dict[str, str], changes: list[str]
) -> None:
    account = Account(made(TTL), key=key, rotated=rotated, tags=tags)
    plan = looked(account, key=WANTED, permissions=False)
    assert list(plan.key_changes) == changes
    assert plan.in_sync == (not changes)
    if changes:
        assert f"customer key {ALIAS}: {'; '.join(changes)}" in plan.heading


def test_a_key_that_may_not_be_looked_at_stops_the_run() -> None:
    account = Account(made(TTL), denied={"kms:DescribeKey"})
    plan = looked(account, key=WANTED, permissions=False)
    assert "kms:DescribeKey" in plan.problem


def test_rotation_is_told_where_it_is_to_be_off() -> None:
    found = FoundKey({"Arn": KEY_ARN}, rotated=True)
    assert found.changes(CustomerKey(ALIAS, rotation=False)) == ["rotation to be turned off"]


@pytest.mark.parametrize(
    ("alias", "right"),
    [("alias/a-b_c/d", True), ("alias/aws/dynamodb", False), ("orders", False), ("alias/", False), ("alias/ö", False)],
)
def test_aliases(alias: str, right: bool) -> None:
    assert (alias_problem(alias) == "") == right


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("https://dynamodb.eu-central-1.amazonaws.com", "AWS"),
        ("https://111122223333.ddb.eu-central-1.amazonaws.com", "AWS"),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", "AWS"),
        ("https://dynamodb.eu-central-1.api.aws", "AWS"),
        ("http://127.0.0.1:5050", "http://127.0.0.1:5050"),
        ("https://amazonaws.com.example.org", "https://amazonaws.com.example.org"),
    ],
)
def test_the_endpoint_is_shown_where_it_is_not_aws(endpoint: str, shown: str) -> None:
    assert Identity(region="r", endpoint=endpoint).text == f"region r, endpoint {shown}"
