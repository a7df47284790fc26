# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas of one table: the change that is one too many is refused once, told with AWS's own time, and taken then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from tests.aws.changes import ON_DEMAND, PROVISIONED, Definition, index, units
from tests.aws.cloud import Cloud

# botocore takes LimitExceededException for throttling and repeats it.
ATTEMPTS = 3
HOUR, DAY = 3600, 86400

PLAIN = {**PROVISIONED, "global_indexes": [index("g")]}
ON_ONE_KEY = {**PLAIN, "encryption": {"key": "alias/one"}}


def throughput(amount: int) -> Definition:
    return {**PLAIN, "provisioned_throughput": units(amount)}


def index_throughput(amount: int) -> Definition:
    return {**PLAIN, "global_indexes": [index("g", amount)]}


def key(number: int) -> Definition:
    return {**PLAIN, "encryption": {"key": ("alias/one", "two")[number % 2]}}


def table_class(number: int) -> Definition:
    return {**PLAIN, "table_class": ("STANDARD", "STANDARD_INFREQUENT_ACCESS")[number % 2]}


def mode(number: int) -> Definition:
    on_demand = {**ON_DEMAND, "global_indexes": [index("g", None)]}
    return (PLAIN, on_demand)[number % 2]


@dataclass(frozen=True)
class Budget:
    """start: the first definition. spend: those that are taken. refused: the one too many, which AWS takes later.

    says: what AWS says of it. later: seconds until AWS takes it.
    """

    start: Definition
    spend: tuple[Definition, ...]
    refused: Definition
    says: str
    later: float


BUDGETS = {
    "fifth decrease": Budget(
        throughput(50),
        tuple(throughput(amount) for amount in (40, 30, 20, 10)),
        throughput(5),
        "Next decrease can be made at",
        HOUR,
    ),
    "fifth decrease of an index": Budget(
        index_throughput(50),
        tuple(index_throughput(amount) for amount in (40, 30, 20, 10)),
        index_throughput(5),
        "Next decrease can be made at",
        HOUR,
    ),
    "fifth key": Budget(
        PLAIN, tuple(key(number) for number in range(4)), key(4), "Next changes can be made at", 6 * HOUR
    ),
    "third table class": Budget(
        table_class(0),
        (table_class(1), table_class(2)),
        table_class(3),
        "Updates to TableClass are limited to 2 times in 30 day(s).",
        30 * DAY,
    ),
    "fifth switch to on demand": Budget(
        mode(0), tuple(mode(number) for number in range(1, 9)), mode(9), "Next update can be made at", DAY
    ),
    "second change of TTL": Budget(
        PLAIN,
        ({**PLAIN, "ttl": {"attribute": "expires"}},),
        PLAIN,
        "Time to live has been modified multiple times within a fixed interval",
        1860,
    ),
}


@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_one_too_many(budget: Budget, cloud: Cloud) -> None:
    spent(cloud, budget)
    outcome = cloud.converge(budget.refused)
    error = final(outcome)
    assert budget.says in str(error)
    assert "Run it again then" in str(error) or "run it again in an hour" in str(error)
    assert len(cloud.refused) <= ATTEMPTS
    assert len(cloud.calls) < 15
    cloud.pass_time(budget.later)
    assert cloud.converge(budget.refused).error is None
    cloud.calls.clear()
    assert cloud.converge(budget.refused).in_sync
    assert not cloud.writes


def spent(cloud: Cloud, budget: Budget) -> None:
    cloud.own(budget.start)
    # Just after midnight, so that no new day makes the budgets whole.
    cloud.pass_time(DAY - cloud.time.now() % DAY + 1)
    for definition in budget.spend:
        outcome = cloud.converge(definition)
        assert outcome.error is None, outcome.error
        assert not outcome.pending, outcome.pending
    cloud.calls.clear()


def final(outcome: Outcome) -> AwsError:
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.LATER
    assert outcome.error.text in str(outcome.error)
    return outcome.error


@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_other_settings_are_not_held_up(budget: Budget, cloud: Cloud) -> None:
    """Tags and PITR are other calls; what comes after the refused one in its own row is said to be left."""
    spent(cloud, budget)
    more = {"tags": {"Team": "red"}, "pitr": {"enabled": True}, "deletion_protection": True}
    outcome = cloud.converge({**budget.refused, **more})
    final(outcome)
    assert outcome.changed
    cloud.settle()
    table = cloud.table()
    assert table.tags.current == {"Team": "red"}
    assert table.recovery.since
    assert table.deletion_protection or any("protection" in each for each in outcome.pending)


def test_plans_tell_of_the_decrease_that_will_be_refused(cloud: Cloud) -> None:
    budget = BUDGETS["fifth decrease"]
    spent(cloud, budget)
    quotas = cloud.converge(budget.refused, check=True).plan.quotas
    assert any("decreased 4 times today" in each for each in quotas), quotas
    assert not cloud.writes


def test_aws_owned_keys_need_no_budget(cloud: Cloud) -> None:
    budget = BUDGETS["fifth key"]
    spent(cloud, budget)
    assert cloud.converge(PLAIN).error is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ttl": {"attribute": "gone_at"}}, "turn TTL on for gone_at: ValidationException: Time to live has been"),
    ],
)
def test_a_renamed_ttl_is_left_to_a_later_run(change: dict[str, Any], says: str, cloud: Cloud) -> None:
    """Off, then on: AWS takes the second half an hour later. Nothing is wrong meanwhile: no item expires."""
    cloud.own({**PLAIN, "ttl": {"attribute": "expires"}})
    first = cloud.converge({**PLAIN, **change})
    assert first.error is None
    assert len(first.pending) == 1
    assert first.pending[0].startswith(says)
    assert "run it again in an hour" in first.pending[0]
    second = cloud.converge({**PLAIN, **change})
    assert second.error is None
    assert second.pending == first.pending
    cloud.pass_time(HOUR)
    third = cloud.converge({**PLAIN, **change})
    assert not third.error
    assert not third.pending
    cloud.calls.clear()
    assert cloud.converge({**PLAIN, **change}).in_sync


@pytest.mark.parametrize("toggle", [True, False])
def test_protection_is_toggled_when_aws_takes_it(toggle: bool, cloud: Cloud) -> None:
    """Fifteen seconds are no reason to fail."""
    protection: Callable[[bool], Definition] = lambda on: {**PLAIN, "deletion_protection": on}  # noqa: E731
    cloud.own(protection(not toggle))
    assert cloud.converge(protection(toggle)).error is None
    began = cloud.time.now()
    assert cloud.converge(protection(not toggle)).error is None
    assert 10 < cloud.time.now() - began < 40
    assert len([sent for sent in cloud.refused if "15000 milliseconds" in sent.text]) <= 15


def test_protection_is_toggled_by_a_deletion_too(cloud: Cloud) -> None:
    cloud.own(PLAIN)
    assert cloud.converge({**PLAIN, "deletion_protection": True}).error is None
    assert cloud.delete().error is None
