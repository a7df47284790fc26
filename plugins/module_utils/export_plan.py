# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which exports of a table are missing, going by those that AWS knows. Pure.

The windows of incremental exports are those of the service quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import RefusedError
from .exports import FULL, LAST, Export, Order, Recovery, Window, began, newest_first
from .steps import Refusal
from .transfer import COMPLETED, FAILED, UNDER_WAY, iso

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=24)


@dataclass(frozen=True)
class Plan:
    """What is to be asked for, and what is there.

    windows: one for each export that is missing, C(None) for a full one. standing: exports that are what was asked
    for, under way or done. first: exports that have to end before it can be said what is missing. note: why nothing is
    missing.
    """

    windows: tuple[Window | None, ...] = ()
    standing: tuple[Export, ...] = ()
    first: tuple[Export, ...] = ()
    note: str = ""


def known(arns: Iterable[str], describe: Callable[[str], Export | None], order: Order, now: datetime) -> list[Export]:
    """The exports that matter for an order, the newest first; no more of them are described than that."""
    found: list[Export] = []
    horizon = order.horizon(now)
    for arn in newest_first(arns):
        start = began(arn)
        if horizon and start and start < horizon:
            break
        export = describe(arn)
        if export:
            found.append(export)
            # What began before this moment cannot hold anything later than it.
            horizon = max(filter(None, (horizon, order.goes_on_from(export))), default=None)
    return found


def plan_exports(name: str, order: Order, exports: Sequence[Export], recovery: Recovery, now: datetime) -> Plan:
    """What is missing.

    Raises RefusedError where AWS would refuse, or where what is asked for cannot be known.
    """
    if not recovery.enabled:
        reason = f"point-in-time recovery of {name} is off, and AWS exports only what it has recorded"
        raise _refused(reason, "Turn it on (pitr), and run it again: from then on the table can be exported")
    alike = [export for export in exports if order.goes_to(export) and export.status != FAILED]
    if order.type == FULL:
        return _full(order, alike, recovery, name, now)
    latest = (recovery.latest or now).replace(second=0, microsecond=0)
    if order.since == LAST:
        return _since_last(name, order, exports, recovery, latest)
    if not isinstance(order.since, datetime):
        raise TypeError("an incremental order says since when")
    windows = split(order.since, order.until or latest, whole=order.until is not None)
    _check_windows(windows, order.since, order.until or latest, recovery, name, now)
    return _missing(order, windows, alike, now)


def _full(order: Order, alike: Sequence[Export], recovery: Recovery, name: str, now: datetime) -> Plan:
    if order.at:
        _check_recorded(order.at, recovery, name, now)
    for export in alike:
        made_at = export.at or export.started or now
        asked = _same(export.at, order.at) if order.at else made_at >= now - order.max_age
        if export.type == FULL and (asked or (not order.at and export.status in UNDER_WAY)):
            return Plan(standing=(export,))
    return Plan(windows=(None,))


def _since_last(name: str, order: Order, known_ones: Sequence[Export], recovery: Recovery, latest: datetime) -> Plan:
    alike = [export for export in known_ones if order.goes_to(export)]
    moving = tuple(export for export in alike if export.status in UNDER_WAY)
    if moving:
        return Plan(first=moving)
    done = [export for export in alike if export.status == COMPLETED]
    reached = [export.covers for export in done if export.covers]
    if not reached:
        reason = f"AWS knows no completed export of {name} to {order.place} in this format that could be continued"
        raise _refused(reason, "Make a full export there first (without since). AWS forgets exports after 90 days")
    base = max(reached)
    windows = [*_gaps(alike, done, base), *split(base, latest, whole=False)]
    if not windows:
        return Plan(note=f"exported up to {iso(base)}; AWS takes windows of {_minutes(SHORTEST)} minutes and more")
    _check_recorded(windows[0].begin, recovery, name, latest)
    return Plan(windows=tuple(windows))


def _gaps(alike: Sequence[Export], done: Sequence[Export], base: datetime) -> list[Window]:
    """What failed before the moment from which it goes on, and was not exported since, the earliest first.

    They are asked for before what follows them, so that there is no moment at which a later export hides them.
    """
    failed = {export.window for export in alike if export.status == FAILED and export.window}
    missing = [window for window in failed if window.begin < base and not _is_covered(window, done)]
    return sorted(missing, key=lambda window: window.begin)


def _is_covered(window: Window, done: Sequence[Export]) -> bool:
    if any(export.type == FULL and (export.covers or window.begin) >= window.end for export in done):
        return True
    reach = window.begin
    for other in sorted((export.window for export in done if export.window), key=lambda each: each.begin):
        if int(other.begin.timestamp()) <= int(reach.timestamp()):
            reach = max(reach, other.end)
    return int(reach.timestamp()) >= int(window.end.timestamp())


def _missing(order: Order, windows: Sequence[Window], alike: Sequence[Export], now: datetime) -> Plan:
    missing: list[Window] = []
    standing: list[Export] = []
    for window in windows:
        is_open = order.until is None and window is windows[-1]
        found = next((export for export in alike if _is(export, window, is_open, order, now)), None)
        if found:
            standing.append(found)
        else:
            missing.append(window)
    return Plan(windows=tuple(missing), standing=tuple(standing))


def _is(export: Export, window: Window, is_open: bool, order: Order, now: datetime) -> bool:
    if not export.window or export.view not in ("", order.view) or not _same(export.window.begin, window.begin):
        return False
    return _same(export.window.end, window.end) or (is_open and export.window.end >= now - order.max_age)


def split(begin: datetime, end: datetime, whole: bool) -> list[Window]:
    """Windows that AWS takes, one behind the other. whole: up to the end; otherwise a short rest is left to later."""
    windows = []
    while end - begin > LONGEST:
        # What is left must not be shorter than AWS takes.
        cut = begin + LONGEST
        if whole and end - cut < SHORTEST:
            cut = end - SHORTEST
        windows.append(Window(begin, cut))
        begin = cut
    if end - begin >= SHORTEST:
        windows.append(Window(begin, end))
    return windows


def _check_windows(
    windows: Sequence[Window], begin: datetime, end: datetime, recovery: Recovery, name: str, now: datetime
) -> None:
    if not windows:
        reason = f"{iso(begin)} to {iso(end)} is less than the {_minutes(SHORTEST)} minutes that AWS takes at least"
        raise _refused(reason, "Begin earlier, or wait")
    _check_recorded(begin, recovery, name, now)
    _check_recorded(end, recovery, name, now)


def _check_recorded(moment: datetime, recovery: Recovery, name: str, now: datetime) -> None:
    # A second at the edges: what is shown is rounded. Of the last minutes AWS itself says whether it has them.
    second = timedelta(seconds=1)
    if moment > now + second or (recovery.earliest and moment < recovery.earliest - second):
        reason = f"{iso(moment)} is not between {iso(recovery.earliest)} and {iso(now)}"
        raise _refused(f"{reason}, for which {name} can be exported", "Choose a time between them, or a full export")


def _same(one: datetime | None, other: datetime | None) -> bool:
    return bool(one and other) and int(one.timestamp()) == int(other.timestamp())  # type: ignore[union-attr]


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _refused(reason: str, remedy: str) -> RefusedError:
    return RefusedError((Refusal("table", reason, remedy),))
