# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the collection's playbooks, for killing them: what is there before, and what must be true after."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.chaos.conftest import World
from tests.chaos.iam import known_caller
from tests.chaos.processes import Process
from tests.chaos.scenarios import check_backups, check_names, managed_key, prepare_orders
from tests.chaos.tables import CHANGED, ORDERS, PERMISSIONS, everything, put_items, wanted
from tests.integration import auditflow
from tests.integration.auditflow import KEYS, TABLES
from tests.integration.front import front
from tests.integration.harness import BIN, ROOT, Ansible, Finished, Target, Task

INVENTORY = ("-i", "inventories/local")
# With one of these a run of the role begins.
FIRST_TASKS = ("Check every definition before any call to AWS", "Compare the tables and the key with their definitions")


class Killable(Ansible):
    """Ansible whose runs may be killed."""

    def start(self, playbook: str, extra: Mapping[str, Any]) -> Process:
        command = [str(BIN / "ansible-playbook"), f"playbooks/{playbook}.yml", *INVENTORY, "-e", json.dumps(extra)]
        record = self.folder / f"record-{time.monotonic_ns()}.jsonl"
        return Process(command, ROOT, self._environment(record, {}), self.folder)


@dataclass
class Case:
    """One case of a scenario in a world of its own.

    target: where playbooks find it: behind a server that knows who calls. alias: of the customer key, which nobody used
    before.
    """

    world: World
    target: Target
    folder: Path
    alias: str
    # Keys are never gone in the test's time: those of earlier cases are none of this one's.
    keys_before: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """From here on what is made is this case's."""
        self.world.empty()
        self.keys_before = set()
        self.keys_before = self.keys()

    def client(self) -> Any:
        return self.world.target.client("kms")

    def keys(self) -> set[str]:
        """The customer keys that this case made."""
        every = {key["KeyId"] for key in self.client().list_keys()["Keys"]}
        aws = {each.get("TargetKeyId") for each in self.client().list_aliases()["Aliases"] if _is_of_aws(each)}
        return every - aws - self.keys_before

    def key_arn(self) -> str:
        arn: str = self.client().describe_key(KeyId=self.alias)["KeyMetadata"]["Arn"]
        return arn


def _is_of_aws(alias: dict[str, Any]) -> bool:
    return bool(alias["AliasName"].startswith("alias/aws/"))


_numbers = count(1)


@contextmanager
def new_case(world: World, folder: Path) -> Iterator[Case]:
    with front(world.target, folder / "case.jsonl", [known_caller]) as target:
        case = Case(world, target, folder, f"alias/chaos-{next(_numbers)}")
        case.begin()
        yield case


class Playbook:
    """A run of a playbook. silent: the playbook that must have nothing to do after it.

    quotas: whether quotas last as long as on AWS, so that the rest of a change may be due on another day.
    """

    name: str
    playbook: str
    silent: str
    quotas = False

    def extra(self, case: Case) -> dict[str, Any]:
        return {"confirm": ",".join(TABLES), "tables_kms_alias": case.alias}

    def prepare(self, case: Case) -> None:
        """What is there before."""

    def check(self, case: Case) -> None:
        """What must be true after."""
        raise NotImplementedError


class Provision(Playbook):
    name = playbook = silent = "provision"

    def check(self, case: Case) -> None:
        check_names(case.world, *TABLES)
        check_auditflow(case)
        check_keys(case)


class Reconfigure(Playbook):
    name = "reconfigure"
    playbook = silent = "provision"

    def extra(self, case: Case) -> dict[str, Any]:
        permissions = {f"tables_{name}": value for name, value in PERMISSIONS.items()}
        return {**permissions, "tables_definitions": [CHANGED]}

    def prepare(self, case: Case) -> None:
        prepare_orders(case.world)

    def check(self, case: Case) -> None:
        check_names(case.world, ORDERS)
        assert everything(case.world.target, ORDERS) == wanted(CHANGED, managed_key(case.world))
        assert not [call for call in case.world.writes() if call["operation"] == "DeleteTable"]


class ReconfigureInDays(Reconfigure):
    """Of which a part is due on another day: AWS takes one change of TTL an hour, and another attribute takes two."""

    name = "reconfigure-in-days"
    quotas = True

    def prepare(self, case: Case) -> None:
        super().prepare(case)
        case.world.begin_quotas()


class Recreate(Playbook):
    name = playbook = "recreate"
    silent = "provision"

    def prepare(self, case: Case) -> None:
        prepare_auditflow(case)

    def check(self, case: Case) -> None:
        check_names(case.world, *TABLES)
        check_auditflow(case)
        check_backups(case.world, *TABLES)


class Teardown(Playbook):
    name = playbook = silent = "teardown"

    def prepare(self, case: Case) -> None:
        prepare_auditflow(case)

    def check(self, case: Case) -> None:
        check_names(case.world)
        check_backups(case.world, *TABLES)
        assert case.key_arn(), "the backups cannot be restored without the key"


EVERY: tuple[Playbook, ...] = (Provision(), Reconfigure(), ReconfigureInDays(), Recreate(), Teardown())
PLAYBOOKS = {each.name: each for each in EVERY}


def prepare_auditflow(case: Case) -> None:
    """AuditFlow's tables with items, and their key."""
    kms, client = case.client(), case.world.target.client()
    key = kms.create_key(Tags=[{"TagKey": name, "TagValue": value} for name, value in auditflow.TAGS.items()])
    arn = key["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=case.alias, TargetKeyId=arn)
    kms.enable_key_rotation(KeyId=arn)
    for table in TABLES:
        client.create_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in auditflow.types(table).items()
            ],
            KeySchema=[{"AttributeName": KEYS[table], "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[auditflow.index(name, *keys) for name, keys in auditflow.INDEXES[table].items()],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn},
            DeletionProtectionEnabled=True,
        )
    case.world.grow_up()
    for table in TABLES:
        put_items(case.world.target, table, KEYS[table])


def check_auditflow(case: Case) -> None:
    for table in TABLES:
        found = auditflow.settings(case.world.target, table)
        assert found == auditflow.expected(table, case.key_arn())


def check_keys(case: Case) -> None:
    """One key, behind the alias, wherever the run was killed that made it."""
    kms = case.client()
    (key,) = case.keys()
    assert case.key_arn().endswith(key)
    assert {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]} == auditflow.TAGS
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def wait_for_quotas(case: Case, scenario: Playbook) -> int:
    """Runs it once a day until no quota stands in the way; how often one did."""
    for days in range(4):
        ended = Killable(case.target, case.folder).start(scenario.playbook, scenario.extra(case)).wait()
        assert "Traceback" not in ended.text, ended.text
        if ended.code == 0:
            return days
        assert "Pending, for the next run:" in ended.text, ended.text
        assert "Run it again" in ended.text or "run it again" in ended.text, ended.text
        case.world.next_day()
    raise AssertionError(ended.text)


def rerun(case: Case, scenario: Playbook) -> tuple[Finished, list[Task]]:
    """Runs it to its end and then once more: the whole run, and the tasks of the second part."""
    run = Killable(case.target, case.folder).playbook(
        scenario.playbook, f"playbooks/{scenario.silent}.yml", *INVENTORY, extra=scenario.extra(case)
    )
    assert run.tasks, run.output + run.errors
    begins = [position for position, task in enumerate(run.tasks) if task.name.endswith(FIRST_TASKS)]
    return run, run.tasks[begins[-1] :]
