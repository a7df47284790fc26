#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: topic
short_description: Make an SNS topic that writes e-mails, for alarms
version_added: 1.0.0
description:
  - Makes a standard SNS topic where there is none of this name, and subscribes e-mail addresses to it that are not yet.
  - It removes nothing, neither the topic nor receivers. Topics with more to them (encryption, policies, other receivers) are made
    elsewhere; alarms take their ARNs.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The topic's name, of letters, digits, C(-) and C(_).
    type: str
    required: true
  emails:
    description: Addresses to be written to. AWS asks each by mail to confirm; until then it is told nothing.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
attributes:
  diff_mode:
    description: Returns the topic and the addresses that are added.
seealso:
  - module: auditflow.dynamodb.alarms_info
"""

EXAMPLES = r"""
- name: Somebody is told
  auditflow.dynamodb.topic:
    name: dynamodb-alarms
    emails: [oncall@example.com]
  register: made
"""

RETURN = r"""
arn:
  description: The topic's ARN; in check mode the one that it would have.
  returned: success
  type: str
  sample: arn:aws:sns:ap-south-1:111122223333:dynamodb-alarms
subscribed:
  description: The addresses that were not subscribed.
  returned: success
  type: list
  elements: str
pending:
  description: The addresses that have not confirmed.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.topics import ensure, mistakes


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "name": {"type": "str", "required": True},
            "emails": {"type": "list", "elements": "str", "default": []},
        },
    )
    name, emails = module.params["name"], module.params["emails"]
    problems = mistakes(name, emails)
    if problems:
        module.fail_json(msg="\n".join(problems), problems=problems)
    try:
        topic = ensure(connect(module), name, emails, module.check_mode)
    except AwsError as error:
        module.fail_json(msg=str(error))
    after = "".join(f"{line}\n" for line in ([topic.arn] if topic.made else []) + list(topic.subscribed))
    module.exit_json(
        changed=bool(after),
        arn=topic.arn,
        subscribed=list(topic.subscribed),
        pending=list(topic.pending),
        diff={"before": "", "after": after, "before_header": name, "after_header": name},
    )


if __name__ == "__main__":
    main()
