# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warm throughput of the table. Alone in its UpdateTable call and upward only (UpdateTable API reference, measured)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..conditions import Condition, TableActive, WarmThroughputSettled
from ..steps import RANK_WARM, Step
from .base import Planned, Setting
from .billing import PAY_PER_REQUEST
from .capacity import ON_DEMAND_FLOOR, WARM_OPTION, Warm, warm_floor

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState


def check_floor(warm: Warm | None, mode: str | None, path: str, problems: Problems) -> None:
    """On-demand tables and indexes start at a floor, and AWS refuses less than it."""
    if warm is None or mode != PAY_PER_REQUEST:
        return
    for option, units, floor in (
        ("read_units_per_second", warm.read, ON_DEMAND_FLOOR.read),
        ("write_units_per_second", warm.write, ON_DEMAND_FLOOR.write),
    ):
        if 0 < units < floor:
            problems.add(f"{path}.{option}", f"must be {floor} or more on an on-demand table, not {units}")


class WarmSetting(Setting[Warm]):
    """The throughput the table is ready for at once; a floor, since AWS never lowers it."""

    name = "warm_throughput"
    label = "warm"
    options = {"warm_throughput": WARM_OPTION}

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Warm | None:
        warm = Warm.parse(arguments.get("warm_throughput"), "warm_throughput", problems)
        check_floor(warm, arguments.get("billing_mode"), "warm_throughput", problems)
        return warm

    def found(self, state: TableState) -> Warm:
        return Warm.of(state.table.get("WarmThroughput"))

    def result(self, want: Warm, found: Warm) -> Warm:
        return want.over(found)

    def create(self, want: Warm, spec: TableSpec) -> dict[str, Any]:
        billing = spec.wanted.get("billing")
        return {"WarmThroughput": want.over(warm_floor(billing.throughput if billing else None)).request()}

    def steps(self, want: Warm, found: Warm, spec: TableSpec, state: TableState) -> Planned:
        billing = spec.wanted.get("billing")
        # The billing that is set before this raises it too, and AWS refuses to be asked for less.
        before = found
        if billing and (billing.throughput or billing.mode == PAY_PER_REQUEST):
            before = warm_floor(billing.throughput).over(found)
        result = self.result(want, before)
        if result == before:
            return []
        return [
            Step(
                operation="UpdateTable",
                arguments={"TableName": spec.name, "WarmThroughput": result.request()},
                purpose=f"warm the table to {result}",
                changes=(self.change(want, found, "five to ten minutes; charged once; never lowered again"),),
                rank=RANK_WARM,
                before=(TableActive(spec.name),),
                after=(WarmThroughputSettled(spec.name),),
            )
        ]

    def unsettled(self, state: TableState) -> tuple[Condition, ...]:
        settled = WarmThroughputSettled(state.name)
        moving = () if settled.holds({"Table": state.table}) else (settled,)
        return super().unsettled(state) + moving

    def arguments(self, value: Warm) -> dict[str, Any]:
        return {"warm_throughput": value.argument()} if value.argument() else {}

    def show(self, value: Warm) -> str:
        return str(value)
