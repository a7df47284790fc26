# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 16: what is refused while something else is going on, pair by pair."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws_like.errors import ServiceError
from tests.aws_like.forced_state import set_state
from tests.aws_like.inflight import ADMITTED_WHILE_UPDATING, MATRIX, Change
from tests.aws_like.table_state import UPDATING, Running
from tests.unit.aws_like.harness import IN_USE, LIMIT, REGION, Aws, arn, defined, gsi, says, units

ONE = f"{LIMIT}Only 1 online index can be created or deleted simultaneously per table"
# A change of each kind, of a PROVISIONED table with the indexes by_g and by_h.
CHANGES: dict[Change, dict[str, Any]] = {
    Change.IOPS: {"ProvisionedThroughput": units(20, 20)},
    Change.STREAM: {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
    Change.CLASS: {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    Change.ENCRYPTION: {"SSESpecification": {"Enabled": True}},
    Change.PROTECTION: {"DeletionProtectionEnabled": True},
    Change.ON_DEMAND: {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
    Change.WARM: {"WarmThroughput": {"ReadUnitsPerSecond": 50}},
    Change.INDEX_CREATE: {
        "AttributeDefinitions": defined("n"),
        "GlobalSecondaryIndexUpdates": [{"Create": gsi("by_n", "n", ProvisionedThroughput=units(1, 1))}],
    },
    Change.INDEX_DELETE: {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by_g"}}]},
    Change.INDEX_UPDATE: {
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by_g", "ProvisionedThroughput": units(9, 9)}}]
    },
}
OF_AN_INDEX = {Running.ALLOCATION, Running.BACKFILL, Running.INDEX_DELETE, Running.INDEX_UPDATE}
STARTED = [each for each in Running if each not in (Running.CREATE, Running.DELETE)]


@pytest.fixture
def busy(aws: Aws) -> Aws:
    indexes = [gsi(f"by_{name}", name, ProvisionedThroughput=units(10, 10)) for name in "gh"]
    aws.provisioned(AttributeDefinitions=defined("id", "g", "h"), GlobalSecondaryIndexes=indexes)
    return aws


def begin(aws: Aws, running: Running, index: str = "by_g") -> None:
    region = aws.world.region(REGION)
    state: dict[str, Any] = {"status": "UPDATING", "reason": running.value, "seconds": 30}
    if running in OF_AN_INDEX:
        state["index"] = index
    set_state(aws.world, region, region.tables["orders"], state)


def attempt(aws: Aws, change: Change) -> ServiceError | None:
    try:
        if change is Change.TABLE_DELETE:
            aws.call("DeleteTable", TableName="orders")
        else:
            aws.update(**CHANGES[change])
    except ServiceError as error:
        return error
    return None


@pytest.mark.parametrize("change", [*CHANGES, Change.TABLE_DELETE])
@pytest.mark.parametrize("running", STARTED)
def test_rule_16_every_pair_is_refused_or_admitted(busy: Aws, running: Running, change: Change) -> None:
    """The pairs that the matrix names are refused with its text, the others are done."""
    begin(busy, running)
    refusals = MATRIX.get((running, change), ())
    if change is Change.ON_DEMAND and not refusals:
        # The mode has to change with it here.
        refusals = MATRIX.get((running, Change.IOPS), ())
    error = attempt(busy, change)
    # The index that is created is another one than that which something is going on at.
    expected = [each for each in refusals if each.whose != ("same" if change is Change.INDEX_CREATE else "other")]
    if not expected:
        assert error is None
        return
    assert error is not None
    code = {"in_use": "ResourceInUseException", "limit": "LimitExceededException", "internal": "InternalServerError"}
    assert error.code in {code[each.code] for each in expected} | {"ResourceInUseException"}
    assert "{" not in error.message


@pytest.mark.parametrize("running", sorted(UPDATING))
@pytest.mark.parametrize("change", list(Change))
def test_rule_16_no_pair_is_forgotten_while_the_table_is_updating(running: Running, change: Change) -> None:
    """Stream changes leave indexes' throughput alone only where that was measured."""
    by_index = {Change.INDEX_UPDATE, Change.INDEX_DELETE, Change.INDEX_CREATE}
    known = (running, change) in MATRIX or (running, change) in ADMITTED_WHILE_UPDATING
    assert known or (running in OF_AN_INDEX and change in by_index)


@pytest.mark.parametrize(
    ("running", "change", "text"),
    [
        (Running.IOPS, Change.IOPS, "Table IOPS are currently being updated. Table: orders"),
        (
            Running.IOPS,
            Change.STREAM,
            "Can't enable or disable stream while table IOPS are being updated. Table: orders",
        ),
        (
            Running.IOPS,
            Change.INDEX_CREATE,
            "Can't create or delete indexes while table IOPS are being updated",
        ),
        (Running.IOPS, Change.TABLE_DELETE, "Table: orders is in the process of being updated."),
        (
            Running.STREAM,
            Change.IOPS,
            "Can't change table IOPS when stream status is being updated. Table: orders Stream:  Operation: ENABLE",
        ),
        (Running.STREAM, Change.TABLE_DELETE, "Cannot delete table while stream is being enabled/disabled."),
        (
            Running.CLASS,
            Change.CLASS,
            (
                "Can't update table class when a table class update is in progress. Table: orders "
                "TableClassUpdateInProgress: STANDARD"
            ),
        ),
        (Running.ENCRYPTION, Change.ENCRYPTION, "Server-Side Encryption is still being updated"),
        (Running.ENCRYPTION, Change.TABLE_DELETE, "Table: orders is in the process of being updated."),
        (
            Running.ALLOCATION,
            Change.IOPS,
            "Can't change table IOPS when an index is being created. Table: orders Indexes: [by_g]",
        ),
        (
            Running.ALLOCATION,
            Change.INDEX_DELETE,
            (
                "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the "
                "index is active. Table: orders Index: by_g"
            ),
        ),
        (
            Running.ALLOCATION,
            Change.INDEX_UPDATE,
            "Index is being created but is not backfilling yet.  Table: orders Index: by_g",
        ),
        (
            Running.BACKFILL,
            Change.TABLE_DELETE,
            "Cannot delete table while indexes are being created, updated, or deleted.",
        ),
        (
            Running.INDEX_DELETE,
            Change.IOPS,
            "Can't change table IOPS when an index is being deleted. Table: orders Indexes: [by_g]",
        ),
        (Running.INDEX_DELETE, Change.INDEX_DELETE, "Index is being deleted. Table: orders Index: by_g"),
        (Running.INDEX_UPDATE, Change.INDEX_UPDATE, "Index is being updated. Table: orders Index: by_g"),
        (Running.TAGS, Change.TABLE_DELETE, "Table tags are being updated: orders"),
        (Running.POLICY, Change.TABLE_DELETE, "Table: orders has a pending resource-based policy update."),
        (Running.WARM, Change.TABLE_DELETE, "Table: orders is in the process of being updated."),
    ],
)
def test_rule_16_texts(busy: Aws, running: Running, change: Change, text: str) -> None:
    begin(busy, running)
    error = attempt(busy, change)
    assert error is not None
    assert says(error, "ResourceInUseException", IN_USE + text)


@pytest.mark.parametrize("running", [Running.ALLOCATION, Running.BACKFILL, Running.INDEX_DELETE])
@pytest.mark.parametrize("change", [Change.INDEX_CREATE, Change.INDEX_DELETE])
def test_rule_16_one_index_at_a_time(busy: Aws, running: Running, change: Change) -> None:
    begin(busy, running, "by_h")
    error = attempt(busy, change)
    assert error is not None
    assert says(error, "LimitExceededException", ONE)


def test_rule_16_on_demand_limits_wait_for_the_billing_mode(aws: Aws) -> None:
    aws.table()
    aws.update(BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 1))
    text = f"{IN_USE}OnDemandThroughput cannot be updated while BillingMode update is in progress"
    refused = aws.update_refusal(OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert says(refused, "ResourceInUseException", text)


def test_rule_16_several_operations_run_side_by_side(aws: Aws) -> None:
    aws.table()
    aws.update(SSESpecification={"Enabled": True})
    aws.update(TableClass="STANDARD_INFREQUENT_ACCESS")
    aws.update(DeletionProtectionEnabled=True)
    assert (aws.status(), aws.shown()["SSEDescription"]["Status"]) == ("UPDATING", "UPDATING")
    aws.after(6)
    assert (aws.status(), aws.shown()["SSEDescription"]["Status"]) == ("ACTIVE", "UPDATING")
    aws.call("UpdateTimeToLive", **aws.ttl())
    aws.call("UpdateContinuousBackups", **aws.recovery())
    aws.tag(team="x")
    aws.call("PutResourcePolicy", ResourceArn=arn("orders"), Policy='{"Statement": [{"Effect": "Deny"}]}')


def test_rule_16_documented_refuses_every_update_while_updating() -> None:
    aws = Aws(profile="documented")
    aws.table()
    aws.update(StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    text = f"{IN_USE}Table: orders is in the process of being updated."
    assert says(aws.update_refusal(DeletionProtectionEnabled=True), "ResourceInUseException", text)
