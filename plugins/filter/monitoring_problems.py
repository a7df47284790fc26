# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: monitoring_problems
short_description: Check table definitions and what is said about their alarms, offline
version_added: 1.0.0
description:
  - Lists every mistake in a list of table definitions and in the options of their alarms, each with its path and what
    is allowed.
  - AWS is not asked anything.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, options
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  options:
    description: As the option C(options) of M(auditflow.dynamodb.alarms_info).
    type: dict
    default: {}
seealso:
  - module: auditflow.dynamodb.alarms_info
"""

EXAMPLES = r"""
- name: Check before anything is made
  ansible.builtin.assert:
    that: tables_definitions | auditflow.dynamodb.monitoring_problems(monitoring_options) | length == 0
"""

RETURN = r"""
_value:
  description: The mistakes; empty when there are none.
  type: list
  elements: str
  sample: ["monitoring.topics.alarm[0]: 'pager' is not the ARN of a topic; an SNS topic is named by its ARN"]
"""

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def monitoring_problems(definitions: Any, options: Any = None) -> list[str]:
    """Every mistake in the definitions and the options."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_options import parse_monitoring

    try:
        parse_monitoring(definitions, options)
    except DefinitionError as error:
        return list(error.problems)
    return []


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"monitoring_problems": monitoring_problems}
