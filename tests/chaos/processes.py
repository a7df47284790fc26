# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that can be killed with everything they started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "CHAOS_RUN"
SECONDS = 180


@dataclass(frozen=True)
class Ended:
    """How a process ended. code: negative when it was killed."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


class Process:
    """A command whose descendants all carry a mark in their environment.

    ansible-playbook gives each worker a session of its own, so that a signal to its process group does not reach the
    module that is at work. What dies with a machine, a container or a CI job is all of them.
    """

    def __init__(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], folder: Path) -> None:
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        name, value = self._mark.split("=")
        self._output, self._errors = folder / f"{value}.out", folder / f"{value}.err"
        with self._output.open("w") as output, self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**environment, name: value},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float = SECONDS) -> Ended:
        """Waits for its end. One that does not end is killed and fails the test."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"still running after {seconds} seconds: {self._ended(0).text}") from error
        return self._ended(code)

    def kill(self) -> None:
        """kill -9 of all of them. They are stopped first: none starts another while the others are killed."""
        stopped: set[int] = set()
        while found := set(self._living()) - stopped:
            _send(found, signal.SIGSTOP)
            stopped |= found
        _send(stopped, signal.SIGKILL)
        self._process.wait(SECONDS)
        deadline = time.monotonic() + SECONDS
        while self._living():
            assert time.monotonic() < deadline, f"still there: {self._living()}"
            time.sleep(0.01)

    def killed(self) -> Ended:
        self.kill()
        return self._ended(self._process.returncode)

    def _living(self) -> list[int]:
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._marked(entry)]

    def _marked(self, entry: Path) -> bool:
        # What has just ended has no environment any more.
        try:
            return self._mark.encode() in (entry / "environ").read_bytes().split(b"\0")
        except (OSError, ProcessLookupError):
            return False

    def _ended(self, code: int) -> Ended:
        return Ended(code, self._output.read_text(errors="replace"), self._errors.read_text(errors="replace"))


def _send(processes: set[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)
