# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seed and the numbers, a server for each worker, and how to repeat what failed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.emulator.request_log import Call
from tests.aws_like.client import AwsLike
from tests.integration.harness import DEFAULT_REGION, Target

# Durations of the service, and its quota windows: none unless a case is about them.
TIME_SCALE = 0.002
NO_WINDOWS, REAL_WINDOWS = 0.0, 1.0
DAY = 86400


def pytest_configure(config: pytest.Config) -> None:
    # Workers of pytest-xdist inherit it, and so draw the same numbers.
    os.environ.setdefault("CHAOS_SEED", str(random.SystemRandom().randrange(10**6)))


def pytest_report_header() -> str:
    return f"chaos: CHAOS_SEED={os.environ['CHAOS_SEED']}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report: pytest.TestReport = yield
    if report.failed:
        numbers = {name: value for name, value in os.environ.items() if name.startswith("CHAOS_")}
        settings = " ".join(f"{name}={value}" for name, value in sorted(numbers.items()))
        report.sections.append(("Again", f"{settings} .venv/bin/python -m pytest '{item.nodeid}'"))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What the points were."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    told = [(report.nodeid.rpartition("::")[2], dict(report.user_properties).get("told")) for report in reports]
    lines = sorted(f"{name:<62} {text}" for name, text in told if text)
    if lines:
        terminalreporter.section(f"chaos, CHAOS_SEED={os.environ['CHAOS_SEED']}")
        terminalreporter.write_line("\n".join(lines))


@dataclass(frozen=True)
class World:
    """A server of one's own. target: for the harness."""

    aws: AwsLike
    target: Target

    def empty(self) -> None:
        """No tables, no backups, no calls, no quotas. Keys stay: nobody can delete one at once."""
        self.aws.reset()
        self.aws.change_settings(window_scale=NO_WINDOWS)

    def begin_quotas(self) -> None:
        """From now on quotas last as long as on AWS. None is spent."""
        self.aws.change_settings(window_scale=REAL_WINDOWS)
        self.next_day()

    def next_day(self) -> None:
        """What was spent of quotas is free again."""
        self.aws.advance(DAY + 1)

    def grow_up(self) -> None:
        """A minute passes, in which everything settles and what is refused to new tables no longer is."""
        self.aws.settle()
        self.aws.advance(60)

    def now(self) -> float:
        return self.aws.advance(0)

    def writes(self, start: int = 0) -> list[dict[str, Any]]:
        """The successful writes from a position of the log on."""
        return [call for call in self.aws.calls()[start:] if call["write"] and call["status"] == 200]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with AwsLike(time_scale=TIME_SCALE, window_scale=NO_WINDOWS) as aws:
        yield World(aws, Target(aws.url, tmp_path_factory.mktemp("log"), lambda log: _calls(aws), DEFAULT_REGION))


def _calls(aws: AwsLike) -> list[Call]:
    members = ("time", "service", "region", "operation", "status", "detail")
    return [Call(**{name: call[name] for name in members}, resource=call["table"]) for call in aws.calls()]


@pytest.fixture
def world(server: World) -> World:
    server.empty()
    return server


@pytest.fixture
def told(record_property: Any) -> Any:
    """Puts a line into the summary."""
    return lambda text: record_property("told", text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
