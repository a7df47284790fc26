# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as Markdown, for docs/performance.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.cases import PHASES
from benchmarks.contenders import TITLES
from benchmarks.results import NOISY, Measured, Results, Runs, spread
from benchmarks.verdicts import verdicts

BEGIN = "<!-- begin: written by python -m benchmarks -->"
END = "<!-- end: written by python -m benchmarks -->"


class MarkersError(Exception):
    """The page has no place for what is to be written."""


def into(page: str, text: str) -> str:
    """A page with a text between its markers.

    Raises MarkersError.
    """
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise MarkersError(f"the page must have the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"


def write(results: Results, page: Path, images: Path) -> None:
    """Put tables and plots into the page. images: the folder of the plots, beside it."""
    images.mkdir(parents=True, exist_ok=True)
    for name, case in results.cases.items():
        (images / f"{name}.svg").write_text(plots.chart(case), encoding="utf-8")
    text = markdown(results, images.name)
    page.write_text(into(page.read_text(encoding="utf-8"), text), encoding="utf-8")


def markdown(results: Results, images: str = "") -> str:
    """Everything. images: the folder of the plots; none are shown without it."""
    parts = ["### What must be shown", _verdicts(results), "### Measured on", _machine(results)]
    for name, case in results.cases.items():
        parts += [f"### {case.title}", _quiet(case), _case(case)]
        if images:
            parts.append(f"![{case.title}: seconds, medians]({images}/{name}.svg)")
    return "\n\n".join(parts)


def _verdicts(results: Results) -> str:
    rows = []
    for each in verdicts(results):
        digits = 0 if each.unit else 2
        measured = "" if each.measured is None else f"{each.measured:.{digits}f}{each.unit}"
        rows.append((each.what, f"{each.limit:.{digits}f}{each.unit}", measured, each.text))
    return table(("what", "at most", "measured", ""), rows, right=(1, 2))


def _machine(results: Results) -> str:
    return table(("", ""), [*results.machine.items(), ("seed of the order", str(results.seed))])


def _quiet(case: Measured) -> str:
    median = statistics.median(case.calibration) if case.calibration else 0.0
    text = (
        f"{case.date[:10]}. The same work took {median * 1000:.0f} ms before each round, "
        f"at most {spread(case.calibration):.0%} more"
    )
    return f"{text}: **the machine was noisy** (over {NOISY:.0%})." if case.noisy else f"{text}."


def _case(case: Measured) -> str:
    numbers = ("wall s", "min to max", "runs", "CPU s", "server's CPU s", "peak MB", "API calls", "connections")
    header = ("contender", "", *numbers)
    rows = []
    for contender, phases in case.runs.items():
        for phase, runs in phases.items():
            if runs.wall:
                rows.append((title(contender), PHASES[phase], *_numbers(runs)))
    return table(header, rows, right=range(2, len(header)))


def _numbers(runs: Runs) -> Iterator[str]:
    yield f"{statistics.median(runs.wall):.2f}"
    yield f"{min(runs.wall):.2f} to {max(runs.wall):.2f}"
    yield str(len(runs.wall))
    yield f"{statistics.median(runs.cpu):.2f}"
    yield f"{statistics.median(runs.server_cpu):.2f}"
    yield f"{max(runs.peak_mb):.0f}"
    few, many = min(runs.calls), max(runs.calls)
    yield str(few) if few == many else f"{few} to {many}"
    yield "" if runs.connections is None else str(runs.connections)


def title(contender: str) -> str:
    """A contender's name for people."""
    name, comma, more = contender.partition(", ")
    return f"{TITLES.get(name, name)}{comma}{more}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A Markdown table. right: columns of numbers."""
    marks = ["---:" if column in right else "---" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, marks, *rows))
