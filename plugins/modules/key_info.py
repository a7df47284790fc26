#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: key_info
short_description: Tell what a move of DynamoDB tables to another customer key takes
version_added: 1.0.0
description:
  - Tells whether tables can be encrypted with a key, which of them have another one, and what has to keep the old key.
  - Returns the move as definitions that M(auditflow.dynamodb.tables) takes. Nothing is changed.
author:
  - AuditFlow-Pro (@auditflow)
options:
  key:
    description: The new key, by id, ARN or alias.
    type: str
    required: true
  tables:
    description: The names of the tables. They must exist.
    type: list
    elements: str
    required: true
  parallel:
    description: How many tables are looked at at a time.
    type: int
    default: 10
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.tables
  - module: auditflow.dynamodb.key_rotation
"""

EXAMPLES = r"""
- name: What would move
  auditflow.dynamodb.key_info:
    key: alias/orders-2027
    tables: [Orders]
  register: new_key

- name: Move it
  auditflow.dynamodb.tables:
    tables: "{{ new_key.moving }}"
    create: false
  when: new_key.problems | length == 0
"""

RETURN = r"""
text:
  description: The key, the tables, and what has to keep the old keys, for people.
  returned: success
  type: str
exists:
  description: Whether there is such a key.
  returned: success
  type: bool
arn:
  description: The ARN of the key; empty where there is none.
  returned: success
  type: str
problems:
  description: Why tables cannot be encrypted with it. A key that is named by an alias and is missing is no problem, it can be made.
  returned: success
  type: list
  elements: str
moving:
  description: Definitions that move the tables that have another key.
  returned: success
  type: list
  elements: dict
  sample: [{name: Orders, encryption: {type: KMS, key: alias/orders-2027}}]
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_look import described
from ansible_collections.auditflow.dynamodb.plugins.module_utils.key_move import plan_move
from ansible_collections.auditflow.dynamodb.plugins.module_utils.rotation import find_key
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            # The name of a key, not its secret.
            "key": {"type": "str", "required": True, "no_log": False},
            "tables": {"type": "list", "elements": "str", "required": True},
            "parallel": {"type": "int", "default": 10},
        },
    )
    aws = connect(module)
    names = sorted(set(module.params["tables"]))
    try:
        key, problems = find_key(module.params["key"], aws)
        moves = side_by_side(lambda name: plan_move(described(name, aws), key, aws), names, module.params["parallel"])
    except AwsError as error:
        module.fail_json(msg=str(error))
    there = key.arn or ("does not exist yet and is made" if key.can_be_made else "cannot be used")
    lines = [f"{key.name}: {there}", *(line for move in moves for line in move.lines(aws.region))]
    module.exit_json(
        changed=False,
        text="\n".join([*lines, *(f"x {problem}" for problem in problems)]),
        exists=bool(key.arn),
        arn=key.arn,
        problems=problems,
        moving=[move.definition() for move in moves if move.needed],
    )


if __name__ == "__main__":
    main()
