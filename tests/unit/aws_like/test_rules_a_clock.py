# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 1 to 3: one clock, profiles, and state that belongs to an incarnation."""

from __future__ import annotations

import pytest

from tests.aws_like.clock import StoppedClock
from tests.aws_like.profiles import PROFILES
from tests.aws_like.settings import Settings
from tests.unit.aws_like.harness import LIMIT, Aws, says


@pytest.mark.parametrize(("scale", "seconds"), [(1.0, 5.0), (0.01, 0.05), (2.0, 10.0)])
def test_rule_01_time_scale_multiplies_durations(scale: float, seconds: float) -> None:
    aws = Aws(time_scale=scale)
    aws.creating()
    aws.after(seconds * 0.99)
    assert aws.status() == "CREATING"
    aws.after(seconds * 0.02)
    assert aws.status() == "ACTIVE"


def test_rule_01_time_scale_0_settles_on_the_next_read() -> None:
    aws = Aws(time_scale=0)
    assert aws.creating()["TableStatus"] == "CREATING"
    assert aws.status() == "ACTIVE"


def test_rule_01_window_scale_is_its_own() -> None:
    aws = Aws(time_scale=1.0, window_scale=0.01)
    aws.table()
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.after(18.5)
    assert aws.refusal("UpdateTimeToLive", **aws.ttl(enabled=False)).code == "ValidationException"
    aws.after(0.2)
    aws.call("UpdateTimeToLive", **aws.ttl(enabled=False))


def test_rule_01_window_scale_is_the_time_scale_where_not_given() -> None:
    assert Settings(time_scale=0.5).windows().ttl_interval == 930
    assert Settings(time_scale=0.5, window_scale=1.0).windows().ttl_interval == 1860


def test_rule_01_the_clock_jumps_and_does_not_go_back() -> None:
    clock = StoppedClock(100.0)
    clock.advance(5)
    assert clock.now() == 105.0
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


@pytest.mark.parametrize(("profile", "seconds"), [("observed", 5), ("slow", 60), ("documented", 5)])
def test_rule_02_profiles_set_durations(profile: str, seconds: float) -> None:
    aws = Aws(profile=profile)
    aws.creating()
    aws.after(seconds - 0.1)
    # A table that cannot be seen yet is not ACTIVE either.
    assert aws.call("ListTables") == {"TableNames": ["orders"]}
    assert aws.world.region("ap-south-1").tables["orders"].status == "CREATING"
    aws.after(0.2)
    assert aws.status() == "ACTIVE"


def test_rule_02_documented_shows_enabling_for_the_hour_of_the_interval() -> None:
    aws = Aws(profile="documented")
    aws.table()
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.after(3599)
    shown = aws.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]
    assert shown == {"TimeToLiveStatus": "ENABLING", "AttributeName": "expires"}
    assert "multiple times" in aws.refusal("UpdateTimeToLive", **aws.ttl(enabled=False)).message
    aws.after(1)
    assert aws.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    aws.call("UpdateTimeToLive", **aws.ttl(enabled=False))


def test_rule_02_jitter_is_seeded() -> None:
    def duration(seed_jitter: float) -> float:
        return Aws(jitter=seed_jitter).world.duration("delete")

    assert duration(0.3) == duration(0.3) != 5.0
    assert 3.5 <= duration(0.3) <= 6.5
    assert set(PROFILES) == {"observed", "slow", "documented"}


def test_rule_03_a_new_incarnation_has_its_budgets_back() -> None:
    aws = Aws()
    aws.table()
    first = aws.shown()["TableId"]
    aws.call("UpdateTimeToLive", **aws.ttl())
    for table_class in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        aws.update(TableClass=table_class)
        aws.settle()
    spent = aws.update_refusal(TableClass="STANDARD_INFREQUENT_ACCESS")
    assert says(spent, "LimitExceededException", f"{LIMIT}Updates to TableClass are limited to 2 times in 30 day(s).")
    aws.tag(team="x")
    aws.settle()
    aws.call("DeleteTable", TableName="orders")
    aws.settle()
    assert aws.refusal("DescribeTable", TableName="orders").code == "ResourceNotFoundException"
    aws.table()
    assert aws.shown()["TableId"] != first
    assert aws.tags() == {}
    assert aws.call("DescribeTimeToLive", TableName="orders")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.update(TableClass="STANDARD_INFREQUENT_ACCESS")
