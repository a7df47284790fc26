# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoint: the clock, the call log, the settings, faults, and a table's state."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from .call_log import CallLog
from .faults import Faults
from .forced_state import set_state, shown_state
from .table_state import Table
from .world import Region, World

PREFIX = "/_aws_like/"
DEFAULT_REGION = "ap-south-1"
Given = dict[str, Any]


class RequestError(Exception):
    """The request makes no sense; the text says why."""


class Control:
    """Every path answers JSON."""

    def __init__(self, world: World, log: CallLog, faults: Faults) -> None:
        self._world = world
        self._log = log
        self._faults = faults
        self._paths: dict[tuple[str, str], Callable[[Given], Any]] = {
            ("GET", ""): lambda given: self._identity(),
            ("GET", "calls"): lambda given: self._log.shown(),
            ("DELETE", "calls"): lambda given: self._log.clear(),
            ("GET", "clock"): lambda given: self._clock(),
            ("POST", "clock"): self._move_clock,
            ("GET", "settings"): lambda given: asdict(self._world.settings),
            ("POST", "settings"): self._change_settings,
            ("GET", "faults"): lambda given: self._faults.shown(),
            ("POST", "faults"): self._order_fault,
            ("DELETE", "faults"): lambda given: self._faults.clear(),
            ("POST", "reset"): lambda given: self._reset(),
            ("GET", "tables"): lambda given: sorted(self._region(given).tables),
        }

    def answer(self, environ: dict[str, Any]) -> tuple[int, Any]:
        path = environ["PATH_INFO"].removeprefix(PREFIX).strip("/")
        try:
            return 200, self._answer(environ["REQUEST_METHOD"], path, _given(environ))
        except (RequestError, ValueError, TypeError) as error:
            return 400, {"error": str(error)}

    def _answer(self, method: str, path: str, given: Given) -> Any:
        with self._world.lock:
            self._world.settle()
            if path.startswith("tables/"):
                return self._table_state(method, path.removeprefix("tables/"), given)
            handler = self._paths.get((method, path))
            if handler is None:
                raise RequestError(f"there is no {method} {PREFIX}{path}")
            return handler(given)

    def _identity(self) -> Given:
        return {"name": "aws_like", "pid": os.getpid(), "now": self._world.clock.now()}

    def _clock(self) -> Given:
        due = self._world.next_due()
        return {"now": self._world.clock.now(), "next_due": due if due is not None and math.isfinite(due) else None}

    def _move_clock(self, given: Given) -> Given:
        """advance: so many seconds of the server's clock. settle: until nothing is going on any more."""
        if given.get("settle"):
            self._run_out()
        else:
            self._world.clock.advance(float(given["advance"]) if "advance" in given else _missing("advance"))
        self._world.settle()
        return self._clock()

    def _run_out(self) -> None:
        while (due := self._world.next_due()) is not None and math.isfinite(due):
            self._world.clock.advance(max(0.0, due - self._world.clock.now()))
            self._world.settle()

    def _change_settings(self, given: Given) -> Given:
        self._world.settings = self._world.settings.changed(given)
        return asdict(self._world.settings)

    def _order_fault(self, given: Given) -> list[Given]:
        self._faults.order(given)
        return self._faults.shown()

    def _reset(self) -> Given:
        self._world.reset()
        self._log.clear()
        self._faults.clear()
        return self._identity()

    def _table_state(self, method: str, name: str, given: Given) -> Given:
        region = self._region(given)
        table: Table | None = region.tables.get(name)
        if table is None:
            raise RequestError(f"there is no table {name} in {region.name}")
        if method == "POST":
            set_state(self._world, region, table, given)
        elif method != "GET":
            raise RequestError(f"there is no {method} of a table")
        return shown_state(self._world, table)

    def _region(self, given: Given) -> Region:
        return self._world.region(str(given.get("region") or DEFAULT_REGION))


def _missing(member: str) -> float:
    raise RequestError(f"{member} is missing")


def _given(environ: dict[str, Any]) -> Given:
    """Members of the query and of the body."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = json.loads(environ["wsgi.input"].read(length)) if length else {}
    if not isinstance(body, dict):
        raise RequestError("the body is not an object")
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    return {**query, **body}
