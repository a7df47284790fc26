# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a walk, in the words of people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .walk import Walked

Row = tuple[int, str]


def walk_lines(heading: str, walked: Walked, rows: Sequence[Row]) -> list[str]:
    """A heading that says whether all is done, a line a count, and some keys."""
    done = "all done" if walked.finished else f"{walked.done} of {len(walked.records)} segments done; run it again"
    earlier = ", with what an earlier run had done" if walked.resumed else ""
    return [f"{heading}: {done}{earlier}", *count_lines(rows), *sample_lines(walked.samples)]


def count_lines(rows: Sequence[Row]) -> list[str]:
    """Counts, aligned."""
    width = max((len(f"{count:,}") for count, _words in rows), default=0)
    return [f"  {count:>{width},}  {words}" for count, words in rows]


def sample_lines(samples: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    """Some keys of each verdict."""
    return [
        f"  e.g. {verdict}: " + "; ".join(", ".join(f"{name}={value}" for name, value in key.items()) for key in keys)
        for verdict, keys in sorted(samples.items())
        if keys
    ]
