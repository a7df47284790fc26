# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The indexes of a table in the words of people. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from .index_view import MISSING, IndexView
from .state import TableState


def index_lines(state: TableState, views: Iterable[IndexView], region: str, now: datetime | None = None) -> list[str]:
    """A heading for the table, then what there is to know of each index. now: for how long something takes already."""
    items = f"{state.table.get('ItemCount') or 0:,} items, {size(state.table.get('TableSizeBytes') or 0)}"
    lines = [f"{state.name} ({region}): {state.status}, {items}"]
    for view in views:
        lines.append(f"  {view.name}: {phase(view, now)}{_as_defined(view)}")
        if view.wanted and view.backfill and view.status == MISSING:
            lines.append(f"      {view.wanted}; {view.backfill}")
        elif view.wanted and view.backfill and view.difference:
            lines.append(f"      to be rebuilt: {view.difference}; {view.backfill}")
        lines += [f"      queried by {each.name}{_about(each.description)}" for each in view.patterns]
        if view.use:
            lines.append(f"      {view.use}")
    return lines if len(lines) > 1 else [*lines, "  no such index"]


def phase(view: IndexView, now: datetime | None) -> str:
    """Where an index stands. now: for how long it is being filled already."""
    if not view.described:
        return MISSING
    if view.status != "ACTIVE" and not view.building:
        return view.status
    if not view.building:
        return f"{view.status}, {view.described.get('ItemCount') or 0:,} items"
    if not view.described.get("Backfilling"):
        return "CREATING, AWS is making room for it"
    parts = ["CREATING, backfilling"]
    progress = view.progress
    if progress and progress.percent is not None:
        parts.append(f"{progress.percent:.0f} %")
    if progress and progress.began and now:
        parts.append(f"for {duration((now - progress.began).total_seconds())} so far")
    return ", ".join(parts)


def _as_defined(view: IndexView) -> str:
    if view.wanted is None:
        return "; not in the definition"
    return "" if not view.described or view.difference else "; as defined"


def _about(description: str) -> str:
    return f" ({description.rstrip('.')})" if description else ""


def size(count: float) -> str:
    """Bytes for people."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB")
    power = 0
    while count >= 1024 and power < len(units) - 1:
        count, power = count / 1024, power + 1
    return f"{count:,.0f} {units[power]}" if power == 0 else f"{count:,.1f} {units[power]}"


def duration(seconds: float) -> str:
    """A time for people."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
