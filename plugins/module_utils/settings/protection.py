# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletion protection. It must be alone in its UpdateTable call and takes effect at once (measured)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..conditions import Condition, TableActive
from ..steps import RANK_PROTECTION, Step
from .base import Planned, Setting

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState


def protection_step(table: str, on: bool, *guards: Condition, **kwargs: Any) -> Step:
    """The call that turns deletion protection on or off."""
    return Step(
        operation="UpdateTable",
        arguments={"TableName": table, "DeletionProtectionEnabled": on},
        purpose=f"turn deletion protection {'on' if on else 'off'}",
        before=(TableActive(table), *guards),
        **kwargs,
    )


class ProtectionSetting(Setting[bool]):
    """Whether DeleteTable is refused."""

    name = "deletion_protection"
    label = "protection"
    options = {"deletion_protection": {"type": "bool"}}

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> bool | None:
        return arguments.get("deletion_protection")

    def found(self, state: TableState) -> bool:
        return bool(state.table.get("DeletionProtectionEnabled", False))

    def create(self, want: bool, spec: TableSpec) -> dict[str, Any]:
        return {"DeletionProtectionEnabled": want}

    def steps(self, want: bool, found: bool, spec: TableSpec, state: TableState) -> Planned:
        note = "" if want else "the table can be deleted from then on"
        change = self.change(want, found, note)
        # On a table with replicas the table is UPDATING for half a minute (measured).
        after = (TableActive(spec.name),)
        return [protection_step(spec.name, want, changes=(change,), rank=RANK_PROTECTION, after=after)]

    def arguments(self, value: bool) -> dict[str, Any]:
        return {"deletion_protection": value}

    def show(self, value: bool) -> str:
        return "on" if value else "off"
