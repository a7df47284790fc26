#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: access_info
short_description: Tell which IAM policies of those who use tables are missing, different, or no more wanted
version_added: 1.0.0
description:
  - Makes an IAM policy for each consumer of tables out of the tables' definitions, and compares it with what IAM has. What it
    returns is what M(amazon.aws.iam_managed_policy) and M(auditflow.dynamodb.role_policies) take.
  - A policy allows exactly what was given, on the ARNs of the tables and indexes in this account and region; never on C(*).
    Where a table has a customer key, the key may be used through DynamoDB.
  - Policies are known by their path C(/auditflow.dynamodb/) and by the region at the end of their name. Others are left alone.
author:
  - AuditFlow-Pro (@auditflow)
options:
  definitions:
    description: Definitions as O(auditflow.dynamodb.tables#module:tables).
    type: list
    elements: dict
    required: true
  consumers:
    description:
      - Who may do what, as the variable C(access_consumers) of the role P(auditflow.dynamodb.access#role) takes it.
      - Required with O(state=present).
    type: list
    elements: dict
    default: []
  state:
    description:
      - With V(absent) no policy is wanted, and only the names of the definitions matter. A policy that is about other tables of the
        region as well stays.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether policies of these tables that are for no consumer are to be removed, and policies to be detached from roles that the
        consumer does not name. Otherwise they are told only.
    type: bool
    default: false
  if_possible:
    description:
      - With O(state=absent), whether it is enough to tell in RV(text) that IAM cannot be asked, because the permission is missing or
        because what answers is an emulator without IAM.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: amazon.aws.iam_managed_policy
  - module: auditflow.dynamodb.role_policies
"""

EXAMPLES = r"""
- name: What is missing
  auditflow.dynamodb.access_info:
    definitions: "{{ tables_definitions }}"
    consumers:
      - name: Dashboard
        roles: [dashboard-lambda]
        tables:
          - name: AuditFlow-AuditRecords
            access_patterns: [high_risk_audits]
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.text }}"
"""

RETURN = r"""
text:
  description: The policies and what differs, for people, several lines; a document that changes as a diff.
  returned: success
  type: str
to_put:
  description: Options of M(amazon.aws.iam_managed_policy), for each policy that is missing or different.
  returned: success
  type: list
  elements: dict
to_attach:
  description: Options of M(auditflow.dynamodb.role_policies), for each role that a policy is to be attached to or detached from.
  returned: success
  type: list
  elements: dict
to_delete:
  description: Names of the policies that are to be removed.
  returned: success
  type: list
  elements: str
policies:
  description: The policies that are wanted.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    arn:
      description: Its ARN.
      type: str
    document:
      description: What it allows.
      type: dict
    roles:
      description: The roles that it is to be attached to.
      type: list
      elements: str
in_sync:
  description: Whether nothing has to be done.
  returned: success
  type: bool
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_changes import (
    Compared,
    compare,
    nothing_wanted,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_look import (
    key_arns,
    look,
    obstacles,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_policies import (
    parse_access,
    policies,
    size_problems,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    AwsModule,
    connect,
    new_module,
    parse_or_fail,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_names


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "definitions": {"type": "list", "elements": "dict", "required": True},
            "consumers": {"type": "list", "elements": "dict", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "purge": {"type": "bool", "default": False},
            "if_possible": {"type": "bool", "default": False},
        },
    )
    wanted = module.params["state"] == "present"
    try:
        (_present if wanted else _absent)(module)
    except AwsError as error:
        if wanted or not module.params["if_possible"] or error.kind not in (Kind.DENIED, Kind.UNSUPPORTED):
            module.fail_json(msg=str(error))
        module.exit_json(**_result(Compared.nothing(f"Policies were not looked for: {error}")))


def _present(module: AwsModule) -> None:
    consumers = module.params["consumers"]
    access = parse_or_fail(module, lambda given: parse_access(given, consumers), module.params["definitions"])
    aws = connect(module)
    keys, problems = key_arns(aws, access.keys)
    if problems:
        _refuse(module, problems)
    looked = look(aws)
    wanted = policies(access, looked.place, keys)
    problems = [*size_problems(wanted), *obstacles(aws, wanted, looked)]
    if problems:
        _refuse(module, problems)
    compared = compare(wanted, looked.found, access.tables, module.params["purge"])
    module.exit_json(**_result(compared))


def _absent(module: AwsModule) -> None:
    tables = parse_or_fail(module, parse_names, module.params["definitions"])
    looked = look(connect(module))
    module.exit_json(**_result(nothing_wanted(looked.found, tables)))


def _refuse(module: AwsModule, problems: list[str]) -> None:
    listed = "\n".join(f"- {problem}" for problem in problems)
    module.fail_json(msg=f"Nothing was written:\n{listed}", problems=problems)


def _result(compared: Compared) -> dict[str, object]:
    return {
        "changed": False,
        "text": "\n".join(compared.lines()),
        "to_put": compared.to_put,
        "to_attach": compared.to_attach,
        "to_delete": [policy.name for policy in compared.delete],
        "policies": [
            {"name": each.name, "arn": each.arn, "document": each.document, "roles": list(each.roles)}
            for each in compared.wanted
        ],
        "in_sync": compared.in_sync,
    }


if __name__ == "__main__":
    main()
