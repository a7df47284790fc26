#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tables
short_description: Create, change and delete many DynamoDB tables in one task, side by side
version_added: 1.0.0
description:
  - Does for each definition of a list what M(auditflow.dynamodb.table) does for one, several at a time.
  - All definitions are checked first, offline. Every mistake in any of them is told at once, with its path.
  - One table's failure does not stop the others. The task fails at the end and names each failed table and why.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description:
      - The definitions, each with the options of M(auditflow.dynamodb.table) that describe a table, from C(name) to C(access_patterns).
      - C(purge_indexes), C(purge_tags) and C(allow_index_rebuild) may be given in a definition too and go before those of
        the task.
      - With O(state=absent) only C(name) matters.
    type: list
    elements: dict
    required: true
  state:
    description: Whether the tables shall exist.
    type: str
    choices: [present, absent]
    default: present
  only:
    description:
      - Manage only these settings of the definitions this time. The others are neither read nor touched.
      - With it a table that does not exist is created only if V(keys) is among them.
    type: list
    elements: str
    choices:
      - keys
      - billing
      - warm_throughput
      - local_indexes
      - global_indexes
      - encryption
      - table_class
      - stream
      - ttl
      - pitr
      - deletion_protection
      - tags
  create:
    description: Whether tables that do not exist are created. With V(false) such a table is an error.
    type: bool
    default: true
  parallel:
    description:
      - How many tables are worked on at a time, at most 250.
      - AWS changes 500 tables of an account and region at a time, and 250 where they have indexes.
    type: int
    default: 10
  read_back:
    description:
      - Whether each table that was changed is read anew and compared with its definition, which RV(verified) tells.
      - Without it a change is done when AWS has taken it and the table is ACTIVE. That saves four calls for each such table.
      - With O(details) or O(report_file) it is done in any case.
    type: bool
    default: false
  missing_tables:
    description:
      - Names of tables that were not there a moment ago, as M(auditflow.dynamodb.plan_info) returns them. With O(state=present) they
        are not looked for again before they are created. One that is there by now is compared like any other.
    type: list
    elements: str
    default: []
  purge_indexes:
    description: Whether global indexes that a definition does not name are deleted, where it names any or an empty list.
    type: bool
    default: false
  purge_tags:
    description: Whether tags that a definition does not name are removed, where it names any or an empty dictionary.
    type: bool
    default: false
  allow_index_rebuild:
    description: Whether an index whose keys, key types or projection differ is deleted and created again.
    type: bool
    default: false
  allow_delete:
    description: With O(state=absent), allows deleting tables that exist. Their items are lost.
    type: bool
    default: false
  final_backup:
    description: With O(state=absent), whether an on-demand backup of each table is taken first.
    type: bool
    default: true
  details:
    description:
      - Whether RV(results) has of each table all that M(auditflow.dynamodb.table) returns, the table itself and every setting.
      - That is some ten kilobytes a table; O(report_file) keeps them out of the result.
    type: bool
    default: false
  report_file:
    description:
      - A file that everything about each table is written to, as JSON, on the machine that the module runs on. Only its
        owner may read it.
      - A dictionary with C(region) and C(tables), a list of what M(auditflow.dynamodb.table) returns for each.
      - It is written whole, in check mode and where tables failed, too.
    type: path
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
- name: All tables of the application
  auditflow.dynamodb.tables:
    tables: "{{ tables_definitions }}"

- name: Two small tables
  auditflow.dynamodb.tables:
    tables:
      - name: Sessions
        attributes: {session_id: S, expires_at: N}
        partition_key: session_id
        ttl: {attribute: expires_at}
      - name: Orders
        attributes: {customer: S, placed_at: N}
        partition_key: customer
        sort_key: placed_at
        pitr: {}

- name: Only backups and tags, of tables that exist
  auditflow.dynamodb.tables:
    tables: "{{ tables_definitions }}"
    only: [pitr, tags]
    create: false

- name: What would change
  auditflow.dynamodb.tables:
    tables: "{{ tables_definitions }}"
  check_mode: true
  diff: true
  register: plan

- name: Delete them all
  auditflow.dynamodb.tables:
    tables: "{{ tables_definitions }}"
    state: absent
    allow_delete: true
"""

RETURN = r"""
verified:
  description: Whether every setting of every table was seen as defined, at the end. Of tables that were changed only O(read_back) tells.
  returned: always
  type: bool
in_sync:
  description: Whether nothing had to be done on any table, and nothing is still under way.
  returned: always
  type: bool
results:
  description:
    - What came of each table, in the order of O(tables) - C(name), C(changed), C(in_sync), C(verified), C(plan), C(plan_text), C(quotas)
      and C(pending), as M(auditflow.dynamodb.table) returns them. A failed one has C(failed), C(msg) and C(failure), too.
    - It has these, however many tables there are, because what a play may rely on must not depend on their number. The
      settings and the table itself, ten times as much, are there with O(details), and in O(report_file).
    - Where a table failed, these are the failed ones only, since Ansible prints a failed result whole.
  returned: always
  type: list
  elements: dict
changed_tables:
  description: The names of the tables that were changed, or would be in check mode.
  returned: always
  type: list
  elements: str
plan_text:
  description:
    - The plans of all tables for people, several lines.
    - Of more than 20 tables those that are in sync are counted in the last line, as are those after the first hundred that are not.
  returned: always
  type: str
  sample: |-
    AuditFlow-Documents (ap-south-1): 1 change
      ~ ttl  off -> ttl  settles within the hour
    AuditFlow-AuditRecords (ap-south-1): in sync
settings_text:
  description: What is wanted and what was found, for people, a line a setting. Of more than 20 tables as in RV(plan_text).
  returned: success
  type: str
summary_text:
  description: All tables as they are afterwards, for people. Of more than 20 tables as in RV(plan_text).
  returned: success
  type: str
pending:
  description: What is left to AWS or to the next run, in words, each with its table.
  returned: always
  type: list
  elements: str
problems:
  description: Every mistake in the definitions. AWS was not asked anything.
  returned: when a definition is wrong
  type: list
  elements: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import converge, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    DELETE_OPTIONS,
    RESULT_OPTIONS,
    SHARED_OPTIONS,
    WAIT_OPTIONS,
    AwsModule,
    backup_name,
    connect,
    end_many,
    new_module,
    parse_or_fail,
    run_of,
    tables_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_names
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "dict", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "only": {"type": "list", "elements": "str", "choices": list(SETTINGS)},
            "create": {"type": "bool", "default": True},
            "parallel": {"type": "int", "default": 10},
            "read_back": {"type": "bool", "default": False},
            "missing_tables": {"type": "list", "elements": "str", "default": []},
            **SHARED_OPTIONS,
            **DELETE_OPTIONS,
            **WAIT_OPTIONS,
            **RESULT_OPTIONS,
        }
    )
    if module.params["state"] == "absent":
        _delete(module)
    specs = tables_of(module)
    aws, run = connect(module), run_of(module)
    outcomes = side_by_side(lambda spec: converge(spec, aws, run), specs, module.params["parallel"])
    end_many(module, outcomes, aws.region)


def _delete(module: AwsModule) -> None:
    names = parse_or_fail(module, parse_names, module.params["tables"])
    deletions = [Deletion(name, module.params["allow_delete"], backup_name(module, name)) for name in names]
    aws, run = connect(module), run_of(module)
    outcomes = side_by_side(lambda deletion: delete(deletion, aws, run), deletions, module.params["parallel"])
    end_many(module, outcomes, aws.region)


if __name__ == "__main__":
    main()
