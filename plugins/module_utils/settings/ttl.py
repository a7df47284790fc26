# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time to live. Rules: UpdateTimeToLive API reference; attribute changes are measured behaviour of the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..arguments import DefinitionError
from ..iam import dynamodb
from ..items.times import parse_retention
from ..state import Read
from ..steps import Step
from .base import Planned, Setting, has_parts

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

HOUR_NOTE = "off, then on: AWS takes one TTL change an hour, so the second half may be left to a later run"


@dataclass(frozen=True)
class Ttl:
    """attribute: the attribute that holds the expiry time in Unix seconds; empty when TTL is off."""

    attribute: str = ""


class TtlSetting(Setting[Ttl]):
    """TTL is off or on one attribute; another attribute means off first, then on, an hour apart."""

    name = "ttl"
    label = "ttl"
    read = "DescribeTimeToLive"
    on_create = False
    write_actions = dynamodb("UpdateTimeToLive")
    options = {
        "ttl": {
            "type": "dict",
            "options": {
                "enabled": {"type": "bool", "default": True},
                "attribute": {"type": "str"},
                # Documentation, and what items without an expiry time are given one by. AWS knows nothing of it.
                "timestamp": {"type": "str"},
                "retention": {"type": "str"},
            },
        },
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Ttl | None:
        ttl = arguments.get("ttl")
        if ttl is None:
            return None
        attribute = ttl.get("attribute", "")
        _check_retention(ttl, problems)
        if not ttl.get("enabled", True):
            return Ttl()
        if not attribute:
            problems.require("ttl.attribute", "is required: name the number attribute that holds the expiry time")
        elif len(attribute) > 255:
            problems.add("ttl.attribute", f"has {len(attribute)} characters; 1 to 255 are allowed")
        return Ttl(attribute)

    def reads(self, want: Ttl, name: str, description: Mapping[str, Any] | None) -> tuple[Read, ...]:
        return (Read(self.read, {"TableName": name}),) if has_parts(description) else ()

    def found(self, state: TableState) -> Ttl:
        ttl = state.answer(self.read).get("TimeToLiveDescription", {})
        on = ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        return Ttl(ttl.get("AttributeName", "")) if on else Ttl()

    def steps(self, want: Ttl, found: Ttl, spec: TableSpec, state: TableState) -> Planned:
        rename = bool(want.attribute and found.attribute)
        change = self.change(want, found, HOUR_NOTE if rename else "settles within the hour")
        off = self._step(spec.name, found.attribute, False, (change,))
        if not want.attribute:
            return [off]
        if not rename:
            return [self._step(spec.name, want.attribute, True, (change,))]
        return [off, self._step(spec.name, want.attribute, True, ())]

    def quotas(self, want: Ttl, found: Ttl, state: TableState) -> tuple[str, ...]:
        return ("AWS takes one TTL change an hour and does not tell when the last was made",)

    @staticmethod
    def _step(table: str, attribute: str, on: bool, changes: tuple[Any, ...]) -> Step:
        return Step(
            operation="UpdateTimeToLive",
            arguments={"TableName": table, "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute}},
            purpose=f"turn TTL {'on for' if on else 'off for'} {attribute}",
            changes=changes,
            lane="ttl",
            rank=1 if on else 0,
            # Turning it on may be the second half of a rename that an earlier run began; until then no item is deleted.
            deferrable=on,
        )

    def arguments(self, value: Ttl) -> dict[str, Any]:
        return {"ttl": {"enabled": True, "attribute": value.attribute} if value.attribute else {"enabled": False}}

    def show(self, value: Ttl) -> str:
        return value.attribute or "off"


def _check_retention(ttl: Mapping[str, Any], problems: Problems) -> None:
    if ttl.get("timestamp") and ttl.get("timestamp") == ttl.get("attribute"):
        problems.add("ttl.timestamp", "is the attribute of the expiry time itself; name the one it counts from")
    if ttl.get("retention"):
        try:
            parse_retention(ttl["retention"])
        except DefinitionError as error:
            problems.add("ttl.retention", error.problems[0].partition(": ")[2])
