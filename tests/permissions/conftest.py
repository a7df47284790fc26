# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of the server with IAM, and playbooks in it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.emulator.identity import REQUEST_LOG
from scripts.emulator.request_log import read_calls
from tests.integration.harness import Ansible, Finished, Target
from tests.permissions.runs import Account, Credentials

START_SECONDS = 30


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("iam")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("server.py")
    command = [sys.executable, str(script), "--port", str(port), "--log", str(folder)]
    with (folder / "errors").open("w") as errors, subprocess.Popen(command, stderr=errors) as server:
        try:
            _wait_for(port, server)
            yield Account(
                Target(f"http://127.0.0.1:{port}", folder / REQUEST_LOG, read_calls), folder / "demands.jsonl"
            )
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert server.poll() is None, "the server with IAM did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "the server with IAM does not listen"
        time.sleep(0.1)


@pytest.fixture
def play(account: Account, tmp_path: Path) -> Callable[..., Finished]:
    ansible = Ansible(account.target, tmp_path)

    def run(name: str, credentials: Credentials, *arguments: str, **extra: Any) -> Finished:
        connection = {
            "dynamodb_access_key": credentials.access_key,
            "dynamodb_secret_key": credentials.secret_key,
            "dynamodb_session_token": credentials.session_token,
        }
        return ansible.playbook(name, *arguments, extra={**connection, **extra})

    return run
