# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: the job with nothing but boto3, a thread a call. `python -m benchmarks.bare REGIONS TABLES`, numbers both.

Endpoint and credentials are the environment's.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.job import PARALLEL, PITR_DAYS, TAGS, TTL_ATTRIBUTE, Table, regions, tables

# Of the calls about a table, so many may be under way beside the one of the thread that works on it.
BESIDE = 2
# A session makes one client at a time.
CLIENTS = threading.Lock()


@dataclass(frozen=True)
class Region:
    """One region.

    client: DynamoDB's there. key: asks for the key that AWS manages there. calls: threads for calls beside those of the
    threads a table.
    """

    client: Any
    key: Callable[[], str]
    calls: ThreadPoolExecutor

    def ensure(self, table: Table) -> None:
        """Make a table, or see to it that it has all settings."""
        try:
            found = self.client.describe_table(TableName=table.name)["Table"]
        except self.client.exceptions.ResourceNotFoundException:
            self._create(table)
        else:
            self._settings(table, found)

    def _create(self, table: Table) -> None:
        self.client.create_table(**table.request)
        pause = 0.05
        while self.client.describe_table(TableName=table.name)["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(pause)
            pause = min(2 * pause, 5)
        beside = self.calls.submit(self._enable_ttl, table)
        self._enable_pitr(table)
        beside.result()

    def _settings(self, table: Table, found: dict[str, Any]) -> None:
        ttl = self.calls.submit(self._ensure_ttl, table)
        pitr = self.calls.submit(self._ensure_pitr, table)
        tags = self.client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
        if {tag["Key"]: tag["Value"] for tag in tags} != TAGS:
            self.client.tag_resource(ResourceArn=found["TableArn"], Tags=table.request["Tags"])
        # Only by its key is encryption with the AWS-managed key told from that with a customer's.
        if found.get("SSEDescription", {}).get("KMSMasterKeyArn") != self.key():
            self.client.update_table(TableName=table.name, SSESpecification=table.request["SSESpecification"])
        ttl.result()
        pitr.result()

    def _ensure_ttl(self, table: Table) -> None:
        found = self.client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
        if found.get("AttributeName") != TTL_ATTRIBUTE:
            self._enable_ttl(table)

    def _ensure_pitr(self, table: Table) -> None:
        found = self.client.describe_continuous_backups(TableName=table.name)["ContinuousBackupsDescription"]
        if found["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays") != PITR_DAYS:
            self._enable_pitr(table)

    def _enable_ttl(self, table: Table) -> None:
        wanted = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        self.client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=wanted)

    def _enable_pitr(self, table: Table) -> None:
        wanted = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": PITR_DAYS}
        self.client.update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=wanted)


def key_of(session: boto3.Session, region: str) -> Callable[[], str]:
    """Asks for the key that AWS manages for DynamoDB in a region, once."""
    lock = threading.Lock()

    @cache
    def ask() -> str:
        with CLIENTS:
            client = session.client("kms", region_name=region)
        arn: str = client.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
        return arn

    def locked() -> str:
        with lock:
            return ask()

    return locked


def main(region_count: int, table_count: int) -> None:
    """Do the job in so many regions, with so many tables in each."""
    wanted, session = tables(table_count), boto3.Session()
    at_a_time = min(PARALLEL, table_count)
    config = Config(max_pool_connections=at_a_time * (1 + BESIDE), retries={"mode": "standard"})
    with (
        ThreadPoolExecutor(at_a_time * region_count) as pool,
        ThreadPoolExecutor(at_a_time * region_count * BESIDE) as calls,
    ):
        places = [
            Region(session.client("dynamodb", region_name=name, config=config), key_of(session, name), calls)
            for name in regions(region_count)
        ]
        futures = [pool.submit(place.ensure, table) for table in wanted for place in places]
        for future in futures:
            future.result()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
