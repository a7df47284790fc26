# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that run for minutes, and may be killed in the middle."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.chaos.processes import Process
from tests.integration.harness import BIN, ROOT, Ansible

# Many times what a run takes on two idle cores.
SECONDS = 1800
_numbers = count(1)


@dataclass(frozen=True)
class Run:
    """A run under way. process: it and all that it started. record: where its results will be."""

    process: Process
    record: Path

    def result(self, task: str) -> dict[str, Any]:
        """Waits for its end, which must be good, and returns what the task of this name returned."""
        ended = self.process.wait(SECONDS)
        assert ended.code == 0, ended.text
        lines = [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines()]
        (found,) = [line["result"] for line in lines if line["task"].endswith(task)]
        return dict(found)

    def kill_when(self, ready: Callable[[], bool]) -> None:
        """Kills it, as the machine's end would, at the first moment when this is so."""
        deadline = time.monotonic() + SECONDS
        while not ready():
            assert self.process.running, f"it ended before it was to be killed: {self.process.wait().text}"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.process.kill()


class Bulk(Ansible):
    """Ansible whose runs go on in the background."""

    def start(self, playbook: str, extra: Mapping[str, Any]) -> Run:
        options = {"tables_identity": False, "state_dir": str(self.state), **extra}
        record = self.folder / f"record-{next(_numbers)}.jsonl"
        command = [str(BIN / "ansible-playbook"), f"playbooks/{playbook}.yml", "-i", "inventories/local"]
        process = Process([*command, "-e", json.dumps(options)], ROOT, self._environment(record, {}), self.folder)
        return Run(process, record)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def journalled(self, verdict: str) -> int:
        """How many items have come to this, as far as the journals say."""
        total = 0
        for path in self.state.rglob("segment-*.json"):
            try:
                total += json.loads(path.read_text(encoding="utf-8"))["record"]["counts"].get(verdict, 0)
            except FileNotFoundError:
                # The run has ended its job just now.
                continue
        return total
