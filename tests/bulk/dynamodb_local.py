# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB Local as a process: it keeps its speed with very many items, where moto walks through all of them."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.emulator.request_log import read_calls
from scripts.localstack.install import MissingPrerequisiteError, install_dynamodb_local
from tests.integration.harness import ROOT, Target

START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A server that runs. pid: of its process."""

    target: Target
    pid: int


@contextmanager
def dynamodb_local(folder: Path) -> Iterator[Server]:
    """DynamoDB Local on the loopback address, in memory. folder: for its log."""
    cache = Path(os.environ.get("LOCALSTACK_CACHE_DIR") or ROOT / ".cache" / "localstack")
    try:
        home = install_dynamodb_local(cache)
    except MissingPrerequisiteError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *("java", "-Xmx2g", "-javaagent:ddb-local-loader-0.1.jar", "-Djava.library.path=./DynamoDBLocal_lib"),
        *("-jar", "DynamoDBLocal.jar", "-inMemory", "-port", str(port)),
    ]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait(port, server, folder / "log")
        yield Server(Target(f"http://127.0.0.1:{port}", folder / "none", read_calls), server.pid)
    finally:
        server.terminate()
        server.wait(START_SECONDS)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"DynamoDB Local does not answer: {log.read_text(encoding='utf-8')}")
