# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LocalStack in a container, where a Docker engine answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from scripts.processes import LOG_TAIL_LINES, ControlError

IMAGE = "localstack/localstack:4.14.0"
LABEL = "auditflow.dynamodb.state"
ENGINE_SECONDS = 15.0


def engine_answers() -> bool:
    """Whether to use Docker: a client alone is not enough, and LOCALSTACK_DOCKER=0 says no."""
    if os.environ.get("LOCALSTACK_DOCKER") == "0" or not shutil.which("docker"):
        return False
    try:
        info = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=ENGINE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return info.returncode == 0 and bool(info.stdout.strip())


class Container:
    """The container of one state folder, known by a label, so that nobody else's is ever touched."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def running(self) -> str | None:
        """Its id while it runs."""
        return self._find()

    def published_port(self) -> int:
        shown = _docker("port", self._find() or "", "4566/tcp")
        return int(shown.splitlines()[0].rpartition(":")[2])

    def option(self, name: str) -> str:
        shown = _docker("inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", self._find() or "")
        settings = dict(line.partition("=")[::2] for line in shown.splitlines())
        return settings.get(name, "")

    def start(self, port: int, environment: Mapping[str, str]) -> str:
        options = [f"--env={name}={value}" for name, value in environment.items()]
        where = ["--publish", f"127.0.0.1:{port}:4566", "--label", f"{LABEL}={self._state}"]
        # No --rm: a container that ends while starting leaves its log behind.
        return _docker("run", "--detach", *where, *options, IMAGE).strip().splitlines()[-1]

    def stop(self) -> bool:
        was_running = self._find() is not None
        for identity in self._list("--all"):
            _docker("rm", "--force", "--volumes", identity)
        return was_running

    def log_tail(self) -> str:
        identity = next(iter(self._list("--all")), None)
        if identity is None:
            return "(no container)"
        done = subprocess.run(
            ["docker", "logs", "--tail", str(LOG_TAIL_LINES), identity],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return f"Last lines of the container's log:\n{done.stdout.strip()}"

    def _find(self) -> str | None:
        return next(iter(self._list()), None)

    def _list(self, *options: str) -> list[str]:
        return _docker("ps", "--quiet", "--no-trunc", *options, "--filter", f"label={LABEL}={self._state}").split()


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ControlError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
