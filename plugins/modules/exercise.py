#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: exercise
short_description: Run the access patterns of a DynamoDB table and check the answers
version_added: 1.0.0
description:
  - Runs every access pattern of a definition through the Python that C(document.yml) writes, as an application would, and compares
    every answer with a scan of the table, evaluated in plain Python from the pattern's conditions. All pages, the order and the
    filter are checked.
  - The values are taken from items that are there. Each pattern is also run with values at the edges of its range, with a range
    behind the last item, and with a partition key that no item has.
  - Indexes lag behind their table for moments, and others may write meanwhile. What seems wrong is read again, three times in all.
  - Reads only. No values of items are in the results, only keys of some that are wrong.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table.
    type: str
    required: true
  definitions:
    description: Definitions as in M(auditflow.dynamodb.tables), that of the table among them.
    type: list
    elements: dict
    required: true
  schemas:
    description:
      - The file C(dynamodb_schemas.py) that was written from these definitions. It is Python, and it is run.
    type: path
    required: true
  samples:
    description: With how many items' values each pattern is run; with a range twice as often.
    type: int
    default: 5
  seed:
    description: What chooses the values.
    type: str
    default: "1"
  scan_limit:
    description:
      - How many items are scanned at most, and held in memory with the attributes of their keys and conditions. Of a bigger table,
        answers must hold every scanned item that belongs there, and the others must fit the conditions by what is in the answer.
    type: int
    default: 100000
  answer_limit:
    description: After how many items of one answer no more of its pages are read. What was read is compared.
    type: int
    default: 10000
  page_size:
    description:
      - How many items a page of a query looks at. A small one makes many pages. V(0) leaves it to DynamoDB, whose pages have 1 MB.
        A pattern with a limit of its own has one page of that size.
    type: int
    default: 1000
  read_units:
    description: Read capacity units per second that may be consumed. V(0) sets no limit; throttling slows down then, too.
    type: float
    default: 0.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
seealso:
  - module: auditflow.dynamodb.items_sample
"""

EXAMPLES = r"""
- name: Does every access pattern find what it is for
  auditflow.dynamodb.exercise:
    name: AuditFlow-Documents
    definitions: "{{ tables_definitions }}"
    schemas: schema/dynamodb_schemas.py
  register: exercised

- name: Stop where one does not
  ansible.builtin.assert:
    that: exercised.right
    fail_msg: "{{ exercised.text }}"
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: success
  type: str
right:
  description: Whether all answers were right.
  returned: success
  type: bool
patterns:
  description: What came of each pattern.
  returned: success
  type: list
  elements: dict
  contains:
    pattern:
      description: Its name.
      type: str
    source:
      description: The index, or V((table\)).
      type: str
    queries:
      description: How often it was run.
      type: int
    right:
      description: How many of the answers were right.
      type: int
    empty:
      description: How many of the answers had no items.
      type: int
    items:
      description: Items of all its answers, each compared.
      type: int
    cut:
      description: How many answers were not read to their end because of O(answer_limit).
      type: int
    read_units:
      description: Read capacity units of its queries.
      type: float
    wrong:
      description: How many items are V(missing), V(unexpected), V(twice) or V(out_of_order).
      type: dict
    keys:
      description: Keys of some of them.
      type: dict
scanned:
  description: How many items were scanned.
  returned: success
  type: int
complete:
  description: Whether these are all items of the table.
  returned: success
  type: bool
seconds:
  description: How long it took.
  returned: success
  type: float
scan_units:
  description: Read capacity units of the scan.
  returned: success
  type: float
read_units:
  description: Read capacity units in all.
  returned: success
  type: float
text:
  description: The result for people, several lines.
  returned: success
  type: str
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.exercise_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
