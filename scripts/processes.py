# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, find and end one background server: what both emulators' control scripts need.

A server is known by its process id and by the time that process started. The id alone is not enough: after a crash the
system may give it to somebody else's process, which must never be signalled.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

POLL_SECONDS = 0.1
TERMINATE_SECONDS = 20.0
KILL_SECONDS = 10.0
LOG_TAIL_LINES = 40
_HAS_PROC = Path("/proc/self/stat").exists()


class ControlError(Exception):
    """Something a person has to know; the text says what and what to do about it."""


@dataclass(frozen=True)
class Server:
    """What is recorded about a running server."""

    pid: int
    started: str
    port: int
    note: str = ""
    # What it had started when it got ready (process id, start mark): a child in a session of its own may outlive it.
    children: tuple[tuple[int, str], ...] = ()

    def alive(self) -> bool:
        return start_mark(self.pid) == self.started


def start_mark(pid: int) -> str | None:
    """A text that only this very process has, or None when there is no such process (or only its zombie)."""
    found = _process(pid)
    return found.started if found else None


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    session: int
    started: str


def _process(pid: int) -> _Process | None:
    return _from_proc(pid) if _HAS_PROC else next(iter(_from_ps("-p", str(pid))), None)


def _processes() -> list[_Process]:
    if not _HAS_PROC:
        return _from_ps("-A")
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [found for pid in pids if (found := _from_proc(pid))]


def _from_proc(pid: int) -> _Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in parentheses and may itself hold blanks or parentheses.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return _Process(pid=pid, parent=int(fields[1]), session=int(fields[3]), started=fields[19])


def _from_ps(*which: str) -> list[_Process]:
    # The process group stands for the session, which not every ps can show.
    columns = ["ps", *which, "-o", "pid=,ppid=,pgid=,state=,lstart="]
    shown = subprocess.run(columns, capture_output=True, text=True, check=False)
    rows = [line.split(maxsplit=4) for line in shown.stdout.splitlines()]
    return [_Process(int(row[0]), int(row[1]), int(row[2]), row[4]) for row in rows if not row[3].startswith("Z")]


class ServerState:
    """The state folder of one server: its record, its log, and a lock so that two commands do not cross."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.record = self.folder / "server.json"
        self.log = self.folder / "server.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def recorded(self) -> Server | None:
        try:
            server = Server(**json.loads(self.record.read_text(encoding="utf-8")))
            return replace(server, children=tuple((pid, mark) for pid, mark in server.children))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise ControlError(
                f"{self.record} is not readable ({error}); delete it and see that no server is left"
            ) from error

    def running(self) -> Server | None:
        """The recorded server when it still lives."""
        server = self.recorded()
        return server if server and server.alive() else None

    def stop(self) -> bool:
        """End what is recorded; whether a server was running."""
        server = self.recorded()
        if server is None:
            return False
        was_running = server.alive()
        end(server)
        self.forget()
        return was_running

    def remember(self, pid: int, port: int, note: str = "") -> Server:
        started = start_mark(pid)
        if started is None:
            raise ControlError(f"the server ended at once.\n{self.log_tail()}")
        return self._write(Server(pid=pid, started=started, port=port, note=note))

    def _write(self, server: Server) -> Server:
        unfinished = self.record.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(server)) + "\n", encoding="utf-8")
        unfinished.replace(self.record)
        return server

    def forget(self) -> None:
        self.record.unlink(missing_ok=True)

    def log_tail(self) -> str:
        if not self.log.exists():
            return f"(no log at {self.log})"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join([f"Last lines of {self.log}:", *(f"    {line}" for line in lines)])

    def launch(
        self, command: Sequence[str], port: int, environment: Mapping[str, str] | None = None, note: str = ""
    ) -> Server:
        """Start the command in a session of its own, so that it outlives this one and can be ended as a group."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                env=dict(environment) if environment is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        # It outlives this command: Popen has nothing to wait for, and must not warn of that.
        process.returncode = 0
        return self.remember(process.pid, port, note)

    def wait_ready(self, server: Server, ready: Callable[[], bool], seconds: float, name: str) -> None:
        """Return when the server answers; where it does not, leave nothing of it running."""
        answers = False
        try:
            answers = wait_until(lambda: ready() or not server.alive(), seconds) and server.alive()
            reason = f"did not answer within {seconds:.0f} s" if server.alive() else "ended while it was starting"
        finally:
            if not answers:
                end(server)
                self.forget()
        if answers:
            self._write(replace(server, children=tuple(each for each in _family(server) if each[0] != server.pid)))
        else:
            raise ControlError(f"{name} {reason}.\n{self.log_tail()}")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def end(server: Server) -> None:
    """End the server and everything it started; return when all are gone."""
    family = [*_family(server), *server.children]
    # The leader ends its own children; those that it leaves behind, or started meanwhile, are ended after it.
    _signal([member for member in family if member[0] == server.pid], signal.SIGTERM)
    leader_gone = wait_until(lambda: not server.alive(), TERMINATE_SECONDS)
    family = [*family, *(member for member in _family(server) if member not in family)]
    _signal(family, signal.SIGTERM if leader_gone else signal.SIGKILL)
    if wait_until(lambda: not any(map(_lives, family)), KILL_SECONDS):
        return
    _signal(family, signal.SIGKILL)
    if not wait_until(lambda: not any(map(_lives, family)), KILL_SECONDS):
        left = ", ".join(str(member[0]) for member in family if _lives(member))
        raise ControlError(f"these processes do not end: {left}")


def _signal(members: Sequence[tuple[int, str]], number: signal.Signals) -> None:
    for member in members:
        if _lives(member):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member[0], number)


def _lives(member: tuple[int, str]) -> bool:
    pid, mark = member
    return start_mark(pid) == mark


def _family(server: Server) -> list[tuple[int, str]]:
    """The server, its descendants and what it left in its session, each with its start mark."""
    if start_mark(server.pid) not in (None, server.started):
        return []
    everyone = _processes()
    # The system gives out no process id that is still a session's, so the session is ours even when its leader is gone.
    family = {each.pid: each for each in everyone if server.pid in (each.pid, each.session)}
    grew = True
    while grew:
        children = {each.pid: each for each in everyone if each.parent in family and each.pid not in family}
        family |= children
        grew = bool(children)
    return [(each.pid, each.started) for each in family.values()]


def run(main: Callable[[], int]) -> None:
    """Run a control script's main: what a person has to know goes to stderr, without a traceback."""
    try:
        sys.exit(main())
    except ControlError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
