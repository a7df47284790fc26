# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases: all contenders in turn, in an order that is drawn for each round."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import measure
from benchmarks.cases import CREATE, PLAN, RERUN, Case, Entry, takes_part
from benchmarks.contenders import CONTENDERS, Command, Job, bare, environment
from benchmarks.results import Measured
from benchmarks.server import Front, Server, counted, emulator, proxy
from scripts.emulator.request_log import Call


class WrongError(Exception):
    """A contender does not do the job."""


def run_case(case: Case, seed: int) -> Measured:
    """Measure a case.

    Raises measure.FailedError, server.ServerError, WrongError.
    """
    with _stage(case) as stage:
        if case.seeded:
            stage.run_seeded()
        else:
            stage.rehearse()
            stage.run_rounds(random.Random(f"{seed} {case.name}"))
        return stage.measured


@contextmanager
def _stage(case: Case) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        state = folder / "emulator"
        state.mkdir()
        server = stack.enter_context(emulator(state))
        front = stack.enter_context(proxy(server, case.delay_ms))
        measured = Measured(case.title, datetime.now(UTC).isoformat(timespec="seconds"))
        yield Stage(case, folder, server, front, measured)


@dataclass(frozen=True)
class Stage:
    """A case under way. front: the proxy, for rehearsals or, where requests are delayed, for all runs."""

    case: Case
    folder: Path
    server: Server
    front: Front
    measured: Measured

    def rehearse(self) -> None:
        """Every contender once, uncounted: whether it does the job, and with how many connections."""
        for entry in self.case.entries:
            if not entry.rehearsed:
                continue
            job = self._job(entry, "rehearsal", self.front.url)
            self.server.reset()
            for phase in (CREATE, RERUN):
                before = self.front.connections()
                self._run(entry, CONTENDERS[entry.contender](job), job)
                self.measured.of(entry.label(self.case), phase).connections = self.front.connections() - before
                if phase == CREATE and entry.contender != "empty":
                    self._check(entry, job)

    def _check(self, entry: Entry, job: Job) -> None:
        """Bare boto3 corrects what is not as it shall be; after a contender there must be nothing to correct."""
        self.server.clear_log()
        self._run(entry, bare(job), job)
        if writes := _writes(self.server.calls()):
            raise WrongError(f"{self.case.name}: {entry.contender} leaves this to be done: {counted(writes)}")

    def run_rounds(self, dice: random.Random) -> None:
        """All rounds."""
        for number in range(self.case.rounds):
            entries = [entry for entry in self.case.entries if takes_part(entry, number, self.case.rounds)]
            dice.shuffle(entries)
            self.measured.calibration.append(measure.calibrate())
            _say(f"{self.case.name}: round {number + 1} of {self.case.rounds}")
            for entry in entries:
                self._create_and_rerun(entry)

    def _create_and_rerun(self, entry: Entry) -> None:
        url = self.front.url if self.case.delay_ms else self.server.url
        job = self._job(entry, "run", url)
        command = CONTENDERS[entry.contender](job)
        self.server.reset()
        for phase in (CREATE, RERUN):
            self._measured_run(entry, phase, command, job)

    def run_seeded(self) -> None:
        """Plan what is not there, then run where everything is."""
        self.server.reset()
        self.measured.calibration.append(measure.calibrate())
        for entry in self.case.entries:
            job = self._job(entry, "plan", self.server.url)
            command = CONTENDERS[entry.contender](job)
            self._measured_run(entry, PLAN, Command((*command.arguments, "--check"), command.cwd), job)
        first = self.case.entries[0]
        job = self._job(first, "seed", self.server.url)
        usage = self._run(first, bare(job), job)
        _say(f"{self.case.name}: made in {usage.wall:.0f} s")
        for entry in self.case.entries:
            job = self._job(entry, "run", self.server.url)
            self._measured_run(entry, RERUN, CONTENDERS[entry.contender](job), job)

    def _job(self, entry: Entry, what: str, url: str) -> Job:
        folder = self.folder / entry.label(self.case).replace(", ", "-").replace(" ", "-") / what
        folder.mkdir(parents=True, exist_ok=True)
        return Job(entry.region_count or self.case.region_count, self.case.table_count, url, folder)

    def _measured_run(self, entry: Entry, phase: str, command: Command, job: Job) -> None:
        self.server.clear_log()
        before = self.server.cpu()
        usage = self._run(entry, command, job)
        calls = self.server.calls()
        if phase != CREATE and (writes := _writes(calls)):
            raise WrongError(f"{self.case.name}: {entry.contender} writes where it should not: {counted(writes)}")
        runs = self.measured.of(entry.label(self.case), phase)
        runs.wall.append(usage.wall)
        runs.cpu.append(usage.cpu)
        runs.peak_mb.append(usage.peak_mb)
        runs.server_cpu.append(self.server.cpu() - before)
        runs.calls.append(len(calls))
        runs.operations = counted(calls)
        _say(f"  {entry.label(self.case):22} {phase:7} {usage.wall:7.2f} s, {len(calls)} calls")

    def _run(self, entry: Entry, command: Command, job: Job) -> measure.Usage:
        output = self.folder / f"{entry.contender}.txt"
        return measure.run(command.arguments, command.cwd, environment(job, command), output)


def _writes(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.write]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
