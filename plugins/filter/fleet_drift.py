# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_drift
short_description: Tell in one table what differs from the definitions on many hosts
version_added: 1.0.0
description:
  - Tells in one table what the entry point C(compare) of the role P(auditflow.dynamodb.tables#role) found on each host,
    a line a table, and below it the plans of what differs and the errors of what could not be compared.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, hostvars
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The magic variable C(hostvars).
    type: dict
    required: true
seealso:
  - plugin: auditflow.dynamodb.rollout_summary
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what differs, everywhere
  ansible.builtin.debug:
    msg: "{{ (ansible_play_hosts_all | auditflow.dynamodb.fleet_drift(hostvars)).lines }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The report, and the hosts that it is about.
  type: dict
  contains:
    lines:
      description: The table, how many tables there are of each state, and the plans of what differs.
      type: list
      elements: str
      sample:
        - "  host       account       region        table    state    "
        - "  mumbai     111122223333  ap-south-1    orders   in sync"
        - "  frankfurt  111122223333  eu-central-1  orders   differs  1 change"
        - "2 hosts: 1 in sync, 1 differs"
        - ""
        - "frankfurt:"
        - "  orders (eu-central-1): 1 change"
        - "    ~ ttl  off -> ttl  settles within the hour"
    repairable:
      description: Names of the hosts where something differs and everything could be compared.
      type: list
      elements: str
    problems:
      description: For each host where something differs or could not be compared, what, in a line.
      type: dict
      sample: {frankfurt: "Drift: orders"}
"""

from collections.abc import Mapping, Sequence
from typing import Any


def fleet_drift(names: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What was found on each host, for people, and which hosts can be repaired."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet_drift import Host, report_lines

    hosts = [Host.of(name, hostvars[name]) for name in names]
    return {
        "lines": report_lines(hosts),
        "repairable": [host.name for host in hosts if host.repairable],
        "problems": {host.name: host.problem for host in hosts if host.problem},
    }


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"fleet_drift": fleet_drift}
