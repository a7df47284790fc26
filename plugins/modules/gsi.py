#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gsi
short_description: Create, change and delete one global secondary index of a DynamoDB table
version_added: 1.0.0
description:
  - Manages one global index of a table that may be someone else's. The table's other indexes and settings are not touched.
  - AWS creates and deletes one index of a table at a time; the module waits its turn.
author:
  - AuditFlow-Pro (@auditflow)
options:
  table:
    description: The name of the table. It must exist.
    type: str
    required: true
  name:
    description: The name of the index.
    type: str
    required: true
  description:
    description: What the index is for. Documentation; AWS is not told of it.
    type: str
  state:
    description: Whether the index shall exist. Deleting an index loses no items; queries on it fail from then on.
    type: str
    choices: [present, absent]
    default: present
  attributes:
    description: The types of the attributes in its key, as C(name=type), V(S), V(N) or V(B).
    type: dict
  partition_key:
    description: The attribute that is its partition key, or a list of up to four. Required when O(state=present).
    type: raw
  sort_key:
    description: The attribute that is its sort key, or a list of up to four.
    type: raw
  projection:
    description: V(ALL), V(KEYS_ONLY), or a dictionary C({include:[a, b]}). Not given it is V(ALL).
    type: raw
  provisioned_throughput:
    description: Its read and write capacity units. A new index of a C(PROVISIONED) table needs them.
    type: dict
    suboptions:
      read_capacity_units:
        description: Read capacity units.
        type: int
        required: true
      write_capacity_units:
        description: Write capacity units.
        type: int
        required: true
  on_demand_throughput:
    description: Its limits on an on-demand table. A limit that is not given stays as it is.
    type: dict
    suboptions:
      max_read_request_units:
        description: Read request units per second; V(-1) removes the limit.
        type: int
      max_write_request_units:
        description: Write request units per second; V(-1) removes the limit.
        type: int
  warm_throughput:
    description: What it must be ready for at once; a floor, since AWS never lowers it.
    type: dict
    suboptions:
      read_units_per_second:
        description: Read units per second.
        type: int
      write_units_per_second:
        description: Write units per second.
        type: int
  allow_index_rebuild:
    description: Whether the index is deleted and created again where its keys, key types or projection differ.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table
"""

EXAMPLES = r"""
- name: Orders by customer and time
  auditflow.dynamodb.gsi:
    table: Orders
    name: by-customer
    attributes: {customer: S, placed_at: N}
    partition_key: customer
    sort_key: placed_at
    projection: {include: [total, status]}

- name: Start building a large index and come back later
  auditflow.dynamodb.gsi:
    table: Orders
    name: by-region
    attributes: {region: S}
    partition_key: region
    wait: false

- name: The index is no longer used
  auditflow.dynamodb.gsi:
    table: Orders
    name: by-fax-number
    state: absent
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
  sample: Orders
in_sync:
  description: Whether nothing had to be done, and nothing is still under way.
  returned: always
  type: bool
plan:
  description: The calls that lead to what is wanted, as M(auditflow.dynamodb.table) returns them.
  returned: always
  type: list
  elements: dict
plan_text:
  description: The plan for people.
  returned: always
  type: str
pending:
  description: What is left to AWS or to the next run, in words.
  returned: always
  type: list
  elements: str
settings:
  description: What is wanted and what was found, as M(auditflow.dynamodb.table) returns it.
  returned: always
  type: list
  elements: dict
table:
  description: What was read of the table, in snake_case.
  returned: success
  type: dict
failure:
  description: What went wrong, for programs; C(msg) says it for people.
  returned: failure
  type: dict
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import converge
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    WAIT_OPTIONS,
    connect,
    definition_of,
    end_one,
    module_options,
    new_module,
    parse_or_fail,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.global_index import INDEX_OPTIONS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_index, parse_no_index


def main() -> None:
    """Entry point."""
    index_options = {**INDEX_OPTIONS, "partition_key": {"type": "raw", "no_log": False}}
    module = new_module(
        {
            "table": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "attributes": {"type": "dict"},
            "allow_index_rebuild": {"type": "bool", "default": False},
            **module_options(index_options),
            **WAIT_OPTIONS,
        }
    )
    index = definition_of(module, index_options)
    table = module.params["table"]
    if module.params["state"] == "present":
        shared = definition_of(module, ("attributes", "allow_index_rebuild"))
        spec = parse_or_fail(module, lambda given: parse_index(table, given, shared), index)
    else:
        spec = parse_or_fail(module, lambda given: parse_no_index(table, given), index["name"])
    aws = connect(module)
    end_one(module, converge(spec, aws, run_of(module)), aws.region)


if __name__ == "__main__":
    main()
