# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators on free ports, started by the project's own scripts when first asked for, and always stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import boto3
import pytest

from scripts.emulator.identity import REQUEST_LOG
from scripts.emulator.request_log import read_calls
from tests.integration import auditflow
from tests.integration.fleet import build
from tests.integration.front import Rule, front
from tests.integration.harness import DEFAULT_REGION, ROOT, Ansible, Target
from tests.integration.inventory import Fleet, Inventory

# What a control script's `start` exits with when the machine lacks something that only its owner can install.
MISSING_PREREQUISITE = 3
START_SECONDS = 600
# Those of the first emulator for tests that need one; the others are for those that need several, 25 if one process has
# all of these.
FIRST_REGIONS = 6


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "localstack: needs LocalStack")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process starts LocalStack, not each."""
    for item in items:
        if item.get_closest_marker("localstack"):
            item.add_marker(pytest.mark.xdist_group("localstack"))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The embedded emulator."""
    folder = tmp_path_factory.mktemp("emulator")
    for url in _running("emulator", folder):
        yield Target(url, folder / REQUEST_LOG, read_calls)


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """LocalStack, with a server before it that logs its calls."""
    folder = tmp_path_factory.mktemp("localstack")
    for url in _running("localstack", folder):
        with front(Target(url, folder / "none", read_calls), folder / "calls.jsonl") as target:
            yield target


def _running(script: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--port", str(port), "--state-dir", str(folder)]
    started = _control(script, "start", *arguments)
    if started.returncode == MISSING_PREREQUISITE and not os.environ.get("CI"):
        pytest.skip(started.stderr)
    assert started.returncode == 0, started.stderr
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stopped = _control(script, "stop", *arguments)
    assert stopped.returncode == 0, stopped.stderr


def _control(script: str, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script / "control.py"), command, *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def _all_regions() -> list[str]:
    return sorted(set(boto3.Session().get_available_regions("dynamodb")) - {DEFAULT_REGION})


@pytest.fixture(scope="session")
def regions() -> Iterator[str]:
    """Regions of the embedded emulator that nobody has used, for what needs several."""
    return iter(_all_regions())


@pytest.fixture(scope="session")
def more_emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Target]]:
    """Starts one more embedded emulator."""
    with ExitStack() as running:

        def start() -> Target:
            folder = tmp_path_factory.mktemp("more-emulators")
            url = running.enter_context(contextmanager(_running)("emulator", folder))
            return Target(url, folder / REQUEST_LOG, read_calls)

        yield start


@pytest.fixture(scope="session")
def unused(emulator: Target, regions: Iterator[str], more_emulators: Callable[[], Target]) -> Iterator[Target]:
    """Regions that nobody has used, as many as are asked for: which process gets how many tests is not known."""

    def each() -> Iterator[Target]:
        yield from (replace(emulator, region=name) for name in islice(regions, FIRST_REGIONS))
        while True:
            another = more_emulators()
            yield from (replace(another, region=name) for name in _all_regions())

    return each()


@pytest.fixture(scope="session")
def emulator_with_nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One more embedded emulator, for what names its regions itself; one test may use it."""
    folder = tmp_path_factory.mktemp("emulator-with-nothing")
    for url in _running("emulator", folder):
        yield Target(url, folder / REQUEST_LOG, read_calls)


_accounts = count(200000000001)


@pytest.fixture
def account() -> str:
    """The number of an account that nobody has used."""
    return str(next(_accounts))


@pytest.fixture
def region(unused: Iterator[Target]) -> Target:
    """A region of an embedded emulator that nobody has used: for tests that need AuditFlow's names."""
    return next(unused)


@pytest.fixture
def provisioned(region: Target) -> Target:
    """A region with AuditFlow's tables as they have to be."""
    auditflow.make(region)
    return region


_numbers = count(1)


@pytest.fixture
def name() -> str:
    """A table name that nobody has used: LocalStack remembers TTL and PITR of names that are gone."""
    return f"Orders-{next(_numbers)}"


@pytest.fixture
def ansible_of(tmp_path: Path) -> Callable[[Target], Ansible]:
    return lambda target: Ansible(target, tmp_path)


@pytest.fixture
def ansible(emulator: Target, ansible_of: Callable[[Target], Ansible]) -> Ansible:
    """Ansible on the embedded emulator, for tests with table names of their own."""
    return ansible_of(emulator)


@pytest.fixture
def fronted(tmp_path: Path, ansible_of: Callable[[Target], Ansible]) -> Iterator[Callable[..., Ansible]]:
    """Makes an Ansible whose calls pass a server with rules of the test's own."""
    with ExitStack() as stack:
        numbers = count(1)

        def make(target: Target, *rules: Rule) -> Ansible:
            log = tmp_path / f"front-{next(numbers)}.jsonl"
            return ansible_of(stack.enter_context(front(target, log, rules)))

        yield make


@pytest.fixture(params=["embedded", pytest.param("localstack", marks=pytest.mark.localstack)])
def either(request: pytest.FixtureRequest, fronted: Callable[..., Ansible]) -> Ansible:
    """Ansible on each emulator; what is sent is in the calls."""
    if request.param == "localstack":
        return fronted(request.getfixturevalue("localstack"))
    return fronted(request.getfixturevalue("emulator"))


@pytest.fixture(scope="session")
def fleet(emulator: Target, regions: Iterator[str]) -> Fleet:
    chosen = sorted(next(regions) for dummy in range(5))
    return Fleet(chosen, build(emulator, chosen))


@pytest.fixture
def inventory(ansible: Ansible, tmp_path: Path) -> Inventory:
    return Inventory(ansible, tmp_path / "fleet.dynamodb.yml")
