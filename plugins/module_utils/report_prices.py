# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a month of a table costs, estimated from its size and its settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GIB = 1024**3
HOURS_A_MONTH = 730
REQUIRED = ("storage", "storage_infrequent", "pitr", "read_unit_hour", "write_unit_hour")


@dataclass(frozen=True)
class Estimate:
    """Of a month. total: None where no price is known. parts: what it is made of. note: what is not in it."""

    total: float | None
    parts: tuple[tuple[str, float], ...] = ()
    note: str = ""


def estimate(table: Mapping[str, Any], region: str, prices: Mapping[str, Any]) -> Estimate:
    """A table as AWS describes it, in snake_case. No price, or half a list of prices, gives no estimate."""
    known = (prices.get("regions") or {}).get(region)
    if not isinstance(known, Mapping):
        return Estimate(None, note=f"no prices of {region or 'this region'} in report_prices")
    missing = [name for name in REQUIRED if not _is_price(known.get(name))]
    if missing:
        return Estimate(None, note=f"report_prices of {region} lacks {', '.join(missing)}")
    if table.get("replicas"):
        return Estimate(None, note="a global table: replicated writes are charged otherwise")
    if "continuous_backups" not in table:
        return Estimate(None, note="whether point-in-time recovery is on could not be read")
    parts = [_storage(table, known)]
    if _pitr(table):
        parts.append(("point-in-time recovery", int(table.get("table_size_bytes") or 0) / GIB * known["pitr"]))
    note = "requests are charged on top"
    if billing_mode(table) == "PROVISIONED":
        if _class(table) != "STANDARD":
            return Estimate(None, note="provisioned throughput of STANDARD_INFREQUENT_ACCESS is not in report_prices")
        parts.append(_throughput(table, known))
        note = ""
    return Estimate(sum(cost for dummy, cost in parts), tuple(parts), note)


def billing_mode(table: Mapping[str, Any]) -> str:
    """AWS leaves it out for a table that has always been provisioned."""
    return str((table.get("billing_mode_summary") or {}).get("billing_mode") or "PROVISIONED")


def _storage(table: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, float]:
    kinds = ("global_secondary_indexes", "local_secondary_indexes")
    indexes = [index for kind in kinds for index in table.get(kind) or ()]
    size = sum(int(index.get("index_size_bytes") or 0) for index in indexes) + int(table.get("table_size_bytes") or 0)
    price = known["storage" if _class(table) == "STANDARD" else "storage_infrequent"]
    return "storage, indexes included", size / GIB * price


def _throughput(table: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, float]:
    owners = [table, *(table.get("global_secondary_indexes") or ())]
    given = [owner.get("provisioned_throughput") or {} for owner in owners]
    reads = sum(int(each.get("read_capacity_units") or 0) for each in given)
    writes = sum(int(each.get("write_capacity_units") or 0) for each in given)
    hourly = reads * known["read_unit_hour"] + writes * known["write_unit_hour"]
    return f"{reads:,} read and {writes:,} write units", hourly * HOURS_A_MONTH


def _pitr(table: Mapping[str, Any]) -> bool:
    described = (table.get("continuous_backups") or {}).get("point_in_time_recovery_description") or {}
    return described.get("point_in_time_recovery_status") == "ENABLED"


def _class(table: Mapping[str, Any]) -> str:
    return str((table.get("table_class_summary") or {}).get("table_class") or "STANDARD")


def _is_price(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
