# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KMS key: whether a table can be encrypted with it, and how its material is rotated. Pure.

Rules: Developer Guide, usage notes of encryption at rest; KMS API reference, EnableKeyRotation and RotateKeyOnDemand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .conditions import Answer, Condition
from .state import Read
from .steps import Refusal, Step

MAX_ON_DEMAND = 25
PERIODS = (90, 2560)
YEAR = 365
REGIONAL = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]+):\d+:.+")
ALIAS = re.compile(r"alias/(?!aws/).+")


@dataclass(frozen=True)
class Key:
    """A key as it was named, and C(KeyMetadata) of DescribeKey, empty where there is no such key."""

    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN; empty where there is none."""
        return str(self.metadata.get("Arn", ""))

    @property
    def can_be_made(self) -> bool:
        """Whether it is only missing: what has an alias of its own can be made."""
        return not self.metadata and bool(ALIAS.fullmatch(self.name))

    def read(self) -> Read:
        """The read that describes it."""
        return Read("DescribeKey", {"KeyId": self.name}, service="kms")


def elsewhere(name: str, region: str) -> str:
    """Why a key's name cannot be asked for in a region; empty where it can."""
    found = REGIONAL.fullmatch(name)
    if not found or found["region"] == region:
        return ""
    return f"{name} is in {found['region']} and the tables are in {region}: a table takes a key of its own region"


def problems(key: Key) -> list[str]:
    """Why a table cannot be encrypted with it."""
    if not key.metadata:
        return [] if key.can_be_made else [f"{key.name} does not exist in this account and region"]
    state = key.metadata.get("KeyState", "Enabled")
    told = []
    if state == "Disabled":
        told.append(f"{key.name} is disabled: enable it first, or name another key")
    elif state != "Enabled":
        told.append(f"{key.name} is {state}: a table that used it would become unreadable. Name another key")
    if key.metadata.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        told.append(f"{key.name} is {key.metadata['KeySpec']}: DynamoDB takes symmetric keys only")
    return told


# Rotation


@dataclass(frozen=True)
class RotationDone(Condition):
    """No rotation on demand is under way. table: the key's name, for messages. key: its ARN."""

    key: str

    operation = "GetKeyRotationStatus"
    service = "kms"

    @property
    def arguments(self) -> dict[str, Any]:
        return {"KeyId": self.key}

    def holds(self, answer: Answer | None) -> bool:
        return not (answer or {}).get("OnDemandRotationStartDate")

    def waiting_for(self, answer: Answer | None) -> str:
        return f"a rotation of {self.table} is under way"

    def hopeless(self, answer: Answer | None) -> str:
        return ""


@dataclass(frozen=True)
class Wish:
    """What is wanted. automatic: whether KMS rotates by itself; period: days between; both C(None) where not managed.

    now: whether to rotate on demand. not_within: unless the last rotation is of the last so many days.
    """

    automatic: bool | None = None
    period: int | None = None
    now: bool = False
    not_within: int = 1


@dataclass(frozen=True)
class Rotation:
    """How a key is rotated. status: of GetKeyRotationStatus. rotations: of ListKeyRotations, any order."""

    key: Key
    status: Mapping[str, Any]
    rotations: Sequence[Mapping[str, Any]] = ()

    @property
    def on(self) -> bool:
        """Whether KMS rotates by itself."""
        return bool(self.status.get("KeyRotationEnabled"))

    @property
    def period(self) -> int | None:
        """Days between; C(None) where KMS does not tell."""
        days = self.status.get("RotationPeriodInDays")
        return int(days) if self.on and days else None

    @property
    def last(self) -> datetime | None:
        """When it was last rotated, or a rotation began."""
        dates = [each["RotationDate"] for each in self.rotations]
        dates += [self.status["OnDemandRotationStartDate"]] if self.status.get("OnDemandRotationStartDate") else []
        return max(dates, default=None)

    @property
    def on_demand(self) -> int:
        """How often it was rotated on demand."""
        return sum(each.get("RotationType") == "ON_DEMAND" for each in self.rotations)


def plan_rotation(found: Rotation, wish: Wish, now: datetime) -> tuple[list[Step], list[Refusal]]:
    """The calls that lead to what is wanted, and what stands in the way."""
    key = found.key
    steps: list[Step] = []
    refusals: list[Refusal] = []
    if wish.automatic is False and found.on:
        steps.append(_step("DisableKeyRotation", key, {}, "stop the rotation by itself"))
    other_period = wish.period is not None and wish.period != (found.period or YEAR)
    if wish.automatic and (not found.on or other_period):
        period = {"RotationPeriodInDays": wish.period} if wish.period else {}
        steps.append(_step("EnableKeyRotation", key, period, f"rotate by itself every {wish.period or YEAR} days"))
    recent = found.last is not None and now - found.last < timedelta(days=wish.not_within)
    if wish.now and not recent:
        if found.on_demand >= MAX_ON_DEMAND:
            reason = (
                f"{key.name} was rotated on demand {found.on_demand} times; AWS allows {MAX_ON_DEMAND} in a key's life"
            )
            refusals.append(Refusal("key", reason, "Make a new key and move the tables to it (change_key.yml)"))
        steps.append(_step("RotateKeyOnDemand", key, {}, "rotate now"))
    return steps, refusals


def _step(operation: str, key: Key, more: Mapping[str, Any], purpose: str) -> Step:
    arguments = {"KeyId": key.arn, **more}
    after = (RotationDone(key.name, key.arn),) if operation == "RotateKeyOnDemand" else ()
    return Step(operation=operation, arguments=arguments, purpose=purpose, after=after)


def unrotatable(key: Key) -> list[str]:
    """Why nobody but AWS rotates it, or nobody at all."""
    if not key.metadata:
        return [f"{key.name} does not exist in this account and region"]
    told = problems(key)
    if key.metadata.get("KeyManager") == "AWS":
        told.append(f"{key.name} is AWS's own key: AWS rotates it every year, and nobody else can")
    if key.metadata.get("Origin", "AWS_KMS") != "AWS_KMS":
        told.append(
            f"the material of {key.name} is not KMS's own ({key.metadata['Origin']}): rotate it where it is from"
        )
    return told


def rotation_lines(found: Rotation, region: str) -> list[str]:
    """How a key is rotated, for people."""
    every = f"every {found.period or YEAR} days"
    coming = found.status.get("NextRotationDate")
    due = f", next on {coming:%Y-%m-%d}" if isinstance(coming, datetime) else ""
    lines = [
        f"{found.key.name} ({region}): {found.key.arn}",
        f"  by itself: {every}{due}" if found.on else "  by itself: off",
        f"  on demand: {found.on_demand} of {MAX_ON_DEMAND} in the key's life",
    ]
    newest = sorted(found.rotations, key=lambda each: each["RotationDate"], reverse=True)
    for each in newest:
        kind = str(each.get("RotationType", "")).lower().replace("_", " ")
        lines.append(f"  rotated at {each['RotationDate']:%Y-%m-%d %H:%M %Z}, {kind}")
    return lines if newest else [*lines, "  never rotated"]
