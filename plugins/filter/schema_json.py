# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: schema_json
short_description: Tables as data for programs of any language
version_added: 1.0.0
description:
  - Makes a dictionary out of table definitions that says of each table what it holds, its attributes and indexes, its
    access patterns as arguments of C(Query), and the calls that make it, in the words of the AWS API.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
seealso:
  - module: auditflow.dynamodb.tables
"""

EXAMPLES = r"""
- name: Write it
  ansible.builtin.copy:
    content: "{{ tables_definitions | auditflow.dynamodb.schema_json | ansible.builtin.to_nice_json }}\n"
    dest: dynamodb_schemas.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: What there is to say, the tables in C(tables).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def schema_json(definitions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What there is to say of the tables."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils import schema_json as schema_jsons

    try:
        return schema_jsons.schema_json(definitions)
    except DefinitionError as error:
        raise AnsibleFilterError("\n".join(error.problems)) from error


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"schema_json": schema_json}
