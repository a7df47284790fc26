# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults, what they are made with, and how often they strike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALWAYS = 1_000_000

# Until a client that does not wait for the answer any more has gone.
SHORT_TIMEOUT, HOLD_SECONDS = 0.8, 1.5


@dataclass(frozen=True)
class Own:
    """What the forwarder behind microburst does, since microburst makes no error without a body and none afterwards.

    done: whether AWS does what it is asked first. status: the answer, without a body. hold: seconds before the answer.
    """

    done: bool
    status: int
    hold: float = 0


@dataclass(frozen=True)
class Fault:
    """One fault.

    name: what it is called. told: what a message about it must name, a regular expression.
    effect: a rule's effect in microburst's words, or what the forwarder does.
    after: whether AWS has done it when the fault strikes; only writes differ then.
    timeout: the client's read timeout; None for its own.
    """

    name: str
    told: str
    effect: Mapping[str, Any] | Own
    after: bool = False
    timeout: float | None = None


def _error(code: str, status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message}}


CLOSED = "ConnectionClosedError"
FAULTS = (
    Fault("throttled", "ThrottlingException: Rate exceeded", _error("ThrottlingException", 400, "Rate exceeded")),
    Fault("500", "InternalServerError: ", _error("InternalServerError", 500, "Internal server error")),
    Fault("503", "ServiceUnavailable: ", _error("ServiceUnavailable", 503, "Service is unavailable")),
    Fault("500 empty", "500: ", Own(done=False, status=500)),
    Fault("503 empty", "503: ", Own(done=False, status=503)),
    Fault("reset", CLOSED, {"reset": True}),
    Fault("timeout", "ReadTimeoutError", {"timeout_ms": HOLD_SECONDS * 1000}, timeout=SHORT_TIMEOUT),
    Fault("cut short", "CutAnswerError", {"response": {"truncate_frac": 0.5}}, after=True),
    Fault("broken off", CLOSED, {"response": {"abort_frac": 0.5}}, after=True),
    Fault("lost, reset", CLOSED, {"response": {"abort_bytes": 0}}, after=True),
    Fault("lost, 503", "503: ", Own(done=True, status=503), after=True),
    Fault("lost, timeout", "ReadTimeoutError", Own(True, 200, HOLD_SECONDS), after=True, timeout=SHORT_TIMEOUT),
)
# A read that was answered and one that was not are the same to whoever asked.
READ_FAULTS = FAULTS[:9]


@dataclass(frozen=True)
class Mode:
    """How often a fault strikes. skip: calls that pass first. times: calls that fail then."""

    name: str
    skip: int
    times: int


ONCE, SECOND, FOUR, ENDLESS = Mode("once", 0, 1), Mode("2nd", 1, 1), Mode("4x", 0, 4), Mode("always", 0, ALWAYS)
MODES = (ONCE, SECOND, FOUR, ENDLESS)


@dataclass(frozen=True)
class Target:
    """The calls that are struck.

    operation: the operation. body: which of its calls, a JMESPath on what is sent; empty for all. label: in words.
    managed: the settings that are managed in the run that makes it; empty for all. repeated: whether a run makes the
    call at least twice.
    """

    operation: str
    label: str = ""
    body: str = ""
    managed: tuple[str, ...] = ()
    repeated: bool = False

    @property
    def name(self) -> str:
        return f"{self.operation}{f' ({self.label})' if self.label else ''}"

    @property
    def write(self) -> bool:
        return not self.operation.startswith(("Describe", "List", "Get"))

    @property
    def match(self) -> dict[str, Any]:
        """As microburst's rules have it."""
        return {"operation": self.operation, **({"body": self.body} if self.body else {})}


@dataclass(frozen=True)
class Strike:
    """A fault that strikes some calls."""

    target: Target
    fault: Fault
    mode: Mode = field(default=ONCE)
