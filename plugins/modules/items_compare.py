#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_compare
short_description: Compare a DynamoDB table with its copy under other keys
version_added: 1.0.0
description:
  - Scans both tables and counts their items exactly, where ItemCount is an estimate of the last six hours.
  - Looks for every item of the copy in the source. So items that were deleted in the source since, and items whose new key has
    changed since, are found.
  - Reads a sample of the items whole from both tables and compares them attribute by attribute. The same O(seed) chooses the same
    items.
  - Writes nothing. The result is exact only where nobody writes to either table meanwhile. All reads are strongly consistent.
author:
  - AuditFlow-Pro (@auditflow)
options:
  source:
    description: The table that was copied from.
    type: str
    required: true
  target:
    description: The table that was copied into.
    type: str
    required: true
  sample:
    description: The share of the items that are compared whole, from V(0) to V(1).
    type: float
    default: 0.01
  seed:
    description: What chooses the sample.
    type: str
    default: "1"
  segments:
    description: The number of segments that each table is walked in.
    type: int
    default: 64
  threads:
    description: How many segments are worked on at a time, 8 at most.
    type: int
    default: 4
  page_size:
    description: How many items a Scan looks at.
    type: int
    default: 250
  read_units:
    description: Read capacity units per second that may be consumed, V(0) for no limit.
    type: float
    default: 0.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.info
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.items_copy
"""

EXAMPLES = r"""
- name: Is the copy complete
  auditflow.dynamodb.items_compare:
    source: Orders
    target: Orders-2
    sample: 0.05
  register: comparison
  failed_when: not comparison.equal
"""

RETURN = r"""
source:
  description: The table that was copied from.
  returned: success
  type: str
target:
  description: The table that was copied into.
  returned: success
  type: str
equal:
  description: Whether both have the same number of items, every item of the copy belongs there, and the sample is the same.
  returned: success
  type: bool
counts:
  description: What was found.
  returned: success
  type: dict
  contains:
    source:
      description: Items in the source.
      type: int
    target:
      description: Items in the copy.
      type: int
    sampled_same:
      description: Items of the sample that are the same in every attribute.
      type: int
    sampled_differs:
      description: Items of the sample that differ.
      type: int
    sampled_missing:
      description: Items of the sample that are not in the copy.
      type: int
    lacks_key:
      description: Items of the source that lack a key attribute of the copy's table.
      type: int
    wrong_key_type:
      description: Items of the source that have a key attribute of another type, an empty or a too long one.
      type: int
    gone_from_source:
      description: Items of the copy that were deleted in the source since.
      type: int
    stale:
      description: Items of the copy whose item in the source has another new key by now.
      type: int
    foreign:
      description: Items of the copy that lack the key of the source, so they are no copies.
      type: int
samples:
  description: Keys of some items of each kind that does not belong.
  returned: success
  type: dict
seconds:
  description: How long it took.
  returned: success
  type: float
read_units:
  description: Read capacity units that were consumed.
  returned: success
  type: float
text:
  description: The result for people, several lines.
  returned: success
  type: str
  sample: |-
    Orders and Orders-2: the same items
      1,204,331  items in Orders
      1,204,331  items in Orders-2
         12,025  of the sample are the same, attribute by attribute
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.compare_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
