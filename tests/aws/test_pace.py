# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tables under AWS's rate limits: few calls are refused, and no table fails for its place in the line."""

from __future__ import annotations

from collections import Counter

from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side
from tests.aws.changes import Definition
from tests.aws.cloud import Cloud

COUNT, PARALLEL = 60, 20
LIMITED = {"time_scale": 1, "read_buckets": True, "mutation_burst": 6}


def definition(number: int) -> Definition:
    return {
        "name": f"orders-{number:02}",
        "attributes": {"id": "S"},
        "partition_key": "id",
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
        "tags": {"Number": str(number)},
    }


def test_sixty_tables_are_planned_with_few_refused_calls() -> None:
    """Without a common pace 590 of 810 calls were refused, and a quarter of the tables failed."""
    cloud = Cloud({"time_scale": 0})
    side_by_side(lambda number: cloud.converge(definition(number)), range(COUNT), PARALLEL)
    cloud.calls.clear()
    cloud.world.settings = cloud.world.settings.changed(LIMITED)
    began = cloud.time.now()
    outcomes = side_by_side(lambda number: cloud.converge(definition(number), check=True), range(COUNT), PARALLEL)
    assert all(outcome.in_sync for outcome in outcomes), [str(each.error) for each in outcomes if each.error]
    refused = Counter(sent.operation for sent in cloud.refused)
    assert set(refused) <= {"DescribeTimeToLive", "DescribeContinuousBackups"}
    assert refused.total() <= 50, refused
    # DescribeTimeToLive takes four at once and then one every two seconds: hardly any of them goes unused.
    assert cloud.time.now() - began <= 1.15 * 2 * (COUNT - 4)


def test_creating_many_is_held_to_what_aws_takes() -> None:
    cloud = Cloud(LIMITED)
    outcomes = side_by_side(lambda number: cloud.converge(definition(number)), range(COUNT), PARALLEL)
    assert not [str(outcome.error) for outcome in outcomes if outcome.error]
    limits = ("Rate exceeded", "The rate of control plane requests")
    refused = [sent for sent in cloud.refused if sent.text.startswith(limits)]
    assert len(refused) <= 100, Counter(sent.operation for sent in refused)
