# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies that are wanted beside those that IAM has: what is missing, different, or no more wanted. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .access_policies import LARGEST_POLICY, PATH, Policy, canonical, size


@dataclass(frozen=True)
class FoundPolicy:
    """A policy of this collection that IAM has.

    tables: those of the region that it is about. roles: those it is attached to. others: users and groups it is.
    """

    name: str
    arn: str
    document: Mapping[str, Any]
    tables: frozenset[str]
    roles: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """What is to be done.

    make, change: policies to write. attach, detach: policies by role, as ARNs. delete: policies to remove.
    """

    wanted: tuple[Policy, ...]
    found: Mapping[str, FoundPolicy]
    make: tuple[Policy, ...]
    change: tuple[Policy, ...]
    attach: Mapping[str, tuple[str, ...]]
    detach: Mapping[str, tuple[str, ...]]
    delete: tuple[FoundPolicy, ...]
    notes: tuple[str, ...]

    @classmethod
    def nothing(cls, note: str) -> Compared:
        """Nothing to be done, and why."""
        return cls((), {}, (), (), {}, {}, (), (note,))

    @property
    def in_sync(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.make or self.change or self.attach or self.detach or self.delete)

    @property
    def to_put(self) -> list[dict[str, Any]]:
        """Options of M(amazon.aws.iam_managed_policy). IAM keeps the description that a policy was made with."""
        made = [{"name": each.name, "policy": each.document, "description": each.description} for each in self.make]
        changed = [{"name": each.name, "policy": each.document} for each in self.change]
        return [{**each, "path": PATH} for each in (*made, *changed)]

    @property
    def to_attach(self) -> list[dict[str, Any]]:
        """Options of M(auditflow.dynamodb.role_policies)."""
        roles = sorted({*self.attach, *self.detach})
        return [
            {"role": role, "attach": list(self.attach.get(role, ())), "detach": list(self.detach.get(role, ()))}
            for role in roles
        ]

    def lines(self) -> list[str]:
        """For people: a heading a policy, and a line a change; a changed document as a diff."""
        lines = []
        for policy in self.wanted:
            state = "to be made" if policy in self.make else "to be changed" if policy in self.change else ""
            attach = sorted(role for role, arns in self.attach.items() if policy.arn in arns)
            detach = sorted(role for role, arns in self.detach.items() if policy.arn in arns)
            count = f"{size(policy.document):,} of {LARGEST_POLICY:,} characters"
            roles = f"for {', '.join(policy.roles)}" if policy.roles else "no roles named, so attached to none here"
            doing = state or ("other roles" if attach or detach else "in sync")
            lines.append(f"{policy.name}: {doing}; {count}, {roles}")
            before = self.found[policy.arn].document if policy.arn in self.found else None
            lines += document_lines(before, policy.document) if state else []
            lines += [f"  + attach to {role}" for role in attach] + [f"  - detach from {role}" for role in detach]
        for gone in self.delete:
            users = ", ".join((*gone.roles, *gone.others))
            lines.append(f"{gone.name}: to be removed" + (f"; attached to {users}" if users else ""))
        lines += self.notes
        return lines or ["no policy of these tables"]


def document_lines(before: Any, after: Any) -> list[str]:
    """A diff of two documents, for people; a new one with what it allows only."""
    if before is None:
        return [f"  + {_allowed(statement)}" for statement in after["Statement"]]
    have, want = (json.dumps(canonical(each), indent=2).splitlines() for each in (before, after))
    diff = list(difflib.unified_diff(have, want, lineterm="", n=1))[2:]
    return [f"    {line}" for line in diff]


def _allowed(statement: Mapping[str, Any]) -> str:
    actions = ", ".join(action.partition(":")[2] for action in statement["Action"])
    resources = ", ".join(arn.partition(":")[2].split(":", 4)[-1] for arn in statement["Resource"])
    tests = sorted({key for test in statement.get("Condition", {}).values() for key in test})
    return f"{actions} on {resources}" + (f" where {', '.join(tests)}" if tests else "")


def compare(
    wanted: Sequence[Policy], found: Mapping[str, FoundPolicy], tables: Collection[str], purge: bool
) -> Compared:
    """What is to be done. tables: names of the definitions. purge: whether what nobody asks for is removed."""
    make = tuple(policy for policy in wanted if policy.arn not in found)
    there = [policy for policy in wanted if policy.arn in found]
    change = tuple(policy for policy in there if canonical(policy.document) != canonical(found[policy.arn].document))
    attach: dict[str, tuple[str, ...]] = {}
    detach: dict[str, tuple[str, ...]] = {}
    notes = []
    for policy in wanted:
        has = found[policy.arn].roles if policy.arn in found else ()
        for role in policy.roles:
            if role not in has:
                attach[role] = (*attach.get(role, ()), policy.arn)
        # Who names no roles attaches the policy elsewhere.
        extra = [role for role in has if role not in policy.roles] if policy.roles else []
        if purge:
            detach.update({role: (*detach.get(role, ()), policy.arn) for role in extra})
        elif extra:
            notes.append(f"  . {policy.name} is also attached to {', '.join(extra)}; access_purge detaches it there")
    names = {policy.arn for policy in wanted}
    stale = [each for arn, each in found.items() if arn not in names and each.tables and each.tables <= set(tables)]
    if not purge:
        notes += [f"  . {each.name} is for no consumer here; access_purge removes it" for each in stale]
    return Compared(tuple(wanted), found, make, change, attach, detach, tuple(stale) if purge else (), tuple(notes))


def nothing_wanted(found: Mapping[str, FoundPolicy], tables: Collection[str]) -> Compared:
    """What is to be removed with these tables. A policy that is about another table as well stays."""
    about = [each for each in found.values() if each.tables & set(tables)]
    delete = tuple(each for each in about if each.tables <= set(tables))
    notes = tuple(
        f"  . {each.name} stays: it is also for {', '.join(sorted(each.tables - set(tables)))}"
        for each in about
        if each not in delete
    )
    return Compared((), found, (), (), {}, {}, delete, notes)
