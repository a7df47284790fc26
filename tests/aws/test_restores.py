# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups, restores and replacements in AWS's time: waits, refusals, lost answers and runs that are killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils import replacing
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.backing_up import Wanted as BackupWanted
from ansible_collections.auditflow.dynamodb.plugins.module_utils.backing_up import back_up
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, StuckError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.metrics import WRITE, Metric, Recorded
from ansible_collections.auditflow.dynamodb.plugins.module_utils.replacement import Phase
from ansible_collections.auditflow.dynamodb.plugins.module_utils.replacing import Order, Replaced, replace_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.restore_plan import Wanted
from ansible_collections.auditflow.dynamodb.plugins.module_utils.restoring import restore
from tests.aws.cloud import TABLE, Cloud
from tests.aws_like.errors import ServiceError

COPY = "orders-restored"
DEFINITION: dict[str, Any] = {
    "name": TABLE,
    "attributes": {"id": "S", "state": "S"},
    "partition_key": "id",
    "global_indexes": [{"name": "by-state", "partition_key": "state"}],
    "billing_mode": "PAY_PER_REQUEST",
    "encryption": {"type": "KMS", "key": "alias/one"},
    "ttl": {"attribute": "expires"},
    "pitr": {"recovery_period_days": 7},
    "stream": {"view_type": "KEYS_ONLY"},
    "deletion_protection": True,
    "tags": {"team": "shop"},
}
OLD, NEW = [{"id": {"S": "old"}}], [{"id": {"S": "new"}}]
FROM_BACKUP = Wanted(COPY, TABLE, backup="latest")
FROM_TIME = Wanted(COPY, TABLE)
ORDER = Order(TABLE, COPY, allowed=True, quiet=True, count=False)


def restored(cloud: Cloud, wanted: Wanted, seconds: float = 21600, **how: Any) -> Outcome:
    aws = cloud.aws()
    return restore(wanted, aws, aws, Run(how.get("check", False), Patience(how.get("wait", True), seconds)))


def sent(cloud: Cloud, operation: str) -> int:
    return sum(1 for each in cloud.calls if each.operation.startswith(operation))


def lose_answer_of(cloud: Cloud, operation: str) -> None:
    """The call is carried out, and its answer is lost, once."""
    left = [1]

    def strike(asked: str, body: dict[str, Any]) -> ServiceError | None:
        if asked != operation or not left[0]:
            return None
        left[0] = 0
        cloud.call(operation, **body)
        return ServiceError("InternalServerError", "lost", 500)

    cloud.strike = strike


@pytest.fixture
def kept(cloud: Cloud) -> Cloud:
    """With a table as its definition has it, and a backup."""
    cloud.own(DEFINITION)
    cloud.stopped.store.kept[TABLE] = list(OLD)
    taken = back_up(BackupWanted(TABLE, TABLE), cloud.aws(), Run())
    assert taken.error is None
    cloud.settle()
    cloud.calls.clear()
    return cloud


@pytest.mark.parametrize("wanted", [FROM_BACKUP, FROM_TIME], ids=["backup", "time"])
def test_restored_and_brought_to_its_definition(kept: Cloud, wanted: Wanted) -> None:
    outcome = restored(kept, wanted)
    assert outcome.error is None
    assert outcome.changed
    assert outcome.state.status == "ACTIVE"
    assert sent(kept, "RestoreTable") == 1
    definition = {**DEFINITION, "name": COPY}
    converged = kept.converge(definition)
    assert converged.error is None
    operations = {step.operation for step in converged.plan.steps}
    assert operations == {"UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource"}
    kept.settle()
    assert kept.converge(definition).in_sync
    assert kept.stopped.store.kept[COPY] == OLD

    kept.calls.clear()
    again = restored(kept, wanted)
    assert again.error is None
    assert not again.changed
    assert kept.writes == []


def test_a_restore_that_is_under_way_is_waited_for(kept: Cloud) -> None:
    begun = restored(kept, FROM_BACKUP, wait=False)
    assert begun.changed
    assert begun.pending
    outcome = restored(kept, FROM_BACKUP)
    assert outcome.error is None
    assert not outcome.changed
    assert outcome.state.status == "ACTIVE"
    assert sent(kept, "RestoreTable") == 1


def test_a_deadline_loses_nothing(kept: Cloud) -> None:
    assert "Nothing is lost" in str(restored(kept, FROM_BACKUP, seconds=60).error)
    assert restored(kept, FROM_BACKUP).error is None
    assert sent(kept, "RestoreTable") == 1


def test_a_lost_answer_is_no_second_restore(kept: Cloud) -> None:
    lose_answer_of(kept, "RestoreTableFromBackup")
    outcome = restored(kept, FROM_BACKUP)
    assert outcome.error is None
    assert outcome.state.status == "ACTIVE"
    assert sent(kept, "RestoreTable") == 1


def test_a_lost_answer_is_no_second_backup(kept: Cloud) -> None:
    lose_answer_of(kept, "CreateBackup")
    outcome = back_up(BackupWanted(TABLE, TABLE), kept.aws(), Run())
    assert outcome.error is None
    assert outcome.backup
    assert outcome.backup.status == "AVAILABLE"
    assert len(kept.call("ListBackups")["BackupSummaries"]) == 2


def test_another_is_being_restored_under_that_name(kept: Cloud) -> None:
    kept.own({**DEFINITION, "name": "other"})
    other = back_up(BackupWanted("other", "other"), kept.aws(), Run())
    assert other.backup
    kept.call("RestoreTableFromBackup", TargetTableName=COPY, BackupArn=other.backup.arn)
    error = restored(kept, FROM_BACKUP).error
    assert "is being restored from other, not from orders" in str(error)


def test_two_runs_out_of_one_backup_one_after_the_other(kept: Cloud) -> None:
    backup = kept.call("ListBackups")["BackupSummaries"][0]["BackupArn"]
    kept.call("RestoreTableFromBackup", TargetTableName="first", BackupArn=backup)
    outcome = restored(kept, FROM_BACKUP)
    assert outcome.error is None
    assert "BackupInUseException" in {each.code for each in kept.refused}
    assert outcome.state.status == "ACTIVE"


def test_a_time_that_cannot_be_restored_is_told_with_those_that_can(kept: Cloud) -> None:
    error = restored(kept, replace(FROM_TIME, time=datetime(2020, 1, 1, tzinfo=UTC))).error
    assert "Choose a time from" in str(error)
    assert kept.writes == []


def test_no_recovery_and_no_table(cloud: Cloud) -> None:
    cloud.own({key: value for key, value in DEFINITION.items() if key != "pitr"})
    assert "point-in-time recovery is off" in str(restored(cloud, FROM_TIME).error)
    assert "there is no table" in str(restored(cloud, replace(FROM_TIME, source="none")).error)
    assert "There are: none" in str(restored(cloud, FROM_BACKUP).error)
    assert cloud.writes == []


def test_a_deleted_table_comes_back_from_what_aws_kept(kept: Cloud) -> None:
    kept.update(DeletionProtectionEnabled=False)
    kept.pass_time(60)
    kept.call("DeleteTable", TableName=TABLE)
    kept.settle()
    outcome = restored(kept, Wanted(TABLE, TABLE, backup="latest"))
    assert outcome.error is None
    assert kept.stopped.store.kept[TABLE] == OLD
    assert kept.table().status == "ACTIVE"


def test_keep_deletes_older_ones_of_this_table_only(kept: Cloud) -> None:
    kept.call("CreateBackup", TableName=TABLE, BackupName="somebody-else")
    kept.call("CreateBackup", TableName=TABLE, BackupName=f"{TABLE}-final-20260101T000000Z")
    for _number in range(3):
        kept.pass_time(60)
        outcome = back_up(BackupWanted(TABLE, TABLE, keep=2), kept.aws(), Run())
        assert outcome.error is None
    names = [each["BackupName"] for each in kept.call("ListBackups")["BackupSummaries"]]
    assert len(names) == 4
    assert {"somebody-else", f"{TABLE}-final-20260101T000000Z"} <= set(names)


# --- replacing -------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


def replaced(cloud: Cloud, order: Order = ORDER) -> Replaced:
    return replace_table(order, cloud.aws(), Run(patience=Patience(seconds=21600)))


def holds_a_copy_of_each(cloud: Cloud) -> None:
    """The old content and the new one are each in a table or in a backup that can be restored."""
    backups = [backup for backup in cloud.region.backups if backup.status == "AVAILABLE" and backup.kept]
    held = [backup.kept.items for backup in backups if backup.kept]
    tables = [name for name, table in cloud.region.tables.items() if table.status in ("ACTIVE", "UPDATING")]
    held += [cloud.stopped.store.kept.get(name, []) for name in tables]
    assert NEW in held
    assert OLD in held


@pytest.fixture
def both(cloud: Cloud) -> Cloud:
    """A table and a restored copy of it that is right where the table is wrong."""
    cloud.own(DEFINITION)
    cloud.stopped.store.kept[TABLE] = list(OLD)
    cloud.own({**DEFINITION, "name": COPY})
    cloud.stopped.store.kept[COPY] = list(NEW)
    cloud.calls.clear()
    return cloud


def test_replaced(both: Cloud) -> None:
    outcome = replaced(both)
    assert outcome.error is None
    assert outcome.phase is Phase.DONE
    assert [each.operation for each in both.writes] == [
        "CreateBackup",
        "CreateBackup",
        "UpdateTable",
        "DeleteTable",
        "RestoreTableFromBackup",
    ]
    assert both.stopped.store.kept[TABLE] == NEW
    holds_a_copy_of_each(both)
    both.calls.clear()
    again = replaced(both)
    assert again.error is None
    assert not again.changed
    assert both.writes == []
    assert both.converge(DEFINITION).error is None


@pytest.mark.parametrize("position", range(5))
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_killed_around_each_write_and_gone_on_with(both: Cloud, position: int, done: bool) -> None:
    writes = [0]

    def strike(operation: str, body: dict[str, Any]) -> ServiceError | None:
        if not operation.startswith(("Describe", "List")):
            if writes[0] == position:
                if done:
                    both.call(operation, **body)
                both.strike = lambda operation, body: None
                raise Killed
            writes[0] += 1
        return None

    both.strike = strike
    with pytest.raises(Killed):
        replaced(both)
    holds_a_copy_of_each(both)
    outcome = replaced(both)
    assert outcome.error is None
    assert outcome.phase is Phase.DONE
    both.settle()
    assert both.stopped.store.kept[TABLE] == NEW
    assert both.table().status == "ACTIVE"
    holds_a_copy_of_each(both)


def test_what_is_no_copy_replaces_nothing(both: Cloud) -> None:
    both.own({"name": "other", "attributes": {"key": "S"}, "partition_key": "key"})
    assert "no copy of it" in str(replaced(both, replace(ORDER, copy="other")).error)
    assert "there is no table none" in str(replaced(both, replace(ORDER, copy="none")).error)
    assert "allow_delete" in str(replaced(both, replace(ORDER, allowed=False)).error)
    assert both.writes == []


def test_writers_that_go_on_are_seen(both: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    order = replace(ORDER, quiet=False)
    now = both.aws().clock.today()
    busy = {Metric(WRITE, TABLE): ((now - timedelta(days=1), 9.0), (now - timedelta(minutes=1), 12.0))}
    monkeypatch.setattr(replacing, "recorded", lambda *question: Recorded(busy))
    error = replaced(both, order).error
    assert "orders took 12 write units in the last 10 minutes" in str(error)
    assert "writers_stopped" in str(error)
    assert both.writes == []
    monkeypatch.setattr(replacing, "recorded", lambda *question: Recorded({}, "no permission"))
    outcome = replaced(both, order)
    assert outcome.error is None
    assert outcome.warnings == ("whether anybody writes to orders is not known: no permission",)


def test_a_refused_backup_deletes_nothing(both: Cloud) -> None:
    both.strike = lambda operation, body: (
        ServiceError("AccessDeniedException", "no") if operation == "CreateBackup" else None
    )
    outcome = replaced(both)
    assert isinstance(outcome.error, (AwsError, StuckError))
    assert TABLE in both.region.tables
    assert not any(each.operation == "DeleteTable" for each in both.calls)
