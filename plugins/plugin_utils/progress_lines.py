# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What progress looks like: from what a module tells to lines that fit into a terminal. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import Told

CUT = "..."
MOST_LINES = 10
# Most waits are over by then; to show them would only flicker.
YOUNGEST = 1.0


@dataclass(frozen=True)
class Row:
    """One thing that goes on.

    seconds: for how long already. text: what. details: more of it; the last ones are left out first in a narrow place.
    """

    seconds: float
    text: str
    details: tuple[str, ...] = ()


def rows_of(told: Told, now: float, seconds: float) -> list[Row]:
    """The rows of one module. now: Unix seconds. seconds: since the module began."""
    walk = [Row(seconds, told.walk.table, told.walk.parts)] if told.walk else []
    waits = [
        Row(
            now - wait.began,
            wait.text,
            tuple(
                detail
                for detail in (
                    f"{wait.percent:.0f} %" if wait.percent is not None else "",
                    wait.detail,
                    f"until {clock(wait.until, now)} at most",
                )
                if detail
            ),
        )
        for wait in told.waits
        if now - wait.began >= YOUNGEST
    ]
    return walk + waits


def clock(moment: float, now: float) -> str:
    """When that is, in the time of this machine."""
    then, today = (datetime.fromtimestamp(each, timezone.utc).astimezone() for each in (moment, now))
    return f"{then:%H:%M:%S}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M}"


def elapsed(seconds: float) -> str:
    """3:21, and 1:03:21 after an hour."""
    whole = int(seconds)
    minutes = f"{whole // 60 % 60}:{whole % 60:02}"
    return f"{whole // 3600}:{minutes:0>5}" if whole >= 3600 else minutes


def line(row: Row, width: int, label: str = "") -> str:
    """A row in at most so many columns. label: whose it is."""
    head = f"{elapsed(row.seconds):>7}  {f'[{label}] ' if label else ''}{row.text}"
    details = list(row.details)
    while details and columns(_joined(head, details)) > width:
        details.pop()
    return fit(_joined(head, details), width)


def lines(rows: Sequence[tuple[str, Row]], width: int, height: int) -> list[str]:
    """Rows with their labels, no more than there is room for."""
    most = max(1, min(MOST_LINES, height - 1))
    if len(rows) <= most:
        return [line(row, width, label) for label, row in rows]
    shown = rows[: most - 1]
    return [*(line(row, width, label) for label, row in shown), fit(f"{'':>7}  {len(rows) - len(shown)} more", width)]


def fit(text: str, width: int) -> str:
    """The text in at most so many columns, without what a terminal would not show as it is."""
    clean = "".join(each if each.isprintable() else "?" for each in text)
    if columns(clean) <= width:
        return clean
    cut = CUT[: max(0, width)]
    kept = ""
    for each in clean:
        if columns(kept + each) > width - len(cut):
            break
        kept += each
    return kept + cut


def columns(text: str) -> int:
    """How many columns a text takes."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def _joined(head: str, details: Sequence[str]) -> str:
    return ", ".join((head, *details))
