# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is watched of a table: the rules, what each means and what to do, and the defaults of its numbers. Pure.

Metrics, dimensions and statistics: DynamoDB Developer Guide, "DynamoDB metrics and dimensions".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

HOUR, DAY, WEEK = 3600, 86400, 604800
# An alarm on metric math takes no more metrics (CloudWatch User Guide, "Limits").
MOST_METRICS = 10

OPERATIONS = (
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
)
MORE_OPERATIONS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction", "GetRecords")


class Scope(Enum):
    """What an alarm of a rule is about."""

    ACCOUNT = "account"
    TABLE = "table"
    INDEX = "index"
    BOTH = "table and index"


@dataclass(frozen=True)
class Rule:
    """One thing that is watched.

    title: a few words. meaning, action: for the description of its alarms; C({threshold}), C({minutes}), C({hours})
    and C({share}) are filled in. threshold: the alarm rings above it. period, evaluation_periods, datapoints: of so
    many periods so many have to be above it. enabled: by default. operations: those that it adds up, where it does.
    metrics_each: how many metrics an operation takes. missing: how missing data is treated.
    """

    kind: str
    scope: Scope
    title: str
    meaning: str
    action: str
    threshold: int
    period: int = 300
    evaluation_periods: int = 2
    datapoints: int = 1
    enabled: bool = True
    operations: tuple[str, ...] = ()
    metrics_each: int = 1
    minimum_requests: int = 0
    missing: str = "notBreaching"

    @property
    def most_operations(self) -> int:
        """How many operations one alarm can add up."""
        return MOST_METRICS // self.metrics_each if self.operations else 0


def _throttled(kind: str, what: str, action: str) -> Rule:
    meaning = f"{what} came faster than is allowed and were turned away, more than {{threshold}} in {{minutes}} minutes"
    return Rule(kind, Scope.BOTH, f"throttled {what}", meaning, action, threshold=0)


def _consumed(kind: str, what: str) -> Rule:
    meaning = f"over {{threshold}} % of the limit on {what} was used, in {{share}} periods of {{minutes}} minutes"
    action = "raise the limit or the capacity before requests are throttled, or spread the load over more keys"
    return Rule(kind, Scope.BOTH, f"consumed {what}", meaning, action, 80, evaluation_periods=3, datapoints=2)


def _error_rate(kind: str, what: str, operations: tuple[str, ...]) -> Rule:
    return Rule(
        kind,
        Scope.TABLE,
        f"error rate of {what}",
        f"over {{threshold}} % of the {what} in {{minutes}} minutes failed inside DynamoDB or were throttled",
        "look which of the two it is, on the dashboard: against throttling raise the capacity, for failures of DynamoDB"
        " see the AWS Health Dashboard",
        threshold=5,
        operations=operations,
        metrics_each=3,
        minimum_requests=1,
    )


RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        _throttled(
            "throttled_reads",
            "reads",
            "raise the read limit or capacity, or find the key that is read too often",
        ),
        _throttled(
            "throttled_writes",
            "writes",
            "raise the write limit or capacity; a throttled index turns away writes of its table, so look there first",
        ),
        _consumed("consumed_reads", "reads"),
        _consumed("consumed_writes", "writes"),
        Rule(
            "system_errors",
            Scope.TABLE,
            "system errors",
            "requests failed inside DynamoDB (HTTP 500), more than {threshold} in {minutes} minutes",
            "the SDK repeats them; where they last, see the AWS Health Dashboard and open a case",
            threshold=0,
            operations=OPERATIONS,
        ),
        _error_rate("error_rate_reads", "reads", ("GetItem", "Query", "BatchGetItem")),
        _error_rate("error_rate_writes", "writes", ("PutItem", "UpdateItem", "BatchWriteItem")),
        Rule(
            "ttl_stopped",
            Scope.TABLE,
            "TTL deletions stopped",
            "items were deleted by time to live within the last week, but none for {threshold} hours",
            "check that time to live is on (verify) and that items have the attribute, in Unix seconds (ttl_backfill)",
            threshold=24,
            period=HOUR,
            evaluation_periods=WEEK // HOUR,
        ),
        Rule(
            "replica_lag",
            Scope.TABLE,
            "replica lag",
            "writes took over {threshold} seconds on average to reach the replica, in {share} periods of {minutes} min",
            "see the AWS Health Dashboard of both regions; readers of the replica see old items meanwhile",
            threshold=60,
            evaluation_periods=3,
            datapoints=3,
            missing="ignore",
        ),
        Rule(
            "index_build_throttled",
            Scope.INDEX,
            "index build throttled",
            "it is built slower, since its backfill is throttled, more than {threshold} writes in {minutes} minutes",
            "raise the write limit or capacity of the index until it is ACTIVE (watch_index)",
            threshold=0,
            enabled=False,
        ),
        Rule(
            "user_errors",
            Scope.ACCOUNT,
            "user errors",
            "requests to any table were wrong (HTTP 400, other than throttling and failed conditions), more than"
            " {threshold} in {minutes} minutes",
            "find the application that sends them, in its log or in CloudTrail; a missing table or permission is usual",
            threshold=20,
        ),
    )
}
