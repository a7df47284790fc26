# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job has done so far, on disk: one small file a segment, so that a killed run goes on where it was.

A journal holds keys and counts, no other part of an item. Losing one costs a rescan and nothing else, because every
write of a job is conditional.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .keys import from_json, to_json

JOB_FILE, LOCK_FILE = "job.json", "lock"


class JournalError(Exception):
    """The journal cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Job:
    """What makes a job this job and no other.

    kind: what is done, as C(ttl). table: the table's name. arn, table_id: so that a table of another account or region,
    or one that was deleted and made again, is another. segments: how many the table is walked in. parameters: all that
    decides what happens to an item; not how fast, nor by whom.
    """

    kind: str
    table: str
    arn: str
    table_id: str
    segments: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The same for the same job, whenever and wherever it runs."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """How far one segment is.

    key: the last key that is done with; empty at the beginning. done: whether the segment is. scanned: items that AWS
    looked at. counts: verdicts and how often each was given. samples: some keys of a verdict. data: the use's own.
    """

    key: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False
    scanned: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Journal:
    """The journal of one job in a folder of its own below C(state_dir)."""

    state_dir: Path
    job: Job

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.state_dir / f"{self.job.kind}-{self.job.table}-{self.job.fingerprint[:12]}"

    @contextlib.contextmanager
    def claimed(self, segments: Sequence[int]) -> Iterator[None]:
        """Keeps other processes of this machine from these segments of this job. Raises JournalError.

        The lock ends with the process, however it ends.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_job()
            lock = (self.folder / LOCK_FILE).open("a")
        except OSError as error:
            raise JournalError(f"the state folder cannot be used: {error}. Give another state_dir") from error
        with lock:
            try:
                for segment in segments:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, segment)
            except OSError as error:
                raise JournalError(
                    f"another run of this job is at work on this slice ({self.folder}). Wait for it, or end it; a "
                    "module may outlive an ansible-playbook that was killed"
                ) from error
            yield

    def load(self, segment: int) -> Record:
        """How far a segment is. Raises JournalError."""
        path = self._path(segment)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Record()
        found = _parsed(text, path)
        if found.get("fingerprint") != self.job.fingerprint:
            raise JournalError(f"{path} belongs to another job. Move it away, or give another state_dir")
        record = Record(**found["record"])
        return replace(record, key=from_json(record.key))

    def save(self, segment: int, record: Record) -> None:
        """Writes how far a segment is, so that a kill at any moment leaves the old or the new. Raises JournalError."""
        written = {**vars(record), "key": to_json(record.key)}
        self._write(self._path(segment), {"fingerprint": self.job.fingerprint, "record": written})

    def forget(self, segments: Sequence[int]) -> None:
        """Removes what was written of these segments."""
        for segment in segments:
            path = self._path(segment)
            # With what a kill left of a write.
            for unfinished in self.folder.glob(f".{path.name}.*"):
                unfinished.unlink(missing_ok=True)
            path.unlink(missing_ok=True)

    def _path(self, segment: int) -> Path:
        return self.folder / f"segment-{segment:06d}.json"

    def _check_job(self) -> None:
        path = self.folder / JOB_FILE
        if not path.exists():
            self._write(path, asdict(self.job))
        elif _parsed(path.read_text(encoding="utf-8"), path) != json.loads(json.dumps(asdict(self.job))):
            raise JournalError(f"{path} is the journal of another job. Move it away, or give another state_dir")

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        try:
            write_whole(path, json.dumps(content), durable=True)
        except OSError as error:
            raise JournalError(f"the journal cannot be written: {error}. What was done stays; run it again") from error


def write_whole(path: Path, content: str | bytes, durable: bool) -> None:
    """Writes a file so that whoever reads it sees all of the old or all of the new content. Raises OSError.

    durable: whether it must survive a power cut, too.
    """
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise JournalError(f"{path} is damaged: {error}. Remove it; its segment is scanned again then") from error
    return found
