# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of tables for the inventory plugin: six in each of five regions, no two alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from tests.integration.harness import Target


@dataclass(frozen=True)
class Ship:
    """One table, as AWS shall have it."""

    name: str
    region: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    provisioned: bool = False
    protected: bool = False
    recovery_days: int = 0
    ttl: str = ""

    @property
    def host(self) -> str:
        return f"{self.name}.{self.region}"

    def make(self, client: Any) -> None:
        units = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}
        billing = {"ProvisionedThroughput": units} if self.provisioned else {"BillingMode": "PAY_PER_REQUEST"}
        client.create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            DeletionProtectionEnabled=self.protected,
            Tags=[{"Key": key, "Value": value} for key, value in self.tags],
            **billing,
        )
        if self.recovery_days:
            on = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": self.recovery_days}
            client.update_continuous_backups(TableName=self.name, PointInTimeRecoverySpecification=on)
        if self.ttl:
            on = {"Enabled": True, "AttributeName": self.ttl}
            client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=on)


AUDITFLOW = (("Environment", "Production"), ("Project", "AuditFlow-Pro"))
SHOP = (("Project", "shop"),)
CLASSES = (
    Ship("AuditFlow-Documents", tags=AUDITFLOW, protected=True, recovery_days=35, ttl="ttl"),
    Ship("AuditFlow-AuditRecords", tags=AUDITFLOW, protected=True, ttl="ttl"),
    Ship("orders", tags=SHOP, provisioned=True, protected=True, recovery_days=7),
    Ship("orders-archive", tags=SHOP),
    Ship("customers", tags=(*SHOP, ("temporary", "yes")), provisioned=True),
    Ship("nobodys", recovery_days=35),
)


def build(target: Target, regions: list[str]) -> list[Ship]:
    """The fleet, built."""
    fleet = [replace(ship, region=region) for region, ship in product(regions, CLASSES)]
    for ship in fleet:
        ship.make(replace(target, region=ship.region).client())
    return fleet
