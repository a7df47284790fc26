#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: capacity_info
short_description: Tell what a switch of the billing mode of DynamoDB tables needs and costs
version_added: 1.0.0
description:
  - Proposes the throughput of a table and of each of its indexes for the provisioned mode, or what they must be made ready for
    before the on-demand mode, from the peaks that CloudWatch has recorded.
  - Returns it as definitions that M(auditflow.dynamodb.tables) takes. Nothing is changed.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: The names of the tables. They must exist.
    type: list
    elements: str
    required: true
  billing_mode:
    description: The mode to switch to.
    type: str
    choices: [PAY_PER_REQUEST, PROVISIONED]
    required: true
  definitions:
    description:
      - Definitions as O(auditflow.dynamodb.tables#module:tables). Throughput that they name goes before that of the peaks.
    type: list
    elements: dict
    default: []
  units:
    description:
      - Throughput by hand, which goes before everything else, C({table:{read, write}, table/index:{read, write}}).
      - With O(billing_mode=PAY_PER_REQUEST) it is what the table or index must take at once, also where it is on-demand already.
    type: dict
    default: {}
  days:
    description: How many days back to look for peaks in CloudWatch, 14 at most.
    type: int
    default: 7
  headroom:
    description: Percent that are added to a peak.
    type: int
    default: 30
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
"""

EXAMPLES = r"""
- name: What would Orders need to be provisioned?
  auditflow.dynamodb.capacity_info:
    tables: [Orders]
    billing_mode: PROVISIONED
  register: proposed

- name: Switch it
  auditflow.dynamodb.tables:
    tables: "{{ proposed.switching }}"
    create: false

- name: Make it ready for a sale
  auditflow.dynamodb.capacity_info:
    tables: [Orders]
    billing_mode: PAY_PER_REQUEST
    units: {Orders: {read: 40000, write: 20000}, Orders/by-customer: {read: 40000, write: 20000}}
"""

RETURN = r"""
text:
  description: What is proposed, what it costs, and what the way back costs, for people.
  returned: success
  type: str
warming:
  description: Definitions that make tables ready before the switch.
  returned: success
  type: list
  elements: dict
switching:
  description: Definitions that switch. Tables that have the mode already and need no warming are left out.
  returned: success
  type: list
  elements: dict
  sample:
    - name: Orders
      billing_mode: PROVISIONED
      provisioned_throughput: {read_capacity_units: 20, write_capacity_units: 10}
unknown:
  description: The tables and indexes of which nobody knows the throughput, in words. There is no definition for their tables.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.cloudwatch import recorded
from ansible_collections.auditflow.dynamodb.plugins.module_utils.declared import DEFINITIONS_OPTION, declared
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_look import described
from ansible_collections.auditflow.dynamodb.plugins.module_utils.metrics import MAX_DAYS, MINUTE
from ansible_collections.auditflow.dynamodb.plugins.module_utils.switch_text import switch_lines
from ansible_collections.auditflow.dynamodb.plugins.module_utils.switching import (
    Switch,
    Wish,
    index_names,
    parse_units,
    peak_metrics,
    plan_switch,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def propose(table: str, wish: Wish, days: int, aws: Aws) -> Switch:
    """What the switch of one table needs."""
    state, days = described(table, aws), min(days, MAX_DAYS[MINUTE])
    found = recorded(aws, peak_metrics(table, index_names(state)), days, MINUTE)
    return plan_switch(state, wish, found, days)


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "str", "required": True},
            "billing_mode": {"type": "str", "choices": ["PAY_PER_REQUEST", "PROVISIONED"], "required": True},
            **DEFINITIONS_OPTION,
            "units": {"type": "dict", "default": {}},
            "days": {"type": "int", "default": 7},
            "headroom": {"type": "int", "default": 30},
            "parallel": {"type": "int", "default": 10},
        },
    )
    params, names = module.params, sorted(set(module.params["tables"]))
    specs = declared(module, names)
    try:
        wishes = {
            name: Wish(params["billing_mode"], params["headroom"], parse_units(params["units"], name), specs.get(name))
            for name in names
        }
    except ValueError as error:
        module.fail_json(msg=str(error))
    aws = connect(module)
    try:
        switches = side_by_side(
            lambda name: propose(name, wishes[name], params["days"], aws), names, params["parallel"]
        )
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        text="\n".join(line for switch in switches for line in switch_lines(switch, aws.region)),
        warming=[switch.warming() for switch in switches if switch.warm],
        switching=[switch.definition() for switch in switches if switch.needed and not switch.unknown],
        unknown=[f"{switch.state.name}/{name}".rstrip("/") for switch in switches for name in switch.unknown],
    )


if __name__ == "__main__":
    main()
