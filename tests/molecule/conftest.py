# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulators of the molecule scenarios: started once when first asked for, on free ports, and always stopped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOW_TO_GET_LOCALSTACK = (
    "LocalStack needs a Docker engine, or Java 17 or newer with Node.js's npm (Debian, Ubuntu: "
    "apt-get install default-jdk-headless npm); docs/emulators.md tells more"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def control(script: str, command: str, *arguments: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / script / "control.py"), command, *arguments], check=True)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    arguments = ["--port", str(port), "--state-dir", str(tmp_path_factory.mktemp("emulator"))]
    control("emulator", "start", *arguments)
    yield f"http://127.0.0.1:{port}"
    control("emulator", "stop", *arguments)


def docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    possible = docker_answers() or (shutil.which("java") and shutil.which("npm"))
    if not possible and not os.environ.get("CI"):
        pytest.skip(HOW_TO_GET_LOCALSTACK)
    port = free_port()
    arguments = ["--port", str(port), "--state-dir", str(tmp_path_factory.mktemp("localstack"))]
    control("localstack", "start", *arguments)
    yield f"http://127.0.0.1:{port}"
    control("localstack", "stop", *arguments)
