# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of showing progress."""

from __future__ import annotations


class ModuleDocFragment:
    """progress and progress_file."""

    DOCUMENTATION = r"""
options:
  progress:
    description:
      - Whether the terminal shows what is waited for, and how far it is, while the module runs on the control node.
      - By default where there is a terminal and Ansible's default output (its YAML form, too), and C(CI) is not set. The
        lines are gone when the module ends. What takes less than two seconds shows none.
      - With V(true) it is also shown where there is no such terminal, as lines that stay. With V(false) never.
      - For all tasks it is set by the environment variable E(AUDITFLOW_DYNAMODB_PROGRESS), or by C(progress) in the section
        C([auditflow.dynamodb]) of C(ansible.cfg).
      - It is not shown of tasks with C(no_log) or C(async).
    type: bool
  progress_file:
    description:
      - A file that the module writes its progress to, as JSON. With C(async), where nothing is shown, somebody may read it.
      - It has the names of tables, indexes and jobs, and counts, nothing of an item.
    type: path
"""
