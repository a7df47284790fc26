# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do: who calls, what differs of the customer key and of every table, and whether the caller may.

All reads are made side by side. IAM is asked only where something is going to be written, or where a read was denied:
what is in sync needs no permission that the comparison has not proven.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .aws import Aws
from .converge import Outcome, Run, converge
from .errors import AwsError, Kind
from .identity import Identity, identify
from .key_look import FoundKey, find_key
from .permissions import CustomerKey
from .preflight import Preflight, Request, Work, check
from .spec import TableSpec


@dataclass(frozen=True)
class Wish:
    """What to look for.

    specs: the tables. create: whether missing ones are created. key: the customer key, where there is to be one.
    account: the only account to go on in; empty for any. identity: whether STS is asked who calls. permissions:
    whether IAM is asked. writes: whether a run is going to follow that changes what differs.
    """

    specs: tuple[TableSpec, ...]
    create: bool = True
    key: CustomerKey | None = None
    account: str = ""
    identity: bool = True
    permissions: bool = True
    writes: bool = True


@dataclass(frozen=True)
class RunPlan:
    """What was found.

    outcomes: what would come of each table, in check mode. alias: that of the customer key. found: the key; C(None)
    where none was asked for. key_changes: what would be done to it. permissions: what IAM said; C(None) where it was
    not asked. problem: why not to go on; empty where all is well.
    """

    identity: Identity
    outcomes: tuple[Outcome, ...] = ()
    alias: str = ""
    found: FoundKey | None = None
    key_changes: tuple[str, ...] = ()
    permissions: Preflight | None = None
    problem: str = ""

    @property
    def in_sync(self) -> bool:
        """Whether there is nothing to do."""
        return not self.key_changes and all(outcome.in_sync for outcome in self.outcomes)

    @property
    def key_text(self) -> str:
        """What would be done to the key, for people; empty where nothing would."""
        return f"customer key {self.alias}: {'; '.join(self.key_changes)}" if self.key_changes else ""

    @property
    def heading(self) -> str:
        """All but the tables, for people."""
        permissions = self.permissions.text if self.permissions else ""
        return "\n".join(line for line in (self.identity.text, permissions, self.key_text) if line)


def look(wish: Wish, aws: Aws, work: Work) -> RunPlan:
    """Looks at everything. work: runs a function on each of a list, side by side.

    Never raises for what AWS says: that is in the plan.
    """
    run = Run(check=True, create=wish.create)
    jobs: list[Callable[[], Any]] = [lambda: _identity(wish, aws), lambda: _key(wish, aws)]
    jobs += [partial(converge, spec, aws, run) for spec in wish.specs]
    identity, key, *outcomes = work(lambda job: job(), jobs)
    if identity.problem:
        return RunPlan(identity, problem=identity.problem)
    plan = RunPlan(identity, tuple(outcomes), problem=str(key) if isinstance(key, AwsError) else "")
    if wish.key and isinstance(key, FoundKey):
        plan = replace(plan, alias=wish.key.alias, found=key, key_changes=tuple(key.changes(wish.key)))
    denied = any(_denied(error) for error in (key, *(outcome.error for outcome in outcomes)))
    due = wish.writes and not plan.in_sync
    if not (wish.permissions and (due or denied)):
        return plan
    permissions = check(Request(wish.specs, wish.writes, wish.create, key=wish.key), aws, work, identity.arn)
    return replace(plan, permissions=permissions, problem=permissions.text if permissions.missing else plan.problem)


def _identity(wish: Wish, aws: Aws) -> Identity:
    if wish.identity:
        return identify(aws, wish.account)
    return Identity(region=aws.region, endpoint=aws.endpoint())


def _key(wish: Wish, aws: Aws) -> FoundKey | AwsError | None:
    try:
        return find_key(wish.key.alias, aws) if wish.key else None
    except AwsError as error:
        return error


def _denied(error: Any) -> bool:
    return isinstance(error, AwsError) and error.kind is Kind.DENIED
