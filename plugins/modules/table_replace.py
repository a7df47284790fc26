#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_replace
short_description: Replace a DynamoDB table by a copy of it, a restored one for example
version_added: 1.0.0
description:
  - DynamoDB cannot rename a table. So the copy is backed up, the old table is backed up and deleted, and the backup of the
    copy is restored under the old name. The copy stays.
  - There is a backup of each before anything is deleted. A run that was killed at any point is gone on with by the next
    one, which sees from the tables and the backups how far it was.
  - While the table is replaced it cannot be read or written, for minutes or, where it is big, for hours. Stop all writers
    before, also those of the copy. Where CloudWatch has recorded writes in the last ten minutes the module refuses.
  - AWS restores no TTL, point-in-time recovery, tags, stream, deletion protection, table class or resource policy. Give
    the table its definition with M(auditflow.dynamodb.table) afterwards, as the playbook C(auditflow.dynamodb.replace) does.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The table that is replaced.
    type: str
    required: true
  copy:
    description: The table whose content takes its place; it must have the same keys.
    type: str
    required: true
  allow_delete:
    description: Allows deleting the old table, after its backup.
    type: bool
    default: false
  writers_stopped:
    description: Says that nobody writes to either table, whatever CloudWatch has recorded.
    type: bool
    default: false
  count:
    description:
      - Whether the items of both tables are counted at the end and must be as many. That reads both tables whole, and costs
        read capacity.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait for each step. When they are over the module fails, and the next run goes on.
    type: int
    default: 21600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table_restore
  - module: auditflow.dynamodb.table_backup
"""

EXAMPLES = r"""
- name: The orders as they were yesterday take the place of those of today
  auditflow.dynamodb.table_replace:
    name: Orders
    copy: Orders-restored
    allow_delete: true
"""

RETURN = r"""
phase:
  description: C(done) at the end; in check mode what comes next, C(replace), C(restore), C(wait) or C(done).
  returned: always
  type: str
text:
  description: What was to be done, and what came of it, for people.
  returned: always
  type: str
items:
  description: How many items each table has, where they were counted.
  returned: always
  type: dict
  sample: {"Orders": 1204331, "Orders-restored": 1204331}
"""

from ansible.module_utils.common.warnings import warn

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Run
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import PROGRESS_OPTIONS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.replacing import Order, replace_table


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "name": {"type": "str", "required": True},
            "copy": {"type": "str", "required": True},
            "allow_delete": {"type": "bool", "default": False},
            "writers_stopped": {"type": "bool", "default": False},
            "count": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 21600},
            **PROGRESS_OPTIONS,
        }
    )
    params = module.params
    if params["name"] == params["copy"]:
        module.fail_json(msg=f"{params['name']} cannot replace itself: copy must be another table")
    order = Order(params["name"], params["copy"], params["allow_delete"], params["writers_stopped"], params["count"])
    run = Run(module.check_mode, Patience(seconds=params["wait_timeout"]))
    outcome = replace_table(order, connect(module), run)
    for warning in outcome.warnings:
        warn(warning)
    # What is there afterwards is the module's own word for it, not the table's settings.
    before, after = (params["name"], params["copy"]) if outcome.changed else ("", "")
    result = {**outcome.result(), "diff": {"before": {"content_of": before}, "after": {"content_of": after}}}
    if outcome.error:
        module.fail_json(msg=f"{params['name']}: {outcome.error}", **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
