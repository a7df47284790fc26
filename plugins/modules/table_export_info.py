#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_export_info
short_description: List the exports of DynamoDB tables to S3
version_added: 1.0.0
description:
  - Reads the exports that AWS knows, of tables or of a whole region, or some by their ARNs.
  - AWS forgets an export after 90 days, and all exports of a table when that is deleted. What they wrote stays.
author:
  - AuditFlow-Pro (@auditflow)
options:
  names:
    description: The names of the tables. Without it, and without O(export_arns), all tables of the region.
    type: list
    elements: str
  export_arns:
    description: The ARNs of exports. Those that AWS does not know are not returned.
    type: list
    elements: str
  newest:
    description: How many exports of each table, or of the region, the last ones first.
    type: int
    default: 10
  parallel:
    description: How many tables are read at a time.
    type: int
    default: 5
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.table_export
"""

EXAMPLES = r"""
- name: The last ten exports of a table
  auditflow.dynamodb.table_export_info:
    names: [Orders]
  register: found

- name: The manifest of the last one that was completed
  ansible.builtin.debug:
    msg: "{{ found.exports | selectattr('status', 'equalto', 'COMPLETED') | map(attribute='manifest') | first }}"
"""

RETURN = r"""
exports:
  description: The exports, table by table, the last ones first.
  returned: success
  type: list
  elements: dict
  contains:
    arn:
      description: Its ARN.
      type: str
    table:
      description: The name of its table.
      type: str
    status:
      description: V(IN_PROGRESS), V(COMPLETED) or V(FAILED).
      type: str
    type:
      description: V(FULL_EXPORT) or V(INCREMENTAL_EXPORT).
      type: str
    bucket:
      description: The bucket.
      type: str
    prefix:
      description: The prefix in it.
      type: str
    format:
      description: V(DYNAMODB_JSON) or V(ION).
      type: str
    export_time:
      description: The moment whose items a full export holds.
      type: str
    from_time:
      description: Where an incremental export begins.
      type: str
    to_time:
      description: Where it ends, exclusive.
      type: str
    start_time:
      description: When AWS began it.
      type: str
    end_time:
      description: When AWS ended it.
      type: str
    item_count:
      description: How many items it holds.
      type: int
    billed_size_bytes:
      description: What is charged for.
      type: int
    manifest:
      description: The key of its summary manifest in the bucket.
      type: str
      sample: exports/AWSDynamoDB/01795395600000-1a2b3c4d/manifest-summary.json
    filter:
      description: What it was filtered with.
      type: dict
    failure_code:
      description: Why it failed, for programs, for example V(S3NoSuchBucket).
      type: str
    failure_message:
      description: Why it failed, in AWS's words.
      type: str
text:
  description: The same for people, a line each.
  returned: success
  type: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import connect, new_module
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exporting import last_exports, read_export
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "names": {"type": "list", "elements": "str"},
            "export_arns": {"type": "list", "elements": "str"},
            "newest": {"type": "int", "default": 10},
            "parallel": {"type": "int", "default": 5},
        },
        mutually_exclusive=[("names", "export_arns")],
    )
    aws, newest = connect(module), module.params["newest"]
    arns, names = module.params["export_arns"], module.params["names"]
    try:
        if arns is not None:
            described = side_by_side(lambda arn: read_export(arn, aws), arns, module.params["parallel"])
            lists = [[export for export in described if export]]
        else:
            wanted = [None] if names is None else names
            lists = side_by_side(lambda name: last_exports(aws, name, newest), wanted, module.params["parallel"])
    except AwsError as error:
        module.fail_json(msg=str(error))
    found = [export for exports in lists for export in exports]
    lines = [f"{export.table}  {export}" for export in found]
    module.exit_json(
        changed=False, exports=[export.result() for export in found], text="\n".join(lines) or "AWS knows no export."
    )


if __name__ == "__main__":
    main()
