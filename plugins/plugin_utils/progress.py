# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows how far a module is while it runs: what it waits for, and the walks over items that it makes."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.display import Display

from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import parse_told

from .inline import InlineAction
from .progress_lines import Row, line, rows_of
from .progress_screen import Screen, message, size_of

# These leave the terminal as they find it, so that lines below their output can be erased again.
CALLBACKS = ("default", "ansible.builtin.default", "yaml", "community.general.yaml")

# What is over by then needs no word.
FIRST_SECONDS = 2.0
SECONDS_BETWEEN = 1.0
# Lines that stay come less and less often.
LINES_BETWEEN, LINES_FACTOR, LINES_AT_MOST = 5.0, 1.5, 60.0
WIDE = 10_000

SETTINGS = "auditflow.dynamodb.progress"
constants.config.initialize_plugin_configuration_definitions(  # type: ignore[no-untyped-call]
    "action",
    SETTINGS,
    {
        "progress": {
            "type": "bool",
            "env": [{"name": "AUDITFLOW_DYNAMODB_PROGRESS"}],
            "ini": [{"section": "auditflow.dynamodb", "key": "progress"}],
        }
    },
)

display = Display()

Show = Callable[[Sequence[Row]], None]


def suits(environment: Mapping[str, str], callback: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a terminal's lines may be erased again. arguments: of the command that runs."""
    continuous = environment.get("CI", "").lower() not in ("", "0", "false")
    # ansible and ansible-console have an output of their own, whatever is configured.
    one_task = "module_name" in arguments or "pattern" in arguments
    return not continuous and environment.get("TERM") != "dumb" and callback in CALLBACKS and not one_task


def _callback() -> str:
    return str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK"))  # type: ignore[no-untyped-call]


def _screen() -> Screen | None:
    """Made when this is loaded, which is before Ansible forks: a worker process has no terminal any more."""
    out = sys.stdout
    if not (out and out.isatty() and suits(os.environ, _callback(), context.CLIARGS)):
        return None
    screen = Screen(out, display._lock, size_of(out))
    screen.watch(out, *([sys.stderr] if sys.stderr and sys.stderr.isatty() else []))
    return screen


SCREEN = _screen()


class ProgressAction(InlineAction):
    """Runs the module of the same name, and shows meanwhile what it writes to its progress file."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Runs the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        show = self._show(task_vars or {})
        if not show:
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            return result
        with tempfile.TemporaryDirectory(prefix="progress-", dir=_scratch()) as folder:
            path = Path(folder) / "progress.json"
            ended = threading.Event()
            teller = threading.Thread(target=tell, args=(path, ended, show, pauses(bool(SCREEN))), daemon=True)
            teller.start()
            try:
                arguments = {**self._task.args, "progress_file": str(path)}
                result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
            finally:
                ended.set()
                teller.join()
        _forget_file(result)
        return result

    def _show(self, task_vars: Mapping[str, Any]) -> Show | None:
        """How it is shown; C(None) where nobody is to see it, or the file cannot be read."""
        arguments, task = self._task.args, self._task
        hidden = task.async_val or task.no_log or arguments.get("progress_file")
        if hidden or self._connection.transport != "local":
            return None
        asked = arguments.get("progress")
        if asked is None:
            asked = constants.config.get_config_value("progress", plugin_type="action", plugin_name=SETTINGS)  # type: ignore[no-untyped-call]
        wanted = asked is None or bool(boolean(asked, strict=False))  # type: ignore[no-untyped-call]
        label = _label(task_vars)
        if wanted and SCREEN:
            return lambda rows: on_screen(label, rows)
        beside = _callback() not in CALLBACKS
        return (lambda rows: as_lines(label, rows, beside)) if wanted and asked is not None else None


def _scratch() -> str:
    """The folder that Ansible removes at its end; a process that is killed removes nothing."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]


def _label(task_vars: Mapping[str, Any]) -> str:
    """Whose progress it is, where that is a question."""
    several = len(task_vars.get("ansible_play_hosts_all", ())) > 1
    return str(task_vars.get("inventory_hostname", "")) if several else ""


def _forget_file(result: dict[str, Any]) -> None:
    """Leaves the result as it is without a screen."""
    arguments = result.get("invocation", {}).get("module_args", {})
    if "progress_file" in arguments:
        arguments["progress_file"] = None


def pauses(transient: bool) -> Callable[[int], float]:
    """The seconds before each look, by how many went before."""
    if transient:
        return lambda looks: SECONDS_BETWEEN if looks else FIRST_SECONDS
    return lambda looks: min(LINES_AT_MOST, LINES_BETWEEN * LINES_FACTOR ** (looks - 1)) if looks else FIRST_SECONDS


def tell(path: Path, ended: threading.Event, show: Show, pause: Callable[[int], float]) -> None:
    """Shows what is in the file at a time, until the end, and then nothing any more."""
    began, looks, shown = time.monotonic(), 0, False
    while not ended.wait(pause(looks)):
        looks += 1
        try:
            told = parse_told(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            # Nothing was waited for yet.
            continue
        rows = rows_of(told, time.time(), time.monotonic() - began)
        if rows or shown:
            show(rows)
        shown = bool(rows)
    if shown:
        show(())


def on_screen(label: str, rows: Sequence[Row]) -> None:
    """Shows the rows instead of those before."""
    display.display(message(str(os.getpid()), label, rows), screen_only=True, newline=False)


def as_lines(label: str, rows: Sequence[Row], beside: bool) -> None:
    """Shows each row as a line that stays. beside: not among the output, which programs may read."""
    for row in rows:
        display.display(line(row, WIDE, label), screen_only=True, stderr=beside)
