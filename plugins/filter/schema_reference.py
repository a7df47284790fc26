# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: schema_reference
short_description: What a page about tables says, out of their definitions
version_added: 1.0.0
description:
  - Makes what the page C(DYNAMODB_SCHEMA.md) of the role P(auditflow.dynamodb.document#role) says out of table
    definitions. Each table has its keys, attributes, indexes, access patterns with examples, settings, what writing
    costs, permissions and alarms.
  - Names, values and descriptions are Markdown in it, nothing of which can be taken for markup. The sentences are in
    the role's template.
author:
  - AuditFlow-Pro (@auditflow)
positional: _input, consumers, monitoring
options:
  _input:
    description: Definitions as the option C(tables) of M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  consumers:
    description:
      - Those who use the tables, as C(access_consumers) of the role P(auditflow.dynamodb.access#role).
      - What they have of other tables is left out.
    type: list
    elements: dict
  monitoring:
    description: As the option C(options) of M(auditflow.dynamodb.alarms_info). Without it the page tells of no alarms.
    type: dict
seealso:
  - module: auditflow.dynamodb.alarms_info
"""

EXAMPLES = r"""
- name: Write the page
  ansible.builtin.template:
    src: DYNAMODB_SCHEMA.md.j2
    dest: DYNAMODB_SCHEMA.md
    mode: "0644"
  vars:
    reference: "{{ tables_definitions | auditflow.dynamodb.schema_reference(access_consumers, monitoring_options) }}"
"""

RETURN = r"""
_value:
  description: What the page says.
  type: dict
  contains:
    headings:
      description: Titles and anchors of what is there once, by their purpose.
      type: dict
    tables:
      description: What is said of each table, in the order of the definitions.
      type: list
      elements: dict
    account_alarms:
      description: The alarms of all tables together.
      type: list
      elements: dict
    any_alarms:
      description: Whether the page tells of alarms.
      type: bool
    decimals:
      description: Whether a number of an example needs C(Decimal).
      type: bool
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError


def schema_reference(definitions: Any, consumers: Any = None, monitoring: Any = None) -> dict[str, Any]:
    """What the page about these tables says."""
    # Imported here, since a filter of a collection is found by loading all of them.
    from ansible_collections.auditflow.dynamodb.plugins.module_utils import schema_reference as pages

    try:
        return pages.schema_reference(definitions, consumers, monitoring)
    except DefinitionError as error:
        raise AnsibleFilterError("\n".join(error.problems)) from error


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Any]:
        """Filter names and functions."""
        return {"schema_reference": schema_reference}
