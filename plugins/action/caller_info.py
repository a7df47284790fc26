# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs M(auditflow.dynamodb.caller_info) in the process of its task."""

from __future__ import annotations

from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.inline import ModuleAction


class ActionModule(ModuleAction):
    """Runs the module."""
