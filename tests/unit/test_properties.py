# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for every right definition, on a service that refuses what AWS refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.catalog import definition, look_at
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge, observe
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import plan_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel, Killed, key_arn
from ansible_collections.auditflow.dynamodb.tests.unit.strategies import (
    ALIAS,
    TABLE,
    Definition,
    definitions,
    pairs,
    partial_pairs,
)

# Reading a table that is not there is how one learns it; no reading tells beforehand that AWS has no backups yet.
IN_ORDER = ("ResourceNotFoundException", "ContinuousBackupsUnavailableException")
TTL_INTERVAL = "Time to live has been modified multiple times within a fixed interval"
TWO_HOURS = 7200


def new_model() -> AwsModel:
    model = AwsModel()
    model.aliases[ALIAS] = key_arn("one")
    return model


def run(model: AwsModel, wanted: Definition, check: bool = False) -> Outcome:
    return converge(parse_table(wanted), model.aws(), Run(check=check))


def finish(model: AwsModel, wanted: Definition) -> None:
    """Runs until nothing is left; only a TTL rename needs more than one run."""
    for _unused in range(3):
        outcome = run(model, wanted)
        assert outcome.error is None
        assert all(TTL_INTERVAL in pending for pending in outcome.pending), outcome.pending
        assert outcome.warnings == ()
        if not outcome.pending:
            return
        model.sleep(TWO_HOURS)
    pytest.fail(f"never done: {outcome.pending}")


def start(model: AwsModel, wanted: Definition) -> None:
    finish(model, wanted)
    # A table is rarely changed in the hour in which it was made.
    model.sleep(TWO_HOURS)
    forget(model)


def forget(model: AwsModel) -> None:
    model.calls.clear()
    model.refused.clear()


def assert_silent(model: AwsModel, wanted: Definition) -> None:
    forget(model)
    outcome = run(model, wanted)
    assert outcome.in_sync, outcome.plan
    assert not outcome.changed
    assert model.writes == []
    assert all(row.in_sync for row in outcome.plan.rows), outcome.plan.rows


@given(definitions())
def test_the_definition_read_back_from_a_table_plans_nothing(wanted: Definition) -> None:
    model = new_model()
    start(model, wanted)
    entry = look_at(model.aws(), TABLE)
    assert entry is not None
    spec = parse_table(definition(entry.state))
    plan = plan_table(spec, observe(spec, model.aws()))
    note(str(definition(entry.state)))
    assert (plan.steps, plan.refusals) == ((), ())
    assert plan.before == plan.after


@given(definitions())
def test_a_new_table_needs_nothing_more(wanted: Definition) -> None:
    model = new_model()
    outcome = run(model, wanted)
    assert outcome.error is None
    assert [refused for refused in model.refused if refused[0] not in IN_ORDER] == []
    assert model.operations.count("CreateTable") == 1
    assert_silent(model, wanted)


@given(pairs())
def test_any_table_becomes_any_other_with_the_same_key(pair: tuple[Definition, Definition]) -> None:
    model = new_model()
    start(model, pair[0])
    finish(model, pair[1])
    assert [refused for refused in model.refused if refused[1] != TTL_INTERVAL] == []
    model.sleep(TWO_HOURS)
    assert_silent(model, pair[1])


@given(pairs())
def test_check_mode_writes_nothing_and_plans_what_apply_does(pair: tuple[Definition, Definition]) -> None:
    model = new_model()
    for wanted in pair:
        planned = run(model, wanted, check=True)
        assert model.writes == []
        assert planned.error is None
        applied = run(model, wanted)
        assert applied.plan == planned.plan
        assert planned.changed == applied.changed
        taken = [call for call in model.writes if call[0] != "UpdateContinuousBackups"]
        steps = [step for step in planned.plan.steps if step.operation != "UpdateContinuousBackups"]
        assert sorted(map(str, taken)) == sorted(str((step.operation, step.arguments)) for step in steps)
        finish(model, wanted)
        model.sleep(TWO_HOURS)
        forget(model)


@given(pairs(), st.data())
def test_a_run_that_was_killed_is_finished_by_the_next(pair: tuple[Definition, Definition], data: Any) -> None:
    model = new_model()
    start(model, pair[0])
    steps = len(run(model, pair[1], check=True).plan.steps)
    model.lives = data.draw(st.integers(1, max(1, steps)))
    try:
        run(model, pair[1])
    except Killed:
        note(f"killed after {model.writes[-1]}")
    model.lives = None
    finish(model, pair[1])
    model.sleep(TWO_HOURS)
    assert_silent(model, pair[1])


READ_BY = {"ttl": "DescribeTimeToLive", "pitr": "DescribeContinuousBackups", "tags": "ListTagsOfResource"}
SHOWN_AS = {
    "deletion_protection": "DeletionProtectionEnabled",
    "encryption": "SSEDescription",
    "stream": "StreamSpecification",
    "table_class": "TableClassSummary",
    "warm_throughput": "WarmThroughput",
}


@given(partial_pairs())
def test_what_is_not_given_is_neither_read_nor_touched(pair: tuple[Definition, Definition]) -> None:
    model = new_model()
    whole, partial = pair
    start(model, whole)
    before = model.settings(TABLE)
    finish(model, partial)
    managed = {SHOWN_AS.get(option, option) for option in partial}
    after = model.settings(TABLE)
    assert {name: before[name] for name in set(before) - managed} == {
        name: after[name] for name in set(after) - managed
    }
    reads = {READ_BY[option] for option in partial if option in READ_BY}
    assert {operation for operation in model.operations if operation in READ_BY.values()} == reads
    if set(partial) <= {"name", "ttl", "pitr"}:
        assert "DescribeTable" not in model.operations
