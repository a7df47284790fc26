# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything AWS knows of tables, and the definition each would have."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.catalog import (
    CatalogEntry,
    has_tags,
    look_at,
    table_names,
)
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    BY_CUSTOMER,
    NAME,
    ON_DEMAND,
    made,
    run,
    table,
)

WHOLE = table(
    **ON_DEMAND,
    sort_key="placed_at",
    local_indexes=[{"name": "local-total", "sort_key": "total"}],
    global_indexes=[BY_CUSTOMER],
    ttl={"attribute": "expires"},
    pitr={"recovery_period_days": 7},
    tags={"Project": "orders"},
)


def look(model: AwsModel) -> CatalogEntry:
    entry = look_at(model.aws(), NAME)
    assert entry is not None
    return entry


def test_a_table_is_told_as_it_is_and_as_a_definition_that_changes_nothing() -> None:
    model = made(WHOLE)
    result = look(model).result()
    assert result["table"]["time_to_live"] == {"time_to_live_status": "ENABLED", "attribute_name": "expires"}
    assert result["table"]["tags"] == {"Project": "orders"}
    arguments = result["arguments"]
    assert arguments["attributes"] == {"order_id": "S", "customer_id": "S", "placed_at": "S", "total": "N"}
    assert arguments["pitr"] == {"enabled": True, "recovery_period_days": 7}
    assert run(model, arguments).in_sync
    other = AwsModel()
    assert run(other, arguments).error is None
    assert other.settings(NAME)["GlobalSecondaryIndexes"] == model.settings(NAME)["GlobalSecondaryIndexes"]


def test_what_cannot_be_read_makes_the_entry_poorer_and_is_named() -> None:
    model = made(WHOLE)
    model.deny("DescribeTimeToLive", "AccessDeniedException", "no")
    result = look(model).result()
    assert "Missing permission: dynamodb:DescribeTimeToLive" in result["unavailable"]["DescribeTimeToLive"]
    assert "UnknownOperationException" in result["unavailable"]["GetResourcePolicy"]
    assert "DescribeTableReplicaAutoScaling" not in result["unavailable"]
    assert "ttl" not in result["arguments"]
    assert "time_to_live" not in result["table"]
    assert "pitr" in result["arguments"]


def test_no_table_is_no_entry() -> None:
    assert look_at(AwsModel().aws(), NAME) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [({}, True), ({"Project": "orders"}, True), ({"Project": ""}, True), ({"Project": "x"}, False), ({"x": ""}, False)],
)
def test_tables_are_found_by_their_tags(wanted: dict[str, str], found: bool) -> None:
    assert has_tags(look(made(WHOLE)), wanted) is found


@pytest.mark.parametrize(("pattern", "names"), [("*", [NAME]), ("Ord*", [NAME]), ("ord*", []), ("Order?", [NAME])])
def test_tables_are_found_by_a_pattern(pattern: str, names: list[str]) -> None:
    assert table_names(made(WHOLE).aws(), pattern) == names
