# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that delays each request and counts requests and connections. `python -m benchmarks.proxy PORT DELAY_MS`

PORT is the server's. The proxy prints its own on a line, and answers COUNTS itself. What is on its way on one
connection does not hold up another, and connections are kept alive as client and server like.
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
        server: asyncio.StreamWriter | None = None
        answers: asyncio.Task[None] | None = None
        try:
            while request := await read_request(reader):
                if request.startswith(f"GET {COUNTS} ".encode()):
                    writer.write(self._counted())
                    await writer.drain()
                    continue
                if server is None:
                    self.counts.connections += 1
                    server_reader, server = await asyncio.open_connection(HOST, self.port)
                    answers = asyncio.create_task(_pass_on(server_reader, writer))
                self.counts.requests += 1
                await asyncio.sleep(self.delay)
                server.write(request)
                await server.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # Either side may leave when it likes.
        finally:
            if answers:
                answers.cancel()
            for each in (server, writer):
                if each:
                    each.close()

    def _counted(self) -> bytes:
        body = json.dumps(asdict(self.counts)).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A whole request; empty where the client has no more."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""
    return head + await reader.readexactly(body_length(head))


def body_length(head: bytes) -> int:
    """How long a request's body is; AWS's JSON and query protocols always say so."""
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def _pass_on(server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while part := await server.read(65536):
            client.write(part)
            await client.drain()
    client.close()


async def main(port: int, delay: float) -> None:
    """Serve until the process is ended."""
    proxy = Proxy(port, delay)
    listening = await asyncio.start_server(proxy.connection, HOST, 0, limit=LARGEST_HEAD, backlog=1024)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
