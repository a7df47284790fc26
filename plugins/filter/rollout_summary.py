# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_summary
short_description: Sum up a rollout in a table
version_added: 1.0.0
description:
  - Tells in one table what the role P(auditflow.dynamodb.tables#role) did on each host, which failed and which were not
    reached, and below it what is off in those that failed.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, hostvars, batch, sizes, planned
options:
  _input:
    description: Names of the hosts in the order of the rollout.
    type: list
    elements: str
    required: true
  hostvars:
    description: The magic variable C(hostvars).
    type: dict
    required: true
  batch:
    description: Names of the hosts of the batch that has ended. Those after it are not reached. Without it, all are.
    type: list
    elements: str
  sizes:
    description:
      - Sizes of the batches, as P(auditflow.dynamodb.rollout_batches#filter) returns them.
      - Without them no batch is shown.
    type: list
    elements: raw
  planned:
    description: Whether nothing was done, but would be, as in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Sum up
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | auditflow.dynamodb.rollout_summary(hostvars) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The table, in lines.
  type: list
  elements: str
  sample:
    - 2 of 2 hosts done
    - "  host       account       region        tables"
    - "  mumbai     111122223333  ap-south-1    2 in sync"
    - "  frankfurt  111122223333  eu-central-1  1 changed, 1 in sync"
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.rollout import Region, numbered, summary_lines


def rollout_summary(
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    batch: Sequence[str] | None = None,
    sizes: Sequence[int | str] = (),
    planned: bool = False,
) -> list[str]:
    """A table of what came of each host."""
    begun = len(hosts) if batch is None else max((hosts.index(host) + 1 for host in batch), default=0)
    numbers, hints = numbered(hosts, batch, sizes)
    regions = [
        Region.of(host, hostvars[host], place < begun, number)
        for place, (host, number) in enumerate(zip(hosts, numbers, strict=True))
    ]
    return [*summary_lines(regions, planned), *hints]


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"rollout_summary": rollout_summary}
