# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Table class. Alone in its UpdateTable call; two changes in 30 days (Working with tables: table classes)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..conditions import TableActive
from ..steps import RANK_TABLE_CLASS, Step
from .base import Planned, Setting
from .quotas import recent_change

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

STANDARD = "STANDARD"


class TableClassSetting(Setting[str]):
    """STANDARD, or STANDARD_INFREQUENT_ACCESS for tables whose storage costs more than their requests."""

    name = "table_class"
    label = "table class"
    options = {"table_class": {"type": "str", "choices": [STANDARD, "STANDARD_INFREQUENT_ACCESS"]}}

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> str | None:
        return arguments.get("table_class")

    def found(self, state: TableState) -> str:
        return (state.table.get("TableClassSummary") or {}).get("TableClass", STANDARD)

    def create(self, want: str, spec: TableSpec) -> dict[str, Any]:
        return {"TableClass": want}

    def steps(self, want: str, found: str, spec: TableSpec, state: TableState) -> Planned:
        return [
            Step(
                operation="UpdateTable",
                arguments={"TableName": spec.name, "TableClass": want},
                purpose=f"set the table class to {want}",
                changes=(self.change(want, found),),
                rank=RANK_TABLE_CLASS,
                before=(TableActive(spec.name),),
                after=(TableActive(spec.name),),
            )
        ]

    def quotas(self, want: str, found: str, state: TableState) -> tuple[str, ...]:
        last = (state.table.get("TableClassSummary") or {}).get("LastUpdateDateTime")
        rule = "AWS takes two changes in 30 days"
        return recent_change("the table class was changed", last, state.at, timedelta(days=30), rule)

    def arguments(self, value: str) -> dict[str, Any]:
        return {"table_class": value}

    def show(self, value: str) -> str:
        return value
