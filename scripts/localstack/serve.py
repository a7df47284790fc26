# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run LocalStack on the loopback address only: GATEWAY_LISTEN's host is ignored by 4.14.0, which listens everywhere.

Runs in LocalStack's own environment, with its own packages.
"""

from __future__ import annotations

from typing import Any

from localstack.runtime.main import main  # type: ignore[import-not-found]
from twisted.internet import endpoints  # type: ignore[import-not-found]

HOST = "127.0.0.1"
listen_everywhere = endpoints.TCP4ServerEndpoint


def listen_on_loopback(reactor: Any, port: int, backlog: int = 50, interface: str = HOST) -> Any:
    return listen_everywhere(reactor, port, backlog, interface or HOST)


endpoints.TCP4ServerEndpoint = listen_on_loopback

if __name__ == "__main__":
    main()
