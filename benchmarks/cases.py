# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: which contenders do which job how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

CREATE, RERUN, PLAN = "create", "rerun", "plan"
PHASES = {
    CREATE: "create",
    RERUN: "unchanged re-run",
    PLAN: "plan of what is not there (check mode)",
}


@dataclass(frozen=True)
class Entry:
    """A contender of a case.

    runs: how often. region_count: where it is not the case's. rehearsed: whether it runs once more, first, uncounted,
    through a proxy that counts connections; what follows then finds bytecode and caches warm.
    """

    contender: str
    runs: int
    region_count: int | None = None
    rehearsed: bool = True

    def label(self, case: Case) -> str:
        """Its name in the results."""
        if self.region_count in (None, case.region_count):
            return self.contender
        return f"{self.contender}, {self.region_count} region"


@dataclass(frozen=True)
class Case:
    """A job. delay_ms: added to each request. seeded: tables are made at once, by bare boto3, instead of by each."""

    name: str
    title: str
    table_count: int
    entries: tuple[Entry, ...]
    region_count: int = 1
    delay_ms: int = 0
    seeded: bool = False

    @property
    def rounds(self) -> int:
        """How many there are; not every contender is in every round."""
        return max(entry.runs for entry in self.entries)


FLOOR_RUNS = 11
RUNS = 5
# Of what takes minutes a run.
FEW_RUNS = 3


def _auditflow(name: str, title: str, delay_ms: int) -> Case:
    quick = tuple(Entry(contender, FLOOR_RUNS) for contender in ("empty", "bare", "task", "provision"))
    return Case(name, title, 2, (*quick, Entry("bash", RUNS), Entry("community", RUNS)), delay_ms=delay_ms)


CASES = (
    _auditflow("2-tables", "2 tables (AuditFlow)", 0),
    _auditflow("2-tables-100ms", "2 tables (AuditFlow), 100 ms added to each request", 100),
    Case(
        "20-tables",
        "20 tables",
        20,
        (
            *(Entry(contender, RUNS) for contender in ("empty", "bare", "task", "provision")),
            Entry("bash", FEW_RUNS, rehearsed=False),
            Entry("community", FEW_RUNS, rehearsed=False),
        ),
    ),
    Case("200-tables", "200 tables", 200, tuple(Entry(contender, RUNS) for contender in ("bare", "task", "provision"))),
    Case(
        "5-regions",
        "5 regions x 2 tables",
        2,
        (
            *(Entry(contender, RUNS) for contender in ("bare", "task", "provision")),
            Entry("community", FEW_RUNS, rehearsed=False),
        ),
        region_count=5,
    ),
    Case(
        "20-regions",
        "20 regions x 20 tables",
        20,
        (Entry("provision", RUNS), Entry("provision", RUNS, region_count=1)),
        region_count=20,
    ),
    Case(
        "2500-tables",
        "2,500 tables in one region",
        2500,
        (Entry("task", 1, rehearsed=False), Entry("provision", 1, rehearsed=False)),
        seeded=True,
    ),
)


def chosen(names: list[str], runs: int | None) -> tuple[Case, ...]:
    """Cases by name, all where none is named. runs: at most so many of each contender."""
    unknown = set(names) - {case.name for case in CASES}
    if unknown:
        raise ValueError(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(c.name for c in CASES)}")
    cases = [case for case in CASES if not names or case.name in names]
    return tuple(replace(case, entries=tuple(_limited(entry, runs) for entry in case.entries)) for case in cases)


def _limited(entry: Entry, runs: int | None) -> Entry:
    return entry if runs is None else replace(entry, runs=min(runs, entry.runs))


def takes_part(entry: Entry, number: int, rounds: int) -> bool:
    """Whether a contender is in a round, counted from 0: its runs are spread over all rounds."""
    return (number + 1) * entry.runs // rounds > number * entry.runs // rounds
