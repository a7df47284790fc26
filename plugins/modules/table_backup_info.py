#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_backup_info
short_description: Which backups there are of DynamoDB tables, also of tables that are gone
version_added: 1.0.0
description:
  - Lists the backups of some tables or of the whole region, newest first. Backups outlive their table.
  - AWS does not list here what AWS Backup has made; that is in the vaults of AWS Backup.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: Only backups of these tables, which need not exist any more. Not given, of all.
    type: list
    elements: str
    aliases: [table]
  names:
    description: Only backups with these names or ARNs.
    type: list
    elements: str
  type:
    description:
      - Only backups of this type. V(USER) for on-demand ones, V(SYSTEM) for those that AWS makes of a deleted table with
        point-in-time recovery and keeps for 35 days.
    type: str
    choices: [ALL, USER, SYSTEM]
    default: ALL
  since:
    description: Only backups from this time on, with its zone, as C(2026-11-22T18:00:00Z), or in Unix seconds.
    type: str
  before:
    description: Only backups from before this time.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.table_backup
  - module: auditflow.dynamodb.table_restore
"""

EXAMPLES = r"""
- name: What there is of the orders
  auditflow.dynamodb.table_backup_info:
    table: Orders
  register: found

- name: On-demand backups of last year, of all tables
  auditflow.dynamodb.table_backup_info:
    type: USER
    since: "2025-01-01T00:00:00Z"
    before: "2026-01-01T00:00:00Z"
"""

RETURN = r"""
backups:
  description: The backups, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    arn:
      description: The ARN.
      type: str
    name:
      description: The name; names are not unique.
      type: str
    table:
      description: The table's name.
      type: str
    table_id:
      description: Of which table of that name; another one after the table was deleted and created again.
      type: str
    table_exists:
      description: Whether there is a table of that name.
      type: bool
    status:
      description: C(CREATING), C(AVAILABLE) or C(DELETED).
      type: str
    type:
      description: C(USER) or C(SYSTEM).
      type: str
    created:
      description: When it was taken.
      type: str
    expires:
      description: When AWS deletes it by itself.
      type: str
    size_bytes:
      description: Its size.
      type: int
text:
  description: The list for people, a line a backup.
  returned: success
  type: str
  sample: Orders  2026-11-22 18:00:00Z  USER  AVAILABLE  52,113 B  Orders-20261122T180000Z
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.backing_up import find
from ansible_collections.auditflow.dynamodb.plugins.module_utils.backups import ALL, SYSTEM, USER, lines
from ansible_collections.auditflow.dynamodb.plugins.module_utils.catalog import table_names
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import TimeError, parse_time


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "str", "aliases": ["table"]},
            "names": {"type": "list", "elements": "str"},
            "type": {"type": "str", "choices": [ALL, USER, SYSTEM], "default": ALL},
            "since": {"type": "str"},
            "before": {"type": "str"},
        }
    )
    params = module.params
    try:
        since, before = (parse_time(params[option]) if params[option] else None for option in ("since", "before"))
    except TimeError as error:
        module.fail_json(msg=f"since and before: {error}")
    aws = connect(module)
    try:
        found = find(aws, params["tables"], params["type"], since, before)
        existing = set(table_names(aws, "*"))
    except AwsError as error:
        module.fail_json(msg=str(error))
    if params["names"] is not None:
        found = [backup for backup in found if backup.name in params["names"] or backup.arn in params["names"]]
    module.exit_json(
        changed=False,
        backups=[{**backup.result(), "table_exists": backup.table in existing} for backup in found],
        text="\n".join(lines(found, existing)) or "no backups",
    )


if __name__ == "__main__":
    main()
