# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501 - the texts stand as wide as a terminal shows them
"""Plans, verifications and summaries as people read them, word for word, and results as programs do."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome
from ansible_collections.auditflow.dynamodb.plugins.module_utils.report import report
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.running import (
    AT_ONCE,
    BY_CUSTOMER,
    BY_TOTAL,
    CHECK,
    MORE_UNITS,
    NAME,
    ON_DEMAND,
    PROVISIONED,
    UNITS,
    made,
    only,
    run,
    table,
)

REGION = "ap-south-1"
WHOLE = table(
    **ON_DEMAND,
    global_indexes=[BY_CUSTOMER],
    encryption={},
    ttl={"attribute": "expires"},
    pitr={},
    deletion_protection=True,
    tags={"Project": "orders"},
)


def text(outcome: Outcome, kind: str = "plan_text") -> str:
    shown: str = report(outcome, REGION)[kind]
    return shown


def lines(golden: str) -> str:
    return dedent(golden).strip("\n")


def test_a_table_to_be_created() -> None:
    assert text(run(AwsModel(), WHOLE, CHECK)) == lines("""
        Orders (ap-south-1): to be created
          +  table       Orders
          +  keys        partition key order_id (S)
          +  billing     PAY_PER_REQUEST
          +  index       by-customer                 partition key customer_id, sort key placed_at, ALL
          +  encryption  KMS alias/aws/dynamodb
          +  protection  on
          +  tags        Project=orders
          ~  ttl         off -> expires              settles within the hour
          ~  pitr        off -> 35 days
        """)


def test_changes_of_every_kind() -> None:
    model = made(table(**ON_DEMAND, global_indexes=[BY_CUSTOMER, BY_TOTAL], tags={"Project": "orders"}))
    model.tables[NAME].described["ItemCount"] = 1204331
    wanted = only(
        global_indexes=[{**BY_CUSTOMER, "sort_key": "total"}, {"name": "by-time", "partition_key": "placed_at"}],
        purge_indexes=True,
        allow_index_rebuild=True,
        ttl={"attribute": "expires"},
        tags={"Project": "sales", "Owner": "me"},
    )
    assert text(run(model, wanted, CHECK)) == lines("""
        Orders (ap-south-1): 6 changes
          -  index          by-total                                  queries on it fail from then on
          !  index rebuilt  by-customer: sort key placed_at -> total  queries on it fail until it is built (allow_index_rebuild)
          +  index          by-time                                   partition key placed_at, ALL; built from 1,204,331 items
          ~  ttl            off -> expires                            settles within the hour
          +  tag            Owner: me
          ~  tag            Project: orders -> sales
          * quota: AWS takes one TTL change an hour and does not tell when the last was made
        """)


def test_in_sync_refused_noted_and_pending() -> None:
    model = made(table(**PROVISIONED, global_indexes=[{**BY_CUSTOMER, "provisioned_throughput": UNITS}]))
    assert text(run(model, table(), CHECK)) == "Orders (ap-south-1): in sync"
    assert text(run(model, only(global_indexes=[]), CHECK)) == lines("""
        Orders (ap-south-1): in sync
          . index by-customer is not in the definition and is left alone (purge_indexes removes it)
        """)
    assert text(run(model, only(on_demand_throughput={"max_read_request_units": 1}), CHECK)) == lines("""
        Orders (ap-south-1): 1 refused
          x billing refused: on_demand_throughput is given and Orders is PROVISIONED. Give billing_mode PAY_PER_REQUEST too, or leave on_demand_throughput out
        """)
    assert text(run(model, only(provisioned_throughput=MORE_UNITS), AT_ONCE)) == lines("""
        Orders (ap-south-1): 1 change
          ~  billing  PROVISIONED 5 read / 5 write -> PROVISIONED 10 read / 5 write
          > pending: Orders is UPDATING
        """)


def test_a_verification() -> None:
    model = made(table(**ON_DEMAND, global_indexes=[BY_CUSTOMER], ttl={"attribute": "expires"}))
    wanted = table(**ON_DEMAND, global_indexes=[BY_CUSTOMER, BY_TOTAL], ttl={"attribute": "expires"}, pitr={})
    assert text(run(model, wanted, CHECK), "settings_text") == lines("""
        Orders (ap-south-1): 4 of 6 settings are as defined
          ok   keys                  partition key order_id (S)
          ok   billing               PAY_PER_REQUEST
          ok   index    by-customer  partition key customer_id, sort key placed_at, ALL
          OFF  index    by-total     wanted partition key total, KEYS_ONLY; found none
          ok   ttl                   expires
          OFF  pitr                  wanted 35 days; found off
        """)


def test_a_summary() -> None:
    outcome = run(AwsModel(), WHOLE)
    assert text(outcome, "summary_text") == lines("""
        Orders (ap-south-1): ACTIVE, 0 items
          keys                 partition key order_id (S)
          billing              PAY_PER_REQUEST
          warm                 12000 read / 4000 write per second
          index        ACTIVE  by-customer                                              partition key customer_id, sort key placed_at, ALL
          encryption           KMS arn:aws:kms:ap-south-1:123456789012:key/aws-managed
          table class          STANDARD
          stream               off
          ttl                  expires
          pitr                 35 days
          protection           on
          tags                 Project=orders
        """)


def result_of(model: AwsModel, *arguments: Any) -> dict[str, Any]:
    return report(run(model, *arguments), REGION)


def test_the_result_of_a_change() -> None:
    model = made(table(**ON_DEMAND, ttl={"attribute": "expires"}))
    result = result_of(model, only(deletion_protection=True, pitr={}))
    assert {name: result[name] for name in ("name", "changed", "in_sync", "pending")} == {
        "name": NAME,
        "changed": True,
        "in_sync": False,
        "pending": [],
    }
    assert result["plan"][0] == {
        "operation": "UpdateContinuousBackups",
        "purpose": "set point-in-time recovery to 35 days",
        "changes": [{"symbol": "~", "setting": "pitr", "target": "", "summary": "off -> 35 days", "note": ""}],
    }
    assert result["diff"] == {
        "before_header": "Orders (ap-south-1)",
        "after_header": "Orders (ap-south-1)",
        "before": {"name": NAME, "pitr": {"enabled": False}, "deletion_protection": False},
        "after": {"name": NAME, "pitr": {"enabled": True, "recovery_period_days": 35}, "deletion_protection": True},
    }
    assert result["table"]["deletion_protection_enabled"] is True
    assert result["table"]["continuous_backups"]["point_in_time_recovery_description"]["recovery_period_in_days"] == 35
    assert "time_to_live" not in result["table"]
    again = result_of(model, only(deletion_protection=True, pitr={}))
    assert (again["changed"], again["in_sync"], again["plan"]) == (False, True, [])
    assert again["diff"]["before"] == again["diff"]["after"]


def test_the_result_of_a_failure() -> None:
    model = made(table())
    model.deny("UpdateTable", "ValidationException", "bad")
    result = result_of(model, only(deletion_protection=True, tags={"a": "b"}))
    assert result["failed"]
    assert result["changed"]
    assert result["msg"].startswith("Orders: UpdateTable of Orders: ValidationException: bad. Correct the definition.")
    assert "Changes made before stay." in result["msg"]
    assert result["failure"] == {
        "kind": "final",
        "code": "ValidationException",
        "message": "bad",
        "asked": "UpdateTable of Orders",
    }
    refused = result_of(model, only(partition_key="total"))
    assert refused["failure"]["kind"] == "refused"
    assert not refused["changed"]
