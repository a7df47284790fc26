# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words in which settings say which IAM permissions they need. Data only; C(permissions.py) composes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """What a permission is given on.

    TABLE: a table. KEY: the customer key. ALIAS: its alias. CALLER: the calling user or role itself.
    ANY: AWS knows no narrower resource for the action.
    """

    TABLE = "table"
    KEY = "key"
    ALIAS = "alias"
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


def dynamodb(*operations: str, scope: Scope = Scope.TABLE) -> Permissions:
    """Permissions of DynamoDB, on the table unless told otherwise."""
    return tuple(Permission(f"dynamodb:{operation}", scope) for operation in operations)


def kms(*operations: str, scope: Scope = Scope.KEY, via: str = "") -> Permissions:
    """Permissions of KMS, on the customer key unless told otherwise."""
    return tuple(Permission(f"kms:{operation}", scope, via) for operation in operations)
