# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an UpdateTable may combine, whatever state the table is in. Pure; the texts were measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import INVALID, internal, invalid, validation
from .table_state import PROVISIONED
from .world import Body

REQUIRED_ONE_OF = (
    "ProvisionedThroughput",
    "BillingMode",
    "UpdateStreamEnabled",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "ReplicaUpdates",
    "MultiAccountReplicaReady",
    "ReplicaTransitRoleArn",
    "MultiRegionConsistency",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
)
NOT_REPRODUCED = (
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
    "VectorIndexUpdates",
)
# In the order in which AWS looks at them.
ALONE = (
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    ("DeletionProtectionEnabled", "DeletionProtection modification must be the only operation in the request"),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
    ("ReplicaUpdates", "Replica modification must be the only operation in the request"),
)
ACTIONS = ("Update", "Create", "Delete")


@dataclass(frozen=True)
class IndexAction:
    """One entry of GlobalSecondaryIndexUpdates."""

    action: str
    name: str
    body: Mapping[str, Any]


def index_actions(body: Body) -> list[IndexAction]:
    """The entries, of which each has been checked to have one action."""
    return list(_index_actions(body))


def _index_actions(body: Body) -> Iterator[IndexAction]:
    for entry in body.get("GlobalSecondaryIndexUpdates") or []:
        for action in ACTIONS:
            if entry.get(action) is not None:
                yield IndexAction(action, entry[action]["IndexName"], entry[action])


def check_combination(body: Body) -> None:
    changes = _changes(body)
    if not changes:
        _refuse_nothing(body)
    _check_empty(body, changes)
    _check_entries(body)
    _check_alone(body, changes)
    _check_pairs(body, changes)
    for member in NOT_REPRODUCED:
        if member in changes:
            raise validation(f"{INVALID}{member} is not reproduced here")


def _changes(body: Body) -> set[str]:
    ignored = {"TableName", "AttributeDefinitions"}
    return {name for name, value in body.items() if name not in ignored and value is not None and value != []}


def _refuse_nothing(body: Body) -> None:
    missing = [name for name in REQUIRED_ONE_OF if body.get(name) is None]
    raise validation(f"At least one of {', '.join(missing[:-1])} or {missing[-1]} is required")


def _check_empty(body: Body, changes: set[str]) -> None:
    if body.get("GlobalSecondaryIndexUpdates") == []:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    for member in ("WarmThroughput", "OnDemandThroughput"):
        if changes == {member} and body[member] == {}:
            raise internal()


def _check_entries(body: Body) -> None:
    seen: set[str] = set()
    for entry in body.get("GlobalSecondaryIndexUpdates") or []:
        actions = [action for action in ACTIONS if entry.get(action) is not None]
        if not actions:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(actions) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        name = entry[actions[0]]["IndexName"]
        if name in seen:
            raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {name}")
        seen.add(name)


def _check_alone(body: Body, changes: set[str]) -> None:
    creates = any(each.action == "Create" for each in index_actions(body))
    for member, text in ALONE:
        if member not in changes or len(changes) == 1:
            continue
        if member == "WarmThroughput" and creates:
            raise invalid("Create global secondary index cannot be specified when updating WarmThroughput")
        raise invalid(text)


def _check_pairs(body: Body, changes: set[str]) -> None:
    if "OnDemandThroughput" in changes and changes - {"OnDemandThroughput", "BillingMode"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    iops = "ProvisionedThroughput" in changes
    stream = "StreamSpecification" in changes
    if stream and (iops or body.get("BillingMode") == PROVISIONED):
        raise invalid("You cannot modify stream status while updating table IOPS")
    if any(each.action != "Update" for each in index_actions(body)):
        if iops:
            raise invalid("You cannot create or delete index while updating table IOPS")
        if stream:
            raise invalid("You cannot create or delete index while changing stream status")
