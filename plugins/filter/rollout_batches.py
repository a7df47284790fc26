# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_batches
short_description: Sizes of the batches of a rollout
version_added: 1.0.0
description:
  - Sizes of the batches in which a rollout reaches the hosts of an inventory, as a play's keyword C(serial) takes them.
  - The groups C(canary), C(wave_1), C(wave_2) and so on are a batch each; the other hosts come in batches of O(batch).
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, reached, batch
options:
  _input:
    description: The magic variable C(groups).
    type: dict
    required: true
  reached:
    description: The hosts that C(--limit) leaves. Without it, all.
    type: list
    elements: str
  batch:
    description:
      - How many of the hosts that are in no wave make a batch, or a percentage of all hosts.
      - Several of these, as a list or separated by commas, are the sizes of batches one after the other; the last one
        stands for all further ones.
    type: raw
    default: 100%
seealso:
  - plugin: auditflow.dynamodb.rollout_order
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Canaries first, then two regions at a time
  hosts: "{{ groups | auditflow.dynamodb.rollout_order }}"
  serial: "{{ groups | auditflow.dynamodb.rollout_batches(batch=2) }}"
"""

RETURN = r"""
_value:
  description: Sizes; the last one stands for all further batches.
  type: list
  elements: raw
  sample: [1, 2]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.rollout import batch_sizes, order


def rollout_batches(
    groups: Mapping[str, Sequence[str]], reached: Sequence[str] | None = None, batch: Any = "100%"
) -> list[int | str]:
    """Sizes of the batches of a rollout. Raises AnsibleFilterError."""
    try:
        return batch_sizes(groups, order(groups) if reached is None else reached, batch)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"rollout_batches": rollout_batches}
