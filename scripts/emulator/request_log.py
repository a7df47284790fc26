# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's request log: one JSON line a call, so that a run can be seen to have changed nothing."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

READS = re.compile(
    r"(Describe|List|Get|BatchGet|TransactGet|Head|Query|Scan|Search|Simulate|Lookup|AssumeRole|GET |HEAD |OPTIONS )"
)
RESOURCE_MEMBERS = (
    "TableName",
    "ResourceArn",
    "TargetTableName",
    "BackupArn",
    "AliasName",
    "KeyId",
    "ResourceId",
    "StreamName",
    "StreamArn",
    "AlarmName",
    "RoleName",
    "Bucket",
)
CREDENTIAL_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
CBOR_OPERATION = re.compile(r"/service/[^/]+/operation/(?P<operation>[^/?]+)")


@dataclass(frozen=True)
class Call:
    """One request to the emulator; the members are those of a line in the log."""

    time: str
    service: str
    region: str
    operation: str
    resource: str
    status: int
    # What an UpdateTable changes: the order of changes to a live table cannot be read off the operation alone.
    detail: str = ""

    @property
    def write(self) -> bool:
        return READS.match(self.operation) is None

    def line(self) -> str:
        """For people."""
        kind = "write" if self.write else "read"
        call = f"{self.service}  {self.operation}  {self.resource}  {self.detail}".rstrip()
        return f"{self.time}  {self.status}  {kind:<5}  {call}"


def read_calls(log: Path) -> list[Call]:
    if not log.exists():
        return []
    return [Call(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


class RequestLog:
    """WSGI middleware that adds a line for each call before the answer leaves, so a caller finds its call."""

    def __init__(self, application: WsgiApplication, log: Path) -> None:
        self._application = application
        self._log = log
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = take_body(environ)
        status = 500

        def remember_status(line: str, headers: Any, *args: Any) -> Any:
            nonlocal status
            status = int(line.split(maxsplit=1)[0])
            return start_response(line, headers, *args)

        try:
            return self._application(environ, remember_status)
        finally:
            self._append(call_of(environ, body, status))

    def _append(self, call: Call) -> None:
        # Opened for each line: whoever truncates or removes the file does not lose what follows.
        with self._lock, self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(call)) + "\n")


def call_of(environ: Environ, body: bytes, status: int) -> Call:
    members = _members(environ, body)
    operation = _operation(environ, members)
    scope = CREDENTIAL_SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return Call(
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        service=scope["service"] if scope else "-",
        region=scope["region"] if scope else "-",
        operation=operation,
        resource=next((str(members[name]) for name in RESOURCE_MEMBERS if members.get(name)), ""),
        status=status,
        detail=_changes(members) if operation == "UpdateTable" else "",
    )


def _changes(members: dict[str, Any]) -> str:
    """The members of an UpdateTable in a few words: plain values, and of index changes the action and the index."""
    words = []
    for name, value in members.items():
        if name == "GlobalSecondaryIndexUpdates":
            words += _index_changes(value)
        elif name not in ("TableName", "AttributeDefinitions"):
            words.append(f"{name} {_values(value)}")
    return ", ".join(words)


def _index_changes(updates: Any) -> list[str]:
    # A malformed request is for the service to refuse; the call is logged all the same.
    known = [update for update in updates if isinstance(update, dict)] if isinstance(updates, list) else []
    pairs = [pair for update in known for pair in update.items()]
    return [f"{action} {index.get('IndexName')}" for action, index in pairs if isinstance(index, dict)]


def _values(value: Any) -> str:
    return "/".join(_values(each) for each in value.values()) if isinstance(value, dict) else str(value)


def _operation(environ: Environ, members: dict[str, Any]) -> str:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if "Action" in members:
        return str(members["Action"])
    path: str = environ.get("PATH_INFO", "/")
    cbor = CBOR_OPERATION.match(path)
    return cbor["operation"] if cbor else f"{environ.get('REQUEST_METHOD', 'GET')} {path}"


def _members(environ: Environ, body: bytes) -> dict[str, Any]:
    """The request's parameters, where the protocol has them in one place (JSON or a query)."""
    members: dict[str, Any] = {name: each[0] for name, each in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if environ.get("HTTP_X_AMZ_TARGET"):
        try:
            parsed = json.loads(body or b"{}")
        except ValueError:
            # A body that is not JSON is for the service to refuse; the call is logged all the same.
            return members
        return {**members, **parsed} if isinstance(parsed, dict) else members
    return {**members, **{name: each[0] for name, each in parse_qs(body.decode("latin-1")).items()}}


def take_body(environ: Environ) -> bytes:
    """Read the body of a small, named request and put it back; uploads are left as they stream."""
    is_form = str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not length.isdigit() or not (environ.get("HTTP_X_AMZ_TARGET") or is_form):
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
