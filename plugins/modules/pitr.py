#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pitr
short_description: Turn point-in-time recovery of a DynamoDB table on or off, or change its period
version_added: 1.0.0
description:
  - Manages point-in-time recovery of a table that may be someone else's. Nothing else of the table is read or touched, so
    only C(dynamodb:DescribeContinuousBackups) and C(dynamodb:UpdateContinuousBackups) are needed.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table.
    type: str
    required: true
  enabled:
    description: Whether it is on. Turning it off loses the points in time kept so far.
    type: bool
    default: true
  recovery_period_days:
    description: How far back one can go, 1 to 35 days. Not given, it stays as it is; a table that has none yet gets 35.
    type: int
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
- name: Any second of the last week can be restored
  auditflow.dynamodb.pitr:
    name: Orders
    recovery_period_days: 7

- name: No point-in-time recovery
  auditflow.dynamodb.pitr:
    name: Scratch
    enabled: false
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

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import WAIT_OPTIONS, manage_one_setting


def main() -> None:
    """Entry point."""
    manage_one_setting(
        {
            "name": {"type": "str", "required": True},
            "enabled": {"type": "bool", "default": True},
            "recovery_period_days": {"type": "int"},
            **WAIT_OPTIONS,
        },
        lambda given: {
            "name": given.pop("name"),
            "pitr": {name: given[name] for name in ("enabled", "recovery_period_days") if name in given},
        },
    )


if __name__ == "__main__":
    main()
