# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that delays each request and counts requests and connections. `python -m benchmarks.proxy PORT DELAY_MS`

PORT is the server's. The proxy prints its own on a line, and answers COUNTS itself. What is on its way on one
connection does not hold up another. Clients' connections are kept alive, as AWS does and moto's server does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import asdict, dataclass, field

HOST = "127.0.0.1"
COUNTS = "/_bench/counts"
LARGEST_HEAD = 256 * 1024
END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Counts:
    """What came through."""

    connections: int = 0
    requests: int = 0


@dataclass
class Proxy:
    """Before a server. port: the server's. delay: seconds between a request's arrival and its way on."""

    port: int
    delay: float
    counts: Counts = field(default_factory=Counts)

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, to its end."""
        known = False
        try:
            while request := await read_message(reader):
                if request.startswith(f"GET {COUNTS} ".encode()):
                    writer.write(self._counted())
                else:
                    self.counts.connections += not known
                    self.counts.requests += 1
                    known = True
                    await asyncio.sleep(self.delay)
                    writer.write(await self._answer(request))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # Either side may leave when it likes.
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self.port, limit=LARGEST_HEAD)
        try:
            writer.write(request)
            await writer.drain()
            return kept_alive(await read_message(reader))
        finally:
            writer.close()

    def _counted(self) -> bytes:
        body = json.dumps(asdict(self.counts)).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer; empty where there are no more."""
    try:
        head = await reader.readuntil(END_OF_HEAD)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""
    length = body_length(head)
    if length is None:
        # An answer without a length ends with its connection.
        return head + (await reader.read() if head.startswith(b"HTTP/") else b"")
    return head + await reader.readexactly(length)


def body_length(head: bytes) -> int | None:
    """How long a message's body is, where it is said; AWS's JSON and query protocols always do in requests."""
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


def kept_alive(answer: bytes) -> bytes:
    """An answer after which the client may use its connection again, as it may with AWS."""
    head, _end, body = answer.partition(END_OF_HEAD)
    status, *lines = head.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in (b"connection", b"content-length")]
    first = b"HTTP/1.1 " + status.partition(b" ")[2]
    return b"\r\n".join([first, *kept, b"Content-Length: %d" % len(body)]) + END_OF_HEAD + body


async def main(port: int, delay: float) -> None:
    """Serve until the process is ended."""
    proxy = Proxy(port, delay)
    listening = await asyncio.start_server(proxy.connection, HOST, 0, limit=LARGEST_HEAD, backlog=1024)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
