# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop the embedded emulator, and read its request log.

control.py start|stop|status [--port N] [--state-dir D]
control.py log [--writes] [--json] [--clear] [--state-dir D]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

# A script finds its siblings only in its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.emulator.identity import HOST, REQUEST_LOG, Identity, StrangerError, ask
from scripts.emulator.request_log import read_calls
from scripts.processes import ControlError, ServerState, run

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 5050
START_SECONDS = 60.0
NOT_RUNNING = 3


def main() -> int:
    arguments = _parse()
    state = ServerState(arguments.state_dir)
    if arguments.command == "log":
        return log(state, writes=arguments.writes, as_json=arguments.json, clear=arguments.clear)
    if arguments.command == "start":
        return start(state, arguments.port)
    return stop(state) if arguments.command == "stop" else status(state)


def start(state: ServerState, port: int) -> int:
    with state.locked():
        running = state.running()
        if running and running.port != port:
            raise ControlError(
                f"the emulator of {state.folder} already runs on port {running.port} (pid {running.pid}); "
                "stop it first, or give the second one a --state-dir of its own"
            )
        identity = _listener(port)
        if identity:
            _check_ours(identity, state, port)
            if not running:
                state.remember(identity.pid, port)
            print(f"The emulator already runs on http://{HOST}:{port} (pid {identity.pid}).")
            return 0
        if running:
            # A recorded process that does not listen was killed half way or is stuck: it is of no use to anybody.
            state.stop()
        # The log tells of this emulator's tables; those of the last one are gone.
        (state.folder / REQUEST_LOG).unlink(missing_ok=True)
        serve = [sys.executable, str(ROOT / "scripts/emulator/serve.py")]
        server = state.launch([*serve, "--port", str(port), "--state-dir", str(state.folder)], port)
        state.wait_ready(server, lambda: _answers(port, server.pid), START_SECONDS, "The emulator")
        print(f"The emulator runs on http://{HOST}:{port} (pid {server.pid}); its calls: {state.folder / REQUEST_LOG}")
        return 0


def stop(state: ServerState) -> int:
    with state.locked():
        stopped = state.stop()
    print("The emulator has stopped." if stopped else "The emulator was not running.")
    return 0


def status(state: ServerState) -> int:
    running = state.running()
    if not running:
        print(f"The emulator of {state.folder} is not running.")
        return NOT_RUNNING
    identity = _listener(running.port)
    if not identity or identity.pid != running.pid:
        raise ControlError(
            f"process {running.pid} lives but does not answer on port {running.port}; stop it and start it"
        )
    print(f"The emulator runs on http://{HOST}:{running.port} (pid {running.pid}, moto {identity.moto}).")
    return 0


def log(state: ServerState, *, writes: bool, as_json: bool, clear: bool) -> int:
    path = state.folder / REQUEST_LOG
    if clear:
        if path.exists():
            os.truncate(path, 0)
        return 0
    for call in read_calls(path):
        if call.write or not writes:
            print(json.dumps({**asdict(call), "write": call.write}) if as_json else call.line())
    return 0


def _listener(port: int) -> Identity | None:
    try:
        return ask(port)
    except StrangerError as error:
        raise ControlError(
            f"port {port} is taken by something that is not the emulator: {error}. "
            "Stop that, or choose another port (EMULATOR_PORT or --port)."
        ) from error


def _check_ours(identity: Identity, state: ServerState, port: int) -> None:
    if identity.state_dir != str(state.folder):
        raise ControlError(
            f"port {port} is taken by the emulator of another folder, {identity.state_dir} (pid {identity.pid}). "
            "Stop that one, or choose another port (EMULATOR_PORT or --port)."
        )


def _answers(port: int, pid: int) -> bool:
    identity = _listener(port)
    return identity is not None and identity.pid == pid


def _parse() -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--port", type=int, default=os.environ.get("EMULATOR_PORT") or str(DEFAULT_PORT))
    common.add_argument("--state-dir", type=Path, default=ROOT / ".emulator")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("start", parents=[common], help="start it, or use the one that runs; return when it answers")
    commands.add_parser("stop", parents=[common], help="stop it; return when it is gone")
    commands.add_parser("status", parents=[common], help=f"say whether it runs (exit code {NOT_RUNNING}: it does not)")
    reader = commands.add_parser("log", parents=[common], help="print the calls it got")
    reader.add_argument("--writes", action="store_true", help="only calls that may change something")
    reader.add_argument("--json", action="store_true", help="one JSON object a line")
    reader.add_argument("--clear", action="store_true", help="empty the log instead")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
