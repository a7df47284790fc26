# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal: runs a command in one and tells what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

WIDTH, HEIGHT = 100, 40
SECONDS = 90


class Terminal:
    """`with Terminal(command, environment, folder) as terminal: terminal.until(lambda lines: ...)`.

    written: all that the command wrote. frames: what the screen showed, each once.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, width: int = WIDTH
    ) -> None:
        self.written = b""
        self.frames: list[list[str]] = []
        self.code: int | None = None
        self._command, self._environment, self._folder, self._width = command, environment, folder, width
        self._screen = pyte.Screen(width, HEIGHT)
        self._stream = pyte.ByteStream(self._screen)
        self._pid = self._terminal = 0

    def __enter__(self) -> Terminal:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            # The size is there before anybody asks for it.
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, self._width, 0, 0))
            os.chdir(self._folder)
            os.execve(self._command[0], list(self._command), {**self._environment, "TERM": "xterm"})
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.code is None:
            os.killpg(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._terminal)

    @property
    def lines(self) -> list[str]:
        """What the screen shows."""
        found = [line.rstrip() for line in self._screen.display]
        while found and not found[-1]:
            found.pop()
        return found

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Waits until the screen is so, and gives it."""
        deadline = time.monotonic() + SECONDS
        while not seen(self.lines):
            assert self._read(), f"it ended:\n{self.text}"
            assert time.monotonic() < deadline, f"after {SECONDS} seconds:\n{self.text}"
        return self.lines

    def end(self) -> list[str]:
        """Waits until the command has ended, and gives what the screen shows."""
        deadline = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < deadline, f"after {SECONDS} seconds:\n{self.text}"
        self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self.lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def _read(self) -> bool:
        """Whether there may be more."""
        if not select.select([self._terminal], [], [], 0.5)[0]:
            return True
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            # How Linux tells that nobody has the other end open any more.
            return False
        self.written += data
        self._stream.feed(data)
        if not self.frames or self.frames[-1] != self.lines:
            self.frames.append(self.lines)
        return bool(data)
