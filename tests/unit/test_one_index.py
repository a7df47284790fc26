# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One global index of a table that may be someone else's: nothing else is wanted, shown or touched."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import TableSpec, parse_index, parse_no_index
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    ATTRIBUTES,
    BY_CUSTOMER,
    BY_TOTAL,
    NAME,
    PROVISIONED,
    UNITS,
    made,
    table,
    written,
)

NAME_RULE = "3 to 255 characters out of a-z, A-Z, 0-9, '_', '-' and '.'"


def apply(model: AwsModel, spec: TableSpec) -> Outcome:
    return converge(spec, model.aws(), Run())


def index(definition: dict[str, Any], **shared: Any) -> TableSpec:
    return parse_index(NAME, definition, {"attributes": ATTRIBUTES, **shared})


def test_an_index_comes_and_goes_and_the_others_stay() -> None:
    model = made(table(global_indexes=[BY_CUSTOMER]))
    assert apply(model, index(BY_TOTAL)).error is None
    assert apply(model, index(BY_TOTAL)).in_sync
    assert apply(model, parse_no_index(NAME, "by-total")).changed
    gone = apply(model, parse_no_index(NAME, "by-total"))
    assert gone.in_sync
    assert gone.plan.notes == ()
    assert written(model) == ["create by-total", "delete by-total"]
    assert set(model.operations) == {"DescribeTable", "UpdateTable"}


def test_throughput_of_one_index_needs_none_of_the_others() -> None:
    others = [{**each, "provisioned_throughput": UNITS} for each in (BY_CUSTOMER, BY_TOTAL)]
    model = made(table(**PROVISIONED, global_indexes=others))
    more = {"read_capacity_units": 6, "write_capacity_units": 6}
    assert apply(model, index({**BY_TOTAL, "provisioned_throughput": more})).error is None
    assert written(model) == ["update by-total ProvisionedThroughput"]


@pytest.mark.parametrize("spec", [index(BY_TOTAL), parse_no_index(NAME, "by-total")], ids=["present", "absent"])
def test_an_index_of_a_table_that_is_not_there(spec: TableSpec) -> None:
    outcome = apply(AwsModel(), spec)
    assert "the table Orders does not exist" in str(outcome.error)


@pytest.mark.parametrize(
    ("name", "definition", "problem"),
    [
        ("a", BY_TOTAL, f"table: 'a' is not a valid name: {NAME_RULE}"),
        (NAME, {**BY_TOTAL, "name": "i"}, f"name: 'i' is not a valid name: {NAME_RULE}"),
        (NAME, {**BY_TOTAL, "partition_key": "other"}, "partition_key: 'other' has no type in 'attributes'"),
        (NAME, {**BY_TOTAL, "sort_key": "total"}, "'total' is in its key more than once"),
    ],
)
def test_a_problem_has_the_path_of_the_module_s_own_option(name: str, definition: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_index(name, definition, {"attributes": ATTRIBUTES})
    assert caught.value.problems == (problem,)


def test_every_wrong_name_is_told_when_an_index_shall_go() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_no_index("a", "i")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["table", "name"]
