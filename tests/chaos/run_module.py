# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python run_module.py NAME ARGUMENTS.json: one module of the collection as a process of its own, in quicker time.

For cases that are too many for ansible-playbook, whose start takes longer than the module's work.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

# The engine's pauses and deadlines take a tenth; the server's durations are scaled by itself.
SPEED = 10.0


def main() -> None:
    name, arguments = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    sleep, now = time.sleep, time.monotonic
    # Before the engine is imported, which takes them as defaults.
    time.sleep = lambda seconds: sleep(seconds / SPEED)
    time.monotonic = lambda: now() * SPEED
    sys.argv = [name]
    with patch_module_args(arguments):
        runpy.run_module(f"ansible_collections.auditflow.dynamodb.plugins.modules.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
