# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk through a table: every item once, goes on where it was, keeps to limits, slows down when throttled."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items import calls as calls_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.journal import Journal
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.segments import (
    Slice,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.walk import Manner, Walk, Walked
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.work import OpenWorker, Taken, each_item

from .items_table import JOB, KEY, ItemsTable, refusal, table_of

ONE_THREAD = Manner(threads=1, page_size=3)


def walk(table: ItemsTable, open_worker: OpenWorker, state: Path | None, manner: Manner = ONE_THREAD) -> Walked:
    journal = Journal(state, JOB) if state else None
    return Walk(table.through(), JOB, manner, {}, open_worker, journal).run()


def counting(seen: Counter[str], fail_at: int = 0) -> Callable[[Mapping[str, Any]], str]:
    def handle(item: Mapping[str, Any]) -> str:
        if fail_at and seen.total() == fail_at:
            raise refusal_of("ItemCollectionSizeLimitExceededException")
        seen[item[KEY]["S"]] += 1
        return "odd" if item[KEY]["S"].endswith(("1", "3", "5", "7", "9")) else "even"

    return handle


def refusal_of(code: str) -> AwsError:
    try:
        ItemsTable({}, refuse=refusing(code)).through().write("PutItem", {"TableName": "Orders"})
    except AwsError as error:
        return error
    raise AssertionError


def refusing(code: str) -> Callable[[str, dict[str, Any]], None]:
    def refuse(operation: str, arguments: dict[str, Any]) -> None:
        raise refusal(code, operation)

    return refuse


@pytest.mark.parametrize("threads", [1, 4])
def test_walk_sees_every_item_once(tmp_path: Path, threads: int) -> None:
    table, seen = table_of(100), Counter[str]()
    handle = counting(seen)
    walked = walk(table, each_item(handle, (KEY,), frozenset({"odd"})), tmp_path, Manner(threads=threads, page_size=7))
    assert walked.finished
    assert not walked.resumed
    assert seen == Counter(list(table.items))
    assert walked.counts == {"odd": 50, "even": 50}
    assert walked.scanned == 100
    assert list(walked.samples) == ["odd"]
    assert 1 <= len(walked.samples["odd"]) <= 5
    # Nothing is left of a finished job that would keep the next from looking at all items again.
    assert walk(table, each_item(handle, (KEY,)), tmp_path).counts == {"odd": 50, "even": 50}


def test_slices_share_a_table(tmp_path: Path) -> None:
    table, seen = table_of(100), Counter[str]()
    for number in (1, 2, 3):
        assert walk(table, each_item(counting(seen), (KEY,)), tmp_path, Manner(Slice(number, 3), page_size=7)).finished
    assert seen == Counter(list(table.items))


# Every example writes a journal to disk, durably.
@settings(max_examples=20)
@given(st.integers(1, 39), st.integers(1, 9))
def test_walk_goes_on_after_an_error_where_it_was(fail_at: int, page_size: int) -> None:
    manner = Manner(threads=1, page_size=page_size)
    with tempfile.TemporaryDirectory() as folder:
        table, seen = table_of(40), Counter[str]()
        first = walk(table, each_item(counting(seen, fail_at), (KEY,)), Path(folder), manner)
        assert not first.finished
        assert first.error is not None
        assert first.counts.total() == seen.total() == fail_at
        second = walk(table, each_item(counting(seen), (KEY,)), Path(folder), manner)
        assert second.finished
        assert second.resumed
        assert second.counts == {"odd": 20, "even": 20}
        assert set(seen.values()) == {1}


def test_restart_forgets(tmp_path: Path) -> None:
    table, seen = table_of(50), Counter[str]()
    walk(table, each_item(counting(seen, 20), (KEY,)), tmp_path)
    again = walk(table, each_item(counting(seen), (KEY,)), tmp_path, replace(ONE_THREAD, restart=True))
    assert again.finished
    assert not again.resumed
    assert seen.total() == 70


def test_time_limit_ends_cleanly(tmp_path: Path) -> None:
    table, seen = table_of(100), Counter[str]()

    def slow(item: Mapping[str, Any]) -> str:
        table.time.sleep(1)
        return counting(seen)(item)

    manner = Manner(threads=1, page_size=7, time_limit=30)
    for total in (30, 60, 90):
        walked = walk(table, each_item(slow, (KEY,)), tmp_path, manner)
        assert walked.error is None
        assert not walked.finished
        assert walked.counts.total() == seen.total() == total
    assert walk(table, each_item(slow, (KEY,)), tmp_path, manner).finished
    assert set(seen.values()) == {1}


def test_without_a_journal_nothing_is_written_down(tmp_path: Path) -> None:
    assert walk(table_of(20), each_item(counting(Counter()), (KEY,)), None).finished
    assert not list(tmp_path.iterdir())


class Collector:
    """Settles after every third page; fails at the fifth."""

    def __init__(self, settled: list[str], pages: list[int], data: Mapping[str, Any]):
        self.settled, self.pages, self.held = settled, pages, list[str]()
        self.part = data.get("part", 0)

    def take(self, items: Sequence[Mapping[str, Any]]) -> Taken:
        self.pages[0] += 1
        if self.pages[0] == 5:
            raise refusal_of("ValidationException")
        self.held += [item[KEY]["S"] for item in items]
        return self.finish() if self.pages[0] % 3 == 0 else Taken(settled=False)

    def finish(self) -> Taken:
        self.settled += self.held
        count, self.held = len(self.held), []
        self.part += 1
        return Taken({"kept": count}, data={"part": self.part})


def test_what_a_worker_holds_back_is_seen_again(tmp_path: Path) -> None:
    table, settled, pages = table_of(100), list[str](), [0]
    job = replace(JOB, segments=1)

    def collect(segment: int, data: Mapping[str, Any], stopping: Callable[[], bool]) -> Collector:
        return Collector(settled, pages, data)

    def once() -> Walked:
        return Walk(table.through(), job, Manner(page_size=6), {}, collect, Journal(tmp_path, job)).run()

    first = once()
    assert first.error
    assert first.counts == {"kept": 18}
    assert first.records[0].data == {"part": 1}
    second = once()
    assert second.finished
    assert second.counts == {"kept": 100}
    assert sorted(settled) == sorted(table.items)
    assert second.records[0].data["part"] > 1


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
)
def test_throttling_slows_down_and_ends(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(1)
    left = [20]

    def refuse(operation: str, arguments: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            raise refusal(code)

    table.refuse = refuse
    calls = table.through()
    calls.write("UpdateItem", {"Key": {KEY: {"S": "i0000"}}})
    assert calls.writes.charged == 2.0
    assert 5 < table.time.seconds - 1000 < 120
    left[0] = 1_000_000
    began = table.time.seconds
    with pytest.raises(AwsError, match=code):
        calls.write("UpdateItem", {"Key": {KEY: {"S": "i0000"}}})
    assert table.time.seconds - began < calls_module.BUSY_SECONDS + 60
