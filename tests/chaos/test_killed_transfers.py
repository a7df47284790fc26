# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export and import killed around the call that costs money: the re-run goes on with what was begun, and pays once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.conftest import World
from tests.chaos.gate import Gate, Point
from tests.chaos.playbooks import Killable
from tests.integration.front import front
from tests.integration.harness import Ansible

TABLE, COPY, BUCKET = "Orders", "Orders-copy", "exports"
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
OWN = {"name": TABLE, "attributes": {"id": "S"}, "partition_key": "id", "pitr": {}, "tags": {"team": "shop"}}
EXTRA = {"tables_definitions": [OWN], "tables_kms_alias": "", "bucket": BUCKET}
ITEMS = 20


@pytest.fixture
def exported(world: World) -> str:
    """A table with items, and the prefix of a full export of it."""
    dynamodb, s3 = world.target.client(), world.target.client("s3")
    dynamodb.create_table(TableName=TABLE, **KEYS)
    world.grow_up()
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=on)
    for number in range(ITEMS):
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": str(number)}})
    if BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": world.target.region})
    world.begin_quotas()
    arn = dynamodb.describe_table(TableName=TABLE)["Table"]["TableArn"]
    made = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET, S3Prefix="before")
    world.grow_up()
    shown = dynamodb.describe_export(ExportArn=made["ExportDescription"]["ExportArn"])["ExportDescription"]
    prefix: str = shown["ExportManifest"].replace("manifest-summary.json", "data/")
    return prefix


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("operation", ["ExportTableToPointInTime", "ImportTable"])
def test_killed_at_the_call(world: World, folder: Path, exported: str, operation: str, side: str) -> None:
    extra = {**EXTRA, "prefix": "nightly"}
    playbook = "export"
    if operation == "ImportTable":
        playbook = "import"
        extra = {**EXTRA, "prefix": exported, "compression": "GZIP", "into": COPY}
    begun = len(world.aws.calls(operation))
    gate = Gate(Point(operation, "", 1, side))
    with front(world.target, folder / "calls.jsonl", [gate.rule]) as target:
        process = Killable(target, folder).start(playbook, extra)
        try:
            assert gate.reached(lambda: process.running), process.killed().text
        finally:
            process.killed()
            gate.open()
    assert len(world.aws.calls(operation)) - begun == (side == "after")

    with front(world.target, folder / "again.jsonl") as target:
        ansible = Ansible(target, folder)
        run = ansible.playbook(playbook, extra=extra)
        assert run.code == 0, run.output
        assert len(world.aws.calls(operation)) - begun == 1
        silent = ansible.playbook(playbook, extra=extra)
        assert silent.code == 0, silent.output
        assert silent.calls.writes == []
    if operation == "ImportTable":
        assert world.target.client().scan(TableName=COPY, Select="COUNT")["Count"] == ITEMS
