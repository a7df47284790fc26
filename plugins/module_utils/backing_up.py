# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes backups and deletes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .apply import send
from .aws import Aws, Patience
from .backups import (
    SYSTEM,
    USER,
    Backup,
    BackupReady,
    TableMade,
    listed,
    listing,
    made_since,
    stamped,
    surplus,
)
from .converge import Failure, Run
from .errors import AwsError, StuckError, WaitTimeoutError
from .state import Read
from .steps import Step

# One that is being restored from is deleted by the next run; nobody waits hours for that.
DELETE_PATIENCE = Patience(seconds=20)


@dataclass(frozen=True)
class Wanted:
    """A backup that shall be taken.

    table: of which table. name: exactly this name, taken once; empty for the prefix and the moment.
    keep: how many with the prefix are kept; 0 for all.
    """

    table: str
    prefix: str = ""
    name: str = ""
    keep: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one table, or of one backup.

    subject: the table's name, or what was asked for. name: the backup's name. backup: C(None) where it was not taken.
    changed: whether AWS was changed, or would be in check mode. deleted: what was deleted, or would be.
    pending: what AWS still does. warnings: what a person should look at. error: why it failed, if it did.
    """

    subject: str
    name: str = ""
    backup: Backup | None = None
    changed: bool = False
    deleted: tuple[Backup, ...] = ()
    pending: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    before: tuple[Backup, ...] = field(default=(), repr=False)

    def result(self) -> dict[str, Any]:
        """The outcome as the module returns it."""
        return {
            "table": self.subject,
            "changed": self.changed,
            "name": self.name,
            "backup": self.backup.result() if self.backup else None,
            "deleted": [backup.result() for backup in self.deleted],
            "pending": list(self.pending),
            **({"failed": True, "msg": str(self.error)} if self.error else {}),
        }


def find(
    aws: Aws, tables: Sequence[str] | None, kind: str, since: datetime | None = None, until: datetime | None = None
) -> list[Backup]:
    """The backups of some tables, or of the region, newest first. Raises AwsError."""
    reads = [listing(table, kind, since, until) for table in dict.fromkeys(tables)] if tables else []
    if not reads:
        reads = [listing("", kind, since, until)]
    found = [backup for read in reads for backup in listed(aws.read(read))]
    return sorted(found, key=lambda backup: (backup.created, backup.arn), reverse=True)


def back_up(wanted: Wanted, aws: Aws, run: Run) -> Outcome:
    """Takes a backup of one table. Never raises for what AWS says: that is in the outcome."""
    outcome = Outcome(wanted.table)
    try:
        table = _table(wanted.table, aws)
        outcome = _take(wanted, table, aws, run)
        if wanted.keep and not outcome.pending:
            outcome = _prune(wanted, table.get("TableId", ""), outcome, aws, run)
    except (AwsError, WaitTimeoutError, StuckError) as error:
        lost = isinstance(error, AwsError) and error.lost
        return replace(outcome, error=error, changed=outcome.changed or lost)
    return outcome


def _table(name: str, aws: Aws) -> dict[str, Any]:
    answer = aws.read(Read("DescribeTable", {"TableName": name}))
    if answer is None:
        raise StuckError(f"there is no table {name} in {aws.region}, so nothing of it can be backed up")
    table: dict[str, Any] = answer["Table"]
    if table.get("TableStatus") == "DELETING":
        raise StuckError(f"{name} is DELETING: AWS takes no backup of it any more")
    return table


def _take(wanted: Wanted, table: dict[str, Any], aws: Aws, run: Run) -> Outcome:
    began = aws.clock.today()
    before = tuple(listed(aws.read(listing(wanted.table))))
    name = wanted.name or stamped(wanted.prefix, "", began)
    outcome = Outcome(wanted.table, name, before=before)
    taken = _taken(before, wanted, table.get("TableId", ""))
    if taken and taken.status == "AVAILABLE":
        return replace(outcome, backup=taken)
    if run.check:
        return replace(outcome, changed=taken is None)
    if taken is None and table.get("TableStatus") == "CREATING":
        going_on = aws.unmet((TableMade(wanted.table),), run.patience)
        if going_on:
            return replace(outcome, pending=(going_on,))
    arn = taken.arn if taken else create(wanted.table, name, aws, run.patience, began)
    outcome = replace(outcome, changed=taken is None)
    ready = BackupReady(wanted.table, arn)
    try:
        going_on = aws.unmet((ready,), run.patience)
        answer = aws.read(Read(ready.operation, ready.arguments))
    except (AwsError, WaitTimeoutError) as error:
        return replace(outcome, error=error)
    backup = Backup.described(answer) if answer else None
    return replace(outcome, backup=backup, pending=(going_on,) if going_on else ())


def _taken(before: Iterable[Backup], wanted: Wanted, table_id: str) -> Backup | None:
    """The backup of exactly this name that an earlier run took of this very table."""
    if not wanted.name:
        return None
    known = ("AVAILABLE", "CREATING")
    return next(
        (each for each in before if each.name == wanted.name and each.is_of(table_id) and each.status in known),
        None,
    )


def create(table: str, name: str, aws: Aws, patience: Patience, since: datetime) -> str:
    """The ARN of a new backup. One whose answer was lost is looked for and not taken twice. Raises AwsError."""

    def made() -> Backup | None:
        return made_since(listed(aws.read(listing(table))), name, since)

    step = Step("CreateBackup", {"TableName": table, "BackupName": name}, f"back up {table} as {name}")
    answer = send(step, aws, patience, lambda step: made() is not None)
    if "BackupDetails" in answer:
        arn: str = answer["BackupDetails"]["BackupArn"]
        return arn
    found = made()
    if found is None:
        raise StuckError(f"backup {name} of {table} was listed and is not any more: somebody else deleted it")
    return found.arn


def _prune(wanted: Wanted, table_id: str, outcome: Outcome, aws: Aws, run: Run) -> Outcome:
    if outcome.error:
        return outcome
    if run.check:
        new = Backup("", outcome.name, wanted.table, table_id, "", "AVAILABLE", USER, aws.clock.today())
        found: Sequence[Backup] = (*outcome.before, new)
    else:
        found = listed(aws.read(listing(wanted.table)))
    extra = surplus(found, wanted.table, table_id, wanted.prefix, wanted.keep)
    return delete_all(extra, outcome, aws, run)


def delete_all(backups: Iterable[Backup], outcome: Outcome, aws: Aws, run: Run) -> Outcome:
    """The outcome with these backups deleted. One that cannot be does not keep the others."""
    for backup in backups:
        try:
            if not run.check:
                aws.repeat("DeleteBackup", {"BackupArn": backup.arn}, DELETE_PATIENCE)
        except AwsError as error:
            if error.code.startswith("BackupInUse"):
                warning = f"backup {backup.name} of {backup.table} is being restored from: the next run deletes it"
                outcome = replace(outcome, warnings=(*outcome.warnings, warning))
                continue
            # Somebody else was quicker, or the answer of the first attempt was lost.
            if not error.code.startswith("BackupNotFound"):
                return replace(outcome, error=error)
        outcome = replace(outcome, deleted=(*outcome.deleted, backup), changed=True)
    return outcome


def forget(arn: str, aws: Aws, run: Run) -> Outcome:
    """Deletes one backup by its ARN; one that is not there is no error."""
    outcome = Outcome(arn)
    try:
        answer = aws.read(Read("DescribeBackup", {"BackupArn": arn}))
        if answer is None:
            return outcome
        backup = Backup.described(answer)
        outcome = replace(outcome, subject=backup.table, name=backup.name, before=(backup,))
        _check_deletable(backup)
        return delete_all([backup], outcome, aws, run)
    except (AwsError, StuckError) as error:
        return replace(outcome, error=error)


def forget_named(table: str, name: str, aws: Aws, run: Run) -> Outcome:
    """Deletes the one backup of a table with this name; none is no error, several are."""
    outcome = Outcome(table, name)
    try:
        found = [each for each in listed(aws.read(listing(table))) if each.name == name and each.status != "DELETED"]
        outcome = replace(outcome, before=tuple(found))
        if len(found) > 1:
            arns = ", ".join(each.arn for each in found)
            text = f"{len(found)} backups of {table} are named {name}: say by 'arns' which is meant: {arns}"
            return replace(outcome, error=StuckError(text))
        return delete_all(found, outcome, aws, run)
    except AwsError as error:
        return replace(outcome, error=error)


def _check_deletable(backup: Backup) -> None:
    if backup.kind == SYSTEM:
        until = f" on {backup.expires:%Y-%m-%d}" if backup.expires else ""
        raise StuckError(f"{backup.name} is a system backup: nobody can delete it, it expires by itself{until}")
    if backup.kind != USER:
        raise StuckError(f"{backup.name} belongs to AWS Backup, which alone can delete it")


def outcome_line(outcome: Outcome, region: str) -> str:
    """What came of it, for people."""
    said = []
    if outcome.error:
        said.append(f"failed: {outcome.error}")
    elif outcome.backup:
        said.append(
            f"{'backed up as' if outcome.changed else 'has the backup'} {outcome.name} ({outcome.backup.status})"
        )
    elif outcome.pending:
        said.append(f"to be backed up as {outcome.name}; {'; '.join(outcome.pending)}")
    elif outcome.name and not outcome.deleted and outcome.changed:
        said.append(f"to be backed up as {outcome.name}")
    if outcome.deleted:
        said.append(f"deleted: {', '.join(backup.name for backup in outcome.deleted)}")
    return f"{outcome.subject} ({region}): {'; '.join(said) or 'nothing to do'}"
