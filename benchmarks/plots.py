# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case as a bar chart in SVG."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from html import escape

from benchmarks.cases import PHASES
from benchmarks.contenders import TITLES
from benchmarks.results import Measured

WIDTH, LABEL, NUMBER = 860, 300, 60
BAR, GAP, HEAD = 16, 10, 34
COLOURS = {"create": "#1f6feb", "rerun": "#d29922", "plan": "#8957e5"}
STYLE = (
    "text{font:13px sans-serif;fill:#57606a}line{stroke:#57606a}@media(prefers-color-scheme:dark){text{fill:#9198a1}}"
)


def chart(case: Measured) -> str:
    """Medians as bars, lines from the fastest to the slowest run."""
    rows = [
        (contender, phases) for contender, phases in case.runs.items() if any(each.wall for each in phases.values())
    ]
    longest = max((max(runs.wall) for _name, phases in rows for runs in phases.values() if runs.wall), default=1.0)
    height = HEAD + sum(len(phases) * BAR + GAP for _name, phases in rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(case.title)}</title>",
        f"<style>{STYLE}</style>",
        *_legend({phase for _name, phases in rows for phase in phases}),
    ]
    top = HEAD
    for contender, phases in rows:
        name, comma, more = contender.partition(", ")
        label = escape(f"{TITLES.get(name, name)}{comma}{more}".replace("`", ""))
        middle = top + len(phases) * BAR / 2 + 4
        lines.append(f'<text x="{LABEL - 8}" y="{middle:.0f}" text-anchor="end">{label}</text>')
        for phase, runs in phases.items():
            lines += _bar(phase, runs.wall, top, (WIDTH - LABEL - NUMBER) / longest)
            top += BAR
        top += GAP
    return "\n".join([*lines, "</svg>"]) + "\n"


def _legend(phases: set[str]) -> Iterator[str]:
    left = LABEL
    for phase in (each for each in PHASES if each in phases):
        yield f'<rect x="{left}" y="6" width="12" height="12" fill="{COLOURS[phase]}"/>'
        yield f'<text x="{left + 18}" y="17">{escape(PHASES[phase])}, seconds</text>'
        left += 40 + 8 * len(PHASES[phase] + ", seconds")


def _bar(phase: str, seconds: list[float], top: float, scale: float) -> Iterator[str]:
    if not seconds:
        return
    median, middle = statistics.median(seconds), top + BAR / 2
    yield f'<rect x="{LABEL}" y="{top + 1}" width="{median * scale:.1f}" height="{BAR - 2}" fill="{COLOURS[phase]}"/>'
    ends = [LABEL + each * scale for each in (min(seconds), max(seconds))]
    yield f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{middle}" y2="{middle}"/>'
    yield f'<text x="{ends[1] + 6:.1f}" y="{middle + 4}">{median:.2f}</text>'
