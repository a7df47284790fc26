# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 13 to 15: what an UpdateTable may combine, and what it does to the status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.aws_like.harness import INVALID, Aws, defined, gsi, says, units

STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
CREATE = {
    "AttributeDefinitions": defined("n"),
    "GlobalSecondaryIndexUpdates": [{"Create": gsi("by_n", "n")}],
}
SSE = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "one"}}
MORE_WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 20000}}


@pytest.mark.parametrize("body", [{}, {"AttributeDefinitions": defined("x")}])
def test_rule_13_nothing_to_do(aws: Aws, body: dict[str, Any]) -> None:
    text = (
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
    )
    aws.table()
    assert says(aws.update_refusal(**body), "ValidationException", text)


def test_rule_13_an_empty_list_of_index_changes(aws: Aws) -> None:
    aws.table()
    alone = aws.update_refusal(GlobalSecondaryIndexUpdates=[])
    assert "UpdateStreamEnabled, SSESpecification" in alone.message
    combined = aws.update_refusal(GlobalSecondaryIndexUpdates=[], BillingMode="PAY_PER_REQUEST")
    assert says(combined, "ValidationException", f"{INVALID}List of GlobalSecondaryIndexUpdates is empty")


ALONE = {
    "SSESpecification": "Server-Side Encryption modification must be the only operation in the request",
    "TableClass": "TableClass modification must be the only operation in the request",
    "DeletionProtectionEnabled": "DeletionProtection modification must be the only operation in the request",
    "WarmThroughput": "WarmThroughput must be the only operation in the request",
}
VALUES: dict[str, Any] = {
    "SSESpecification": {"Enabled": True},
    "TableClass": "STANDARD",
    "DeletionProtectionEnabled": True,
    "WarmThroughput": {"ReadUnitsPerSecond": 20000},
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.mark.parametrize("first", ALONE)
@pytest.mark.parametrize("second", VALUES)
def test_rule_14_what_must_be_alone_and_which_says_so(aws: Aws, first: str, second: str) -> None:
    if first == second:
        return
    order = list(VALUES)
    speaks = min(first, second, key=order.index)
    error = aws.update_refusal(**{first: VALUES[first], second: VALUES[second]})
    assert says(error, "ValidationException", INVALID + ALONE[speaks])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {**STREAM, "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
            "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
        ),
        (
            {**STREAM, "ProvisionedThroughput": units(1, 1)},
            "You cannot modify stream status while updating table IOPS",
        ),
        ({**STREAM, "BillingMode": "PROVISIONED"}, "You cannot modify stream status while updating table IOPS"),
        (
            {**CREATE, "ProvisionedThroughput": units(1, 1)},
            "You cannot create or delete index while updating table IOPS",
        ),
        ({**CREATE, **STREAM}, "You cannot create or delete index while changing stream status"),
        (
            {**CREATE, **MORE_WARM},
            "Create global secondary index cannot be specified when updating WarmThroughput",
        ),
    ],
)
def test_rule_14_forbidden_pairs(aws: Aws, body: dict[str, Any], text: str) -> None:
    assert says(aws.update_refusal(**body), "ValidationException", INVALID + text)


@pytest.mark.parametrize(
    "body",
    [
        {"BillingMode": "PAY_PER_REQUEST", **STREAM},
        {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        {"BillingMode": "PAY_PER_REQUEST", **CREATE},
    ],
)
def test_rule_14_what_may_be_combined(aws: Aws, body: dict[str, Any]) -> None:
    aws.table()
    assert aws.update(**body)["TableStatus"] == "UPDATING"


def test_rule_14_a_request_is_atomic(aws: Aws) -> None:
    aws.table()
    before = aws.shown()
    wrong = {"GlobalSecondaryIndexUpdates": [{"Create": gsi("by_n", "n")}], "AttributeDefinitions": []}
    assert aws.update_refusal(**wrong, BillingMode="PAY_PER_REQUEST").code == "ValidationException"
    assert aws.shown() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ProvisionedThroughput": units(20, 20)}, "UPDATING"),
        ({"BillingMode": "PAY_PER_REQUEST"}, "UPDATING"),
        (STREAM, "UPDATING"),
        ({"TableClass": "STANDARD_INFREQUENT_ACCESS"}, "UPDATING"),
        ({"DeletionProtectionEnabled": True}, "ACTIVE"),
        (SSE, "ACTIVE"),
        ({"WarmThroughput": {"ReadUnitsPerSecond": 20}}, "ACTIVE"),
    ],
)
def test_rule_15_which_changes_flip_the_table_status(aws: Aws, body: dict[str, Any], status: str) -> None:
    aws.provisioned()
    assert aws.update(**body)["TableStatus"] == status
    assert aws.status() == status
    aws.settle()
    assert aws.status() == "ACTIVE"


def test_rule_15_the_answer_shows_what_was(aws: Aws) -> None:
    aws.provisioned()
    assert aws.update(ProvisionedThroughput=units(20, 20))["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    aws.settle()
    assert aws.shown()["ProvisionedThroughput"]["ReadCapacityUnits"] == 20
    assert "TableClassSummary" not in aws.update(TableClass="STANDARD_INFREQUENT_ACCESS")
