#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caller_info
short_description: Tell who calls AWS and where, and stop in the wrong account
version_added: 1.0.0
description:
  - Asks STS who is calling, and tells the account, the region and the endpoint. Nothing is changed.
  - Fails where STS does not tell, with what to look at, and where it is another account than O(account_id).
author:
  - AuditFlow-Pro (@auditflow)
options:
  account_id:
    description: The only AWS account to go on in. Empty for any.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: amazon.aws.aws_caller_info
"""

EXAMPLES = r"""
- name: Go on in the production account only
  auditflow.dynamodb.caller_info:
    account_id: "111122223333"
"""

RETURN = r"""
account:
  description: The account.
  returned: success
  type: str
  sample: "111122223333"
arn:
  description: Who calls.
  returned: success
  type: str
  sample: arn:aws:sts::111122223333:assumed-role/deploy/ci
region:
  description: The region of the calls.
  returned: success
  type: str
  sample: ap-south-1
endpoint:
  description: Where calls to DynamoDB go.
  returned: success
  type: str
  sample: https://dynamodb.ap-south-1.amazonaws.com
text:
  description: All of it for people.
  returned: success
  type: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.identity import identify


def main() -> None:
    """Entry point."""
    module = new_module({"account_id": {"type": "str", "default": ""}})
    identity = identify(connect(module), module.params["account_id"])
    if identity.problem:
        module.fail_json(msg=identity.problem)
    module.exit_json(
        changed=False,
        account=identity.account,
        arn=identity.arn,
        region=identity.region,
        endpoint=identity.endpoint,
        text=identity.text,
    )


if __name__ == "__main__":
    main()
