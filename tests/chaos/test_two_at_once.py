# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at the same time: both end, nothing is lost, who lost says so, and the next run puts it right."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.conftest import World
from tests.chaos.playbooks import PLAYBOOKS, Case, Killable, check_auditflow, new_case, rerun
from tests.chaos.processes import Ended, Process
from tests.chaos.scenarios import SCENARIOS, check_backups, check_names, prepare_orders, start_module
from tests.chaos.tables import ITEMS, ONE, ORDERS, OTHER, PERMISSIONS, everything, wanted
from tests.integration.auditflow import TABLES

PAIRS = int(os.environ.get("CHAOS_PAIRS", "20"))
# The later one starts so much after the earlier one: a run of a module takes up to five seconds here.
MOST_SECONDS_APART = 3.0
# A run gives up on a table that moves under it after five rounds, of which none makes more calls than this.
MOST_WRITES = 2 * 5 * 12
# What reading back says at the end of a playbook; it tells something where that fails.
READ_BACK = "settings are as defined"
# What a run that was got in the way of may say.
TELLING = (
    "somebody else",
    "changed meanwhile",
    "Run it again",
    "run it again",
    # The verification of a table that the other run has deleted since.
    "found no table",
    READ_BACK,
)


@dataclass(frozen=True)
class Result:
    """How a run ended, when on the server's clock, and what it said went wrong; empty when nothing did."""

    ended: Ended
    at: float
    told: str


def told_by_module(ended: Ended) -> str:
    content = json.loads(ended.output)
    pending = [text for each in content.get("results", [content]) for text in each.get("pending", ())]
    # ansible-core tells a warning as an event.
    warned = [each if isinstance(each, str) else each["event"]["msg"] for each in content.get("warnings", ())]
    failed = [content.get("msg", "")] if ended.code else []
    return " ".join("; ".join([*failed, *warned, *pending]).split())


def told_by_playbook(ended: Ended) -> str:
    """The lines of what failed, or what its warnings are about."""
    text = " ".join(ended.text.split())
    if ended.code:
        return text.partition("[ERROR]: ")[2]
    return "; ".join(words for words in TELLING if words in text and words != READ_BACK)


def together(
    world: World,
    apart: float,
    told: Callable[[Ended], str],
    first: Callable[[], Process],
    second: Callable[[], Process],
) -> tuple[Result, Result]:
    """Two runs, the second so many seconds after the first."""
    processes = [first()]
    try:
        time.sleep(apart)
        processes.append(second())
        at: dict[int, float] = {}
        deadline = time.monotonic() + 120
        while len(at) < len(processes):
            assert time.monotonic() < deadline, "still running: " + "; ".join(each.killed().text for each in processes)
            time.sleep(0.02)
            for number, process in enumerate(processes):
                if number not in at and not process.running:
                    at[number] = world.now()
        ended = [process.wait() for process in processes]
    finally:
        for process in processes:
            process.kill()
    results = [Result(each, at[number], told(each)) for number, each in enumerate(ended)]
    for result in results:
        assert "Traceback" not in result.ended.text, result.ended.text
        assert result.ended.code in (0, 1, 2), result.ended.text
        if result.ended.code:
            assert any(words in result.told for words in TELLING), result.told
    return results[0], results[1]


def modules(world: World, folder: Path, *definitions: Mapping[str, Any]) -> list[Callable[[], Process]]:
    return [partial(start_module, "tables", each, world.target, folder) for each in definitions]


def drawn(test: str, number: int) -> random.Random:
    return random.Random(f"{os.environ['CHAOS_SEED']} {test} {number}")


def arguments(definition: dict[str, Any]) -> dict[str, Any]:
    return {"tables": [definition], **PERMISSIONS}


def converge(world: World, folder: Path, definition: Mapping[str, Any]) -> None:
    """A run ends well; and the one after it makes no write."""
    first = start_module("tables", definition, world.target, folder).wait()
    assert first.code == 0, first.text
    start = len(world.aws.calls())
    second = start_module("tables", definition, world.target, folder).wait()
    assert second.code == 0, second.text
    assert not json.loads(second.output)["changed"]
    assert world.writes(start) == []


@pytest.mark.parametrize("number", range(PAIRS))
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_twice(name: str, number: int, world: World, folder: Path, told: Callable[[str], None]) -> None:
    scenario = SCENARIOS[name]
    apart = drawn(name, number).uniform(0, MOST_SECONDS_APART)
    scenario.prepare(world)
    start = len(world.aws.calls())
    results = together(world, apart, told_by_module, *modules(world, folder, *[scenario.arguments] * 2))
    writes = len(world.writes(start))
    assert writes <= MOST_WRITES
    said = [result.told for result in results]
    told(f"{apart:4.2f} s apart: {writes} writes; {'; '.join(filter(None, said)) or 'neither noticed'}"[:160])
    # Whatever the two did to each other, at least one got through.
    assert 0 in {result.ended.code for result in results}, said
    scenario.check(world)
    converge(world, folder, scenario.arguments)
    scenario.check(world)


@pytest.mark.parametrize("number", range(PAIRS))
def test_two_definitions_of_one_table(number: int, world: World, folder: Path, told: Callable[[str], None]) -> None:
    apart = drawn("two definitions", number).uniform(0, MOST_SECONDS_APART)
    prepare_orders(world)
    start = len(world.aws.calls())
    results = together(world, apart, told_by_module, *modules(world, folder, arguments(ONE), arguments(OTHER)))
    check_one_of_two(world, start, results)
    said = [result.told or "in sync" for result in results]
    told(f"{apart:4.2f} s apart: {' | '.join(text[:70] for text in said)}")

    winner = drawn("winner", number).choice([ONE, OTHER])
    converge(world, folder, arguments(winner))
    assert everything(world.target, ORDERS) == wanted(winner)


@pytest.mark.parametrize("number", range(max(1, PAIRS // 5)))
def test_two_definitions_by_playbooks(number: int, world: World, case: Case, told: Callable[[str], None]) -> None:
    """As people run them, with everything that the role does around the module."""
    apart = drawn("two playbooks", number).uniform(0, MOST_SECONDS_APART)
    provision, permissions = "provision", {f"tables_{name}": value for name, value in PERMISSIONS.items()}
    prepare_orders(world)
    start = len(world.aws.calls())
    ansible = Killable(case.target, case.folder)
    runs = [partial(ansible.start, provision, {**permissions, "tables_definitions": [each]}) for each in (ONE, OTHER)]
    results = together(world, apart, told_by_playbook, *runs)
    check_one_of_two(world, start, results)
    codes = [result.ended.code for result in results]
    told(f"{apart:4.2f} s apart: exit codes {codes}, {' | '.join(result.told[:50] for result in results)}")

    winner = drawn("winning playbook", number).choice([ONE, OTHER])
    extra = {**permissions, "tables_definitions": [winner]}
    again = ansible.start(provision, extra).wait()
    assert again.code == 0, again.text
    assert everything(world.target, ORDERS) == wanted(winner)
    before = len(world.aws.calls())
    silent = ansible.start(provision, extra).wait()
    assert (silent.code, world.writes(before)) == (0, []), silent.text


def check_one_of_two(world: World, start: int, results: tuple[Result, Result]) -> None:
    """For each setting the table is as one of the definitions says, and who did not get what it wanted said so.

    start: of their calls in the log.
    """
    calls = world.aws.calls()[start:]
    assert len([call for call in calls if call["write"]]) <= MOST_WRITES
    world.aws.settle()

    check_names(world, ORDERS)
    found = everything(world.target, ORDERS)
    assert found["items"][""] == ITEMS
    shapes = found.pop("indexes")
    wants = [wanted(ONE), wanted(OTHER)]
    for shape in shapes.items():
        assert shape in [*wants[0]["indexes"].items(), *wants[1]["indexes"].items()]
    del found["items"], found["throughput"]
    for setting, value in found.items():
        assert value in (wants[0][setting], wants[1][setting]), (setting, value)

    changed_since = [_writes_after(calls, result.at) for result in results]
    for want, result, later in zip(wants, results, changed_since, strict=True):
        lost = {name for name, value in found.items() if value != want[name]}
        lost |= {"indexes"} if shapes != want["indexes"] else set()
        # Who had ended before the other changed it could not know.
        assert not lost or result.told or later, (lost, result.ended.text)


def _writes_after(calls: list[dict[str, Any]], moment: float) -> list[dict[str, Any]]:
    iso = datetime.fromtimestamp(moment, UTC).isoformat()
    return [call for call in calls if call["write"] and call["status"] == 200 and call["time"] > iso]


def twice(name: str, case: Case, apart: float) -> list[Ended]:
    """Two runs of the same playbook, the second so many seconds after the first."""
    scenario, ansible = PLAYBOOKS[name], Killable(case.target, case.folder)
    first = ansible.start(scenario.playbook, scenario.extra(case))
    time.sleep(apart)
    second = ansible.start(scenario.playbook, scenario.extra(case))
    ended = [first.wait(), second.wait()]
    for each in ended:
        assert "Traceback" not in each.text, each.text
        assert each.code in (0, 2), each.text
    return ended


@pytest.fixture
def case(world: World, folder: Path) -> Iterator[Case]:
    with new_case(world, folder) as new:
        yield new


@pytest.mark.parametrize("number", range(max(1, PAIRS // 5)))
def test_provision_twice(number: int, world: World, case: Case, told: Callable[[str], None]) -> None:
    """From nothing, with a customer key: KMS takes an alias once, and who comes second is told so."""
    apart = drawn("provision", number).uniform(0, MOST_SECONDS_APART)
    ended = twice("provision", case, apart)
    for each in ended:
        assert not each.code or "AlreadyExists" in each.text or any(words in each.text for words in TELLING), each.text
    assert 0 in {each.code for each in ended}, ended[0].text + ended[1].text
    check_names(world, *TABLES)
    check_auditflow(case)
    run, silent = rerun(case, PLAYBOOKS["provision"])
    assert run.code == 0, run.output
    assert [write for task in silent for write in task.calls.writes] == []
    # Of two keys made at the same moment one gets the alias; the other is left.
    assert 1 <= len(case.keys()) <= 2
    told(f"{apart:4.2f} s apart: exit codes {[each.code for each in ended]}, {len(case.keys())} keys")


@pytest.mark.parametrize("number", range(max(1, PAIRS // 10)))
def test_recreate_twice(number: int, world: World, case: Case, told: Callable[[str], None]) -> None:
    """Nothing goes without a backup, whoever deletes what the other has just created."""
    scenario = PLAYBOOKS["recreate"]
    scenario.prepare(case)
    apart = drawn("recreate", number).uniform(0, 2 * MOST_SECONDS_APART)
    ended = twice("recreate", case, apart)
    for each in ended:
        assert not each.code or any(words in each.text for words in TELLING), each.text
    check_backups(world, *TABLES, spare=2)
    run, silent = rerun(case, PLAYBOOKS["provision"])
    assert run.code == 0, run.output
    assert [write for task in silent for write in task.calls.writes] == []
    check_names(world, *TABLES)
    check_auditflow(case)
    told(f"{apart:4.2f} s apart: exit codes {[each.code for each in ended]}")
