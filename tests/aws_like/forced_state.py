# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table's state as a test wants it: set by hand, and shown with what nobody can read from AWS."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from . import budgets
from .table_state import Operation, Running, Table
from .world import Region, World

STATUSES = {"CREATING": Running.CREATE, "DELETING": Running.DELETE}
REASONS = {
    **{each.value: each for each in Running},
    "billing": Running.IOPS,
    "throughput": Running.IOPS,
    "gsi": Running.ALLOCATION,
}
OF_AN_INDEX = frozenset({Running.ALLOCATION, Running.BACKFILL, Running.INDEX_DELETE, Running.INDEX_UPDATE})
OVERRIDES = frozenset({"INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED", "REPLICATION_NOT_AUTHORIZED"})
MEMBERS = frozenset({"status", "reason", "seconds", "index", "action", "region", "ttl", "attribute", "spend"})


def set_state(world: World, region: Region, table: Table, given: dict[str, Any]) -> None:
    """Something is going on for so many seconds of the server's clock (none: until it is set ACTIVE); see the page."""
    unknown = sorted(set(given) - MEMBERS)
    if unknown:
        raise ValueError(f"no such member of a state: {', '.join(unknown)}")
    if "spend" in given:
        _spend(world, table, given["spend"], given.get("index") or "")
    if "ttl" in given:
        _set_ttl(world, table, given)
    if "status" in given or "reason" in given:
        _set_status(world, region, table, given)


def _seconds(given: dict[str, Any]) -> float:
    return float(given["seconds"]) if given.get("seconds") is not None else math.inf


def _set_status(world: World, region: Region, table: Table, given: dict[str, Any]) -> None:
    status = given.get("status") or "UPDATING"
    table.status_override = ""
    if status == "ACTIVE" and "reason" not in given:
        table.operations.clear()
        return
    if status in OVERRIDES:
        table.status_override = status
        return
    running = STATUSES.get(status) or _reason(given.get("reason") or "billing")
    now = world.clock.now()
    operation = Operation(running, now, now + _seconds(given), _index(table, running, given))
    operation.action = given.get("action") or ("ENABLE" if running is Running.STREAM else table.table_class)
    operation.label = table.stream_label or ""
    if running is Running.CREATE:
        table.visible_from, table.tags_from, table.backups_from = now, operation.due, operation.due
    if running is Running.DELETE:
        table.forgotten_from = now + world.duration("blind_after_delete")

    def gone(_due: float) -> None:
        if running is Running.DELETE and region.tables.get(table.name) is table:
            world.store.delete(region.account, region.name, table.name)
            del region.tables[table.name]

    world.begin(table, operation, gone)


def _reason(given: str) -> Running:
    if given not in REASONS:
        raise ValueError(f"reason is {given!r}, not one of {', '.join(sorted(REASONS))}")
    return REASONS[given]


def _index(table: Table, running: Running, given: dict[str, Any]) -> str:
    name = given.get("index") or ""
    if running in OF_AN_INDEX and not name:
        if not table.indexes:
            raise ValueError(f"{table.name} has no index that this could happen to")
        name = table.indexes[0].name
    if name and table.index(name) is None:
        raise ValueError(f"{table.name} has no index {name}")
    return str(name)


def _set_ttl(world: World, table: Table, given: dict[str, Any]) -> None:
    """ENABLING or DISABLING for so many seconds; the interval between changes begins now."""
    ttl, status = table.ttl, given["ttl"]
    settled = {"ENABLING": "ENABLED", "DISABLING": "DISABLED", "ENABLED": "ENABLED", "DISABLED": "DISABLED"}
    if status not in settled:
        raise ValueError(f"ttl is {status!r}, not one of {', '.join(settled)}")
    ttl.status, ttl.last_change = status, world.clock.now()
    ttl.attribute = None if status == "DISABLED" else given.get("attribute") or ttl.attribute or "expires"

    changed = ttl.last_change

    def settle(_due: float) -> None:
        if ttl.last_change != changed:
            return
        ttl.status = settled[status]
        if ttl.status == "DISABLED":
            ttl.attribute = None

    world.schedule(world.clock.now() + _seconds(given), settle)


def _spend(world: World, table: Table, names: list[str] | str, index: str) -> None:
    """Use up budgets, as if everything had happened just now."""
    now = world.clock.now()
    found = table.index(index)
    decreases = (found or table).capacity.decreases
    for name in [names] if isinstance(names, str) else names:
        if name == "ttl":
            table.ttl.last_change = now
        elif name == "decreases":
            decreases.times = [now] * budgets.DECREASES_AT_ANY_TIME
        elif name == "sse":
            table.encryption_changes.times = [now] * budgets.ENCRYPTION_CHANGES
        elif name == "class":
            table.class_changes.times = [now] * budgets.CLASS_CHANGES
        elif name == "billing":
            table.on_demand_switches.times = [now] * budgets.ON_DEMAND_SWITCHES
        elif name == "protection":
            table.protection_changed = now
        elif name == "policy":
            table.policy_changed = now
        else:
            raise ValueError(f"there is no budget {name!r}")


def shown_state(world: World, table: Table) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "name": table.name,
        "id": table.id,
        "status": table.status,
        "now": now,
        "running": [
            {**asdict(each), "due": each.due if math.isfinite(each.due) else None} for each in table.operations
        ],
        "indexes": {each.name: table.index_status(each.name) for each in table.indexes},
        "ttl": asdict(table.ttl),
        "spent": {
            "decreases": table.capacity.decreases.today(now, world.windows()),
            "sse": len(table.encryption_changes.times),
            "class": len(table.class_changes.times),
            "billing": len(table.on_demand_switches.times),
        },
    }
