#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alarms_info
short_description: Tell which CloudWatch alarms of tables are missing, different, or no more wanted
version_added: 1.0.0
description:
  - Makes the alarms of tables and their indexes out of the tables' definitions, and compares them with those that CloudWatch has.
    It reads once a table, whatever the number of alarms; what it returns is what M(amazon.aws.cloudwatch_metric_alarm) takes.
  - The alarms of a table are known by their names, which begin with the table's name and a slash, and by the last line of their
    description. Alarms of others are left alone.
  - M(amazon.aws.cloudwatch_metric_alarm) does not compare metric math, and so writes such an alarm again on every run. This
    module tells for which that is necessary.
author:
  - AuditFlow-Pro (@auditflow)
options:
  definitions:
    description: Definitions as O(auditflow.dynamodb.tables#module:tables).
    type: list
    elements: dict
    required: true
  options:
    description:
      - What is different from the defaults, with C(topics), C(rules), C(tables), C(read_limit) and C(write_limit) as the variables
        of the role P(auditflow.dynamodb.monitoring#role).
    type: dict
    default: {}
  state:
    description: With V(absent) no alarm is wanted, and only the names of the definitions matter.
    type: str
    choices: [present, absent]
    default: present
  check_topics:
    description:
      - Whether to ask SNS if the topics exist (C(sns:GetTopicAttributes)). A topic that may not be asked for is taken to be there.
    type: bool
    default: true
  if_possible:
    description:
      - With O(state=absent), whether it is enough to tell in RV(text) that CloudWatch cannot be asked, because the permission is
        missing or because what answers is an emulator without CloudWatch.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: amazon.aws.cloudwatch_metric_alarm
  - module: auditflow.dynamodb.dashboard
"""

EXAMPLES = r"""
- name: What is missing
  auditflow.dynamodb.alarms_info:
    definitions: "{{ tables_definitions }}"
    options:
      topics:
        alarm: [arn:aws:sns:ap-south-1:111122223333:pager]
      rules:
        throttled_reads: {threshold: 10}
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.text }}"
"""

RETURN = r"""
text:
  description: The tables with their alarms and what differs, for people, several lines.
  returned: success
  type: str
to_put:
  description: Options of M(amazon.aws.cloudwatch_metric_alarm), for each alarm that is missing or different.
  returned: success
  type: list
  elements: dict
to_delete:
  description: Names of the alarms that are no more wanted.
  returned: success
  type: list
  elements: str
alarms:
  description: Names of the alarms that are wanted.
  returned: success
  type: list
  elements: str
ringing:
  description: Names of the alarms that ring.
  returned: success
  type: list
  elements: str
in_sync:
  description: Whether nothing has to be done.
  returned: success
  type: bool
"""

from typing import NoReturn

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_changes import Found, compare
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_look import (
    found_alarms,
    others_left,
    topic_problems,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_options import Topics, parse_monitoring
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm, alarms_of
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
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
            "options": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "check_topics": {"type": "bool", "default": True},
            "if_possible": {"type": "bool", "default": False},
        },
    )
    tables, wanted, topics = _asked(module)
    aws = connect(module)
    try:
        problems = topic_problems(aws, topics) if module.params["check_topics"] else []
        if problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            module.fail_json(msg=f"Nobody would be told:\n{listed}", problems=problems)
        found = found_alarms(aws, _watched(module, aws, tables))
    except AwsError as error:
        if module.params["state"] == "present" or not (
            module.params["if_possible"] and error.kind in (Kind.DENIED, Kind.UNSUPPORTED)
        ):
            module.fail_json(msg=str(error))
        _end(Found((), (), ()), [f"Alarms were not looked for: {error}"], module)
    result = compare(tables, wanted, found)
    _end(result, result.lines(aws.region), module)


def _end(result: Found, lines: list[str], module: AwsModule) -> NoReturn:
    module.exit_json(
        changed=False,
        text="\n".join(lines),
        to_put=result.to_put,
        to_delete=result.to_delete,
        alarms=[alarm.name for alarm in result.wanted],
        ringing=list(result.ringing),
        in_sync=not result.changes,
    )


def _asked(module: AwsModule) -> tuple[tuple[str, ...], tuple[Alarm, ...], Topics]:
    definitions = module.params["definitions"]
    if module.params["state"] == "absent":
        return parse_or_fail(module, parse_names, definitions), (), Topics()
    specs, monitoring = parse_or_fail(
        module, lambda given: parse_monitoring(given, module.params["options"]), definitions
    )
    return tuple(spec.name for spec in specs), alarms_of(specs, monitoring), monitoring.topics


def _watched(module: AwsModule, aws: Aws, tables: tuple[str, ...]) -> tuple[str, ...]:
    """The tables whose alarms are meant, and the account's own, which is kept for other tables."""
    if module.params["state"] == "absent" and others_left(aws, tables):
        return tables
    return (*tables, "")


if __name__ == "__main__":
    main()
