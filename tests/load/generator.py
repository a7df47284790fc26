# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends requests to DynamoDB at a rate, signed, over connections that stay open, and tells what came of them.

boto3 takes over a millisecond of a core for a call, so a few processes of it would measure themselves. This is one
process on one core: requests are written out beforehand, and only some of the answers are read in full.

A request has a time at which it is due. Its latency counts from then, not from when it was sent: a server that falls
behind makes every request that follows late, as it does with people who do not wait for each other.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[dict[str, Any]], str]
CONTENT_TYPE = "application/x-amz-json-1.0"
SIGNED = "content-type;host;x-amz-date;x-amz-target"
# An answer that takes longer is none.
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Request:
    """kind: under which it is counted. check: tells what is wrong with its answer; C(None) where nobody reads it."""

    kind: str
    operation: str
    body: bytes
    check: Check | None = None


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    region: str


class Signer:
    """Signature version 4 of requests to DynamoDB. Source: IAM User Guide, "Create a signed AWS API request"."""

    def __init__(self, host: str, credentials: Credentials) -> None:
        self._host, self._credentials = host, credentials
        self._day, self._key = "", b""

    def head(self, request: Request, moment: datetime) -> bytes:
        """All of a request but its body."""
        stamp, target = moment.strftime("%Y%m%dT%H%M%SZ"), f"DynamoDB_20120810.{request.operation}"
        signature = self._signature(request.body, stamp, target)
        scope = f"{stamp[:8]}/{self._credentials.region}/dynamodb/aws4_request"
        return (
            f"POST / HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: {CONTENT_TYPE}\r\nx-amz-date: {stamp}\r\n"
            f"x-amz-target: {target}\r\ncontent-length: {len(request.body)}\r\n"
            f"authorization: AWS4-HMAC-SHA256 Credential={self._credentials.access_key}/{scope}, "
            f"SignedHeaders={SIGNED}, Signature={signature}\r\n\r\n"
        ).encode()

    def _signature(self, body: bytes, stamp: str, target: str) -> str:
        headers = f"content-type:{CONTENT_TYPE}\nhost:{self._host}\nx-amz-date:{stamp}\nx-amz-target:{target}\n"
        canonical = f"POST\n/\n\n{headers}\n{SIGNED}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._credentials.region}/dynamodb/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        return hmac.new(self._key_of(stamp[:8]), text.encode(), hashlib.sha256).hexdigest()

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self._credentials.secret_key}".encode()
            for part in (day, self._credentials.region, "dynamodb", "aws4_request"):
                key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            self._day, self._key = day, key
        return self._key


@dataclass
class Report:
    """What came of a run. offered: the rate that was asked for, 0 for as many as go. cpu: the generator's seconds."""

    offered: float
    seconds: float = 0.0
    cpu: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def completed(self) -> int:
        return len(self.latencies)

    @property
    def rate(self) -> float:
        return self.completed / self.seconds if self.seconds else 0.0

    def latency(self, share: float) -> float:
        """Milliseconds that this share of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

    def summary(self) -> dict[str, Any]:
        return {
            "offered_per_second": self.offered or "as many as go",
            "reached_per_second": round(self.rate),
            "requests": self.completed,
            "seconds": round(self.seconds, 1),
            "milliseconds": {
                name: round(self.latency(share), 1)
                for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
            },
            "answers_checked": self.checked,
            "wrong": dict(self.wrong),
            "errors": dict(self.errors),
            "generator_cores": round(self.cpu / self.seconds, 2) if self.seconds else 0,
        }


class Connection:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, data: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls or None)
        reader, writer = self._streams
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        found = head.partition(b"content-length:")[2]
        body = await (reader.readexactly(int(found.partition(b"\r\n")[0])) if found else _chunks(reader))
        if b"connection: close" in head:
            self.close()
        return status, body

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body whose length is not known when it begins."""
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


@dataclass
class Generator:
    """url: of the endpoint. requests: without an end. connections: how many requests are under way at most."""

    url: str
    credentials: Credentials
    requests: Iterator[Request]
    connections: int = 32

    def run(self, rate: float, seconds: float) -> Report:
        """Sends for so long. rate: requests a second; 0 sends the next as soon as an answer is there."""
        report = Report(rate)
        cpu, began = time.process_time(), time.monotonic()
        asyncio.run(self._run(report, rate, seconds))
        report.seconds, report.cpu = time.monotonic() - began, time.process_time() - cpu
        return report

    async def _run(self, report: Report, rate: float, seconds: float) -> None:
        numbers, began = itertools.count(), time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _each in range(self.connections):
                group.create_task(self._work(report, rate, began, seconds, numbers))

    async def _work(self, report: Report, rate: float, began: float, seconds: float, numbers: Iterator[int]) -> None:
        connection, signer = Connection(self.url), Signer(urlsplit(self.url).netloc, self.credentials)
        try:
            while True:
                due = began + next(numbers) / rate if rate else time.monotonic()
                now = time.monotonic()
                if max(due, now) >= began + seconds:
                    return
                if due > now:
                    await asyncio.sleep(due - now)
                request = next(self.requests)
                await self._send(report, connection, signer, request)
                report.latencies.append(time.monotonic() - due)
        finally:
            connection.close()

    async def _send(self, report: Report, connection: Connection, signer: Signer, request: Request) -> None:
        data = signer.head(request, datetime.now(UTC)) + request.body
        report.kinds[request.kind] += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, body = await connection.send(data)
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            report.errors[type(error).__name__] += 1
            connection.close()
            return
        if status != 200:
            report.errors[str(json.loads(body or b"{}").get("__type", status)).rpartition("#")[2]] += 1
        elif request.check:
            report.checked += 1
            wrong = request.check(json.loads(body))
            if wrong:
                report.wrong[f"{request.kind}: {wrong}"] += 1
