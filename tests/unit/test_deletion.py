# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting a table: the final backup, then protection, then the table; and when not."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind, RefusedError
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, Killed
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    AT_ONCE,
    BY_CUSTOMER,
    CHECK,
    NAME,
    made,
    only,
    run,
    table,
    written,
)

PROTECTED = table(deletion_protection=True, pitr={}, global_indexes=[BY_CUSTOMER])
ALL_STEPS = ["CreateBackup", "DeletionProtectionEnabled", "DeleteTable"]


def remove(model: AwsModel, how: Run | None = None, allowed: bool = True, backup: str = "last") -> Outcome:
    return delete(Deletion(NAME, allowed, backup), model.aws(), how or Run())


def test_backup_then_protection_then_the_table() -> None:
    model = made(PROTECTED)
    outcome = remove(model)
    assert outcome.error is None
    assert outcome.changed
    assert written(model) == ALL_STEPS
    assert (
        model.refused == [("ResourceNotFoundException", f"Requested resource not found: Table: {NAME} not found")] * 2
    )
    assert [backup["BackupName"] for backup in model.backups] == ["last"]
    assert not outcome.state.exists
    again = remove(model)
    assert (again.in_sync, again.changed) == (True, False)
    assert written(model) == ALL_STEPS


def test_no_backup_and_no_protection_make_no_calls() -> None:
    model = made(table())
    assert remove(model, backup="").error is None
    assert written(model) == ["DeleteTable"]


def test_it_is_refused_until_it_is_allowed() -> None:
    model = made(PROTECTED)
    model.tables[NAME].described["ItemCount"] = 1204331
    for how in (None, CHECK):
        outcome = remove(model, how, allowed=False)
        assert isinstance(outcome.error, RefusedError)
        assert "deleting Orders loses its data (1,204,331 items)" in str(outcome.error)
        assert "allow_delete: true allows it" in str(outcome.error)
    assert model.writes == []


def test_check_mode_shows_every_step_and_writes_nothing() -> None:
    model = made(PROTECTED)
    outcome = remove(model, CHECK)
    assert [step.operation for step in outcome.plan.steps] == ["CreateBackup", "UpdateTable", "DeleteTable"]
    assert outcome.changed
    assert outcome.plan.changes[-1].cost == "data lost"
    assert model.writes == []


def test_where_there_are_no_backups_nothing_is_deleted() -> None:
    model = made(PROTECTED)
    model.unsupported.add("CreateBackup")
    outcome = remove(model)
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.UNSUPPORTED
    assert "Nothing was deleted; final_backup: false deletes without one" in str(outcome.error)
    assert not outcome.changed
    assert model.tables[NAME].described["DeletionProtectionEnabled"]
    assert written(model) == ["CreateBackup"]
    assert remove(model, backup="").error is None


def test_a_backup_that_is_not_ready_is_waited_for() -> None:
    model = AwsModel()
    run(model, table())
    assert remove(model).error is None
    assert ("ContinuousBackupsUnavailableException" in [code for code, text in model.refused]) is True
    assert NAME not in model.tables


def test_an_index_that_is_being_built_is_waited_for() -> None:
    model = made(table())
    run(model, only(global_indexes=[BY_CUSTOMER]), AT_ONCE)
    assert remove(model).error is None
    assert "ResourceInUseException" not in [code for code, text in model.refused]


def test_without_waiting_the_rest_is_told_and_done_by_later_runs() -> None:
    model = made(PROTECTED)
    first = remove(model, AT_ONCE)
    assert first.pending == (
        "backup last of Orders is CREATING",
        "turn deletion protection off: backup last of Orders is CREATING",
        "delete the table: backup last of Orders is CREATING",
    )
    second = remove(model, AT_ONCE, backup="")
    assert second.pending == ("Orders is DELETING",)
    third = remove(model, AT_ONCE, backup="")
    assert (third.changed, third.pending) == (False, ("Orders is DELETING",))
    model.sleep(10)
    assert remove(model, AT_ONCE, backup="").in_sync


def test_a_table_on_its_way_out_is_waited_for_without_a_call() -> None:
    model = made(table())
    remove(model, AT_ONCE, backup="")
    outcome = remove(model)
    assert (outcome.error, outcome.changed, outcome.in_sync) == (None, False, True)
    assert written(model) == ["DeleteTable"]
    assert NAME not in model.tables


@pytest.mark.parametrize("lives", [1, 2, 3])
def test_a_deletion_that_was_killed_is_finished_by_the_next(lives: int) -> None:
    model = made(PROTECTED)
    model.lives = lives
    with pytest.raises(Killed):
        remove(model)
    model.lives = None
    assert remove(model).error is None
    assert NAME not in model.tables


def test_a_table_that_somebody_else_deletes_meanwhile_is_gone_all_the_same() -> None:
    model = made(table())
    model.deny("DeleteTable", "ResourceInUseException", f"Attempt to change ...: Table is being deleted: {NAME}")
    assert remove(model, backup="").error is None
    assert NAME not in model.tables


def test_a_permission_that_is_missing_is_named() -> None:
    model = made(table())
    model.deny("DeleteTable", "AccessDeniedException", "not authorized")
    outcome = remove(model, Run(patience=Patience(seconds=5)), backup="")
    assert "Missing permission: dynamodb:DeleteTable" in str(outcome.error)
