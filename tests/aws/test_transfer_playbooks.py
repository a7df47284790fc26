# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The export and import playbooks on a server that takes AWS's time, with real files in S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.test_playbooks import calls_of, check_silent
from tests.aws_like.client import AwsLike
from tests.integration.harness import Ansible, Target

TABLE, COPY, BUCKET = "Orders", "Orders-copy", "exports"
OWN = {
    "name": TABLE,
    "attributes": {"id": "S", "g": "S"},
    "partition_key": "id",
    "global_indexes": [{"name": "by-g", "partition_key": "g"}],
    "ttl": {"attribute": "t"},
    "pitr": {},
    "tags": {"team": "shop"},
}
EXTRA = {"tables_definitions": [OWN], "tables_kms_alias": ""}
ITEMS = 30


@pytest.fixture
def server() -> Iterator[AwsLike]:
    # An export of a table with items takes over seven seconds here, and quotas last no longer than they do at AWS.
    with AwsLike(time_scale=0.01, window_scale=1.0) as running:
        yield running


def test_there_and_back(server: AwsLike, tmp_path: Path) -> None:
    target = Target(server.url, tmp_path / "the server keeps its own", calls_of(server), server.region)
    ansible = Ansible(target, tmp_path)
    place = {**EXTRA, "bucket": BUCKET, "prefix": "nightly"}
    made = ansible.playbook("provision", extra=EXTRA)
    assert made.code == 0, made.output
    dynamodb = server.client()
    for number in range(ITEMS):
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": str(number)}, "g": {"S": "a"}})

    begun = ansible.playbook("export", extra={**place, "create_bucket": True, "tables_wait": False})
    assert begun.code == 0, begun.output
    assert "is IN_PROGRESS" in begun.output
    run = ansible.playbook("export", extra=place)
    assert run.code == 0, run.output
    check_silent(run)
    (export,) = run.task("Export the tables and wait").result["results"][0]["exports"]
    assert (export["status"], export["item_count"]) == ("COMPLETED", ITEMS)
    check_silent(ansible.playbook("export", extra={**place, "since": "last"}))

    back = {**EXTRA, "into": COPY, "export": export["arn"]}
    run = ansible.playbook("import", extra=back)
    assert run.code == 0, run.output
    assert run.task("Import the table and wait").result["job"]["imported_item_count"] == ITEMS
    assert dynamodb.scan(TableName=COPY, Select="COUNT")["Count"] == ITEMS
    check_silent(ansible.playbook("import", extra=back))
    assert len(server.calls("ExportTableToPointInTime")) == len(server.calls("ImportTable")) == 1
