# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption at rest. Rules: SSESpecification API reference; idempotency of UpdateTable is measured.

A key sent again by its alias or id makes AWS re-encrypt the table and spends one of four changes a day, so references
are resolved to the key's ARN before anything is compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..conditions import Condition, EncryptionSettled, KeyExists, TableActive
from ..iam import Permission, Permissions, dynamodb, kms
from ..state import Read
from ..steps import RANK_ENCRYPTION, Refusal, Step
from .base import Planned, Setting

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

AWS_OWNED, KMS = "AWS_OWNED", "KMS"
MANAGED_KEY = "alias/aws/dynamodb"
# What DynamoDB does with the customer key for whoever chooses it: Developer Guide, usage notes of encryption at rest.
# With CreateGrant it gets a permission of its own, which keeps the table readable afterwards.
KEY_USE = kms(
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    via="dynamodb",
)
KEY_ARN = re.compile(r"arn:[^:]+:kms:[^:]+:\d+:key/.+")


@dataclass(frozen=True)
class Encryption:
    """type: AWS_OWNED or KMS. key: the KMS key, an ARN once resolved. label: what the user called it."""

    type: str = AWS_OWNED
    key: str = ""
    label: str = field(default="", compare=False)


class EncryptionSetting(Setting[Encryption]):
    """An AWS-owned key, the AWS-managed key C(aws/dynamodb), or a customer key by id, ARN or alias."""

    name = "encryption"
    label = "encryption"
    write_actions = dynamodb("UpdateTable") + KEY_USE
    create_actions = KEY_USE
    options = {
        "encryption": {
            "type": "dict",
            "options": {
                "type": {"type": "str", "choices": [AWS_OWNED, KMS], "default": KMS},
                "key": {"type": "str"},
            },
        },
    }

    @property
    def read_actions(self) -> Permissions:
        return super().read_actions + kms("DescribeKey")

    def uses(self, permission: Permission, want: Encryption) -> bool:
        if not permission.action.startswith("kms:"):
            return True
        # The AWS-managed key lets everybody in the account use it through DynamoDB, but not look at it.
        return want.type == KMS and (not permission.via or want.key != MANAGED_KEY)

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Encryption | None:
        encryption = arguments.get("encryption")
        if encryption is None:
            return None
        kind, key = encryption.get("type", KMS), encryption.get("key", "")
        if kind == AWS_OWNED and key:
            problems.add("encryption.key", "cannot be given when encryption.type is AWS_OWNED")
        return Encryption(kind, key or (MANAGED_KEY if kind == KMS else ""), key)

    def reads(self, want: Encryption, name: str, description: Mapping[str, Any] | None) -> tuple[Read, ...]:
        if want.type == AWS_OWNED or KEY_ARN.fullmatch(want.key):
            return ()
        if want.key == MANAGED_KEY and not (description or {}).get("SSEDescription"):
            # CreateTable and UpdateTable take the managed key without being told which it is.
            return ()
        return (Read("DescribeKey", {"KeyId": want.key}, service="kms", key=_answer_name(want.key), common=True),)

    def resolve(self, want: Encryption, state: TableState) -> Encryption:
        metadata = state.answer(_answer_name(want.key)).get("KeyMetadata", {})
        return Encryption(want.type, metadata.get("Arn", want.key), want.label)

    def found(self, state: TableState) -> Encryption:
        sse = state.table.get("SSEDescription") or {}
        return Encryption(KMS, sse.get("KMSMasterKeyArn", "")) if sse.get("SSEType") == KMS else Encryption()

    def create(self, want: Encryption, spec: TableSpec) -> dict[str, Any]:
        return {} if want.type == AWS_OWNED else {"SSESpecification": specification(want)}

    def obstacles(self, want: Encryption, spec: TableSpec) -> list[Refusal]:
        return missing_key(want, spec.name)

    def steps(self, want: Encryption, found: Encryption, spec: TableSpec, state: TableState) -> Planned:
        return [
            *missing_key(want, spec.name),
            Step(
                operation="UpdateTable",
                arguments={"TableName": spec.name, "SSESpecification": specification(want)},
                purpose=f"encrypt with {self.show(want)}",
                changes=(self.change(want, found),),
                rank=RANK_ENCRYPTION,
                before=(TableActive(spec.name), EncryptionSettled(spec.name)),
                after=(EncryptionSettled(spec.name),),
            ),
        ]

    def quotas(self, want: Encryption, found: Encryption, state: TableState) -> tuple[str, ...]:
        if want.type == AWS_OWNED:
            return ()
        return ("AWS takes four changes of the key in 24 hours and does not tell how many there were",)

    def unsettled(self, state: TableState) -> tuple[Condition, ...]:
        settled = EncryptionSettled(state.name)
        moving = () if settled.holds({"Table": state.table}) else (settled,)
        return super().unsettled(state) + moving

    def arguments(self, value: Encryption) -> dict[str, Any]:
        key = {"key": value.label or value.key} if value.key and value.key != MANAGED_KEY else {}
        return {"encryption": {"type": value.type, **key}}

    def show(self, value: Encryption) -> str:
        if value.type == AWS_OWNED:
            return "AWS-owned key"
        return f"KMS {value.label or value.key}"


def missing_key(want: Encryption, table: str) -> list[Refusal]:
    """The key does not exist, which stands in the way of applying, though not of planning."""
    if want.type == AWS_OWNED or want.key == MANAGED_KEY or KEY_ARN.fullmatch(want.key):
        return []
    reason = f"the KMS key '{want.key}' does not exist in this account and region"
    remedy = "Create the key and its alias first, or name another key"
    return [Refusal("encryption", reason, remedy, prerequisite=KeyExists(table, want.key))]


def _answer_name(key: str) -> str:
    return f"DescribeKey {key}"


def specification(encryption: Encryption) -> dict[str, Any]:
    """SSESpecification for AWS."""
    if encryption.type == AWS_OWNED:
        return {"Enabled": False}
    # The API reference: the key is given only where it is another than the AWS-managed one.
    key = {} if encryption.label in ("", MANAGED_KEY) else {"KMSMasterKeyId": encryption.key}
    return {"Enabled": True, "SSEType": KMS, **key}
