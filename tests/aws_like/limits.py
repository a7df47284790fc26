# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of the account, not of a table: how many calls a second, and how many tables may change at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import limit, throttled
from .settings import Settings
from .table_state import Running, Table

# How many calls each API took at once before it answered "Rate exceeded"; measured, DescribeLimits as documented.
READ_BURSTS = {
    "DescribeTimeToLive": 4,
    "DescribeContinuousBackups": 12,
    "ListBackups": 5,
    "DescribeBackup": 13,
    "DeleteBackup": 13,
    "DescribeExport": 13,
    "DescribeImport": 13,
    "DescribeLimits": 1,
}
# DescribeTimeToLive needed two seconds to take calls again.
REFILL_TOKENS = {"DescribeTimeToLive": 2.0}
CHANGING = frozenset({"CREATING", "UPDATING", "DELETING"})


@dataclass
class Bucket:
    """Tokens that come back one at a time."""

    size: int
    tokens: float
    filled: float

    def take(self, now: float, seconds_a_token: float) -> bool:
        gained = (now - self.filled) / seconds_a_token if seconds_a_token else self.size
        self.tokens, self.filled = min(self.size, self.tokens + gained), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Limits:
    """The buckets of one region."""

    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take_read(self, operation: str, settings: Settings, now: float) -> None:
        if not settings.read_buckets or operation not in READ_BURSTS:
            return
        durations = settings.durations()
        token = durations.limits_token if operation == "DescribeLimits" else durations.token
        wait = token * REFILL_TOKENS.get(operation, 1.0) * settings.time_scale
        if not self._take(operation, READ_BURSTS[operation], now, wait):
            raise throttled("Rate exceeded")

    def take_mutation(self, settings: Settings, now: float) -> None:
        """Only calls that change something count: no-ops, deletion protection, TTL and reads are exempt."""
        if not settings.mutation_burst:
            return
        if not self._take("", settings.mutation_burst, now, settings.durations().token * settings.time_scale):
            raise throttled("The rate of control plane requests made by this account is too high")

    def _take(self, name: str, size: int, now: float, seconds_a_token: float) -> bool:
        bucket = self._buckets.get(name)
        if bucket is None or bucket.size != size:
            bucket = self._buckets[name] = Bucket(size, size, now)
        return bucket.take(now, seconds_a_token)


def check_changing(tables: list[Table], settings: Settings) -> None:
    """How many tables may be created, updated or deleted at the same time."""
    if sum(1 for table in tables if table.status in CHANGING) >= settings.max_changing:
        raise limit(f"Only {settings.max_changing} tables can be created, updated, or deleted simultaneously")


def check_create(tables: list[Table], indexed: bool, settings: Settings) -> None:
    if len(tables) >= settings.max_tables:
        raise limit(f"There is a limit of {settings.max_tables} tables per subscriber")
    check_changing(tables, settings)
    creating = [each for each in tables if each.running(Running.CREATE) and (each.indexes or each.local_indexes)]
    if indexed and len(creating) >= settings.indexed_creates:
        raise limit(f"Only {settings.indexed_creates} indexed tables that can be created simultaneously")
