# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When progress is shown, and what is shown of a file that may not be there yet."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.progress import Progress
from ansible_collections.auditflow.dynamodb.plugins.plugin_utils import progress as plugin


@pytest.mark.parametrize(
    ("terminal", "callback", "arguments", "background", "transport", "shown"),
    [
        (True, "default", {}, 0, "local", True),
        (True, "ansible.builtin.default", {}, 0, "local", True),
        (False, "default", {}, 0, "local", False),
        (True, "ansible.posix.json", {}, 0, "local", False),
        (False, "ansible.posix.json", {"progress": True}, 0, "local", True),
        (False, "default", {"progress": "yes"}, 0, "local", True),
        (True, "default", {"progress": "false"}, 0, "local", False),
        # Nobody could read the file there, or would wait for it.
        (True, "default", {"progress": True}, 0, "ssh", False),
        (True, "default", {"progress": True}, 60, "local", False),
        (True, "default", {"progress_file": "/somewhere"}, 0, "local", False),
    ],
)
def test_when_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    callback: str,
    arguments: dict[str, Any],
    background: int,
    transport: str,
    shown: bool,
) -> None:
    monkeypatch.setattr(plugin, "HAS_TERMINAL", terminal)
    monkeypatch.setattr(plugin, "_callback", lambda: callback)
    action = plugin.ProgressAction.__new__(plugin.ProgressAction)
    action._task = SimpleNamespace(async_val=background)
    action._connection = SimpleNamespace(transport=transport)
    assert action._shown(arguments) is shown


def test_what_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines: list[str] = []
    path = tmp_path / "progress.json"
    steps = ["", '{"table": "Ord', json.dumps(vars(Progress("Orders", 4, 1, 50, 200, 10.0)))]

    class Ended(threading.Event):
        """Before each look the file is a step further."""

        def wait(self, timeout: float | None = None) -> bool:
            if not steps:
                return True
            step = steps.pop(0)
            if step:
                path.write_text(step, encoding="utf-8")
            return False

    monkeypatch.setattr(plugin.display, "display", lambda line, **how: lines.append(line))
    plugin.tell(path, Ended())
    assert lines == ["  Orders: 1/4 segments, 50 of about 200 items, 5 items/s, about 30 s left"]


def test_a_short_run_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines: list[str] = []
    monkeypatch.setattr(plugin.display, "display", lambda line, **how: lines.append(line))
    ended = threading.Event()
    teller = threading.Thread(target=plugin.tell, args=(tmp_path / "none", ended))
    teller.start()
    ended.set()
    teller.join(1)
    assert not teller.is_alive()
    assert lines == []
