# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: definition_problems
short_description: Check DynamoDB table definitions offline
version_added: 1.0.0
description:
  - Lists every mistake in a list of table definitions, each with its path and what is allowed.
  - AWS is not asked anything. It is the check that the modules make themselves before their first call.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, state
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  state:
    description: With V(absent) only the names are checked.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: auditflow.dynamodb.tables
"""

EXAMPLES = r"""
- name: Check before anything is made
  ansible.builtin.assert:
    that: tables_definitions | auditflow.dynamodb.definition_problems | length == 0
    fail_msg: "{{ tables_definitions | auditflow.dynamodb.definition_problems }}"
"""

RETURN = r"""
_value:
  description: The mistakes; empty when there are none.
  type: list
  elements: str
  sample: ["tables[1].global_indexes[0].sort_key: 'risk' has no type in 'attributes'"]
"""

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def definition_problems(definitions: Any, state: str = "present") -> list[str]:
    """Every mistake in the definitions."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_names, parse_tables

    parse = parse_names if state == "absent" else parse_tables
    try:
        parse(definitions)
    except DefinitionError as error:
        return list(error.problems)
    return []


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"definition_problems": definition_problems}
