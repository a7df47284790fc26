# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions against answers: whether they hold, what is waited for, and when waiting is hopeless."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.conditions import (
    BackupAvailable,
    Condition,
    EncryptionSettled,
    IndexActive,
    IndexGone,
    NoIndexInFlight,
    TableActive,
    TableGone,
    TableSettled,
    TagsVisible,
    WarmThroughputSettled,
)


def described(status: str = "ACTIVE", index: str = "", **members: Any) -> dict[str, Any]:
    """An answer of DescribeTable; index: IndexStatus of its one index `by-total`."""
    table = {"TableName": "Orders", "TableStatus": status, **members}
    if index:
        table["GlobalSecondaryIndexes"] = [
            {"IndexName": "by-total", "IndexStatus": index, **({"Backfilling": True} if index == "CREATING" else {})}
        ]
    return {"Table": table}


ACTIVE, GONE, SETTLED = TableActive("Orders"), TableGone("Orders"), TableSettled("Orders")
INDEX, NO_INDEX, NONE_MOVING = (
    IndexActive("Orders", "by-total"),
    IndexGone("Orders", "by-total"),
    NoIndexInFlight("Orders"),
)
ENCRYPTED, WARM = EncryptionSettled("Orders"), WarmThroughputSettled("Orders")
WARM_INDEX = WarmThroughputSettled("Orders", "by-total")
TAGS = TagsVisible("Orders", "arn", (("a", "1"),), ("b",))
BACKUP = BackupAvailable("Orders", "last")
MOVING: dict[str, Any] = {"WarmThroughput": {"Status": "UPDATING"}}
TAG_A, TAG_B = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}


def backups(status: str) -> dict[str, Any]:
    return {
        "BackupSummaries": [
            {"BackupName": "other", "BackupStatus": "AVAILABLE"},
            {"BackupName": "last", "BackupStatus": status},
        ]
    }


HOLDING: list[tuple[Condition, Any]] = [
    (ACTIVE, described()),
    (GONE, None),
    (SETTLED, described()),
    (SETTLED, None),
    (SETTLED, described("INACCESSIBLE_ENCRYPTION_CREDENTIALS")),
    (INDEX, described(index="ACTIVE")),
    (NO_INDEX, described()),
    (NONE_MOVING, described(index="ACTIVE")),
    (NONE_MOVING, described(index="UPDATING")),
    (NONE_MOVING, described()),
    (ENCRYPTED, described()),
    (ENCRYPTED, described(SSEDescription={"Status": "ENABLED"})),
    (WARM, described()),
    (WARM, described(WarmThroughput={"Status": "ACTIVE"})),
    (WARM_INDEX, described(**MOVING)),
    (TAGS, {"Tags": [TAG_A]}),
    (BACKUP, backups("AVAILABLE")),
]
WAITING: list[tuple[Condition, Any, str]] = [
    (ACTIVE, None, "Orders is not visible yet"),
    (ACTIVE, described("CREATING"), "Orders is CREATING"),
    (GONE, described("DELETING"), "Orders is DELETING"),
    (SETTLED, described("UPDATING"), "Orders is UPDATING"),
    (INDEX, described(), "index by-total of Orders is not there"),
    (INDEX, described(index="CREATING"), "index by-total of Orders is CREATING, backfilling"),
    (INDEX, described("UPDATING", index="ACTIVE"), "index by-total of Orders is ACTIVE"),
    (NO_INDEX, described("UPDATING", index="DELETING"), "index by-total of Orders is DELETING"),
    (NO_INDEX, described("UPDATING"), "Orders is UPDATING"),
    (NONE_MOVING, described(index="DELETING"), "one index at a time on Orders: by-total is DELETING"),
    (ENCRYPTED, described(SSEDescription={"Status": "UPDATING"}), "encryption of Orders is UPDATING"),
    (WARM, described(**MOVING), "warm throughput of Orders is UPDATING"),
    (TAGS, None, "the new tags of Orders do not show yet"),
    (TAGS, {"Tags": [TAG_A, TAG_B]}, "the new tags of Orders do not show yet"),
    (TAGS, {"Tags": [{"Key": "a", "Value": "0"}]}, "the new tags of Orders do not show yet"),
    (BACKUP, None, "backup last of Orders is not listed yet"),
    (BACKUP, backups("CREATING"), "backup last of Orders is CREATING"),
]


@pytest.mark.parametrize(("condition", "answer"), HOLDING, ids=str)
def test_it_holds(condition: Condition, answer: Any) -> None:
    assert condition.holds(answer)


@pytest.mark.parametrize(("condition", "answer", "text"), WAITING, ids=str)
def test_it_says_what_is_waited_for(condition: Condition, answer: Any, text: str) -> None:
    assert not condition.holds(answer)
    assert condition.waiting_for(answer) == text
    assert condition.hopeless(answer) == ""


@pytest.mark.parametrize(
    "status", ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED", "REPLICATION_NOT_AUTHORIZED"]
)
@pytest.mark.parametrize(
    ("condition", "hopeless"), [(ACTIVE, True), (INDEX, True), (GONE, False), (SETTLED, False)], ids=str
)
def test_waiting_is_hopeless_for_what_only_a_person_can_repair(
    status: str, condition: Condition, hopeless: bool
) -> None:
    assert bool(condition.hopeless(described(status))) is hopeless


def test_the_warm_throughput_of_an_index_is_its_own() -> None:
    answer = {"Table": {"GlobalSecondaryIndexes": [{"IndexName": "by-total", **MOVING}]}}
    assert not WARM_INDEX.holds(answer)
    assert WARM_INDEX.waiting_for(answer) == "warm throughput of index by-total of Orders is UPDATING"
    assert WARM.holds(answer)


@pytest.mark.parametrize("condition", [ACTIVE, TAGS, BACKUP], ids=str)
def test_every_condition_names_its_read(condition: Condition) -> None:
    assert condition.operation
    assert condition.arguments
