# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_problems
short_description: Check table definitions and who may do what with the tables, offline
version_added: 1.0.0
description:
  - Lists every mistake in a list of table definitions and in the consumers of the tables, each with its path.
    Unknown tables, indexes and access patterns are mistakes, and so is a policy that is larger than IAM takes.
  - AWS is not asked anything.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, consumers
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  consumers:
    description: As the variable C(access_consumers) of the role P(auditflow.dynamodb.access#role).
    type: list
    elements: dict
    required: true
seealso:
  - module: auditflow.dynamodb.access_info
"""

EXAMPLES = r"""
- name: Check before anything is written
  ansible.builtin.assert:
    that: tables_definitions | auditflow.dynamodb.access_problems(access_consumers) | length == 0
"""

RETURN = r"""
_value:
  description: The mistakes; empty when there are none.
  type: list
  elements: str
  sample: ["access_consumers[0].tables[0].access_patterns[0]: unknown access pattern 'audits'; there is risks"]
"""

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def access_problems(definitions: Any, consumers: Any) -> list[str]:
    """Every mistake in the definitions and the consumers."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_policies import parse_access

    try:
        parse_access(definitions, consumers)
    except DefinitionError as error:
        return list(error.problems)
    return []


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"access_problems": access_problems}
