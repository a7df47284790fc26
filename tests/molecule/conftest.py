# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulators of the molecule scenarios: started once when first asked for, on free ports, and always stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a control script's `start` exits with when the machine lacks something that only its owner can install.
MISSING_PREREQUISITE = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def control(script: str, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script / "control.py"), command, *arguments],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def emulator(script: str, folder: Path) -> Iterator[str]:
    port = free_port()
    arguments = ["--port", str(port), "--state-dir", str(folder)]
    started = control(script, "start", *arguments)
    if started.returncode == MISSING_PREREQUISITE and not os.environ.get("CI"):
        pytest.skip(started.stderr)
    assert started.returncode == 0, started.stderr
    yield f"http://127.0.0.1:{port}"
    stopped = control(script, "stop", *arguments)
    assert stopped.returncode == 0, stopped.stderr


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from emulator("emulator", tmp_path_factory.mktemp("emulator"))


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from emulator("localstack", tmp_path_factory.mktemp("localstack"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A scenario that passed without a check, because its emulator cannot serve it, says so."""
    for report in terminalreporter.getreports("passed"):
        for name, gap in report.user_properties:
            terminalreporter.write_line(f"{name}: {report.nodeid.rpartition('::')[2]}: {gap}")
