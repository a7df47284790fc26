# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions whose names and descriptions are hard to put on a page."""

from __future__ import annotations

from .schema_page import Definitions

THROUGHPUT = {"read_capacity_units": 5, "write_capacity_units": 6}
ODD: Definitions = [
    {
        "name": "odd.Table_1-x",
        "description": "# <b>not</b> a *heading* | nor a cell\nof one line",
        "attributes": {
            "weird |name`": "S",
            "end": "N",
            "raw-blob": "B",
            'a"b#c': "S",
            "wé'ird": {"type": "S", "description": "1. [no](list) $x$ _at_ all"},
            "nested": {"type": "M", "description": "- none"},
        },
        "partition_key": "weird |name`",
        "sort_key": "end",
        "local_indexes": [{"name": "by.blob", "sort_key": "raw-blob", "projection": "KEYS_ONLY"}],
        "global_indexes": [
            {
                "name": "multi_index",
                "description": "`ticks`",
                "partition_key": ["wé'ird", "end"],
                "sort_key": ['a"b#c', "raw-blob"],
                "projection": {"include": ["nested"]},
                "provisioned_throughput": THROUGHPUT,
            },
            {
                "name": "hash.only",
                "partition_key": "raw-blob",
                "projection": "KEYS_ONLY",
                "provisioned_throughput": THROUGHPUT,
            },
        ],
        "access_patterns": [
            {
                "name": "by_blob",
                "index": "by.blob",
                "parameters": {"w": "S", "b": "B"},
                "key_condition": '"weird |name`" = :w AND "raw-blob" = :b',
                "order": "descending",
                "limit": 5,
            },
            {
                "name": "by_many",
                "index": "multi_index",
                "parameters": {"a": "S", "b": "N", "size": "N", "kind": "S"},
                "key_condition": '"wé\'ird" = :a AND end = :b',
                "filter": "size(nested) > :size AND attribute_type(nested, :kind)",
            },
        ],
        "stream": {"enabled": False},
        "ttl": {"enabled": False},
        "billing_mode": "PROVISIONED",
        "provisioned_throughput": THROUGHPUT,
    },
    # Headings that collide: with one of the page, and with one another where GitHub drops the dot and the case.
    {"name": "Contents", "attributes": {"id": "S"}, "partition_key": "id"},
    {"name": "or.ders", "attributes": {"id": "S"}, "partition_key": "id"},
    {"name": "Orders", "attributes": {"id": "S"}, "partition_key": "id"},
    {"name": "someone-elses", "ttl": {"attribute": "gone"}},
]
