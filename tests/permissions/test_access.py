# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access.yml: those who use the tables may do what they were given, and nothing else.

moto compares actions and resources. It knows neither dynamodb:LeadingKeys nor the other conditions on items: of them
only the documents are tested, in tests/unit/test_access.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.auditflow import ALIAS, DOCUMENTS, TABLES, make
from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Finished
from tests.permissions.runs import ACCOUNT, Account, Credentials

ADMINISTRATOR = Credentials(ACCESS_KEY, SECRET_KEY)
AUDITS = "AuditFlow-AuditRecords"
QUEUE, BY_LOAN = "processing_status-upload_timestamp-index", "loan_application_id-upload_timestamp-index"
PATH = f"arn:aws:iam::{ACCOUNT}:policy/auditflow.dynamodb"
# What docs/runbooks/access.md says that it takes; moto compares no resources of IAM's own.
NEEDED = [
    "iam:AttachRolePolicy",
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:DetachRolePolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:ListAttachedRolePolicies",
    "iam:ListEntitiesForPolicy",
    "iam:ListPolicies",
    "iam:ListPolicyVersions",
    "iam:SetDefaultPolicyVersion",
    "kms:DescribeKey",
]
ROLES = ("auditflow-lambda", "reader", "queue")
READER: dict[str, Any] = {
    "name": "Reader",
    "roles": ["reader"],
    "tables": [{"name": DOCUMENTS, "rights": "read"}, {"name": AUDITS, "rights": "read"}],
}
QUEUE_ONLY = {
    "name": "Queue",
    "roles": ["queue"],
    "tables": [{"name": DOCUMENTS, "access_patterns": ["documents_by_processing_status"]}],
}
LAMBDA_ACTIONS = ["PutItem", "GetItem", "UpdateItem", "Query", "BatchWriteItem"]
LAMBDA = {
    "name": "AuditFlow-Lambda",
    "roles": ["auditflow-lambda"],
    "tables": [{"name": name, "actions": LAMBDA_ACTIONS} for name in TABLES],
}
CONSUMERS = [LAMBDA, READER, QUEUE_ONLY]


def query(attribute: str, index: str = "") -> tuple[str, dict[str, Any]]:
    condition = {
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": {"#key": attribute},
        "ExpressionAttributeValues": {":key": {"S": "one"}},
    }
    return "query", {**condition, **({"IndexName": index} if index else {})}


KEY = {"Key": {"document_id": {"S": "one"}}}
UPDATE = {"UpdateExpression": "SET page_count = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
TRIALS: dict[str, tuple[str, dict[str, Any]]] = {
    "put": ("put_item", {"Item": KEY["Key"]}),
    "put an audit": ("put_item", {"TableName": AUDITS, "Item": {"audit_record_id": {"S": "one"}}}),
    "update": ("update_item", {**KEY, **UPDATE}),
    "get": ("get_item", KEY),
    "query": query("document_id"),
    "query the queue": query("processing_status", QUEUE),
    "query by loan": query("loan_application_id", BY_LOAN),
    "scan": ("scan", {}),
    "scan the queue": ("scan", {"IndexName": QUEUE}),
    "describe": ("describe_table", {}),
    "delete": ("delete_item", KEY),
}
QUERIES = {"query", "query the queue", "query by loan"}

Play = Callable[..., Finished]


def make_roles(account: Account) -> str:
    """Roles of three programs. Somebody else has attached a policy to one of them."""
    iam = account.target.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}]}
    for role in ROLES:
        iam.create_role(RoleName=role, Path="/programs/", AssumeRolePolicyDocument=json.dumps(trust))
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sns:*", "Resource": "*"}]}
    other = iam.create_policy(PolicyName="Other-ap-south-1", PolicyDocument=json.dumps(nothing))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="reader", PolicyArn=other)
    return str(other)


def attached(account: Account, role: str) -> list[str]:
    answer = account.target.client("iam").list_attached_role_policies(RoleName=role)
    return sorted(policy["PolicyArn"] for policy in answer["AttachedPolicies"])


class Session:
    """A program in its role."""

    def __init__(self, account: Account, role: str) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:role/programs/{role}"
        sts = account.target.client("sts")
        given = sts.assume_role(RoleArn=arn, RoleSessionName="program")["Credentials"]
        self.client = boto3.client(
            "dynamodb",
            region_name=account.target.region,
            endpoint_url=account.target.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def may(self, operation: str, arguments: dict[str, Any]) -> bool:
        try:
            getattr(self.client, operation)(**{"TableName": DOCUMENTS, **arguments})
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            return False
        return True

    @property
    def allowed(self) -> set[str]:
        """What it may do of all that is tried."""
        return {name for name, (operation, arguments) in TRIALS.items() if self.may(operation, arguments)}


@pytest.fixture
def access(account: Account, play: Play) -> Play:
    """access.yml for three consumers of AuditFlow's tables with a customer key, by one who may do nothing else."""
    account.reset()
    make(account.target)
    statement = {"Sid": "Access", "Effect": "Allow", "Action": NEEDED, "Resource": "*"}
    manager = account.user({"Version": "2012-10-17", "Statement": [statement]})

    def run(name: str, *arguments: str, **extra: Any) -> Finished:
        common = {"tables_kms_alias": ALIAS, "access_consumers": CONSUMERS}
        who = manager if name == "access" else ADMINISTRATOR
        return play(name, who, *arguments, **{**common, **extra})

    return run


def iam_reads(run: Finished) -> Counter[str]:
    """Of the comparison; the task before it asks for the account's name."""
    return run.task("Compare the policies").calls.reads


def test_each_may_do_what_it_was_given(account: Account, access: Play) -> None:
    other = make_roles(account)
    first = access("access")
    assert first.code == 0, first.output
    assert Counter(operation for operation, _resource in first.calls.writes) == {
        "CreatePolicy": 3,
        "AttachRolePolicy": 3,
    }
    assert attached(account, "reader") == sorted([f"{PATH}/Reader-ap-south-1", other])

    writer, reader, queue = (Session(account, role) for role in ROLES)
    assert writer.allowed == {"put", "put an audit", "update", "get", *QUERIES}
    assert reader.allowed == {"get", *QUERIES}
    assert queue.allowed == {"query the queue"}

    again = access("access")
    assert again.changed == []
    assert again.calls.writes == []
    assert iam_reads(again) == {
        "DescribeKey": 1,
        "GetCallerIdentity": 1,
        "ListPolicies": 1,
        "GetPolicyVersion": 3,
        "ListEntitiesForPolicy": 3,
    }

    less = {**READER, "tables": READER["tables"][1:]}
    planned = access("access", "--check", access_consumers=[LAMBDA, less], access_purge=True)
    assert planned.calls.writes == []
    assert "Reader-ap-south-1: to be changed" in planned.task("Show the policies").message
    assert f':table/{DOCUMENTS}",' in planned.task("Show the policies").message
    changed = access("access", access_consumers=[LAMBDA, less], access_purge=True)
    assert Counter(operation for operation, _resource in changed.calls.writes) == {
        "CreatePolicyVersion": 1,
        "SetDefaultPolicyVersion": 1,
        "DetachRolePolicy": 1,
        "DeletePolicy": 1,
    }
    assert reader.allowed == set()
    assert queue.allowed == set()
    assert attached(account, "queue") == []

    gone = access("teardown", confirm=",".join(TABLES))
    assert gone.code == 0, gone.output
    iam = account.target.client("iam")
    assert [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]] == [other]
    assert attached(account, "reader") == [other]
    assert {role["RoleName"] for role in iam.list_roles()["Roles"]} == set(ROLES)


def test_what_stands_in_the_way_is_told_before_anything_is_written(account: Account, access: Play) -> None:
    iam = account.target.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sns:*", "Resource": "*"}]}
    iam.create_policy(PolicyName="Reader-ap-south-1", PolicyDocument=json.dumps(document))
    refused = access("access")
    assert refused.code == 2
    assert refused.calls.writes == []
    assert "the role auditflow-lambda of AuditFlow-Lambda-ap-south-1 does not exist" in refused.failure
    assert "there is a policy /Reader-ap-south-1 of somebody else" in refused.failure
