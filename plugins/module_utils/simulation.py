# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks IAM's simulator what a caller may do. Rules: SimulatePrincipalPolicy API reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import groupby
from typing import Any

from .aws import Aws
from .errors import AwsError, Kind
from .iam import Caller, Place
from .permissions import Need
from .state import Read


class Verdict(Enum):
    """What IAM says: ALLOWED, DENIED, or UNKNOWN where a policy depends on what the simulator cannot know."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


# What IAM says, by what it was asked: action, resource, and the service that acts for the caller.
Verdicts = dict[tuple[str, str, str], Verdict]


def ask(needs: Iterable[Need], caller: Caller, place: Place, aws: Aws) -> tuple[str, Verdicts]:
    """The principal that was asked for, and what IAM says of each need."""
    principals = [caller.arn]
    try:
        answers = _simulate(needs, caller.arn, place, aws)
    except AwsError:
        # A role with a path is not known, nor this session allowed to ask for it, without its path.
        principals = _with_path(caller, aws)
        if not principals:
            raise
        answers = _simulate(needs, principals[0], place, aws)
    return principals[0], answers


def _with_path(caller: Caller, aws: Aws) -> list[str]:
    if not caller.role:
        return []
    try:
        answer = aws.read(Read("GetRole", {"RoleName": caller.role}, service="iam"))
    except AwsError:
        return []
    arn = (answer or {}).get("Role", {}).get("Arn", "")
    return [arn] if arn and arn != caller.arn else []


def _simulate(needs: Iterable[Need], principal: str, place: Place, aws: Aws) -> Verdicts:
    """One call for each kind of resource: IAM asks every action of a call on every resource of it."""

    def kind(need: Need) -> tuple[str, str]:
        return need.permission.scope.value, need.permission.via

    reads = []
    vias: dict[str, str] = {}
    for (scope, via), group in groupby(sorted(needs, key=kind), kind):
        members = list(group)
        context = {"aws:RequestedRegion": place.region}
        if via:
            context["kms:ViaService"] = f"{via}.{place.region}.amazonaws.com"
        arguments = {
            "PolicySourceArn": principal,
            "ActionNames": sorted({need.permission.action for need in members}),
            "ResourceArns": sorted({need.resource for need in members}),
            "ContextEntries": [
                {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for name, value in context.items()
            ],
        }
        vias[f"{scope} {via}"] = via
        reads.append(Read("SimulatePrincipalPolicy", arguments, service="iam", key=f"{scope} {via}"))
    verdicts: Verdicts = {}
    for key, answer in aws.read_all(reads).items():
        if answer is None:
            raise AwsError("SimulatePrincipalPolicy", "NoSuchEntity", f"IAM does not know {principal}", Kind.FINAL, "")
        for result in answer["EvaluationResults"]:
            verdicts.update(_verdicts(result, vias[key]))
    return verdicts


def _verdicts(result: Mapping[str, Any], via: str) -> Verdicts:
    """IAM says it for each resource inside one result for the action, or, as it used to, in a result for each."""
    action = result["EvalActionName"]
    specific = [
        (each["EvalResourceName"], each["EvalResourceDecision"], each.get("MissingContextValues"))
        for each in result.get("ResourceSpecificResults") or ()
    ]
    whole = [(result.get("EvalResourceName", "*"), result["EvalDecision"], result.get("MissingContextValues"))]
    return {
        (action, resource, via): _verdict(decision, bool(unknown)) for resource, decision, unknown in specific or whole
    }


def _verdict(decision: str, unknown: bool) -> Verdict:
    if decision == "allowed":
        return Verdict.ALLOWED
    return Verdict.UNKNOWN if unknown else Verdict.DENIED
