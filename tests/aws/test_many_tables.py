# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty tables side by side under AWS's limits of how many calls a second, and how many tables, it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome
from ansible_collections.auditflow.dynamodb.plugins.module_utils.threads import side_by_side
from tests.aws.changes import ON_DEMAND, Definition, index
from tests.aws.cloud import Cloud

COUNT, PARALLEL = 20, 10
LIMITS = ("Rate exceeded", "rate of control plane requests", "simultaneously", "Backups are being enabled")
WORLDS: dict[str, dict[str, Any]] = {
    "rate limits": {"mutation_burst": 6, "read_buckets": True},
    "one indexed table at a time": {"mutation_burst": 6, "read_buckets": True, "profile": "documented"},
    "five tables at a time": {"max_changing": 5, "mutation_burst": 6},
}


def definition(number: int) -> Definition:
    return {
        **ON_DEMAND,
        "name": f"orders-{number:02}",
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
        "tags": {"Number": str(number)},
        "deletion_protection": True,
    }


def changed(number: int) -> Definition:
    return {
        **definition(number),
        "global_indexes": [index("h", None), index("n", None)],
        "tags": {"Number": str(number), "Stage": "live"},
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "pitr": {"recovery_period_days": 7},
    }


@pytest.mark.parametrize("settings", WORLDS.values(), ids=WORLDS)
def test_all_end_right(settings: dict[str, Any]) -> None:
    cloud = Cloud(settings)
    for define in (definition, changed):
        run(cloud, lambda number, define=define: cloud.converge(define(number)))
        again = run(cloud, lambda number, define=define: cloud.converge(define(number)))
        assert all(outcome.in_sync for outcome in again)
        cloud.settle()
    assert len(cloud.region.tables) == COUNT
    run(cloud, lambda number: cloud.delete(f"orders-{number:02}", backup="final"))
    assert not cloud.region.tables


def run(cloud: Cloud, work: Callable[[int], Outcome]) -> list[Outcome]:
    cloud.calls.clear()
    outcomes = side_by_side(work, range(COUNT), PARALLEL)
    failed = [f"{outcome.name}: {outcome.error or outcome.pending}" for outcome in outcomes if not_right(outcome)]
    assert not failed, "\n".join(failed)
    unexpected = [sent for sent in cloud.refused if not sent.text.startswith("Requested resource not found: Table:")]
    unexpected = [sent for sent in unexpected if not any(text in sent.text for text in LIMITS)]
    assert not unexpected, "\n".join(map(str, unexpected[:10]))
    assert len(cloud.calls) < COUNT * 250
    return outcomes


def not_right(outcome: Outcome) -> bool:
    return bool(outcome.error or outcome.pending)
