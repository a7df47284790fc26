# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the items of a table into one with other keys, and never writes over what is there unless asked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import AwsError
from .calls import Calls, condition_failed, found_instead
from .copying import LACKS_KEY, WRONG_TYPE, Keys, same_item
from .keys import Item
from .lookup import look_up
from .work import Handler, OpenWorker, each_page

COPIED, OVERWRITTEN, SAME = "copied", "overwritten", "same"
DIFFERS, COLLIDES, CHANGING = "differs", "collides", "changed_meanwhile"
SAMPLED = frozenset({LACKS_KEY, WRONG_TYPE, DIFFERS, COLLIDES, CHANGING})
# What stands in the way of using the copy.
IN_THE_WAY = (LACKS_KEY, WRONG_TYPE, COLLIDES, DIFFERS, CHANGING)
ROUNDS = 3


@dataclass(frozen=True)
class Copier:
    """Copies pages of items.

    old, new: the keys of both tables. target: its name. there: whether it exists; a plan can be made before it does.
    overwrite: whether an item that was copied and has changed in the source is written again. check: write nothing.
    """

    calls: Calls
    old: Keys
    new: Keys
    target: str
    there: bool = True
    overwrite: bool = False
    check: bool = False

    def of_page(self, items: Sequence[Item]) -> Handler:
        """What copies one item of a page; what the target has under their new keys is looked up for all at once."""
        keys = [self.new.of(item) for item in items if not self.new.problem(item)]
        there = look_up(self.calls, self.target, self.new, keys) if self.there else {}
        return lambda item: self.one(item, None if self.new.problem(item) else there.get(self.new.text(item)))

    def one(self, item: Item, found: Item | None) -> str:
        """Copies one item. found: what the target has under its key. Raises AwsError."""
        problem = self.new.problem(item)
        if problem:
            return problem
        for _round in range(ROUNDS):
            verdict = self._verdict(item, found)
            if self.check or verdict not in (COPIED, OVERWRITTEN):
                return verdict
            try:
                self.calls.write("PutItem", self._put(item, verdict))
            except AwsError as error:
                if not condition_failed(error):
                    raise
                found = found_instead(error) or None
                if found and same_item(item, found):
                    # An answer that was lost, or another run at the same item: it is as wanted.
                    return verdict
                continue
            return verdict
        return CHANGING

    def _verdict(self, item: Item, found: Item | None) -> str:
        if not found:
            return COPIED
        if same_item(item, found):
            return SAME
        if any(found.get(name) != item[name] for name in self.old.names):
            return COLLIDES
        return OVERWRITTEN if self.overwrite else DIFFERS

    def _put(self, item: Item, verdict: str) -> dict[str, Any]:
        names = self.new.names[:1] if verdict == COPIED else self.old.names
        aliases = {f"#k{position}": name for position, name in enumerate(names)}
        put = {
            "TableName": self.target,
            "Item": item,
            "ExpressionAttributeNames": aliases,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if verdict == COPIED:
            return {**put, "ConditionExpression": "attribute_not_exists(#k0)"}
        # Only the copy of this very item is written over.
        values = {f":k{position}": item[name] for position, name in enumerate(names)}
        equal = " AND ".join(f"#k{position} = :k{position}" for position in range(len(names)))
        return {**put, "ConditionExpression": equal, "ExpressionAttributeValues": values}


def copy_pages(copier: Copier) -> OpenWorker:
    """Workers that copy."""
    return each_page(copier.of_page, copier.old.names, SAMPLED)
