# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module returns. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from .converge import Outcome
from .errors import AwsError, RefusedError
from .plan import Plan
from .state import TableState
from .steps import NO_COST, Change
from .text import plan_lines, settings_lines, summary_lines

# The names under which the answers of sub-resource reads are returned, and the member that holds what matters.
SUB_RESOURCES = {
    "DescribeTimeToLive": ("time_to_live", "TimeToLiveDescription"),
    "DescribeContinuousBackups": ("continuous_backups", "ContinuousBackupsDescription"),
}


def result(outcome: Outcome, region: str) -> dict[str, Any]:
    """What came of one of many tables: what was done, what is left, and why not."""
    plan = outcome.plan
    told = {
        "name": outcome.name,
        "changed": outcome.changed,
        "in_sync": outcome.in_sync,
        "verified": outcome.verified,
        "plan": [
            {
                "operation": step.operation,
                "purpose": step.purpose,
                "changes": [_change(change) for change in step.changes],
            }
            for step in plan.steps
        ],
        "plan_text": "\n".join(plan_lines(outcome, region)),
        "quotas": list(plan.quotas),
        "pending": list(outcome.pending),
    }
    if outcome.error:
        told.update(msg=message(outcome), failed=True, failure=_failure(outcome.error))
    return told


def report(outcome: Outcome, region: str) -> dict[str, Any]:
    """The result of one table, as the C(table) module returns it, with the table itself."""
    return {
        **result(outcome, region),
        "settings_text": "\n".join(settings_lines(outcome, region)),
        "summary_text": "\n".join(summary_lines(outcome, region)),
        "settings": [
            {
                "setting": row.setting,
                "target": row.target,
                "wanted": row.wanted,
                "found": row.found,
                "in_sync": row.in_sync,
            }
            for row in outcome.compared.rows
        ],
        "table": facts(outcome.state),
        "diff": diff(outcome.plan, region),
    }


def message(outcome: Outcome) -> str:
    """Why a table failed, what was done before, and what is left."""
    done = " Changes made before stay." if outcome.changed else ""
    left = f" Left: {'; '.join(outcome.pending)}." if outcome.pending else ""
    return f"{outcome.name}: {outcome.error}{done}{left}"


def _failure(error: Exception) -> dict[str, Any]:
    if isinstance(error, AwsError):
        return {"kind": error.kind.value, "code": error.code, "message": error.text, "asked": error.asked}
    reasons = [str(refusal) for refusal in error.refusals] if isinstance(error, RefusedError) else [str(error)]
    return {"kind": "refused" if isinstance(error, RefusedError) else "waiting", "reasons": reasons}


def _change(change: Change) -> dict[str, Any]:
    described = {
        "symbol": change.symbol,
        "setting": change.setting,
        "target": change.target,
        "summary": change.summary,
        "note": change.note,
    }
    return described if change.cost == NO_COST else {**described, "cost": change.cost}


def diff(plan: Plan, region: str) -> dict[str, Any]:
    """Before and after, in the words of the arguments; only what is managed."""
    header = f"{plan.name} ({region})"
    return {
        "before_header": header,
        "after_header": header,
        "before": plan.before or {},
        "after": (plan.after or {}) if plan.steps or plan.refusals else (plan.before or {}),
    }


def facts(state: TableState) -> dict[str, Any]:
    """The table as AWS describes it, in snake_case, times as ISO 8601; empty when there is none."""
    described: dict[str, Any] = plain_facts(state.table)
    for operation, (name, member) in SUB_RESOURCES.items():
        if operation in state.answers:
            described[name] = plain_facts(state.answer(operation).get(member, {}))
    if "ListTagsOfResource" in state.answers:
        tags = state.answer("ListTagsOfResource").get("Tags", ())
        described["tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return described


def plain_facts(answer: Any) -> Any:
    """A part of an AWS answer in snake_case, times as ISO 8601."""
    plain = _plain(answer)
    if isinstance(plain, list):
        return [_snake(element) for element in plain]
    return _snake(plain)


def _snake(value: Any) -> Any:
    return camel_dict_to_snake_dict(value) if isinstance(value, dict) else value  # type: ignore[no-untyped-call]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    return value.isoformat() if isinstance(value, datetime) else value
