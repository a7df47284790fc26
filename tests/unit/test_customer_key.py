# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys: whether a table can have one, what a move leaves behind, and how one is rotated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.customer_key import (
    Key,
    Rotation,
    Wish,
    elsewhere,
    plan_rotation,
    problems,
    rotation_lines,
    unrotatable,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.key_move import plan_move
from ansible_collections.auditflow.dynamodb.plugins.module_utils.rotation import find_key, rotate
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read, TableState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ARN = "arn:aws:kms:eu-west-1:123456789012:key/new"
OLD = "arn:aws:kms:eu-west-1:123456789012:key/old"
METADATA = {"Arn": ARN, "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS"}


def rotation(days: float, kind: str = "ON_DEMAND") -> dict[str, Any]:
    return {"RotationDate": NOW - timedelta(days=days), "RotationType": kind}


def test_keys_of_other_regions() -> None:
    other = ARN.replace("eu-west-1", "eu-west-3")
    told = f"{other} is in eu-west-3 and the tables are in eu-west-1: a table takes a key of its own region"
    assert [elsewhere(name, "eu-west-1") for name in (ARN, "alias/one", other)] == ["", "", told]


@pytest.mark.parametrize(
    ("name", "metadata", "told"),
    [
        ("alias/one", {}, []),
        ("alias/aws/other", {}, ["alias/aws/other does not exist in this account and region"]),
        ("one", {}, ["one does not exist in this account and region"]),
        ("one", METADATA, []),
        ("one", {**METADATA, "KeyState": "Disabled"}, ["one is disabled: enable it first, or name another key"]),
        (
            "one",
            {**METADATA, "KeyState": "PendingDeletion"},
            ["one is PendingDeletion: a table that used it would become unreadable. Name another key"],
        ),
        ("one", {**METADATA, "KeySpec": "RSA_2048"}, ["one is RSA_2048: DynamoDB takes symmetric keys only"]),
    ],
)
def test_keys_that_do_not_do(name: str, metadata: dict[str, Any], told: list[str]) -> None:
    assert problems(Key(name, metadata)) == told


def test_keys_that_nobody_can_rotate() -> None:
    assert unrotatable(Key("alias/one")) == ["alias/one does not exist in this account and region"]
    assert "AWS rotates it every year" in unrotatable(Key("one", {**METADATA, "KeyManager": "AWS"}))[0]
    assert "not KMS's own (EXTERNAL)" in unrotatable(Key("one", {**METADATA, "Origin": "EXTERNAL"}))[0]


@pytest.mark.parametrize(
    ("status", "rotations", "wish", "operations"),
    [
        ({}, [], Wish(), []),
        ({}, [], Wish(automatic=True), ["EnableKeyRotation"]),
        ({"KeyRotationEnabled": True}, [], Wish(automatic=True), []),
        ({"KeyRotationEnabled": True}, [], Wish(automatic=True, period=365), []),
        ({"KeyRotationEnabled": True, "RotationPeriodInDays": 90}, [], Wish(automatic=True), []),
        ({"KeyRotationEnabled": True, "RotationPeriodInDays": 90}, [], Wish(True, 180), ["EnableKeyRotation"]),
        ({"KeyRotationEnabled": True}, [], Wish(automatic=False), ["DisableKeyRotation"]),
        ({}, [], Wish(automatic=False), []),
        ({}, [], Wish(now=True), ["RotateKeyOnDemand"]),
        ({}, [rotation(0.5)], Wish(now=True), []),
        ({}, [rotation(0.5, "AUTOMATIC")], Wish(now=True), []),
        ({}, [rotation(3)], Wish(now=True), ["RotateKeyOnDemand"]),
        ({}, [rotation(3)], Wish(now=True, not_within=7), []),
        ({"OnDemandRotationStartDate": NOW}, [rotation(3)], Wish(now=True), []),
    ],
)
def test_plans_of_rotation(
    status: dict[str, Any], rotations: list[dict[str, Any]], wish: Wish, operations: list[str]
) -> None:
    steps, refusals = plan_rotation(Rotation(Key("one", METADATA), status, rotations), wish, NOW)
    assert ([step.operation for step in steps], refusals) == (operations, [])


def test_the_last_rotation_on_demand() -> None:
    often = [rotation(3 + number) for number in range(25)]
    _steps, refusals = plan_rotation(Rotation(Key("one", METADATA), {}, often), Wish(now=True), NOW)
    assert [refusal.reason for refusal in refusals] == [
        "one was rotated on demand 25 times; AWS allows 25 in a key's life"
    ]


def test_rotations_in_words() -> None:
    status = {"KeyRotationEnabled": True, "RotationPeriodInDays": 90, "NextRotationDate": NOW}
    found = Rotation(Key("one", METADATA), status, [rotation(3), rotation(1, "AUTOMATIC")])
    assert rotation_lines(found, "eu-west-1") == [
        f"one (eu-west-1): {ARN}",
        "  by itself: every 90 days, next on 2026-11-22",
        "  on demand: 1 of 25 in the key's life",
        "  rotated at 2026-11-21 12:00 UTC, automatic",
        "  rotated at 2026-11-19 12:00 UTC, on demand",
    ]


class Kms(Aws):
    """KMS and the backups of one table in memory. lose: answers of this operation are lost after it was done."""

    def __init__(self, lose: str = "", denied: str = "", **metadata: Any):
        super().__init__(lambda service: None, "eu-west-1", Clock(today=lambda: NOW, sleep=lambda seconds: None))
        self.lose, self.denied, self.metadata = lose, denied, {**METADATA, **metadata}
        self.rotations: list[dict[str, Any]] = []
        self.writes: list[str] = []
        self.on = False

    def read(self, read: Read) -> dict[str, Any] | None:
        if read.operation == self.denied:
            raise AwsError(read.operation, "AccessDenied", "no", Kind.DENIED, "")
        return {
            "DescribeKey": {"KeyMetadata": self.metadata},
            "GetKeyRotationStatus": {"KeyRotationEnabled": self.on},
            "ListKeyRotations": {"Rotations": self.rotations},
            "ListBackups": {"BackupSummaries": [{}, {}]},
            "DescribeContinuousBackups": {
                "ContinuousBackupsDescription": {
                    "PointInTimeRecoveryDescription": {
                        "PointInTimeRecoveryStatus": "ENABLED",
                        "RecoveryPeriodInDays": 7,
                    }
                }
            },
        }[read.operation]

    def write(self, operation: str, arguments: Any, patience: Patience, service: str = "dynamodb") -> dict[str, Any]:
        self.writes.append(operation)
        if operation == self.lose:
            self.lose = ""
            if operation == "RotateKeyOnDemand":
                self.rotations.append(rotation(0))
            raise AwsError(operation, "500", "", Kind.BUSY, "", lost=True)
        if operation == "RotateKeyOnDemand":
            self.rotations.append(rotation(0))
        self.on = {"EnableKeyRotation": True, "DisableKeyRotation": False}.get(operation, self.on)
        return {}

    repeat = write


def test_rotating_and_the_silence_after() -> None:
    kms, wish = Kms(), Wish(automatic=True, now=True)
    checked = rotate("alias/one", wish, kms, Patience(), check=True)
    assert [step.operation for step in checked.steps] == ["EnableKeyRotation", "RotateKeyOnDemand"]
    assert kms.writes == []
    rotated = rotate("alias/one", wish, kms, Patience(), check=False)
    assert kms.writes == ["EnableKeyRotation", "RotateKeyOnDemand"]
    assert (rotated.found.on, rotated.found.on_demand, rotated.error) == (True, 1, None)
    assert rotate("alias/one", wish, kms, Patience(), check=False).steps == ()


def test_a_rotation_whose_answer_was_lost_is_not_made_twice() -> None:
    kms = Kms(lose="RotateKeyOnDemand")
    rotated = rotate("alias/one", Wish(now=True), kms, Patience(), check=False)
    assert rotated.error is None
    assert kms.writes == ["RotateKeyOnDemand"]
    assert len(kms.rotations) == 1


def test_a_key_that_cannot_be_rotated_is_left_alone() -> None:
    kms = Kms(KeyState="Disabled")
    rotated = rotate("alias/one", Wish(automatic=True), kms, Patience(), check=False)
    assert "key: alias/one is disabled: enable it first, or name another key. Nothing was changed" in str(rotated.error)
    assert kms.writes == []


# Moving


def table(key: str = "") -> TableState:
    sse = {"SSEDescription": {"SSEType": "KMS", "KMSMasterKeyArn": key, "Status": "ENABLED"}} if key else {}
    return TableState("Orders", {"TableStatus": "ACTIVE", **sse})


def test_what_needs_the_old_key() -> None:
    key = Key("alias/new", METADATA)
    move = plan_move(table(OLD), key, Kms(KeyManager="CUSTOMER"))
    assert move.definition() == {"name": "Orders", "encryption": {"type": "KMS", "key": "alias/new"}}
    assert move.lines("eu-west-1")[2] == (
        f"  keep KMS {OLD} enabled: 2 backups are restored with the key that the table had when they were made; "
        "points in time before the change need it, for 7 days"
    )
    unknown = plan_move(table(OLD), key, Kms(denied="ListBackups"))
    assert unknown.kept_by[0] == "whether backups need it is not known (AccessDenied)"
    assert plan_move(table(OLD), key, Kms(KeyManager="AWS")).kept_by == ()
    assert plan_move(table(), key, Kms()).kept_by == ()


def test_a_table_that_has_the_key() -> None:
    move = plan_move(table(ARN), Key("alias/new", METADATA), Kms())
    assert not move.needed
    assert move.lines("eu-west-1") == ["Orders (eu-west-1): has alias/new already"]
    # A key that is yet to be made is nobody's.
    assert plan_move(table(), Key("alias/new"), Kms()).needed


def test_a_key_of_another_region_is_not_asked_for() -> None:
    key, told = find_key(ARN.replace("eu-west-1", "eu-west-3"), Kms(denied="DescribeKey"))
    assert not key.metadata
    assert len(told) == 1
