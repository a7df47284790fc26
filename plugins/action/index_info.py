# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows how far M(auditflow.dynamodb.index_info) is while it runs."""

from __future__ import annotations

from ansible_collections.auditflow.dynamodb.plugins.plugin_utils.progress import ProgressAction


class ActionModule(ProgressAction):
    """Runs the module and shows its progress."""
