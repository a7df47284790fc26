#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_backup
short_description: Take on-demand backups of DynamoDB tables, keep the newest, delete backups
version_added: 1.0.0
description:
  - Takes an on-demand backup of each table and waits until it is AVAILABLE. A backup is whole, costs no throughput and is
    kept until somebody deletes it, also when the table is gone.
  - The name is a prefix and the moment, such as C(Orders-20261122T180000Z), so every run takes one; or an exact name, which
    is taken once.
  - With O(keep) the newest so many are kept and older ones deleted; only on-demand backups with the prefix and a moment
    behind it, only of this very table, never those of a former table of the same name, of AWS Backup or of the system.
  - A backup whose answer was lost on the way is looked for, and not taken twice.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: The tables. Required with O(state=present), and with O(name) to delete.
    type: list
    elements: str
    aliases: [table]
  state:
    description: Whether backups shall be taken or deleted.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - The exact name of the backup, at each of O(tables).
      - With O(state=present) a backup of this name that this very table has is enough, and none is taken.
    type: str
  prefix:
    description: What the name begins with, before the moment. The table's name where it is not given.
    type: str
  keep:
    description: How many of the backups with the prefix each table keeps, the new one included. Not given, all are kept.
    type: int
  arns:
    description: With O(state=absent), the backups to delete, of any table, also of one that is gone.
    type: list
    elements: str
  parallel:
    description: How many tables are worked on at a time.
    type: int
    default: 10
attributes:
  idempotent:
    support: partial
    description: With an exact O(name), and with O(state=absent). Without a name every run takes a backup.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table_backup_info
  - module: auditflow.dynamodb.table_restore
"""

EXAMPLES = r"""
- name: Back up two tables, and keep a week of daily backups
  auditflow.dynamodb.table_backup:
    tables: [Orders, Customers]
    keep: 7

- name: Before the migration
  auditflow.dynamodb.table_backup:
    table: Orders
    name: Orders-before-migration

- name: Not needed any more
  auditflow.dynamodb.table_backup:
    table: Orders
    name: Orders-before-migration
    state: absent

- name: Backups of a table that is gone
  auditflow.dynamodb.table_backup:
    arns: "{{ found.backups | map(attribute='arn') }}"
    state: absent
"""

RETURN = r"""
results:
  description: What came of each table, or of each backup that was to be deleted.
  returned: always
  type: list
  elements: dict
  contains:
    table:
      description: The table, or the ARN of a backup that is not there.
      type: str
    changed:
      description: Whether a backup was taken or deleted.
      type: bool
    name:
      description: The name of the backup.
      type: str
    backup:
      description: The backup, as M(auditflow.dynamodb.table_backup_info) returns it; none where it was not taken.
      type: dict
    deleted:
      description: The backups that were deleted, oldest first.
      type: list
      elements: dict
    pending:
      description: What AWS still does, in words.
      type: list
      elements: str
text:
  description: What came of it, for people, a line a table.
  returned: always
  type: str
  sample: "Orders (ap-south-1): backed up as Orders-20261122T180000Z (AVAILABLE); deleted: Orders-20261115T180000Z"
pending:
  description: What AWS still does, in words.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.common.warnings import warn

from ansible_collections.auditflow.dynamodb.plugins.module_utils.backing_up import (
    Outcome,
    Wanted,
    back_up,
    forget,
    forget_named,
    outcome_line,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.backups import NAME
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    WAIT_OPTIONS,
    AwsModule,
    connect,
    new_module,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "str", "aliases": ["table"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "prefix": {"type": "str"},
            "keep": {"type": "int"},
            "arns": {"type": "list", "elements": "str"},
            "parallel": {"type": "int", "default": 10},
            **WAIT_OPTIONS,
        },
        mutually_exclusive=[("name", "prefix"), ("name", "keep"), ("arns", "tables")],
        required_if=[("state", "present", ["tables"]), ("state", "absent", ["arns", "name"], True)],
        required_by={"name": ["tables"]},
    )
    _check(module)
    aws, run = connect(module), run_of(module)
    params = module.params
    tables = list(dict.fromkeys(params["tables"] or ()))
    if params["state"] == "present":
        wanted = [
            Wanted(table, params["prefix"] or table, params["name"] or "", params["keep"] or 0) for table in tables
        ]
        outcomes = side_by_side(lambda each: back_up(each, aws, run), wanted, params["parallel"])
    elif params["arns"] is not None:
        outcomes = side_by_side(lambda arn: forget(arn, aws, run), params["arns"], params["parallel"])
    else:
        outcomes = side_by_side(lambda table: forget_named(table, params["name"], aws, run), tables, params["parallel"])
    _end(module, outcomes, aws.region)


def _check(module: AwsModule) -> None:
    for option in ("name", "prefix"):
        given = module.params[option]
        # A stamp makes a short prefix long enough.
        if given is not None and not NAME.fullmatch(given if option == "name" else f"{given}---"):
            module.fail_json(msg=f"{option}: '{given}' is not 3 to 255 of: letters, digits, '_', '-' and '.'")
    keep = module.params["keep"]
    if keep is not None and keep < 1:
        module.fail_json(msg=f"keep: {keep} would keep none: give 1 or more, or leave it out to keep all")


def _end(module: AwsModule, outcomes: list[Outcome], region: str) -> None:
    for outcome in outcomes:
        for warning in outcome.warnings:
            # Not module.warn: amazon.aws 10 returns what it is given a second time.
            warn(warning)
    result = {
        "changed": any(outcome.changed for outcome in outcomes),
        "results": [outcome.result() for outcome in outcomes],
        "text": "\n".join(outcome_line(outcome, region) for outcome in outcomes),
        "pending": [pending for outcome in outcomes for pending in outcome.pending],
        "diff": [_diff(outcome) for outcome in outcomes if outcome.changed],
    }
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        listed = "\n".join(f"- {outcome.subject}: {outcome.error}" for outcome in failed)
        module.fail_json(msg=f"{len(failed)} of {len(outcomes)} failed:\n{listed}", **result)
    module.exit_json(**result)


def _diff(outcome: Outcome) -> dict[str, object]:
    before = [backup.name for backup in outcome.before]
    gone = {backup.arn for backup in outcome.deleted}
    new = outcome.name if outcome.name not in before else ""
    after = [backup.name for backup in outcome.before if backup.arn not in gone]
    return {
        "before_header": outcome.subject,
        "after_header": outcome.subject,
        "before": {"backups": before},
        "after": {"backups": ([new] if new else []) + after},
    }


if __name__ == "__main__":
    main()
