# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotates a KMS key: looks, plans, and carries out what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .aws import Aws, Patience
from .customer_key import Key, Rotation, RotationDone, Wish, elsewhere, plan_rotation, problems, unrotatable
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError
from .state import Read
from .steps import Refusal, Step


@dataclass(frozen=True)
class Rotated:
    """What came of it. steps: what was, or in check mode would be, done."""

    found: Rotation
    steps: tuple[Step, ...] = ()
    error: Exception | None = None


def find_key(name: str, aws: Aws) -> tuple[Key, list[str]]:
    """A key, and why a table cannot be encrypted with it.

    Raises AwsError.
    """
    misplaced = elsewhere(name, aws.region)
    if misplaced:
        return Key(name), [misplaced]
    answer = aws.read(Key(name).read())
    key = Key(name, (answer or {}).get("KeyMetadata", {}))
    return key, problems(key)


def rotate(name: str, wish: Wish, aws: Aws, patience: Patience, check: bool) -> Rotated:
    """Brings a key to what is wanted of its rotation. Never raises for what AWS says: that is in the result."""
    found = Rotation(Key(name), {})
    done: list[Step] = []
    try:
        key, told = find_key(name, aws)
        found = replace(found, key=key)
        _refuse(Refusal("key", each, "Nothing was changed") for each in dict.fromkeys([*told, *unrotatable(key)]))
        found = look(key, aws)
        steps, refusals = plan_rotation(found, wish, aws.clock.today())
        _refuse(refusals)
        if check:
            return Rotated(found, tuple(steps))
        for step in steps:
            _carry_out(step, found, aws, patience)
            done.append(step)
            aws.unmet(step.after, patience)
        return Rotated(look(key, aws) if steps else found, tuple(done))
    except (AwsError, RefusedError, StuckError, WaitTimeoutError) as error:
        return Rotated(found, tuple(done), error)


def _refuse(refusals: Iterable[Refusal]) -> None:
    listed = tuple(refusals)
    if listed:
        raise RefusedError(listed)


def look(key: Key, aws: Aws) -> Rotation:
    """How a key is rotated.

    Raises AwsError.
    """
    reads = [Read(operation, {"KeyId": key.arn}, "kms") for operation in ("GetKeyRotationStatus", "ListKeyRotations")]
    answers = aws.read_all(reads)
    status, rotations = (answers[read.operation] or {} for read in reads)
    return Rotation(key, status, tuple(rotations.get("Rotations", ())))


def _carry_out(step: Step, before: Rotation, aws: Aws, patience: Patience) -> None:
    if step.operation != "RotateKeyOnDemand":
        aws.repeat(step.operation, step.arguments, patience, service="kms")
        return
    # One that is under way is waited for: AWS takes one at a time.
    aws.unmet([RotationDone(before.key.name, before.key.arn)], patience)
    try:
        aws.write(step.operation, step.arguments, patience, service="kms")
    except AwsError as error:
        # Every one is counted for the key's whole life: it is not made a second time before it was looked for.
        if not error.lost or look(before.key, aws).last == before.last:
            raise


def result_of(rotated: Rotated) -> Mapping[str, Any]:
    """What a program wants to know."""
    found = rotated.found
    return {
        "automatic": found.on,
        "period_days": found.period,
        "on_demand_rotations": found.on_demand,
        "last_rotation": found.last.isoformat() if found.last else None,
        "plan": [{"operation": step.operation, "purpose": step.purpose} for step in rotated.steps],
    }
