# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of a shop, and what makes sample items of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.described import described_tables
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.identities import (
    Identities,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.maker import ItemMaker, World
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.moments import Calendar, parse_newest
from ansible_collections.auditflow.dynamodb.plugins.module_utils.sample.values import Values, new_faker

NEWEST = "2026-09-30"
FAKER = new_faker()
SHOP: list[dict[str, Any]] = [
    {
        "name": "Orders",
        "attributes": {
            "order_id": {"type": "S", "format": "uuid"},
            "customer_id": "S",
            "placed_at": {"type": "S", "format": "timestamp"},
            "paid_at": {"type": "S", "format": "timestamp"},
            "status": {"type": "S", "values": ["OPEN", "PAID", "SENT"]},
            "total": {"type": "N", "minimum": 0, "maximum": 50},
            "fraud_score": {"type": "N", "minimum": 0, "maximum": 100},
            "fraud_level": {"type": "S", "values": ["LOW", "MEDIUM", "HIGH", "CRITICAL"]},
            "reviewed": "BOOL",
            "review_notes": {"type": "S", "format": "text", "optional": True},
            "review_at": {"type": "S", "format": "timestamp", "optional": True},
            "invoice_format": {"type": "S", "values": ["PDF", "TIFF"]},
            "invoice_name": {"type": "S", "format": "file_name"},
            "labels": "SS",
            "blob": "B",
            "lines": {"type": "L", "elements": {"type": "M", "fields": {"quantity": "N", "article": "S"}}},
            "expires": "N",
        },
        "partition_key": "order_id",
        "global_indexes": [{"name": "by-customer", "partition_key": "customer_id", "sort_key": "placed_at"}],
        "ttl": {"attribute": "expires", "timestamp": "placed_at", "retention": "7y"},
    },
    {
        "name": "Shipments",
        "attributes": {
            "customer_id": "S",
            "sent_at": {"type": "S", "format": "timestamp"},
            "order_id": {"type": "S", "format": "uuid"},
        },
        "partition_key": "customer_id",
        "sort_key": "sent_at",
    },
    {
        "name": "Counters",
        "attributes": {"kind": {"type": "S", "values": ["a", "b", "c"]}, "day": {"type": "S", "format": "date"}},
        "partition_key": "kind",
        "sort_key": "day",
    },
    {
        "name": "Slots",
        "attributes": {"number": {"type": "N", "minimum": 5, "maximum": 9}, "raw": "B", "note": "S"},
        "partition_key": "number",
    },
]


def maker_of(name: str, seed: str = "1", definitions: list[dict[str, Any]] | None = None) -> ItemMaker:
    tables = described_tables(definitions or SHOP)
    table = next(each for each in tables if each.name == name)
    identities = Identities(seed, Calendar(parse_newest(NEWEST)))
    return ItemMaker(World(tables, identities), table, Values(FAKER))
