#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: key_rotation
short_description: Rotate the KMS key of DynamoDB tables, every year by itself or now
version_added: 1.0.0
description:
  - Turns the rotation that KMS does by itself on or off, and rotates on demand. Tables need nothing of it - their key stays the
    same, and what was encrypted before stays readable.
  - AWS allows 25 rotations on demand in the life of a key, so one is made only where none was made lately.
author:
  - AuditFlow-Pro (@auditflow)
options:
  key:
    description: The key, by id, ARN or alias.
    type: str
    required: true
  automatic:
    description: Whether KMS rotates it by itself. Not given it stays as it is.
    type: bool
  period_days:
    description: Days between two rotations, 90 to 2560. Not given, a key that is not rotated yet gets a year.
    type: int
  now:
    description: Whether to rotate it on demand.
    type: bool
    default: false
  not_within_days:
    description: With O(now=true), nothing is done where the last rotation, of either kind, is of the last so many days.
    type: int
    default: 1
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
attributes:
  diff_mode:
    support: none
    description: The plan says what is done.
seealso:
  - module: amazon.aws.kms_key
"""

EXAMPLES = r"""
- name: Every year
  auditflow.dynamodb.key_rotation:
    key: alias/orders
    automatic: true

- name: After an incident, unless somebody did it this week
  auditflow.dynamodb.key_rotation:
    key: alias/orders
    now: true
    not_within_days: 7
"""

RETURN = r"""
text:
  description: How the key is rotated, and when it was, for people.
  returned: success
  type: str
automatic:
  description: Whether KMS rotates it by itself.
  returned: success
  type: bool
period_days:
  description: Days between, null where KMS does not tell.
  returned: success
  type: int
on_demand_rotations:
  description: How often it was rotated on demand.
  returned: success
  type: int
last_rotation:
  description: When it was last rotated, null for never.
  returned: success
  type: str
plan:
  description: The calls that were made; in check mode those that would be.
  returned: always
  type: list
  elements: dict
  sample: [{operation: RotateKeyOnDemand, purpose: rotate now}]
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.customer_key import PERIODS, Wish, rotation_lines
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import WAIT_OPTIONS, connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.rotation import result_of, rotate


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            # The name of a key, not its secret.
            "key": {"type": "str", "required": True, "no_log": False},
            "automatic": {"type": "bool"},
            "period_days": {"type": "int"},
            "now": {"type": "bool", "default": False},
            "not_within_days": {"type": "int", "default": 1},
            **WAIT_OPTIONS,
        },
        required_by={"period_days": ["automatic"]},
    )
    params = module.params
    least, most = PERIODS
    if params["period_days"] is not None and not least <= params["period_days"] <= most:
        module.fail_json(msg=f"period_days: must be {least} to {most}, not {params['period_days']}")
    aws = connect(module)
    wish = Wish(params["automatic"], params["period_days"], params["now"], params["not_within_days"])
    patience = Patience(params["wait"], params["wait_timeout"])
    rotated = rotate(params["key"], wish, aws, patience, module.check_mode)
    result = dict(result_of(rotated), changed=bool(rotated.steps))
    if rotated.error:
        done = " Changes made before stay." if rotated.steps else ""
        module.fail_json(msg=f"{rotated.error}{done}", **result)
    planned = [f"  {'would be done' if module.check_mode else 'done'}: {step.purpose}" for step in rotated.steps]
    module.exit_json(text="\n".join([*rotation_lines(rotated.found, aws.region), *planned]), **result)


if __name__ == "__main__":
    main()
