# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules share is found as Python finds files, with its bytecode kept; everything else as Ansible finds it."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.bytecode import BytecodeFinder

COLLECTION = "ansible_collections.auditflow.dynamodb.plugins"
PLUGINS = Path(__file__).parents[2] / "plugins"
# As Ansible does it: its loader of collections is there before any plugin is.
IN_ANSIBLE = f"""
import sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from {COLLECTION}.plugin_utils.inline import run_module
from {COLLECTION}.module_utils import plan
from {COLLECTION}.module_utils.settings import ttl
for module in (plan, ttl, sys.modules["{COLLECTION}.plugin_utils.inline"]):
    print(type(module.__spec__.loader).__name__, bool(module.__spec__.cached))
"""


@pytest.mark.parametrize(
    ("name", "folder"), [("plan", "module_utils"), ("settings", "module_utils"), ("ttl", "modules")]
)
def test_files_of_modules_are_found(name: str, folder: str) -> None:
    spec = BytecodeFinder().find_spec(f"{COLLECTION}.{folder}.{name}", [str(PLUGINS / folder)])
    assert spec
    assert isinstance(spec.loader, SourceFileLoader)
    assert spec.cached


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (f"{COLLECTION}.module_utils.nothing", "module_utils"),
        (f"{COLLECTION}.action.tables", "action"),
        ("json.decoder", "module_utils"),
    ],
)
def test_the_rest_is_left_to_others(name: str, folder: str) -> None:
    assert BytecodeFinder().find_spec(name, [str(PLUGINS / folder)]) is None
    assert BytecodeFinder().find_spec(name, None) is None


def test_within_ansible() -> None:
    done = subprocess.run([sys.executable, "-c", IN_ANSIBLE], capture_output=True, text=True, check=True)
    *ours, plugin = done.stdout.splitlines()
    assert ours == ["SourceFileLoader True"] * 2
    assert plugin.startswith("_AnsibleCollectionLoader")
