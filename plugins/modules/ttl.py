#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ttl
short_description: Turn time to live of a DynamoDB table on, off, or to another attribute
version_added: 1.0.0
description:
  - Manages time to live of a table that may be someone else's. Nothing else of the table is read or touched, so only
    C(dynamodb:DescribeTimeToLive) and C(dynamodb:UpdateTimeToLive) are needed.
  - AWS takes one change an hour. Another attribute means off first, then on; where AWS asks to wait, the second half is
    left as RV(pending) and the next run does it.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table.
    type: str
    required: true
  attribute:
    description: The number attribute that holds the expiry time in Unix seconds. Required unless turned off.
    type: str
  enabled:
    description: Whether items expire.
    type: bool
    default: true
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
- name: Items expire at the time in expires_at
  auditflow.dynamodb.ttl:
    name: Sessions
    attribute: expires_at

- name: Nothing expires
  auditflow.dynamodb.ttl:
    name: Sessions
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
            "attribute": {"type": "str"},
            "enabled": {"type": "bool", "default": True},
            **WAIT_OPTIONS,
        },
        lambda given: {
            "name": given.pop("name"),
            "ttl": {name: given[name] for name in ("attribute", "enabled") if name in given},
        },
    )


if __name__ == "__main__":
    main()
