# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: schema_python
short_description: The Python module that a backend uses its tables by
version_added: 1.0.0
description:
  - Makes the text of a Python module out of table definitions. It has the names of tables and indexes, enumerations,
    types of items, arguments of C(create_table), a function for each access pattern, and the expiry time of an item.
  - It needs nothing but Python 3.10, and passes C(mypy --strict).
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
    content: "{{ tables_definitions | auditflow.dynamodb.schema_python }}"
    dest: backend/dynamodb_schemas.py
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def schema_python(definitions: Sequence[Mapping[str, Any]]) -> str:
    """The text of the module."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils import schema_python as schema_pythons

    try:
        return schema_pythons.schema_python(definitions)
    except DefinitionError as error:
        raise AnsibleFilterError("\n".join(error.problems)) from error


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"schema_python": schema_python}
