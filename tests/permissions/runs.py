# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks do, as calls of the modules in this process: a hundred runs in the time of twenty playbooks."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils import basic

from tests.integration.auditflow import ALIAS, DOCUMENTS, TABLES, TAGS, make
from tests.integration.harness import BIN, ROOT, Calls, Target

ACCOUNT = "123456789012"
USER = "AuditFlow-Ansible"
COPY = "AuditFlow-Copy"
Demand = tuple[str, str, str]
Document = dict[str, Any]

DEFINITION = {
    "name": DOCUMENTS,
    "attributes": {"document_id": "S"},
    "partition_key": "document_id",
    "billing_mode": "PAY_PER_REQUEST",
    "encryption": {"type": "KMS", "key": ALIAS},
    "ttl": {"attribute": "ttl"},
    "pitr": {"recovery_period_days": 35},
    "deletion_protection": True,
    "tags": TAGS,
}
SETTINGS = ["billing", "encryption", "ttl", "pitr", "deletion_protection", "tags"]


@dataclass(frozen=True)
class Credentials:
    """Of a user or of a role's session."""

    access_key: str
    secret_key: str
    session_token: str = ""


@dataclass(frozen=True)
class Step:
    """A task of a playbook: the module, its arguments, and whether it runs in check mode."""

    module: str
    arguments: Document
    check: bool = False


@dataclass(frozen=True)
class Run:
    """What a playbook does.

    name: of the playbook. before: makes what it finds. preflight: the arguments of its check. steps: its other tasks.
    """

    name: str
    before: Callable[[Target], None]
    preflight: Document
    steps: tuple[Step, ...]


def key(rotation: bool = True, check: bool = False) -> Step:
    """Of a key that is there."""
    arguments = {"key_id": ALIAS, "alias": ALIAS, "enable_key_rotation": rotation, "tags": TAGS, "purge_tags": False}
    return Step("amazon.aws.kms_key", arguments, check)


def new_key() -> tuple[Step, Step]:
    """Of a key that is to be made: whether one was left without its alias is looked for first."""
    arguments = {"alias": ALIAS, "description": "for a test", "enable_key_rotation": True, "tags": TAGS}
    return (
        Step("amazon.aws.kms_key_info", {"pending_deletion": True}),
        Step("amazon.aws.kms_key", {**arguments, "purge_tags": False}),
    )


def tables(check: bool = False, **arguments: Any) -> Step:
    return Step("auditflow.dynamodb.tables", {"tables": [DEFINITION], **arguments}, check)


def nothing(_target: Target) -> None:
    """There is neither a key nor a table."""


def everything(target: Target) -> None:
    """Key and tables as they have to be."""
    make(target)


def different(target: Target) -> None:
    """A key without its tags, and a table of which every setting is off."""
    kms, client = target.client("kms"), target.client()
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=arn)
    kms.enable_key_rotation(KeyId=arn)
    client.create_table(
        TableName=DOCUMENTS,
        AttributeDefinitions=[{"AttributeName": "document_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "document_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "Old", "Value": "yes"}],
    )


def dying(target: Target) -> None:
    """As it has to be, but the key is about to be deleted."""
    make(target)
    kms = target.client("kms")
    kms.schedule_key_deletion(KeyId=kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"])


CHECKED = {"tables": [DEFINITION], "kms_alias": ALIAS, "kms_tags": TAGS}
CONFIGURE = {"create": False, "only": SETTINGS, "purge_tags": True}

PLAN = Run("plan", everything, {**CHECKED, "runs": ["compare"]}, (key(check=True), tables(check=True)))
TABLE_INFO = Run("table_info", everything, {}, (Step("auditflow.dynamodb.table_info", {}),))
PROVISION = Run("provision", nothing, CHECKED, (*new_key(), tables(), tables(check=True)))
CONFIGURING = Run(
    "configure",
    different,
    {**CHECKED, **CONFIGURE, "kms_rotation": False},
    (key(rotation=False), tables(**CONFIGURE), tables(check=True, **CONFIGURE)),
)
REPAIR = Run("provision, of a key about to be deleted", dying, CHECKED, (key(), tables()))
TEARDOWN = Run(
    "teardown",
    everything,
    {"tables": [DEFINITION], "runs": ["delete"]},
    (tables(state="absent", allow_delete=True),),
)


@dataclass(frozen=True)
class Result:
    """How a run of modules went. failure: the message that it ended with; empty where it went well."""

    failure: str
    calls: Calls
    demands: list[Demand]
    results: list[Document] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The calls that changed something."""
        return [(call.operation, call.resource) for call in self.calls if call.write and call.status < 300]

    @property
    def changed(self) -> bool:
        return any(result["changed"] for result in self.results)


@dataclass(frozen=True)
class Account:
    """The account of the server with IAM. demands: the file in which it writes what each request needs."""

    target: Target
    demands: Path

    def reset(self) -> None:
        """Everything gone, users too."""
        address = urlsplit(self.target.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
        connection.close()
        # Both are read from their beginning, for each run.
        for log in (self.target.log, self.demands):
            log.write_text("", encoding="utf-8")

    def user(self, document: Document) -> Credentials:
        """A user that this policy is all there is of."""
        iam = self.target.client("iam")
        iam.create_user(UserName=USER)
        iam.put_user_policy(UserName=USER, PolicyName="only", PolicyDocument=json.dumps(document))
        made = iam.create_access_key(UserName=USER)["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    def role(self, document: Document, path: str) -> Credentials:
        """A session of a role that this policy is all there is of."""
        iam = self.target.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}]}
        role = iam.create_role(RoleName=USER, Path=path, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        iam.put_role_policy(RoleName=USER, PolicyName="only", PolicyDocument=json.dumps(document))
        sts = self.target.client("sts")
        made = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ansible")["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def run(self, steps: tuple[Step, ...], credentials: Credentials) -> Result:
        """Run the steps until one fails. A job over items finds a folder of its own for what it notes."""
        start, demanded = self.target.position(), len(self._demands())
        results: list[Document] = []
        with tempfile.TemporaryDirectory() as folder:
            for step in steps:
                own = {"state_dir": folder} if "state_dir" in step.arguments else {}
                results.append(self._module(replace(step, arguments={**step.arguments, **own}), credentials))
                if results[-1].get("failed"):
                    break
        failure = results[-1]["msg"] if results[-1].get("failed") else ""
        return Result(failure, self.target.calls(start), self._demands()[demanded:], results)

    def _demands(self) -> list[Demand]:
        if not self.demands.exists():
            return []
        return [tuple(json.loads(line)) for line in self.demands.read_text(encoding="utf-8").splitlines()]

    def _inventory(self, step: Step, credentials: Credentials) -> Document:
        """The inventory plugin with its file in a folder of its own."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tables.dynamodb.yml"
            keys = {"access_key": credentials.access_key, "secret_key": credentials.secret_key}
            path.write_text(json.dumps({**step.arguments, **keys, "endpoint_url": self.target.url}), encoding="utf-8")
            command = [str(BIN / "ansible-inventory"), "-i", str(path), "--list"]
            inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
            environment = {**inherited, "AWS_EC2_METADATA_DISABLED": "true"}
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        failed = {"failed": True, "msg": " ".join(done.stderr.split())} if done.returncode else {}
        return {"changed": False, **failed}

    def _module(self, step: Step, credentials: Credentials) -> Document:
        if step.module == "inventory":
            return self._inventory(step, credentials)
        arguments = {
            **deepcopy(step.arguments),
            "endpoint_url": self.target.url,
            "region": self.target.region,
            "access_key": credentials.access_key,
            "secret_key": credentials.secret_key,
            "_ansible_check_mode": step.check,
        }
        namespace, collection, name = step.module.split(".")
        module = importlib.import_module(f"ansible_collections.{namespace}.{collection}.plugins.modules.{name}")
        output = io.StringIO()
        with _arguments(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            module.main()
        result: Document = json.loads(output.getvalue())
        return result


@contextlib.contextmanager
def _arguments(arguments: Document) -> Iterator[None]:
    """What Ansible does to a module before it starts it."""
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    try:
        yield
    finally:
        basic._ANSIBLE_ARGS = None


def policy(name: str) -> Document:
    """A policy file, for the account, the tables and the users of the server.

    The tables by their names: C(AuditFlow-*) would allow on their backups and exports what is meant for tables.
    """
    text = (ROOT / "policies" / f"{name}.json").read_text(encoding="utf-8")
    document: Document = json.loads(text.replace("111122223333", ACCOUNT))
    for statement in document["Statement"]:
        if statement["Sid"] == "Tables":
            (pattern,) = statement["Resource"]
            statement["Resource"] = [pattern.replace("AuditFlow-*", name) for name in (*TABLES, COPY)]
    return document


def actions(document: Document) -> list[tuple[str, str]]:
    """Each statement's name and each of its actions."""
    return [(each["Sid"], action) for each in document["Statement"] for action in each["Action"]]


def without(document: Document, sid: str, action: str) -> Document:
    """The policy without one action of one statement."""
    left = deepcopy(document)
    for statement in left["Statement"]:
        if statement["Sid"] == sid:
            statement["Action"].remove(action)
    left["Statement"] = [statement for statement in left["Statement"] if statement["Action"]]
    return left


# By what its ARN has in it; the first that fits.
KINDS = {
    "/index/": "Indexes",
    "/backup/": "Backups",
    "/export/": "Exports",
    "/import/": "Imports",
    ":table/": "Tables",
    ":alias/": "CustomerKeyAlias",
    ":role/": "CheckBeforeWriting",
    ":user/": "CheckBeforeWriting",
    ":logs:": "LogsOfImports",
    ":key/": "CustomerKey",
}


def statement_of(demand: Demand) -> tuple[str, str]:
    """The statement and action that allow what a request needs."""
    action, resource, via = demand
    if resource.startswith("arn:aws:s3:::"):
        return ("Objects" if "/" in resource else "Buckets", action)
    sid = next((sid for sign, sid in KINDS.items() if sign in resource), "NotBoundToAResource")
    sid = "CustomerKeyThroughDynamoDB" if via else sid
    return ("CustomerKey", action) if via and action == "kms:DescribeKey" else (sid, action)
