# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work side by side, and answers that are asked for by many at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.kept import KEPT_SECONDS, Kept
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import MOST_AT_A_TIME, shared, side_by_side

KEY = Read("DescribeKey", {"KeyId": "alias/one"}, "kms", common=True)
DEADLINE = 10


@pytest.mark.parametrize("at_most", [0, 1, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_their_order(count: int, at_most: int) -> None:
    assert side_by_side(lambda number: number * 2, range(count), at_most) == [number * 2 for number in range(count)]


def test_so_many_at_a_time_and_no_more() -> None:
    together = threading.Barrier(4)
    side_by_side(lambda number: together.wait(DEADLINE), range(8), 4)
    used: set[int] = set()
    side_by_side(lambda number: used.add(threading.get_ident()), range(2 * MOST_AT_A_TIME), 10 * MOST_AT_A_TIME)
    assert len(used) <= MOST_AT_A_TIME


def test_one_alone_needs_no_thread() -> None:
    assert side_by_side(lambda item: threading.get_ident(), [1], 10) == [threading.get_ident()]


def test_work_gets_done_where_all_threads_are_busy() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(release.wait, DEADLINE)
        assert shared(lambda number: (number, threading.get_ident()), [1, 2, 3], pool) == [
            (number, threading.get_ident()) for number in (1, 2, 3)
        ]
        release.set()
        assert busy.result()


@pytest.mark.parametrize("wrong", [0, 1, 4])
def test_what_goes_on_when_one_fails_is_over_before_that_is_told(wrong: int) -> None:
    under_way: set[int] = set()

    def work(number: int) -> None:
        under_way.add(number)
        if number == wrong:
            under_way.discard(number)
            raise ValueError(number)
        threading.Event().wait(0.01)
        under_way.discard(number)

    with pytest.raises(ValueError, match=str(wrong)):
        side_by_side(work, range(5), 5)
    assert not under_way


def test_what_many_ask_for_is_read_once() -> None:
    kept, asked, now = Kept(), [], [0.0]

    def ask(read: Read) -> Mapping[str, Any]:
        asked.append(read)
        threading.Event().wait(0.01)
        return {"answer": len(asked)}

    def answers() -> list[Any]:
        return side_by_side(lambda number: kept.answer(KEY, ask, lambda: now[0]), range(10), 10)

    assert answers() == [{"answer": 1}] * 10
    kept.answer(Read("DescribeKey", {"KeyId": "alias/two"}, "kms", common=True), ask, lambda: now[0])
    assert len(asked) == 2
    now[0] = KEPT_SECONDS + 1
    assert answers() == [{"answer": 3}] * 10


def test_what_is_not_there_is_looked_for_again() -> None:
    kept, found = Kept(), [None, {"KeyMetadata": {}}]
    assert kept.answer(KEY, lambda read: found.pop(0), lambda: 0.0) is None
    assert kept.answer(KEY, lambda read: found.pop(0), lambda: 0.0) == {"KeyMetadata": {}}


def test_what_was_refused_is_asked_for_again() -> None:
    def refuse(read: Read) -> None:
        raise AwsError("DescribeKey", "AccessDenied", "", Kind.DENIED, "")

    kept = Kept()
    with pytest.raises(AwsError):
        kept.answer(KEY, refuse, lambda: 0.0)
    assert kept.answer(KEY, lambda read: {"KeyMetadata": {}}, lambda: 0.0) == {"KeyMetadata": {}}
