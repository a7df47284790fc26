#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: index_info
short_description: Tell the global indexes of tables, who uses them, and how far those are that are being built
version_added: 1.0.0
description:
  - Tells each global index beside its definition - missing, different, being built, or as defined - with the access patterns
    that query it, and, where asked for, whether anybody reads it.
  - It can wait for indexes that are being built. Time running out is no failure; they are told as they are then.
author:
  - AuditFlow-Pro (@auditflow)
options:
  tables:
    description: The names of the tables. They must exist.
    type: list
    elements: str
    required: true
  indexes:
    description: Only the indexes of these names. Without it, all.
    type: list
    elements: str
    default: []
  definitions:
    description: Definitions as O(auditflow.dynamodb.tables#module:tables). Those of other tables are checked and not used.
    type: list
    elements: dict
    default: []
  use_days:
    description:
      - How many days back to look, in CloudWatch, for reads of each index. V(0) does not look.
      - Where CloudWatch is not to be had (C(cloudwatch:GetMetricData)), use is told as not known, which is no failure.
    type: int
    default: 0
  watch_seconds:
    description: How many seconds to wait for indexes that are being built, changed or deleted. V(0) does not wait.
    type: int
    default: 0
  parallel:
    description: How many tables are looked at at a time.
    type: int
    default: 10
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.gsi
"""

EXAMPLES = r"""
- name: Does anybody read this index?
  auditflow.dynamodb.index_info:
    tables: [Orders]
    indexes: [by-fax-number]
    use_days: 30
  register: found

- name: What is missing or different
  auditflow.dynamodb.index_info:
    tables: "{{ tables_definitions | map(attribute='name') }}"
    definitions: "{{ tables_definitions }}"

- name: Wait up to ten minutes for what is being built
  auditflow.dynamodb.index_info:
    tables: [Orders]
    watch_seconds: 600
  register: watched
  failed_when: watched.moving | length > 0
"""

RETURN = r"""
text:
  description: The tables and their indexes for people, several lines.
  returned: success
  type: str
indexes:
  description: The indexes of all tables, those of the definitions and those that are there, sorted by table and name.
  returned: success
  type: list
  elements: dict
  contains:
    table:
      description: The table.
      type: str
    name:
      description: The index.
      type: str
    status:
      description: V(missing), or what AWS says - V(CREATING), V(UPDATING), V(DELETING), V(ACTIVE).
      type: str
    backfilling:
      description: Whether it is being filled.
      type: bool
    percent:
      description: How far the filling is, null where that is not known. Only while it is being filled.
      type: float
    declared:
      description: Whether the definition has it.
      type: bool
    difference:
      description: What of its keys, types or projection is not as defined; empty where nothing is.
      type: str
    index:
      description: As AWS describes it, in snake_case; empty where it is missing.
      type: dict
    access_patterns:
      description: The access patterns of the definition that query it, each with C(name) and C(description).
      type: list
      elements: dict
    use:
      description: C(days) looked at, C(read_units) in all, when the C(last) was, and why that is C(unknown).
      type: dict
missing:
  description: The defined indexes that are not there, as options of M(auditflow.dynamodb.gsi).
  returned: success
  type: list
  elements: dict
different:
  description: The defined indexes whose keys, types or projection differ, as options of M(auditflow.dynamodb.gsi).
  returned: success
  type: list
  elements: dict
moving:
  description: Those that are being built, changed or deleted, in words.
  returned: success
  type: list
  elements: str
  sample: ["Orders: by-customer CREATING, backfilling, 45 %, for 12 min so far"]
unknown:
  description: Those of O(indexes) that no table and no definition has.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.declared import DEFINITIONS_OPTION, declared
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, StuckError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_look import Asked, look
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_text import index_lines, phase
from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import PROGRESS_OPTIONS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "tables": {"type": "list", "elements": "str", "required": True},
            "indexes": {"type": "list", "elements": "str", "default": []},
            **DEFINITIONS_OPTION,
            "use_days": {"type": "int", "default": 0},
            "watch_seconds": {"type": "int", "default": 0},
            "parallel": {"type": "int", "default": 10},
            **PROGRESS_OPTIONS,
        },
    )
    names = sorted(set(module.params["tables"]))
    wanted = frozenset(module.params["indexes"])
    specs = declared(module, names)
    aws = connect(module)
    asked = Asked(wanted, module.params["use_days"], module.params["watch_seconds"])
    try:
        found = side_by_side(lambda name: look(name, specs.get(name), asked, aws), names, module.params["parallel"])
    except (AwsError, StuckError) as error:
        module.fail_json(msg=str(error))
    local = sorted(wanted & {name for each in found for name in each.local})
    if local:
        module.fail_json(
            msg=f"{', '.join(local)}: a local index; AWS makes those with the table and cannot change them"
        )
    views = [view for each in found for view in each.views]
    now = aws.clock.today()
    lines = [line for each in found for line in index_lines(each.state, each.views, aws.region, now)]
    module.exit_json(
        changed=False,
        text="\n".join(lines),
        indexes=[view.result() for view in views],
        missing=[view.arguments() for view in views if view.wanted and not view.described],
        different=[view.arguments() for view in views if view.difference],
        moving=[f"{view.table}: {view.name} {phase(view, now)}" for each in found for view in each.moving],
        unknown=sorted(wanted - {view.name for view in views}),
    )


if __name__ == "__main__":
    main()
