# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator with faults before it, the cases run side by side, and the table of what came of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.emulator.identity import REQUEST_LOG
from scripts.emulator.request_log import read_calls
from tests.faults import table
from tests.faults.between import Faults, faults, free_port
from tests.faults.playbooks import REGIONS, Playbooks
from tests.faults.runner import Runner, Verdict
from tests.faults.scenarios import KEY_ALIAS
from tests.integration.harness import ROOT, Ansible, Target

# Most of a case is waiting.
SIDE_BY_SIDE = 12
START_SECONDS = 120


def pytest_report_header() -> str:
    return f"faults: FAULTS_SEED={table.SEED} FAULTS_RUNS={table.RUNS}"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("emulator")
    port = free_port()
    arguments = ["--port", str(port), "--state-dir", str(folder)]
    _control("start", *arguments)
    try:
        target = Target(f"http://127.0.0.1:{port}", folder / REQUEST_LOG, read_calls)
        kms = target.client("kms")
        kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        yield target
    finally:
        _control("stop", *arguments)


def _control(command: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "scripts/emulator/control.py"), command, *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=START_SECONDS,
        check=True,
    )


@pytest.fixture(scope="session")
def between(emulator: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    with faults(emulator.url, tmp_path_factory.mktemp("microburst") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def runner(emulator: Target, between: Faults) -> Runner:
    return Runner(emulator, between, SIDE_BY_SIDE)


@pytest.fixture(scope="session")
def verdict_of(request: pytest.FixtureRequest, runner: Runner) -> Iterator[Callable[[Any], Verdict]]:
    """The verdict on a case: all of those that were asked for run side by side from the first one on."""
    chosen = [item.callspec.params["case"] for item in request.session.items if _has_case(item)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        verdicts: dict[str, Future[Verdict]] = {str(case): pool.submit(case.verdict, runner) for case in chosen}
        try:
            yield lambda case: verdicts[str(case)].result()
        finally:
            pool.shutdown(cancel_futures=True)


def _has_case(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and hasattr(item, "callspec") and "case" in item.callspec.params


@pytest.fixture
def ansible_of(tmp_path: Path) -> Callable[[Target], Ansible]:
    return lambda target: Ansible(target, tmp_path)


@pytest.fixture
def playbooks(emulator: Target, between: Faults, ansible_of: Callable[[Target], Ansible]) -> Playbooks:
    direct = replace(emulator, region=next(REGIONS))
    return Playbooks(direct, ansible_of(replace(direct, url=between.url)), between)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if table.RESULTS or table.RANDOM:
        terminalreporter.section("operation x fault x outcome")
        terminalreporter.write_line(table.text(table.RESULTS, table.RANDOM))
        path = table.write(ROOT / "tests/output")
        terminalreporter.write_line(f"the whole table, with every message: {path}")
