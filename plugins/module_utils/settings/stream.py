# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DynamoDB stream. Rules: UpdateTable API reference, StreamSpecification; the view type cannot be changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..conditions import Condition, TableActive
from ..overtaken import StreamAsFound
from ..steps import RANK_STREAM_OFF, RANK_STREAM_ON, Change, Step
from .base import Planned, Setting

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

VIEW_TYPES = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


@dataclass(frozen=True)
class Stream:
    """view_type: what a record carries; empty when there is no stream."""

    view_type: str = ""


class StreamSetting(Setting[Stream]):
    """Off, or on with a view type; another view type means off, then on, and a new stream ARN."""

    name = "stream"
    label = "stream"
    options = {
        "stream": {
            "type": "dict",
            "options": {
                "enabled": {"type": "bool", "default": True},
                "view_type": {"type": "str", "choices": VIEW_TYPES},
            },
        },
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Stream | None:
        stream = arguments.get("stream")
        if stream is None:
            return None
        enabled, view_type = stream.get("enabled", True), stream.get("view_type", "")
        if not enabled and view_type:
            problems.add("stream.view_type", "cannot be given when stream.enabled is false")
        if enabled and not view_type:
            problems.require("stream.view_type", f"is required: one of {', '.join(VIEW_TYPES)}")
        return Stream(view_type if enabled else "")

    def found(self, state: TableState) -> Stream:
        stream = state.table.get("StreamSpecification") or {}
        return Stream(stream.get("StreamViewType", "") if stream.get("StreamEnabled") else "")

    def create(self, want: Stream, spec: TableSpec) -> dict[str, Any]:
        return {"StreamSpecification": _specification(want)} if want.view_type else {}

    def steps(self, want: Stream, found: Stream, spec: TableSpec, state: TableState) -> Planned:
        both = bool(want.view_type and found.view_type)
        note = "off, then on: a new stream ARN; the old stream is readable for 24 hours" if both else ""
        changes = (self.change(want, found, note),)
        steps = []
        if found.view_type:
            guard = StreamAsFound(spec.name, found.view_type)
            steps.append(_step(spec.name, Stream(), changes, RANK_STREAM_OFF, guard))
        if want.view_type:
            steps.append(_step(spec.name, want, () if found.view_type else changes, RANK_STREAM_ON))
        return steps

    def arguments(self, value: Stream) -> dict[str, Any]:
        return {"stream": {"enabled": True, "view_type": value.view_type} if value.view_type else {"enabled": False}}

    def show(self, value: Stream) -> str:
        return value.view_type or "off"


def _specification(stream: Stream) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": stream.view_type} if stream.view_type else {"StreamEnabled": False}


def _step(table: str, stream: Stream, changes: tuple[Change, ...], rank: int, *guards: Condition) -> Step:
    return Step(
        operation="UpdateTable",
        arguments={"TableName": table, "StreamSpecification": _specification(stream)},
        purpose=f"turn the stream on with {stream.view_type}" if stream.view_type else "turn the stream off",
        changes=changes,
        rank=rank,
        before=(TableActive(table), *guards),
        after=(TableActive(table),),
    )
