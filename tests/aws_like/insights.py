# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contributor insights; and two reads whose answer for every table here is "none"."""

from __future__ import annotations

from .errors import ServiceError, not_found, validation
from .names import find, table_name
from .readiness import for_sub_resource
from .table_state import Insights, Running, Table
from .world import Body, Call

RULES_OF_AN_ACCOUNT = 100
ACTIONS = {
    "ENABLE": ("ENABLING", "ENABLED", "insights_enabling"),
    "DISABLE": ("DISABLING", "DISABLED", "insights_disabling"),
}
STATE = (
    "Table or Index is not in a valid state to update Key Access Insights: {} must be ACTIVE to enable "
    "ContributorInsights."
)


def update_contributor_insights(call: Call) -> Body:
    table = for_sub_resource(call)
    index = call.body.get("IndexName") or ""
    if table.running(Running.CREATE):
        raise validation(STATE.format("TableStatus"))
    _check_index(table, index)
    if index and table.index_status(index) != "ACTIVE":
        raise validation(STATE.format("IndexStatus"))
    insights = table.insights.setdefault(index, Insights())
    action = call.body["ContributorInsightsAction"]
    mode = call.body.get("ContributorInsightsMode") or insights.mode
    changing, settled, duration = ACTIONS[action]
    if insights.status not in (changing, settled) or mode != insights.mode:
        insights.status, insights.mode, insights.changed = changing, mode, call.now
        _settle(call, insights, settled, duration)
    return {**_named(table, index), "ContributorInsightsStatus": insights.status, "ContributorInsightsMode": mode}


def _settle(call: Call, insights: Insights, settled: str, duration: str) -> None:
    region, changed = call.region, insights.changed
    every = [(each, table) for table in region.tables.values() for each in table.insights.values()]
    used = sum(_rules(table, each) for each, table in every if each is not insights and each.status == "ENABLED")
    own = sum(_rules(table, each) for each, table in every if each is insights)
    failing = settled == "ENABLED" and used + own > RULES_OF_AN_ACCOUNT

    def settle(_due: float) -> None:
        if insights.changed == changed:
            insights.status = "FAILED" if failing else settled

    call.world.schedule(call.now + call.world.duration("insights_failing" if failing else duration), settle)


def _rules(table: Table, insights: Insights) -> int:
    both = 2 if insights.mode == "ACCESSED_AND_THROTTLED_KEYS" else 1
    return both * len(table.key_schema)


def describe_contributor_insights(call: Call) -> Body:
    table = for_sub_resource(call)
    index = call.body.get("IndexName") or ""
    _check_index(table, index)
    insights = table.insights.get(index, Insights())
    shown: Body = {**_named(table, index), "ContributorInsightsStatus": insights.status}
    if insights.status != "DISABLED":
        shown["ContributorInsightsMode"] = insights.mode
    if insights.changed:
        shown["LastUpdateDateTime"] = insights.changed
    if insights.status == "FAILED":
        shown["FailureException"] = {
            "ExceptionName": "LimitExceededException",
            "ExceptionDescription": "Amazon CloudWatch Contributor Insights rule limit reached.",
        }
    return shown


def list_contributor_insights(call: Call) -> Body:
    tables = [find(call)] if call.body.get("TableName") else list(call.region.tables.values())
    shown = [
        {**_named(table, index), "ContributorInsightsStatus": each.status, "ContributorInsightsMode": each.mode}
        for table in tables
        for index, each in table.insights.items()
        if each.status != "DISABLED"
    ]
    return {"ContributorInsightsSummaries": shown}


def _check_index(table: Table, index: str) -> None:
    if index and table.index(index) is None:
        raise not_found(f"Index: {index} not found for table: {table.name}")


def _named(table: Table, index: str) -> Body:
    return {"TableName": table.name, **({"IndexName": index} if index else {})}


def describe_kinesis_streaming_destination(call: Call) -> Body:
    table = for_sub_resource(call)
    if table.running(Running.CREATE):
        raise not_found(f"Table: {table.name} not found")
    return {"TableName": table.name, "KinesisDataStreamDestinations": []}


def describe_table_replica_auto_scaling(call: Call) -> Body:
    """There are no global tables here."""
    name = table_name(call.region, call.body["TableName"])
    raise ServiceError("ResourceNotFoundException", f"Global table with name: '{name}' does not exist.")
