# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A move of tables to another key: which tables, and what has to keep the old keys. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .aws import Aws
from .customer_key import Key
from .errors import AwsError
from .settings import SETTINGS
from .settings.encryption import KMS, Encryption
from .state import Read, TableState

QUOTA = "AWS takes four changes of a table's key in 24 hours, then one in six, and does not tell how many there were"


@dataclass(frozen=True)
class Move:
    """One table's key. found: as it is. kept_by: what needs the old key, in words."""

    state: TableState
    found: Encryption
    key: Key
    kept_by: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether the table has another key."""
        return not (self.found.type == KMS and self.key.arn and self.found.key == self.key.arn)

    def definition(self) -> dict[str, Any]:
        """The definition that moves it."""
        return {"name": self.state.name, "encryption": {"type": KMS, "key": self.key.name}}

    def lines(self, region: str) -> list[str]:
        """For people."""
        shown = SETTINGS["encryption"].show(self.found)
        if not self.needed:
            return [f"{self.state.name} ({region}): has {self.key.name} already"]
        lines = [f"{self.state.name} ({region}): {shown} -> {self.key.name}", f"  {QUOTA}"]
        if self.kept_by:
            lines.append(f"  keep {shown} enabled: {'; '.join(self.kept_by)}")
        return lines


def plan_move(state: TableState, key: Key, aws: Aws) -> Move:
    """What the move of one table is. Raises AwsError only for the table itself."""
    found: Encryption = SETTINGS["encryption"].found(state)
    move = Move(state, found, key)
    if not move.needed or found.type != KMS:
        return move
    old = _attempt(Read("DescribeKey", {"KeyId": found.key}, service="kms"), aws)
    if not isinstance(old, AwsError) and old.get("KeyMetadata", {}).get("KeyManager") == "AWS":
        # Nobody can take that one away.
        return move
    return Move(state, found, key, (_backups(state.name, aws), _points_in_time(state.name, aws)))


def _backups(table: str, aws: Aws) -> str:
    answer = _attempt(Read("ListBackups", {"TableName": table, "BackupType": "ALL"}), aws)
    if isinstance(answer, AwsError):
        return f"whether backups need it is not known ({answer.code})"
    count = len(answer.get("BackupSummaries", ()))
    return f"{count} backups are restored with the key that the table had when they were made"


def _points_in_time(table: str, aws: Aws) -> str:
    answer = _attempt(Read("DescribeContinuousBackups", {"TableName": table}), aws)
    if isinstance(answer, AwsError):
        return f"whether points in time need it is not known ({answer.code})"
    pitr = answer.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    if pitr.get("PointInTimeRecoveryStatus") != "ENABLED":
        return "there are no points in time that could need it"
    return f"points in time before the change need it, for {pitr.get('RecoveryPeriodInDays', 35)} days"


def _attempt(read: Read, aws: Aws) -> Mapping[str, Any] | AwsError:
    try:
        return aws.read(read) or {}
    except AwsError as error:
        return error
