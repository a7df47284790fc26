# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes whose answer is lost after AWS did them, by a service that takes its time: they are taken as done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge, delete
from ansible_collections.auditflow.dynamodb.plugins.module_utils.deletion import Deletion, was_backed_up
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    AT_ONCE,
    BY_CUSTOMER,
    BY_TOTAL,
    NAME,
    PROVISIONED,
    TTL_INTERVAL,
    TWO_HOURS,
    forget,
    run,
    table,
)

TIMEOUT = ReadTimeoutError(endpoint_url="http://127.0.0.1:1")
SERVER_ERROR = ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "")
NOTHING_THERE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
BEFORE = table(
    global_indexes=[BY_CUSTOMER],
    ttl={"attribute": "ends"},
    stream={"view_type": "KEYS_ONLY"},
    tags={"a": "1", "b": "2"},
)
AFTER = table(
    global_indexes=[BY_TOTAL],
    purge_indexes=True,
    ttl={"enabled": False},
    pitr={},
    stream={"view_type": "NEW_IMAGE"},
    encryption={"type": "KMS"},
    deletion_protection=True,
    table_class="STANDARD_INFREQUENT_ACCESS",
    tags={"a": "3"},
    purge_tags=True,
)


class Lossy(AwsModel):
    """Loses answers of writes. lose: how many of each. instead: what comes. done: whether AWS did it all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.lose: dict[str, int] = {}
        self.instead: Exception = TIMEOUT
        self.done = True

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if not self.lose.get(operation):
            return super().call(service, operation, arguments)
        self.lose[operation] -= 1
        if self.done:
            super().call(service, operation, arguments)
        else:
            self.calls.append((operation, arguments))
        raise self.instead


def made() -> Lossy:
    model = Lossy()
    assert run(model, BEFORE).error is None
    model.sleep(TWO_HOURS)
    forget(model)
    return model


def check_all_is_well(model: Lossy, outcome: Outcome, definition: dict[str, Any]) -> None:
    assert outcome.error is None, outcome.error
    assert outcome.changed
    assert (outcome.pending, outcome.warnings) == ((), ())
    assert outcome.plan.steps
    model.sleep(TWO_HOURS)
    forget(model)
    again = run(model, definition)
    assert (again.changed, again.in_sync, model.writes) == (False, True, [])


@pytest.mark.parametrize("instead", [TIMEOUT, SERVER_ERROR], ids=["timeout", "500"])
@pytest.mark.parametrize("times", [1, 100], ids=["once", "always"])
def test_a_table_that_was_created_all_the_same(instead: Exception, times: int) -> None:
    model = Lossy()
    model.instead = instead
    model.lose = {"CreateTable": times, "UpdateContinuousBackups": times}
    # A step whose answer was lost is looked for, also where what was done is not read back.
    outcome = run(model, AFTER, Run(read_back=False))
    check_all_is_well(model, outcome, AFTER)


@pytest.mark.parametrize("instead", [TIMEOUT, SERVER_ERROR], ids=["timeout", "500"])
@pytest.mark.parametrize(
    "operation", ["UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource", "UntagResource"]
)
@pytest.mark.parametrize("times", [1, 100], ids=["once", "always"])
def test_a_change_that_was_made_all_the_same(operation: str, instead: Exception, times: int) -> None:
    model = made()
    model.instead = instead
    model.lose = {operation: times}
    check_all_is_well(model, run(model, AFTER), AFTER)


def test_throughput_and_mode_that_were_set_all_the_same() -> None:
    definition = table(
        **PROVISIONED, global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": PROVISIONED["provisioned_throughput"]}]
    )
    model = made()
    model.lose = {"UpdateTable": 100}
    check_all_is_well(model, run(model, definition), definition)


@pytest.mark.parametrize("times", [1, 100], ids=["once", "always"])
def test_one_backup_and_a_table_that_is_gone(times: int) -> None:
    model = made()
    run(model, table(deletion_protection=True))
    model.sleep(TWO_HOURS)
    forget(model)
    model.lose = dict.fromkeys(("CreateBackup", "UpdateTable", "DeleteTable"), times)
    outcome = delete(Deletion(NAME, allowed=True, backup="last"), model.aws(), Run())
    assert outcome.error is None, outcome.error
    assert outcome.changed
    assert NAME not in model.tables
    assert [backup["BackupName"] for backup in model.backups] == ["last"]
    assert [operation for operation, _arguments in model.writes] == ["CreateBackup", "UpdateTable", "DeleteTable"]


def test_an_older_backup_of_that_name_is_not_the_final_one() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    backup = {"BackupName": "last", "BackupCreationDateTime": began - timedelta(hours=1)}
    deletion = Deletion(NAME, backup="last")
    assert not was_backed_up(deletion, {"BackupSummaries": [backup]}, began)
    assert was_backed_up(deletion, {"BackupSummaries": [{**backup, "BackupCreationDateTime": began}]}, began)
    assert not was_backed_up(deletion, None, began)


@pytest.mark.parametrize(("instead", "calls"), [(TIMEOUT, 3), (SERVER_ERROR, 8), (NOTHING_THERE, 3)])
def test_what_never_comes_through_is_told_with_the_call_in_bounded_time(instead: Exception, calls: int) -> None:
    model = made()
    model.instead, model.done, model.lose = instead, False, {"UpdateContinuousBackups": 1000}
    began = model.time
    outcome = converge(parse_table(table(pitr={})), model.aws(), Run())
    assert isinstance(outcome.error, AwsError)
    assert not outcome.changed
    assert f"UpdateContinuousBackups of {NAME}: " in str(outcome.error)
    assert "Tried " in str(outcome.error)
    assert calls <= len(model.writes) <= 1000
    assert model.time - began < 2 * 3600
    model.lose = {}
    assert run(model, table(pitr={})).changed


def test_ttl_that_was_turned_off_is_no_quota_that_is_spent() -> None:
    """A second call would be refused for an hour."""
    model = made()
    model.lose = {"UpdateTimeToLive": 1}
    outcome = run(model, table(ttl={"enabled": False}))
    assert outcome.error is None
    assert outcome.changed
    assert not any(TTL_INTERVAL in text for _code, text in model.refused)


IN_USE = "Attempt to change a resource which is still in use: Table is being updated: Orders"


@pytest.mark.parametrize(
    ("operation", "definition", "wait", "again"),
    [
        ("UpdateTable", {"stream": {"view_type": "NEW_IMAGE"}}, False, ("ResourceInUseException", IN_USE)),
        ("UpdateContinuousBackups", {"pitr": {}}, False, ("ThrottlingException", "Rate exceeded")),
        ("UpdateTimeToLive", {"ttl": {"attribute": "ends"}}, False, ("ValidationException", TTL_INTERVAL)),
        ("UpdateTimeToLive", {"ttl": {"attribute": "ends"}}, True, ("ValidationException", TTL_INTERVAL)),
    ],
    ids=["busy", "throttled", "spent", "spent, waiting"],
)
def test_a_lost_change_that_does_not_show_yet_is_pending_and_changed(
    operation: str, definition: dict[str, Any], wait: bool, again: tuple[str, str]
) -> None:
    """Reads lag behind, and the second call is refused because of the first."""
    model = Lossy()
    assert run(model, table()).error is None
    model.sleep(TWO_HOURS)
    forget(model)
    model.lose, model.done = {operation: 1}, False
    for _unused in range(20):
        model.deny(operation, *again)
    outcome = run(model, table(**definition), Run(patience=Patience(wait, 30)))
    assert outcome.error is None, outcome.error
    assert outcome.changed
    (pending,) = outcome.pending
    assert f"{again[0]}: {again[1]} " in pending
    assert "AWS may have done it at an earlier attempt, which it did not answer." in pending


def test_a_change_that_is_only_refused_is_pending_and_nothing_changed() -> None:
    model = made()
    for _unused in range(3):
        model.deny("UpdateContinuousBackups", "ThrottlingException", "Rate exceeded")
    outcome = run(model, table(pitr={}), AT_ONCE)
    assert (outcome.error, outcome.changed) == (None, False)
    assert outcome.pending
    assert "earlier attempt" not in outcome.pending[0]


def test_the_write_is_told_when_nothing_can_be_read_after_it() -> None:
    model = made()
    model.done, model.lose = False, {"UpdateContinuousBackups": 1}

    def cut_off(operation: str) -> None:
        if model.writes and operation.startswith("Describe"):
            raise NOTHING_THERE

    model.watch = cut_off
    outcome = run(model, table(pitr={}))
    assert isinstance(outcome.error, AwsError)
    assert outcome.error.kind is Kind.UNREACHABLE
    assert str(outcome.error).startswith(f"UpdateContinuousBackups of {NAME}: ReadTimeoutError: ")
    assert f"Whether it was done could not be read (DescribeTable of {NAME}: EndpointConnectionError)." in str(
        outcome.error
    )


def test_a_wait_outlasts_a_network_that_is_down() -> None:
    model = Lossy()
    down_until = model.time + 60

    def cut_off(operation: str) -> None:
        if model.writes and model.time < down_until:
            raise NOTHING_THERE

    model.watch = cut_off
    outcome = run(model, table(pitr={}))
    assert outcome.error is None
    assert outcome.changed
