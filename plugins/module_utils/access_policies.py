# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IAM policies of those who use tables: nothing but what they were given, and never on C(*). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .access_options import (
    INDEX_ACTIONS,
    LONGEST_POLICY_NAME,
    WRITE,
    Consumer,
    Grant,
    Table,
    access_tables,
    parse_consumers,
)
from .arguments import DefinitionError, Problems
from .iam import Place, dynamodb, kms

# Policies of this collection are known by their path; a policy of another path is never touched.
PATH = "/auditflow.dynamodb/"
# IAM quotas: the size of a managed policy, without white space.
LARGEST_POLICY = 6144
KEY_READ = kms("Decrypt", "DescribeKey", via="dynamodb")
KEY_WRITE = kms("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", via="dynamodb")
# For sizes before anybody is asked who calls.
SOMEWHERE = Place("aws-us-gov", "ap-southeast-1", "111122223333")

Condition = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Policy:
    """A managed policy that is wanted."""

    name: str
    arn: str
    description: str
    document: Mapping[str, Any]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Access:
    """Consumers and the tables that they are given, without a mistake."""

    tables: Mapping[str, Table]
    consumers: tuple[Consumer, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The customer keys that are needed, as the definitions name them."""
        used = [grant.table.key for consumer in self.consumers for grant in consumer.grants]
        return tuple(dict.fromkeys(key for key in used if key))


def parse_access(definitions: Any, consumers: Any) -> Access:
    """Raises DefinitionError with every mistake."""
    tables, problems = access_tables(definitions), Problems()
    access = Access(tables, parse_consumers(consumers, tables, problems))
    if not problems.found:
        placeholders = {key: SOMEWHERE.key() for key in access.keys}
        problems.found += size_problems(policies(access, SOMEWHERE, placeholders))
    if problems.found:
        raise DefinitionError(problems.found)
    return access


def policies(access: Access, place: Place, keys: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policy of each consumer. keys: ARNs of customer keys by the names that definitions have for them."""
    return tuple(_policy(consumer, place, keys) for consumer in access.consumers)


def _policy(consumer: Consumer, place: Place, keys: Mapping[str, str]) -> Policy:
    name = policy_name(consumer.name, place.region)
    description = consumer.description or f"What {consumer.name} may do with DynamoDB tables in {place.region}"
    return Policy(name, place.policy(PATH, name), description, document(consumer, place, keys), consumer.roles)


def policy_name(consumer: str, region: str) -> str:
    """IAM knows no regions, and a policy is for the tables of one."""
    return f"{consumer}-{region}"


def size(content: Mapping[str, Any]) -> int:
    """As IAM counts it."""
    return len(json.dumps(content, separators=(",", ":")))


def size_problems(wanted: Iterable[Policy]) -> list[str]:
    """Policies that IAM would not take."""
    problems = []
    for at, policy in enumerate(wanted):
        characters = size(policy.document)
        if characters > LARGEST_POLICY:
            text = f"its policy has {characters:,} characters and IAM takes {LARGEST_POLICY:,}"
            problems.append(f"access_consumers[{at}]: {text}: divide it into several consumers")
        if len(policy.name) > LONGEST_POLICY_NAME:
            problems.append(f"access_consumers[{at}].name: '{policy.name}' is longer than {LONGEST_POLICY_NAME}")
    return problems


def document(consumer: Consumer, place: Place, keys: Mapping[str, str]) -> dict[str, Any]:
    """The policy document. What is the same for several tables is one statement."""
    merged: dict[str, dict[str, Any]] = {}
    for statement in (each for grant in consumer.grants for each in _statements(grant, place)):
        same = json.dumps([statement["Action"], statement.get("Condition")])
        known = merged.setdefault(same, {**statement, "Resource": []})
        known["Resource"] = sorted({*known["Resource"], *statement["Resource"]})
    statements = [*merged.values(), *_key_statements(consumer.grants, place, keys)]
    numbered = [{"Sid": f"{each.pop('Sid')}{at}", **each} for at, each in enumerate(statements, 1)]
    return {"Version": "2012-10-17", "Statement": numbered}


def _statements(grant: Grant, place: Place) -> Iterable[dict[str, Any]]:
    table = place.table(grant.table.name)
    indexes = [place.index(grant.table.name, name) for name in grant.indexes]
    queries = tuple(action for action in grant.actions if action in INDEX_ACTIONS)
    # What an update answers with and what a read asks for are different conditions.
    updates = tuple(action for action in grant.actions if action == "UpdateItem" and grant.attributes)
    others = tuple(action for action in grant.actions if action not in (*queries, *updates))
    for operations in (others, updates):
        if operations:
            yield _statement("Items", operations, [table], grant)
    if queries:
        yield _statement("Queries", queries, [table, *indexes], grant)
    if grant.queried:
        arns = [place.index(grant.table.name, name) if name else table for name in grant.queried]
        yield _statement("AccessPatterns", ("Query",), arns, grant)


def _statement(sid: str, operations: tuple[str, ...], resources: list[str], grant: Grant) -> dict[str, Any]:
    actions = sorted(permission.action for permission in dynamodb(*operations))
    condition = _condition(grant, operations)
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": sorted(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _condition(grant: Grant, operations: tuple[str, ...]) -> Condition:
    """ForAllValues holds for a request without any value, too: Null asks that there is one."""
    condition: Condition = {}
    if grant.leading_keys:
        like = any(sign in value for value in grant.leading_keys for sign in "*?")
        test = f"ForAllValues:{'StringLike' if like else 'StringEquals'}"
        condition[test] = {"dynamodb:LeadingKeys": sorted(grant.leading_keys)}
        condition["Null"] = {"dynamodb:LeadingKeys": "false"}
    if grant.attributes:
        condition.setdefault("ForAllValues:StringEquals", {})["dynamodb:Attributes"] = sorted(grant.attributes)
        condition.setdefault("Null", {})["dynamodb:Attributes"] = "false"
        answers: dict[str, Any] = {}
        if set(operations) - set(WRITE):
            answers["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES"
        if "UpdateItem" in operations:
            answers["dynamodb:ReturnValues"] = ["NONE", "UPDATED_NEW", "UPDATED_OLD"]
        if answers:
            condition["StringEqualsIfExists"] = answers
    return condition


def _key_statements(grants: Iterable[Grant], place: Place, keys: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """A key is used through DynamoDB only; who only reads needs no new data keys."""
    writing: dict[str, bool] = {}
    for grant in grants:
        if grant.table.key:
            arn = keys[grant.table.key]
            writing[arn] = writing.get(arn, False) or bool(set(grant.actions) & set(WRITE))
    for writes, permissions in ((False, KEY_READ), (True, KEY_WRITE)):
        arns = sorted(arn for arn, value in writing.items() if value is writes)
        if arns:
            yield {
                "Sid": "CustomerKey",
                "Effect": "Allow",
                "Action": sorted(permission.action for permission in permissions),
                "Resource": arns,
                "Condition": {"StringEquals": {"kms:ViaService": _services(place)}},
            }


def _services(place: Place) -> str | list[str]:
    """In China KMS's guide writes the service's name without, and others of AWS's with, the country at its end."""
    name = f"dynamodb.{place.region}.amazonaws.com"
    return [name, f"{name}.cn"] if place.partition == "aws-cn" else name


def canonical(content: Any) -> Any:
    """The same for documents that mean the same: IAM takes a text for a list of one, and lists in any order."""
    if isinstance(content, Mapping):
        return {name: canonical(value) for name, value in sorted(content.items())}
    if isinstance(content, list):
        plain = [canonical(value) for value in content]
        return plain[0] if len(plain) == 1 else sorted(plain, key=lambda value: json.dumps(value, sort_keys=True))
    return content


def tables_in(content: Any, place: Place) -> frozenset[str]:
    """The tables of this place that a document is about."""
    pattern = re.compile(re.escape(place.table("")) + r"([A-Za-z0-9_.-]+)")
    return frozenset(pattern.findall(json.dumps(content)))
