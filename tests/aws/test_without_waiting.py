# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that do not wait: each submits what AWS takes now, says what is left, and the next one goes on."""

from __future__ import annotations

import pytest

from tests.aws.changes import CHANGES, Change, settings
from tests.aws.cloud import Cloud
from tests.aws.situations import INACCESSIBLE, SITUATIONS, TTL_INTERVAL, Situation
from tests.aws.test_states import NOT_THERE, calm_result, check_silence, check_unusable

# Every change of an index is a run of its own; nothing here needs as many.
MOST_RUNS = 15
# Of one run: nothing is asked twice.
MOST_CALLS = 45
# What refuses once, and is then left to the next run: no read shows it.
UNSEEN = ("Backups are being enabled", "Table tags are being updated", "within the previous 15000", TTL_INTERVAL)
BUSY = ("UPDATING", "CREATING", "DELETING", "backfilling")
NAMES = (
    "throughput lowered",
    "index rebuilt",
    "stream type",
    "another key",
    "TTL on",
    "PITR on",
    "tags",
    "much at once",
)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize("change", [change for change in CHANGES if change.name in NAMES], ids=str)
def test_run_after_run(change: Change, situation: Situation, cloud: Cloud) -> None:
    situation.prepare(cloud, change.start)
    for _run in range(MOST_RUNS):
        cloud.calls.clear()
        began = cloud.time.now()
        outcome = cloud.converge(change.whole, wait=False)
        if situation is INACCESSIBLE:
            check_unusable(outcome)
            return
        check_one_run(cloud, began)
        if TTL_INTERVAL not in str(outcome.error):
            assert outcome.error is None, outcome.error
        if not outcome.pending and not outcome.error and settings(cloud) == calm_result(change):
            break
        cloud.settle()
        cloud.pass_time(3600)
    else:
        raise AssertionError(outcome.pending)
    cloud.settle()
    check_silence(cloud, change.whole)


def check_one_run(cloud: Cloud, began: float) -> None:
    unexpected = [sent for sent in cloud.refused if not any(text in sent.text for text in (*UNSEEN, *NOT_THERE))]
    assert not unexpected, "\n".join(map(str, unexpected))
    assert len(cloud.calls) <= MOST_CALLS
    # Only what botocore itself repeats.
    assert cloud.time.now() - began < 30


@pytest.mark.parametrize(
    "situation", [each for each in SITUATIONS if each.name.startswith(("billing", "index", "stream"))], ids=str
)
def test_what_is_not_in_the_way_is_submitted(situation: Situation, cloud: Cloud) -> None:
    """Tags, TTL and PITR do not care what UpdateTable is at."""
    change = next(change for change in CHANGES if change.name == "much at once")
    situation.prepare(cloud, change.start)
    outcome = cloud.converge(change.whole, wait=False)
    taken = {sent.operation for sent in cloud.writes if not sent.code}
    assert {"UpdateContinuousBackups", "UpdateTimeToLive"} <= taken
    assert "TagResource" in taken or "UntagResource" in taken
    assert outcome.pending
    assert any(word in each for each in outcome.pending for word in BUSY), outcome.pending
