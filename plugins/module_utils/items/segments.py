# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process works on which part of a table. Pure.

A parallel scan cuts a table into C(total_segments) parts by the hash of the partition key. Slice I of N owns every Nth
segment, beginning with the Ith, so slices of one job never overlap and together own everything, provided that all of
them use the same number of segments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..arguments import DefinitionError

SLICE = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
# Scan API reference.
MAX_SEGMENTS = 1_000_000


@dataclass(frozen=True)
class Slice:
    """Part C(number), from 1, of the C(of) parts that a job is divided into."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def owned(self, total_segments: int) -> tuple[int, ...]:
        """The segments of this slice, from 0."""
        return tuple(range(self.number - 1, total_segments, self.of))

    def share(self, units: float) -> float:
        """This slice's part of a budget that is meant for the whole job."""
        return units / self.of


def parse_slice(text: str) -> Slice:
    """Reads C(2/4). Raises DefinitionError."""
    found = SLICE.fullmatch(text.replace(" ", ""))
    part = Slice(int(found[1]), int(found[2])) if found else Slice(0, 0)
    if not 1 <= part.number <= part.of:
        raise DefinitionError([f"slice: {text!r} is no slice; the second of four slices is written '2/4'"])
    return part


def check_segments(part: Slice, total_segments: int) -> None:
    """Raises DefinitionError where the slice would own nothing, or AWS takes no such number."""
    if not 1 <= total_segments <= MAX_SEGMENTS:
        raise DefinitionError([f"segments: {total_segments} is not between 1 and {MAX_SEGMENTS}"])
    if part.of > total_segments:
        raise DefinitionError([f"slice: {part.of} slices cannot share {total_segments} segments; give more segments"])
