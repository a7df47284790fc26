# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS answers of a new table and of an index, in the shape in which the service reads back."""

from __future__ import annotations

from typing import Any

from .aws_rules import ON_DEMAND_FLOOR, PPR, PROVISIONED, Request, units

REGION = "ap-south-1"
ACCOUNT = "123456789012"


def table_description(request: Request) -> dict[str, Any]:
    """A new table as DescribeTable shows it: what is at its default does not show."""
    name, mode = request["TableName"], request.get("BillingMode", PROVISIONED)
    throughput = units(request["ProvisionedThroughput"]) if mode == PROVISIONED else (0, 0)
    described: dict[str, Any] = {
        "TableName": name,
        "TableStatus": "CREATING",
        "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}",
        "KeySchema": request["KeySchema"],
        # AWS does not promise to keep the order.
        "AttributeDefinitions": list(reversed(request["AttributeDefinitions"])),
        "ProvisionedThroughput": described_throughput(*throughput),
        "WarmThroughput": warm_of(request, throughput),
        "DeletionProtectionEnabled": request.get("DeletionProtectionEnabled", False),
        "ItemCount": 0,
        "TableSizeBytes": 0,
    }
    if mode == PPR:
        described["BillingModeSummary"] = {"BillingMode": PPR}
    for optional in ("OnDemandThroughput", "LocalSecondaryIndexes"):
        if optional in request:
            described[optional] = request[optional]
    if request.get("TableClass", "STANDARD") != "STANDARD":
        described["TableClassSummary"] = {"TableClass": request["TableClass"]}
    if request.get("StreamSpecification", {}).get("StreamEnabled"):
        described["StreamSpecification"] = request["StreamSpecification"]
    if "GlobalSecondaryIndexes" in request:
        indexes = request["GlobalSecondaryIndexes"]
        described["GlobalSecondaryIndexes"] = [index_description(index, "CREATING") for index in indexes]
    return described


def index_description(request: Request, status: str) -> dict[str, Any]:
    throughput = units(request["ProvisionedThroughput"]) if "ProvisionedThroughput" in request else (0, 0)
    return {
        **request,
        "IndexStatus": status,
        "ProvisionedThroughput": described_throughput(*throughput),
        "WarmThroughput": warm_of(request, throughput),
    }


def described_throughput(read: int, write: int) -> dict[str, int]:
    return {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm_of(request: Request, throughput: tuple[int, int]) -> dict[str, Any]:
    floor = throughput if any(throughput) else ON_DEMAND_FLOOR
    asked = request.get("WarmThroughput", {})
    return {
        "ReadUnitsPerSecond": asked.get("ReadUnitsPerSecond", floor[0]),
        "WriteUnitsPerSecond": asked.get("WriteUnitsPerSecond", floor[1]),
        "Status": "ACTIVE",
    }
