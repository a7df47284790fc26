# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook killed with everything it started, at any moment: a plain re-run ends right, and the next is silent.

Points in time are drawn evenly over a run that was measured. Calls to KMS, which the modules do not make, are killed on
both sides of each as in C(test_killed_modules).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import World
from tests.chaos.gate import Gate, Point
from tests.chaos.playbooks import PLAYBOOKS, Case, Killable, Playbook, new_case, rerun, wait_for_quotas
from tests.chaos.processes import Ended, Process
from tests.integration.front import front

POINTS = int(os.environ.get("CHAOS_POINTS", "50"))
# In turn; a reconfiguration has the most that can be interrupted.
TURNS = ("provision", "reconfigure", "recreate", "reconfigure-in-days", "teardown")


def drawn() -> list[object]:
    """The points, each by the seed and its number alone: it is the same whatever the number of points is."""
    seed = os.environ["CHAOS_SEED"]
    chosen = []
    for number in range(POINTS):
        name = TURNS[number % len(TURNS)]
        share = random.Random(f"{seed} {number}").random()
        chosen.append(pytest.param(PLAYBOOKS[name], share, id=f"{number + 1}-{name}"))
    return chosen


KMS_POINTS = [
    pytest.param(PLAYBOOKS["provision"], Point(operation, "", 1, side), id=f"provision-{side}-{operation}")
    for operation in ("CreateKey", "CreateAlias", "EnableKeyRotation")
    for side in ("before", "after")
]


@pytest.fixture
def case(world: World, folder: Path) -> Iterator[Case]:
    with new_case(world, folder) as new:
        yield new


@pytest.fixture(scope="session")
def seconds_of(server: World, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Playbook], float]:
    """How long a run takes that nobody kills: measured by the first worker that needs it, told to the others."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared

    def measure(scenario: Playbook) -> float:
        measured = shared / f"{scenario.name}.json"
        if not measured.exists():
            with new_case(server, tmp_path_factory.mktemp(f"measure-{scenario.name}")) as case:
                scenario.prepare(case)
                began = time.monotonic()
                ended = start(scenario, case).wait()
                took = time.monotonic() - began
                assert ended.code == 0 or scenario.quotas, ended.text
                if scenario.quotas:
                    wait_for_quotas(case, scenario)
                scenario.check(case)
            complete = measured.with_suffix(f".{os.getpid()}")
            complete.write_text(json.dumps(took), encoding="utf-8")
            complete.rename(measured)
        seconds: float = json.loads(measured.read_text(encoding="utf-8"))
        return seconds

    return measure


def start(scenario: Playbook, case: Case) -> Process:
    return Killable(case.target, case.folder).start(scenario.playbook, scenario.extra(case))


def check_rerun(scenario: Playbook, case: Case) -> int:
    """How many writes the re-run made."""
    writes = len(case.world.writes())
    if scenario.quotas:
        wait_for_quotas(case, scenario)
    run, silent = rerun(case, scenario)
    assert run.code == 0, run.output
    scenario.check(case)
    assert [task.name for task in silent if task.changed] == []
    assert [write for task in silent for write in task.calls.writes] == []
    return len(case.world.writes()) - writes


@pytest.mark.parametrize(("scenario", "share"), drawn())
def test_killed_at_any_moment(
    scenario: Playbook,
    share: float,
    seconds_of: Callable[[Playbook], float],
    case: Case,
    told: Callable[[str], None],
) -> None:
    moment = share * seconds_of(scenario)
    case.begin()
    scenario.prepare(case)
    before = len(case.world.writes())
    process = start(scenario, case)
    ended: Ended | None = None
    try:
        time.sleep(moment)
    finally:
        running = process.running
        ended = process.killed()
    assert running or ended.code == 0 or scenario.quotas, ended.text
    made = case.world.writes()[before:]
    last = f" (last {made[-1]['operation']} {made[-1]['table'][:30]} {made[-1]['detail']})" if made else ""
    how = "killed" if running else "had ended"
    again = check_rerun(scenario, case)
    told(f"{how} at {share:4.0%}, {moment:5.2f} s: {len(made):2} writes{last}, then {again}".replace(" )", ")"))


@pytest.mark.parametrize(("scenario", "point"), KMS_POINTS)
def test_killed_at_a_call_to_kms(scenario: Playbook, point: Point, case: Case, told: Callable[[str], None]) -> None:
    gate = Gate(point)
    with front(case.target, case.folder / "calls.jsonl", [gate.rule]) as target:
        process = Killable(target, case.folder).start(scenario.playbook, scenario.extra(case))
        try:
            reached = gate.reached(lambda: process.running)
        finally:
            killed = process.killed()
            gate.open()
    assert reached, killed.text
    before = case.keys()
    check_rerun(scenario, case)
    assert before <= case.keys()
    told("the key that was there" if before else "a key")
