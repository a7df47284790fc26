#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_sample
short_description: Fill a DynamoDB table with realistic sample items, or remove them again
version_added: 1.0.0
description:
  - Makes items of what the definition documents of its attributes. The same O(seed) makes the same items, byte for byte, and
    the first items are the same however many are made.
  - Items of several tables belong together. An attribute of the same name has the same values in all of them, so audits are of loan
    applications that have documents.
  - What is there already is not written again, so a second run changes nothing. Another item is never overwritten and never
    removed. A key that carries random bits of the seed can only be that of a sample item; where keys are small numbers, dates or
    enumerations, an item is taken for a sample item only if it is the same in all attributes, and every write has that as its
    condition.
  - What BatchWriteItem leaves unprocessed is sent again, slower, for three minutes without any progress at most.
  - In check mode it reads and counts, and writes nothing.
requirements:
  - faker, in the Python that runs the module
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table.
    type: str
    required: true
  definitions:
    description:
      - Definitions as in M(auditflow.dynamodb.tables), that of the table among them. The others are needed where items of
        several tables belong together.
    type: list
    elements: dict
    required: true
  count:
    description:
      - How many items there shall be, or shall be removed. V(0) only tells RV(endpoint) and RV(emulator).
    type: int
    default: 100
  seed:
    description: What the items are made of. Another seed makes others, beside those of the first.
    type: str
    default: "1"
  state:
    description: Whether the items shall be there, or be gone.
    type: str
    choices: [present, absent]
    default: present
  newest:
    description:
      - The day, or the moment, of the newest items; the others are of the year before. Items of another day are others in all but
        their keys, as long as these are no times.
    type: str
    default: "2026-09-30"
  threads:
    description: How many portions of 100 items are worked on at a time, 8 at most.
    type: int
    default: 4
  write_units:
    description:
      - Write capacity units per second that may be consumed, those of indexes included. It starts with a quarter and halves for a
        while whenever DynamoDB throttles. V(0) sets no limit; throttling slows down then, too.
    type: float
    default: 0.0
  read_units:
    description: Read capacity units per second, likewise.
    type: float
    default: 0.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.jobs
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.tables
"""

EXAMPLES = r"""
- name: Ten thousand documents
  auditflow.dynamodb.items_sample:
    name: AuditFlow-Documents
    definitions: "{{ tables_definitions }}"
    count: 10000

- name: Remove them again
  auditflow.dynamodb.items_sample:
    name: AuditFlow-Documents
    definitions: "{{ tables_definitions }}"
    count: 10000
    state: absent

- name: Orders of an own definition
  auditflow.dynamodb.items_sample:
    name: Orders
    seed: load test
    newest: "2027-01-31"
    definitions:
      - name: Orders
        attributes:
          customer: {type: S, format: email}
          placed_at: {type: S, format: timestamp}
          status: {type: S, values: [OPEN, PAID, SENT]}
          total: {type: N, minimum: 0, maximum: 900}
        partition_key: customer
        sort_key: placed_at
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
counts:
  description: Items by what came of them; in check mode what would.
  returned: always
  type: dict
  contains:
    written:
      description: Written, where they shall be there.
      type: int
    present:
      description: There already.
      type: int
    removed:
      description: Removed, where they shall be gone.
      type: int
    gone:
      description: Not there.
      type: int
    in_the_way:
      description: Left alone, because another item has their key.
      type: int
text:
  description: The result for people, several lines.
  returned: always
  type: str
  sample: |-
    AuditFlow-Documents (ap-south-1): 10,000 items of seed 1
      9,900  written
        100  there already
seed:
  description: The seed.
  returned: always
  type: str
expired:
  description: Whether the expiry time of the items is over, so that DynamoDB deletes them within days where time to live is on.
  returned: always
  type: bool
endpoint:
  description: Where the calls went.
  returned: always
  type: str
emulator:
  description: Whether that is on this machine, so no AWS.
  returned: always
  type: bool
seconds:
  description: How long it took.
  returned: always
  type: float
read_units:
  description: Read capacity units that were consumed.
  returned: always
  type: float
write_units:
  description: Write capacity units that were consumed.
  returned: always
  type: float
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.sample_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
