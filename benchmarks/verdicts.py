# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the measuring must show: ratios within one run, each with its limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.cases import CREATE, PHASES, PLAN, RERUN
from benchmarks.results import Results

FLOOR_LIMIT = 1.1
BOTH = (CREATE, RERUN)
MOST_MB = 400.0


@dataclass(frozen=True)
class Verdict:
    """A line of what must be shown.

    what: in words. limit: the most that is good. measured: C(None) where it was not measured. unit: of both. noisy:
    whether something else was going on meanwhile.
    """

    what: str
    limit: float
    measured: float | None
    unit: str = ""
    noisy: bool = False

    @property
    def text(self) -> str:
        """met, MISSED or not measured."""
        if self.measured is None:
            return "not measured"
        met = "met" if self.measured <= self.limit else "**MISSED**"
        return f"{met}, but the machine was noisy" if self.noisy else met


def verdicts(results: Results) -> list[Verdict]:
    """All lines."""
    judge = _Judge(results)
    return [
        *judge.floor(),
        *judge.calls(),
        *judge.provision(),
        *judge.growth(),
        *judge.regions(),
        *judge.memory(),
    ]


@dataclass(frozen=True)
class _Judge:
    results: Results

    def floor(self) -> Iterator[Verdict]:
        for case, how in (("2-tables", "direct"), ("2-tables-100ms", "+100 ms")):
            for phase in BOTH:
                empty, bare = self._wall(case, "empty", phase), self._wall(case, "bare", phase)
                floor = None if empty is None or bare is None else empty + bare
                what = f"one `tables` task, {PHASES[phase]}, {how}: of the floor F (an empty play + bare boto3)"
                yield self._ratio(what, FLOOR_LIMIT, self._wall(case, "task", phase), floor, case)

    def calls(self) -> Iterator[Verdict]:
        for phase in BOTH:
            counts = [self._calls("2-tables", contender, phase) for contender in ("task", "bare")]
            what = f"one `tables` task, {PHASES[phase]}: API calls, of bare boto3's"
            # Whatever else goes on, calls are counted.
            yield Verdict(what, 1.0, quotient(*counts))

    def provision(self) -> Iterator[Verdict]:
        two = (("bash", 0.45), ("community", 0.25))
        for case, how, limits in (
            ("2-tables", "2 tables, direct", two),
            ("2-tables-100ms", "2 tables, +100 ms", two),
            ("20-tables", "20 tables", (("community", 0.05), ("bash", 0.08))),
            ("5-regions", "5 regions x 2 tables", (("community", 0.1),)),
        ):
            for other, limit in limits:
                for phase in BOTH:
                    name = {"bash": "the bash script", "community": "the community.aws playbook"}[other]
                    what = f"`provision.yml`, {how}, {PHASES[phase]}: of {name}"
                    measured = self._wall(case, "provision", phase)
                    yield self._ratio(what, limit, measured, self._wall(case, other, phase), case)

    def growth(self) -> Iterator[Verdict]:
        for contender, name in (("provision", "`provision.yml`"), ("task", "one `tables` task")):
            for phase in BOTH:
                few, many = (self._wall(case, contender, phase) for case in ("20-tables", "200-tables"))
                what = f"{name}, 200 tables, {PHASES[phase]}: of its own 20"
                yield self._ratio(what, 4.0, many, few, "20-tables", "200-tables")
        for start, end, tables in (("2-tables", "20-tables", "2 to 20"), ("20-tables", "200-tables", "20 to 200")):
            for phase in BOTH:
                ours, theirs = (self._extra(contender, start, end, phase) for contender in ("task", "bare"))
                what = f"one `tables` task, the extra time a table, {tables}, {PHASES[phase]}: of bare boto3's"
                yield self._ratio(what, 1.5, ours, theirs, start, end)

    def regions(self) -> Iterator[Verdict]:
        case = "20-regions"
        for phase in BOTH:
            many, one = (self._wall(case, contender, phase) for contender in ("provision", "provision, 1 region"))
            what = f"`provision.yml`, 20 regions x 20 tables, {PHASES[phase]}: of one region x 20 tables"
            yield self._ratio(what, 8.0, many, one, case)

    def memory(self) -> Iterator[Verdict]:
        for contender, name in (("task", "one `tables` task"), ("provision", "`provision.yml`")):
            for phase in (PLAN, RERUN):
                runs = self.results.find("2500-tables", contender, phase)
                most = max(runs.peak_mb) if runs and runs.peak_mb else None
                what = f"{name}, 2,500 tables, {PHASES[phase]}: peak memory of its largest process"
                yield Verdict(what, MOST_MB, most, " MB")

    def _wall(self, case: str, contender: str, phase: str) -> float | None:
        return self.results.median(case, contender, phase)

    def _extra(self, contender: str, start: str, end: str, phase: str) -> float | None:
        few, many = self._wall(start, contender, phase), self._wall(end, contender, phase)
        return None if few is None or many is None else many - few

    def _calls(self, case: str, contender: str, phase: str) -> float | None:
        runs = self.results.find(case, contender, phase)
        return max(runs.calls) if runs and runs.calls else None

    def _ratio(self, what: str, limit: float, part: float | None, whole: float | None, *cases: str) -> Verdict:
        noisy = any(self.results.cases[case].noisy for case in cases if case in self.results.cases)
        return Verdict(what, limit, quotient(part, whole), noisy=noisy)


def quotient(part: float | None, whole: float | None) -> float | None:
    """A part of a whole, where both are known."""
    return None if part is None or whole is None or whole <= 0 else part / whole
