# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped policies: enough for their playbooks, with nothing that is not needed. Prints what each action does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest

from tests.integration.auditflow import DOCUMENTS, TABLES, key_arn, make
from tests.integration.harness import Finished
from tests.permissions.runbooks import BUCKET, REPLACE, RUNS, with_bucket
from tests.permissions.runs import (
    ACCOUNT,
    COPY,
    USER,
    Account,
    Credentials,
    Demand,
    Result,
    Run,
    Step,
    actions,
    policy,
    statement_of,
    without,
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/{USER}"
PLAN = "Show the plan"

# amazon.aws.kms_key goes on without these, and takes what it may not see for missing.
TOLERATED = ("kms:GetKeyRotationStatus", "kms:ListResourceTags")
# For the check before writing itself; GetRole has a test of its own.
ADVICE = ("iam:SimulatePrincipalPolicy", "iam:GetRole")
# Without it nobody knows who reads an index, and the text that is confirmed says so.
POORER = "cloudwatch:GetMetricData"
# Without it the archive is as good, and costs a little more.
LEFT_BEHIND = "s3:DeleteObjectVersion"
# moto has no tables with replicas.
NOT_PROVABLE = ("dynamodb:DescribeTableReplicaAutoScaling",)
# Asked for by the test's server as AWS's documentation says; moto does not know that the operation needs it.
BESIDE_THE_CALL = ("CustomerKeyThroughDynamoDB", "LogsOfImports")

# What several policies have is taken from the first of them only, unless all is wanted.
ALL_REMOVALS = bool(os.environ.get("PERMISSIONS_ALL"))


def removals() -> Iterator[Any]:
    proven: set[tuple[str, str]] = set()
    for name in RUNS:
        for sid, action in actions(policy(name)):
            if ALL_REMOVALS or (sid, action) not in proven:
                yield pytest.param(name, sid, action, id=f"{name}-{sid}-{action}")
            proven.add((sid, action))


@dataclass(frozen=True)
class Use:
    """The run in which a permission was used, and what exactly was asked for."""

    run: Run
    demand: Demand


@pytest.fixture(scope="module", autouse=True)
def _one_loader() -> Iterator[None]:
    """Reading the services' models is most of what a module's start costs; here they are read once."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", lambda *dummy: loader)
        yield


@pytest.fixture(scope="module")
def uses(account: Account) -> dict[str, dict[tuple[str, str], Use]]:
    """Every run with exactly its policy: it passes, and tells what it used of the policy."""
    found: dict[str, dict[tuple[str, str], Use]] = {name: {} for name in RUNS}
    for name, runs in RUNS.items():
        for run in runs:
            credentials = _begin(account, run, policy(name))
            checked = _check_before(account, run, credentials)
            done = account.run(run.steps, credentials)
            assert done.failure == "", f"{name}, {run.name}: {done.failure}"
            for demand in (*done.demands, *(checked.demands if checked else ())):
                found[name].setdefault(statement_of(demand), Use(run, demand))
            assert not (checked and checked.results[0]["missing"]), checked
    return found


def _begin(account: Account, run: Run, document: dict[str, Any]) -> Credentials:
    account.reset()
    run.before(account.target)
    return account.user(document)


def _check_before(account: Account, run: Run, credentials: Credentials) -> Result | None:
    """The check of the role before it writes; table_info has none."""
    if not run.preflight:
        return None
    result = account.run((Step("auditflow.dynamodb.permissions_info", run.preflight),), credentials)
    assert result.failure == ""
    assert result.writes == []
    return result


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[tuple[str, ...]]]:
    """What each policy's actions do, printed at the end."""
    rows: list[tuple[str, ...]] = [
        ("policy", "without", "on", "playbook", "checked before", "without the check", "written until then")
    ]
    yield rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print()
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@pytest.mark.parametrize(("name", "sid", "action"), list(removals()))
def test_without_an_action_the_run_says_so(
    account: Account,
    uses: dict[str, dict[tuple[str, str], Use]],
    table: list[tuple[str, ...]],
    name: str,
    sid: str,
    action: str,
) -> None:
    use = uses[name].get((sid, action))
    if action in (*NOT_PROVABLE, "iam:GetRole"):
        assert use is None
        why = "not provable here" if action in NOT_PROVABLE else "for roles with a path; see its test"
        table.append((name, action, sid, "", why, "", ""))
        return
    assert use, f"{name}.json allows {action} ({sid}), and no run uses it"
    less = without(policy(name), sid, action)

    credentials = _begin(account, use.run, less)
    checked = _check_before(account, use.run, credentials)
    before = _told_before(checked, use, action)

    done = account.run(use.run.steps, credentials)
    told = _told_by_the_run(done, use, action)
    source = " (as documented)" if sid in BESIDE_THE_CALL else ""
    table.append(
        (name, action, f"{sid}{source}", use.run.name, before, told, str(len(done.writes)) if done.failure else "")
    )


def _told_before(checked: Result | None, use: Use, action: str) -> str:
    if not checked:
        return "no check"
    result = checked.results[0]
    if action == "iam:SimulatePrincipalPolicy":
        assert f"Missing permission: {action}." in result["skipped_because"]
        return "left out, says why"
    missing = {(each["action"], _pattern(each["resource"])) for each in result["missing"]}
    # A key that is about to be made has no id to be told beforehand.
    assert missing == {(action, _pattern(use.demand[1]))}, result["text"]
    assert result["text"].startswith(f"arn:aws:iam::{ACCOUNT}:user/{USER} lacks ")
    return "missing, named"


def _told_by_the_run(done: Result, use: Use, action: str) -> str:
    if action in ADVICE:
        assert done.failure == ""
        return "passes"
    if action in TOLERATED:
        assert done.failure == ""
        assert done.results[0]["changed"], "a key that cannot be seen is not in sync"
        return "never in sync"
    if action == POORER:
        assert done.failure == ""
        assert f"not authorized to perform: {action}" in done.results[0]["text"]
        return "poorer, named"
    if action == LEFT_BEHIND:
        assert done.failure == ""
        assert done.results[-1]["left_versions"]
        return "told what is left"
    if use.run.name == "table_info" and not done.failure:
        (found,) = (each for each in done.results[0]["tables"] if each["name"] == DOCUMENTS)
        assert f"Missing permission: {action}." in found["unavailable"][use.demand[0].partition(":")[2]]
        return "poorer, named"
    assert f"not authorized to perform: {action} on resource: {_pattern(use.demand[1])}" in _pattern(done.failure)
    if "Missing permission" in done.failure:
        assert f"Missing permission: {action}. Allow it for these credentials on " in done.failure
    return "fails, named"


def _pattern(text: str) -> str:
    """Ids of keys, backups, exports and imports, and names of objects change from run to run."""
    text = re.sub(r":key/[0-9a-f-]{36}", ":key/…", text)
    text = re.sub(r"/(backup|export|import)/[0-9a-f-]+", r"/\1/…", text)
    return re.sub(r"arn:aws:s3:::([\w.-]+)/\S+", r"arn:aws:s3:::\1/…", text)


def test_replacing_takes_both_policies(account: Account) -> None:
    own, added = policy("operator"), policy("custodian")
    more = [{**each, "Sid": f"Custodian{each['Sid']}"} for each in added["Statement"]]
    both = {**own, "Statement": own["Statement"] + more}
    done = account.run(REPLACE.steps, _begin(account, REPLACE, both))
    assert done.failure == ""
    assert ("DeleteTable", DOCUMENTS) in done.writes
    refused = account.run(REPLACE.steps, _begin(account, REPLACE, policy("custodian")))
    assert "Missing permission: dynamodb:CreateBackup" in refused.failure
    assert refused.writes == []


# The playbooks themselves.


ALL = ",".join(TABLES)


def test_the_provisioner_provisions_and_configures(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(policy("provisioner"))
    first = play("provision", me)
    assert first.code == 0, first.output
    assert "permissions checked for" in first.task(PLAN).message
    for name in ("provision", "configure", "plan", "verify"):
        again = play(name, me)
        assert again.code == 0, again.output
        assert again.calls.writes == []


def test_the_operator_recreates_and_tears_down(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(policy("operator"))
    make(account.target)
    for name in ("recreate", "teardown"):
        finished = play(name, me, confirm=ALL)
        assert finished.code == 0, finished.output
    assert account.target.client().list_tables()["TableNames"] == []


def test_the_custodian_restores_and_archives(account: Account, play: Callable[..., Finished], tmp_path: Path) -> None:
    account.reset()
    me = account.user(policy("custodian"))
    with_bucket(account.target)
    account.target.client().create_backup(TableName=DOCUMENTS, BackupName="before")
    job = {"bucket": BUCKET, "timestamp": "upload_timestamp", "state_dir": str(tmp_path), "progress": False}
    for name, extra in (("restore", {"backup": "latest", "to": COPY}), ("archive", {**job, "confirm": DOCUMENTS})):
        finished = play(name, me, table=DOCUMENTS, **extra)
        assert finished.code == 0, finished.output
        assert finished.calls.writes != []


def test_the_auditor_looks_and_changes_nothing(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(policy("auditor"))
    make(account.target)
    for name in ("plan", "verify"):
        finished = play(name, me)
        assert finished.code == 0, finished.output
    account.target.client("kms").disable_key_rotation(KeyId=key_arn(account.target))
    refused = play("provision", me)
    assert refused.code == 2, refused.output
    assert "missing: kms:EnableKeyRotation on arn:aws:kms:" in refused.failure
    # The tables are in sync: what would change them is not needed.
    assert "  missing, and not needed by this run: dynamodb:CreateTable on" in refused.failure
    assert refused.calls.writes == []


def test_what_is_missing_stops_the_run_before_it_writes(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(without(policy("provisioner"), "Tables", "dynamodb:UpdateTimeToLive"))
    refused = play("provision", me)
    assert refused.code == 2
    assert refused.calls.writes == []
    for name in TABLES:
        resource = f"arn:aws:dynamodb:ap-south-1:{ACCOUNT}:table/{name}"
        assert f"missing: dynamodb:UpdateTimeToLive on {resource} (ttl of {name})" in refused.failure

    unchecked = play("provision", me, tables_preflight=False)
    assert unchecked.code == 2
    assert (
        "Missing permission: dynamodb:UpdateTimeToLive. Allow it for these credentials on arn:aws:" in unchecked.failure
    )


def test_recreate_asks_for_creating_before_it_deletes(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(without(policy("operator"), "Tables", "dynamodb:CreateTable"))
    make(account.target)
    refused = play("recreate", me, confirm=ALL)
    assert refused.code == 2
    assert (
        f"missing: dynamodb:CreateTable on arn:aws:dynamodb:ap-south-1:{ACCOUNT}:table/{DOCUMENTS}" in refused.failure
    )
    assert refused.calls.writes == []


def test_who_may_not_ask_goes_on(account: Account, play: Callable[..., Finished]) -> None:
    account.reset()
    me = account.user(without(policy("provisioner"), "CheckBeforeWriting", "iam:SimulatePrincipalPolicy"))
    finished = play("provision", me)
    assert finished.code == 0, finished.output
    said = finished.task(PLAN).message.splitlines()[1]
    assert said.startswith("Permissions were not checked beforehand: SimulatePrincipalPolicy")
    assert "Missing permission: iam:SimulatePrincipalPolicy." in said


@pytest.mark.parametrize(("path", "get_role"), [("/", False), ("/team/", True), ("/team/", False)])
def test_a_role_is_asked_for_by_its_own_arn(
    account: Account, play: Callable[..., Finished], path: str, get_role: bool
) -> None:
    account.reset()
    document = policy("provisioner")
    (statement,) = (each for each in document["Statement"] if each["Sid"] == "CheckBeforeWriting")
    statement["Resource"] += [ROLE]
    if not get_role:
        document = without(document, "CheckBeforeWriting", "iam:GetRole")
    finished = play("provision", account.role(document, path))
    assert finished.code == 0, finished.output
    said = finished.task(PLAN).message.splitlines()[1]
    if path == "/" or get_role:
        assert said.endswith(f"permissions checked for arn:aws:iam::{ACCOUNT}:role{path}{USER}")
    else:
        assert said.startswith("Permissions were not checked beforehand:")
