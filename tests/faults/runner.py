# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one scenario while faults strike, then again without, and says how it ended."""

from __future__ import annotations

import queue
import re
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import botocore.session
from botocore.config import Config

from ansible_collections.auditflow.dynamodb.plugins.module_utils.answers import watch_answers
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock
from ansible_collections.auditflow.dynamodb.plugins.module_utils.clients import CLIENT_CONFIG
from tests.faults.between import Faults
from tests.faults.scenarios import Ended, Scenario, backups
from tests.faults.strikes import Strike, Target
from tests.integration.harness import ACCESS_KEY, SECRET_KEY
from tests.integration.harness import Target as Emulator

# The engine's waits and pauses take a twentieth of their time.
SPEED = 20.0
CLOCK = Clock(lambda: time.monotonic() * SPEED, lambda seconds: time.sleep(seconds / SPEED))
# No run that ends is near these: calls, and seconds.
MOST_CALLS, MOST_SECONDS = 150, 40.0
READS = ("Describe", "List", "Get")

DONE, TOLD = "done", "told"
LOST, LOOPS, TRACEBACK, WRONG = "LOST", "LOOPS", "TRACEBACK", "WRONG"


@dataclass(frozen=True)
class Verdict:
    """What came of it.

    kind: C(done): as if nothing had been. C(told): one clear message, and the plain re-run was right. Others are bugs.
    why: what is wrong, or the message.
    """

    kind: str
    why: str = ""

    @property
    def good(self) -> bool:
        return self.kind in (DONE, TOLD)


class WrongError(Exception):
    """Something that must not be. The first argument is its kind."""


@dataclass
class Watched(Aws):
    """AWS, with its calls written down. Each is one request: nothing else repeats any."""

    calls: list[str] = field(default_factory=list)

    def _call(self, service: str, operation: str, arguments: Mapping[str, Any], whole: bool) -> Mapping[str, Any]:
        self.calls.append(operation)
        return super()._call(service, operation, arguments, whole)

    @property
    def writes(self) -> list[str]:
        return [operation for operation in self.calls if not operation.startswith(READS)]


@dataclass
class Runner:
    """Runs cases side by side: a slot is a user agent, whose calls alone its faults strike.

    emulator: past the faults. between: what makes them.
    """

    emulator: Emulator
    between: Faults
    slots: int
    _free: queue.Queue[str] = field(default_factory=queue.Queue)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _clients: dict[tuple[str, str, float], Any] = field(default_factory=dict)
    _expected: dict[tuple[str, Target], tuple[Any, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _session: Any = field(default_factory=botocore.session.get_session)

    def __post_init__(self) -> None:
        for number in range(self.slots):
            self._free.put(f"slot/{number:03}.")

    def run(
        self, scenario: Scenario, target: Target, strikes: Sequence[Strike], strict: bool = False, surely: bool = True
    ) -> Verdict:
        """How a scenario ended in which these strikes fell.

        target: what is managed in it. strict: whether it must not even notice. surely: whether some strike must fall.
        """
        with self._slot() as agent:
            try:
                return self._judge(scenario, target, strikes, agent, strict, surely)
            except WrongError as error:
                return Verdict(*error.args)

    def _judge(
        self, scenario: Scenario, target: Target, strikes: Sequence[Strike], agent: str, strict: bool, surely: bool
    ) -> Verdict:
        expected, found = self._without_faults(scenario, target)
        name = self._name(scenario)
        scenario.prepare(self.emulator, name, target)
        timeouts = [strike.fault.timeout for strike in strikes if strike.fault.timeout]
        self.between.set(agent, strikes)
        try:
            first = self._once(scenario, name, target, 1, agent, min(timeouts, default=0.0))
        finally:
            struck = self.between.clear(agent)
        if surely and not struck:
            raise WrongError(WRONG, "the fault never struck")
        if first.message:
            if strict:
                raise WrongError(WRONG, f"failed: {first.message}")
            _check_message(first.message, strikes)
        else:
            _check(first.changed == scenario.writes, WRONG, f"changed is {first.changed}")
            _check(not first.pending and not first.warnings, WRONG, f"left: {first.pending} {first.warnings}")
            self._check_state(scenario, name, expected, found, first)
        self._check_again(scenario, name, target, agent, expected, found, repeat=bool(first.message))
        self._clean(name)
        return Verdict(TOLD, first.message.replace(name, "NAME")) if first.message else Verdict(DONE)

    def _check_again(
        self, scenario: Scenario, name: str, target: Target, agent: str, expected: Any, found: Any, repeat: bool
    ) -> None:
        """A plain re-run ends right, and one after it has nothing to do."""
        for number in (2, 3) if repeat else (2,):
            aws_writes: list[str] = []
            again = self._once(scenario, name, target, number, agent, 0.0, aws_writes)
            _check(not again.message, LOST, f"run {number} failed: {again.message}")
            self._check_state(scenario, name, expected, found, again)
        _check(not aws_writes and not again.changed, WRONG, f"the last run wrote: {aws_writes}")

    def _check_state(self, scenario: Scenario, name: str, expected: Any, found: Any, ended: Ended) -> None:
        state = scenario.state(self.emulator, name)
        _check(state == expected, LOST, f"expected {expected}, found {state}")
        _check(_known(ended.found, name) == found, WRONG, f"it was shown as {ended.found}")
        made = backups(self.emulator, name)
        _check(len(made) == len(set(made)), WRONG, f"a backup was made twice: {made}")

    def _once(
        self,
        scenario: Scenario,
        name: str,
        target: Target,
        number: int,
        agent: str,
        timeout: float,
        writes: list[str] | None = None,
    ) -> Ended:
        aws = Watched(lambda service: self._client(service, agent, timeout), self.emulator.region, CLOCK)
        began = time.monotonic()
        try:
            ended = scenario.run(aws, name, target, number)
        except Exception:  # noqa: BLE001  whatever gets here would be a traceback for the user
            raise WrongError(TRACEBACK, traceback.format_exc()) from None
        seconds = time.monotonic() - began
        within = len(aws.calls) <= MOST_CALLS and seconds <= MOST_SECONDS
        _check(within, LOOPS, f"{len(aws.calls)} calls in {seconds:.0f} s")
        if writes is not None:
            writes[:] = aws.writes
        return ended

    def _without_faults(self, scenario: Scenario, target: Target) -> tuple[Any, Any]:
        """What is there after an undisturbed run, and what it shows."""
        key = (scenario.name, replace(target, operation="", label="", body="", repeated=False))
        with self._lock:
            if key not in self._expected:
                name = self._name(scenario)
                scenario.prepare(self.emulator, name, target)
                ended = self._once(scenario, name, target, 1, "nobody", 0.0)
                assert not ended.message, ended
                self._expected[key] = (scenario.state(self.emulator, name), _known(ended.found, name))
                self._clean(name)
            return self._expected[key]

    def _name(self, scenario: Scenario) -> str:
        return f"{scenario.name}-{next(self._numbers):05}"

    def _clean(self, name: str) -> None:
        client = self.emulator.client()
        try:
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            return

    def _client(self, service: str, agent: str, timeout: float) -> Any:
        with self._lock_of_clients():
            key = (service, agent, timeout)
            if key not in self._clients:
                config = {**CLIENT_CONFIG, **({"read_timeout": timeout} if timeout else {})}
                client = self._session.create_client(
                    service,
                    region_name=self.emulator.region,
                    endpoint_url=self.between.url,
                    aws_access_key_id=ACCESS_KEY,
                    aws_secret_access_key=SECRET_KEY,
                    config=Config(**config, user_agent_extra=agent),
                )
                self._clients[key] = watch_answers(client)
            return self._clients[key]

    _making: threading.Lock = field(default_factory=threading.Lock)

    def _lock_of_clients(self) -> threading.Lock:
        # A session of botocore is not for several threads.
        return self._making

    @contextmanager
    def _slot(self) -> Iterator[str]:
        agent = self._free.get()
        try:
            yield agent
        finally:
            self._free.put(agent)


def _check(holds: bool, kind: str, why: str) -> None:
    if not holds:
        raise WrongError(kind, why)


def _check_message(text: str, strikes: Sequence[Strike]) -> None:
    named = any(re.search(rf"{each.target.operation}[^;]*: {each.fault.told}", text) for each in strikes)
    _check(named, WRONG, f"the message names neither operation nor code: {text}")
    _check("Traceback" not in text and "\n" not in text, WRONG, f"the message is not one clear line: {text}")


def _known(found: Any, name: str) -> Any:
    """What was shown, without what is never the same twice."""
    if isinstance(found, Mapping):
        return {key: _known(value, name) for key, value in found.items() if not key.endswith(("_date_time", "_id"))}
    if isinstance(found, (list, tuple)):
        return [_known(value, name) for value in found]
    return found.replace(name, "NAME") if isinstance(found, str) else found
