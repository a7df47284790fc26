# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which IAM permissions a definition needs. Pure.

The settings say theirs; here are those that no setting has, and what a run of definitions is checked for before it
writes. C(runbook_permissions.py) has those of the playbooks, C(policies.py) the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .catalog import MANAGED, OTHERS
from .iam import Permission, Permissions, Place, Scope, dynamodb, kms
from .settings import SETTINGS
from .settings.base import Setting
from .spec import TableSpec

TABLE_READ = dynamodb("DescribeTable")
TABLE_CREATE = dynamodb("CreateTable")
# Deletion protection is turned off by UpdateTable.
TABLE_DELETE = dynamodb("UpdateTable", "DeleteTable")
BACKUP = dynamodb("CreateBackup") + dynamodb("ListBackups", scope=Scope.ANY)
TABLE_INFO = (
    TABLE_READ + dynamodb(*(each.operation for each in (*MANAGED, *OTHERS))) + dynamodb("ListTables", scope=Scope.ANY)
)

# The calls of amazon.aws.kms_key. It also reads the key's policies, and goes on without where it may not.
KEY_READ = kms("DescribeKey", "GetKeyRotationStatus", "ListGrants", "ListResourceTags") + kms(
    "ListAliases", scope=Scope.ANY
)
# AWS asks for CreateAlias on both, the alias and the key. Keys are listed to find one that was left without its alias.
KEY_CREATE = kms("ListKeys", "CreateKey", scope=Scope.ANY) + kms("CreateAlias", scope=Scope.ALIAS) + kms("CreateAlias")
KEY_TAG = kms("TagResource")
KEY_ROTATE = {True: kms("EnableKeyRotation"), False: kms("DisableKeyRotation")}
# A key with the alias that is disabled or about to be deleted is enabled again.
KEY_REPAIR = {"Disabled": kms("EnableKey"), "PendingDeletion": kms("CancelKeyDeletion", "EnableKey")}
KEY_WRITE = (*KEY_CREATE, *KEY_TAG, *KEY_ROTATE[True], *KEY_ROTATE[False], *KEY_REPAIR["PendingDeletion"])

# GetRole is asked where the role has a path, which the ARN of its session does not show.
PREFLIGHT = (
    Permission("iam:SimulatePrincipalPolicy", Scope.CALLER),
    Permission("iam:GetRole", Scope.CALLER),
)


def join(*groups: Iterable[Permission]) -> Permissions:
    """All permissions of the groups, each once."""
    return tuple(dict.fromkeys(permission for group in groups for permission in group))


def least(*groups: Iterable[Permission]) -> Permissions:
    """All permissions of the groups, without what a service may do for the caller that the caller may do anyway."""
    every = join(*groups)
    own = {(each.action, each.scope) for each in every if not each.via}
    return tuple(each for each in every if not (each.via and (each.action, each.scope) in own))


def reads(settings: Iterable[Setting[Any]]) -> Permissions:
    """What comparing these settings needs."""
    return join(TABLE_READ, *(setting.read_actions for setting in settings))


def changes(settings: Iterable[Setting[Any]]) -> Permissions:
    """What changing these settings of live tables needs."""
    return join(*(setting.write_actions for setting in settings))


def creation(settings: Iterable[Setting[Any]]) -> Permissions:
    """What creating tables with these settings needs, together with the changes that follow."""
    return join(TABLE_CREATE, *(setting.create_actions for setting in settings))


@dataclass(frozen=True)
class Need:
    """One permission that a run may need.

    resource: an ARN, or C(*). owner: the table, or the customer key, that it is needed for. purpose: what for.
    write: whether it is for a change; changes that turn out not to be due do not need it.
    """

    permission: Permission
    resource: str
    owner: str
    purpose: str = field(compare=False)
    write: bool = False

    @property
    def asked(self) -> tuple[str, str, str]:
        """What IAM is asked: action, resource, and the service that acts for the caller."""
        return self.permission.action, self.resource, self.permission.via

    @property
    def facts(self) -> dict[str, str]:
        """What a module returns of it."""
        return {
            "action": self.permission.action,
            "resource": self.resource,
            "owner": self.owner,
            "purpose": self.purpose,
            "via": self.permission.via,
        }

    def __str__(self) -> str:
        return f"{self.permission.action} on {self.resource} ({self.purpose} of {self.owner})"


def merge(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Each need once, with everything that it is for."""
    purposes: dict[Need, list[str]] = {}
    for need in needs:
        purposes.setdefault(need, []).append(need.purpose)
    return tuple(replace(need, purpose=", ".join(dict.fromkeys(names))) for need, names in purposes.items())


@dataclass(frozen=True)
class CustomerKey:
    """The key that the role makes. alias: its name. rotation: whether it is rotated. tags: those it shall have."""

    alias: str
    rotation: bool = True
    tags: Mapping[str, str] | None = None


def table_needs(spec: TableSpec, place: Place, keys: Mapping[str, str], create: bool) -> list[Need]:
    """What one definition can need. keys: the ARNs of KMS keys, by the names that definitions have for them."""
    encryption = spec.wanted.get("encryption")
    key = keys.get(encryption.key, encryption.key) if encryption else ""
    resources = {
        Scope.TABLE: place.table(spec.name),
        Scope.KEY: key if key.startswith("arn:") else place.key(),
        Scope.ANY: "*",
    }
    needs: list[Need] = []

    def add(permissions: Permissions, purpose: str, write: bool) -> None:
        needs.extend(Need(each, resources[each.scope], spec.name, purpose, write) for each in permissions)

    creating = create and spec.creatable
    if creating:
        add(TABLE_CREATE, "creation", True)
    for name, want in spec.wanted.items():
        setting = SETTINGS[name]
        writes = join(setting.write_actions, setting.create_actions if creating else ())
        add(tuple(each for each in setting.read_actions if setting.uses(each, want)), name, False)
        add(tuple(each for each in writes if setting.uses(each, want)), name, True)
    return needs


def deletion_needs(name: str, place: Place, backup: bool) -> list[Need]:
    """What deleting a table can need."""
    resources = {Scope.TABLE: place.table(name), Scope.ANY: "*"}
    groups = [
        ("deletion", TABLE_READ, False),
        ("deletion", TABLE_DELETE, True),
        ("final backup", BACKUP if backup else (), True),
    ]
    return [
        Need(each, resources[each.scope], name, purpose, write) for purpose, group, write in groups for each in group
    ]


def key_needs(key: CustomerKey, place: Place, metadata: Mapping[str, Any] | None) -> list[Need]:
    """What ensuring the customer key can need. metadata: KMS's of the key that is there, if one is."""
    arn = metadata["Arn"] if metadata else place.key()
    resources = {Scope.KEY: arn, Scope.ALIAS: place.alias(key.alias), Scope.ANY: "*"}
    repair = KEY_REPAIR.get(metadata.get("KeyState", ""), ()) if metadata else ()
    writes = join(() if metadata else KEY_CREATE, KEY_TAG if key.tags else (), KEY_ROTATE[key.rotation], repair)
    return [
        Need(each, resources[each.scope], key.alias, "customer key", write)
        for group, write in ((KEY_READ, False), (writes, True))
        for each in group
    ]
