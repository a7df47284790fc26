# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observing, planning and applying together: resuming, not waiting, tables that move, and answers that fail."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import MAX_ROUNDS, Run
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import (
    AwsError,
    Kind,
    StuckError,
    WaitTimeoutError,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.text import settings_lines, summary_lines
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, key_arn
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    AT_ONCE,
    BY_CUSTOMER,
    BY_TOTAL,
    CHECK,
    NAME,
    ON_DEMAND,
    PROVISIONED,
    TTL_INTERVAL,
    TWO_HOURS,
    forget,
    made,
    only,
    run,
    table,
    written,
)

RENAMED = only(ttl={"attribute": "gone_at"})


def test_a_ttl_rename_is_two_changes_with_an_hour_between_them() -> None:
    model = made(table(ttl={"attribute": "expires"}))
    first = run(model, RENAMED)
    assert first.error is None
    assert first.changed
    (pending,) = first.pending
    assert pending.startswith("turn TTL on for gone_at: ValidationException: ")
    assert TTL_INTERVAL in pending
    assert model.tables[NAME].ttl == ""
    again = run(model, RENAMED)
    assert (again.error, again.changed, len(again.pending)) == (None, False, 1)
    assert not again.in_sync
    model.sleep(TWO_HOURS)
    assert run(model, RENAMED).changed
    assert model.tables[NAME].ttl == "gone_at"
    assert run(model, RENAMED).in_sync


def test_switching_ttl_off_within_the_hour_fails_because_items_go_on_being_deleted() -> None:
    model = AwsModel()
    run(model, table(ttl={"attribute": "expires"}))
    outcome = run(model, only(ttl={"enabled": False}))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.LATER
    assert "run it again in an hour" in str(outcome.error)


def test_a_new_table_without_waiting_is_finished_by_later_runs() -> None:
    model = AwsModel()
    wanted = table(ttl={"attribute": "expires"}, pitr={}, tags={"Project": "orders"})
    first = run(model, wanted, AT_ONCE)
    assert first.error is None
    assert first.changed
    assert first.pending == (
        "Orders is CREATING",
        "turn TTL on for expires: Orders is CREATING",
        "set point-in-time recovery to 35 days: Orders is CREATING",
    )
    second = run(model, wanted, AT_ONCE)
    assert (second.error, second.changed) == (None, False)
    assert "keys: Orders is CREATING" in second.pending
    model.sleep(6)
    third = run(model, wanted, AT_ONCE)
    assert third.changed
    assert len(third.pending) == 1
    assert "Backups are being enabled" in third.pending[0]
    model.sleep(10)
    assert run(model, wanted, AT_ONCE).changed
    assert run(model, wanted, AT_ONCE).in_sync


def test_indexes_without_waiting_are_built_one_a_run() -> None:
    model = made(table())
    wanted = only(global_indexes=[BY_CUSTOMER, BY_TOTAL])
    first = run(model, wanted, AT_ONCE)
    assert written(model) == ["create by-customer"]
    assert first.pending == (
        "index by-customer of Orders is CREATING",
        "create index by-total: index by-customer of Orders is CREATING",
    )
    model.sleep(10)
    second = run(model, wanted, AT_ONCE)
    assert second.error is None
    assert second.pending == (
        "create index by-total: one index at a time on Orders: by-customer is CREATING, backfilling",
    )
    model.sleep(60)
    run(model, wanted, AT_ONCE)
    assert written(model) == ["create by-customer", "create by-total"]
    forget(model)
    settled = run(model, wanted)
    assert (settled.error, settled.pending, model.writes) == (None, (), [])
    assert settled.in_sync


def test_what_is_under_way_is_waited_for_and_is_no_change() -> None:
    model = made(table())
    wanted = only(global_indexes=[BY_CUSTOMER])
    run(model, wanted, AT_ONCE)
    model.sleep(10)
    checked = run(model, wanted, CHECK)
    assert checked.pending == ("index by-customer of Orders is CREATING, backfilling",)
    outcome = run(model, wanted)
    assert (outcome.changed, outcome.in_sync) == (False, True)
    assert outcome.state.table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"


def test_a_table_that_is_being_deleted_is_made_anew_once_it_is_gone() -> None:
    model = made(table())
    model.call("dynamodb", "DeleteTable", {"TableName": NAME})
    outcome = run(model, table(ttl={"attribute": "expires"}))
    assert outcome.error is None
    assert written(model) == ["DeleteTable", "CreateTable", "UpdateTimeToLive"]


def test_a_table_that_somebody_else_makes_meanwhile_is_read_again() -> None:
    model = made(table())
    hidden = model.tables.pop(NAME)
    model.deny("CreateTable", "ResourceInUseException", f"Table already exists: {NAME}")

    def appear(operation: str) -> None:
        if operation == "CreateTable":
            model.tables[NAME] = hidden

    model.watch = appear
    outcome = run(model, table(deletion_protection=True))
    assert outcome.error is None
    assert written(model) == ["CreateTable", "DeletionProtectionEnabled"]


def test_a_table_that_was_not_there_a_moment_ago_is_created_without_looking_again() -> None:
    model = AwsModel()
    outcome = run(model, table(), Run(missing=frozenset({NAME})))
    assert (outcome.error, outcome.changed, outcome.verified) == (None, True, True)
    assert model.operations.index("CreateTable") < model.operations.index("DescribeTable")


def test_a_table_that_is_there_though_it_was_not_a_moment_ago_is_compared() -> None:
    model = made(table())
    model.deny("CreateTable", "ResourceInUseException", f"Table already exists: {NAME}")
    outcome = run(model, table(deletion_protection=True), Run(missing=frozenset({NAME, "another"})))
    assert (outcome.error, outcome.verified) == (None, True)
    assert [step.operation for step in outcome.plan.steps] == ["UpdateTable"]
    assert written(model) == ["CreateTable", "DeletionProtectionEnabled"]
    model = made(table())
    assert run(model, table(), Run(missing=frozenset({"another"}))).in_sync
    assert "CreateTable" not in model.operations


def test_a_table_that_never_stops_moving_is_given_up() -> None:
    model = made(table())
    for _unused in range(MAX_ROUNDS):
        model.deny("UpdateTable", "ValidationException", "The table will not change. The requested value equals")
    outcome = run(model, only(deletion_protection=True))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.MOVED
    assert len(model.writes) == MAX_ROUNDS


def test_busy_is_tried_again_until_patience_ends() -> None:
    model = made(table())
    model.deny("UpdateTable", "LimitExceededException", "Only 1 online index can be created or deleted simultaneously")
    assert run(model, only(deletion_protection=True)).error is None
    for _unused in range(100):
        model.deny("UpdateTable", "ThrottlingException", "Rate exceeded")
    outcome = run(model, only(deletion_protection=False), Run(patience=Patience(seconds=30)))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.BUSY


def test_one_setting_fails_and_the_others_are_done() -> None:
    model = made(table())
    model.deny(
        "UpdateTimeToLive", "AccessDeniedException", "User is not authorized to perform: dynamodb:UpdateTimeToLive"
    )
    outcome = run(model, only(ttl={"attribute": "expires"}, pitr={}, tags={"a": "b"}, deletion_protection=True))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.DENIED
    assert "Missing permission: dynamodb:UpdateTimeToLive" in str(outcome.error)
    assert outcome.changed
    settings = model.settings(NAME)
    assert (settings["pitr"], settings["tags"], settings["DeletionProtectionEnabled"]) == (35, {"a": "b"}, True)


def test_a_failure_stops_its_own_lane() -> None:
    model = made(table(**ON_DEMAND))
    model.deny("UpdateTable", "LimitExceededException", "Updates to TableClass are limited to 2 times in 30 day(s).")
    outcome = run(model, only(table_class="STANDARD_INFREQUENT_ACCESS", stream={"view_type": "NEW_IMAGE"}))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.LATER
    assert outcome.pending == ("turn the stream on with NEW_IMAGE",)
    assert written(model) == ["TableClass"]


def test_a_setting_that_what_answers_does_not_know_is_an_error_only_when_it_is_managed() -> None:
    model = made(table(ttl={"attribute": "expires"}))
    model.unsupported.add("DescribeContinuousBackups")
    assert run(model, table(ttl={"attribute": "expires"})).in_sync
    outcome = run(model, only(pitr={}))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.UNSUPPORTED
    assert "Leave the setting out" in str(outcome.error)


def test_what_was_taken_and_does_not_show_is_warned_of() -> None:
    model = made(table())
    model.forgets.add("UpdateTimeToLive")
    outcome = run(model, only(ttl={"attribute": "expires"}))
    assert outcome.error is None
    (warning,) = outcome.warnings
    assert warning.startswith("ttl of Orders was set and still shows off -> expires")


@pytest.mark.parametrize("status", ["INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED"])
def test_a_table_whose_key_is_lost_is_not_waited_for(status: str) -> None:
    model = made(table())
    model.tables[NAME].described["TableStatus"] = status
    outcome = run(model, only(deletion_protection=True))
    assert isinstance(outcome.error, StuckError)
    assert f"Orders is {status}: its KMS key" in str(outcome.error)
    assert model.writes == []


def test_a_table_that_stays_updating_is_waited_for_so_long_and_no_longer() -> None:
    model = made(table())
    model.tables[NAME].described["TableStatus"] = "UPDATING"
    outcome = run(model, only(deletion_protection=True), Run(patience=Patience(seconds=90)))
    assert isinstance(outcome.error, WaitTimeoutError)
    assert str(outcome.error).startswith("after 90 seconds Orders is UPDATING. Nothing is lost: run it again")
    blocked = run(model, only(deletion_protection=True, tags={"a": "b"}), AT_ONCE)
    assert blocked.pending == ("the new tags of Orders do not show yet", "deletion_protection: Orders is UPDATING")
    assert written(model) == ["TagResource"]


def test_a_key_that_is_known_by_its_alias_is_not_set_twice() -> None:
    model = AwsModel()
    model.aliases["alias/orders"] = key_arn("one")
    run(model, table(encryption={"key": "alias/orders"}))
    forget(model)
    for key in ("alias/orders", key_arn("one")):
        assert run(model, only(encryption={"key": key})).in_sync
    model.sleep(TWO_HOURS)
    assert run(model, only(encryption={"type": "KMS"})).error is None
    ((_operation, arguments),) = model.writes
    assert arguments["SSESpecification"] == {"Enabled": True, "SSEType": "KMS"}


def test_only_what_is_managed_is_read() -> None:
    model = made(table(**PROVISIONED))
    for wanted, reads in (
        (only(ttl={"enabled": False}), {"DescribeTimeToLive"}),
        (only(pitr={"enabled": False}), {"DescribeContinuousBackups"}),
        (only(tags={}), {"DescribeTable", "ListTagsOfResource"}),
        (only(deletion_protection=False), {"DescribeTable"}),
        (only(encryption={"type": "AWS_OWNED"}), {"DescribeTable"}),
        (only(), set()),
    ):
        forget(model)
        assert run(model, wanted).in_sync
        assert set(model.operations) == reads


AFTER_CREATION = {"DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource"}


class Together(AwsModel):
    """Answers what is read once a new table has its settings only when all of it is being asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.together = threading.Barrier(len(AFTER_CREATION))

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if {"UpdateTimeToLive", "UpdateContinuousBackups"} <= set(self.operations) and operation in AFTER_CREATION:
            self.together.wait(10)
        return super().call(service, operation, arguments)


def create(model: AwsModel) -> list[str]:
    """The reads after the last write of a creation."""
    outcome = run(model, table(ttl={"attribute": "expires"}, pitr={}, tags={"a": "1"}))
    assert outcome.error is None
    assert outcome.verified
    last = max(position for position, operation in enumerate(model.operations) if operation.startswith("Update"))
    return model.operations[last + 1 :]


def test_what_was_done_is_read_back_once_and_side_by_side() -> None:
    assert sorted(create(Together())) == sorted(AFTER_CREATION)


def test_what_cannot_be_read_back_yet_is_read_by_the_status_of_the_table() -> None:
    model = AwsModel()
    model.deny(
        "DescribeTimeToLive", "ValidationException", "Cannot describe time to live while table is in CREATING state"
    )
    assert len(create(model)) == 2 * len(AFTER_CREATION)


def test_what_was_changed_is_read_again_only_where_that_is_asked_for() -> None:
    definition = table(ttl={"attribute": "expires"}, tags={"a": "1"})
    model = AwsModel()
    told = run(model, definition, Run(read_back=False))
    assert (told.error, told.changed, told.unread, told.verified) == (None, True, True, False)
    assert not {"DescribeTimeToLive", "ListTagsOfResource"} & set(model.operations)
    assert settings_lines(told, "r") == summary_lines(told, "r") == [f"{NAME} (r): changed, not read back"]
    again = run(model, definition, Run(read_back=False))
    assert (again.changed, again.unread, again.verified) == (False, False, True)

    model = AwsModel()
    read = run(model, definition)
    assert (read.changed, read.unread, read.verified) == (True, False, True)
    assert settings_lines(read, "r")[0].endswith("settings are as defined")


def test_what_does_not_show_is_not_verified() -> None:
    model = made(table())
    model.forgets.add("UpdateTimeToLive")
    outcome = run(model, only(ttl={"attribute": "expires"}))
    assert (outcome.changed, outcome.verified) == (True, False)
    assert settings_lines(outcome, "r")[0].endswith("0 of 1 settings are as defined")
