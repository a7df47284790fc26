# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded emulator: moto's server application with corrections, a request log and a way to tell who it is."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import FrameType

# A script finds its siblings only in its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from scripts.emulator import corrections
from scripts.emulator.identity import HOST, IDENTITY_PATH, REQUEST_LOG, Identity
from scripts.emulator.request_log import Environ, RequestLog, StartResponse, WsgiApplication


class QuietHandler(MotoRequestHandler):
    """The request log says more than werkzeug's access log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: see the class."""


def with_identity(application: WsgiApplication, identity: Identity) -> WsgiApplication:
    """Answer one path of our own, so that whoever asks can tell this server from any other."""
    answer = json.dumps(identity.as_dict()).encode()

    def answering(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != IDENTITY_PATH:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    return answering


def end(_signal_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    arguments = parser.parse_args()
    state_dir = arguments.state_dir.resolve()

    corrections.apply()
    # moto calls itself on this port, for example to deliver what one service sends to another.
    os.environ["MOTO_PORT"] = str(arguments.port)
    moto = DomainDispatcherApplication(create_backend_app)
    identity = Identity(pid=os.getpid(), state_dir=str(state_dir), moto=version("moto"))
    application = with_identity(RequestLog(moto, state_dir / REQUEST_LOG), identity)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    make_server(HOST, arguments.port, application, threaded=True, request_handler=QuietHandler).serve_forever()


if __name__ == "__main__":
    main()
