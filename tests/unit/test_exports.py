# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: what is asked for, what counts as done, windows, tokens, times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import RefusedError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.export_plan import (
    LONGEST,
    SHORTEST,
    known,
    plan_exports,
    split,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exports import (
    LAST,
    Export,
    Order,
    Recovery,
    Window,
    began,
    call,
    filter_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import (
    ExportOver,
    ImportOver,
    Place,
    TimeError,
    parse_time,
    size,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TABLE = {"TableArn": "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders", "TableId": "one"}
PLACE = Place("exports", "nightly")
RECOVERY = Recovery(True, NOW - timedelta(days=7), NOW - timedelta(minutes=5))
HOUR = timedelta(hours=1)


def arn(moment: datetime, suffix: str = "1a2b3c4d") -> str:
    return f"{TABLE['TableArn']}/export/{int(moment.timestamp() * 1000):014d}-{suffix}"


def shown(began_at: datetime, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    place = {"S3Bucket": "exports", "S3Prefix": "nightly/"}
    return {"ExportArn": arn(began_at), "ExportStatus": status, "ExportTime": began_at, **place, **more}


def full(began_at: datetime, status: str = "COMPLETED", **more: Any) -> Export:
    return Export.of(shown(began_at, status, **more))


def changes(begin: datetime, end: datetime, status: str = "COMPLETED") -> Export:
    about = {"ExportFromTime": begin, "ExportToTime": end, "ExportViewType": "NEW_AND_OLD_IMAGES"}
    return full(end, status, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=about)


def planned(order: Order, *exports: Export, recovery: Recovery = RECOVERY) -> Any:
    return plan_exports("Orders", order, exports, recovery, NOW)


@pytest.mark.parametrize(
    ("order", "export", "done"),
    [
        (Order(PLACE), full(NOW - HOUR), True),
        (Order(Place("exports", "/nightly")), full(NOW - HOUR), True),
        (Order(PLACE), full(NOW - 9 * HOUR), False),
        (Order(PLACE, max_age=timedelta(0)), full(NOW - HOUR), False),
        (Order(PLACE, max_age=timedelta(0)), full(NOW - HOUR, "IN_PROGRESS"), True),
        (Order(PLACE), full(NOW - HOUR, "FAILED"), False),
        (Order(Place("other", "nightly")), full(NOW - HOUR), False),
        (Order(Place("exports", "weekly")), full(NOW - HOUR), False),
        (Order(PLACE, format="ION"), full(NOW - HOUR), False),
        (Order(PLACE, filter={"FilterExpression": "a"}), full(NOW - HOUR), False),
        (Order(PLACE), full(NOW - HOUR, FilterSpecification={"FilterExpression": "a"}), False),
        (Order(PLACE), changes(NOW - 2 * HOUR, NOW - HOUR), False),
        (Order(PLACE, at=NOW - 30 * HOUR), full(NOW - 30 * HOUR), True),
        (Order(PLACE, at=NOW - 30 * HOUR), full(NOW - 31 * HOUR), False),
        (Order(PLACE, at=NOW - 30 * HOUR), full(NOW - HOUR, "IN_PROGRESS"), False),
    ],
)
def test_what_counts_as_a_full_export_that_is_there(order: Order, export: Export, done: bool) -> None:
    plan = planned(order, export)
    assert (plan.windows, plan.standing) == (((), (export,)) if done else ((None,), ()))


def test_since_a_time() -> None:
    begin = NOW - 30 * HOUR
    cut = begin + LONGEST
    order = Order(PLACE, since=begin)
    latest = RECOVERY.latest
    assert latest is not None
    assert planned(order).windows == (Window(begin, cut), Window(cut, latest))
    first, rest = changes(begin, cut), changes(cut, NOW - HOUR)
    assert planned(order, rest, first).windows == (), "the rest is young enough"
    assert planned(order, rest, first).standing == (first, rest)
    ended = Order(PLACE, since=begin, until=NOW - 2 * HOUR)
    assert planned(ended, rest, first).windows == (Window(cut, NOW - 2 * HOUR),)
    images = Order(PLACE, since=begin, view="NEW_IMAGE")
    assert len(planned(images, rest, first).windows) == 2


def test_since_the_last_export() -> None:
    order = Order(PLACE, since=LAST)
    latest = RECOVERY.latest
    assert latest is not None
    base = full(NOW - 3 * HOUR)
    chain = changes(NOW - 3 * HOUR, NOW - HOUR)
    assert planned(order, base).windows == (Window(NOW - 3 * HOUR, latest),)
    assert planned(order, chain, base).windows == (Window(NOW - HOUR, latest),)
    assert planned(order, base, chain).windows == (Window(NOW - HOUR, latest),)
    failed = changes(NOW - HOUR, NOW - HOUR / 2, "FAILED")
    assert planned(order, failed, chain, base).windows == (Window(NOW - HOUR, latest),)
    moving = changes(NOW - HOUR, NOW - HOUR / 2, "IN_PROGRESS")
    also = full(NOW - HOUR / 2, "IN_PROGRESS")
    assert planned(order, also, moving, chain, base).first == (also, moving)
    recent = planned(order, changes(NOW - HOUR, NOW - timedelta(minutes=19)), base)
    assert (recent.windows, recent.note.startswith("exported up to")) == ((), True)


def test_a_window_that_failed_is_exported_before_what_follows_it() -> None:
    order = Order(PLACE, since=LAST)
    latest = RECOVERY.latest
    assert latest is not None
    base = full(NOW - 6 * HOUR)
    one, two, three = (changes(NOW - hours * HOUR, NOW - (hours - 1) * HOUR) for hours in (6, 5, 4))
    lost = changes(NOW - 5 * HOUR, NOW - 4 * HOUR, "FAILED")
    rest = Window(NOW - 3 * HOUR, latest)
    assert planned(order, three, lost, one, base).windows == (lost.window, rest)
    assert planned(order, lost, three, one, base, lost).windows == (lost.window, rest)
    assert planned(order, two, three, lost, one, base).windows == (rest,), "it was exported since"
    assert planned(order, full(NOW - 3 * HOUR), lost, one, base).windows == (rest,), "a full export holds it"
    wider = changes(NOW - 6 * HOUR, NOW - 3 * HOUR)
    assert planned(order, wider, lost, base).windows == (rest,)
    assert planned(order, lost, one, base).windows == (Window(NOW - 5 * HOUR, latest),)


@pytest.mark.parametrize(
    ("order", "recovery", "text"),
    [
        (Order(PLACE), Recovery(), "point-in-time recovery of Orders is off"),
        (Order(PLACE, since=LAST), RECOVERY, "AWS knows no completed export of Orders to s3://exports/nightly"),
        (Order(PLACE, since=NOW - timedelta(minutes=14)), RECOVERY, "less than the 15 minutes"),
        (Order(PLACE, since=NOW - timedelta(days=9)), RECOVERY, "is not between"),
        (Order(PLACE, at=NOW + HOUR), RECOVERY, "is not between"),
    ],
)
def test_what_is_refused_before_aws_is_asked(order: Order, recovery: Recovery, text: str) -> None:
    with pytest.raises(RefusedError, match=text):
        planned(order, recovery=recovery)


def test_a_gap_that_cannot_be_filled_is_refused() -> None:
    with pytest.raises(RefusedError, match="a full export"):
        planned(Order(PLACE, since=LAST), full(NOW - timedelta(days=20)))


moments = st.integers(0, 10**7).map(lambda seconds: NOW - timedelta(seconds=seconds))


@given(begin=moments, end=moments, whole=st.booleans())
def test_windows_touch_and_are_as_long_as_aws_takes(begin: datetime, end: datetime, whole: bool) -> None:
    windows = split(begin, end, whole)
    assert all(SHORTEST <= window.end - window.begin <= LONGEST for window in windows)
    assert all(one.end == other.begin for one, other in pairwise(windows))
    if windows:
        assert windows[0].begin == begin
        left = end - windows[-1].end
        assert left == timedelta(0) or (not whole and timedelta(0) < left < SHORTEST)
    else:
        assert end - begin < SHORTEST


def test_a_token_stands_for_what_is_asked_and_what_is_known() -> None:
    order, window = Order(PLACE), Window(NOW - HOUR, NOW)
    first = call(order, TABLE, None, "")
    assert first == call(order, TABLE, None, "")
    others = [
        call(order, TABLE, None, arn(NOW)),
        call(order, {**TABLE, "TableId": "two"}, None, ""),
        call(Order(Place("exports")), TABLE, None, ""),
        call(Order(PLACE, since=NOW - HOUR), TABLE, window, ""),
    ]
    assert len({each["ClientToken"] for each in [first, *others]}) == 5
    assert "$" not in first["ClientToken"]


def test_the_call_has_what_was_given_and_nothing_else() -> None:
    assert call(Order(Place("exports")), TABLE, None, "").keys() == {
        "TableArn", "S3Bucket", "ExportFormat", "ExportType", "ClientToken"
    }  # fmt: skip
    order = Order(
        Place("exports", "nightly", "210987654321"), algorithm="KMS", key="alias/exports", since=LAST, view="NEW_IMAGE"
    )
    arguments = call(order, TABLE, Window(NOW - HOUR, NOW), "")
    assert arguments["IncrementalExportSpecification"] == {
        "ExportFromTime": NOW - HOUR,
        "ExportToTime": NOW,
        "ExportViewType": "NEW_IMAGE",
    }
    assert (arguments["S3BucketOwner"], arguments["S3SseKmsKeyId"]) == ("210987654321", "alias/exports")
    assert arguments["ExportType"] == "INCREMENTAL_EXPORT"
    assert filter_of({"projection_expression": "a, b", "filter_expression": None}) == {"ProjectionExpression": "a, b"}


def test_no_more_exports_are_described_than_matter() -> None:
    arns = [arn(NOW - timedelta(hours=number)) for number in range(100)]
    described: list[str] = []

    def describe(each: str) -> Export:
        described.append(each)
        start = began(each)
        assert start is not None
        return full(start)

    known(arns, describe, Order(PLACE), NOW)
    assert len(described) == 9, "those of the last eight hours, and what the clocks may be off"
    described.clear()
    known(reversed(arns), describe, Order(PLACE, since=LAST), NOW)
    assert described == arns[:1]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T12:00:00Z", NOW),
        ("2026-11-23T17:30:00+05:30", NOW),
        ("2026-11-23 12:00:00.500+00:00", NOW),
        (str(int(NOW.timestamp())), NOW),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23T12:00:00", "2026-13-01T00:00:00Z", ""])
def test_what_is_no_time_or_has_no_zone(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text)


def test_waiting_is_over_when_aws_says_so() -> None:
    for condition, member, status in (
        (ExportOver("Orders", "a/b"), "ExportDescription", "ExportStatus"),
        (ImportOver("Orders", "a/b"), "ImportTableDescription", "ImportStatus"),
    ):
        for shown_status, over in (
            ("IN_PROGRESS", False),
            ("CANCELLING", False),
            ("COMPLETED", True),
            ("FAILED", True),
        ):
            assert condition.holds({member: {status: shown_status}}) is over
        assert condition.holds(None) is False
        assert condition.waiting_for(None).endswith("b of Orders is not listed")
    assert ExportOver("Orders", "a/b").arguments == {"ExportArn": "a/b"}


def test_sizes() -> None:
    counts = (0, 1023, 1024, 3_565_158, 5 * 1024**4, 5 * 1024**5)
    assert [size(count) for count in counts] == ["0 bytes", "1023 bytes", "1.0 KiB", "3.4 MiB", "5.0 TiB", "5120.0 TiB"]
