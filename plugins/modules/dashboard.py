#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dashboard
short_description: Make, change or remove a CloudWatch dashboard
version_added: 1.0.0
description:
  - Makes a CloudWatch dashboard, or changes it where it says something else. The bodies are compared as what they mean, so neither
    the order of keys nor white space is a difference.
  - Dashboards are the account's, whichever region made them; so a name that is used in several regions needs the region in it.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The dashboard's name, of letters, digits, C(-) and C(_).
    type: str
    required: true
  body:
    description:
      - What is on it, as CloudWatch's "Dashboard body structure and syntax" says. The filter
        P(auditflow.dynamodb.dashboard_body#filter) makes one of table definitions.
      - Required with O(state=present).
    type: dict
  state:
    description: Whether there is such a dashboard.
    type: str
    choices: [present, absent]
    default: present
  only_ours:
    description: With O(state=absent), leaves a dashboard that was not made from P(auditflow.dynamodb.dashboard_body#filter).
    type: bool
    default: false
  if_possible:
    description:
      - With O(state=absent), whether it is enough to tell in RV(messages) that CloudWatch cannot be asked, because the permission is
        missing or because what answers is an emulator without CloudWatch.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
attributes:
  diff_mode:
    description: Returns the dashboard's body before and after.
seealso:
  - module: auditflow.dynamodb.alarms_info
"""

EXAMPLES = r"""
- name: A dashboard of the tables
  auditflow.dynamodb.dashboard:
    name: DynamoDB-ap-south-1
    body: "{{ tables_definitions | auditflow.dynamodb.dashboard_body('ap-south-1') }}"

- name: No dashboard
  auditflow.dynamodb.dashboard:
    name: DynamoDB-ap-south-1
    state: absent
"""

RETURN = r"""
name:
  description: The dashboard's name.
  returned: success
  type: str
  sample: DynamoDB-ap-south-1
messages:
  description:
    - What CloudWatch said of the body; it takes a body with mistakes in it and shows less of it.
    - With O(if_possible), why it could not be asked.
  returned: success
  type: list
  elements: str
"""

import re

from ansible_collections.auditflow.dynamodb.plugins.module_utils.dashboards import ensure, remove
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "name": {"type": "str", "required": True},
            "body": {"type": "dict"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "only_ours": {"type": "bool", "default": False},
            "if_possible": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ["body"])],
    )
    name = module.params["name"]
    if not re.fullmatch("[A-Za-z0-9_-]{1,255}", name):
        module.fail_json(msg=f"'{name}' is not a dashboard's name: letters, digits, '-' and '_', at most 255")
    aws = connect(module)
    try:
        if module.params["state"] == "absent":
            how = {option: module.params[option] for option in ("only_ours", "if_possible")}
            done = remove(aws, name, module.check_mode, **how)
        else:
            done = ensure(aws, name, module.params["body"], module.check_mode)
    except AwsError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=done.changed, name=name, messages=list(done.messages), diff=done.diff(name))


if __name__ == "__main__":
    main()
