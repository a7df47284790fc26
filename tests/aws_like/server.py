# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WSGI application: DynamoDB's control plane here, everything else in moto."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from scripts.emulator.request_log import (
    CREDENTIAL_SCOPE,
    Environ,
    StartResponse,
    WsgiApplication,
    call_of,
    take_body,
)

from . import items, operations
from .call_log import CallLog, Entry
from .control import PREFIX, Control
from .errors import ServiceError, iso
from .faults import ConnectionBroken, Fault, Faults
from .permissions import OF_A_KEY, Permissions, elsewhere, encryption_key, needed, refused
from .world import ACCOUNT, Body, Region, World

TARGET = "DynamoDB_20120810."
JSON = "application/x-amz-json-1.0"
DEFAULT_REGION = "us-east-1"
# Who one is may always be asked.
NAMING = ("TableName", "ResourceArn", "BackupArn", "TableArn", "ExportArn", "ImportArn")
OPEN_TO_ALL = frozenset({"GetCallerIdentity"})
Answer = tuple[int, Body]


class Application:
    """Answers every request: the control endpoint's, DynamoDB's, and moto's."""

    def __init__(self, world: World, moto: WsgiApplication, permissions: Permissions) -> None:
        self._world = world
        self._moto = moto
        self._permissions = permissions
        self._log = CallLog()
        self._faults = Faults()
        self._control = Control(world, self._log, self._faults)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            status, answer = self._control.answer(environ)
            return _respond(start_response, status, answer, "application/json")
        raw = take_body(environ)
        target: str = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith(TARGET):
            return self._elsewhere(environ, start_response, raw)
        try:
            return self._dynamodb(environ, start_response, raw, target.removeprefix(TARGET))
        except ConnectionBroken as broken:
            connection: socket.socket = environ["werkzeug.socket"]
            connection.shutdown(socket.SHUT_RDWR)
            # The server takes this for a caller who hung up.
            raise ConnectionResetError from broken

    # DynamoDB

    def _dynamodb(self, environ: Environ, start_response: StartResponse, raw: bytes, operation: str) -> Iterable[bytes]:
        region = self._region(environ)
        error: ServiceError | None = None
        chunks: list[bytes] = []
        body: Body = {}
        status = 200
        try:
            body = _parsed(raw)
            self._strike(operation, body, "before")
            self._authorize(environ, region, operation, body)
            if operation in items.OPERATIONS:
                items.check_usable(self._world, region, body)
                status, headers, chunks = _called(self._moto, environ)
            else:
                answer = operations.perform(self._world, region, operation, body)
                chunks, headers = [json.dumps(answer).encode()], _headers(JSON)
            self._strike(operation, body, "after")
        except ServiceError as raised:
            error, status = raised, raised.status
            chunks, headers = [json.dumps(raised.envelope()).encode()], _headers(JSON)
        except ConnectionBroken:
            self._remember(environ, raw, body, 0, ServiceError("ConnectionReset", ""))
            raise
        self._remember(environ, raw, body, status, error)
        return _send(start_response, status, headers, chunks)

    def _strike(self, operation: str, body: Body, when: str) -> None:
        fault: Fault | None = self._faults.take(operation, _table(body), when)
        if fault is None:
            return
        if fault.reset:
            raise ConnectionBroken
        raise ServiceError(fault.code, fault.message, fault.status)

    def _region(self, environ: Environ) -> Region:
        scope = CREDENTIAL_SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        with self._world.lock:
            return self._world.region(scope["region"] if scope else DEFAULT_REGION)

    def _authorize(self, environ: Environ, region: Region, operation: str, body: Body) -> None:
        if not self._world.settings.enforce_iam:
            return
        for action, resource in needed(region, operation, body):
            self._require(environ, action, resource)
        name = encryption_key(body)
        key = self._world.keys.find(region.account, region.name, name) if name else None
        if key:
            for action in OF_A_KEY:
                self._require(environ, action, key.arn)

    def _require(self, environ: Environ, action: str, resource: str) -> None:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        access_key = authorization.partition("Credential=")[2].partition("/")[0]
        token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        headers = {"X-Amz-Security-Token": token} if token else {}
        caller = self._permissions.denied(ACCOUNT, access_key, headers, action, resource)
        if caller:
            raise refused(caller, action, resource)

    # The other services

    def _elsewhere(self, environ: Environ, start_response: StartResponse, raw: bytes) -> Iterable[bytes]:
        error: ServiceError | None = None
        try:
            self._authorize_elsewhere(environ, raw)
            status, headers, chunks = _called(self._moto, environ)
        except ServiceError as raised:
            error = raised
            status, headers, chunks = _refusal_elsewhere(environ, raised)
        self._remember(environ, raw, {}, status, error)
        return _send(start_response, status, headers, chunks)

    def _authorize_elsewhere(self, environ: Environ, raw: bytes) -> None:
        call = call_of(environ, raw, 0)
        if not self._world.settings.enforce_iam or call.service == "-" or call.operation in OPEN_TO_ALL:
            return
        body = _parsed(raw) if "HTTP_X_AMZ_TARGET" in environ else {}
        region = self._region(environ)
        action, resource = elsewhere(call.service, call.operation, body, self._world.keys, region)
        self._require(environ, action, resource)

    def _remember(self, environ: Environ, raw: bytes, body: Body, status: int, error: ServiceError | None) -> None:
        call = call_of(environ, raw, status)
        self._log.add(
            Entry(
                time=f"{iso(self._world.clock.now())}Z",
                service=call.service,
                region=call.region,
                operation=call.operation,
                table=_table(body) or call.resource,
                status=status,
                write=call.write,
                error=error.code if error else "",
                message=error.message if error else "",
                detail=call.detail,
                request=body,
            )
        )


def _refusal_elsewhere(environ: Environ, error: ServiceError) -> tuple[int, list[tuple[str, str]], list[bytes]]:
    """Services with a target answer in JSON, those with an action in XML."""
    if "HTTP_X_AMZ_TARGET" in environ:
        return 400, _headers(JSON), [json.dumps(error.envelope()).encode()]
    code = error.code.removesuffix("Exception")
    text = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(error.message)}</Message></Error>"
    return 403, _headers("text/xml"), [f"<ErrorResponse>{text}</ErrorResponse>".encode()]


def _parsed(raw: bytes) -> Body:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The request is not JSON") from error
    if not isinstance(body, dict):
        raise ServiceError("SerializationException", "Start of structure or map found where not expected")
    return body


def _table(body: Mapping[str, Any]) -> str:
    """The name of the table that a call is about."""
    given = next((body[name] for name in NAMING if body.get(name)), "")
    return str(given).partition("table/")[2].partition("/")[0] if str(given).startswith("arn:") else str(given)


def _called(application: WsgiApplication, environ: Environ) -> tuple[int, list[tuple[str, str]], list[bytes]]:
    """What an application answers, held back until it is known whether the caller gets it."""
    status, headers = 500, list[tuple[str, str]]()

    def start(line: str, given: list[tuple[str, str]], *_more: Any) -> None:
        nonlocal status, headers
        status, headers = int(line.split(maxsplit=1)[0]), given

    chunks = list(application(environ, start))
    return status, headers, chunks


def _headers(content_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", content_type), ("x-amzn-RequestId", str(uuid.uuid4()))]


def _respond(start_response: StartResponse, status: int, answer: Any, content_type: str) -> list[bytes]:
    return _send(start_response, status, _headers(content_type), [json.dumps(answer).encode()])


def _send(
    start_response: StartResponse, status: int, headers: list[tuple[str, str]], chunks: list[bytes]
) -> list[bytes]:
    length = str(sum(map(len, chunks)))
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start_response(f"{status} {_reason(status)}", [*kept, ("Content-Length", length)])
    return chunks


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase
