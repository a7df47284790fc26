#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_info
short_description: Read everything AWS knows of DynamoDB tables, and the definition each would have
version_added: 1.0.0
description:
  - Reads one table, some, or all tables of a region, with every sub-API.
  - Returns each as AWS describes it and as the arguments that M(auditflow.dynamodb.table) takes. That is how an existing
    table is adopted - with these arguments nothing changes.
author:
  - AuditFlow-Pro (@auditflow)
options:
  names:
    description: The names of the tables. Tables that do not exist are not returned. Without it, the tables of the region.
    type: list
    elements: str
  name_pattern:
    description: A shell pattern, C(*) and C(?) and C([…]), that the names of the region's tables must match.
    type: str
  tags:
    description: Tags that the tables must carry. An empty value stands for any value.
    type: dict
  parallel:
    description: How many tables are read at a time.
    type: int
    default: 10
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.table
"""

EXAMPLES = r"""
- name: One table
  auditflow.dynamodb.table_info:
    names: [Orders]
  register: orders

- name: The tables of a project in this region
  auditflow.dynamodb.table_info:
    tags: {Project: AuditFlow-Pro}

- name: All tables of the region whose names begin with AuditFlow-
  auditflow.dynamodb.table_info:
    name_pattern: AuditFlow-*
  register: found

- name: Adopt them - nothing changes, and from now on their definitions are in a file
  ansible.builtin.copy:
    content: "{{ {'tables_definitions': found.tables | map(attribute='arguments')} | ansible.builtin.to_nice_yaml }}"
    dest: tables.yml
    mode: "0644"
"""

RETURN = r"""
tables:
  description: The tables, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    table:
      description:
        - The table as DescribeTable says, in snake_case, and what the sub-APIs say in C(time_to_live),
          C(continuous_backups), C(tags), C(resource_policy), C(contributor_insights), C(kinesis_destinations) and, for
          global tables, C(replica_auto_scaling).
      type: dict
    arguments:
      description: The definition of the table as it is.
      type: dict
      sample:
        name: Orders
        attributes: {order_id: S}
        partition_key: order_id
        billing_mode: PAY_PER_REQUEST
        pitr: {enabled: true, recovery_period_days: 35}
    unavailable:
      description: Sub-APIs that gave nothing, with the reason, a missing permission for example.
      type: dict
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.catalog import has_tags, look_at, table_names
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "names": {"type": "list", "elements": "str"},
            "name_pattern": {"type": "str"},
            "tags": {"type": "dict"},
            "parallel": {"type": "int", "default": 10},
        },
        mutually_exclusive=[("names", "name_pattern")],
    )
    aws = connect(module)
    try:
        names = module.params["names"]
        if names is None:
            names = table_names(aws, module.params["name_pattern"] or "*")
        entries = side_by_side(lambda name: look_at(aws, name), sorted(set(names)), module.params["parallel"])
    except AwsError as error:
        module.fail_json(msg=str(error))
    wanted = module.params["tags"] or {}
    found = [entry for entry in entries if entry is not None and has_tags(entry, wanted)]
    module.exit_json(changed=False, tables=[entry.result() for entry in found])


if __name__ == "__main__":
    main()
