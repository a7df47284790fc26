#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_export
short_description: Export DynamoDB tables to S3
version_added: 1.0.0
description:
  - Exports whole tables as they were at a moment, or what has changed in them since, without using their capacity.
  - Tables need point-in-time recovery. AWS charges for the size of what is exported.
  - An export that is there already is not made, and not paid for, a second time. What counts as there is told at
    O(export_time), O(since) and O(max_age).
  - A run that was killed, or that did not get AWS's answer, has begun at most one export. The next run finds it and waits
    for it.
  - AWS finds out about the bucket and the key while it exports. The export has failed then, and the module tells why.
author:
  - AuditFlow-Pro (@auditflow)
attributes:
  diff_mode:
    support: none
    description: Nothing that is there is changed. What would be exported is in RV(text).
options:
  names:
    description: The names of the tables.
    type: list
    elements: str
    required: true
  bucket:
    description: The S3 bucket. It may be in another region.
    type: str
    required: true
  prefix:
    description: The prefix in the bucket. AWS puts a folder C(AWSDynamoDB) there, and each export into one of its own in it.
    type: str
  bucket_owner:
    description: The account of the bucket, where it is another. Its bucket policy must allow the writing.
    type: str
  sse_algorithm:
    description: How the objects are encrypted. Without it, as the bucket says.
    type: str
    choices: [AES256, KMS]
  sse_kms_key_id:
    description: The KMS key of O(sse_algorithm=KMS), by id, ARN or alias. Without it, the AWS-managed key of S3.
    type: str
  format:
    description: The format of the items.
    type: str
    choices: [DYNAMODB_JSON, ION]
    default: DYNAMODB_JSON
  export_time:
    description:
      - The moment whose items are exported, ISO 8601 with its zone, or Unix seconds. Without it, the latest.
      - An export of this moment that AWS knows, of the last 90 days, is not made again.
    type: str
  since:
    description:
      - Export only what has changed since this time, in the same forms as O(export_time).
      - V(last) goes on where the last completed export to the same O(bucket) and O(prefix), in the same O(format) and with the
        same O(filter), ended. There must be one; a full one will do.
      - AWS takes windows of 15 minutes to 24 hours. A longer time is made into several exports; a shorter rest is left to
        the next run.
    type: str
  to_time:
    description: With O(since), the end of the time, exclusive. Without it, the latest.
    type: str
  view_type:
    description: Of a changed item, its new image alone, or the old one too.
    type: str
    choices: [NEW_IMAGE, NEW_AND_OLD_IMAGES]
    default: NEW_AND_OLD_IMAGES
  filter:
    description: Which items, and what of them. It needs a boto3 that knows C(FilterSpecification).
    type: dict
    suboptions:
      filter_expression:
        description: A condition on the items.
        type: str
      projection_expression:
        description: The attributes that are exported.
        type: str
      key_condition_expression:
        description: A condition on the key.
        type: str
      expression_attribute_names:
        description: Names for the C(#placeholders) in the expressions.
        type: dict
      expression_attribute_values:
        description: Values for the C(:placeholders), each with its type, as C({":s":{"S":"PENDING"}}).
        type: dict
  max_age:
    description:
      - An export of the latest state that is younger than so many seconds counts as done. V(0) makes a new one.
      - One that is still under way counts in any case.
    type: int
    default: 28800
  parallel:
    description: How many tables are worked on at a time.
    type: int
    default: 10
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table_export_info
  - module: auditflow.dynamodb.table_import
"""

EXAMPLES = r"""
- name: Everything, as it is now
  auditflow.dynamodb.table_export:
    names: [Orders, Sessions]
    bucket: example-exports
    prefix: nightly

- name: What has changed since the last export, every hour
  auditflow.dynamodb.table_export:
    names: [Orders]
    bucket: example-exports
    prefix: nightly
    since: last

- name: The table before the accident, into another account's bucket
  auditflow.dynamodb.table_export:
    names: [Orders]
    bucket: example-forensics
    bucket_owner: "210987654321"
    export_time: "2026-11-23T01:00:00Z"
    sse_algorithm: KMS
    sse_kms_key_id: arn:aws:kms:ap-south-1:210987654321:alias/forensics

- name: Only what is open, and only three attributes of it
  auditflow.dynamodb.table_export:
    names: [Orders]
    bucket: example-exports
    prefix: open
    filter:
      filter_expression: "#s = :open"
      projection_expression: "order_id, customer, #s"
      expression_attribute_names: {"#s": state}
      expression_attribute_values: {":open": {S: open}}
"""

RETURN = r"""
results:
  description: What came of each table, in the order of O(names). A failed one has C(failed), C(msg) and C(failure).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The table.
      type: str
    changed:
      description: Whether an export was asked for, or would be.
      type: bool
    exports:
      description: The exports that are what was asked for. What is in one is told at M(auditflow.dynamodb.table_export_info).
      type: list
      elements: dict
    text:
      description: The same for people.
      type: str
    pending:
      description: What is left to AWS, in words.
      type: list
      elements: str
text:
  description: What came of all tables, for people.
  returned: always
  type: str
  sample: |-
    Orders (ap-south-1): exported, a full export to s3://example-exports/nightly
        COMPLETED  01795395600000-1a2b3c4d  all, as of 2026-11-23T01:00:00Z  s3://example-exports/nightly  120 items  3.4 MiB billed
pending:
  description: What is left to AWS, in words.
  returned: always
  type: list
  elements: str
"""

from datetime import datetime, timedelta

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    WAIT_OPTIONS,
    AwsModule,
    connect,
    new_module,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exporting import end_exports, export_table, place_of
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exports import JSON_FORMAT, LAST, Order, filter_of
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import TimeError, parse_time

TEXT = {"type": "str"}
OPTIONS = {
    "names": {"type": "list", "elements": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "prefix": TEXT,
    "bucket_owner": TEXT,
    "sse_algorithm": {"type": "str", "choices": ["AES256", "KMS"]},
    # The name of a key, not the key.
    "sse_kms_key_id": {"type": "str", "no_log": False},
    "format": {"type": "str", "choices": [JSON_FORMAT, "ION"], "default": JSON_FORMAT},
    "export_time": TEXT,
    "since": TEXT,
    "to_time": TEXT,
    "view_type": {"type": "str", "choices": ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"], "default": "NEW_AND_OLD_IMAGES"},
    "filter": {
        "type": "dict",
        "options": {
            "filter_expression": TEXT,
            "projection_expression": TEXT,
            "key_condition_expression": {"type": "str", "no_log": False},
            "expression_attribute_names": {"type": "dict"},
            "expression_attribute_values": {"type": "dict"},
        },
    },
    "max_age": {"type": "int", "default": 28800},
    "parallel": {"type": "int", "default": 10},
    **WAIT_OPTIONS,
}


def main() -> None:
    """Entry point."""
    module = new_module(
        OPTIONS,
        mutually_exclusive=[("export_time", "since")],
        required_by={"to_time": "since", "sse_kms_key_id": "sse_algorithm"},
    )
    order = _order(module)
    aws, run = connect(module), run_of(module)
    names = list(dict.fromkeys(module.params["names"]))
    outcomes = side_by_side(lambda name: export_table(name, order, aws, run), names, module.params["parallel"])
    end_exports(module, outcomes, order, aws.region)


def _order(module: AwsModule) -> Order:
    given = module.params
    since = given["since"]
    return Order(
        place=place_of(given["bucket"], given["prefix"], given["bucket_owner"]),
        format=given["format"],
        algorithm=given["sse_algorithm"] or "",
        key=given["sse_kms_key_id"] or "",
        filter=filter_of(given["filter"] or {}),
        at=_time(module, "export_time"),
        since=LAST if since == LAST else _time(module, "since") or "",
        until=_time(module, "to_time"),
        view=given["view_type"],
        max_age=timedelta(seconds=given["max_age"]),
    )


def _time(module: AwsModule, option: str) -> datetime | None:
    text = module.params[option]
    try:
        return parse_time(text) if text else None
    except TimeError as error:
        module.fail_json(msg=f"{option}: {error}")


if __name__ == "__main__":
    main()
