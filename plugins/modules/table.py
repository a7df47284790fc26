#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table
short_description: Create, change and delete a DynamoDB table with all its settings
version_added: 1.0.0
description:
  - Brings one DynamoDB table to what its definition says, by the fewest calls and in the order that AWS accepts.
  - A setting that is not given is neither read nor touched, and needs no permission.
  - Nothing that loses data happens unasked. What AWS cannot change in place is refused, with the option that allows it.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table, 3 to 255 characters out of letters, digits, V(_), V(-) and V(.).
    type: str
    required: true
  state:
    description: Whether the table shall exist.
    type: str
    choices: [present, absent]
    default: present
  create:
    description: Whether a table that does not exist is created. With V(false) it is an error.
    type: bool
    default: true
  description:
    description: What the table holds. Documentation; AWS is not told of it.
    type: str
  attributes:
    description:
      - The types of attributes, as C(name=type), V(S) for string, V(N) for number, V(B) for binary.
      - Every attribute that is part of a key must be here. Others may be, for documentation, with one of the types
        V(BOOL), V(NULL), V(M), V(L), V(SS), V(NS), V(BS) too; AWS is not told about them.
      - A type may be a dictionary with C(type) and what documents the attribute, which AWS is not told either.
        C(description) says what it is; C(optional) that items may lack it.
        C(values), a list, are all that an V(S) can have. C(minimum) and C(maximum) bound an V(N).
        C(format) is how an V(S) is written (V(uuid), V(timestamp), V(date), V(email), V(person), V(file_name), V(sha256),
        V(arn), V(uri), V(text)), or an V(N) (V(integer), V(unix_seconds)).
        C(fields) are the parts of an V(M), by name, and C(elements) is one element of an V(L), each a type or such a dictionary.
    type: dict
  partition_key:
    description: The attribute that is the partition key. Needed to create the table; can never be changed.
    type: str
  sort_key:
    description: The attribute that is the sort key. Can never be changed.
    type: str
  local_indexes:
    description: Local secondary indexes, at most five. They are created with the table and can never be changed.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the index.
        type: str
        required: true
      description:
        description: What the index is for. Documentation; AWS is not told of it.
        type: str
      sort_key:
        description: The attribute that is its sort key.
        type: str
        required: true
      projection:
        description: V(ALL), V(KEYS_ONLY), or a dictionary C({include:[a, b]}).
        type: raw
  global_indexes:
    description:
      - Global secondary indexes, at most twenty. On a live table they are created and deleted one at a time.
      - Indexes that exist and are not named stay, unless O(purge_indexes=true).
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the index.
        type: str
        required: true
      description:
        description: What the index is for. Documentation; AWS is not told of it.
        type: str
      partition_key:
        description: The attribute that is its partition key, or a list of up to four.
        type: raw
        required: true
      sort_key:
        description: The attribute that is its sort key, or a list of up to four.
        type: raw
      projection:
        description: V(ALL) (a new index without it is V(ALL)), V(KEYS_ONLY), or a dictionary C({include:[a, b]}).
        type: raw
      provisioned_throughput:
        description: Its read and write capacity units. Required when O(billing_mode=PROVISIONED).
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
        description: Its limits on an on-demand table, as O(on_demand_throughput).
        type: dict
        suboptions:
          max_read_request_units:
            description: Read request units per second; V(-1) removes the limit.
            type: int
          max_write_request_units:
            description: Write request units per second; V(-1) removes the limit.
            type: int
      warm_throughput:
        description: What it must be ready for at once, as O(warm_throughput).
        type: dict
        suboptions:
          read_units_per_second:
            description: Read units per second.
            type: int
          write_units_per_second:
            description: Write units per second.
            type: int
  purge_indexes:
    description: Whether global indexes that O(global_indexes) does not name are deleted.
    type: bool
    default: false
  allow_index_rebuild:
    description:
      - Whether a global index whose keys, key types or projection differ is deleted and created again.
      - Queries on the index fail until it is built. AWS cannot change these in place.
    type: bool
    default: false
  billing_mode:
    description:
      - How the table is paid for. A new table without it is V(PAY_PER_REQUEST), unless O(provisioned_throughput) is given.
      - A switch to V(PROVISIONED) needs throughput for the table and for each of its indexes.
    type: str
    choices: [PAY_PER_REQUEST, PROVISIONED]
  provisioned_throughput:
    description: Capacity of a V(PROVISIONED) table. AWS takes four decreases a day, then one an hour.
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
    description: Limits of a V(PAY_PER_REQUEST) table. A limit that is not given stays as it is.
    type: dict
    suboptions:
      max_read_request_units:
        description: Read request units per second; V(-1) removes the limit.
        type: int
      max_write_request_units:
        description: Write request units per second; V(-1) removes the limit.
        type: int
  warm_throughput:
    description:
      - What the table must be ready for at once. It is a floor, in sync when AWS has at least this, because it grows by
        itself and AWS never lowers it.
    type: dict
    suboptions:
      read_units_per_second:
        description: Read units per second, 12000 or more on an on-demand table.
        type: int
      write_units_per_second:
        description: Write units per second, 4000 or more on an on-demand table.
        type: int
  encryption:
    description: The key that encrypts the table at rest. AWS takes four changes in 24 hours.
    type: dict
    suboptions:
      type:
        description: V(KMS) for a key in KMS, V(AWS_OWNED) for a key of AWS that costs nothing and cannot be seen.
        type: str
        choices: [AWS_OWNED, KMS]
        default: KMS
      key:
        description: A customer key by id, ARN, alias or alias ARN. Without it V(KMS) is the AWS-managed key C(aws/dynamodb).
        type: str
  ttl:
    description:
      - Time to live. AWS takes one change an hour; another attribute means off first, then on, and the second half may be
        left as RV(pending).
    type: dict
    suboptions:
      enabled:
        description: Whether items expire.
        type: bool
        default: true
      attribute:
        description: The number attribute that holds the expiry time in Unix seconds. Required unless turned off.
        type: str
      timestamp:
        description:
          - The attribute from which the retention of an item counts. Documentation, and the default of
            M(auditflow.dynamodb.items_ttl) in its playbook; AWS knows nothing of it.
        type: str
      retention:
        description: How long an item is kept, as V(7y) or V(90d). Likewise.
        type: str
  pitr:
    description: Point-in-time recovery.
    type: dict
    suboptions:
      enabled:
        description: Whether it is on. Turning it off loses the points in time kept so far.
        type: bool
        default: true
      recovery_period_days:
        description: How far back one can go, 1 to 35 days. A table that has none yet gets 35.
        type: int
  stream:
    description: DynamoDB stream. Another view type means off, then on, and a new stream ARN.
    type: dict
    suboptions:
      enabled:
        description: Whether there is a stream.
        type: bool
        default: true
      view_type:
        description: What a record carries. Required unless turned off.
        type: str
        choices: [KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES]
  deletion_protection:
    description: Whether AWS refuses to delete the table.
    type: bool
  table_class:
    description: Storage class. AWS takes two changes in 30 days.
    type: str
    choices: [STANDARD, STANDARD_INFREQUENT_ACCESS]
  tags:
    description: Tags to set. Tags that exist and are not named stay, unless O(purge_tags=true).
    type: dict
  purge_tags:
    description: Whether tags that O(tags) does not name are removed. AWS's own (C(aws:…)) always stay.
    type: bool
    default: false
  access_patterns:
    description:
      - The queries that the application makes of the table. They are documentation, checked against the keys, the indexes
        and the attributes; AWS is not told of them, and nothing is changed by them.
      - They say what an index is for, and so which queries fail without it.
    type: list
    elements: dict
    suboptions:
      name:
        description: A name in snake_case, unique in the table.
        type: str
        required: true
      description:
        description: What it is for.
        type: str
      index:
        description: The index that is queried. Not given it is the table itself.
        type: str
      parameters:
        description:
          - The values that are given with the query, as C(name=type), V(S), V(N), V(B) or V(BOOL); the conditions name them with
            a colon before. A type may be a dictionary with C(type) and C(description).
        type: dict
      key_condition:
        description:
          - The condition on the key, in DynamoDB's own language. Each attribute of the partition key with C(=), and, if any,
            the sort key with one of C(=), C(<), C(<=), C(>), C(>=), C(BETWEEN) and C(begins_with).
          - Attribute names are written as they are, reserved words too; those with other characters than letters, digits
            and V(_) in double quotes.
        type: str
        required: true
      filter:
        description: The condition on other attributes, likewise. It is applied to what the key condition has found.
        type: str
      order:
        description: The order of the result by the sort key.
        type: str
        choices: [ascending, descending]
        default: ascending
      limit:
        description: How many items at most are read.
        type: int
  allow_delete:
    description: With O(state=absent), allows deleting a table that exists. Its items are lost.
    type: bool
    default: false
  final_backup:
    description:
      - With O(state=absent), whether an on-demand backup is taken first. It outlives the table and is charged until it is
        deleted.
      - Where there are no backups to be had, as on some emulators, the module stops before it deletes anything, unless this
        is V(false).
    type: bool
    default: true
  final_backup_name:
    description: The name of the final backup. Without it, the table's name, C(-final-) and the time.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.tables
  - module: auditflow.dynamodb.table_info
  - name: UpdateTable
    description: The API behind most changes.
    link: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

EXAMPLES = r"""
- name: The documents table, with everything
  auditflow.dynamodb.table:
    name: AuditFlow-Documents
    attributes: {document_id: S, loan_application_id: S, upload_timestamp: S, ttl: N}
    partition_key: document_id
    global_indexes:
      - name: loan_application_id-upload_timestamp-index
        partition_key: loan_application_id
        sort_key: upload_timestamp
        projection: ALL
    billing_mode: PAY_PER_REQUEST
    encryption: {type: KMS, key: alias/auditflow-dynamodb-encryption}
    ttl: {attribute: ttl}
    pitr: {recovery_period_days: 35}
    deletion_protection: true
    tags: {Project: AuditFlow-Pro}

- name: With the queries that its index is for
  auditflow.dynamodb.table:
    name: Orders
    attributes: {order_id: S, customer: S, placed_at: S, total: N}
    partition_key: order_id
    global_indexes:
      - name: by-customer
        partition_key: customer
        sort_key: placed_at
    access_patterns:
      - name: large_orders_of_customer
        description: Orders of a customer since a day, of a total and more, newest first.
        index: by-customer
        parameters: {customer: S, since: S, total: N}
        key_condition: customer = :customer AND placed_at >= :since
        filter: total >= :total
        order: descending

- name: Two settings of a table that somebody else owns, nothing else read or touched
  auditflow.dynamodb.table:
    name: Orders
    pitr: {recovery_period_days: 7}
    deletion_protection: true

- name: Exactly these indexes, rebuilt where keys or projection changed
  auditflow.dynamodb.table:
    name: Orders
    attributes: {order_id: S, customer: S, region: S, placed_at: N}
    partition_key: order_id
    global_indexes:
      - name: by-customer
        partition_key: [customer, region]
        sort_key: placed_at
        projection: {include: [total, status]}
    purge_indexes: true
    allow_index_rebuild: true

- name: Provisioned capacity, for the table and its index
  auditflow.dynamodb.table:
    name: Orders
    attributes: {order_id: S, customer: S}
    partition_key: order_id
    billing_mode: PROVISIONED
    provisioned_throughput: {read_capacity_units: 100, write_capacity_units: 50}
    global_indexes:
      - name: by-customer
        partition_key: customer
        provisioned_throughput: {read_capacity_units: 50, write_capacity_units: 50}

- name: Delete a table, with a final backup
  auditflow.dynamodb.table:
    name: Orders
    state: absent
    allow_delete: true
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
  sample: AuditFlow-Documents
in_sync:
  description: Whether nothing had to be done, and nothing is still under way.
  returned: always
  type: bool
plan:
  description: The calls that lead to what is wanted, in order. In check mode those that would be made.
  returned: always
  type: list
  elements: dict
  contains:
    operation:
      description: The AWS call.
      type: str
      sample: UpdateTable
    purpose:
      description: The call in words.
      type: str
      sample: create index by-customer
    changes:
      description: The changes it carries out; empty for the second half of a change that takes two calls.
      type: list
      elements: dict
      contains:
        symbol:
          description: V(+) added, V(~) changed, V(-) removed, V(!) taken down and built anew.
          type: str
        setting:
          description: The setting, named as the option.
          type: str
        target:
          description: The index or tag, where the setting has several.
          type: str
        summary:
          description: From what to what.
          type: str
        note:
          description: What follows from it.
          type: str
        cost:
          description: V(index unavailable) or V(data lost), where it costs that.
          type: str
plan_text:
  description: The plan for people, several lines.
  returned: always
  type: str
  sample: |-
    AuditFlow-Documents (ap-south-1): 1 change
      ~ ttl  off -> ttl  settles within the hour
quotas:
  description: Budgets of AWS that the changes spend or will hit, and what AWS does not tell of them, in words.
  returned: always
  type: list
  elements: str
  sample: [AWS takes one TTL change an hour and does not tell when the last was made]
pending:
  description: What is left to AWS or to the next run, in words.
  returned: always
  type: list
  elements: str
settings:
  description: Every managed setting, with what is wanted and what was found.
  returned: always
  type: list
  elements: dict
  contains:
    setting:
      description: The setting.
      type: str
    target:
      description: The index or tag, where the setting has several.
      type: str
    wanted:
      description: What the definition says.
      type: str
    found:
      description: What AWS had before.
      type: str
    in_sync:
      description: Whether they are the same.
      type: bool
settings_text:
  description: What is wanted and what was found, for people, a line a setting.
  returned: success
  type: str
summary_text:
  description: The table as it is afterwards, for people.
  returned: success
  type: str
table:
  description:
    - The table as AWS describes it afterwards, in snake_case. Empty when there is none.
    - C(time_to_live), C(continuous_backups) and C(tags) are there when they are managed.
  returned: success
  type: dict
  sample:
    table_name: AuditFlow-Documents
    table_status: ACTIVE
    table_arn: arn:aws:dynamodb:ap-south-1:123456789012:table/AuditFlow-Documents
failure:
  description: What went wrong, for programs; C(msg) says it for people.
  returned: failure
  type: dict
  sample: {kind: denied, code: AccessDeniedException, message: not authorized, asked: UpdateTable of Orders}
problems:
  description: Every mistake in the definition. AWS was not asked anything.
  returned: when the definition is wrong
  type: list
  elements: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import converge, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    DELETE_OPTIONS,
    WAIT_OPTIONS,
    backup_name,
    connect,
    definition_of,
    end_one,
    module_options,
    new_module,
    parse_or_fail,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import definition_options, parse_table


def main() -> None:
    """Entry point."""
    definition = definition_options()
    module = new_module(
        {
            **module_options(definition),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "create": {"type": "bool", "default": True},
            **DELETE_OPTIONS,
            "final_backup_name": {"type": "str"},
            **WAIT_OPTIONS,
        }
    )
    spec = parse_or_fail(module, parse_table, definition_of(module, definition))
    aws = connect(module)
    if module.params["state"] == "present":
        outcome = converge(spec, aws, run_of(module))
    else:
        deletion = Deletion(spec.name, module.params["allow_delete"], backup_name(module, spec.name))
        outcome = delete(deletion, aws, run_of(module))
    end_one(module, outcome, aws.region)


if __name__ == "__main__":
    main()
