#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_import
short_description: Import a DynamoDB table from S3
version_added: 1.0.0
description:
  - Has AWS create a table and fill it from objects in S3. An import always makes a new table and overwrites none.
  - The table is described as everywhere in this collection. An import makes its keys, its global indexes, its billing and
    its encryption; the rest of the definition is left, told in RV(left), and made by M(auditflow.dynamodb.tables) afterwards.
  - A table that was made by a completed import of the same source is left as it is. Any other table of this name is an
    error.
  - A run that was killed, or that did not get AWS's answer, has begun at most one import. The next run finds it and waits
    for it.
  - Where items are bad, AWS makes the table with the good ones and calls the import failed. So does the module, with
    the counts and where AWS wrote what was bad.
author:
  - AuditFlow-Pro (@auditflow)
options:
  table:
    description:
      - The definition of the table, with the options of M(auditflow.dynamodb.table) that describe one.
      - Local secondary indexes are refused, because an import cannot make them.
    type: dict
    required: true
  bucket:
    description: The S3 bucket.
    type: str
  prefix:
    description:
      - What the names of the objects begin with. Without it, all of the bucket.
      - AWS takes every object whose name begins so for data. Of an export, only its folder C(data) holds data, so
        give that, or O(export_arn).
    type: str
  bucket_owner:
    description: The account of the bucket, where it is another.
    type: str
  format:
    description: The format of the objects.
    type: str
    choices: [DYNAMODB_JSON, ION, CSV]
    default: DYNAMODB_JSON
  compression:
    description: The compression of the objects. AWS's own exports are V(GZIP).
    type: str
    choices: [NONE, GZIP, ZSTD]
    default: NONE
  csv_delimiter:
    description: With O(format=CSV), what stands between the values. AWS takes a comma unless told otherwise.
    type: str
    choices: [",", ";", ":", "|", "\t", " "]
  csv_header:
    description: With O(format=CSV), the names of the columns. Without it, the first line of each object is it.
    type: list
    elements: str
  export_arn:
    description:
      - A completed full export, instead of O(bucket), O(prefix), O(format) and O(compression), which it tells itself.
      - It must be one of this account and region that AWS still knows.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.waiting
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table_export
  - module: auditflow.dynamodb.tables
"""

EXAMPLES = r"""
- name: A table out of an export
  auditflow.dynamodb.table_import:
    table:
      name: Orders-copy
      attributes: {order_id: S, customer: S}
      partition_key: order_id
      global_indexes:
        - {name: by-customer, partition_key: customer}
    export_arn: arn:aws:dynamodb:ap-south-1:123456789012:table/Orders/export/01795395600000-1a2b3c4d

- name: A table out of CSV files
  auditflow.dynamodb.table_import:
    table: {name: Countries, attributes: {code: S}, partition_key: code}
    bucket: example-data
    prefix: countries/
    format: CSV
    csv_delimiter: ";"
    csv_header: [code, name, currency]
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
job:
  description: The import as AWS tells of it. Empty where there is none yet.
  returned: always
  type: dict
  contains:
    arn:
      description: Its ARN.
      type: str
    status:
      description: V(IN_PROGRESS), V(COMPLETED), V(CANCELLING), V(CANCELLED) or V(FAILED).
      type: str
    bucket:
      description: The bucket it reads.
      type: str
    prefix:
      description: What the names of the objects begin with.
      type: str
    format:
      description: The format.
      type: str
    compression:
      description: The compression.
      type: str
    start_time:
      description: When AWS began it.
      type: str
    end_time:
      description: When AWS ended it.
      type: str
    processed_item_count:
      description: How many items were read.
      type: int
    imported_item_count:
      description: How many of them were written. Several of one key are counted each and leave one item.
      type: int
    error_count:
      description: How many of them were bad.
      type: int
    processed_size_bytes:
      description: How much was read.
      type: int
    failure_code:
      description: Why it failed, for programs, for example V(ItemValidationError).
      type: str
    failure_message:
      description: Why it failed, in AWS's words.
      type: str
    log_group:
      description: The CloudWatch log group in which AWS tells which items were bad.
      type: str
left:
  description: The settings of the definition that an import does not make.
  returned: always
  type: list
  elements: str
  sample: [ttl, pitr, deletion_protection, tags]
text:
  description: What was done, for people.
  returned: always
  type: str
pending:
  description: What is left to AWS, in words.
  returned: always
  type: list
  elements: str
problems:
  description: Every mistake in the definition. AWS was not asked anything.
  returned: when the definition is wrong
  type: list
  elements: str
failure:
  description: What went wrong, for programs; C(msg) says it for people.
  returned: failure
  type: dict
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    WAIT_OPTIONS,
    AwsModule,
    connect,
    new_module,
    parse_or_fail,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, RefusedError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.importing import end_import, find_source, import_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.imports import CSV, Source
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import Place


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "table": {"type": "dict", "required": True},
            "bucket": {"type": "str"},
            "prefix": {"type": "str"},
            "bucket_owner": {"type": "str"},
            "format": {"type": "str", "choices": ["DYNAMODB_JSON", "ION", CSV], "default": "DYNAMODB_JSON"},
            "compression": {"type": "str", "choices": ["NONE", "GZIP", "ZSTD"], "default": "NONE"},
            "csv_delimiter": {"type": "str", "choices": [",", ";", ":", "|", "\t", " "]},
            "csv_header": {"type": "list", "elements": "str"},
            "export_arn": {"type": "str"},
            **WAIT_OPTIONS,
        },
        required_one_of=[("bucket", "export_arn")],
        mutually_exclusive=[("bucket", "export_arn"), ("prefix", "export_arn")],
    )
    spec = parse_or_fail(module, parse_table, module.params["table"])
    source = None if module.params["export_arn"] else _source(module)
    aws, run = connect(module), run_of(module)
    try:
        source = source or find_source(module.params["export_arn"], aws)
    except (AwsError, RefusedError) as error:
        module.fail_json(msg=f"{spec.name}: {error}")
    end_import(module, import_table(spec, source, aws, run), aws.region)


def _source(module: AwsModule) -> Source:
    given = module.params
    place = Place(given["bucket"], given["prefix"] or "", given["bucket_owner"] or "")
    if given["format"] != CSV and (given["csv_delimiter"] or given["csv_header"]):
        module.fail_json(msg="csv_delimiter and csv_header are about format CSV only")
    header = tuple(given["csv_header"] or ())
    return Source(place, given["format"], given["compression"], given["csv_delimiter"] or "", header)


if __name__ == "__main__":
    main()
