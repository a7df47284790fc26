# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows how far a module for work on items is while it runs."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.progress import parse_progress

# Seen when the plugin is loaded, before Ansible forks: a worker process has no terminal any more.
HAS_TERMINAL = bool(sys.stdout and sys.stdout.isatty())
DEFAULT_CALLBACKS = ("default", "ansible.builtin.default")

# What is over by then needs no word; after that, a line at these intervals.
FIRST_SECONDS = 2.0
SECONDS_BETWEEN = 5.0

display = Display()


class ProgressAction(ActionBase):
    """Runs the module of the same name, and tells meanwhile what it writes to its progress file."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Runs the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if not self._shown(arguments):
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            return result
        with tempfile.TemporaryDirectory(prefix="auditflow-progress-") as folder:
            path = Path(folder) / "progress.json"
            ended = threading.Event()
            teller = threading.Thread(target=tell, args=(path, ended), daemon=True)
            teller.start()
            try:
                arguments["progress_file"] = str(path)
                result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
            finally:
                ended.set()
                teller.join()
        return result

    def _shown(self, arguments: dict[str, Any]) -> bool:
        """Whether somebody is there to see it, and the module runs where its file can be read."""
        if self._task.async_val or arguments.get("progress_file") or self._connection.transport != "local":
            return False
        asked = arguments.get("progress")
        if asked is not None:
            return bool(boolean(asked, strict=False))  # type: ignore[no-untyped-call]
        return HAS_TERMINAL and _callback() in DEFAULT_CALLBACKS


def tell(path: Path, ended: threading.Event) -> None:
    """Shows a line at a time until the end."""
    pause = FIRST_SECONDS
    began = time.monotonic()
    while not ended.wait(pause):
        pause = SECONDS_BETWEEN
        try:
            progress = parse_progress(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            display.vvv(f"no progress after {time.monotonic() - began:.0f} s")
            continue
        display.display(f"  {progress.line()}", screen_only=True)


def _callback() -> str:
    return str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))  # type: ignore[no-untyped-call]
