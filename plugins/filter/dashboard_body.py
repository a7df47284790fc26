# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dashboard_body
short_description: Make the body of a CloudWatch dashboard of tables
version_added: 1.0.0
description:
  - Makes the body of a CloudWatch dashboard out of table definitions. Each table has graphs of what it and its indexes
    consume, of throttling, latencies and errors, and those values that its alarms watch, with a line where they ring.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, region, options
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  region:
    description: The region of the tables.
    type: str
    required: true
  options:
    description: As the option C(options) of M(auditflow.dynamodb.alarms_info).
    type: dict
    default: {}
seealso:
  - module: auditflow.dynamodb.dashboard
"""

EXAMPLES = r"""
- name: A dashboard of the tables
  auditflow.dynamodb.dashboard:
    name: DynamoDB-ap-south-1
    body: "{{ tables_definitions | auditflow.dynamodb.dashboard_body('ap-south-1') }}"
"""

RETURN = r"""
_value:
  description: The body, to be written as JSON.
  type: dict
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def dashboard_body(definitions: Any, region: str, options: Any = None) -> dict[str, Any]:
    """The body of a dashboard of these tables."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils import dashboard_body as bodies

    try:
        return bodies.dashboard_body(definitions, region, options)
    except DefinitionError as error:
        raise AnsibleFilterError("\n".join(error.problems)) from error


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"dashboard_body": dashboard_body}
