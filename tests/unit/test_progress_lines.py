# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What progress looks like: rows of any length in a terminal of any width, and a screen that others write to."""

from __future__ import annotations

import io
import threading

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.progress import Progress
from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import Told, Wait
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.progress_lines import (
    Row,
    clock,
    columns,
    elapsed,
    fit,
    line,
    lines,
    rows_of,
)
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.progress_screen import (
    FORGOTTEN_SECONDS,
    Screen,
    message,
)

# --- lines -----------------------------------------------------------------------------------------------------------

BACKFILL = Row(
    201, "index by-region of Orders is CREATING, backfilling", ("42 %", "about 1,204 items", "until 15:40:12")
)


@pytest.mark.parametrize(
    ("row", "width", "label", "shown"),
    [
        (
            BACKFILL,
            120,
            "",
            "   3:21  index by-region of Orders is CREATING, backfilling, 42 %, about 1,204 items, until 15:40:12",
        ),
        (BACKFILL, 90, "", "   3:21  index by-region of Orders is CREATING, backfilling, 42 %, about 1,204 items"),
        (BACKFILL, 70, "", "   3:21  index by-region of Orders is CREATING, backfilling, 42 %"),
        (BACKFILL, 60, "", "   3:21  index by-region of Orders is CREATING, backfilling"),
        (BACKFILL, 40, "", "   3:21  index by-region of Orders is..."),
        (BACKFILL, 60, "eu-1", "   3:21  [eu-1] index by-region of Orders is CREATING, ba..."),
        (BACKFILL, 8, "", "   3:..."),
        (BACKFILL, 2, "", ".."),
        (BACKFILL, 0, "", ""),
        (Row(3700, "Orders is CREATING"), 80, "", "1:01:40  Orders is CREATING"),
        (Row(2, "nice \x1b[31mtry\n"), 80, "", "   0:02  nice ?[31mtry?"),
    ],
)
def test_a_line(row: Row, width: int, label: str, shown: str) -> None:
    assert line(row, width, label) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (9.9, "0:09"), (61, "1:01"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_a_time(seconds: float, shown: str) -> None:
    assert elapsed(seconds) == shown


def test_a_deadline_of_another_day_has_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_795_395_600.0
    assert len(clock(now, now)) == len("15:40:12")
    assert clock(now + 3 * 86400, now)[:4] == "2026"


texts = st.text(max_size=60)
rows = st.builds(Row, st.floats(0, 1e6), texts, st.lists(texts, max_size=4).map(tuple))


@given(row=rows, label=texts, width=st.integers(0, 200))
def test_a_line_is_never_wider_nor_more_than_a_line(row: Row, label: str, width: int) -> None:
    shown = line(row, width, label)
    assert columns(shown) <= width
    assert shown.isprintable()


@given(row=rows, width=st.integers(20, 200))
def test_more_room_never_shows_less(row: Row, width: int) -> None:
    assert columns(line(row, width)) <= columns(line(row, width + 1))


@given(shown=st.lists(st.tuples(texts, rows), max_size=30), width=st.integers(1, 120), height=st.integers(1, 50))
def test_there_are_never_more_lines_than_room(shown: list[tuple[str, Row]], width: int, height: int) -> None:
    found = lines(shown, width, height)
    assert len(found) <= max(1, height - 1)
    assert all(columns(each) <= width for each in found)
    assert bool(found) == bool(shown)


def test_what_has_no_room_is_counted() -> None:
    shown = [("", Row(1, f"T{number}")) for number in range(12)]
    assert lines(shown, 80, 5) == ["   0:01  T0", "   0:01  T1", "   0:01  T2", "         9 more"]


def test_wide_characters_are_counted() -> None:
    assert columns("日本") == 4
    assert fit("日本語", 5) == "日..."


# --- rows ------------------------------------------------------------------------------------------------------------


def test_rows_of_waits() -> None:
    wait = Wait("the import 01-a of Orders is IN_PROGRESS", 1000, 4600, "50 items read, 49 imported", 25.0)
    (row,) = rows_of(Told(None, (wait,)), 1010.0, 60.0)
    assert (row.seconds, row.text) == (10.0, wait.text)
    assert row.details == ("25 %", wait.detail, f"until {clock(4600, 1010)} at most")
    (row,) = rows_of(Told(None, (Wait("Orders is CREATING", 1000, 4600),)), 1010.0, 60.0)
    assert len(row.details) == 1


@pytest.mark.parametrize("now", [1000.0, 1000.9, 900.0])
def test_what_has_only_just_begun_is_no_row(now: float) -> None:
    assert rows_of(Told(None, (Wait("Orders is CREATING", 1000, 4600),)), now, 60.0) == []


def test_rows_of_a_walk() -> None:
    walk = Progress("Orders", 16, 4, 25_000, 100_000, 50.0, 5_000, {"set": 19_000, "unreadable_timestamp": 2}, 400)
    (row,) = rows_of(Told(walk), 1010.0, 51.0)
    assert line(row, 200) == (
        "   0:51  Orders, 25 %, about 3 min left, 25,000 of about 100,000 items, 4/16 segments, "
        "19,000 set, 2 unreadable timestamp, 400 items/s, 8 write units/s"
    )
    assert line(row, 50) == "   0:51  Orders, 25 %, about 3 min left"


def test_a_walk_of_nothing() -> None:
    (row,) = rows_of(Told(Progress("Orders", 4, 0, 0, 0, 0.0)), 1010.0, 2.0)
    assert row.details == ("0 items", "0/4 segments")


# --- the screen ------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Shows what was written to it."""

    encoding = "ascii"

    def __init__(self, width: int = 60, height: int = 10) -> None:
        super().__init__()
        self.width, self.height, self.seconds = width, height, 100.0
        self.pyte = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.pyte)

    def write(self, text: str) -> int:
        self.stream.feed(text.replace("\n", "\r\n"))
        return super().write(text)

    def shown(self) -> list[str]:
        found = [each.rstrip() for each in self.pyte.display]
        while found and not found[-1]:
            found.pop()
        return found


@pytest.fixture
def terminal() -> Terminal:
    made = Terminal()
    screen = Screen(made, threading.RLock(), lambda: (made.width, made.height), lambda: made.seconds)
    screen.watch(made)
    return made


def send(terminal: Terminal, sender: str, *rows: str) -> None:
    terminal.seconds += 1
    terminal.write(message(sender, "", [Row(5, row) for row in rows]))


def test_lines_come_and_go(terminal: Terminal) -> None:
    terminal.write("TASK [Tables] ****\n")
    send(terminal, "1", "A is CREATING", "B is CREATING")
    assert terminal.shown() == ["TASK [Tables] ****", "   0:05  A is CREATING", "   0:05  B is CREATING"]
    send(terminal, "1", "B is CREATING")
    assert terminal.shown() == ["TASK [Tables] ****", "   0:05  B is CREATING"]
    send(terminal, "1")
    terminal.write("ok: [a]\n")
    assert terminal.shown() == ["TASK [Tables] ****", "ok: [a]"]


def test_another_hosts_result_pushes_them_down(terminal: Terminal) -> None:
    terminal.write("TASK [Tables] ****\n")
    send(terminal, "1", "A is CREATING")
    send(terminal, "2", "B is CREATING")
    terminal.write("ok: [c]\n")
    assert terminal.shown() == ["TASK [Tables] ****", "ok: [c]"]
    send(terminal, "2", "B is ACTIVE")
    assert terminal.shown() == ["TASK [Tables] ****", "ok: [c]", "   0:05  A is CREATING", "   0:05  B is ACTIVE"]
    send(terminal, "1")
    terminal.write("ok: [a]\n")
    send(terminal, "2", "B is ACTIVE")
    assert terminal.shown() == ["TASK [Tables] ****", "ok: [c]", "ok: [a]", "   0:05  B is ACTIVE"]


def test_an_unfinished_line_of_others_is_left_alone(terminal: Terminal) -> None:
    terminal.write("Are you sure? ")
    send(terminal, "1", "A is CREATING")
    assert terminal.shown() == ["Are you sure?"]
    terminal.write("yes\n")
    send(terminal, "1", "A is CREATING")
    assert terminal.shown() == ["Are you sure? yes", "   0:05  A is CREATING"]


def test_who_was_killed_is_forgotten(terminal: Terminal) -> None:
    send(terminal, "1", "A is CREATING")
    terminal.seconds += FORGOTTEN_SECONDS
    send(terminal, "2", "B is CREATING")
    assert terminal.shown() == ["   0:05  B is CREATING"]


def test_a_narrower_terminal_is_cleaned_as_well(terminal: Terminal) -> None:
    terminal.write("TASK ****\n")
    send(terminal, "1", "A" * 40)
    # As a terminal does that wraps what does not fit any more.
    terminal.stream.feed("\r\x1b[J" + "   0:05  " + "A" * 21 + "\r\n" + "A" * 19)
    terminal.width = 30
    terminal.write("ok: [a]\n")
    assert terminal.shown() == ["TASK ****", "ok: [a]"]


def test_what_a_terminal_cannot_show_is_replaced(terminal: Terminal) -> None:
    send(terminal, "1", "Bücher is CREATING")
    assert terminal.shown() == ["   0:05  B?cher is CREATING"]


@given(st.lists(st.tuples(st.sampled_from("123"), st.integers(0, 4), st.booleans()), max_size=25))
def test_others_lines_are_never_touched(steps: list[tuple[str, int, bool]]) -> None:
    terminal = Terminal(width=40, height=60)
    screen = Screen(terminal, threading.RLock(), lambda: (40, 60), lambda: terminal.seconds)
    screen.watch(terminal)
    written = []
    for number, (sender, count, other) in enumerate(steps):
        send(terminal, sender, *(f"{sender} {each} " + "x" * 50 for each in range(count)))
        if other:
            written.append(f"ok: [{number}]")
            terminal.write(f"{written[-1]}\n")
        assert terminal.shown()[: len(written)] == written
    screen.clear()
    assert terminal.shown() == written
