# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: definition_schema
short_description: The JSON Schema of files with table definitions
version_added: 1.0.0
description:
  - Makes a JSON Schema, by which editors complete and check files of variables that hold C(tables_definitions).
  - It is made of the options of M(auditflow.dynamodb.table). What only a check of a whole definition can tell is not in
    it; P(auditflow.dynamodb.definition_problems#filter) tells that.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input
options:
  _input:
    description: The title of the schema.
    type: str
    required: true
seealso:
  - module: auditflow.dynamodb.table
  - plugin: auditflow.dynamodb.definition_problems
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write it
  ansible.builtin.copy:
    content: "{{ 'Our tables' | auditflow.dynamodb.definition_schema | ansible.builtin.to_nice_json }}\n"
    dest: definition.schema.json
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The schema, of draft 2020-12.
  type: dict
"""

from typing import Any


def definition_schema(title: str) -> dict[str, Any]:
    """The schema."""
    # Imported here, since a filter of a collection is found by loading all of them.
    import yaml

    from ansible_collections.auditflow.dynamodb.plugins.module_utils import definition_schema as schemas
    from ansible_collections.auditflow.dynamodb.plugins.modules.table import DOCUMENTATION as TABLE

    return schemas.definition_schema(title, yaml.safe_load(TABLE)["options"])


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"definition_schema": definition_schema}
