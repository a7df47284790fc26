# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Billing mode and the table's throughput. Rules: UpdateTable API reference; combinations and refusals are measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..conditions import TableActive
from ..steps import RANK_CAPACITY, RANK_ON_DEMAND, Refusal, Step
from .base import Planned, Setting
from .capacity import NO_LIMIT, ON_DEMAND_OPTION, PROVISIONED_OPTION, OnDemandLimit, Throughput
from .quotas import decrease_quota, recent_change

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

PAY_PER_REQUEST, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"

DECREASE_NOTE = "a decrease: AWS takes four a day, then one an hour"


@dataclass(frozen=True)
class Billing:
    """mode, throughput, limit: each C(None) where it is not managed or does not exist in this mode."""

    mode: str | None = None
    throughput: Throughput | None = None
    limit: OnDemandLimit | None = None


def billing_mode(state: TableState) -> str:
    """The mode AWS has. A table born PROVISIONED reports no BillingModeSummary."""
    return (state.table.get("BillingModeSummary") or {}).get("BillingMode", PROVISIONED)


class BillingSetting(Setting[Billing]):
    """On-demand with optional limits, or provisioned with read and write capacity units."""

    name = "billing"
    label = "billing"
    options = {
        "billing_mode": {"type": "str", "choices": [PAY_PER_REQUEST, PROVISIONED]},
        "provisioned_throughput": PROVISIONED_OPTION,
        "on_demand_throughput": ON_DEMAND_OPTION,
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Billing | None:
        mode = arguments.get("billing_mode")
        throughput = Throughput.parse(arguments.get("provisioned_throughput"), "provisioned_throughput", problems)
        limit = OnDemandLimit.parse(arguments.get("on_demand_throughput"), "on_demand_throughput", problems)
        if mode == PROVISIONED and arguments.get("provisioned_throughput") is None:
            problems.add("provisioned_throughput", "is required when billing_mode is PROVISIONED")
        if mode == PAY_PER_REQUEST and throughput:
            problems.add("provisioned_throughput", "cannot be given when billing_mode is PAY_PER_REQUEST")
        if limit and (mode == PROVISIONED or throughput):
            problems.add("on_demand_throughput", "cannot be given for a PROVISIONED table")
        return Billing(mode, throughput, limit) if mode or throughput or limit else None

    def found(self, state: TableState) -> Billing:
        if not state.table:
            return Billing()
        mode = billing_mode(state)
        if mode == PROVISIONED:
            return Billing(mode, Throughput.of(state.table.get("ProvisionedThroughput")), None)
        return Billing(mode, None, OnDemandLimit.of(state.table.get("OnDemandThroughput")))

    def result(self, want: Billing, found: Billing) -> Billing:
        # What does not exist in the mode stays visible as a difference: it is refused, not dropped.
        mode = want.mode or found.mode
        if mode == PROVISIONED:
            return Billing(mode, want.throughput or found.throughput, want.limit)
        limit = (want.limit or OnDemandLimit()).over(found.limit or NO_LIMIT)
        return Billing(mode, want.throughput, limit)

    def create(self, want: Billing, spec: TableSpec) -> dict[str, Any]:
        mode = create_mode(want)
        if mode == PROVISIONED:
            throughput = {"ProvisionedThroughput": want.throughput.request()} if want.throughput else {}
            return {"BillingMode": mode, **throughput}
        limit = want.limit.create_request() if want.limit else {}
        return {"BillingMode": mode, **({"OnDemandThroughput": limit} if limit else {})}

    def steps(self, want: Billing, found: Billing, spec: TableSpec, state: TableState) -> Planned:
        result = self.result(want, found)
        switched = result.mode != found.mode
        if result.mode == PAY_PER_REQUEST and want.throughput:
            return [_wrong_mode("provisioned_throughput", spec.name, PAY_PER_REQUEST, PROVISIONED)]
        if result.mode == PROVISIONED and want.limit:
            return [_wrong_mode("on_demand_throughput", spec.name, PROVISIONED, PAY_PER_REQUEST)]
        if switched and result.mode == PROVISIONED and "global_indexes" not in spec.wanted:
            refusals = [
                _unsized(index["IndexName"], spec.name) for index in state.table.get("GlobalSecondaryIndexes", ())
            ]
            if refusals:
                return refusals
        steps = []
        change = (self.change(want, found, self._note(result, found)),)
        if switched or result.throughput != found.throughput:
            arguments: dict[str, Any] = {"BillingMode": result.mode} if switched else {}
            if result.throughput:
                arguments["ProvisionedThroughput"] = result.throughput.request()
            steps.append(self._step(spec.name, arguments, f"set billing to {self.show(result)}", change, RANK_CAPACITY))
        if result.limit and result.limit != (found.limit or NO_LIMIT):
            arguments = {"OnDemandThroughput": want.limit.request() if want.limit else {}}
            purpose = f"limit requests to {result.limit}"
            steps.append(self._step(spec.name, arguments, purpose, () if steps else change, RANK_ON_DEMAND))
        return steps

    @staticmethod
    def _note(result: Billing, found: Billing) -> str:
        if result.mode != found.mode:
            return "one to ten minutes; AWS takes four switches to PAY_PER_REQUEST in 24 hours"
        return DECREASE_NOTE if result.throughput and result.throughput.decreases(found.throughput) else ""

    @staticmethod
    def _step(table: str, arguments: dict[str, Any], purpose: str, changes: tuple[Any, ...], rank: int) -> Step:
        return Step(
            operation="UpdateTable",
            arguments={"TableName": table, **arguments},
            purpose=purpose,
            changes=changes,
            rank=rank,
            before=(TableActive(table),),
            after=(TableActive(table),),
        )

    def quotas(self, want: Billing, found: Billing, state: TableState) -> tuple[str, ...]:
        result = self.result(want, found)
        if result.mode == PAY_PER_REQUEST and found.mode == PROVISIONED:
            last = (state.table.get("BillingModeSummary") or {}).get("LastUpdateToPayPerRequestDateTime")
            what, rule = "billing became PAY_PER_REQUEST", "AWS takes four such switches in 24 hours"
            return recent_change(what, last, state.at, timedelta(hours=24), rule)
        if result.throughput and result.throughput.decreases(found.throughput):
            return decrease_quota("the table's throughput", state.table.get("ProvisionedThroughput"))
        return ()

    def arguments(self, value: Billing) -> dict[str, Any]:
        arguments: dict[str, Any] = {"billing_mode": value.mode} if value.mode else {}
        if value.throughput:
            arguments["provisioned_throughput"] = value.throughput.argument()
        if value.limit and value.limit != NO_LIMIT:
            arguments["on_demand_throughput"] = value.limit.argument()
        return arguments

    def show(self, value: Billing) -> str:
        limit = f", {value.limit}" if value.limit and value.limit != NO_LIMIT else ""
        throughput = f" {value.throughput}" if value.throughput else ""
        return f"{value.mode or create_mode(value)}{throughput}{limit}"


def create_mode(want: Billing) -> str:
    """The mode of a new table: PROVISIONED only when asked for by name or by its throughput."""
    return want.mode or (PROVISIONED if want.throughput else PAY_PER_REQUEST)


def _wrong_mode(option: str, table: str, mode: str, other: str) -> Refusal:
    return Refusal(
        "billing", f"{option} is given and {table} is {mode}", f"Give billing_mode {other} too, or leave {option} out"
    )


def _unsized(index: str, table: str) -> Refusal:
    reason = f"index {index} has no provisioned_throughput and {table} is to be {PROVISIONED}"
    return Refusal("billing", reason, f"Give global_indexes an entry for {index} with provisioned_throughput")
