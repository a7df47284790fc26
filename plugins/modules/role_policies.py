#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_policies
short_description: Attach managed policies to a role that exists, or detach them
version_added: 1.0.0
description:
  - Attaches and detaches exactly the policies that are named. What else the role has (other policies, its trust policy, its tags) is
    neither read into the request nor changed.
  - M(amazon.aws.iam_role) owns the role. It takes the trust policy with every call, makes a role that does not exist, and detaches
    one policy only by naming all the others.
  - A role that does not exist is an error.
author:
  - AuditFlow-Pro (@auditflow)
options:
  role:
    description: Name of the role.
    type: str
    required: true
  attach:
    description: ARNs of the managed policies that the role shall have.
    type: list
    elements: str
    default: []
  detach:
    description: ARNs of the managed policies that the role shall not have.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
seealso:
  - module: auditflow.dynamodb.access_info
  - module: amazon.aws.iam_role
"""

EXAMPLES = r"""
- name: Attach a policy
  auditflow.dynamodb.role_policies:
    role: dashboard-lambda
    attach: [arn:aws:iam::111122223333:policy/auditflow.dynamodb/Dashboard-ap-south-1]
"""

RETURN = r"""
attached:
  description: ARNs of the policies that were attached, or would be in check mode.
  returned: success
  type: list
  elements: str
detached:
  description: ARNs of the policies that were detached, or would be in check mode.
  returned: success
  type: list
  elements: str
diff:
  description: The policies of the role before and after, by ARN.
  returned: success
  type: dict
  contains:
    before:
      description: Those that it had.
      type: str
    after:
      description: Those that it has, or would have.
      type: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_look import attached_policies, move_policies
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError


def main() -> None:
    """Entry point."""
    policies = {"type": "list", "elements": "str", "default": []}
    module = new_module({"role": {"type": "str", "required": True}, "attach": policies, "detach": policies})
    role = module.params["role"]
    aws = connect(module)
    try:
        has = attached_policies(aws, role)
        if has is None:
            module.fail_json(msg=f"The role {role} does not exist. Make it first: this module makes none.")
        attach = [arn for arn in dict.fromkeys(module.params["attach"]) if arn not in has]
        detach = [arn for arn in dict.fromkeys(module.params["detach"]) if arn in has]
        if not module.check_mode:
            move_policies(aws, role, attach, detach)
    except AwsError as error:
        module.fail_json(msg=str(error))
    after = [arn for arn in (*has, *attach) if arn not in detach]
    module.exit_json(
        changed=bool(attach or detach),
        attached=attach,
        detached=detach,
        diff={name: "".join(f"{arn}\n" for arn in sorted(arns)) for name, arns in (("before", has), ("after", after))},
    )


if __name__ == "__main__":
    main()
