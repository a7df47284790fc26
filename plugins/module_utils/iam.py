# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which settings say which IAM permissions they need. Data only; C(permissions.py) composes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """What a permission is given on.

    TABLE: a table. INDEX, BACKUP, EXPORT, IMPORT: those of a table. ALARM, DASHBOARD, TOPIC: what watches it.
    POLICY, ROLE: of those who use it. KEY: the customer key. ALIAS: its alias.
    BUCKET, OBJECT: of S3. LOGS: what imports write about. CALLER: the calling user or role itself.
    ANY: AWS knows no narrower resource for the action.
    """

    TABLE = "table"
    INDEX = "index"
    BACKUP = "backup"
    EXPORT = "export"
    IMPORT = "import"
    BUCKET = "bucket"
    OBJECT = "object"
    LOGS = "logs"
    KEY = "key"
    ALIAS = "alias"
    ALARM = "alarm"
    DASHBOARD = "dashboard"
    TOPIC = "topic"
    POLICY = "policy"
    ROLE = "role"
    CALLER = "caller"
    ANY = "any"


@dataclass(frozen=True)
class Permission:
    """One IAM action on one kind of resource.

    via: the AWS service that uses it for the caller; empty where the caller itself makes the call.
    """

    action: str
    scope: Scope
    via: str = ""

    @property
    def operation(self) -> str:
        """The action without its service."""
        return self.action.partition(":")[2]


Permissions = tuple[Permission, ...]


def of_service(service: str, *actions: str, scope: Scope, via: str = "") -> Permissions:
    """Permissions of any service."""
    return tuple(Permission(f"{service}:{action}", scope, via) for action in actions)


def dynamodb(*operations: str, scope: Scope = Scope.TABLE) -> Permissions:
    """Permissions of DynamoDB, on the table unless told otherwise."""
    return of_service("dynamodb", *operations, scope=scope)


def kms(*operations: str, scope: Scope = Scope.KEY, via: str = "") -> Permissions:
    """Permissions of KMS, on the customer key unless told otherwise."""
    return of_service("kms", *operations, scope=scope, via=via)


def s3(*actions: str, scope: Scope = Scope.OBJECT) -> Permissions:
    """Permissions of S3, on objects unless told otherwise."""
    return of_service("s3", *actions, scope=scope)


# A key that is not made yet has no id: what is allowed on it is what is allowed on any key of the account.
NO_KEY_YET = "00000000-0000-0000-0000-000000000000"

CALLER_ARN = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<service>iam|sts)::(?P<account>\d{12}):(?P<kind>[\w-]+)(/(?P<name>.+))?"
)


@dataclass(frozen=True)
class Place:
    """Where resources are: makes their ARNs."""

    partition: str
    region: str
    account: str

    def table(self, name: str) -> str:
        """ARN of a table."""
        return f"arn:{self.partition}:dynamodb:{self.region}:{self.account}:table/{name}"

    def index(self, table: str, name: str) -> str:
        """ARN of an index of a table."""
        return f"{self.table(table)}/index/{name}"

    def part(self, table: str, kind: str) -> str:
        """ARN of all backups, exports or imports of a table."""
        return f"{self.table(table)}/{kind}/*"

    def objects(self, bucket: str, prefix: str = "*") -> str:
        """ARN of objects of a bucket."""
        return f"arn:{self.partition}:s3:::{bucket}/{prefix}"

    def bucket(self, name: str) -> str:
        """ARN of a bucket."""
        return f"arn:{self.partition}:s3:::{name}"

    def logs(self, group: str) -> str:
        """ARN of log groups and their streams."""
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{group}"

    def key(self, key_id: str = NO_KEY_YET) -> str:
        """ARN of a KMS key by its id."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{key_id}"

    def alias(self, name: str) -> str:
        """ARN of a KMS alias by its name with its C(alias/)."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{name}"

    def alarm(self, name: str) -> str:
        """ARN of a CloudWatch alarm."""
        return f"arn:{self.partition}:cloudwatch:{self.region}:{self.account}:alarm:{name}"

    def dashboard(self, name: str) -> str:
        """ARN of a CloudWatch dashboard, which is of no region."""
        return f"arn:{self.partition}:cloudwatch::{self.account}:dashboard/{name}"

    def topic(self, name: str) -> str:
        """ARN of an SNS topic."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{name}"

    def principal(self, kind: str, name: str) -> str:
        """ARN of a user or a role."""
        return f"arn:{self.partition}:iam::{self.account}:{kind}/{name}"

    def policy(self, path: str, name: str) -> str:
        """ARN of a managed policy of the account. path: begins and ends with a slash."""
        return f"arn:{self.partition}:iam::{self.account}:policy{path}{name}"


@dataclass(frozen=True)
class Caller:
    """Who calls, and whose policies say what is allowed.

    arn: the user or role whose policies can be asked for; empty where there is none. role: the role's name, where a
    session of a role calls. reason: why nobody's policies can be asked for.
    """

    partition: str = ""
    account: str = ""
    arn: str = ""
    role: str = ""
    reason: str = ""

    @classmethod
    def of(cls, arn: str) -> Caller:
        """Of the ARN that STS tells."""
        found = CALLER_ARN.fullmatch(arn)
        if not found:
            return cls(reason=f"STS tells no caller of an AWS account: {arn or 'nothing'}")
        place = Place(found["partition"], "", found["account"])
        kind, name = f"{found['service']} {found['kind']}", found["name"] or ""
        if kind == "iam user":
            return cls(place.partition, place.account, arn)
        if kind == "sts assumed-role":
            # The session's ARN leaves the role's path out; most roles have none.
            role = name.partition("/")[0]
            return cls(place.partition, place.account, place.principal("role", role), role)
        reason = (
            "the account's root user may do everything" if kind == "iam root" else f"{arn} is no user or role of IAM"
        )
        return cls(place.partition, place.account, reason=reason)
