# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m tests.aws_like: start the server, say where it is in one line of JSON, and run until SIGTERM."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from scripts.emulator import corrections
from scripts.emulator.identity import HOST
from scripts.emulator.serve import QuietHandler, end

from .moto_backend import MotoKeys, MotoPermissions, MotoStore
from .profiles import PROFILES
from .server import Application
from .settings import Settings
from .world import World


def parse(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.aws_like", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="observed")
    parser.add_argument("--time-scale", type=float, default=0.01, help="multiplies every duration; 0: settle at once")
    parser.add_argument("--window-scale", type=float, help="multiplies every quota window; else as --time-scale")
    parser.add_argument("--jitter", type=float, default=0.0, help="0.3: durations up to 30 %% shorter or longer")
    parser.add_argument("--seed", type=int, default=0, help="of the jitter")
    parser.add_argument("--realistic-limits", action="store_true", help="limit the rate of changes and reads")
    parser.add_argument("--enforce-iam", action="store_true", help="refuse what the caller's policies do not allow")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when the standard input is closed")
    return parser.parse_args(given)


def settings(arguments: argparse.Namespace) -> Settings:
    chosen = Settings(
        profile=arguments.profile,
        time_scale=arguments.time_scale,
        window_scale=arguments.window_scale,
        jitter=arguments.jitter,
        enforce_iam=arguments.enforce_iam,
    )
    return chosen.realistic() if arguments.realistic_limits else chosen


def end_with_stdin() -> None:
    """Whoever started this is gone when its end of the pipe is closed, however it ended."""
    # Unbuffered: a lock of a buffer would be held when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    arguments = parse()
    corrections.apply()
    world = World(MotoKeys(), MotoStore(), settings=settings(arguments), seed=arguments.seed)
    application = Application(world, DomainDispatcherApplication(create_backend_app), MotoPermissions())
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server = make_server(HOST, arguments.port, application, threaded=True, request_handler=QuietHandler)
    # moto calls itself on this port, for example to deliver what one service sends to another.
    os.environ["MOTO_PORT"] = str(server.port)
    if arguments.end_with_stdin:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    ready = {"url": f"http://{HOST}:{server.port}", "port": server.port, "pid": os.getpid(), "seed": arguments.seed}
    print(json.dumps({**ready, "profile": arguments.profile}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
