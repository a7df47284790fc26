# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part that a segment has in work, on disk: written before the first byte goes to S3, so that a kill loses nothing.

It holds whole items, readable by its owner alone, and is emptied as soon as they are marked. Losing it costs a second
copy in S3: items that are not marked yet are archived anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..items.journal import JournalError, write_whole
from .parts import Part

# What has happened to a part, in this order: it is on disk, it was read back from S3 as it was sent, it has its storage
# class, and every entry has been dealt with.
SPOOLED, CHECKED, STORED, MARKED = "spooled", "checked", "stored", "marked"
TOLD = ("number", "key", "stage", "version", "position", "counts", "before")


@dataclass(frozen=True)
class InWork:
    """A part and how far it is.

    number: the first part of its segment is 1. key: of its object. version: of the object that was read back, where the
    bucket keeps versions. position: how many entries were dealt with. counts: what came of them. before: what was
    marked in parts before it that the journal does not know of.
    """

    part: Part
    number: int
    key: str
    stage: str = SPOOLED
    version: str = ""
    position: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spool:
    """The place of one segment's part, in the folder of its job's journal. fingerprint: of the job."""

    folder: Path
    segment: int
    fingerprint: str

    def load(self) -> InWork | None:
        """What is there; C(None) where there is nothing, or it is of no use any more."""
        try:
            told = json.loads(self._told.read_text(encoding="utf-8"))
            content = self._content.read_bytes() if told["stage"] != MARKED else b""
        except (FileNotFoundError, ValueError):
            return None
        except OSError as error:
            raise JournalError(f"the spool cannot be read: {error}") from error
        part = Part(content, told["items"], told["size"])
        if told["fingerprint"] != self.fingerprint or (content and part.sha256 != told["sha256"]):
            return None
        return InWork(part, **{name: told[name] for name in TOLD})

    def save(self, work: InWork) -> None:
        """Writes a part; in the order in which a kill in between leaves nothing that would be believed."""
        try:
            self._told.unlink(missing_ok=True)
            write_whole(self._content, work.part.content, durable=True)
        except OSError as error:
            raise JournalError(f"the spool cannot be written: {error}. Nothing of this part was done") from error
        self._tell(work)

    def advance(self, work: InWork, **changes: Any) -> InWork:
        """Writes how far it is now."""
        later = replace(work, **changes)
        self._tell(later)
        if later.stage == MARKED:
            self._content.unlink(missing_ok=True)
        return later

    def clear(self) -> None:
        """Removes it, with what a kill left of a write."""
        for unfinished in self.folder.glob(f".{self._told.name}.*"):
            unfinished.unlink(missing_ok=True)
        self._told.unlink(missing_ok=True)
        self._content.unlink(missing_ok=True)

    @property
    def _told(self) -> Path:
        return self.folder / f"part-{self.segment:06d}.json"

    @property
    def _content(self) -> Path:
        return self.folder / f"part-{self.segment:06d}.json.gz"

    def _tell(self, work: InWork) -> None:
        told = {
            "fingerprint": self.fingerprint,
            "items": work.part.items,
            "size": work.part.size,
            "sha256": work.part.sha256,
            **{name: getattr(work, name) for name in TOLD},
        }
        try:
            write_whole(self._told, json.dumps(told), durable=True)
        except OSError as error:
            raise JournalError(f"the spool cannot be written: {error}. Run it again to go on") from error
