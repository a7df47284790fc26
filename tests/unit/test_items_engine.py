# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a walk through a table is made of: segments, keys, the journal and the budget."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.journal import Job, Journal, JournalError, Record
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import from_json, key_of, shown, to_json
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.rate import Budget
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.segments import (
    Slice,
    check_segments,
    parse_slice,
)

from .items_table import JOB, Time


@given(st.integers(1, 300), st.integers(1, 40))
def test_slices_never_overlap_and_cover_everything(total: int, of: int) -> None:
    owned = [segment for number in range(1, of + 1) for segment in Slice(number, of).owned(total)]
    assert sorted(owned) == list(range(total))
    assert sum(Slice(number, of).share(100.0) for number in range(1, of + 1)) == pytest.approx(100.0)


@pytest.mark.parametrize(("text", "part"), [("1/1", Slice()), ("2/4", Slice(2, 4)), (" 3 / 3 ", Slice(3, 3))])
def test_slice_read(text: str, part: Slice) -> None:
    assert parse_slice(text) == part
    assert part.owned(8) == tuple(segment for segment in range(8) if segment % part.of == part.number - 1)


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "2", "2/0", "a/b", "-1/4", "1/2/3"])
def test_slice_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match="is no slice"):
        parse_slice(text)


@pytest.mark.parametrize(("part", "segments"), [(Slice(1, 4), 3), (Slice(), 0), (Slice(), 1_000_001)])
def test_segments_refused(part: Slice, segments: int) -> None:
    with pytest.raises(DefinitionError):
        check_segments(part, segments)


values = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text()),
        st.builds(lambda number: {"N": str(number)}, st.integers()),
        st.builds(lambda raw: {"B": raw}, st.binary()),
        st.builds(lambda raw: {"BS": raw}, st.lists(st.binary(), min_size=1)),
        st.builds(lambda texts: {"SS": texts}, st.lists(st.text(), min_size=1)),
        st.just({"NULL": True}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda each: {"L": each}, st.lists(inner)),
        st.builds(lambda each: {"M": each}, st.dictionaries(st.text(), inner)),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_items_survive_json(item: dict[str, Any]) -> None:
    assert from_json(json.loads(json.dumps(to_json(item)))) == item


def test_keys_for_people() -> None:
    item = {"id": {"B": b"\x00\xff"}, "at": {"N": "7"}, "secret": {"S": "no"}}
    assert shown(key_of(item, ("id", "at"))) == {"id": "AP8=", "at": "7"}


def test_journal_keeps_and_forgets(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state", JOB)
    record = Record({"id": {"B": b"\x01"}}, False, 7, {"set": 3}, {"odd": [{"id": "x"}]}, {"part": 2})
    with journal.claimed([0, 1]):
        assert journal.load(0) == Record()
        journal.save(0, record)
        journal.save(1, replace(record, done=True))
        assert Journal(tmp_path / "state", JOB).load(0) == record
        assert journal.load(1).done
        (journal.folder / ".segment-000000.json.abc").write_text("half", encoding="utf-8")
        journal.forget([0])
        assert journal.load(0) == Record()
    assert journal.folder.stat().st_mode & 0o777 == 0o700
    assert not [path for path in journal.folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, arn=JOB.arn.replace("ap-south-1", "eu-west-1")),
        replace(JOB, table_id="made again"),
        replace(JOB, segments=16),
        replace(JOB, parameters={"retention": "5y"}),
        replace(JOB, kind="copy"),
    ],
)
def test_journal_of_another_job_is_refused(tmp_path: Path, other: Job) -> None:
    mine, theirs = Journal(tmp_path, JOB), Journal(tmp_path, other)
    assert mine.folder != theirs.folder
    with theirs.claimed([0]):
        theirs.save(0, Record(scanned=1))
    theirs.folder.rename(mine.folder)
    with pytest.raises(JournalError, match="another job"):
        mine.load(0)
    with pytest.raises(JournalError, match="another job"), mine.claimed([1]):
        pass


def test_damaged_journal_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, JOB)
    with journal.claimed([0]):
        (journal.folder / "segment-000000.json").write_text('{"fing', encoding="utf-8")
        with pytest.raises(JournalError, match="is damaged"):
            journal.load(0)


CLAIM = """
import sys, time
from pathlib import Path
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.journal import Job, Journal
with Journal(Path(sys.argv[1]), Job(*eval(sys.argv[2]))).claimed([2, 3]):
    print("claimed", flush=True)
    time.sleep(60)
"""


def test_segments_belong_to_one_process_until_it_dies(tmp_path: Path) -> None:
    job = (JOB.kind, JOB.table, JOB.arn, JOB.table_id, JOB.segments, dict(JOB.parameters))
    command = [sys.executable, "-c", CLAIM, str(tmp_path), repr(job)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "claimed\n"
        with pytest.raises(JournalError, match="another run of this job"), Journal(tmp_path, JOB).claimed([1, 2]):
            pass
        with Journal(tmp_path, JOB).claimed([0, 1]):
            pass
        other.kill()
        other.wait()
    with Journal(tmp_path, JOB).claimed([1, 2]):
        pass


def spent(budget: Budget, time: Time, seconds: float, units: float = 1.0) -> float:
    """What calls of so many units consume in this time."""
    end, before = time.seconds + seconds, budget.charged
    while time.seconds < end:
        budget.wait()
        budget.charge(units)
    return budget.charged - before


@pytest.mark.parametrize("units", [1.0, 3.0, 12.5])
def test_budget_starts_gently_and_keeps_to_its_limit(units: float) -> None:
    time = Time()
    budget = Budget(100, time.clock())
    assert 25 <= spent(budget, time, 1, units) <= 45
    spent(budget, time, 60, units)
    assert spent(budget, time, 60, units) == pytest.approx(6000, rel=0.01)


def test_budget_halves_when_throttled_and_comes_back() -> None:
    time = Time()
    budget = Budget(100, time.clock())
    spent(budget, time, 60)
    budget.throttled()
    assert spent(budget, time, 1) <= 60
    assert spent(budget, time, 30) > 2000
    for _each in range(50):
        budget.throttled()
    began = time.seconds
    budget.wait()
    # Bounded: the longest pause of all, and the least rate of all.
    assert time.seconds - began <= 11


def test_no_budget_is_no_limit_but_throttling_pauses() -> None:
    time = Time()
    budget = Budget(0, time.clock())
    budget.wait()
    budget.charge(1000)
    budget.wait()
    assert time.seconds == 1000.0
    budget.throttled()
    budget.wait()
    assert time.seconds == 1000.5


def test_budget_is_shared_by_threads() -> None:
    time = Time()
    budget = Budget(50, time.clock())

    def work() -> None:
        for _each in range(250):
            budget.wait()
            budget.charge(2)

    threads = [threading.Thread(target=work) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.charged == 2000
    assert time.seconds - 1000 >= 2000 / 50
