# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AuditFlow's tables on DynamoDB Local with 10,000 items each, made by the playbooks, and their generated Python."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.exercise.generated import load
from tests.bulk.dynamodb_local import Server, dynamodb_local
from tests.integration.harness import Ansible

ITEMS = int(os.environ.get("LOAD_ITEMS") or 10_000)
# DynamoDB Local knows neither STS nor IAM nor KMS, neither tags nor point-in-time recovery.
LOCAL = {
    "tables_identity": False,
    "tables_preflight": False,
    "tables_kms_alias": "",
    "tables_only": ["keys", "billing", "global_indexes", "ttl"],
}


@dataclass(frozen=True)
class Filled:
    """server: with the items. ansible: on it. folder: where the generated Python is."""

    server: Server
    ansible: Ansible
    folder: Path

    @property
    def schemas(self) -> ModuleType:
        return load(self.folder / "dynamodb_schemas.py")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("load")
    with dynamodb_local(folder) as server:
        ansible = Ansible(server.target, folder)
        extra: dict[str, Any] = {**LOCAL, "folder": str(folder / "schema"), "count": ITEMS, "threads": 2}
        for playbook in ("provision", "document", "sample_data"):
            run = ansible.playbook(playbook, extra=extra)
            assert run.code == 0, run.output + run.errors
        yield Filled(server, ansible, folder / "schema")


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Shows figures while the tests go on."""

    def show(**told: Any) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {json.dumps(told, indent=2)}", flush=True)

    return show
