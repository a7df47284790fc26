# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be restored, from where, and with what changed: the call, or the reasons why not. Pure.

Rules: RestoreTableFromBackup and RestoreTableToPointInTime API references, Developer Guide "Restoring a table". Texts
and their order are measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .backups import LATEST, Backup, table_of
from .conditions import Condition, TableActive
from .plan import Plan
from .settings.billing import PAY_PER_REQUEST, PROVISIONED, Billing
from .settings.capacity import NO_LIMIT
from .settings.encryption import Encryption, specification
from .steps import ADD, Change, Refusal, Step
from .transfer import iso

LOST = "a restore brings no TTL, point-in-time recovery, tags, stream, deletion protection, table class or policy"


@dataclass(frozen=True)
class Wanted:
    """A table that shall be made of another's past.

    target: its name. source: whose past; may be empty where C(backup) is an ARN. region: where the source is, if that
    is elsewhere. backup: an ARN, a name, or C(latest); empty for a point in time: C(time), or the latest there is.
    billing, encryption: what shall be other than it was. without: indexes to leave out.
    """

    target: str
    source: str = ""
    region: str = ""
    backup: str = ""
    time: datetime | None = None
    billing: Billing | None = None
    encryption: Encryption | None = None
    without: tuple[str, ...] = ()

    @property
    def by_arn(self) -> bool:
        """Whether one certain backup is named."""
        return self.backup.startswith("arn:")


@dataclass(frozen=True)
class Source:
    """What there is to restore from.

    backup: the newest that is meant. others: the names of the backups there are. description: the table as the backup
    has it, or as it is. window: PointInTimeRecoveryDescription; C(None) where there is no such table.
    """

    backup: Backup | None = None
    others: tuple[str, ...] = ()
    description: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] | None = None

    def indexes(self, kind: str) -> list[Mapping[str, Any]]:
        """The indexes of a kind: C(GlobalSecondaryIndexes) or C(LocalSecondaryIndexes)."""
        return list(self.description.get(kind) or ())

    @property
    def names(self) -> set[str]:
        """The names of all indexes."""
        return {each["IndexName"] for kind in OVERRIDES.values() for each in self.indexes(kind)}


OVERRIDES = {
    "GlobalSecondaryIndexOverride": "GlobalSecondaryIndexes",
    "LocalSecondaryIndexOverride": "LocalSecondaryIndexes",
}


def plan_restore(wanted: Wanted, source: Source, ready: Sequence[Condition] = ()) -> Plan:
    """The plan that makes the table. ready: what must hold before."""
    refusals = tuple(_obstacles(wanted, source))
    if refusals:
        return Plan(wanted.target, refusals=refusals)
    operation, origin, told = _origin(wanted, source)
    arguments = {"TargetTableName": wanted.target, **origin, **_overrides(wanted, source)}
    step = Step(
        operation=operation,
        arguments=arguments,
        purpose=f"restore {wanted.target} from {told}",
        changes=(Change(ADD, "table", "table", f"{wanted.target} from {told}"),),
        before=tuple(ready),
        after=(TableActive(wanted.target),),
    )
    after = {"name": wanted.target, "restored_from": told, **_words(wanted)}
    return Plan(wanted.target, stages=(((step,),),), notes=(LOST,), before={}, after=after)


def being_restored(wanted: Wanted, table: Mapping[str, Any]) -> str:
    """Why a table that is CREATING is not the restore that is wanted; empty where it is."""
    summary = table.get("RestoreSummary") or {}
    if not summary.get("RestoreInProgress"):
        return f"{wanted.target} is being created by somebody else, and not restored"
    source = table_of(summary.get("SourceTableArn", "")) or table_of(summary.get("SourceBackupArn", ""))
    if wanted.source and source and source != wanted.source:
        return f"{wanted.target} is being restored from {source}, not from {wanted.source}"
    backup = summary.get("SourceBackupArn", "")
    if wanted.by_arn and backup and backup != wanted.backup:
        return f"{wanted.target} is being restored from another backup: {backup}"
    return ""


def _origin(wanted: Wanted, source: Source) -> tuple[str, dict[str, Any], str]:
    """The operation, its arguments that say from where, and the same in words."""
    if source.backup:
        told = f"backup {source.backup.name} of {source.backup.table}, {iso(source.backup.created)}"
        return "RestoreTableFromBackup", {"BackupArn": source.backup.arn}, told
    place = {"SourceTableArn": source.description["TableArn"]} if wanted.region else {"SourceTableName": wanted.source}
    where = f"{wanted.source} in {wanted.region}" if wanted.region else wanted.source
    when: dict[str, Any] = {"RestoreDateTime": wanted.time} if wanted.time else {"UseLatestRestorableTime": True}
    told = f"{where} as of {iso(wanted.time) if wanted.time else 'the latest restorable time'}"
    return "RestoreTableToPointInTime", {**place, **when}, told


def _overrides(wanted: Wanted, source: Source) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    mode = _mode(wanted)
    if mode:
        overrides["BillingModeOverride"] = mode
    if wanted.billing and wanted.billing.throughput:
        overrides["ProvisionedThroughputOverride"] = wanted.billing.throughput.request()
    # AWS answers an empty one with an error, and restores all the same.
    limit = wanted.billing.limit.create_request() if wanted.billing and wanted.billing.limit else {}
    if limit and wanted.billing and wanted.billing.limit != NO_LIMIT:
        overrides["OnDemandThroughputOverride"] = limit
    for override, kind in OVERRIDES.items():
        indexes = source.indexes(kind)
        sized = mode == PROVISIONED and kind == "GlobalSecondaryIndexes"
        if indexes and (sized or any(each["IndexName"] in wanted.without for each in indexes)):
            kept = [each for each in indexes if each["IndexName"] not in wanted.without]
            overrides[override] = [_index(each, wanted, kind) for each in kept]
    if wanted.encryption:
        overrides["SSESpecificationOverride"] = specification(wanted.encryption)
    return overrides


def _mode(wanted: Wanted) -> str:
    if not wanted.billing:
        return ""
    return wanted.billing.mode or (PROVISIONED if wanted.billing.throughput else "")


def _index(index: Mapping[str, Any], wanted: Wanted, kind: str) -> dict[str, Any]:
    """An index as an override has it: all that is not there is left out of the restored table."""
    shape = {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
    if kind != "GlobalSecondaryIndexes" or _mode(wanted) == PAY_PER_REQUEST:
        return shape
    units = index.get("ProvisionedThroughput") or {}
    throughput = {name: units.get(name) or 0 for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    if _mode(wanted) == PROVISIONED and wanted.billing and wanted.billing.throughput and not any(throughput.values()):
        # An index that was on demand gets what its table gets; AWS asks for a number.
        throughput = wanted.billing.throughput.request()
    return {**shape, "ProvisionedThroughput": throughput} if any(throughput.values()) else shape


def _words(wanted: Wanted) -> dict[str, Any]:
    """What is overridden, in the words of the options."""
    words: dict[str, Any] = {}
    if _mode(wanted):
        words["billing_mode"] = _mode(wanted)
    if wanted.encryption:
        words["encryption"] = wanted.encryption.label or wanted.encryption.key or wanted.encryption.type
    if wanted.without:
        words["without_indexes"] = list(wanted.without)
    return words


def _obstacles(wanted: Wanted, source: Source) -> Iterable[Refusal]:
    yield from _backup_obstacles(wanted, source) if wanted.backup else _time_obstacles(wanted, source)
    if wanted.region and not wanted.encryption:
        yield Refusal(
            "encryption",
            f"the source is in {wanted.region}, and no key of that region encrypts a table in another",
            "Give encryption: a key of this region, or type AWS_OWNED",
        )
    unknown = [name for name in wanted.without if name not in source.names]
    if unknown and source.description:
        known = ", ".join(sorted(source.names)) or "none"
        yield Refusal("without_indexes", f"there is no index {', '.join(unknown)}", f"There are: {known}")


def _backup_obstacles(wanted: Wanted, source: Source) -> Iterable[Refusal]:
    if source.backup:
        return
    of = f" of {wanted.source}" if wanted.source else ""
    what = f"backup{of} that can be restored" if wanted.backup == LATEST else f"backup {wanted.backup}{of}"
    known = ", ".join(source.others[:10]) or "none"
    yield Refusal("table", f"there is no {what}", f"There are: {known}. playbooks/backups.yml lists them")


def _time_obstacles(wanted: Wanted, source: Source) -> Iterable[Refusal]:
    if source.window is None:
        where = f" in {wanted.region}" if wanted.region else ""
        yield Refusal(
            "table",
            f"there is no table {wanted.source}{where}",
            "Of a deleted table with point-in-time recovery AWS keeps a backup for 35 days: backup: latest restores it",
        )
        return
    if source.window.get("PointInTimeRecoveryStatus") != "ENABLED":
        yield Refusal(
            "table",
            f"point-in-time recovery is off at {wanted.source}",
            "There is no past to restore but in its backups: give backup",
        )
        return
    earliest = source.window.get("EarliestRestorableDateTime")
    latest = source.window.get("LatestRestorableDateTime")
    # AWS restores to the second.
    if wanted.time and earliest and latest and not earliest.replace(microsecond=0) <= wanted.time <= latest:
        yield Refusal(
            "table",
            f"{iso(wanted.time)} is outside of what {wanted.source} can be restored to",
            f"Choose a time from {iso(earliest)} to {iso(latest)}",
        )
