# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault on every operation in turn: the first call, the second, four in a row, and all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.faults.runner import DONE, Runner, Verdict
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.strikes import FAULTS, MODES, READ_FAULTS, SECOND, Fault, Mode, Strike, Target
from tests.faults.table import RESULTS


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    target: Target
    fault: Fault
    mode: Mode

    def __str__(self) -> str:
        return f"{self.scenario.name}-{self.target.name}-{self.fault.name}-{self.mode.name}"

    def verdict(self, runner: Runner) -> Verdict:
        # One failure is nothing that anybody should hear of, and neither is a change that was done.
        return runner.run(
            self.scenario, self.target, [Strike(self.target, self.fault, self.mode)], strict=self.mode.times == 1
        )


def cases() -> Iterator[Case]:
    for scenario in SCENARIOS:
        for target in scenario.targets:
            for fault in FAULTS if target.write else READ_FAULTS:
                for mode in MODES:
                    if mode is not SECOND or target.repeated:
                        yield Case(scenario, target, fault, mode)


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_one_fault(case: Case, verdict_of: Callable[[Case], Verdict]) -> None:
    verdict = verdict_of(case)
    RESULTS[(case.scenario.name, case.target.name), case.fault.name, case.mode.name] = verdict
    assert verdict.good, verdict.why
    assert verdict.kind == DONE or case.mode.times > 1
