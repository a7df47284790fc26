# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits: they end at their deadline and say what was going on, they are gentle, and unknown errors come verbatim."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind, WaitTimeoutError
from tests.aws.changes import ON_DEMAND, PROVISIONED, Definition, index, units
from tests.aws.cloud import TABLE, Cloud
from tests.aws_like.errors import ServiceError

ONE_INDEX = {**PROVISIONED, "global_indexes": [index("g")]}
TWO_INDEXES = {**PROVISIONED, "global_indexes": [index("g"), index("n")]}
TO_ON_DEMAND = {**ON_DEMAND, "global_indexes": [index("g", None)]}

DEADLINES: dict[str, tuple[Definition | None, Definition, int, str]] = {
    "creating": (None, ONE_INDEX, 10, "orders is CREATING"),
    "throughput": (ONE_INDEX, {**ONE_INDEX, "provisioned_throughput": units(20)}, 1, "orders is UPDATING"),
    "billing": (ONE_INDEX, TO_ON_DEMAND, 60, "orders is UPDATING"),
    "index": (ONE_INDEX, TWO_INDEXES, 300, "index by_n of orders is CREATING, backfilling"),
    "allocation": (ONE_INDEX, TWO_INDEXES, 20, "index by_n of orders is CREATING"),
    "index throughput": (
        ONE_INDEX,
        {**ONE_INDEX, "global_indexes": [index("g", 20)]},
        1,
        "index by_g of orders is UPDATING",
    ),
    "key": (ONE_INDEX, {**ONE_INDEX, "encryption": {"key": "two"}}, 10, "encryption of orders is UPDATING"),
    "warm": (
        ONE_INDEX,
        {**ONE_INDEX, "warm_throughput": {"read_units_per_second": 100}},
        60,
        "warm throughput of orders is UPDATING",
    ),
}


@pytest.mark.parametrize(("before", "after", "seconds", "says"), DEADLINES.values(), ids=DEADLINES)
def test_a_deadline_says_what_was_going_on(
    before: Definition | None, after: Definition, seconds: int, says: str, cloud: Cloud
) -> None:
    if before:
        cloud.own(before)
    began = cloud.time.now()
    outcome = cloud.converge(after, seconds=seconds)
    assert isinstance(outcome.error, WaitTimeoutError), outcome.error
    assert f"after {seconds} seconds {says}. Nothing is lost: run it again" in str(outcome.error)
    assert outcome.changed
    assert cloud.time.now() - began <= seconds + 15
    assert cloud.converge(after).error is None
    assert cloud.converge(after).in_sync


def test_a_deadline_while_somebody_else_is_at_it(cloud: Cloud) -> None:
    cloud.own(ONE_INDEX)
    cloud.update(BillingMode="PAY_PER_REQUEST")
    outcome = cloud.converge(ONE_INDEX, seconds=20)
    assert isinstance(outcome.error, WaitTimeoutError)
    assert "orders is UPDATING" in str(outcome.error)
    assert not cloud.writes


def test_a_deadline_of_a_deletion(cloud: Cloud) -> None:
    cloud.own(ONE_INDEX)
    cloud.call("UpdateTable", **_building())
    outcome = cloud.delete(seconds=30)
    assert isinstance(outcome.error, WaitTimeoutError)
    assert "orders is UPDATING" in str(outcome.error)
    outcome = cloud.delete(seconds=100)
    assert "index by_n of orders is CREATING, backfilling" in str(outcome.error)
    assert not cloud.writes
    assert cloud.delete().error is None


def _building() -> dict[str, Any]:
    create = {
        "IndexName": "by_n",
        "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    }
    return {
        "TableName": TABLE,
        "AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": create}],
    }


@pytest.mark.parametrize("profile", ["observed", "slow"])
def test_waits_are_gentle(profile: str) -> None:
    """At most sixteen looks in the first minute of a wait, and six in each that follows."""
    cloud = Cloud({"profile": profile})
    cloud.own(ONE_INDEX)
    assert cloud.converge(TWO_INDEXES).error is None
    looks = [sent.at for sent in cloud.calls if sent.operation == "DescribeTable"]
    sent = next(sent.at for sent in cloud.writes if sent.operation == "UpdateTable")
    minutes = [sum(sent + 60 * minute <= look < sent + 60 * (minute + 1) for look in looks) for minute in range(90)]
    assert minutes[0] <= 16, minutes
    assert max(minutes[1:]) <= 6, minutes
    assert len(looks) < 40 + (looks[-1] - sent) / 14


@pytest.mark.parametrize(
    ("operation", "code", "text", "status"),
    [
        ("UpdateTable", "NobodyHasSeenThisException", "The moon is in the wrong house: orders", 400),
        ("UpdateTable", "ValidationException", "One or more parameter values were invalid: something new", 400),
        ("UpdateTable", "LimitExceededException", "Subscriber limit exceeded: something new", 400),
        ("CreateTable", "NobodyHasSeenThisException", "Come back with a friend", 400),
        ("UpdateTimeToLive", "ValidationException", "TTL is not what it was", 400),
        ("UpdateContinuousBackups", "PointInTimeRecoveryUnavailableException", "No time to recover", 400),
        ("TagResource", "OddException", "Tags are made of paper here", 400),
        ("DescribeTable", "OddException", "Nothing to see", 400),
    ],
)
def test_unknown_errors_come_verbatim(operation: str, code: str, text: str, status: int, cloud: Cloud) -> None:
    wanted = {
        **ONE_INDEX,
        "provisioned_throughput": units(20),
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
        "tags": {"Team": "red"},
    }
    if operation != "CreateTable":
        cloud.own(ONE_INDEX)
    cloud.strike = lambda asked, body: ServiceError(code, text, status) if asked == operation else None
    outcome = cloud.converge(wanted)
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.FINAL
    assert f"{operation} of orders: {code}: {text}" in str(outcome.error) or operation == "TagResource"
    assert f"{code}: {text}" in str(outcome.error)
    # botocore alone repeats one that it takes for throttling.
    assert len(cloud.refused) <= 3 + (operation == "CreateTable")
    cloud.strike = lambda asked, body: None
    assert cloud.converge(wanted).error is None
    assert cloud.converge(wanted).in_sync


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_a_table_that_does_not_show_yet(profile: str) -> None:
    """Somebody created it a moment ago; DescribeTable may say for some seconds that there is none."""
    cloud = Cloud({"profile": profile})
    cloud.converge(ONE_INDEX, wait=False)
    cloud.calls.clear()
    outcome = cloud.converge(ONE_INDEX)
    assert outcome.error is None, outcome.error
    assert len([sent for sent in cloud.writes if sent.operation == "CreateTable"]) <= 3
    assert cloud.converge(ONE_INDEX).in_sync


def test_an_index_that_somebody_is_building_already(cloud: Cloud) -> None:
    """It appears between the reading and the call: read again, and only wait."""
    cloud.own(ONE_INDEX)

    def meanwhile(operation: str, body: dict[str, Any]) -> None:
        if operation == "UpdateTable":
            cloud.strike = lambda asked, body: None
            cloud.call("UpdateTable", **_building())

    cloud.strike = meanwhile
    wanted = {**PROVISIONED, "global_indexes": [index("g"), index("n", 1)]}
    outcome = cloud.converge(wanted)
    assert outcome.error is None, outcome.error
    cloud.calls.clear()
    assert cloud.converge(wanted).in_sync
    assert not cloud.writes


def test_an_unwanted_index_is_not_built_to_its_end(cloud: Cloud) -> None:
    cloud.own(ONE_INDEX)
    cloud.call("UpdateTable", **_building())
    began = cloud.time.now()
    assert cloud.converge(ONE_INDEX).error is None
    assert cloud.time.now() - began < 100
    assert not cloud.refused
    assert cloud.converge(ONE_INDEX).in_sync
