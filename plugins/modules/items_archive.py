#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_archive
short_description: Archive old items of a DynamoDB table to S3, and mark their entries
version_added: 1.0.0
description:
  - Items older than O(older_than) are written to S3 as newline-delimited DynamoDB JSON, compressed with gzip, which is the
    format of AWS's own exports. Their entry stays in the table, with the attributes C(archived) (true), C(archive_timestamp)
    and C(archive_object) (C(bucket/key) of the copy), and C(archive_stripped) where O(strip) took something out of it.
  - No entry is marked before its copy was read back. An object goes to S3 in the standard class, is read back and compared byte
    by byte, is copied onto itself into O(storage_class), and is looked at there (class, size, SHA-256). Then its entries are
    marked, each on the condition that every attribute still is what was archived. An item that was changed meanwhile is counted
    and left to the next run.
  - Objects are never overwritten. At the end a manifest with the items, sizes and SHA-256 of all objects is written beside them,
    from what S3 itself tells.
  - The table is walked in segments, several at a time, within a budget of write units. A run that was killed, at any point, is
    continued by the next; runs on several hosts share a table by O(slice).
  - A second run finds nothing more to do and writes nothing. In check mode it counts items and bytes, and writes nothing.
author:
  - AuditFlow-Pro (@auditflow)
attributes:
  diff_mode:
    support: none
    description: The counts tell what is done, or would be.
options:
  name:
    description: The name of the table.
    type: str
    required: true
  timestamp:
    description: The attribute that an item's age is counted from. A top-level attribute.
    type: str
    required: true
  timestamp_format:
    description: How the timestamp is written, as in M(auditflow.dynamodb.items_ttl).
    type: str
    choices: [auto, iso8601, epoch_seconds, epoch_milliseconds]
    default: auto
  older_than:
    description:
      - The age from which items are archived. A whole number and V(y), V(mo), V(w), V(d) or V(h), as V(90d).
      - It is counted from the moment at which the job began, also where it is continued later.
    type: str
    default: 90d
  bucket:
    description: The S3 bucket. It must exist.
    type: str
    required: true
  prefix:
    description: The prefix in the bucket. Below it comes a folder for the table, and in that one for each run.
    type: str
    default: archive
  storage_class:
    description:
      - The storage class of the copies. V(GLACIER) and V(DEEP_ARCHIVE) are read by restoring them first, which takes hours.
      - AWS charges V(GLACIER) and V(GLACIER_IR) for 90 days at least, V(DEEP_ARCHIVE) for 180, V(STANDARD_IA) for 30.
    type: str
    choices: [GLACIER, GLACIER_IR, DEEP_ARCHIVE, STANDARD_IA]
    default: GLACIER
  sse_kms_key_id:
    description: The KMS key that copies are encrypted with, by id, ARN or alias. Without it, as the bucket says.
    type: str
  strip:
    description:
      - Attributes that are taken out of an archived entry; they are in the copy only. M(auditflow.dynamodb.items_unarchive) puts
        them back. Keys of the table and of its indexes cannot be taken out.
    type: list
    elements: str
    default: []
  part_items:
    description: After so many items an object is closed, at the next page.
    type: int
    default: 10000
  part_mib:
    description: After so many MiB before compression an object is closed, at the next page. One is held in memory per thread.
    type: int
    default: 16
  segments:
    description:
      - The number of segments that the table is walked in. A run that goes on, and all slices of one job, need the same.
      - Each segment with old items makes one object at least, and Glacier charges some 40 KB for each object besides its
        content. So there are fewer than for other work on items.
    type: int
    default: 16
  state_dir:
    description:
      - The folder in which the state of unfinished jobs is written down, on the machine where the module runs. The parts that are
        on their way to S3 are in it as well, with whole items, readable by this user only, until their entries are marked.
      - Losing it costs a new scan, and a second copy of what was on its way; the entry names the copy that counts.
    type: path
    default: ~/.local/state/auditflow.dynamodb
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes.jobs
  - auditflow.dynamodb.items
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.items_unarchive
  - module: auditflow.dynamodb.table_export
"""

EXAMPLES = r"""
- name: How much would be archived
  auditflow.dynamodb.items_archive:
    name: AuditFlow-Documents
    timestamp: upload_timestamp
    bucket: example-archive
  check_mode: true

- name: Documents older than 90 days, without their extracted data in the table
  auditflow.dynamodb.items_archive:
    name: AuditFlow-Documents
    timestamp: upload_timestamp
    bucket: example-archive
    strip: [extracted_data]
    write_units: 500
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
    AuditFlow-Documents (ap-south-1): all done
      1,204,331  items looked at
        800,000  archived before
        310,204  archived
         94,127  younger than 90d
      900.2 MiB before compression, to GLACIER
      41 objects, 160.3 MiB: s3://example-archive/archive/AuditFlow-Documents/20261123T010000Z-1of1-1a2b3c4d/manifest-summary.json
counts:
  description: Items by what came of them, with those of earlier runs of the job; in check mode what would.
  returned: always
  type: dict
  contains:
    archived:
      description: Copied, and their entries marked.
      type: int
    too_young:
      description: Younger than O(older_than).
      type: int
    without_timestamp:
      description: Left alone, because they do not have the timestamp.
      type: int
    unreadable_timestamp:
      description: Left alone, because the timestamp is no time.
      type: int
    too_wide:
      description: Left alone, because they have more attributes than AWS takes in one condition, some 145.
      type: int
    too_large:
      description: Left alone, because they would be larger than 400 KB with the marks.
      type: int
    changed_meanwhile:
      description: Left to the next run, because somebody changed them after they were read.
      type: int
    archived_meanwhile:
      description: Marked by another run after they were read.
      type: int
    deleted_meanwhile:
      description: Deleted by somebody after they were read. Their copy stays in S3.
      type: int
archived_before:
  description: Items that were archived already.
  returned: always
  type: int
bytes:
  description: Bytes of the archived items before compression.
  returned: always
  type: int
parts:
  description: How many rounds of copying and marking there were; none in check mode.
  returned: always
  type: int
left_versions:
  description: Objects of a bucket with versions whose version in the standard class could not be deleted.
  returned: always
  type: int
manifest:
  description: The manifest of the run, as C(s3://bucket/key). Empty where nothing was archived, or the run is not finished.
  returned: always
  type: str
bucket:
  description: The bucket.
  returned: always
  type: str
storage_class:
  description: The storage class of the copies.
  returned: always
  type: str
samples:
  description: Keys of some of the items that were left alone, by the names of RV(counts).
  returned: always
  type: dict
finished:
  description: Whether the whole slice is done. V(false) after O(time_limit) or an error; the next run goes on.
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
  sample: {total: 16, owned: 4, done: 4}
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

from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.archive_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
