# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server between Ansible and an emulator: logs every call with what was sent, and answers some of them itself."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from scripts.emulator.request_log import RESOURCE_MEMBERS, Call, Environ, StartResponse
from tests.integration.harness import Target

SECONDS = 60
ALWAYS = 1_000_000
# The server's own, in each answer.
OWN_HEADERS = frozenset({"connection", "content-type", "date", "server", "transfer-encoding"})


@dataclass(frozen=True)
class Sent(Call):
    """A call with its body."""

    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/x-amz-json-1.0"
    # What else a header tells, as those of S3's objects do.
    headers: tuple[tuple[str, str], ...] = ()

    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


# Gets a call and what forwards it; answers, or leaves it to the next rule with None.
Rule = Callable[[Sent, Callable[[], Answer]], Answer | None]


def read_sent(log: Path) -> list[Sent]:
    return [Sent(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


@contextmanager
def front(upstream: Target, log: Path, rules: Sequence[Rule] = ()) -> Iterator[Target]:
    """A target whose calls pass through this server."""
    application = Front(upstream, log, rules)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield replace(upstream, url=f"http://127.0.0.1:{server.port}", log=log, read_log=read_sent)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the name is werkzeug's
        """Nothing: the calls are in the log."""


class Front:
    def __init__(self, upstream: Target, log: Path, rules: Sequence[Rule]) -> None:
        self._address = urlsplit(upstream.url).netloc
        self._log = log
        self._rules = rules
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        sent = _sent(environ, body)
        answer = next(self._answers(sent, lambda: self._forward(environ, body)))
        with self._lock, self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(replace(sent, status=answer.status))) + "\n")
        length = [] if environ["REQUEST_METHOD"] == "HEAD" else [("Content-Length", str(len(answer.body)))]
        headers = [("Content-Type", answer.content_type), *length, *answer.headers]
        start_response(f"{answer.status} {http.client.responses[answer.status]}", headers)
        return [answer.body]

    def _answers(self, sent: Sent, forward: Callable[[], Answer]) -> Iterator[Answer]:
        for rule in self._rules:
            answer = rule(sent, forward)
            if answer:
                yield answer
        yield forward()

    def _forward(self, environ: Environ, body: bytes) -> Answer:
        names = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers = {name: value for name, value in names.items() if name not in ("CONNECTION", "CONTENT-LENGTH")}
        headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
        connection = http.client.HTTPConnection(self._address, timeout=SECONDS)
        try:
            query = environ.get("QUERY_STRING", "")
            path = environ["PATH_INFO"] + (f"?{query}" if query else "")
            connection.request(environ["REQUEST_METHOD"], path, body, headers)
            response = connection.getresponse()
            told = tuple(
                (name, value)
                for name, value in response.getheaders()
                if name.lower() not in OWN_HEADERS
                and (name.lower() != "content-length" or environ["REQUEST_METHOD"] == "HEAD")
            )
            return Answer(response.status, response.read(), response.getheader("Content-Type", ""), told)
        finally:
            connection.close()


def _sent(environ: Environ, body: bytes) -> Sent:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    members: dict[str, Any] = (
        json.loads(body or b"{}")
        if target
        else {name: each[0] for name, each in parse_qs(body.decode("latin-1")).items()}
    )
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return Sent(
        time=datetime.now(UTC).isoformat(),
        service=scope[3] if len(scope) > 3 else "",
        region=scope[2] if len(scope) > 3 else "",
        operation=target.rpartition(".")[2]
        or str(members.get("Action") or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"),
        resource=next((str(members[name]) for name in RESOURCE_MEMBERS if members.get(name)), ""),
        status=0,
        body=members,
    )


def refusal(code: str, message: str, status: int = 400) -> Answer:
    """An error as DynamoDB gives it."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, "Message": message}
    return Answer(status, json.dumps(body).encode())


def refuse(operation: str, code: str, message: str, *, table: str = "", times: int = ALWAYS) -> Rule:
    """Refuses an operation, of one table or of all, so many times."""
    left = [times]

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation != operation or (table and not sent.resource.endswith(table)) or not left[0]:
            return None
        left[0] -= 1
        return refusal(code, message)

    return rule


def deny(operation: str, table: str = "", times: int = ALWAYS) -> Rule:
    """Refuses an operation as IAM does."""
    message = (
        f"User: arn:aws:iam::123456789012:user/deploy is not authorized to perform: dynamodb:{operation} on resource: "
        "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders because no identity-based policy allows the action"
    )
    return refuse(operation, "AccessDeniedException", message, table=table, times=times)


def show_status(status: str, table: str, times: int = ALWAYS) -> Rule:
    """Lets DescribeTable, and the answer of CreateTable before it, show a status of a table, so many times."""
    left = [times]
    members = {"DescribeTable": "Table", "CreateTable": "TableDescription"}

    def rule(sent: Sent, forward: Callable[[], Answer]) -> Answer | None:
        if sent.operation not in members or sent.resource != table or not left[0]:
            return None
        answer = forward()
        if answer.status != 200:
            return answer
        left[0] -= 1
        content = answer.json()
        content[members[sent.operation]]["TableStatus"] = status
        return replace(answer, body=json.dumps(content).encode())

    return rule
