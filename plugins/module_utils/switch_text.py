# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch of the billing mode in the words of people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .settings.billing import PAY_PER_REQUEST, billing_mode
from .settings.capacity import ON_DEMAND_FLOOR
from .switching import ITSELF, Switch, last_switch

FLOOR = f"{ON_DEMAND_FLOOR.read:,} read and {ON_DEMAND_FLOOR.write:,} write units a second"


def switch_lines(switch: Switch, region: str) -> list[str]:
    """From what to what, what it needs, and what the way back costs."""
    now, wanted = billing_mode(switch.state), switch.wish.mode
    heading = f"{now} -> {wanted}" if switch.switched else f"is {wanted} already"
    lines = [f"{switch.state.name} ({region}): {heading}"]
    if switch.needed:
        lines += [f"  {line}" for line in (*_peaks(switch), *_needs(switch), *_costs(switch))]
    return lines


def _title(name: str) -> str:
    return "the table" if name == ITSELF else f"index {name}"


def _peaks(switch: Switch) -> Iterator[str]:
    if switch.why:
        yield f"peaks of the last {switch.days} days are not known: {switch.why}"
    for name, peak in switch.peaks.items():
        yield f"peak of {_title(name)} in the last {switch.days} days: {peak}"


def _needs(switch: Switch) -> Iterator[str]:
    for name, (units, source) in switch.units.items():
        yield f"throughput of {_title(name)}: {units} ({source})"
    for name in switch.unknown:
        subject = switch.state.name + (f"/{name}" if name else "")
        yield f"throughput of {_title(name)} is not known: define it, or give it in units under {subject}"
    for name, warm in switch.warm.items():
        yield f"first warm {_title(name)} to {warm}: five to ten minutes, charged once, never lowered again"
    if switch.wish.mode == PAY_PER_REQUEST and not switch.warm:
        yield f"takes {FLOOR} at once, and more as it grows; what is expected beyond that is given in units"


def _costs(switch: Switch) -> Iterator[str]:
    if not switch.switched:
        return
    if switch.wish.mode == PAY_PER_REQUEST:
        yield "one to three minutes; AWS takes four switches to PAY_PER_REQUEST in 24 hours"
        yield "back: at any time, in one to two minutes, with throughput for the table and each index"
    else:
        yield "one to two minutes; limits of on-demand requests are dropped"
        yield "back: one to three minutes, four times in 24 hours at most; the warmth that AWS gave it stays"
    last = last_switch(switch.state)
    if last:
        yield f"it last became PAY_PER_REQUEST at {last:%Y-%m-%d %H:%M %Z}; AWS does not tell how often before"
    yield "settings of auto scaling stay as they are"
    yield "write the mode into the definition, or the next provision switches back"
