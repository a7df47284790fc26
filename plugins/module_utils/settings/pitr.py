# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Point-in-time recovery. Rules: UpdateContinuousBackups API reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..iam import dynamodb
from ..state import Read
from ..steps import Step
from .base import Planned, Setting, has_parts

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

DEFAULT_DAYS = 35


@dataclass(frozen=True)
class Pitr:
    """enabled: whether it is on. days: the recovery period, C(None) where it is off or not asked for."""

    enabled: bool
    days: int | None = None


class PitrSetting(Setting[Pitr]):
    """On with a recovery period of 1 to 35 days, or off. AWS changes it at once and in place."""

    name = "pitr"
    label = "pitr"
    read = "DescribeContinuousBackups"
    on_create = False
    write_actions = dynamodb("UpdateContinuousBackups")
    options = {
        "pitr": {
            "type": "dict",
            "options": {
                "enabled": {"type": "bool", "default": True},
                "recovery_period_days": {"type": "int"},
            },
        },
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Pitr | None:
        pitr = arguments.get("pitr")
        if pitr is None:
            return None
        enabled, days = pitr.get("enabled", True), pitr.get("recovery_period_days")
        if days is not None and not 1 <= days <= DEFAULT_DAYS:
            problems.add("pitr.recovery_period_days", f"must be 1 to {DEFAULT_DAYS} days, not {days}")
        if days is not None and not enabled:
            problems.add("pitr.recovery_period_days", "cannot be given when pitr.enabled is false")
        return Pitr(enabled, days)

    def reads(self, want: Pitr, name: str, description: Mapping[str, Any] | None) -> tuple[Read, ...]:
        return (Read(self.read, {"TableName": name}),) if has_parts(description) else ()

    def found(self, state: TableState) -> Pitr:
        backups = state.answer(self.read).get("ContinuousBackupsDescription", {})
        pitr = backups.get("PointInTimeRecoveryDescription", {})
        if pitr.get("PointInTimeRecoveryStatus") != "ENABLED":
            return Pitr(False)
        return Pitr(True, pitr.get("RecoveryPeriodInDays", DEFAULT_DAYS))

    def result(self, want: Pitr, found: Pitr) -> Pitr:
        if not want.enabled:
            return Pitr(False)
        # AWS forgets the period when it is turned off, so turning it on without one starts from the default.
        return Pitr(True, want.days or found.days or DEFAULT_DAYS)

    def steps(self, want: Pitr, found: Pitr, spec: TableSpec, state: TableState) -> Planned:
        result = self.result(want, found)
        specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": result.enabled}
        if want.enabled and want.days:
            specification["RecoveryPeriodInDays"] = want.days
        note = "" if result.enabled else "the points in time kept so far are lost"
        return [
            Step(
                operation="UpdateContinuousBackups",
                arguments={"TableName": spec.name, "PointInTimeRecoverySpecification": specification},
                purpose=f"set point-in-time recovery to {self.show(result)}",
                changes=(self.change(want, found, note),),
                lane="pitr",
            )
        ]

    def arguments(self, value: Pitr) -> dict[str, Any]:
        if not value.enabled:
            return {"pitr": {"enabled": False}}
        days = {"recovery_period_days": value.days} if value.days else {}
        return {"pitr": {"enabled": True, **days}}

    def show(self, value: Pitr) -> str:
        if not value.enabled:
            return "off"
        return f"{value.days} days" if value.days else "on"
