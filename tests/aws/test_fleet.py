# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of tables where AWS takes no more calls than it does: every table is told, whole, and nothing fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.discovery import Question, discover
from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet import PARTS, Account
from tests.aws.cloud import Cloud
from tests.unit.aws_like.harness import REGION

TABLES = 60


@pytest.fixture
def fleet(cloud: Cloud) -> Cloud:
    for number in range(TABLES):
        cloud.call(
            "CreateTable",
            TableName=f"orders-{number}",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "number", "Value": str(number)}],
        )
    cloud.settle()
    return cloud


# How long it may take: 4 calls of DescribeTimeToLive at once, then one in two seconds; the others, one a second.
@pytest.mark.parametrize(("parts", "seconds"), [(PARTS, 150), (("tags", "pitr"), 75), (("tags",), 1), ((), 1)])
def test_a_fleet_under_the_limits_of_aws(fleet: Cloud, parts: tuple[str, ...], seconds: float) -> None:
    fleet.world.settings = replace(fleet.world.settings, read_buckets=True)
    aws, began = fleet.aws(), fleet.time.now()
    question = Question((Account(),), regions=(REGION,), parts=parts)
    discovery = discover(question, lambda service, region, credentials: aws.known_clients[service], aws.clock)
    assert discovery.failures == ()
    assert len(discovery.tables) == TABLES
    assert {table.facts["name"]: table.facts.get("tags") for table in discovery.tables} == {
        f"orders-{number}": {"number": str(number)} if "tags" in parts else None for number in range(TABLES)
    }
    assert {part for table in discovery.tables for part in table.facts if part in PARTS} == set(parts)
    assert fleet.time.now() - began <= seconds
    asked = Counter(sent.operation for sent in fleet.calls if not sent.code)
    assert asked["DescribeTable"] == TABLES
    # Being refused is no reason to ask all the time.
    assert len(fleet.refused) < 6 * TABLES
