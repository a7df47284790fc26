# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a module is, as a small file that whoever started the module may read while it runs.

It tells of two things: walks over the items of a table, and waits for AWS. It has counts and the names of tables,
indexes and jobs, nothing of an item.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .items.journal import write_whole
from .items.progress import Progress

SECONDS_BETWEEN = 0.5

# Described in the documentation fragment C(progress).
PROGRESS_OPTIONS: dict[str, Any] = {"progress": {"type": "bool"}, "progress_file": {"type": "path"}}


class Tell(Protocol):
    """Is told how something stands that is waited for."""

    def __call__(self, text: str, detail: str = "", percent: float | None = None) -> None:
        """text: what is still going on. detail: counts, for people. percent: C(None) where AWS tells none."""


@dataclass(frozen=True)
class Wait:
    """Something that is waited for.

    text: what is still going on. began, until: Unix seconds. detail: counts, for people. percent: C(None) where AWS
    tells none.
    """

    text: str
    began: float
    until: float
    detail: str = ""
    percent: float | None = None


@dataclass(frozen=True)
class Told:
    """The content of the file. walk: the one that goes on, if any. waits: what is waited for, the oldest first."""

    walk: Progress | None = None
    waits: tuple[Wait, ...] = ()


def parse_told(text: str) -> Told:
    """Reads what C(ProgressFile) wrote. Raises ValueError, TypeError, KeyError."""
    found = json.loads(text)
    walk = Progress(**found["walk"]) if found["walk"] else None
    return Told(walk, tuple(Wait(**each) for each in found["waits"]))


class ProgressFile:
    """Writes the file. Whatever runs side by side in a module shares one.

    path: C(None) writes none. now: the time in seconds. today: Unix seconds, which another process understands.
    """

    def __init__(
        self,
        path: Path | None = None,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ):
        self._path, self._now, self._today = path, now, today
        self._lock = threading.Lock()
        self._next = now()
        self._keys = itertools.count()
        self._walk: Progress | None = None
        self._waits: dict[int, Wait] = {}

    def tell(self, progress: Progress) -> None:
        """Writes how far a walk is, not too often."""
        if self._path is None or not self._lock.acquire(blocking=False):
            return
        try:
            self._walk = progress
            if self._now() >= self._next:
                self._write()
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def wait(self, seconds: float) -> Iterator[Tell]:
        """Within it one thing is waited for. seconds: for how long at most. Gives what is told how it stands."""
        key, began = next(self._keys), self._today()

        def tell(text: str, detail: str = "", percent: float | None = None) -> None:
            self._put(key, Wait(text, began, began + seconds, detail, percent))

        try:
            yield tell
        finally:
            self._put(key, None)

    def _put(self, key: int, wait: Wait | None) -> None:
        # What ended before anything was told of it is most of what there is.
        if self._path is None or self._waits.get(key) == wait:
            return
        with self._lock:
            if wait:
                self._waits[key] = wait
            else:
                self._waits.pop(key, None)
            self._write()

    def _write(self) -> None:
        """A file that cannot be written hinders no work, and is not tried again."""
        if self._path is None:
            return
        self._next = self._now() + SECONDS_BETWEEN
        content = {
            "walk": vars(self._walk) if self._walk else None,
            "waits": [vars(wait) for _key, wait in sorted(self._waits.items())],
        }
        try:
            write_whole(self._path, json.dumps(content), durable=False)
        except OSError:
            self._path = None


def progress_file(params: Mapping[str, Any], now: Callable[[], float], today: Callable[[], float]) -> ProgressFile:
    """The file that a module's arguments name."""
    path = params.get("progress_file")
    return ProgressFile(Path(path) if path else None, now, today)
