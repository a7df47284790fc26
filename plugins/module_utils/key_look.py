# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the customer key is as the role makes it.

Making and changing it is M(amazon.aws.kms_key)'s; it is only started where something differs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .aws import Aws
from .permissions import CustomerKey
from .state import Read

# Any other form would make the key module create an alias of that name instead of finding the key.
ALIAS = re.compile("alias/(?!aws/)[A-Za-z0-9/_-]{1,250}")


def alias_problem(alias: str) -> str:
    """Why this is no alias of a customer key; empty where it is one."""
    if ALIAS.fullmatch(alias):
        return ""
    return (
        f"tables_kms_alias: '{alias}' is not the alias of a customer key: alias/ and a name of letters, digits, '/', "
        "'_' and '-' that does not begin with aws/"
    )


@dataclass(frozen=True)
class FoundKey:
    """A key as it was found.

    metadata: C(KeyMetadata) of DescribeKey, empty where there is no such key. rotated: whether its material is rotated
    automatically. tags: those that it has.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    rotated: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN; empty where there is no key."""
        return str(self.metadata.get("Arn", ""))

    def tags_differ(self, wanted: CustomerKey) -> list[str]:
        """The tags that it does not have as they are wanted. Others are nobody's business."""
        return [name for name, value in (wanted.tags or {}).items() if self.tags.get(name) != value]

    def changes(self, wanted: CustomerKey) -> list[str]:
        """What would be done to it, in words; nothing where it is as wanted."""
        if not self.metadata:
            return ["to be created"]
        told = []
        state = self.metadata.get("KeyState", "Enabled")
        if state != "Enabled":
            told.append(f"is {state}, to be enabled")
        if self.rotated != wanted.rotation:
            told.append(f"rotation to be turned {'on' if wanted.rotation else 'off'}")
        tags = self.tags_differ(wanted)
        if tags:
            told.append(f"tags to be set: {', '.join(tags)}")
        return told


def find_key(alias: str, aws: Aws) -> FoundKey:
    """Looks at the key. Raises AwsError."""
    answers = aws.read_all([described(alias)])
    metadata = (answers["DescribeKey"] or {}).get("KeyMetadata") or {}
    return look_at(metadata, aws) if metadata else FoundKey()


def described(name: str) -> Read:
    """The read that describes a key. Tables that are encrypted with it ask the same."""
    return Read("DescribeKey", {"KeyId": name}, service="kms", common=True)


def look_at(metadata: Mapping[str, Any], aws: Aws) -> FoundKey:
    """What DescribeKey does not tell of a key. Raises AwsError."""
    arguments = {"KeyId": metadata["Arn"]}
    reads = [Read(name, arguments, service="kms") for name in ("GetKeyRotationStatus", "ListResourceTags")]
    answers = aws.read_all(reads)
    rotation, tags = answers["GetKeyRotationStatus"] or {}, answers["ListResourceTags"] or {}
    return FoundKey(
        metadata,
        bool(rotation.get("KeyRotationEnabled")),
        {tag["TagKey"]: tag["TagValue"] for tag in tags.get("Tags", ())},
    )
