# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IAM and KMS have of policies, roles and customer keys, and policies attached to roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .access_changes import FoundPolicy
from .access_policies import PATH, Policy, tables_in
from .aws import Aws, Patience
from .errors import AwsError, Kind
from .iam import Caller, Place
from .settings.encryption import KEY_ARN
from .state import Read

Described = Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """The policies of the account.

    found: those of this collection for the region, by ARN. strangers: names of all others, with their paths.
    """

    place: Place
    found: Mapping[str, FoundPolicy]
    strangers: Mapping[str, str]


def look(aws: Aws) -> Look:
    """Raises AwsError."""
    place = _place(aws)
    listed = (aws.read(Read("ListPolicies", {"Scope": "Local"}, service="iam")) or {}).get("Policies", ())
    ours = [each for each in listed if each["Path"] == PATH]
    here = [each for each in ours if each["PolicyName"].endswith(f"-{place.region}")]
    found = {each["Arn"]: _found(aws, each, place) for each in here}
    return Look(place, found, {each["PolicyName"].lower(): each["Path"] for each in listed if each not in ours})


def _place(aws: Aws) -> Place:
    arn = (aws.read(Read("GetCallerIdentity", {}, service="sts")) or {}).get("Arn", "")
    caller = Caller.of(arn)
    if not caller.account:
        # Without the account there are no ARNs.
        raise AwsError(
            "GetCallerIdentity", "NoAccount", caller.reason, Kind.UNSUPPORTED, "Give credentials of an account."
        )
    return Place(caller.partition, aws.region, caller.account)


def _found(aws: Aws, policy: Described, place: Place) -> FoundPolicy:
    arn = policy["Arn"]
    version = Read("GetPolicyVersion", {"PolicyArn": arn, "VersionId": policy["DefaultVersionId"]}, service="iam")
    entities = Read("ListEntitiesForPolicy", {"PolicyArn": arn}, service="iam")
    answers = aws.read_all([version, entities])
    document = (answers[version.name] or {}).get("PolicyVersion", {}).get("Document", {})
    attached = answers[entities.name] or {}
    users = [f"user {each['UserName']}" for each in attached.get("PolicyUsers", ())]
    groups = [f"group {each['GroupName']}" for each in attached.get("PolicyGroups", ())]
    roles = tuple(sorted(each["RoleName"] for each in attached.get("PolicyRoles", ())))
    return FoundPolicy(policy["PolicyName"], arn, document, tables_in(document, place), roles, (*users, *groups))


def key_arns(aws: Aws, keys: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """ARNs of customer keys by name, and those that do not exist. Raises AwsError."""
    arns, missing = {}, []
    for key in keys:
        if KEY_ARN.fullmatch(key):
            arns[key] = key
            continue
        answer = aws.read(Read("DescribeKey", {"KeyId": key}, service="kms"))
        if answer is None:
            missing.append(f"the KMS key '{key}' does not exist in {aws.region}: provision.yml makes it")
        else:
            arns[key] = answer["KeyMetadata"]["Arn"]
    return arns, missing


def obstacles(aws: Aws, wanted: Iterable[Policy], looked: Look) -> list[str]:
    """What stands in the way: roles that do not exist, and policies of others with the same name. Raises AwsError."""
    problems, asked = [], set()
    for policy in wanted:
        path = looked.strangers.get(policy.name.lower())
        if path:
            problems.append(f"there is a policy {path}{policy.name} of somebody else: give the consumer another name")
        attached = looked.found[policy.arn].roles if policy.arn in looked.found else ()
        for role in policy.roles:
            if role in attached or role in asked:
                continue
            asked.add(role)
            if aws.read(Read("GetRole", {"RoleName": role}, service="iam")) is None:
                problems.append(f"the role {role} of {policy.name} does not exist: make it first, or take it out")
    return problems


def attached_policies(aws: Aws, role: str) -> tuple[str, ...] | None:
    """ARNs of the managed policies of a role; C(None) where there is no such role. Raises AwsError."""
    answer = aws.read(Read("ListAttachedRolePolicies", {"RoleName": role}, service="iam"))
    return None if answer is None else tuple(each["PolicyArn"] for each in answer.get("AttachedPolicies", ()))


def move_policies(aws: Aws, role: str, attach: Iterable[str], detach: Iterable[str]) -> None:
    """Attaches before it detaches, so that a role that changes its policies is never without. Raises AwsError."""
    for arn in attach:
        aws.repeat("AttachRolePolicy", {"RoleName": role, "PolicyArn": arn}, Patience(), service="iam")
    for arn in detach:
        aws.write("DetachRolePolicy", {"RoleName": role, "PolicyArn": arn}, Patience(), service="iam")
