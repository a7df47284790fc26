# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, and how many numbers become one."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# A machine that takes so much longer for the same work now and then is not quiet.
NOISY = 0.10


@dataclass
class Runs:
    """All runs of a contender in one phase of a case, a number each; calls by operation, of the last run."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    connections: int | None = None


@dataclass
class Measured:
    """A case. calibration: seconds of the same work before each round. runs: by contender and phase."""

    title: str
    date: str
    calibration: list[float] = field(default_factory=list)
    runs: dict[str, dict[str, Runs]] = field(default_factory=dict)

    def of(self, contender: str, phase: str) -> Runs:
        """The runs of a contender, for one more to be added."""
        return self.runs.setdefault(contender, {}).setdefault(phase, Runs())

    @property
    def noisy(self) -> bool:
        """Whether something else was going on."""
        return spread(self.calibration) > NOISY


@dataclass
class Results:
    """All cases by name, and what they were measured on."""

    machine: dict[str, Any]
    seed: int
    cases: dict[str, Measured] = field(default_factory=dict)

    def find(self, case: str, contender: str, phase: str) -> Runs | None:
        """Runs, if there are any."""
        measured = self.cases.get(case)
        return measured.runs.get(contender, {}).get(phase) if measured else None

    def median(self, case: str, contender: str, phase: str) -> float | None:
        """Wall seconds; C(None) where it was not measured."""
        runs = self.find(case, contender, phase)
        return statistics.median(runs.wall) if runs and runs.wall else None


def spread(seconds: Sequence[float]) -> float:
    """By how much the slowest is over the median, as a fraction."""
    return max(seconds) / statistics.median(seconds) - 1 if seconds else 0.0


def load(path: Path) -> Results | None:
    """What was written, if anything was."""
    if not path.exists():
        return None
    return parsed(json.loads(path.read_text(encoding="utf-8")))


def parsed(data: Mapping[str, Any]) -> Results:
    """Results out of plain data."""
    cases = {}
    for name, case in data["cases"].items():
        runs = {
            contender: {phase: Runs(**each) for phase, each in phases.items()}
            for contender, phases in case["runs"].items()
        }
        cases[name] = Measured(case["title"], case["date"], case["calibration"], runs)
    return Results(data["machine"], data["seed"], cases)


def save(results: Results, path: Path) -> None:
    """Write them, with as many digits as mean something."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(results)), indent=1) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
