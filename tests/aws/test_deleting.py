# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting a table in every situation: it waits, deletes once, and is not refused for what could be read."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import StuckError
from tests.aws.changes import ON_DEMAND, PROVISIONED, Definition
from tests.aws.cloud import TABLE, Cloud
from tests.aws.situations import CALM, INACCESSIBLE, SITUATIONS, Situation

MOST_CALLS = 80
DEFINITIONS = {
    "provisioned": PROVISIONED,
    "on demand, a key of its own, protected": {
        **ON_DEMAND,
        "encryption": {"key": "alias/one"},
        "stream": {"view_type": "NEW_IMAGE"},
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
        "deletion_protection": True,
    },
}
# What no read shows: a backup of a table of a moment ago, the lock of tags, and the cool-down of protection.
UNSEEN = (
    "Backups are being enabled for the table",
    "Table tags are being updated",
    "modified within the previous 15000 milliseconds",
)
NOT_THERE = "Requested resource not found: Table:"


@pytest.mark.parametrize("backup", ["", "orders-final"], ids=["no backup", "final backup"])
@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_deleting(situation: Situation, definition: Definition, backup: str, cloud: Cloud) -> None:
    situation.prepare(cloud, definition)
    dying = "DELETING" in situation.name and "index" not in situation.name
    outcome = cloud.delete(backup=backup)
    if situation is INACCESSIBLE and "deletion_protection" in definition and definition["deletion_protection"]:
        # AWS changes the protection of ACTIVE tables only.
        assert isinstance(outcome.error, StuckError)
        assert TABLE in cloud.region.tables
        return
    assert outcome.error is None, outcome.error
    assert not outcome.pending, outcome.pending
    unexpected = [sent for sent in cloud.refused if not any(text in sent.text for text in (*UNSEEN, NOT_THERE))]
    assert not unexpected, "\n".join(map(str, unexpected))
    taken = [sent.operation for sent in cloud.writes if not sent.code]
    assert taken.count("DeleteTable") == (0 if dying else 1)
    assert taken.count("CreateBackup") == (1 if backup and not dying else 0)
    assert len(cloud.calls) <= MOST_CALLS
    assert TABLE not in cloud.region.tables
    cloud.calls.clear()
    again = cloud.delete(backup=backup)
    assert again.in_sync
    assert [sent.operation for sent in cloud.calls] == ["DescribeTable"]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_without_waiting(situation: Situation, cloud: Cloud) -> None:
    """Each run does what can be done now; what is left is said, and done by the next."""
    situation.prepare(cloud, PROVISIONED)
    for _run in range(4):
        outcome = cloud.delete(wait=False)
        assert outcome.error is None, outcome.error
        if TABLE not in cloud.region.tables:
            break
        assert outcome.pending
        cloud.settle()
    assert cloud.delete(wait=False).in_sync


def test_the_name_is_free_at_once(cloud: Cloud) -> None:
    CALM.prepare(cloud, PROVISIONED)
    assert cloud.delete().error is None
    assert cloud.converge(ON_DEMAND).error is None
    cloud.calls.clear()
    assert cloud.converge(ON_DEMAND).in_sync


def test_deleting_again_is_no_error_where_aws_says_so() -> None:
    """The API reference promises what was not measured."""
    cloud = Cloud({"profile": "documented"})
    cloud.own(PROVISIONED)
    cloud.call("DeleteTable", TableName=TABLE)
    assert cloud.delete().error is None
    assert TABLE not in cloud.region.tables
