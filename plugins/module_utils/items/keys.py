# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Items and keys as DynamoDB writes them, as JSON, and as people read them. Pure.

An item is what botocore gives, C({"id": {"S": "a"}}); binary values are C(bytes) there and base64 text in JSON.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

Item = Mapping[str, Mapping[str, Any]]


def to_json(item: Item) -> dict[str, Any]:
    """An item as DynamoDB JSON, which the json module can write."""
    return {name: {kind: _encoded(kind, value) for kind, value in typed.items()} for name, typed in item.items()}


def from_json(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item of C(to_json)."""
    return {name: {kind: _decoded(kind, value) for kind, value in typed.items()} for name, typed in item.items()}


def key_of(item: Item, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The key attributes of an item."""
    return {name: item[name] for name in names}


def shown(key: Item) -> dict[str, str]:
    """A key for people: C({"id": "a"}); binary as base64."""
    return {name: str(_encoded(kind, value)) for name, typed in to_json(key).items() for kind, value in typed.items()}


def _encoded(kind: str, value: Any) -> Any:
    if kind == "B":
        return base64.b64encode(bytes(value)).decode() if not isinstance(value, str) else value
    if kind == "BS":
        return [_encoded("B", each) for each in value]
    if kind == "L":
        return [_encode_typed(each) for each in value]
    if kind == "M":
        return {name: _encode_typed(each) for name, each in value.items()}
    return value


def _encode_typed(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: _encoded(kind, value) for kind, value in typed.items()}


def _decoded(kind: str, value: Any) -> Any:
    if kind == "B":
        return base64.b64decode(value)
    if kind == "BS":
        return [base64.b64decode(each) for each in value]
    if kind == "L":
        return [_decode_typed(each) for each in value]
    if kind == "M":
        return {name: _decode_typed(each) for name, each in value.items()}
    return value


def _decode_typed(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: _decoded(kind, value) for kind, value in typed.items()}
