# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps, retentions, and what comes of an item in a TTL backfill beside live writers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.times import moment_of, parse_retention
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.ttl_backfill import Backfill, Filler
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .items_table import ItemsTable

NOON = datetime(2024, 5, 3, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "form", "moment"),
    [
        ({"S": "2024-05-03T12:00:00Z"}, "auto", NOON),
        ({"S": "2024-05-03T12:00:00z"}, "iso8601", NOON),
        ({"S": "2024-05-03T12:00:00.999999+00:00"}, "auto", NOON),
        ({"S": "2024-05-03T12:00:00"}, "auto", NOON),
        ({"S": "2024-05-03 12:00"}, "auto", NOON),
        ({"S": "2024-05-03T17:30:00+05:30"}, "auto", NOON),
        ({"S": "2024-05-03T17:30:00+0530"}, "auto", NOON),
        ({"S": "2024-05-03T07:00:00-05"}, "auto", NOON),
        ({"S": "2024-05-03"}, "auto", NOON - timedelta(hours=12)),
        ({"S": "2016-12-31T23:59:60Z"}, "auto", datetime(2017, 1, 1, tzinfo=UTC)),
        ({"N": "1714737600"}, "auto", NOON),
        ({"N": "1714737600.75"}, "auto", NOON),
        ({"N": "1714737600123"}, "auto", NOON),
        ({"S": "1714737600123"}, "auto", NOON),
        ({"N": "1714737600"}, "epoch_seconds", NOON),
        ({"N": "86400000"}, "epoch_milliseconds", datetime(1970, 1, 2, tzinfo=UTC)),
        ({"N": "0"}, "auto", datetime(1970, 1, 1, tzinfo=UTC)),
        ({"S": "2024-02-30"}, "auto", None),
        ({"S": "2024-05-03T25:00:00Z"}, "auto", None),
        ({"S": "2024-05-03T12:00:00+99:00"}, "auto", None),
        ({"S": "yesterday"}, "auto", None),
        ({"S": ""}, "auto", None),
        ({"N": "-5"}, "auto", None),
        ({"N": "1E+9"}, "auto", None),
        ({"N": "9999999999999999"}, "epoch_seconds", None),
        ({"S": "1714737600"}, "iso8601", None),
        ({"S": "2024-05-03"}, "epoch_seconds", None),
        ({"BOOL": True}, "auto", None),
        ({"M": {}}, "auto", None),
    ],
)
def test_moments(value: dict[str, Any], form: str, moment: datetime | None) -> None:
    assert moment_of(value, form) == moment


@given(st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1)), st.integers(-23 * 60, 23 * 60))  # noqa: DTZ001
def test_every_way_to_write_a_moment_is_the_same_moment(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=UTC)
    there = moment.replace(tzinfo=None) + timedelta(minutes=minutes)
    sign, east = "-" if minutes < 0 else "+", abs(minutes)
    zone = f"{sign}{east // 60:02}:{east % 60:02}"
    assert moment_of({"S": moment.isoformat()}, "auto") == moment
    assert moment_of({"S": there.isoformat() + zone}, "auto") == moment
    assert moment_of({"N": str(int(moment.timestamp()))}, "epoch_seconds") == moment
    assert moment_of({"N": str(int(moment.timestamp() * 1000))}, "epoch_milliseconds") == moment


@pytest.mark.parametrize(
    ("stamp", "retention", "end"),
    [
        ("2024-05-03T12:00:00+00:00", "7y", "2031-05-03T12:00:00+00:00"),
        ("2024-02-29T12:00:00+00:00", "1y", "2025-03-01T12:00:00+00:00"),
        ("2024-02-29T12:00:00+00:00", "4y", "2028-02-29T12:00:00+00:00"),
        ("2024-08-31T00:00:00+00:00", "6mo", "2025-03-01T00:00:00+00:00"),
        ("2024-12-31T00:00:00+00:00", "2mo", "2025-03-01T00:00:00+00:00"),
        ("2024-10-31T00:00:00+00:00", "1mo", "2024-12-01T00:00:00+00:00"),
        ("2024-01-15T00:00:00+00:00", "18mo", "2025-07-15T00:00:00+00:00"),
        ("2024-02-28T12:00:00+00:00", "90d", "2024-05-28T12:00:00+00:00"),
        ("2024-02-28T12:00:00+00:00", "2W", "2024-03-13T12:00:00+00:00"),
        ("2024-02-28T12:00:00+00:00", "36h", "2024-03-01T00:00:00+00:00"),
    ],
)
def test_retentions(stamp: str, retention: str, end: str) -> None:
    assert parse_retention(retention).after(datetime.fromisoformat(stamp)) == datetime.fromisoformat(end)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2900, 1, 1)), st.integers(1, 1000))  # noqa: DTZ001
def test_nothing_expires_before_its_months_are_over(naive: datetime, months: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    end = parse_retention(f"{months}mo").after(moment)
    assert end
    passed = (end.year - moment.year) * 12 + end.month - moment.month
    assert (passed, end.day) == (months, moment.day) or (passed == months + 1 and end.day == 1 and moment.day > 28)
    assert end.timetz() == moment.timetz()


def test_beyond_all_years() -> None:
    for retention in ("9000y", "999999d", "200000mo"):
        assert parse_retention(retention).after(NOON.replace(year=8000)) is None


@pytest.mark.parametrize("text", ["", "7", "y", "0d", "-1d", "7 y", "1.5y", "7m", "7years", "1y6mo"])
def test_retention_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match="retention"):
        parse_retention(text)


# --- one item --------------------------------------------------------------------------------------------------------

SEVEN_YEARS = Backfill("ttl", "at", "auto", parse_retention("7y"))
STAMP = {"S": "2024-05-03T12:00:00Z"}
END = {"N": str(int(datetime(2031, 5, 3, 12, tzinfo=UTC).timestamp()))}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        ({"at": STAMP}, ("set", int(END["N"]))),
        ({"at": {"S": "2018-01-01"}}, ("expired", 0)),
        ({"at": {"S": "soon"}}, ("unreadable_timestamp", 0)),
        ({"at": {"S": "9998-01-01"}}, ("unreadable_timestamp", 0)),
        ({"at": {"NULL": True}}, ("without_timestamp", 0)),
        ({}, ("without_timestamp", 0)),
        ({"at": STAMP, "ttl": {"S": "2031"}}, ("ttl_is_no_number", 0)),
        ({"at": STAMP, "ttl": {"N": "5"}}, ("set_meanwhile", 0)),
    ],
)
def test_verdicts(item: dict[str, Any], verdict: tuple[str, int]) -> None:
    assert SEVEN_YEARS.verdict(item, NOW) == verdict


def test_expired_items_only_when_allowed() -> None:
    backfill = Backfill("ttl", "at", "auto", parse_retention("7y"), allow_expired=True)
    end = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    assert backfill.verdict({"at": {"S": "2018-01-01"}}, NOW) == ("set", end)


class Live:
    """A table of one item that changes, as the test wants, just before each write arrives."""

    def __init__(self, *versions: dict[str, Any]):
        self.versions = list(versions)
        self.service = ItemsTable({}, refuse=self.answer)

    def answer(self, operation: str, arguments: dict[str, Any]) -> None:
        current = self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]
        wanted = arguments["ExpressionAttributeValues"][":stamp"]
        assert arguments["ConditionExpression"] == "attribute_not_exists(#ttl) AND #stamp = :stamp"
        if "ttl" in current or current.get("at") != wanted:
            item = {"Item": current} if current else {}
            refusal = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}, **item}
            raise ClientError(refusal, operation)
        self.service.items["x"] = {**current, "ttl": arguments["ExpressionAttributeValues"][":end"]}
        # No second write may arrive.
        self.versions = [self.service.items["x"]]

    def handle(self, item: dict[str, Any], check: bool = False) -> str:
        filler = Filler(SEVEN_YEARS, self.service.through(), "Orders", ("id",), check)
        return filler.handle({"id": {"S": "x"}, **item})


LATER = {"S": "2025-05-03T12:00:00Z"}
LATEST = {"S": "2025-06-03T12:00:00Z"}


@pytest.mark.parametrize(
    ("versions", "verdict", "writes"),
    [
        ([{"at": STAMP}], "set", 1),
        ([{"at": STAMP, "ttl": END}], "set", 1),
        ([{"at": STAMP, "ttl": {"N": "5"}}], "set_meanwhile", 1),
        ([{}], "deleted_meanwhile", 1),
        ([{"at": LATER}, {"at": LATER}], "set", 2),
        ([{"at": LATER}, {"at": LATEST}, {"at": STAMP}], "changed_meanwhile", 3),
        ([{"at": {"S": "broken"}}], "unreadable_timestamp", 1),
        ([{"other": {"S": "made again without it"}}], "without_timestamp", 1),
    ],
)
def test_beside_live_writers(versions: list[dict[str, Any]], verdict: str, writes: int) -> None:
    live = Live(*versions)
    assert live.handle({"at": STAMP}) == verdict
    assert len(live.service.calls) == writes
    if verdict == "set" and "ttl" not in versions[-1]:
        stamp = live.service.items["x"]["at"]["S"]
        end = datetime.fromisoformat(stamp).replace(year=int(stamp[:4]) + 7)
        assert live.service.items["x"]["ttl"] == {"N": str(int(end.timestamp()))}


def test_check_mode_writes_nothing() -> None:
    live = Live({"at": STAMP})
    assert live.handle({"at": STAMP}, check=True) == "set"
    assert live.service.calls == []


def test_scan_asks_for_no_more_than_it_needs() -> None:
    scan = SEVEN_YEARS.scan(("id", "at"))
    assert scan["ProjectionExpression"] == "#a0, #a1, #a2"
    assert scan["ExpressionAttributeNames"] == {"#a0": "id", "#a1": "at", "#a2": "ttl"}
    assert scan["FilterExpression"] == "attribute_not_exists(#a2) OR NOT attribute_type(#a2, :number)"


# --- the definition --------------------------------------------------------------------------------------------------


def test_a_definition_may_say_how_long_items_are_kept() -> None:
    table = {"name": "Orders", "ttl": {"attribute": "ttl", "timestamp": "placed_at", "retention": "90d"}}
    plain = {"name": "Orders", "ttl": {"attribute": "ttl"}}
    # It is for people and for the backfill: the table is the same with and without.
    assert parse_table(table) == parse_table(plain)


@pytest.mark.parametrize(
    ("ttl", "problem"),
    [
        ({"retention": "7years"}, "ttl.retention: '7years' is none; give a whole number"),
        ({"timestamp": "ttl"}, "ttl.timestamp: is the attribute of the expiry time itself"),
    ],
)
def test_wrong_retention_in_a_definition(ttl: dict[str, str], problem: str) -> None:
    with pytest.raises(DefinitionError) as told:
        parse_table({"name": "Orders", "ttl": {"attribute": "ttl", **ttl}})
    assert told.value.problems[0].startswith(problem)
