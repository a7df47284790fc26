# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and tells what it took, with everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Far more than the longest run takes on a slow machine.
SECONDS = 900
WORK = """
import time
began, total = time.perf_counter(), 0
for number in range(2_000_000):
    total = (total * 31 + number) % 1_000_003
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Usage:
    """What a command took.

    wall: seconds. cpu: seconds of all its processes. peak_mb: memory of the largest of them, in 10**6 bytes.
    """

    wall: float
    cpu: float
    peak_mb: float


class FailedError(Exception):
    """A command failed; the text has the end of what it said."""


def run(arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], output: Path) -> Usage:
    """Run a command. output: where to what it says is written.

    Raises FailedError.
    """
    with output.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            arguments,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        too_long = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        too_long.start()
        try:
            # Unlike Popen.wait, it tells what the process and its descendants took.
            _pid, status, took = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            too_long.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = output.read_text(encoding="utf-8", errors="replace")[-4000:]
        raise FailedError(f"exit code {process.returncode} of {' '.join(arguments)}:\n{end}")
    return Usage(wall, took.ru_utime + took.ru_stime, took.ru_maxrss * 1024 / 1e6)


def calibrate() -> float:
    """Seconds that the same work takes each time on a quiet machine: on all cores at once, the slowest of them."""
    cores = len(os.sched_getaffinity(0))
    started = [
        subprocess.Popen(
            [sys.executable, "-I", "-c", WORK], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        for _core in range(cores)
    ]
    return max(float(process.communicate()[0]) for process in started)
