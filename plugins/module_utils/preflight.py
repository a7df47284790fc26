# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells beforehand whether the caller may do what a run can need.

What IAM's simulator does not know (policies of keys and tables, conditions on what it is not told) is never taken for
a denial that stops a run, as far as that can be told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .aws import Aws
from .converge import Outcome, Run, converge, delete
from .deletion import Deletion
from .errors import AwsError
from .iam import Caller, Place
from .key_look import described, look_at
from .permissions import CustomerKey, Need, deletion_needs, key_needs, merge, table_needs
from .settings.encryption import KEY_ARN, KEY_USE, MANAGED_KEY
from .simulation import Verdict, ask
from .spec import TableSpec
from .state import Read
from .steps import Step

# Where only the actions matter, not on what.
ANYWHERE = Place("aws", "", "")

Work = Callable[[Callable[[Any], Any], list[Any]], list[Any]]


@dataclass(frozen=True)
class Request:
    """What a run will do.

    apply: the tables that it creates, changes or only compares. writes: whether it changes anything of them.
    create: whether missing ones are created. delete: the names of tables that it deletes, before anything else.
    backup: whether a final backup is taken. key: the customer key that it ensures.
    """

    apply: tuple[TableSpec, ...] = ()
    writes: bool = True
    create: bool = True
    delete: tuple[str, ...] = ()
    backup: bool = True
    key: CustomerKey | None = None


@dataclass(frozen=True)
class Preflight:
    """What came of it.

    caller: whose policies were asked for. needed: everything the run can need. missing: what it needs and may not.
    unneeded: what is denied, and not due in this run. unknown: what only trying can tell.
    skipped: why IAM was not asked; empty where it was.
    """

    caller: str = ""
    needed: tuple[Need, ...] = ()
    missing: tuple[Need, ...] = ()
    unneeded: tuple[Need, ...] = ()
    unknown: tuple[Need, ...] = ()
    skipped: str = ""

    @property
    def text(self) -> str:
        """For people."""
        if self.skipped:
            return f"Permissions were not checked beforehand: {self.skipped}"
        heading = f"{len(self.needed)} permissions checked for {self.caller}"
        if self.missing:
            heading = f"{self.caller} lacks {len(self.missing)} of {len(self.needed)} permissions. Nothing was written"
        lines = [heading, *(f"  missing: {need}" for need in self.missing)]
        lines += [f"  missing, and not needed by this run: {need}" for need in self.unneeded]
        lines += [f"  IAM cannot say beforehand: {need}" for need in self.unknown]
        return "\n".join(lines)


@dataclass(frozen=True)
class Keys:
    """KMS keys that were found. found: metadata by the name that definitions have for a key."""

    found: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def arns(self) -> dict[str, str]:
        """ARNs by name."""
        return {name: metadata["Arn"] for name, metadata in self.found.items()}

    @property
    def proven(self) -> set[tuple[str, str, str]]:
        """What was just done, and so is allowed."""
        return {("kms:DescribeKey", arn, "") for arn in self.arns.values()}


def check(request: Request, aws: Aws, work: Work, arn: str = "") -> Preflight:
    """Asks IAM. Never raises for what AWS says.

    work: runs a function on each of a list, side by side. arn: who calls, as STS told it; empty asks STS.
    """
    try:
        arn = arn or (aws.read(Read("GetCallerIdentity", {}, service="sts")) or {}).get("Arn", "")
        caller = Caller.of(arn)
        if not caller.arn:
            return Preflight(skipped=caller.reason)
        place = Place(caller.partition, aws.region, caller.account)
        keys = _find_keys(request, aws, work)
        needs = merge(need for need in _needs(request, place, keys) if request.writes or not need.write)
        asked, verdicts = ask(needs, caller, place, aws)
    except AwsError as error:
        return Preflight(skipped=str(error))
    verdicts.update(dict.fromkeys(keys.proven, Verdict.ALLOWED))
    denied = [need for need in needs if verdicts.get(need.asked) is Verdict.DENIED]
    own = _with_own_policy({need.resource for need in denied if need.permission.action.startswith("kms:")}, aws)
    unknown = [need for need in needs if verdicts.get(need.asked) is not Verdict.ALLOWED and need not in denied]
    unknown += [need for need in denied if need.resource in own]
    denied = [need for need in denied if need.resource not in own]
    due = _due(request, keys, aws, work) if denied else frozenset()
    missing = tuple(need for need in denied if not need.write or (need.owner, need.permission.action) in due)
    unneeded = tuple(need for need in denied if need not in missing)
    return Preflight(asked, needs, missing, unneeded, tuple(unknown))


def _find_keys(request: Request, aws: Aws, work: Work) -> Keys:
    wanted = [spec.wanted["encryption"].key for spec in request.apply if "encryption" in spec.wanted]
    names = dict.fromkeys([request.key.alias] if request.key else [])
    names.update(dict.fromkeys(name for name in wanted if name))

    def find(name: str) -> Mapping[str, Any] | None:
        try:
            return (aws.read_all([described(name)])["DescribeKey"] or {}).get("KeyMetadata")
        except AwsError:
            # Not found, not allowed, not there: the simulation says which of them matters.
            return None

    found = zip(names, work(find, list(names)), strict=True)
    return Keys({name: metadata for name, metadata in found if metadata})


def _needs(request: Request, place: Place, keys: Keys) -> Iterable[Need]:
    for name in request.delete:
        yield from deletion_needs(name, place, request.backup)
    if request.key:
        yield from key_needs(request.key, place, keys.found.get(request.key.alias))
    arns = keys.arns
    for spec in request.apply:
        for need in table_needs(spec, place, arns, request.create):
            encryption = spec.wanted.get("encryption")
            # There is no AWS-managed key before a table has used it.
            unused = encryption and encryption.key == MANAGED_KEY and MANAGED_KEY not in arns
            if not (unused and need.permission.action.startswith("kms:")):
                yield need


def _with_own_policy(keys: Iterable[str], aws: Aws) -> set[str]:
    """Those keys whose own policy says more than that IAM decides; IAM's simulator leaves it out."""
    return {key for key in keys if _says_more(key, aws)}


def _says_more(key: str, aws: Aws) -> bool:
    if not KEY_ARN.fullmatch(key):
        return False
    try:
        answer = aws.read(Read("GetKeyPolicy", {"KeyId": key, "PolicyName": "default"}, service="kms"))
    except AwsError:
        return False
    statements = json.loads((answer or {}).get("Policy", "{}")).get("Statement", [])
    account = key.split(":")[4]
    root = f":iam::{account}:root"
    return any(not str(each.get("Principal", {}).get("AWS", "")).endswith((root, account)) for each in statements)


def _due(request: Request, keys: Keys, aws: Aws, work: Work) -> frozenset[tuple[str, str]]:
    """The actions that this run needs for its changes, by the table or key they are for: those of its plan."""
    check_only = Run(check=True, create=request.create)
    deletions = [Deletion(name, allowed=True, backup="final" if request.backup else "") for name in request.delete]
    outcomes = work(lambda deletion: delete(deletion, aws, check_only), deletions)
    due = {pair for outcome in outcomes for pair in _of_outcome(outcome)}
    for spec, outcome in zip(
        request.apply, work(lambda spec: converge(spec, aws, check_only), list(request.apply)), strict=True
    ):
        # What cannot be planned, or is deleted before, may need everything.
        if outcome.error or spec.name in request.delete:
            due |= {(spec.name, need.permission.action) for need in table_needs(spec, ANYWHERE, {}, request.create)}
        due |= set(_of_outcome(outcome))
    if request.key:
        due |= {(request.key.alias, action) for action in _due_of_key(request.key, keys, aws)}
    return frozenset(due)


def _of_outcome(outcome: Outcome) -> Iterable[tuple[str, str]]:
    for step in outcome.plan.steps:
        for action in _of_step(step):
            yield outcome.name, action


def _of_step(step: Step) -> Iterable[str]:
    yield f"dynamodb:{step.operation}"
    if step.arguments.get("Tags"):
        yield "dynamodb:TagResource"
    if (step.arguments.get("SSESpecification") or {}).get("KMSMasterKeyId"):
        yield from (permission.action for permission in KEY_USE)
    for condition in (*step.before, *step.after):
        yield f"{condition.service}:{condition.operation}"


def _due_of_key(key: CustomerKey, keys: Keys, aws: Aws) -> Iterable[str]:
    metadata = keys.found.get(key.alias)
    needs = key_needs(key, ANYWHERE, metadata)
    if not metadata:
        return [need.permission.action for need in needs]
    kept = _kept_by_key(key, metadata, aws)
    return [need.permission.action for need in needs if need.permission.operation not in kept]


def _kept_by_key(key: CustomerKey, metadata: Mapping[str, Any], aws: Aws) -> set[str]:
    """The changes that a key that is there does not need."""
    try:
        found = look_at(metadata, aws)
    except AwsError:
        return set()
    kept = {"EnableKeyRotation", "DisableKeyRotation"} if found.rotated == key.rotation else set()
    return kept if found.tags_differ(key) else {*kept, "TagResource"}
