# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every molecule scenario on every emulator, each by `molecule test`, whose exit code says whether it passed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EMULATORS = ("embedded", "localstack")
# A scenario that is meant for one emulator alone.
ONLY = {"default": "embedded", "localstack": "localstack"}
# An emulator's slowest scenario takes less than half of this on two cores.
SECONDS = 900
# What verify.py says of a check that the emulator cannot serve, without the table.
NOT_CHECKED = re.compile(r"^\s*not checked  \S+  (.*)$", re.MULTILINE)


def runs() -> list[Any]:
    """Every scenario on every emulator that it is meant for; the runs on one emulator share a process."""
    scenarios = sorted(path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml"))
    return [
        pytest.param(scenario, emulator, marks=pytest.mark.xdist_group(emulator))
        for emulator in EMULATORS
        for scenario in scenarios
        if ONLY.get(scenario, emulator) == emulator
    ]


@pytest.mark.parametrize(("scenario", "emulator"), runs())
def test_scenario(
    scenario: str,
    emulator: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOLECULE_"))}
    programs = Path(sys.executable).parent
    environment.update(
        # Molecule finds ansible-playbook there.
        PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
        AWS_ENDPOINT_URL=request.getfixturevalue(emulator),
        AWS_REGION="ap-south-1",
        AWS_ACCESS_KEY_ID="AKIAEMULATOREXAMPLE0",
        AWS_SECRET_ACCESS_KEY="emulator-only-not-a-real-secret-key-0000",
        ANSIBLE_FORCE_COLOR="0",
        # Of a run's own: one scenario may run on both emulators at once.
        MOLECULE_EPHEMERAL_DIRECTORY=str(tmp_path / "molecule"),
    )
    command = [str(programs / "molecule"), "test", "--scenario-name", scenario]
    log = tmp_path / "molecule.log"
    try:
        with log.open("w") as output:
            finished = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
    finally:
        said = log.read_text(encoding="utf-8")
        print(said)
    assert finished.returncode == 0, f"{' '.join(command[1:])} failed on {emulator}: exit code {finished.returncode}"
    for gap in sorted(set(NOT_CHECKED.findall(said))):
        record_property("not checked", gap)
