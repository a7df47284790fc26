#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_unarchive
short_description: Put items back that items_archive has archived
version_added: 1.0.0
description:
  - Finds the copies in S3 that archived entries of a table name, restores them where their storage class needs it, reads them,
    verifies their SHA-256 and number of items, puts back what was taken out of the entries, and removes the marks.
  - An entry is written only while it is archived with that copy and every attribute is still what was read. What was added
    to it since it was archived stays. An entry in which an archived attribute was changed since is counted and left alone, unless
    O(exact) is given. An entry that is gone is not made again.
  - Restoring takes hours. Without O(wait) the module asks for it, does what can be done now, and reports the rest under
    RV(pending); the next run goes on.
  - A second run finds nothing more to do. In check mode it asks for nothing and writes nothing.
  - The copies stay in S3; their lifetime is the bucket's concern.
author:
  - AuditFlow-Pro (@auditflow)
attributes:
  check_mode:
    support: full
    description: Reads what can be read, and counts.
  diff_mode:
    support: none
    description: The counts tell what is done, or would be.
  idempotent:
    support: full
    description: A second run makes no write call and reports no change.
  action_group:
    version_added: 1.0.0
    support: full
    membership:
      - auditflow.dynamodb.dynamodb
    description: Use C(group/auditflow.dynamodb.dynamodb) in C(module_defaults) to set region, endpoint and credentials once.
options:
  name:
    description: The name of the table.
    type: str
    required: true
  keys:
    description:
      - The keys of the items that are meant, each with all key attributes of the table. Binary values as base64.
      - One of O(keys), O(manifest), O(archived_from) and O(archived_until) is needed.
    type: list
    elements: dict
  manifest:
    description: All items of a run of M(auditflow.dynamodb.items_archive), by what it returned as C(manifest), C(s3://bucket/key).
    type: str
  archived_from:
    description:
      - All items that were archived at this time or later, ISO 8601 with its zone, or Unix seconds. The whole table is read for it.
      - With O(manifest), only those of its items.
    type: str
  archived_until:
    description: All items that were archived at this time or earlier, likewise.
    type: str
  exact:
    description:
      - Whether items become exactly what was archived, without what was changed or added since.
    type: bool
    default: false
  tier:
    description:
      - How fast objects of Glacier are restored. V(Standard) takes 3 to 5 hours, V(Bulk) 5 to 12 and costs least, V(Expedited)
        minutes and costs most. From V(DEEP_ARCHIVE) 12 hours, 48 hours, and not at all.
    type: str
    choices: [Standard, Bulk, Expedited]
    default: Standard
  restore_days:
    description: How many days restored objects can be read, and are charged for as standard storage as well.
    type: int
    default: 7
  wait:
    description: Whether to wait until objects are restored.
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait for an object. What is not restored by then is reported under RV(pending).
    type: int
    default: 43200
  slice:
    description: This run's part of the objects, V(2/4) for the second of four. Slices never overlap, and together they do all.
    type: str
    default: 1/1
  threads:
    description: How many objects are worked on at a time, 8 at most. Each is held in memory.
    type: int
    default: 4
  segments:
    description: The number of segments in which the table is read for O(archived_from) and O(archived_until).
    type: int
    default: 16
  page_size:
    description: How many items a Scan looks at.
    type: int
    default: 250
  write_units:
    description:
      - Write capacity units per second that the whole job may consume, those of indexes included. Every slice takes its part.
      - V(0) sets no limit. Throttling slows down then, too.
    type: float
    default: 100.0
  read_units:
    description: Read capacity units per second, likewise.
    type: float
    default: 0.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.items_archive
"""

EXAMPLES = r"""
- name: Two documents, for an audit
  auditflow.dynamodb.items_unarchive:
    name: AuditFlow-Documents
    keys:
      - document_id: 7f1c2d3e-0000-4000-8000-000000000001
      - document_id: 7f1c2d3e-0000-4000-8000-000000000002

- name: Everything that was archived in October, at the least cost
  auditflow.dynamodb.items_unarchive:
    name: AuditFlow-Documents
    archived_from: "2026-10-01T00:00:00Z"
    archived_until: "2026-10-31T23:59:59Z"
    tier: Bulk
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
text:
  description: The result for people, several lines.
  returned: always
  type: str
  sample: |-
    AuditFlow-Documents (ap-south-1): not finished
      1,200  put back
      > pending: 2 of 3 objects with 18,000 items are being restored (Bulk). Run it again then.
counts:
  description: Items by what came of them; in check mode what would, of those that can be read.
  returned: always
  type: dict
  contains:
    unarchived:
      description: Put back.
      type: int
    not_archived:
      description: Not archived, or not any more.
      type: int
    archived_elsewhere:
      description: In the copy, but their entry names another copy.
      type: int
    of_another_time:
      description: In the copy, but archived outside of O(archived_from) and O(archived_until).
      type: int
    changed_since:
      description: Left alone, because an archived attribute was changed or removed since.
      type: int
    changed_meanwhile:
      description: Left alone, because they changed several times in a moment.
      type: int
    too_wide:
      description: Left alone, because they have more attributes than AWS takes in one condition.
      type: int
    too_large:
      description: Left alone, because they would be larger than 400 KB.
      type: int
    deleted:
      description: Their entry is gone from the table.
      type: int
pending:
  description: The objects that cannot be read yet.
  returned: always
  type: list
  elements: str
finished:
  description: Whether nothing is pending and nothing failed.
  returned: always
  type: bool
objects:
  description: How many objects are needed, and how many were read.
  returned: always
  type: dict
  sample: {all: 3, done: 1}
samples:
  description: Keys of some of the items that were left alone, by the names of RV(counts).
  returned: always
  type: dict
slice:
  description: The slice.
  returned: always
  type: str
read_units:
  description: Read capacity units that this run consumed.
  returned: always
  type: float
write_units:
  description: Write capacity units that this run consumed.
  returned: always
  type: float
"""

from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.unarchive_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
