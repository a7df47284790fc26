# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several faults at once, at random: which, on what, when and how often. FAULTS_SEED repeats a run."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.runner import Runner, Verdict
from tests.faults.scenarios import SCENARIOS
from tests.faults.strikes import FAULTS, Mode, Strike, Target
from tests.faults.table import RANDOM, RUNS, SEED

EVERYTHING = Target("")


@dataclass(frozen=True)
class RandomCase:
    number: int

    def __str__(self) -> str:
        return f"{SEED}-{self.number}"

    @property
    def chance(self) -> random.Random:
        return random.Random(str(self))

    def verdict(self, runner: Runner) -> Verdict:
        chance = self.chance
        scenario = SCENARIOS[self.number % len(SCENARIOS)]
        strikes = [
            Strike(
                chance.choice(scenario.targets),
                chance.choice(FAULTS),
                Mode("", skip=chance.randrange(3), times=chance.randint(1, 4)),
            )
            for _unused in range(chance.randint(2, 8))
        ]
        return runner.run(scenario, EVERYTHING, strikes, surely=False)


@pytest.mark.parametrize("case", [RandomCase(number) for number in range(RUNS)], ids=str)
def test_random_faults(case: RandomCase, verdict_of: Callable[[RandomCase], Verdict]) -> None:
    verdict = verdict_of(case)
    RANDOM[str(case)] = verdict
    assert verdict.good, f"FAULTS_SEED={SEED}, number {case.number}: {verdict.kind}: {verdict.why}"
