# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When progress is shown, what is shown of a file that may not be there yet, and what the result is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.auditflow.dynamodb.plugins.action import (
    gsi,
    index_info,
    items_ttl,
    table,
    table_export,
    tables,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.progress import Progress
from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import ProgressFile
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils import progress as plugin
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.progress_lines import Row
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.progress_screen import MARK, Screen

SCREEN = Screen(StringIO(), nullcontext(), lambda: (80, 24))


@pytest.mark.parametrize(
    ("environment", "callback", "arguments", "suits"),
    [
        ({"TERM": "xterm"}, "default", {"args": ["site.yml"]}, True),
        ({}, "ansible.builtin.default", {}, True),
        ({}, "community.general.yaml", {}, True),
        ({"CI": ""}, "default", {}, True),
        ({"CI": "false"}, "default", {}, True),
        ({"CI": "true"}, "default", {}, False),
        ({"CI": "1"}, "default", {}, False),
        ({"TERM": "dumb"}, "default", {}, False),
        ({}, "ansible.posix.json", {}, False),
        ({}, "minimal", {}, False),
        ({}, "oneline", {}, False),
        ({}, "junit", {}, False),
        # ansible and ansible-console.
        ({}, "default", {"module_name": "auditflow.dynamodb.table"}, False),
        ({}, "default", {"pattern": "all"}, False),
    ],
)
def test_which_terminals_suit(
    environment: dict[str, str], callback: str, arguments: dict[str, Any], suits: bool
) -> None:
    assert plugin.suits(environment, callback, arguments) is suits


def action(arguments: dict[str, Any], *, background: int = 0, no_log: bool = False, transport: str = "local") -> Any:
    made = plugin.ProgressAction.__new__(plugin.ProgressAction)
    made._task = SimpleNamespace(async_val=background, no_log=no_log, args=arguments)  # type: ignore[assignment]
    made._connection = SimpleNamespace(transport=transport)  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    ("screen", "arguments", "how", "setting", "shown"),
    [
        (True, {}, {}, None, "screen"),
        (False, {}, {}, None, ""),
        (False, {"progress": True}, {}, None, "lines"),
        (False, {"progress": "yes"}, {}, None, "lines"),
        (False, {"progress": "no"}, {}, None, ""),
        (True, {"progress": True}, {}, None, "screen"),
        (True, {"progress": "false"}, {}, None, ""),
        (True, {}, {}, "false", ""),
        (False, {}, {}, "true", "lines"),
        (True, {"progress": True}, {}, "false", "screen"),
        # Nobody could read the file there, or would wait for it, or may see it.
        (True, {"progress": True}, {"transport": "ssh"}, None, ""),
        (True, {"progress": True}, {"background": 60}, None, ""),
        (True, {"progress": True}, {"no_log": True}, None, ""),
        (True, {"progress_file": "/somewhere"}, {}, None, ""),
    ],
)
def test_when_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
    screen: bool,
    arguments: dict[str, Any],
    how: dict[str, Any],
    setting: str | None,
    shown: str,
) -> None:
    monkeypatch.setattr(plugin, "SCREEN", SCREEN if screen else None)
    if setting is not None:
        monkeypatch.setenv("AUDITFLOW_DYNAMODB_PROGRESS", setting)
    lines: list[str] = []
    monkeypatch.setattr(plugin.display, "display", lambda text, **how: lines.append(text))
    show = action(arguments, **how)._show({})
    if show:
        show([Row(3, "Orders is CREATING")])
    found = ("screen" if lines[0].startswith(MARK) else "lines") if lines else ""
    assert found == shown


def test_a_host_is_named_where_there_are_several() -> None:
    assert plugin._label({"ansible_play_hosts_all": ["a", "b"], "inventory_hostname": "b"}) == "b"
    assert plugin._label({"ansible_play_hosts_all": ["b"], "inventory_hostname": "b"}) == ""
    assert plugin._label({}) == ""


def stepping(path: Path, steps: Sequence[str | None]) -> threading.Event:
    left = list(steps)

    class Ended(threading.Event):
        """Before each look the file is a step further."""

        def wait(self, timeout: float | None = None) -> bool:
            if not left:
                return True
            step = left.pop(0)
            if step is not None:
                path.write_text(step, encoding="utf-8")
            return False

    return Ended()


def walk_file(folder: Path) -> str:
    ProgressFile(folder / "walk").tell(Progress("Orders", 4, 1, 50, 200, 10.0))
    return (folder / "walk").read_text(encoding="utf-8")


def test_what_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    nothing = json.dumps({"walk": None, "waits": []})
    shown: list[list[str]] = []
    ended = stepping(path, [None, '{"walk": ', nothing, walk_file(tmp_path), nothing, nothing, walk_file(tmp_path)])
    plugin.tell(path, ended, lambda rows: shown.append([row.text for row in rows]), lambda looks: 0)
    # Nothing until there is something, nothing twice, and nothing at the end.
    assert shown == [["Orders"], [], ["Orders"], []]


def test_a_short_run_says_nothing(tmp_path: Path) -> None:
    shown: list[Any] = []
    (tmp_path / "progress.json").write_text(walk_file(tmp_path), encoding="utf-8")
    ended = threading.Event()
    teller = threading.Thread(
        target=plugin.tell, args=(tmp_path / "progress.json", ended, shown.append, plugin.pauses(True))
    )
    teller.start()
    ended.set()
    teller.join(1)
    assert not teller.is_alive()
    assert shown == []


def test_lines_that_stay_come_less_and_less_often() -> None:
    transient, lasting = plugin.pauses(True), plugin.pauses(False)
    assert [transient(looks) for looks in range(4)] == [2, 1, 1, 1]
    assert [round(lasting(looks), 1) for looks in (0, 1, 2, 3, 30)] == [2, 5, 7.5, 11.2, 60]


@pytest.mark.parametrize(("callback", "beside"), [("default", False), ("ansible.posix.json", True)])
def test_lines_that_stay_keep_out_of_what_programs_read(
    monkeypatch: pytest.MonkeyPatch, callback: str, beside: bool
) -> None:
    found: list[tuple[str, Any]] = []
    monkeypatch.setattr(plugin, "SCREEN", None)
    monkeypatch.setattr(plugin, "_callback", lambda: callback)
    monkeypatch.setattr(plugin.display, "display", lambda text, **how: found.append((text, how["stderr"])))
    hosts = {"ansible_play_hosts_all": ["eu", "us"], "inventory_hostname": "eu"}
    action({"progress": True})._show(hosts)([Row(65, "Orders", ("25 %",))])
    assert found == [("   1:05  [eu] Orders, 25 %", beside)]


def run_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, screen: Screen | None) -> tuple[Any, Callable[[], Any]]:
    """A run whose module returns what it was given, as modules do."""
    given: list[Any] = []
    monkeypatch.setattr(plugin, "SCREEN", screen)
    monkeypatch.setattr(plugin, "_scratch", lambda: str(tmp_path))
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp, task_vars: {})

    def execute(self: Any, module_args: Any = None, **how: Any) -> dict[str, Any]:
        given.append(module_args)
        arguments = {
            "progress": None,
            "progress_file": None,
            **(self._task.args if module_args is None else module_args),
        }
        return {"changed": False, "invocation": {"module_args": arguments}}

    monkeypatch.setattr(plugin.ProgressAction, "_execute_module", execute, raising=False)
    return given, lambda: action({"name": "Orders"}).run(None, {})


def test_the_result_is_the_modules_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without, run = run_with(monkeypatch, tmp_path, None)
    plain = run()
    shown, run = run_with(monkeypatch, tmp_path, SCREEN)
    assert run() == plain
    assert without == [None]
    assert set(shown[0]) == {"name", "progress_file"}
    assert list(tmp_path.iterdir()) == []


def test_every_module_that_waits_has_it() -> None:
    for module in (gsi, index_info, items_ttl, table, table_export, tables):
        assert issubclass(module.ActionModule, plugin.ProgressAction)
