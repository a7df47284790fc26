# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of calls of which AWS has had too many."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.pace import (
    FORGOTTEN_SECONDS,
    LONGEST_PAUSE,
    LOOK_SECONDS,
    Pace,
    exceeded,
)

TTL = ("dynamodb", "DescribeTimeToLive")
RATE_EXCEEDED = ("ThrottlingException", "Rate exceeded")
CHANGES = ("ThrottlingException", "The rate of control plane requests made by this account is too high")
AT_ONCE = (
    "LimitExceededException",
    "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously",
)
POLICY = (
    "ThrottlingException",
    "Resource-based policy for table T modified within the previous 15000 milliseconds. Please try again after 3.",
)


def throttled(*, now: float = 0.0) -> Pace:
    """A pace of which one call, made at 0, was refused."""
    pace = Pace()
    assert pace.refused(*TTL, *RATE_EXCEEDED, 0.0, now) == pytest.approx(0.1)
    return pace


def until_its_turn(pace: Pace, now: float, began: float = 0.0) -> float:
    """When a call is made that waits from now on."""
    ticket = pace.ticket(began)
    while wait := pace.seconds(*TTL, ticket, now):
        now += wait
    return now


def test_nothing_is_held_back_before_a_refusal() -> None:
    pace = Pace()
    assert pace.free
    assert pace.seconds(*TTL, pace.ticket(0.0), 0.0) == 0
    pace.taken(*TTL, 0.0)
    assert pace.free


@pytest.mark.parametrize(
    ("service", "operation", "answer", "name", "rate"),
    [
        (*TTL, RATE_EXCEEDED, "DescribeTimeToLive", 10),
        ("dynamodb", "ListBackups", RATE_EXCEEDED, "ListBackups", 5),
        ("dynamodb", "CreateTable", CHANGES, "changes", 5),
        ("dynamodb", "TagResource", CHANGES, "changes", 5),
        ("dynamodb", "DeleteTable", AT_ONCE, "tables at a time", 1),
        ("kms", "DescribeKey", RATE_EXCEEDED, "DescribeKey", 10),
    ],
)
def test_calls_that_aws_counts_together(
    service: str, operation: str, answer: tuple[str, str], name: str, rate: float
) -> None:
    limit = exceeded(service, operation, *answer)
    assert limit is not None
    assert (limit.name, limit.rate) == (name, rate)


@pytest.mark.parametrize(
    ("operation", "code", "text"),
    [
        ("PutResourcePolicy", *POLICY),
        ("PutItem", "ProvisionedThroughputExceededException", "The level of configured provisioned throughput ..."),
        ("PutItem", "ThrottlingException", "Throughput exceeds the current throughput for the table"),
        ("UpdateTable", "ResourceInUseException", "Table is being updated"),
        ("UpdateTable", "LimitExceededException", "Only 1 online index can be created or deleted simultaneously"),
    ],
)
def test_what_concerns_one_table_slows_down_no_other(operation: str, code: str, text: str) -> None:
    pace = Pace()
    assert pace.refused("dynamodb", operation, code, text, 0.0, 0.0) == 0
    assert pace.free


def test_a_refusal_of_one_call_holds_back_all_of_its_kind_and_no_others() -> None:
    pace = throttled()
    assert pace.seconds(*TTL, pace.ticket(0.0), 0.0) == pytest.approx(0.1)
    assert pace.seconds("dynamodb", "DescribeTable", pace.ticket(0.0), 0.0) == 0
    assert pace.seconds("kms", "DescribeTimeToLive", pace.ticket(0.0), 0.0) == 0
    pace.refused("dynamodb", "CreateTable", *CHANGES, 0.0, 0.0)
    assert pace.seconds("dynamodb", "TagResource", pace.ticket(0.0), 0.0) == pytest.approx(0.2)


def test_the_oldest_goes_first() -> None:
    pace = throttled()
    young, old = pace.ticket(5.0), pace.ticket(1.0)
    assert pace.seconds(*TTL, young, 0.0) == pytest.approx(0.1)
    assert pace.seconds(*TTL, old, 0.0) == pytest.approx(0.1)
    assert pace.seconds(*TTL, young, 0.1) == pytest.approx(0.1)
    assert pace.seconds(*TTL, old, 0.1) == 0
    assert pace.seconds(*TTL, young, 0.1) == pytest.approx(0.1)
    assert pace.seconds(*TTL, young, 0.21) == 0


def test_calls_that_were_under_way_together_count_once() -> None:
    pace = throttled(now=0.3)
    for _each in range(20):
        assert pace.refused(*TTL, *RATE_EXCEEDED, 0.2, 0.4) == pytest.approx(0.1)
    assert pace.refused(*TTL, *RATE_EXCEEDED, 0.5, 0.6) == pytest.approx(0.2)


def test_one_in_a_while_is_asked_however_often_aws_refuses() -> None:
    pace = throttled()
    for second in range(1, 100):
        pause = pace.refused(*TTL, *RATE_EXCEEDED, second, second + 0.1)
    assert pause == LONGEST_PAUSE
    # Whoever waits looks again, for it may go faster by then.
    assert pace.seconds(*TTL, pace.ticket(0.0), 100.0) == LOOK_SECONDS


def test_it_recovers_soon() -> None:
    pace, now = throttled(), 0.0
    for _each in range(3):
        now = until_its_turn(pace, now)
        pause = pace.refused(*TTL, *RATE_EXCEEDED, now, now)
    assert pause == pytest.approx(0.8)
    calls = 0
    while not pace.free:
        now = until_its_turn(pace, now)
        pace.taken(*TTL, now)
        calls += 1
    assert calls < 50
    assert now < 25


def test_a_line_that_nobody_stands_in_is_forgotten() -> None:
    pace = throttled()
    assert until_its_turn(pace, FORGOTTEN_SECONDS + 1) == FORGOTTEN_SECONDS + 1
    assert pace.free


def test_who_leaves_holds_up_nobody() -> None:
    pace = throttled()
    first = pace.ticket(0.0)
    assert pace.seconds(*TTL, first, 0.0) > 0
    pace.leave(*TTL, first)
    assert until_its_turn(pace, 0.0, began=1.0) == pytest.approx(0.1)
