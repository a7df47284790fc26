# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which items can go into a table with other keys, and whether two items are the same. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .keys import Item, key_of, to_json

# "Quotas in Amazon DynamoDB": bytes of a partition key's and of a sort key's value.
MOST_BYTES = (2048, 1024)

LACKS_KEY, WRONG_TYPE = "lacks_key", "wrong_key_type"

# The share of items that is compared is asked for in parts of this.
WHOLE = 2**64


@dataclass(frozen=True)
class Keys:
    """What a table asks of its items.

    names: its key attributes, the partition key first. types: the type of each attribute that it or an index of it has
    as a key; an item need not have those of the indexes, but if it has one, it is of that type.
    """

    names: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)

    def problem(self, item: Item) -> str:
        """Why the table would not take an item; empty when it would."""
        for name, most in zip(self.names, MOST_BYTES, strict=False):
            typed = item.get(name)
            if not typed or "NULL" in typed:
                return LACKS_KEY
            if len(typed) != 1 or self.types[name] not in typed or not _fits(typed, most):
                return WRONG_TYPE
        return WRONG_TYPE if any(self._wrong(item, name) for name in self.types) else ""

    def _wrong(self, item: Item, name: str) -> bool:
        return name in item and not (self.types[name] in item[name] and _fits(item[name], max(MOST_BYTES)))

    def of(self, item: Item) -> dict[str, Any]:
        """An item's key."""
        return key_of(item, self.names)

    def text(self, item: Item) -> str:
        """An item's key as a text that no other key has."""
        return json.dumps(to_json(self.of(item)), sort_keys=True)


def keys_of(description: Mapping[str, Any]) -> Keys:
    """The keys of a table, from DescribeTable."""
    schema = sorted(description["KeySchema"], key=lambda each: each["KeyType"] != "HASH")
    types = {each["AttributeName"]: each["AttributeType"] for each in description["AttributeDefinitions"]}
    return Keys(tuple(each["AttributeName"] for each in schema), types)


def _fits(typed: Mapping[str, Any], most: int) -> bool:
    value = next(iter(typed.values()))
    if "N" in typed:
        return True
    return 1 <= len(value.encode() if isinstance(value, str) else value) <= most


def same_item(one: Item, other: Item) -> bool:
    """Whether two items are the same: sets have no order."""
    return _comparable(to_json(one)) == _comparable(to_json(other))


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: sorted(each) if name in ("SS", "NS", "BS") and _is_set(each) else _comparable(each)
            for name, each in value.items()
        }
    return [_comparable(each) for each in value] if isinstance(value, list) else value


def _is_set(value: Any) -> bool:
    # An attribute of a map may be named "SS" as well; its value is a dictionary then.
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


@dataclass(frozen=True)
class Sample:
    """Some of the items, the same ones whenever the seed is the same. share: from 0 to 1."""

    share: float
    seed: str

    def holds(self, key: str) -> bool:
        """Whether the item of this key, as text, is one of them."""
        digest = hashlib.sha256(f"{self.seed}\0{key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * WHOLE


def distinct(keys: Sequence[Item], names: Keys) -> list[Item]:
    """The keys, each once: BatchGetItem refuses a key that is asked for twice."""
    return list({names.text(key): key for key in keys}.values())
