# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure, and write docs/performance.md: `make bench`, or `python -m benchmarks` with options.

A full run takes about half an hour on two cores and wants them for itself. What is measured in part goes nowhere but to
the terminal, unless --merge puts its cases into the results of the last full run.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from benchmarks import environments, machine, render
from benchmarks.cases import CASES, Case, chosen
from benchmarks.environments import ROOT, SetupError
from benchmarks.measure import FailedError
from benchmarks.results import Results, load, save
from benchmarks.server import ServerError
from benchmarks.session import WrongError, run_case

LATEST = ROOT / "benchmarks" / "results" / "latest.json"
TRIAL = ROOT / ".cache" / "bench" / "trial.json"
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "performance"
SLOWEST = "2500-tables"


def main() -> int:
    """Entry point."""
    arguments = _parse()
    if arguments.render:
        return _render()
    # What is running is ended on the way out.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    try:
        cases = _cases(arguments)
        environments.ensure()
    except (SetupError, ValueError) as error:
        return _failed(error)
    return measure(cases, arguments.seed, *_where(arguments))


def measure(cases: tuple[Case, ...], seed: int, path: Path, keep: Results | None, to_page: bool) -> int:
    """Measure cases, and write what there is after each. keep: results that these go into.

    Returns the exit code: a ratio that is missed is a result, a case that cannot be measured is a failure.
    """
    code = 0
    results = Results(machine.describe(), seed, dict(keep.cases) if keep else {})
    order = [each.name for each in CASES]
    for case in cases:
        try:
            results.cases[case.name] = run_case(case, seed)
        except (FailedError, ServerError, WrongError) as error:
            # The others may be measured all the same; the page says of this one that it was not.
            results.cases.pop(case.name, None)
            code = _failed(error)
        results.cases = dict(sorted(results.cases.items(), key=lambda item: order.index(item[0])))
        save(results, path)
    if to_page:
        render.write(results, PAGE, IMAGES)
    print(render.markdown(results))
    return code


def _failed(error: Exception) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 1


def _cases(arguments: argparse.Namespace) -> tuple[Case, ...]:
    cases = chosen(arguments.only or [], 1 if arguments.quick else arguments.runs)
    if arguments.quick and not arguments.only:
        cases = tuple(case for case in cases if case.name != SLOWEST)
    return cases


def _where(arguments: argparse.Namespace) -> tuple[Path, Results | None, bool]:
    """The file of the results, those that are kept in it, and whether the page is written."""
    if arguments.merge:
        return LATEST, load(LATEST), True
    partly = arguments.only or arguments.quick or arguments.runs
    return (TRIAL, None, False) if partly else (LATEST, None, True)


def _render() -> int:
    results = load(LATEST)
    if results is None:
        return _failed(FileNotFoundError(f"there is no {LATEST.relative_to(ROOT)}"))
    render.write(results, PAGE, IMAGES)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", metavar="CASE", help=", ".join(case.name for case in CASES))
    parser.add_argument("--runs", type=int, metavar="N", help="at most so many of each contender")
    parser.add_argument("--quick", action="store_true", help="one run of each, to see that it works; no 2,500 tables")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the contenders (1)")
    parser.add_argument("--merge", action="store_true", help="put these cases into the results of the last full run")
    parser.add_argument("--render", action="store_true", help="measure nothing; write the page from the last results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
