# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options and results of work on all items of a table."""

from __future__ import annotations


class ModuleDocFragment:
    """segments, slice, threads, budgets and journal."""

    DOCUMENTATION = r"""
options:
  segments:
    description:
      - The number of segments that the table is walked in. A run that goes on, and all slices of one job, need the same.
      - One thread works on one segment at a time.
    type: int
    default: 64
  slice:
    description:
      - This run's part of the job, V(2/4) for the second of four. Slices of one job never overlap, and together they do all.
      - On four hosts, V(1/4) to V(4/4) share one table.
    type: str
    default: 1/1
  threads:
    description: How many segments are worked on at a time, 8 at most. One thread does some 50 to 200 items a second.
    type: int
    default: 4
  page_size:
    description: How many items a Scan looks at. After each page the state is written down.
    type: int
    default: 250
  write_units:
    description:
      - Write capacity units per second that the whole job may consume, those of indexes included. Every slice takes its part,
        V(100) for four slices is 25 each. It is measured by what AWS says that each call consumed.
      - It starts with a quarter and halves for a while whenever AWS throttles.
      - V(0) sets no limit. Throttling slows down then, too.
    type: float
    default: 100.0
  read_units:
    description: Read capacity units per second, likewise.
    type: float
    default: 0.0
  time_limit:
    description:
      - Seconds after which the run ends cleanly, V(0) for no end. The next run goes on from there.
    type: int
    default: 0
  state_dir:
    description:
      - The folder in which the state of unfinished jobs is written down, on the machine where the module runs. It holds keys
        and counts, no other part of an item.
      - Losing it costs a new scan and nothing else.
    type: path
    default: ~/.local/state/auditflow.dynamodb
  restart:
    description: Whether to begin at the beginning where an earlier run of the same job was not finished.
    type: bool
    default: false
"""
