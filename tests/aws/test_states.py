# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every change of every setting, begun in every situation: it waits and ends right, or names what is final."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind, RefusedError, StuckError
from tests.aws.changes import CHANGES, Change, Definition, settings
from tests.aws.cloud import Cloud
from tests.aws.situations import (
    BILLING,
    DELETING,
    FORGOTTEN,
    INACCESSIBLE,
    SITUATIONS,
    TAG_LOCK,
    TTL_INTERVAL,
    Situation,
)

# No run that ends is near it, the longest of which does twelve changes: so many calls, and one for each pause.
MOST_CALLS, PAUSE = 250, 12
NOT_THERE = ("Requested resource not found: Table:", "Table not found:")
# The lock of tags may outlast the moment at which they show.
UNSEEN = (TAG_LOCK,)
HOUR = 3600


@cache
def calm_result(change: Change) -> Definition:
    """What the change leads to when nothing else is going on."""
    cloud = Cloud()
    cloud.own(change.start)
    assert cloud.converge(change.whole).error is None
    cloud.settle()
    return settings(cloud)


def check_calls(cloud: Cloud, situation: Situation) -> None:
    unexpected = [sent for sent in cloud.refused if not any(text in sent.text for text in allowed(situation))]
    assert not unexpected, "\n".join(map(str, unexpected))
    seconds = cloud.calls[-1].at - cloud.calls[0].at
    assert len(cloud.calls) <= MOST_CALLS + seconds / PAUSE, (len(cloud.calls), seconds)


def allowed(situation: Situation) -> tuple[str, ...]:
    return (*situation.may_refuse, *NOT_THERE, *UNSEEN)


def spent_ttl(outcome: Outcome) -> bool:
    """Whether nothing but the interval between two changes of TTL is in the way."""
    if isinstance(outcome.error, AwsError):
        return outcome.error.kind is Kind.LATER and TTL_INTERVAL in str(outcome.error)
    return bool(outcome.pending) and all(TTL_INTERVAL in each for each in outcome.pending)


def go_on(cloud: Cloud, outcome: Outcome, definition: Definition, situation: Situation) -> Outcome:
    """Once more after an hour, where AWS asked for it."""
    if TTL_INTERVAL not in situation.may_refuse or not spent_ttl(outcome):
        return outcome
    cloud.pass_time(HOUR)
    return cloud.converge(definition)


def check_silence(cloud: Cloud, definition: Definition) -> None:
    cloud.calls.clear()
    again = cloud.converge(definition)
    assert again.error is None, again.error
    assert again.in_sync, again.pending or again.plan.changes
    assert not cloud.writes


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_whole_definition(change: Change, situation: Situation, cloud: Cloud) -> None:
    situation.prepare(cloud, change.start)
    outcome = cloud.converge(change.whole)
    check_calls(cloud, situation)
    if situation is INACCESSIBLE:
        check_unusable(outcome)
        return
    outcome = go_on(cloud, outcome, change.whole, situation)
    assert outcome.error is None, outcome.error
    assert not outcome.pending, outcome.pending
    cloud.settle()
    if situation.unseen:
        assert cloud.converge(change.whole).error is None
        cloud.settle()
    assert settings(cloud) == calm_result(change)
    check_silence(cloud, change.whole)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize(
    "world",
    [{"profile": "slow"}, {"profile": "documented"}, {"jitter": 0.3, "shuffle_attributes": True}],
    ids=["slow", "documented", "irregular"],
)
def test_other_worlds(world: dict[str, Any], situation: Situation) -> None:
    """Much at once, where everything takes longer, where reads lag, and where nothing takes the same time twice."""
    change, cloud = CHANGES[-1], Cloud(world)
    situation.prepare(cloud, change.start)
    outcome = cloud.converge(change.whole)
    check_calls(cloud, situation)
    if situation is INACCESSIBLE:
        check_unusable(outcome)
        return
    outcome = go_on(cloud, outcome, change.whole, situation)
    assert outcome.error is None, outcome.error
    assert not outcome.pending, outcome.pending
    cloud.settle()
    if situation.unseen:
        assert cloud.converge(change.whole).error is None
        cloud.settle()
    assert settings(cloud) == calm_result(change)
    check_silence(cloud, change.whole)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_one_setting(change: Change, situation: Situation, cloud: Cloud) -> None:
    situation.prepare(cloud, change.start)
    outcome = cloud.converge(change.alone)
    check_calls(cloud, situation)
    if situation in (DELETING, FORGOTTEN):
        check_gone(change, situation, outcome)
        return
    if situation is INACCESSIBLE:
        check_unusable(outcome)
        return
    if situation is BILLING and isinstance(outcome.error, RefusedError):
        # Somebody switched the mode, and this definition says nothing of it but wants what only the other mode has.
        assert "Give billing_mode" in str(outcome.error) or "give billing_mode" in str(outcome.error)
        assert not cloud.writes
        return
    outcome = go_on(cloud, outcome, change.alone, situation)
    assert outcome.error is None, outcome.error
    assert not outcome.pending, outcome.pending
    cloud.settle()
    check_silence(cloud, change.alone)


def check_gone(change: Change, situation: Situation, outcome: Outcome) -> None:
    """There is no table to change any more.

    In its first second AWS takes a change of TTL and of PITR for a table that is being deleted, and their modules read
    nothing else.
    """
    if situation is DELETING and outcome.error is None:
        assert set(change.alone) <= {"name", "ttl", "pitr"}
        return
    assert isinstance(outcome.error, RefusedError)
    assert "does not exist" in str(outcome.error)


def check_unusable(outcome: Outcome) -> None:
    """What only a person can repair is told at once, with what to repair: an error where it stops UpdateTable.

    TTL, PITR and tags are changed by other calls; without the table's description nothing can be told.
    """
    repair = "its KMS key cannot be used: enable the key or restore its grants"
    if outcome.error:
        assert isinstance(outcome.error, StuckError), outcome.error
        assert repair in str(outcome.error)
    elif outcome.state.description is not None:
        assert any(repair in warning for warning in outcome.warnings)
