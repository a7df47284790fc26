# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write of a run, killed before AWS gets it and after AWS has done it: a plain re-run ends right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.conftest import World
from tests.chaos.gate import Gate, Point
from tests.chaos.processes import Ended
from tests.chaos.scenarios import SCENARIOS, Scenario, start_module
from tests.integration.front import front

CASES = [
    pytest.param(scenario, point, id=f"{scenario.name}-{point}")
    for scenario in SCENARIOS.values()
    for point in scenario.points()
]


def run(scenario: Scenario, world: World, folder: Path) -> Ended:
    ended = start_module("tables", scenario.arguments, world.target, folder).wait()
    assert "Traceback" not in ended.text, ended.text
    assert ended.code == 0, ended.text
    return ended


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_points_are_all_writes_there_are(scenario: Scenario, world: World, folder: Path) -> None:
    scenario.prepare(world)
    start = len(world.aws.calls())
    run(scenario, world, folder)
    assert Counter((call["operation"], call["table"]) for call in world.writes(start)) == scenario.writes
    scenario.check(world)


@pytest.mark.parametrize(("scenario", "point"), CASES)
def test_killed_at_a_write(
    scenario: Scenario, point: Point, world: World, folder: Path, told: Callable[[str], None]
) -> None:
    scenario.prepare(world)
    gate = Gate(point)
    start = len(world.aws.calls())
    with front(world.target, folder / "calls.jsonl", [gate.rule]) as target:
        process = start_module("tables", scenario.arguments, target, folder)
        try:
            reached = gate.reached(lambda: process.running)
        finally:
            killed = process.killed()
            gate.open()
    assert reached, killed.text
    before = len(world.writes(start))

    start = len(world.aws.calls())
    run(scenario, world, folder)
    scenario.check(world)
    told(f"{before} writes, killed, {len(world.writes(start))} writes")

    start = len(world.aws.calls())
    again = run(scenario, world, folder)
    assert not json.loads(again.output)["changed"]
    assert [call for call in world.aws.calls()[start:] if call["write"]] == []
    scenario.check(world)
