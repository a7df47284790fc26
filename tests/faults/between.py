# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between the modules and the emulator: microburst, and a forwarder for what it cannot."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jmespath

from tests.faults.strikes import Own, Strike

HOST = "127.0.0.1"
START_SECONDS = 60
SECONDS = 60
EFFECTS = {"error", "reset", "timeout_ms", "response"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Armed:
    """A strike of the forwarder and how much of it is left."""

    strike: Strike
    skip: int
    times: int
    fired: int = 0


@dataclass
class Faults:
    """Sets faults for the calls of one user agent; others do not notice.

    url: where calls go in.
    """

    url: str
    own: dict[str, list[Armed]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, agent: str, strikes: Sequence[Strike]) -> None:
        """Arms the strikes; of several that match a call the first that is not used up strikes."""
        headers = {"User-Agent": agent}
        for strike in strikes:
            if isinstance(strike.fault.effect, Own):
                with self.lock:
                    self.own.setdefault(agent, []).append(Armed(strike, strike.mode.skip, strike.mode.times))
                continue
            match = {"headers": headers, **strike.target.match}
            passing = [{**match, "times": strike.mode.skip}] if strike.mode.skip else []
            self._ask("PATCH", "rules", [*passing, {**match, **strike.fault.effect, "times": strike.mode.times}])

    def clear(self, agent: str) -> int:
        """Disarms them all, and tells how often they struck."""
        headers = {"User-Agent": agent}
        rules = [rule for rule in self._ask("GET", "rules") if rule.get("headers") == headers]
        fired = sum(rule["fired_count"] for rule in rules if EFFECTS & set(rule))
        if rules:
            self._ask("DELETE", "rules", [{"headers": headers}])
        with self.lock:
            return fired + sum(armed.fired for armed in self.own.pop(agent, ()))

    def own_strike(self, agent: str, operation: str, body: bytes) -> Own | None:
        """What the forwarder is to do with a call."""
        with self.lock:
            for key, strikes in self.own.items():
                for armed in strikes if key in agent else ():
                    if armed.times and _matches(armed.strike, operation, body):
                        if armed.skip:
                            armed.skip -= 1
                            return None
                        armed.times -= 1
                        armed.fired += 1
                        effect = armed.strike.fault.effect
                        return effect if isinstance(effect, Own) else None
        return None

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.url}/_microburst/{path}", body, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.load(response)


def _matches(strike: Strike, operation: str, body: bytes) -> bool:
    target = strike.target
    if target.operation != operation:
        return False
    return not target.body or bool(jmespath.search(target.body, json.loads(body)))


@contextmanager
def faults(upstream: str, log: Path) -> Iterator[Faults]:
    """Starts both before an emulator, and stops them."""
    port = free_port()
    between = Faults(f"http://{HOST}:{port}")
    server = Forwarder(upstream, between)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    command = [sys.executable, "-m", "microburst", "--port", str(port), "--host", HOST]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--upstream", f"http://{HOST}:{server.server_port}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_ready(between, process, log)
            yield between
        finally:
            process.terminate()
            process.wait()
            server.shutdown()
            thread.join()
            server.server_close()


def _wait_ready(between: Faults, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            between._ask("GET", "health")
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"microburst did not start: {log.read_text(encoding='utf-8')}")


class Forwarder(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstream: str, between: Faults) -> None:
        super().__init__((HOST, 0), Handler)
        self.address = urlsplit(upstream).netloc
        self.between = between

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what this is about; everything else is a mistake of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Forwarder
    # Headers and body leave in one packet; apart, Nagle's algorithm holds the second back.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        own = self.server.between.own_strike(self.headers.get("User-Agent", ""), operation, body)
        if own is None:
            self._answer(*self._forward(body))
            return
        answer = self._forward(body) if own.done else (own.status, {}, b"")
        time.sleep(own.hold)
        self._answer(*(answer if own.status == http.HTTPStatus.OK else (own.status, {}, b"")))

    def _forward(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.address, timeout=SECONDS)
        try:
            hop_by_hop = ("connection", "content-length", "transfer-encoding")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in hop_by_hop}
            connection.request("POST", self.path, body, headers)
            response = connection.getresponse()
            return response.status, {"Content-Type": response.getheader("Content-Type", "")}, response.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the library's
        """Nothing: microburst keeps a log."""
