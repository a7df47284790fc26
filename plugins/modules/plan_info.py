#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_info
short_description: Tell what a run would do to tables and their key, and whether the caller may
version_added: 1.0.0
description:
  - Checks the definitions offline, then asks AWS, side by side, who calls, what the customer key is like, and how each table
    differs from its definition. Nothing is changed.
  - What is in sync is verified by that - every setting of RV(settings_text) has just been read.
  - IAM is asked for the permissions of the run (see M(auditflow.dynamodb.permissions_info)) where something is going to be changed,
    that is, outside of check mode, and where a read was denied. It fails where one is missing.
  - What is wrong with a single table is in its result and does not fail the task; M(auditflow.dynamodb.tables) will tell.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: The definitions, as M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  only:
    description: The settings that are managed, as in M(auditflow.dynamodb.tables). Without it, all that a definition names.
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
    description: Whether tables that do not exist are created.
    type: bool
    default: true
  purge_indexes:
    description: Whether indexes that a definition does not name are deleted.
    type: bool
    default: false
  purge_tags:
    description: Whether tags that a definition does not name are removed.
    type: bool
    default: false
  allow_index_rebuild:
    description: Whether indexes may be deleted and created again.
    type: bool
    default: false
  kms_alias:
    description: The alias of a customer key that is made by M(amazon.aws.kms_key) before the tables. Empty for none.
    type: str
    default: ""
  kms_rotation:
    description: Whether that key is rotated every year.
    type: bool
    default: true
  kms_tags:
    description: The tags of that key.
    type: dict
    default: {}
  account_id:
    description: The only AWS account to go on in. Empty for any.
    type: str
    default: ""
  identity:
    description: Whether to ask STS who calls. V(false) for an endpoint without STS.
    type: bool
    default: true
  permissions:
    description: Whether to ask IAM for the permissions of the run.
    type: bool
    default: true
  parallel:
    description: How many tables are looked at at a time.
    type: int
    default: 10
  wait:
    description: Not used here. M(auditflow.dynamodb.tables) is going to be given it, and a mistake in it is told now.
    type: bool
    default: true
  wait_timeout:
    description: As O(wait).
    type: int
    default: 3600
  details:
    description: Whether RV(results) has of each table all that M(auditflow.dynamodb.table) returns, the table itself and every setting.
    type: bool
    default: false
  report_file:
    description:
      - A file that everything about each table is written to, as JSON, on the machine that the module runs on. Only its
        owner may read it.
    type: path
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.tables
  - module: auditflow.dynamodb.permissions_info
"""

EXAMPLES = r"""
- name: Look before anything is changed
  auditflow.dynamodb.plan_info:
    tables: "{{ tables_definitions }}"
    account_id: "111122223333"
  register: plan

- name: Change only what differs
  auditflow.dynamodb.tables:
    tables: "{{ tables_definitions }}"
    missing_tables: "{{ plan.missing_tables }}"
  when: not plan.in_sync
"""

RETURN = r"""
account:
  description: The account; empty where STS was not asked.
  returned: always, unless a definition is wrong
  type: str
  sample: "111122223333"
arn:
  description: Who calls; empty where STS was not asked.
  returned: always, unless a definition is wrong
  type: str
  sample: arn:aws:sts::111122223333:assumed-role/deploy/ci
region:
  description: The region of the calls.
  returned: always, unless a definition is wrong
  type: str
  sample: ap-south-1
endpoint:
  description: Where calls to DynamoDB go.
  returned: always, unless a definition is wrong
  type: str
  sample: https://dynamodb.ap-south-1.amazonaws.com
in_sync:
  description: Whether nothing has to be done, neither to a table nor to the key.
  returned: success
  type: bool
key_changes:
  description: What would be done to the customer key, in words. Empty where nothing is, or none was asked for.
  returned: success
  type: list
  elements: str
  sample: [to be created]
key_arn:
  description: The ARN of the customer key; empty where there is none, or none was asked for.
  returned: success
  type: str
  sample: arn:aws:kms:ap-south-1:111122223333:key/0c1c634e-f21e-4906-943e-41c3261bf563
key_text:
  description: RV(key_changes) for people, a line; empty where there are none.
  returned: success
  type: str
  sample: "customer key alias/orders: rotation to be turned on"
missing:
  description: Permissions that this run needs and the caller does not have, as M(auditflow.dynamodb.permissions_info) returns them.
  returned: when one is missing
  type: list
  elements: dict
results:
  description: What would come of each table, as M(auditflow.dynamodb.tables) returns it in check mode.
  returned: success
  type: list
  elements: dict
missing_tables:
  description: The names of the tables that are not there and would be created.
  returned: success
  type: list
  elements: str
  sample: [AuditFlow-Documents]
settings_text:
  description: What is wanted and what was found, for people, a line a setting.
  returned: success
  type: str
summary_text:
  description: All tables as they are, for people.
  returned: success
  type: str
heading:
  description: Who calls and where, what IAM said, and the key, for people.
  returned: success
  type: str
plan_text:
  description: The plans of all tables for people, several lines.
  returned: success
  type: str
problems:
  description: Every mistake in the definitions. AWS was not asked anything.
  returned: when a definition is wrong
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    RESULT_OPTIONS,
    SHARED_OPTIONS,
    AwsModule,
    connect,
    new_module,
    parse_or_fail,
    results_of,
    tables_of,
    write_report,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.key_look import alias_problem
from ansible_collections.auditflow.dynamodb.plugins.module_utils.permissions import CustomerKey
from ansible_collections.auditflow.dynamodb.plugins.module_utils.run_plan import RunPlan, Wish, look
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "dict", "required": True},
            "only": {"type": "list", "elements": "str", "choices": list(SETTINGS)},
            "create": {"type": "bool", "default": True},
            **SHARED_OPTIONS,
            "kms_alias": {"type": "str", "default": ""},
            "kms_rotation": {"type": "bool", "default": True},
            "kms_tags": {"type": "dict", "default": {}},
            "account_id": {"type": "str", "default": ""},
            "identity": {"type": "bool", "default": True},
            "permissions": {"type": "bool", "default": True},
            "parallel": {"type": "int", "default": 10},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "int", "default": 3600},
            **RESULT_OPTIONS,
        }
    )
    params = module.params
    wish = Wish(
        specs=tables_of(module),
        create=params["create"],
        key=parse_or_fail(module, _customer_key, params) if params["kms_alias"] else None,
        account=params["account_id"],
        identity=params["identity"],
        permissions=params["permissions"],
        writes=not module.check_mode,
    )
    aws = connect(module)
    # Beside the tables: who calls, and the key.
    plan = look(wish, aws, lambda work, items: side_by_side(work, items, params["parallel"] + 2))
    place = {name: getattr(plan.identity, name) for name in ("account", "arn", "region", "endpoint")}
    if plan.problem:
        missing = plan.permissions.missing if plan.permissions else ()
        module.fail_json(msg=plan.problem, missing=[need.facts for need in missing], **place)
    problems = write_report(params["report_file"], plan.outcomes, aws.region)
    if problems:
        module.fail_json(msg="\n".join(problems), **place)
    module.exit_json(**place, **_result(module, plan))


def _customer_key(params: dict[str, Any]) -> CustomerKey:
    problem = alias_problem(params["kms_alias"])
    if problem:
        raise DefinitionError([problem])
    tags = {name: str(value) for name, value in params["kms_tags"].items()}
    return CustomerKey(params["kms_alias"], params["kms_rotation"], tags)


def _result(module: AwsModule, plan: RunPlan) -> dict[str, Any]:
    result = results_of(plan.outcomes, plan.identity.region, module.params["details"])
    del result["diff"]
    return {
        **result,
        "changed": False,
        "in_sync": plan.in_sync,
        "missing_tables": [outcome.name for outcome in plan.outcomes if outcome.creates],
        "heading": plan.heading,
        "key_arn": plan.found.arn if plan.found else "",
        "key_changes": list(plan.key_changes),
        "key_text": plan.key_text,
    }


if __name__ == "__main__":
    main()
