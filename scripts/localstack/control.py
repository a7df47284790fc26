# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop LocalStack 4.14.0: a container where a Docker engine answers, else plain processes.

control.py start|stop|status [--port N] [--state-dir D] [--delay-transient-statuses]

Exit codes: 0 done; 1 it failed; 3 for `start`: something must be installed first (the message says what);
3 for `status`: it does not run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import sys
import urllib.request
from pathlib import Path

# A script finds its siblings only in its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.localstack.container import Container, engine_answers
from scripts.localstack.install import MissingPrerequisiteError, install
from scripts.processes import ControlError, ServerState, run, wait_until

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DELAY = "DYNAMODB_DELAY_TRANSIENT_STATUSES"
START_SECONDS = 120.0
HEALTH_SECONDS = 5.0
FIRST_CALL_SECONDS = 90.0
MISSING_PREREQUISITE = NOT_RUNNING = 3


def main() -> int:
    arguments = _parse()
    state = ServerState(arguments.state_dir)
    try:
        if arguments.command == "start":
            return start(state, arguments.port, delay=arguments.delay_transient_statuses)
    except MissingPrerequisiteError as error:
        print(f"error: {error}", file=sys.stderr)
        return MISSING_PREREQUISITE
    return stop(state) if arguments.command == "stop" else status(state)


def start(state: ServerState, port: int, *, delay: bool) -> int:
    with state.locked():
        running_port = _running_port(state)
        if running_port is not None:
            _check_as_asked(state, running_port, port, delay=delay)
            if not _healthy(port):
                raise ControlError(f"LocalStack of {state.folder} runs but does not answer; stop it and start it again")
            print(f"LocalStack already runs on http://{HOST}:{port}.")
            return 0
        if _taken(port):
            raise ControlError(
                f"port {port} is taken by something that this folder's LocalStack did not start. "
                "Stop that, or choose another port (LOCALSTACK_PORT or --port)."
            )
        # Of one that was killed, the Java process may be left.
        state.stop()
        how = _start_container(state, port, delay) if engine_answers() else _start_processes(state, port, delay)
        print(f"LocalStack runs on http://{HOST}:{port} ({how}).")
        return 0


def stop(state: ServerState) -> int:
    with state.locked():
        stopped = state.stop()
        if engine_answers():
            stopped = Container(state.folder).stop() or stopped
    print("LocalStack has stopped." if stopped else "LocalStack was not running.")
    return 0


def status(state: ServerState) -> int:
    port = _running_port(state)
    if port is None:
        print(f"LocalStack of {state.folder} is not running.")
        return NOT_RUNNING
    if not _healthy(port):
        raise ControlError(f"LocalStack runs but does not answer on port {port}; stop it and start it again")
    print(f"LocalStack runs on http://{HOST}:{port}.")
    return 0


def _running_port(state: ServerState) -> int | None:
    running = state.running()
    if running:
        return running.port
    container = Container(state.folder)
    return container.published_port() if engine_answers() and container.running() else None


def _check_as_asked(state: ServerState, running_port: int, port: int, *, delay: bool) -> None:
    running = state.running()
    delayed = running.note == DELAY if running else Container(state.folder).option(DELAY) == "1"
    if running_port != port:
        raise ControlError(
            f"LocalStack of {state.folder} already runs on port {running_port}; "
            "stop it first, or give the second one a --state-dir of its own"
        )
    if delayed != delay:
        raise ControlError(f"LocalStack already runs with {DELAY}={delayed:d}, not {delay:d}; stop it first")


def _start_container(state: ServerState, port: int, delay: bool) -> str:
    container = Container(state.folder)
    container.stop()
    environment = {"DISABLE_EVENTS": "1", "DYNAMODB_IN_MEMORY": "1", "SKIP_SSL_CERT_DOWNLOAD": "1"}
    container.start(port, {**environment, **({DELAY: "1"} if delay else {})})
    ready = wait_until(lambda: _ready(port) or not container.running(), START_SECONDS) and container.running()
    if not ready:
        tail = container.log_tail()
        container.stop()
        raise ControlError(f"LocalStack's container did not get ready.\n{tail}")
    return "container"


def _start_processes(state: ServerState, port: int, delay: bool) -> str:
    cache = Path(os.environ.get("LOCALSTACK_CACHE_DIR") or ROOT / ".cache" / "localstack")
    installation = install(cache)
    root = state.folder / "root"
    if root.exists():
        shutil.rmtree(root)
    volume = root / "var/lib/localstack"
    volume.mkdir(parents=True)
    (volume / "lib").symlink_to(installation.libraries)
    server = state.launch(
        # -P: LocalStack shall not find this folder's modules in place of its own.
        [str(installation.python), "-P", str(ROOT / "scripts/localstack/serve.py")],
        port,
        _environment(root, port, delay=delay),
        note=DELAY if delay else "",
    )
    state.wait_ready(server, lambda: _ready(port), START_SECONDS, "LocalStack")
    return f"processes, pid {server.pid}; log: {state.log}"


def _environment(root: Path, port: int, *, delay: bool) -> dict[str, str]:
    # What is set for this project's clients (an endpoint, a profile) would send LocalStack's own clients astray.
    ours = ("AWS_", "LOCALSTACK_", "PYTHON", "VIRTUAL_ENV", "DYNAMODB_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **inherited,
        # Inside somebody's container LocalStack would take itself for its own image.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(root),
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "LOCALSTACK_HOST": f"{HOST}:{port}",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DYNAMODB_IN_MEMORY": "1",
        **({DELAY: "1"} if delay else {}),
    }


def _ready(port: int) -> bool:
    """Whether it answers, and DynamoDB too: its first call starts the Java process, which takes some seconds."""
    return _healthy(port) and _dynamodb_answers(port)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_localstack/health", timeout=HEALTH_SECONDS) as answer:
            return "dynamodb" in json.load(answer)["services"]
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return False


def _dynamodb_answers(port: int) -> bool:
    scope = "AKIAEMULATOREXAMPLE0/20260101/us-east-1/dynamodb/aws4_request"
    request = urllib.request.Request(
        f"http://{HOST}:{port}/",
        data=b"{}",
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=FIRST_CALL_SECONDS) as answer:
            return "TableNames" in json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _taken(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=HEALTH_SECONDS)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    finally:
        connection.close()
    return True


def _parse() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--port", type=int, default=os.environ.get("LOCALSTACK_PORT") or str(DEFAULT_PORT))
    common.add_argument("--state-dir", type=Path, default=ROOT / ".localstack")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("start", parents=[common], help="start it, or use the one that runs")
    starter.add_argument(
        "--delay-transient-statuses",
        action="store_true",
        default=os.environ.get(DELAY, "").lower() in ("1", "true"),
        help=f"a new index stays CREATING for over 10 s (also: {DELAY}=1)",
    )
    commands.add_parser("stop", parents=[common], help="stop it; return when it is gone")
    commands.add_parser("status", parents=[common], help=f"say whether it runs (exit code {NOT_RUNNING}: it does not)")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
