# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible callback for the tests: writes every task's result, and where the log of AWS calls stood."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: record
    type: notification
    short_description: Writes every task's result as a JSON line
    description: For the integration tests of this collection. RECORD_TO and RECORD_CALLS name the files.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._to = Path(os.environ["RECORD_TO"])
        self._calls = Path(os.environ["RECORD_CALLS"])
        self._started_at = 0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._started_at = self._calls_so_far()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def _record(self, status: str, result: Any) -> None:
        line = {
            "host": result.host.name,
            "task": result.task.name,
            "action": result.task.action,
            "status": status,
            "result": result.result,
            "calls": [self._started_at, self._calls_so_far()],
        }
        with self._to.open("a", encoding="utf-8") as to:
            to.write(json.dumps(line, default=str) + "\n")

    def _calls_so_far(self) -> int:
        return self._calls.read_bytes().count(b"\n") if self._calls.exists() else 0
