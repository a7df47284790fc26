# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives items that have no expiry time one, from a timestamp of theirs and a retention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import AwsError
from .calls import Calls, condition_failed, found_instead
from .keys import Item, key_of
from .times import Retention, moment_of

# What comes of an item. With nothing written: of check mode, or of a reason.
SET = "set"
EXPIRED = "expired"
MISSING = "without_timestamp"
UNREADABLE = "unreadable_timestamp"
WRONG_TYPE = "ttl_is_no_number"
SET_MEANWHILE = "set_meanwhile"
DELETED = "deleted_meanwhile"
MOVING = "changed_meanwhile"

SAMPLED = frozenset({EXPIRED, MISSING, UNREADABLE, WRONG_TYPE, MOVING})
# How often an item is looked at again whose timestamp a live writer has just changed.
ROUNDS = 3


@dataclass(frozen=True)
class Backfill:
    """What is wanted.

    ttl, timestamp: the names of the attributes. form: how timestamps are written. retention: how long items are kept.
    allow_expired: whether items get an expiry time in the past, which DynamoDB deletes within days.
    """

    ttl: str
    timestamp: str
    form: str
    retention: Retention
    allow_expired: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What makes the job this job."""
        return {
            "ttl": self.ttl,
            "timestamp": self.timestamp,
            "form": self.form,
            "retention": str(self.retention),
            "allow_expired": self.allow_expired,
        }

    def scan(self, key_names: tuple[str, ...]) -> dict[str, Any]:
        """Items without an expiry time, no more of them than is needed."""
        names = dict.fromkeys((*key_names, self.timestamp, self.ttl))
        aliases = {f"#a{position}": name for position, name in enumerate(names)}
        ttl = next(alias for alias, name in aliases.items() if name == self.ttl)
        return {
            "ProjectionExpression": ", ".join(aliases),
            "FilterExpression": f"attribute_not_exists({ttl}) OR NOT attribute_type({ttl}, :number)",
            "ExpressionAttributeNames": aliases,
            "ExpressionAttributeValues": {":number": {"S": "N"}},
        }

    def verdict(self, item: Item, now: datetime) -> tuple[str, int]:
        """What shall come of an item, and its expiry time. Pure."""
        if self.ttl in item:
            return (SET_MEANWHILE, 0) if "N" in item[self.ttl] else (WRONG_TYPE, 0)
        if self.timestamp not in item or "NULL" in item[self.timestamp]:
            return MISSING, 0
        moment = moment_of(item[self.timestamp], self.form)
        end = moment and self.retention.after(moment)
        if not end:
            return UNREADABLE, 0
        if end <= now and not self.allow_expired:
            return EXPIRED, 0
        return SET, int(end.timestamp())

    def update(self, key: Mapping[str, Any], stamp: Mapping[str, Any], end: int) -> dict[str, Any]:
        """The write: an item that is gone is not made again, and an expiry time that is there stays."""
        return {
            "Key": key,
            "UpdateExpression": "SET #ttl = :end",
            "ConditionExpression": "attribute_not_exists(#ttl) AND #stamp = :stamp",
            "ExpressionAttributeNames": {"#ttl": self.ttl, "#stamp": self.timestamp},
            "ExpressionAttributeValues": {":end": {"N": str(end)}, ":stamp": stamp},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


@dataclass(frozen=True)
class Filler:
    """Deals with one item after the other. check: whether nothing is written."""

    backfill: Backfill
    calls: Calls
    table: str
    key_names: tuple[str, ...]
    check: bool = False

    def handle(self, item: Item) -> str:
        """The verdict on an item, carried out. Raises AwsError."""
        key = key_of(item, self.key_names)
        for _round in range(ROUNDS):
            verdict, end = self.backfill.verdict(item, self.calls.aws.clock.today())
            if verdict != SET or self.check:
                return verdict
            write = self.backfill.update(key, item[self.backfill.timestamp], end)
            try:
                self.calls.write("UpdateItem", {"TableName": self.table, **write})
            except AwsError as error:
                if not condition_failed(error):
                    raise
                item = found_instead(error)
                if not item:
                    return DELETED
                if item.get(self.backfill.ttl) == {"N": str(end)}:
                    # An answer that was lost, or somebody with the same idea: it is as wanted.
                    return SET
                continue
            return SET
        return MOVING
