# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads many items by their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .calls import Calls, Headway
from .copying import Keys, distinct
from .keys import Item

# BatchGetItem API reference.
AT_ONCE = 100


def look_up(
    calls: Calls, table: str, names: Keys, keys: Sequence[Item], attributes: Sequence[str] = ()
) -> dict[str, Item]:
    """The items that are there, by the text of their keys; whole, or these attributes of them. Raises AwsError."""
    aliases = {f"#a{position}": name for position, name in enumerate(dict.fromkeys((*names.names, *attributes)))}
    projection: dict[str, Any] = (
        {"ProjectionExpression": ", ".join(aliases), "ExpressionAttributeNames": aliases} if attributes else {}
    )
    found: dict[str, Item] = {}
    wanted = distinct(keys, names)
    headway = Headway(calls, "BatchGetItem", table)
    while wanted:
        asked = {"Keys": wanted[:AT_ONCE], "ConsistentRead": True, **projection}
        answer = calls.page("BatchGetItem", {"RequestItems": {table: asked}})
        for item in answer.get("Responses", {}).get(table, ()):
            found[names.text(item)] = item
        left = _unprocessed(answer, table)
        headway.made(len(asked["Keys"]) - len(left), len(left))
        if left:
            # AWS answers what it has capacity for: the rest is asked for again, slower.
            calls.reads.throttled()
        wanted = [*left, *wanted[AT_ONCE:]]
    return found


def _unprocessed(answer: Mapping[str, Any], table: str) -> list[Item]:
    return list(answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ()))
