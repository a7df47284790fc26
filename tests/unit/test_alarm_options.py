# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms: the mistakes of their options, each told with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarm_rules import OPERATIONS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.alarms import alarms
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError

from .alarm_examples import ORDERS, TOPIC


def problems(options: Any, definition: Mapping[str, Any] | None = None) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        alarms([definition or ORDERS], options)
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"topic": {}}, "monitoring.topic: unknown option; did you mean 'topics'?"),
        ({"topics": {"alarm": ["pager"]}}, "monitoring.topics.alarm[0]: 'pager' is not the ARN of a topic"),
        ({"topics": {"ok": [f"{TOPIC}.fifo"]}}, "monitoring.topics.ok[0]: "),
        ({"topics": {"ok": [TOPIC] * 6}}, "monitoring.topics.ok: has 6 topics; an alarm takes 5"),
        ({"rules": {"throttles": {}}}, "monitoring.rules.throttles: unknown option"),
        (
            {"rules": {"consumed_reads": {"threshold": "high"}}},
            "monitoring.rules.consumed_reads.threshold: must be a whole",
        ),
        (
            {"rules": {"consumed_reads": {"threshold": -1}}},
            "monitoring.rules.consumed_reads.threshold: must be 0 or more",
        ),
        (
            {"rules": {"consumed_reads": {"period": 90}}},
            "monitoring.rules.consumed_reads.period: must be a multiple of 60",
        ),
        (
            {"rules": {"consumed_reads": {"datapoints": 4}}},
            "monitoring.rules.consumed_reads.datapoints: must be 1 to 3",
        ),
        (
            {"rules": {"consumed_reads": {"evaluation_periods": 289}}},
            "monitoring.rules.consumed_reads.evaluation_periods",
        ),
        (
            {"rules": {"ttl_stopped": {"threshold": 168}}},
            "monitoring.rules.ttl_stopped.threshold: must be 1 to 167 hours",
        ),
        ({"rules": {"ttl_stopped": {"period": 60}}}, "monitoring.rules.ttl_stopped.period: has no meaning"),
        (
            {"rules": {"error_rate_reads": {"operations": ["Get"]}}},
            "monitoring.rules.error_rate_reads.operations[0]: unkn",
        ),
        (
            {"rules": {"error_rate_reads": {"operations": list(OPERATIONS)}}},
            "monitoring.rules.error_rate_reads.operations:",
        ),
        (
            {"rules": {"system_errors": {"minimum_requests": 1}}},
            "monitoring.rules.system_errors.minimum_requests: has no",
        ),
        (
            {"rules": {"error_rate_reads": {"minimum_requests": 0}}},
            "monitoring.rules.error_rate_reads.minimum_requests: m",
        ),
        ({"tables": {"order": {}}}, "monitoring.tables.order: no definition has this name"),
        ({"tables": {"orders": {"user_errors": {}}}}, "monitoring.tables.orders.user_errors: unknown option"),
        ({"tables": {"orders": {"indexes": {"x": {}}}}}, "monitoring.tables.orders.indexes.x: the definition has no"),
        (
            {"tables": {"orders": {"indexes": {"by-state": {"ttl_stopped": {}}}}}},
            "monitoring.tables.orders.indexes.by-state.ttl_stopped: unknown option",
        ),
        (
            {"tables": {"orders": {"replicas": ["Frankfurt"]}}},
            "monitoring.tables.orders.replicas[0]: 'Frankfurt' is not",
        ),
        ({"read_limit": 0}, "monitoring.read_limit: must be 1 or more"),
    ],
)
def test_mistakes(options: Any, problem: str) -> None:
    found = problems(options)
    assert len(found) == 1, found
    assert found[0].startswith(problem)


def test_mistakes_of_definitions_and_options_together() -> None:
    found = problems({"read_limit": 0}, {"name": "x"})
    assert [problem.split(":")[0] for problem in found] == ["tables[0].name", "monitoring.read_limit"]
