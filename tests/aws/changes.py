# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of a table, changed in every way: from which definition, to which."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.aws.cloud import TABLE, Cloud
from tests.aws_like.table_state import Table
from tests.unit.aws_like.harness import key_arn

Definition = dict[str, Any]

ATTRIBUTES = {"id": "S", "g": "S", "h": "S", "n": "S"}
INDEX_RELATED = ("global_indexes", "billing_mode")


def units(amount: int) -> dict[str, int]:
    return {"read_capacity_units": amount, "write_capacity_units": amount}


def index(attribute: str, amount: int | None = 10, **more: Any) -> Definition:
    throughput = {"provisioned_throughput": units(amount)} if amount else {}
    return {"name": f"by_{attribute}", "partition_key": attribute, **throughput, **more}


PROVISIONED: Definition = {
    "name": TABLE,
    "attributes": ATTRIBUTES,
    "partition_key": "id",
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": units(10),
    "global_indexes": [index("g"), index("h")],
    "purge_indexes": True,
    "stream": {"enabled": False},
    "table_class": "STANDARD",
    "encryption": {"type": "AWS_OWNED"},
    "ttl": {"enabled": False},
    "pitr": {"enabled": False},
    "tags": {"Team": "blue"},
    "purge_tags": True,
    "deletion_protection": False,
}
ON_DEMAND: Definition = {
    **{name: value for name, value in PROVISIONED.items() if name != "provisioned_throughput"},
    "billing_mode": "PAY_PER_REQUEST",
    "global_indexes": [index("g", None), index("h", None)],
}


@dataclass(frozen=True, eq=False)
class Change:
    """One change of one setting. before, after: what differs from C(base) before and after it."""

    name: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    base: Mapping[str, Any] = field(default_factory=lambda: PROVISIONED)

    @property
    def start(self) -> Definition:
        return _merged(self.base, self.before)

    @property
    def whole(self) -> Definition:
        """Everything is managed."""
        return _merged(self.base, self.before, self.after)

    @property
    def alone(self) -> Definition:
        """Only the setting that changes is managed."""
        wanted = _merged(self.after)
        if set(wanted) & set(INDEX_RELATED):
            wanted["attributes"] = ATTRIBUTES
        return {"name": TABLE, **wanted}

    def __str__(self) -> str:
        return self.name


def _merged(*parts: Mapping[str, Any]) -> Definition:
    merged: Definition = {}
    for part in parts:
        merged |= part
    return {name: deepcopy(value) for name, value in merged.items() if value is not None}


KEY, OTHER_KEY = {"encryption": {"key": "alias/one"}}, {"encryption": {"key": "two"}}
EXPIRES, GONE_AT = {"ttl": {"attribute": "expires"}}, {"ttl": {"attribute": "gone_at"}}

CHANGES = (
    Change("throughput raised", {"provisioned_throughput": units(20)}),
    Change("throughput lowered", {"provisioned_throughput": units(5)}),
    Change(
        "billing to on demand",
        {
            "billing_mode": "PAY_PER_REQUEST",
            "provisioned_throughput": None,
            "global_indexes": ON_DEMAND["global_indexes"],
        },
    ),
    Change(
        "billing to provisioned",
        {name: PROVISIONED[name] for name in ("billing_mode", "provisioned_throughput", "global_indexes")},
        base=ON_DEMAND,
    ),
    Change("request limit", {"on_demand_throughput": {"max_read_request_units": 500}}, base=ON_DEMAND),
    Change("index added", {"global_indexes": [index("g"), index("h"), index("n")]}),
    Change("index removed", {"global_indexes": [index("g")], "purge_indexes": True}),
    Change(
        "index rebuilt",
        {"global_indexes": [index("g"), index("h", projection="KEYS_ONLY")], "allow_index_rebuild": True},
    ),
    Change("index throughput", {"global_indexes": [index("g"), index("h", 20)]}),
    Change("stream on", {"stream": {"view_type": "NEW_IMAGE"}}),
    Change("stream off", {"stream": {"enabled": False}}, {"stream": {"view_type": "NEW_IMAGE"}}),
    Change("stream type", {"stream": {"view_type": "KEYS_ONLY"}}, {"stream": {"view_type": "NEW_IMAGE"}}),
    Change("table class", {"table_class": "STANDARD_INFREQUENT_ACCESS"}),
    Change("customer key", KEY),
    Change("another key", OTHER_KEY, KEY),
    Change("managed key", {"encryption": {"type": "KMS"}}, KEY),
    Change("AWS-owned key", {"encryption": {"type": "AWS_OWNED"}}, KEY),
    Change("TTL on", EXPIRES),
    Change("TTL off", {"ttl": {"enabled": False}}, EXPIRES),
    Change("PITR on", {"pitr": {"recovery_period_days": 7}}),
    Change("PITR off", {"pitr": {"enabled": False}}, {"pitr": {"enabled": True}}),
    Change("PITR period", {"pitr": {"recovery_period_days": 14}}, {"pitr": {"enabled": True}}),
    Change("tags", {"tags": {"Team": "red", "Stage": "live"}}),
    Change("protection on", {"deletion_protection": True}),
    Change("protection off", {"deletion_protection": False}, {"deletion_protection": True}),
    Change("warm", {"warm_throughput": {"read_units_per_second": 15000, "write_units_per_second": 5000}}),
    Change(
        "much at once",
        {
            "billing_mode": "PAY_PER_REQUEST",
            "provisioned_throughput": None,
            "global_indexes": [index("h", None, projection="KEYS_ONLY"), index("n", None)],
            "allow_index_rebuild": True,
            "stream": {"view_type": "KEYS_ONLY"},
            "table_class": "STANDARD_INFREQUENT_ACCESS",
            **OTHER_KEY,
            **EXPIRES,
            "pitr": {"enabled": True},
            "tags": {"Stage": "live"},
            "deletion_protection": True,
        },
        {**KEY, "stream": {"view_type": "NEW_IMAGE"}},
    ),
)


def settings(cloud: Cloud, name: str = TABLE) -> Definition:
    """What the server has, told without the engine. Warm throughput only ever rises, so it is no setting to compare."""
    table: Table = cloud.table(name)
    return {
        "mode": table.billing_mode,
        "units": table.capacity.units,
        "limits": {name: limit for name, limit in table.capacity.on_demand.items() if limit != -1},
        "indexes": {
            each.name: (each.attributes, each.projection["ProjectionType"], each.capacity.units)
            for each in sorted(table.indexes, key=lambda each: each.name)
        },
        "stream": table.stream_view,
        "class": table.table_class,
        "key": table.key_arn,
        "ttl": table.ttl.attribute if table.ttl.status in ("ENABLED", "ENABLING") else None,
        "recovery": (table.recovery.since is not None, table.recovery.days if table.recovery.since else None),
        "tags": table.tags.current,
        "protection": table.deletion_protection,
        "going on": [str(each.running) for each in table.operations if str(each.running) != "tags"],
    }


CUSTOMER_KEYS = {"alias/one": key_arn("one"), "two": key_arn("two")}
