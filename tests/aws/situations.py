# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be going on at a table when a run begins: brought about by somebody else's calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.aws.changes import Definition
from tests.aws.cloud import TABLE, Cloud
from tests.unit.aws_like.harness import arn

Prepare = Callable[[Cloud, Definition], None]


@dataclass(frozen=True)
class Situation:
    """prepare: makes the table as a definition has it, and then lets this go on.

    may_refuse: texts that the server may refuse calls with: what no read shows beforehand. A table that was being
    created is not found by all reads at once, and where one was being deleted a new one is made.
    unseen: whether the first read after it may be older than what somebody did, so that only the next run sees it.
    """

    name: str
    prepare: Prepare
    may_refuse: tuple[str, ...] = ()
    unseen: bool = False

    def __str__(self) -> str:
        return self.name


def _then(*actions: Callable[[Cloud], None]) -> Prepare:
    """The table has long been there; then this happens to it."""

    def prepare(cloud: Cloud, start: Definition) -> None:
        cloud.own(start)
        for action in actions:
            action(cloud)

    return prepare


def _update(**body: Any) -> Callable[[Cloud], None]:
    return lambda cloud: cloud.update(**body)


def _wait(seconds: float) -> Callable[[Cloud], None]:
    return lambda cloud: cloud.pass_time(seconds)


def _creating(seconds: float) -> Prepare:
    def prepare(cloud: Cloud, start: Definition) -> None:
        on_create = {name: value for name, value in start.items() if name not in ("ttl", "pitr")}
        cloud.converge(on_create, wait=False)
        cloud.pass_time(seconds)
        cloud.calls.clear()

    return prepare


def _without_h(start: Definition) -> Definition:
    return {**start, "global_indexes": [each for each in start["global_indexes"] if each["name"] != "by_h"]}


def _building(seconds: float) -> Prepare:
    """Somebody adds by_h."""

    def prepare(cloud: Cloud, start: Definition) -> None:
        cloud.own(_without_h(start))
        cloud.converge(start, wait=False)
        cloud.pass_time(seconds)
        cloud.calls.clear()

    return prepare


def _deleting_index(cloud: Cloud) -> None:
    cloud.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_h"}}])


def _throughput(cloud: Cloud) -> None:
    if cloud.table().provisioned:
        cloud.update(ProvisionedThroughput={"ReadCapacityUnits": 12, "WriteCapacityUnits": 12})
    else:
        cloud.force(reason="throughput", seconds=2)


def _billing(cloud: Cloud) -> None:
    """A switch that ends as it began would be none: the other mode, so the run has to switch back."""
    if cloud.table().provisioned:
        cloud.update(BillingMode="PAY_PER_REQUEST")
        return
    throughput = {"ReadCapacityUnits": 12, "WriteCapacityUnits": 12}
    updates = [
        {"Update": {"IndexName": each.name, "ProvisionedThroughput": throughput}} for each in cloud.table().indexes
    ]
    cloud.update(BillingMode="PROVISIONED", ProvisionedThroughput=throughput, GlobalSecondaryIndexUpdates=updates)


def _index_throughput(cloud: Cloud) -> None:
    if cloud.table().provisioned:
        throughput = {"ReadCapacityUnits": 12, "WriteCapacityUnits": 12}
        cloud.update(
            GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by_h", "ProvisionedThroughput": throughput}}]
        )
    else:
        cloud.force(reason="gsi_update", index="by_h", seconds=20)


def _stream(cloud: Cloud) -> None:
    on = cloud.table().stream_view is None
    view = {"StreamViewType": "OLD_IMAGE"} if on else {}
    cloud.update(StreamSpecification={"StreamEnabled": on, **view})


def _key(cloud: Cloud) -> None:
    wanted = {"Enabled": False} if cloud.table().key_arn else {"Enabled": True, "SSEType": "KMS"}
    cloud.update(SSESpecification=wanted)


def _ttl(cloud: Cloud) -> None:
    ttl = cloud.table().ttl
    cloud.call(
        "UpdateTimeToLive", **cloud.stopped.ttl(enabled=ttl.attribute is None, attribute=ttl.attribute or "expires")
    )


def _tags(cloud: Cloud) -> None:
    cloud.call("TagResource", ResourceArn=arn(TABLE), Tags=[{"Key": "Someone", "Value": "was here"}])


def _protection(cloud: Cloud) -> None:
    cloud.update(DeletionProtectionEnabled=not cloud.table().deletion_protection)


def _inaccessible(cloud: Cloud) -> None:
    cloud.force(status="INACCESSIBLE_ENCRYPTION_CREDENTIALS")


def _deleting(cloud: Cloud) -> None:
    if cloud.table().deletion_protection:
        _protection(cloud)
    cloud.call("DeleteTable", TableName=TABLE)


WARM = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4500}
BACKUPS = "Backups are being enabled for the table"
TTL_INTERVAL = "Time to live has been modified multiple times"
NO_TTL = "Cannot describe time to live while table is in"
TAG_LOCK = "Table tags are being updated"
COOL_DOWN = "modified within the previous 15000 milliseconds"

CALM = Situation("calm", _then())
CREATED_NOW = Situation("CREATING, its parts not there yet", _creating(0), (BACKUPS, "Table is being created: orders"))
CREATING = Situation("CREATING", _creating(5), (BACKUPS, NO_TTL))
JUST_CREATED = Situation("just ACTIVE", _creating(18.5), (BACKUPS,))
BILLING = Situation("billing UPDATING", _then(_billing))
TTL_CHANGED = Situation("TTL just changed", _then(_ttl), (TTL_INTERVAL,))
TTL_SETTLED = Situation("TTL changed a minute ago", _then(_ttl, _wait(60)), (TTL_INTERVAL,))
DELETING = Situation("DELETING", _then(_deleting), (BACKUPS,))
FORGOTTEN = Situation("DELETING, its parts gone already", _then(_deleting, _wait(2)), (BACKUPS, NO_TTL))
INACCESSIBLE = Situation("INACCESSIBLE_ENCRYPTION_CREDENTIALS", _then(_inaccessible))

SITUATIONS = (
    CALM,
    CREATED_NOW,
    CREATING,
    JUST_CREATED,
    Situation("throughput UPDATING", _then(_throughput)),
    BILLING,
    Situation("stream UPDATING", _then(_stream)),
    Situation("table class UPDATING", _then(_update(TableClass="STANDARD_INFREQUENT_ACCESS"))),
    Situation("index CREATING, allocation", _building(1)),
    Situation("index CREATING, backfilling", _building(100)),
    Situation("index DELETING", _then(_deleting_index)),
    Situation("index UPDATING", _then(_index_throughput)),
    Situation("encryption UPDATING, old key shown", _then(_key, _wait(1))),
    Situation("encryption UPDATING, new key shown", _then(_key, _wait(15))),
    Situation("warm throughput UPDATING", _then(_update(WarmThroughput=WARM))),
    TTL_CHANGED,
    TTL_SETTLED,
    Situation("tags locked", _then(_tags), (TAG_LOCK,), unseen=True),
    Situation("protection just changed", _then(_protection), (COOL_DOWN,)),
    DELETING,
    FORGOTTEN,
    INACCESSIBLE,
)
