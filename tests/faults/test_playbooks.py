# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of ansible-playbook through the faults: what a person sees."""

from __future__ import annotations

from tests.faults.playbooks import THREE, Playbooks, strike
from tests.faults.scenarios import backups
from tests.faults.strikes import ENDLESS
from tests.integration import auditflow, harness


def check_provisioned(where: harness.Target) -> None:
    key = auditflow.key_arn(where)
    for table in auditflow.TABLES:
        assert auditflow.settings(where, table) == auditflow.expected(table, key)


def test_lost_answers_are_taken_as_done(playbooks: Playbooks) -> None:
    run = playbooks.run(
        "provision",
        strike("CreateTable", "lost, reset", THREE),
        strike("UpdateTimeToLive", "lost, 503", THREE),
        strike("UpdateContinuousBackups", "cut short", THREE),
        strike("DescribeTable", "throttled", THREE),
        strike("ListTagsOfResource", "503 empty", THREE),
    )
    assert run.code == 0, run.output
    assert "changed=0" not in run.output
    check_provisioned(playbooks.direct)
    created = [table for operation, table in run.calls.writes if operation == "CreateTable"]
    assert sorted(created) == sorted(auditflow.TABLES), "none was asked for twice"
    again = playbooks.run("provision")
    assert (again.code, again.changed, again.calls.writes) == (0, [], [])

    teardown = {"confirm": ",".join(auditflow.TABLES)}
    gone = playbooks.run(
        "teardown",
        strike("CreateBackup", "lost, reset", THREE),
        strike("UpdateTable", "broken off", THREE),
        strike("DeleteTable", "lost, 503", THREE),
        extra=teardown,
    )
    assert gone.code == 0, gone.output
    assert playbooks.direct.client().list_tables()["TableNames"] == []
    assert [len(backups(playbooks.direct, table)) for table in auditflow.TABLES] == [1, 1]


def test_an_endless_fault_is_told_once_and_the_next_run_goes_on(playbooks: Playbooks) -> None:
    short = {"tables_wait_timeout": 5}
    run = playbooks.run("provision", strike("UpdateTimeToLive", "503", ENDLESS), extra=short)
    assert run.code == 2, run.output
    for table in auditflow.TABLES:
        (line,) = [line for line in run.failure.splitlines() if line.startswith(f"- {table}: ")]
        assert f"UpdateTimeToLive of {table}: ServiceUnavailable: Service is unavailable. Tried " in line
        assert "AWS is overloaded or wants fewer calls: run it again. Changes made before stay." in line
    again = playbooks.run("provision")
    assert again.code == 0, again.output
    left = {("UpdateTimeToLive", table) for table in auditflow.TABLES}
    assert set(again.calls.of("dynamodb").writes) == left
    check_provisioned(playbooks.direct)


def test_nobody_reads_answers_that_are_cut_off(playbooks: Playbooks) -> None:
    run = playbooks.run("verify", strike("DescribeTable", "cut short", ENDLESS))
    assert run.code == 2, run.output
    assert "DescribeTable of AuditFlow-Documents: CutAnswerError: the answer is not whole after" in run.failure
    assert "check the endpoint and the way" in run.failure
