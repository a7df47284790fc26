# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded emulator of a case, and proxies before it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import ROOT
from benchmarks.proxy import COUNTS, HOST
from scripts.emulator.identity import REQUEST_LOG, ask
from scripts.emulator.request_log import Call, read_calls

START_SECONDS = 120
# Forgets all tables, in all regions; moto's own.
RESET = "/moto-api/reset"


class ServerError(Exception):
    """The emulator or a proxy does not do what it should."""


@dataclass(frozen=True)
class Server:
    """A running emulator."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def reset(self) -> None:
        """Have it forget everything."""
        ask_http(self.port, "POST", RESET)
        self.clear_log()

    def clear_log(self) -> None:
        """Have its request log begin here."""
        if self.log.exists():
            os.truncate(self.log, 0)

    def calls(self) -> list[Call]:
        """What was asked since then."""
        return read_calls(self.log)

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def counted(calls: list[Call]) -> dict[str, int]:
    """How often each operation was called."""
    return dict(sorted(Counter(call.operation for call in calls).items()))


@contextmanager
def emulator(folder: Path) -> Iterator[Server]:
    """The project's emulator, on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    _control("start", port, folder)
    try:
        identity = ask(port)
        if identity is None:
            raise ServerError("the emulator has gone")
        yield Server(port, identity.pid, folder / REQUEST_LOG)
    finally:
        _control("stop", port, folder)


@dataclass(frozen=True)
class Front:
    """A running proxy."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def connections(self) -> int:
        """How many there have been."""
        return int(json.loads(ask_http(self.port, "GET", COUNTS))["connections"])


@contextmanager
def proxy(server: Server, delay_ms: int) -> Iterator[Front]:
    """A proxy before a server, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.proxy", str(server.port), str(delay_ms)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip().isdigit():
                raise ServerError("the proxy did not start")
            yield Front(int(line))
        finally:
            process.terminate()


def ask_http(port: int, method: str, path: str) -> bytes:
    """What a server on this machine answers.

    Raises ServerError.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise ServerError(f"{method} {path}: HTTP {answer.status}")
    return body


def _control(command: str, port: int, folder: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts/emulator/control.py"), command]
    done = subprocess.run(
        [*script, "--port", str(port), "--state-dir", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ServerError(done.stderr)
