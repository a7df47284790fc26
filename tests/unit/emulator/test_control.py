# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("moto")

ROOT = Path(__file__).resolve().parents[3]
CONTROL = ROOT / "scripts/emulator/control.py"


def control(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CONTROL), *arguments, "--state-dir", str(state)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    assert control("stop", state=folder).returncode == 0


def test_start_twice_log_and_stop_twice(state: Path, port: int) -> None:
    import boto3

    from scripts.processes import start_mark

    assert control("status", state=state).returncode == 3
    first = control("start", "--port", str(port), state=state)
    assert first.returncode == 0, first.stderr
    pid = json.loads((state / "server.json").read_text())["pid"]
    second = control("start", "--port", str(port), state=state)
    assert (second.returncode, f"(pid {pid})" in second.stdout) == (0, True), second.stderr
    assert control("status", state=state).returncode == 0

    dynamodb = boto3.client(
        "dynamodb",
        region_name="ap-south-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="AKIAEMULATOREXAMPLE0",
        aws_secret_access_key="emulator-only",
    )
    dynamodb.list_tables()
    dynamodb.create_table(
        TableName="Orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    calls = [json.loads(line) for line in control("log", "--json", state=state).stdout.splitlines()]
    assert [(call["operation"], call["resource"], call["write"]) for call in calls] == [
        ("ListTables", "", False),
        ("CreateTable", "Orders", True),
    ]
    assert {(call["service"], call["region"], call["status"]) for call in calls} == {("dynamodb", "ap-south-1", 200)}
    assert len(control("log", "--writes", state=state).stdout.splitlines()) == 1
    control("log", "--clear", state=state)
    assert control("log", state=state).stdout == ""

    assert control("stop", state=state).returncode == 0
    assert start_mark(pid) is None
    assert "was not running" in control("stop", state=state).stdout


def test_two_starts_at_once_give_one_emulator(state: Path, port: int) -> None:
    command = [sys.executable, str(CONTROL), "start", "--port", str(port), "--state-dir", str(state)]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _attempt in range(2)]
    outputs = [start.communicate(timeout=90)[0] for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert sorted("already runs" in output for output in outputs) == [False, True]


def test_a_lost_record_is_found_again(state: Path, port: int) -> None:
    control("start", "--port", str(port), state=state)
    (state / "server.json").unlink()
    again = control("start", "--port", str(port), state=state)
    assert "already runs" in again.stdout
    assert "has stopped" in control("stop", state=state).stdout


def test_a_stranger_on_the_port_is_told(state: Path, port: int) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        refused = control("start", "--port", str(port), state=state)
    finally:
        server.shutdown()
        server.server_close()
    assert refused.returncode == 1
    assert f"port {port} is taken by something that is not the emulator" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_emulator_of_another_folder_is_told(state: Path, port: int, tmp_path: Path) -> None:
    control("start", "--port", str(port), state=state)
    refused = control("start", "--port", str(port), state=tmp_path / "other")
    assert refused.returncode == 1
    assert "of another folder" in refused.stderr


def test_a_recycled_process_id_is_never_signalled(state: Path) -> None:
    from scripts.processes import Server, ServerState, start_mark

    started = start_mark(os.getpid())
    assert started is not None
    ours = Server(pid=os.getpid(), started=started, port=1)
    assert ours.alive()
    assert not replace(ours, started="another time").alive()
    files = ServerState(state)
    with files.locked():
        files.remember(os.getpid(), 1)
    record = json.loads(files.record.read_text())
    files.record.write_text(json.dumps({**record, "started": "another time"}))
    assert files.stop() is False
    assert not files.record.exists()
