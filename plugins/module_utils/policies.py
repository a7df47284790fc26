# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies in C(policies/): which playbooks each is for, and on what it allows their permissions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .iam import Permissions, Place, Scope
from .permissions import TABLE_INFO, least
from .runbook_permissions import INVENTORY, PLAYBOOKS

# Each policy's playbooks.
LOOKING = ("plan", "verify", "drift", "report", "document", "backups", "exports", "watch_index")
CHANGING = (
    *("plan", "verify", "drift", "configure", "provision", "add_index", "rebuild_index", "retire_index"),
    *("watch_index", "switch_billing", "change_key", "rotate_key"),
)
OPERATING = (*CHANGING, "teardown", "recreate", "backup", "backups", "delete_backups", "exports")
# Those that read or write items, or move them to S3 and back. AWS asks for the like to restore a table.
ITEMS = (
    *("restore", "export", "exports", "import", "ttl_backfill", "migrate", "archive", "unarchive"),
    *("sample_data", "exercise"),
)
USED_FOR: dict[str, tuple[str, ...]] = {
    "auditor": LOOKING,
    "provisioner": CHANGING,
    "operator": OPERATING,
    "custodian": ITEMS,
    "watcher": ("monitoring",),
    "granter": ("access",),
}

# One who may delete tables and one who may fill them.
TOGETHER: dict[str, tuple[str, ...]] = {"replace": ("operator", "custodian")}


def of_playbooks(*names: str) -> Permissions:
    """What these playbooks need."""
    return least(*(PLAYBOOKS[name] for name in names))


POLICIES: dict[str, Permissions] = {
    "auditor": least(of_playbooks(*LOOKING), TABLE_INFO, INVENTORY),
    **{name: of_playbooks(*playbooks) for name, playbooks in USED_FOR.items() if name != "auditor"},
}


@dataclass(frozen=True)
class Resources:
    """What a policy allows its permissions on: patterns in IAM's words.

    place: its region may be C(*). tables: names of tables. alias: the customer key's. bucket: names of buckets.
    callers: names of users and roles. topics: names of SNS topics. roles: names of roles that use the tables.
    """

    place: Place = Place("aws", "*", "111122223333")
    tables: str = "AuditFlow-*"
    alias: str = "alias/auditflow-dynamodb-encryption"
    bucket: str = "auditflow-*"
    callers: str = "AuditFlow-*"
    topics: str = "AuditFlow-*"
    roles: str = "AuditFlow-*"

    def of(self, scope: Scope) -> list[str]:
        """The resources of a scope."""
        return {
            Scope.TABLE: [self.place.table(self.tables)],
            Scope.INDEX: [self.place.index(self.tables, "*")],
            Scope.BACKUP: [self.place.part(self.tables, "backup")],
            Scope.EXPORT: [self.place.part(self.tables, "export")],
            Scope.IMPORT: [self.place.part(self.tables, "import")],
            Scope.BUCKET: [self.place.bucket(self.bucket)],
            Scope.OBJECT: [self.place.objects(self.bucket)],
            Scope.LOGS: [self.place.logs("/aws-dynamodb/*")],
            Scope.KEY: [self.place.key("*")],
            Scope.ALIAS: [self.place.alias(self.alias)],
            Scope.ALARM: [self.place.alarm(self.tables), self.place.alarm("DynamoDB account/*")],
            Scope.DASHBOARD: [self.place.dashboard("DynamoDB-*")],
            Scope.TOPIC: [self.place.topic(self.topics)],
            Scope.POLICY: [self.place.policy("/auditflow.dynamodb/", "*")],
            Scope.ROLE: [self.place.principal("role", self.roles)],
            Scope.CALLER: [self.place.principal("role", self.callers), self.place.principal("user", self.callers)],
            Scope.ANY: ["*"],
        }[scope]


STATEMENTS = {
    (Scope.TABLE, ""): "Tables",
    (Scope.INDEX, ""): "Indexes",
    (Scope.BACKUP, ""): "Backups",
    (Scope.EXPORT, ""): "Exports",
    (Scope.IMPORT, ""): "Imports",
    (Scope.BUCKET, ""): "Buckets",
    (Scope.OBJECT, ""): "Objects",
    (Scope.LOGS, ""): "LogsOfImports",
    (Scope.KEY, ""): "CustomerKey",
    (Scope.KEY, "dynamodb"): "CustomerKeyThroughDynamoDB",
    (Scope.ALIAS, ""): "CustomerKeyAlias",
    (Scope.ALARM, ""): "Alarms",
    (Scope.DASHBOARD, ""): "Dashboards",
    (Scope.TOPIC, ""): "Topics",
    (Scope.POLICY, ""): "PoliciesOfConsumers",
    (Scope.ROLE, ""): "RolesOfConsumers",
    (Scope.ANY, ""): "NotBoundToAResource",
    (Scope.CALLER, ""): "CheckBeforeWriting",
}


def policy(permissions: Permissions, resources: Resources) -> dict[str, Any]:
    """An IAM policy document that allows exactly these permissions."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _statement(sid, group, scope, via, resources)
            for (scope, via), sid in STATEMENTS.items()
            if (group := [each.action for each in permissions if (each.scope, each.via) == (scope, via)])
        ],
    }


def _statement(sid: str, actions: list[str], scope: Scope, via: str, resources: Resources) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(set(actions)),
        "Resource": resources.of(scope),
    }
    if via:
        statement["Condition"] = {"StringLike": {"kms:ViaService": f"{via}.{resources.place.region}.amazonaws.com"}}
    return statement
