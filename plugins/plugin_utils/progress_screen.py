# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of the terminal, in which progress is shown and which are erased before anything else is written.

Whoever works on a task is a process without a terminal; what it displays is written by the process that forked it. So
the lines of all tasks come together there, in this object, which is made before anything is forked. Everything that
Ansible writes passes through it: it erases the lines first, and the next progress draws them again.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, TextIO

from .progress_lines import Row, columns, lines

# An operating system command that no terminal knows: should one get to see it, it shows nothing.
MARK, END = "\x1b]7730;auditflow.dynamodb;", "\x1b\\"
ERASE_BELOW = "\x1b[J"

# Of whoever told nothing for so long, nothing is to come: it was killed.
FORGOTTEN_SECONDS = 10.0
SECONDS_BETWEEN = 0.1

Size = Callable[[], tuple[int, int]]


def message(sender: str, label: str, rows: Sequence[Row]) -> str:
    """What a process displays to have its lines shown, or erased where there are no rows. sender: who it is."""
    return f"{MARK}{json.dumps({'sender': sender, 'label': label, 'rows': [asdict(row) for row in rows]})}{END}"


class Screen:
    """The last lines of one terminal.

    out: the terminal. lock: held by whoever writes to it. size: its columns and lines. now: the time in seconds.
    """

    def __init__(
        self, out: TextIO, lock: AbstractContextManager[Any], size: Size, now: Callable[[], float] = time.monotonic
    ):
        self._out, self._lock, self._size, self._now = out, lock, size, now
        self._write: Callable[[str], int] = out.write
        self._told: dict[str, tuple[float, str, list[Row]]] = {}
        self._drawn: list[str] = []
        self._next = now()
        self._at_start = True

    def watch(self, *streams: TextIO) -> None:
        """From now on, sees what is written to these."""
        for stream in streams:
            stream.write = self._watched(stream.write)  # type: ignore[method-assign]
        atexit.register(self.clear)

    def clear(self) -> None:
        """Erases the lines."""
        with self._lock:
            self._erase()

    def _watched(self, write: Callable[[str], int]) -> Callable[[str], int]:
        def watched(text: str) -> int:
            if text.startswith(MARK):
                with self._lock:
                    self._take(text)
                return len(text)
            with self._lock:
                self._erase()
                self._at_start = text.endswith("\n") if text else self._at_start
                return write(text)

        return watched

    def _take(self, text: str) -> None:
        told = json.loads(text[len(MARK) :].partition(END)[0])
        now = self._now()
        rows = [Row(each["seconds"], each["text"], tuple(each["details"])) for each in told["rows"]]
        if rows:
            self._told[told["sender"]] = (now, told["label"], rows)
        else:
            self._told.pop(told["sender"], None)
            self._next = now
        self._told = {sender: content for sender, content in self._told.items() if now - content[0] < FORGOTTEN_SECONDS}
        if now >= self._next and self._at_start:
            self._next = now + SECONDS_BETWEEN
            self._draw()

    def _draw(self) -> None:
        width, height = self._size()
        rows = [(label, row) for _at, label, rows in self._told.values() for row in rows]
        rows.sort(key=lambda each: (each[0], each[1].text))
        encoding = self._out.encoding or "utf-8"
        shown = [
            # A column is left free: a terminal may go to the next line when the last one is written to.
            each.encode(encoding, "replace").decode(encoding)
            for each in lines(rows, width - 1, height)
        ]
        if shown or self._drawn:
            # In one piece, so that nothing flickers.
            self._write(self._erasure() + "\n".join(shown))
            self._out.flush()
        self._drawn = shown

    def _erase(self) -> None:
        if self._drawn:
            self._write(self._erasure())
            self._out.flush()
            self._drawn = []

    def _erasure(self) -> str:
        if not self._drawn:
            return ""
        # A terminal that was made narrower meanwhile shows a line in several.
        width = max(1, self._size()[0])
        above = sum(max(1, math.ceil(columns(each) / width)) for each in self._drawn) - 1
        return f"\r\x1b[{above}A{ERASE_BELOW}" if above else f"\r{ERASE_BELOW}"


def size_of(out: TextIO) -> Size:
    """Tells the size of a terminal."""

    def size() -> tuple[int, int]:
        try:
            found = os.get_terminal_size(out.fileno())
        except (OSError, ValueError):
            return 80, 24
        # A terminal that was never told its size says 0.
        return found.columns or 80, found.lines or 24

    return size
