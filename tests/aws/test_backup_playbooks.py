# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup, restore and replace playbooks on a server that takes AWS's time and loses what AWS's restores lose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws.test_playbooks import calls_of, check_silent
from tests.aws_like.client import AwsLike
from tests.integration.auditflow import settings
from tests.integration.harness import Ansible, Finished, Target

TABLE, COPY = "Orders", "Orders-restored"
OWN = {
    "name": TABLE,
    "attributes": {"id": "S", "g": "S"},
    "partition_key": "id",
    "global_indexes": [{"name": "by-g", "partition_key": "g"}],
    "ttl": {"attribute": "t"},
    "pitr": {},
    "stream": {"view_type": "KEYS_ONLY"},
    "deletion_protection": True,
    "tags": {"team": "shop"},
}
EXTRA: dict[str, Any] = {"tables_definitions": [OWN], "tables_kms_alias": "", "table": TABLE}
ITEMS = 30
NOT_KNOWN = ["whether anybody writes to .* is not known"]


@pytest.fixture
def server() -> Iterator[AwsLike]:
    # A restore takes two seconds here.
    with AwsLike(time_scale=0.01, window_scale=0.01) as running:
        yield running


def items(server: AwsLike, table: str) -> list[dict[str, Any]]:
    return sorted(server.client().scan(TableName=table)["Items"], key=str)


def test_back_up_restore_and_replace(server: AwsLike, tmp_path: Path) -> None:
    target = Target(server.url, tmp_path / "the server keeps its own", calls_of(server), server.region)
    ansible = Ansible(target, tmp_path)

    def ran(playbook: str, *, warnings: tuple[str, ...] = (), **more: Any) -> Finished:
        run = ansible.playbook(playbook, extra={**EXTRA, **more}, warnings=warnings)
        assert run.code == 0, run.output
        return run

    ran("provision")
    dynamodb = server.client()
    for number in range(ITEMS):
        dynamodb.put_item(TableName=TABLE, Item={"id": {"S": str(number)}, "g": {"S": "a"}})
    good, defined = items(server, TABLE), settings(target, TABLE)
    ran("backup", backup="good")
    dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": "7"}})

    ran("restore", backup="good")
    assert items(server, COPY) == good
    assert settings(target, COPY) == defined
    check_silent(ran("restore", backup="good"))

    run = ran("replace", confirm=TABLE, warnings=tuple(NOT_KNOWN))
    assert f"{ITEMS} items in each" in run.task("Show what was done").message
    assert items(server, TABLE) == good
    assert settings(target, TABLE) == defined
    check_silent(ran("replace", confirm=TABLE))
    final = [each["BackupName"] for each in dynamodb.list_backups(TableName=TABLE)["BackupSummaries"]]
    assert len([name for name in final if name.startswith(f"{TABLE}-replaced-")]) == 1
