# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_order
short_description: Order the hosts of an inventory for a rollout
version_added: 1.0.0
description:
  - Names all hosts of an inventory in the order in which a rollout reaches them.
  - First the group C(canary), then the groups C(wave_1), C(wave_2) and so on, then all others. Each host comes once.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
seealso:
  - plugin: auditflow.dynamodb.rollout_batches
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Roll out
  hosts: "{{ groups | auditflow.dynamodb.rollout_order }}"
  serial: "{{ groups | auditflow.dynamodb.rollout_batches }}"
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
  sample: [mumbai, frankfurt, ireland]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.rollout import order


def rollout_order(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """All hosts in the order of a rollout."""
    return order(groups)


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"rollout_order": rollout_order}
