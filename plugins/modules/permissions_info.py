#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: permissions_info
short_description: Tell beforehand which permissions a run would lack
version_added: 1.0.0
description:
  - Works out which IAM permissions the definitions need, on which resources, and asks IAM's policy simulator
    (C(iam:SimulatePrincipalPolicy)) whether the caller has them. Nothing is changed.
  - Only where something is denied are the tables compared with their definitions, to tell what this run needs from what
    it does not.
  - IAM is not asked where that is of no use, and RV(skipped_because) says why - for the root user, for callers that may
    not ask, and at endpoints without it.
  - The simulator knows the policies of users and roles, permissions boundaries and, mostly, those of organizations. It does not know
    the policies of sessions, tables and VPC endpoints. A KMS key's own policy is read where that matters.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: The definitions, as M(auditflow.dynamodb.tables) takes them.
    type: list
    elements: dict
    required: true
  runs:
    description:
      - What is going to be done. V(compare) reads only. With V(delete) and V(apply) the tables are deleted first and then
        made again.
    type: list
    elements: str
    choices: [apply, compare, delete]
    default: [apply]
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
  final_backup:
    description: Whether a table is backed up before it is deleted.
    type: bool
    default: true
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
  caller:
    description: The ARN of the caller as STS tells it. Without it, STS is asked.
    type: str
    default: ""
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
- name: What would creating these tables lack
  auditflow.dynamodb.permissions_info:
    tables: "{{ tables_definitions }}"
  register: permissions

- name: Stop before anything is written
  ansible.builtin.assert:
    that: permissions.missing | length == 0
    fail_msg: "{{ permissions.text }}"
"""

RETURN = r"""
missing:
  description: Permissions that this run needs and the caller does not have.
  returned: success
  type: list
  elements: dict
  contains: &permission
    action:
      description: The IAM action.
      type: str
      sample: dynamodb:UpdateTimeToLive
    resource:
      description: The ARN of the resource, or C(*).
      type: str
      sample: arn:aws:dynamodb:ap-south-1:111122223333:table/Orders
    owner:
      description: The table or the customer key that it is needed for.
      type: str
      sample: Orders
    purpose:
      description: The setting, or what is done.
      type: str
      sample: ttl
    via:
      description: The service that uses the permission on behalf of the caller; empty where the caller does itself.
      type: str
      sample: dynamodb
unneeded:
  description: Permissions that the caller does not have, and that this run would not use.
  returned: success
  type: list
  elements: dict
  contains: *permission
unknown:
  description: Permissions of which IAM cannot tell beforehand, for example because the key's own policy decides.
  returned: success
  type: list
  elements: dict
  contains: *permission
needed:
  description: Everything that the definitions can need.
  returned: success
  type: list
  elements: dict
  contains: *permission
caller:
  description: The user or role whose policies were asked for; empty where none was.
  returned: success
  type: str
  sample: arn:aws:iam::111122223333:role/deploy
skipped_because:
  description: Why IAM was not asked; empty where it was.
  returned: success
  type: str
text:
  description: All of it for people.
  returned: success
  type: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    SHARED_OPTIONS,
    connect,
    new_module,
    parse_or_fail,
    tables_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.permissions import CustomerKey
from ansible_collections.auditflow.dynamodb.plugins.module_utils.preflight import Request, check
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_names
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "dict", "required": True},
            "runs": {
                "type": "list",
                "elements": "str",
                "choices": ["apply", "compare", "delete"],
                "default": ["apply"],
            },
            "only": {"type": "list", "elements": "str", "choices": list(SETTINGS)},
            "create": {"type": "bool", "default": True},
            **SHARED_OPTIONS,
            "final_backup": {"type": "bool", "default": True},
            "kms_alias": {"type": "str", "default": ""},
            "kms_rotation": {"type": "bool", "default": True},
            "kms_tags": {"type": "dict", "default": {}},
            "caller": {"type": "str", "default": ""},
            "parallel": {"type": "int", "default": 10},
        }
    )
    params = module.params
    runs = set(params["runs"])
    tags = {key: str(value) for key, value in params["kms_tags"].items()}
    key = CustomerKey(params["kms_alias"], params["kms_rotation"], tags)
    request = Request(
        apply=tables_of(module) if runs - {"delete"} else (),
        writes=runs != {"compare"},
        create=params["create"],
        delete=parse_or_fail(module, parse_names, params["tables"]) if "delete" in runs else (),
        backup=params["final_backup"],
        key=key if runs - {"delete"} and params["kms_alias"] else None,
    )
    found = check(
        request, connect(module), lambda work, items: side_by_side(work, items, params["parallel"]), params["caller"]
    )
    module.exit_json(
        changed=False,
        **{
            name: [need.facts for need in getattr(found, name)] for name in ("missing", "unneeded", "unknown", "needed")
        },
        caller=found.caller,
        skipped_because=found.skipped,
        text=found.text,
    )


if __name__ == "__main__":
    main()
