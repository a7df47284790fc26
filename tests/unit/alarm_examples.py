# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables whose alarms are tested, and one alarm of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import Alarm, alarms

TOPIC = "arn:aws:sns:eu-central-1:111122223333:pager"
BY_STATE = {"name": "by-state", "partition_key": "state"}
ORDERS: dict[str, Any] = {
    "name": "orders",
    "attributes": {"id": "S", "state": "S"},
    "partition_key": "id",
    "global_indexes": [BY_STATE],
    "ttl": {"attribute": "expires"},
}
CAPACITY = {"read_capacity_units": 10, "write_capacity_units": 5}
PROVISIONED = {
    **ORDERS,
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": CAPACITY,
    "global_indexes": [{**BY_STATE, "provisioned_throughput": CAPACITY}],
}
EVERYTHING = {"rules": {"index_build_throttled": {"enabled": True}}, "tables": {"orders": {"replicas": ["us-east-1"]}}}


def alarm_of(kind: str, definition: Mapping[str, Any] | None = None, index: str = "", **options: Any) -> Alarm:
    found = [each for each in alarms([definition or ORDERS], options) if each.kind == kind and each.index == index]
    assert len(found) == 1, [each.name for each in found]
    return found[0]
