# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_page
short_description: What a page about a fleet of tables shows
version_added: 1.0.0
description:
  - Makes of what was found on each host what the page of the role P(auditflow.dynamodb.report#role) shows.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, hostvars, prices
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
  prices:
    description: Prices, as the role's C(report_prices).
    type: dict
    required: true
seealso:
  - plugin: auditflow.dynamodb.fleet_drift
    plugin_type: filter
"""

EXAMPLES = r"""
- name: How many tables are as defined, differ, and so on
  ansible.builtin.debug:
    msg: "{{ (ansible_play_hosts_all | auditflow.dynamodb.report_page(hostvars, report_prices)).counts }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(columns), the hosts; C(tables), each with its C(places); C(counts) of each state; C(problems) of hosts.
    - C(nonce), by which the page knows its own script and style.
  type: dict
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any


def report_page(
    names: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], prices: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page shows."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.report_page import page

    view = asdict(page({name: hostvars[name] for name in names}, prices))
    # What others wrote into the page cannot know it: no script of theirs would run even if it stood there unescaped.
    nonce = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:32]
    return {**view, "nonce": nonce}


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"report_page": report_page}
