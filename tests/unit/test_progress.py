# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module tells of how far it is, and that telling costs no call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.conditions import Condition, IndexActive, TableActive
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Run, converge
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import WaitTimeoutError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.index_look import IndexesSettled
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.progress import Progress
from ansible_collections.auditflow.dynamodb.plugins.module_utils.progress import (
    ProgressFile,
    Told,
    Wait,
    parse_told,
    progress_file,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import ExportOver, ImportOver

from .aws_model import AwsModel

TABLE = {"name": "Orders", "attributes": {"id": "S", "region": "S"}, "partition_key": "id"}
INDEXED = {**TABLE, "global_indexes": [{"name": "by-region", "partition_key": "region"}]}
WALK = Progress("Orders", 16, 4, 25_000, 100_000, 50.0, 5_000, Counter({"set": 19_000}), 400)


class Time:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds


def told(path: Path) -> Told:
    return parse_told(path.read_text(encoding="utf-8"))


# --- the file --------------------------------------------------------------------------------------------------------


def test_a_walk_is_written_now_and_then(tmp_path: Path) -> None:
    time = Time()
    file = ProgressFile(tmp_path / "file", time.now)
    file.tell(WALK)
    file.tell(replace(WALK, scanned=30_000))
    assert told(tmp_path / "file") == Told(WALK)
    time.seconds += 1
    file.tell(replace(WALK, scanned=40_000))
    assert told(tmp_path / "file") == Told(replace(WALK, scanned=40_000))


def test_waits_are_written_as_they_change_and_are_gone_when_over(tmp_path: Path) -> None:
    time = Time()
    file = ProgressFile(tmp_path / "file", time.now, time.now)
    with file.wait(60) as first:
        assert not (tmp_path / "file").exists()
        time.seconds += 5
        first("A is CREATING")
        with file.wait(3600) as second:
            second("B is CREATING", "5 items", 50.0)
            waits = (Wait("A is CREATING", 1000, 1060), Wait("B is CREATING", 1005, 4605, "5 items", 50.0))
            assert told(tmp_path / "file").waits == waits
        assert told(tmp_path / "file").waits == waits[:1]
    assert told(tmp_path / "file") == Told()


def test_a_walk_and_waits_share_the_file(tmp_path: Path) -> None:
    file = ProgressFile(tmp_path / "file")
    file.tell(WALK)
    with file.wait(60) as tell:
        tell("A is CREATING")
        assert told(tmp_path / "file").walk == WALK
        assert len(told(tmp_path / "file").waits) == 1
    assert told(tmp_path / "file") == Told(WALK)


def test_what_stays_as_it_is_is_written_once(tmp_path: Path) -> None:
    file = ProgressFile(tmp_path / "file")
    with file.wait(60) as tell:
        tell("A is CREATING")
        (tmp_path / "file").unlink()
        tell("A is CREATING")
        assert not (tmp_path / "file").exists()


def test_a_file_that_cannot_be_written_hinders_nothing(tmp_path: Path) -> None:
    file = ProgressFile(tmp_path / "nowhere" / "file")
    file.tell(WALK)
    with file.wait(60) as tell:
        tell("A is CREATING")
    none = progress_file({"name": "Orders"}, Time().now, Time().now)
    with none.wait(60) as tell:
        tell("A is CREATING")


@pytest.mark.parametrize("text", ["", '{"walk": nul', "[]", "{}", '{"walk": null, "waits": [{"more": 1}]}'])
def test_half_a_file_is_none(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        parse_told(text)


# --- what is measured ------------------------------------------------------------------------------------------------


def of(**table: Any) -> dict[str, Any]:
    return {"Table": table}


FILLING = of(
    ItemCount=1_204_331,
    GlobalSecondaryIndexes=[
        {"IndexName": "by-a", "IndexStatus": "CREATING", "Backfilling": True},
        {"IndexName": "by-b", "IndexStatus": "CREATING", "Backfilling": False},
    ],
)
IMPORTING = {
    "ImportTableDescription": {"ImportStatus": "IN_PROGRESS", "ProcessedItemCount": 50, "ImportedItemCount": 49}
}
RESTORED = {"RestoreInProgress": True, "SourceTableArn": "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders"}
BACKUP = {
    "RestoreInProgress": True,
    "SourceBackupArn": "arn:aws:dynamodb:ap-south-1:123456789012:table/Orders/backup/01-a",
}


@pytest.mark.parametrize(
    ("condition", "answer", "detail", "percent"),
    [
        (IndexActive("Orders", "by-a"), FILLING, "about 1,204,331 items", None),
        (IndexActive("Orders", "by-b"), FILLING, "", None),
        (IndexActive("Orders", "by-c"), FILLING, "", None),
        (IndexActive("Orders", "by-a"), None, "", None),
        (IndexesSettled("Orders"), FILLING, "about 1,204,331 items", None),
        (IndexesSettled("Orders", frozenset({"by-b"})), FILLING, "", None),
        (ImportOver("Orders", "arn/1", 200), IMPORTING, "50 items read, 49 imported", 25.0),
        (ImportOver("Orders", "arn/1", 10), IMPORTING, "50 items read, 49 imported", 99.0),
        (ImportOver("Orders", "arn/1"), IMPORTING, "50 items read, 49 imported", None),
        (ImportOver("Orders", "arn/1"), None, "", None),
        (ExportOver("Orders", "arn/1"), {"ExportDescription": {"ExportStatus": "IN_PROGRESS"}}, "", None),
        (TableActive("Copy"), of(RestoreSummary=RESTORED), "being restored from Orders", None),
        (TableActive("Copy"), of(RestoreSummary=BACKUP), "being restored from Orders", None),
        (TableActive("Copy"), of(RestoreSummary={**RESTORED, "RestoreInProgress": False}), "", None),
        (TableActive("Copy"), of(), "", None),
    ],
)
def test_how_far_it_is(condition: Condition, answer: Any, detail: str, percent: float | None) -> None:
    assert condition.measured(answer) == (detail, percent)


# --- the engine ------------------------------------------------------------------------------------------------------


def aws_of(model: AwsModel, path: Path | None, seen: Callable[[Told], None] = lambda told: None) -> Aws:
    """The engine's Aws; at every pause somebody looks at the file."""
    aws = model.aws()

    def sleep(seconds: float) -> None:
        if path and path.exists():
            seen(told(path))
        model.sleep(seconds)

    aws.clock = replace(aws.clock, sleep=sleep)
    aws.progress = ProgressFile(path, aws.clock.now, aws.clock.now)
    return aws


def converged(path: Path | None, seen: Callable[[Told], None] = lambda told: None) -> tuple[AwsModel, Aws]:
    model = AwsModel()
    aws = aws_of(model, path, seen)
    for definition in (TABLE, INDEXED, INDEXED):
        outcome = converge(parse_table(definition), aws, Run())
        assert outcome.error is None
    return model, aws


def test_telling_costs_no_call_and_no_time(tmp_path: Path) -> None:
    silent, _aws = converged(None)
    telling, _aws = converged(tmp_path / "file")
    assert telling.operations == silent.operations
    assert telling.time == silent.time


def test_every_phase_is_told(tmp_path: Path) -> None:
    texts: list[str] = []

    def seen(told: Told) -> None:
        texts.extend(wait.text for wait in told.waits if wait.text not in texts)

    converged(tmp_path / "file", seen)
    assert texts == [
        "Orders is CREATING",
        "index by-region of Orders is CREATING",
        "index by-region of Orders is CREATING, backfilling",
    ]
    assert told(tmp_path / "file") == Told()


def test_a_wait_that_fails_is_over(tmp_path: Path) -> None:
    model, aws = converged(tmp_path / "file")
    model.tables["Orders"].described["TableStatus"] = "UPDATING"
    with pytest.raises(WaitTimeoutError):
        aws.unmet([TableActive("Orders")], Patience(seconds=30))
    assert told(tmp_path / "file") == Told()


def test_a_call_that_is_not_taken_is_told(tmp_path: Path) -> None:
    texts: list[str] = []
    model = AwsModel()
    aws = aws_of(model, tmp_path / "file", lambda told: texts.extend(wait.text for wait in told.waits))
    converge(parse_table(TABLE), aws, Run())
    texts.clear()
    for _time in range(5):
        model.deny(
            "UpdateTable", "LimitExceededException", "Only 1 online index can be created or deleted simultaneously"
        )
    assert converge(parse_table(INDEXED), aws, Run()).error is None
    assert texts[:2] == [
        f"UpdateTable of Orders is not taken yet (LimitExceededException), asked {times} times" for times in (3, 4)
    ]
    assert told(tmp_path / "file") == Told()
