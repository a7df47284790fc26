#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_copy
short_description: Copy the items of a DynamoDB table into a table with other keys
version_added: 1.0.0
description:
  - The keys of a table cannot be changed. A new table with the wanted keys is made, and this module copies the items.
  - An item goes into the new table only if nothing is there under its new key. Nothing is written over, unless O(overwrite)
    asks for the copy of the very same item, when that has changed in the source since.
  - Items that lack a key attribute of the new table, or that have the same new key as another item, are counted and left
    alone, with the keys of some.
  - The table is walked in segments, several at a time, within a budget of write units. A run that was killed, at any point, is
    continued by the next; runs on several hosts share a table by O(slice).
  - Deletions in the source are not carried over. M(auditflow.dynamodb.items_compare) finds them.
author:
  - AuditFlow-Pro (@auditflow)
options:
  source:
    description: The table to copy from. Nothing is written to it.
    type: str
    required: true
  target:
    description: The table to copy into, of the same region and account. It must exist, except in check mode.
    type: str
    required: true
  target_definition:
    description:
      - The definition of O(target), as M(auditflow.dynamodb.table) takes it. Used in check mode only, where the table does not
        exist yet, for its keys.
    type: dict
  overwrite:
    description:
      - Whether an item that was copied, and that has changed in the source since, is copied again.
      - For the second pass, as long as nobody writes to O(target). What somebody wrote there to such an item is lost.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.jobs
  - auditflow.dynamodb.items
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.items_compare
  - module: auditflow.dynamodb.tables
"""

EXAMPLES = r"""
- name: What could be copied, before the new table exists
  auditflow.dynamodb.items_copy:
    source: Orders
    target: Orders-2
    target_definition:
      attributes: {customer: S, placed_at: S}
      partition_key: customer
      sort_key: placed_at
  check_mode: true

- name: Copy
  auditflow.dynamodb.items_copy:
    source: Orders
    target: Orders-2
    write_units: 500

- name: Catch up with what has changed in the source meanwhile
  auditflow.dynamodb.items_copy:
    source: Orders
    target: Orders-2
    overwrite: true
"""

RETURN = r"""
source:
  description: The table that was copied from.
  returned: always
  type: str
target:
  description: The table that was copied into.
  returned: always
  type: str
complete:
  description:
    - Whether every item of the slice is in the new table as it was read. V(false) where items were left alone, and where the
      slice is not finished.
  returned: always
  type: bool
text:
  description: The result for people, several lines.
  returned: always
  type: str
  sample: |-
    Orders -> Orders-2 (ap-south-1): all done
      1,204,331  items looked at
      1,204,330  copied
              1  NOT copied: another item has the same new key
      e.g. collides: id=4711
counts:
  description: Items by what came of them, with those of earlier runs of the job; in check mode what would.
  returned: always
  type: dict
  contains:
    copied:
      description: Copied.
      type: int
    overwritten:
      description: Copied again, because they had changed in the source.
      type: int
    same:
      description: Were there already, the same in every attribute.
      type: int
    differs:
      description: Were copied earlier and have changed in the source since; left alone without O(overwrite).
      type: int
    collides:
      description: Left alone, because another item of the source has the same new key. Which of them is copied is chance.
      type: int
    lacks_key:
      description: Left alone, because they lack a key attribute of the new table.
      type: int
    wrong_key_type:
      description: Left alone, because a key attribute of the new table or of its indexes has another type, is empty or too long.
      type: int
    changed_meanwhile:
      description: Left alone, because somebody wrote to them in the new table again and again.
      type: int
samples:
  description: Keys, those of the source, of some of the items that were left alone, by the names of RV(counts).
  returned: always
  type: dict
finished:
  description: Whether the whole slice was walked. V(false) after O(time_limit) or an error; the next run goes on.
  returned: always
  type: bool
resumed:
  description: Whether it went on from where an earlier run was.
  returned: always
  type: bool
scanned:
  description: Items that AWS looked at.
  returned: always
  type: int
segments:
  description: How many segments there are, how many of them are this slice's, and how many of these are done.
  returned: always
  type: dict
slice:
  description: The slice.
  returned: always
  type: str
seconds:
  description: How long it took.
  returned: always
  type: float
read_units:
  description: Read capacity units that this run consumed.
  returned: always
  type: float
write_units:
  description: Write capacity units that this run consumed, those of writes that were refused for their condition left out.
  returned: always
  type: float
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.copy_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
