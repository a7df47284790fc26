# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the embedded emulator is recognized: what it answers about itself, and how it is asked."""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict, dataclass
from typing import Any

HOST = "127.0.0.1"
IDENTITY_PATH = "/_auditflow/emulator"
NAME = "auditflow.dynamodb emulator"
REQUEST_LOG = "requests.log"
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Identity:
    """Who a running emulator says it is."""

    pid: int
    state_dir: str
    moto: str

    def as_dict(self) -> dict[str, Any]:
        return {"name": NAME, **asdict(self)}


class StrangerError(Exception):
    """Something listens on the port that is not the emulator; the text says what it answered."""


def ask(port: int) -> Identity | None:
    """The emulator on this port; None when nothing listens there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", IDENTITY_PATH)
        response = connection.getresponse()
        status, body = response.status, response.read(10_000)
    except ConnectionRefusedError:
        return None
    except (OSError, http.client.HTTPException) as error:
        raise StrangerError(f"it does not speak HTTP as it should ({type(error).__name__}: {error})") from error
    finally:
        connection.close()
    try:
        answer = json.loads(body)
        name = answer.pop("name")
        identity = Identity(**answer)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise StrangerError(f"it answered HTTP {status} and does not know {IDENTITY_PATH}") from error
    if name != NAME:
        raise StrangerError(f"it says it is {name!r}")
    return identity
