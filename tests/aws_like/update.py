# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTable: each setting says what it wants, is checked in AWS's order, and only then is anything changed."""

from __future__ import annotations

from typing import Protocol

from . import inflight
from .create_rules import check_class
from .describe import Shown, table_description
from .errors import table_missing
from .inflight import Wanted
from .names import find
from .table_state import Table
from .update_capacity import TableCapacity
from .update_indexes import IndexChanges, IndexUpdates, check_indexes_exist
from .update_limits import OnDemandLimits, WarmThroughput
from .update_plain import DeletionProtection, Encryption, Stream, TableClass
from .update_rules import check_combination
from .world import Body, Call


class Setting(Protocol):
    """One setting of a table. A request that does not mention it wants nothing of it."""

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        """What stands in the way of it may be running."""

    def check_budget(self, call: Call, table: Table) -> None: ...

    def check(self, call: Call, table: Table) -> bool:
        """Refuse what makes no sense; whether the change counts for the account's rate of changes."""

    def apply(self, call: Call, table: Table) -> None: ...


SETTINGS: tuple[Setting, ...] = (
    Encryption(),
    TableClass(),
    DeletionProtection(),
    TableCapacity(),
    IndexUpdates(),
    IndexChanges(),
    Stream(),
    OnDemandLimits(),
    WarmThroughput(),
)


def update_table(call: Call) -> Body:
    check_class(call.body.get("TableClass"))
    check_combination(call.body)
    table = find(call)
    if call.now < table.described_from:
        raise table_missing(table.name)
    check_indexes_exist(call, table)
    settings = call.world.settings
    wanted = [each for setting in SETTINGS for each in setting.wanted(call, table)]
    inflight.check(table, wanted, refuse_while_updating=settings.refuses_while_updating)
    for setting in SETTINGS:
        setting.check_budget(call, table)
    counting = [setting.check(call, table) for setting in SETTINGS]
    if any(counting):
        call.region.limits.take_mutation(settings, call.now)
    before = table_description(call.world, table, call.now)
    for setting in SETTINGS:
        setting.apply(call, table)
    return {"TableDescription": _as_answered(call, table, before)}


def _as_answered(call: Call, table: Table, before: Shown) -> Shown:
    """The answer shows what was: throughput with its count of decreases, and UPDATING even where nothing changes."""
    shown = table_description(call.world, table, call.now)
    shown["ProvisionedThroughput"] = before["ProvisionedThroughput"]
    old = {each["IndexName"]: each for each in before.get("GlobalSecondaryIndexes", [])}
    for index in shown.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] in old:
            index["ProvisionedThroughput"] = old[index["IndexName"]]["ProvisionedThroughput"]
    if "BillingMode" in call.body or "TableClass" in call.body:
        shown["TableStatus"] = "UPDATING"
    return shown
