# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules 17 and 18: throughput, billing mode, and their quotas."""

from __future__ import annotations

from typing import Any

from tests.aws_like.errors import long_date
from tests.unit.aws_like.harness import INVALID, LIMIT, Aws, defined, gsi, says, units


def test_rule_17_the_same_throughput(aws: Aws) -> None:
    aws.provisioned()
    text = (
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 10. Requested ReadCapacityUnits: 10. Current "
        "WriteCapacityUnits provisioned for the table: 10. Requested WriteCapacityUnits: 10. Refer to the Amazon "
        "DynamoDB Developer Guide for current limits and how to request higher limits."
    )
    assert says(aws.update_refusal(ProvisionedThroughput=units(10, 10)), "ValidationException", text)


def test_rule_17_four_decreases_a_day_then_one_an_hour_then_midnight(aws: Aws) -> None:
    aws.provisioned()
    for count, read in enumerate((9, 8, 7, 6)):
        answered = aws.update(ProvisionedThroughput=units(read, 10))
        assert answered["ProvisionedThroughput"]["NumberOfDecreasesToday"] == count
        aws.settle()
        assert aws.shown()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == count + 1
    last = aws.now - 2
    text = (
        f"{LIMIT}Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, "
        "each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of "
        f"decreases today: 4. Last decrease at {long_date(last)}. "
        f"Next decrease can be made at {long_date(last + 3600)}"
    )
    assert says(aws.update_refusal(ProvisionedThroughput=units(5, 10)), "LimitExceededException", text)
    mixed = aws.update_refusal(ProvisionedThroughput=units(5, 20))
    assert mixed.code == "LimitExceededException"
    aws.update(ProvisionedThroughput=units(6, 20))
    aws.settle()
    aws.after(3600)
    aws.update(ProvisionedThroughput=units(5, 20))
    aws.settle()
    assert aws.update_refusal(ProvisionedThroughput=units(4, 20)).code == "LimitExceededException"
    aws.after(12 * 3600)
    assert aws.shown()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    aws.update(ProvisionedThroughput=units(4, 20))


def test_rule_17_next_decrease_is_at_midnight_where_that_is_sooner(aws: Aws) -> None:
    aws.after(11.5 * 3600)
    aws.provisioned()
    for read in (9, 8, 7, 6):
        aws.update(ProvisionedThroughput=units(read, 10))
        aws.settle()
    assert "12:00:00 AM Coordinated Universal Time" in aws.update_refusal(ProvisionedThroughput=units(5, 10)).message


def test_rule_17_indexes_have_their_own_budget(aws: Aws) -> None:
    index = gsi("by_g", ProvisionedThroughput=units(10, 10))
    aws.provisioned(AttributeDefinitions=defined("id", "g"), GlobalSecondaryIndexes=[index])

    def change(read: int) -> dict[str, Any]:
        update = {"IndexName": "by_g", "ProvisionedThroughput": units(read, 10)}
        return {"GlobalSecondaryIndexUpdates": [{"Update": update}]}

    for read in (9, 8, 7, 6):
        aws.update(**change(read))
        assert aws.index("by_g")["IndexStatus"] == "UPDATING"
        assert aws.status() == "ACTIVE"
        aws.settle()
    assert aws.update_refusal(**change(5)).code == "LimitExceededException"
    both = aws.update_refusal(ProvisionedThroughput=units(5, 10), **change(5))
    assert both.code == "LimitExceededException"
    aws.update(ProvisionedThroughput=units(5, 10))
    same = aws.update_refusal(**change(6))
    assert same.code == "ResourceInUseException"
    aws.settle()
    assert aws.update_refusal(**change(6)).message.startswith(
        "The provisioned throughput for the index by_g will not change. "
    )


def test_rule_17_not_on_demand(aws: Aws) -> None:
    aws.table()
    text = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    assert says(aws.update_refusal(ProvisionedThroughput=units(1, 1)), "ValidationException", INVALID + text)


def test_rule_18_to_provisioned_needs_all_throughput(aws: Aws) -> None:
    aws.indexed()
    missing = aws.update_refusal(BillingMode="PROVISIONED")
    text = f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    assert says(missing, "ValidationException", text)
    body: dict[str, Any] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(4, 3)}
    missing = aws.update_refusal(**body)
    text = f"{INVALID}ProvisionedThroughput must be specified for index: by_g"
    assert says(missing, "ValidationException", text)
    update = {"Update": {"IndexName": "by_g", "ProvisionedThroughput": units(2, 1)}}
    aws.update(**body, GlobalSecondaryIndexUpdates=[update])
    aws.after(74)
    assert (aws.status(), aws.shown()["BillingModeSummary"]["BillingMode"]) == ("UPDATING", "PAY_PER_REQUEST")
    aws.after(2)
    shown = aws.shown()
    assert shown["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 4
    assert aws.index("by_g")["ProvisionedThroughput"]["WriteCapacityUnits"] == 1


def test_rule_18_to_on_demand_takes_long_once(aws: Aws) -> None:
    aws.provisioned()
    aws.update(BillingMode="PAY_PER_REQUEST")
    aws.after(129)
    assert "BillingModeSummary" not in aws.shown()
    aws.after(2)
    shown = aws.shown()
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["WarmThroughput"]["ReadUnitsPerSecond"] == 12000
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    aws.update(OnDemandThroughput={"MaxReadRequestUnits": 5})
    aws.update(BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 1))
    aws.settle()
    assert "OnDemandThroughput" not in aws.shown()
    aws.update(BillingMode="PAY_PER_REQUEST")
    aws.after(6)
    assert aws.status() == "ACTIVE"


def test_rule_18_four_switches_to_on_demand_a_day(aws: Aws) -> None:
    aws.provisioned()
    for _number in range(4):
        aws.update(BillingMode="PAY_PER_REQUEST")
        aws.settle()
        aws.update(BillingMode="PROVISIONED", ProvisionedThroughput=units(1, 1))
        aws.settle()
    fifth = aws.update_refusal(BillingMode="PAY_PER_REQUEST")
    assert fifth.code == "LimitExceededException"
    start = f"{LIMIT}Update to PayPerRequest mode are limited to 4 times in 1 day(s). Last update at "
    assert fifth.message.startswith(start)
    aws.after(86400)
    aws.update(BillingMode="PAY_PER_REQUEST")


def test_rule_18_the_same_mode_changes_nothing(aws: Aws) -> None:
    aws.table()
    assert aws.update(BillingMode="PAY_PER_REQUEST")["TableStatus"] == "UPDATING"
    assert aws.status() == "ACTIVE"
