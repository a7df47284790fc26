#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: items_ttl
short_description: Give the items of a DynamoDB table that have no expiry time one
version_added: 1.0.0
description:
  - Turning time to live on does nothing for items that have no value in its attribute. This module gives them one, from a
    timestamp that they have and a retention.
  - Safe beside live writers. Every write has the condition that the item still has no expiry time and still has the
    timestamp that was read, so an expiry time that somebody else sets stays, and an item that somebody deletes stays deleted.
  - The table is walked in segments, several at a time, within a budget of write units. A run that was killed, at any point, is
    continued by the next; runs on several hosts share a table by O(slice).
  - In check mode it reads and counts, and writes nothing.
  - Items that are left alone are counted by the reason, with the keys of some.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the table.
    type: str
    required: true
  timestamp:
    description: The attribute that holds the time from which the retention counts. A top-level attribute.
    type: str
    required: true
  timestamp_format:
    description:
      - How the timestamp is written.
      - V(iso8601) is text such as V(2024-05-03T10:11:12Z), V(2024-05-03T10:11:12.345+05:30), V(2024-05-03 10:11) or
        V(2024-05-03). Without a zone it is taken for UTC.
      - V(epoch_seconds) and V(epoch_milliseconds) are a number, or digits as text.
      - V(auto) takes a number, or digits, from 100,000,000,000 on for milliseconds and below for seconds; everything else for
        V(iso8601).
    type: str
    choices: [auto, iso8601, epoch_seconds, epoch_milliseconds]
    default: auto
  retention:
    description:
      - How long an item is kept, counted from its timestamp. A whole number and V(y), V(mo), V(w), V(d) or V(h), as V(7y) or
        V(90d).
      - Years and months are those of the calendar, in UTC. A day that the later month does not have becomes the first of the
        month after it. Fractions of a second of the timestamp are dropped.
    type: str
    required: true
  attribute:
    description:
      - The attribute that gets the expiry time, in Unix seconds. By default the one that time to live of the table is on.
      - Required where time to live is off. Backfilling before it is turned on is a good order, since nothing expires meanwhile.
    type: str
  allow_expired:
    description:
      - Whether items get an expiry time that is in the past. DynamoDB deletes them within days then; items that
        expired more than five years ago it never deletes.
      - With V(false) they are counted and left alone.
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
  - module: auditflow.dynamodb.ttl
"""

EXAMPLES = r"""
- name: How many items would get an expiry time
  auditflow.dynamodb.items_ttl:
    name: AuditFlow-Documents
    timestamp: upload_timestamp
    retention: 7y
  check_mode: true

- name: Documents are kept for seven years
  auditflow.dynamodb.items_ttl:
    name: AuditFlow-Documents
    timestamp: upload_timestamp
    retention: 7y
    write_units: 500

- name: The third of four hosts that share the work
  auditflow.dynamodb.items_ttl:
    name: Sessions
    timestamp: last_seen
    timestamp_format: epoch_milliseconds
    retention: 90d
    slice: 3/4
"""

RETURN = r"""
name:
  description: The name of the table.
  returned: always
  type: str
attribute:
  description: The attribute of the expiry time.
  returned: success
  type: str
ttl_enabled:
  description: Whether time to live of the table is on.
  returned: success
  type: bool
text:
  description: The result for people, several lines.
  returned: always
  type: str
  sample: |-
    AuditFlow-Documents (ap-south-1): all done
      1,204,331  items looked at
        800,000  had ttl already
        404,328  given an expiry time
              3  left alone: they have no upload_timestamp
      e.g. without_timestamp: document_id=7f1c...
had_ttl:
  description: Items that had an expiry time already.
  returned: always
  type: int
counts:
  description: Items by what came of them, with those of earlier runs of the job; in check mode what would.
  returned: always
  type: dict
  contains:
    set:
      description: Given an expiry time.
      type: int
    expired:
      description: Left alone, because they would expire at once.
      type: int
    without_timestamp:
      description: Left alone, because they do not have the timestamp.
      type: int
    unreadable_timestamp:
      description: Left alone, because the timestamp is no time.
      type: int
    ttl_is_no_number:
      description: Left alone. They have the attribute, but not as a number, so DynamoDB does not look at it.
      type: int
    set_meanwhile:
      description: Left alone, because somebody else gave them an expiry time after they were read.
      type: int
    deleted_meanwhile:
      description: Deleted by somebody else after they were read.
      type: int
    changed_meanwhile:
      description: Left alone, because their timestamp changed several times in a moment.
      type: int
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
  sample: {total: 64, owned: 16, done: 16}
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

from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.ttl_run import run


def main() -> None:
    """Entry point."""
    run()


if __name__ == "__main__":
    main()
