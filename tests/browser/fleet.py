# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet to look at: thirty tables in five regions, four kinds of drift, and a region that does not answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Target

REGIONS = {
    "mumbai": "ap-south-1",
    "frankfurt": "eu-central-1",
    "ireland": "eu-west-1",
    "virginia": "us-east-1",
    "oregon": "us-west-2",
}
DEAD_HOST, DEAD_REGION, DEAD_URL = "tokyo", "ap-northeast-1", "http://127.0.0.1:9"
HOSTILE = "<script>document.title='broken'</script>{{ 7*7 }}\" onmouseover='x'"
TEAMS = ("lending", "payments", "risk")
KINDS = (
    "orders",
    "invoices",
    "ledger-entries",
    "customers",
    "sessions",
    "audit.events",
    "scores",
    "letters",
    "limits",
    "rates",
)
NAMES = tuple(f"{team}-{kind}" for team in TEAMS for kind in KINDS)

# Table and host to what is wrong there.
SETTING_DIFFERS = {("lending-orders", "frankfurt"), ("lending-orders", "oregon"), ("risk-scores", "mumbai")}
INDEX_MISSING = {("payments-invoices", "ireland"), ("risk-customers", "virginia")}
TABLE_MISSING = {("risk-letters", "oregon"), ("lending-rates", "mumbai")}
TTL_OFF = {("payments-sessions", "virginia")}
DIFFERING = SETTING_DIFFERS | INDEX_MISSING | TTL_OFF
NOT_DEFINED = ("legacy-import", "ireland")


def definition(name: str) -> dict[str, Any]:
    """Every third table has an index, sessions expire, and orders are provisioned."""
    kind = name.partition("-")[2]
    found: dict[str, Any] = {
        "name": name,
        "description": f"The {kind} of the {name.partition('-')[0]} team.",
        "attributes": {"id": {"type": "S", "description": "The item."}, "created_at": "N"},
        "partition_key": "id",
        "sort_key": "created_at",
        "deletion_protection": True,
        "tags": {"Team": name.partition("-")[0], "Environment": "Production"},
    }
    if kind in {"invoices", "customers", "audit.events"}:
        found["attributes"] |= {"status": "S"}
        found["global_indexes"] = [
            {"name": "by-status", "partition_key": "status", "sort_key": "created_at", "projection": "KEYS_ONLY"}
        ]
        found["access_patterns"] = [
            {
                "name": "open_ones",
                "description": "What is not done yet, newest first.",
                "index": "by-status",
                "key_condition": "status = :status",
                "order": "descending",
                "parameters": {"status": "S"},
            }
        ]
    if kind == "sessions":
        found["ttl"] = {"attribute": "expires_at"}
    if kind == "orders":
        found |= {
            "billing_mode": "PROVISIONED",
            "provisioned_throughput": {"read_capacity_units": 7, "write_capacity_units": 3},
        }
    return found


def build(target: Target) -> None:
    """The fleet, built, with what is wrong in it."""
    for host, region in REGIONS.items():
        client = replace(target, region=region).client()
        for name in NAMES:
            if (name, host) not in TABLE_MISSING:
                _make(client, definition(name), host)
    client = replace(target, region=REGIONS[NOT_DEFINED[1]]).client()
    _create(
        client, {"name": NOT_DEFINED[0], "tags": {"Note": HOSTILE}, "attributes": {"id": "S"}, "partition_key": "id"}
    )


def inventory(target: Target, folder: Path) -> Path:
    """The hosts, a region each."""
    hosts: dict[str, dict[str, Any]] = {host: {"dynamodb_region": region} for host, region in REGIONS.items()}
    hosts[DEAD_HOST] = {"dynamodb_region": DEAD_REGION, "dynamodb_endpoint": DEAD_URL}
    variables = {
        "dynamodb_endpoint": target.url,
        "dynamodb_access_key": ACCESS_KEY,
        "dynamodb_secret_key": SECRET_KEY,
        "tables_definitions": [definition(name) for name in NAMES],
        "tables_preflight": False,
    }
    path = folder / "fleet.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}), encoding="utf-8")
    return path


def _make(client: Any, wanted: dict[str, Any], host: str) -> None:
    place = wanted["name"], host
    if place in SETTING_DIFFERS:
        wanted = {**wanted, "deletion_protection": False}
    if place in INDEX_MISSING:
        wanted = {**wanted, "global_indexes": []}
    _create(client, wanted)
    if "ttl" in wanted and place not in TTL_OFF:
        on = {"Enabled": True, "AttributeName": wanted["ttl"]["attribute"]}
        client.update_time_to_live(TableName=wanted["name"], TimeToLiveSpecification=on)


def _create(client: Any, wanted: dict[str, Any]) -> None:
    types = {name: entry["type"] if isinstance(entry, dict) else entry for name, entry in wanted["attributes"].items()}
    indexes = [
        {
            "IndexName": index["name"],
            "KeySchema": _schema(index),
            "Projection": {"ProjectionType": index["projection"]},
        }
        for index in wanted.get("global_indexes", ())
    ]
    used = {key["AttributeName"] for each in (wanted, *wanted.get("global_indexes", ())) for key in _schema(each)}
    throughput = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}
    provisioned = wanted.get("billing_mode") == "PROVISIONED"
    client.create_table(
        TableName=wanted["name"],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": types[name]} for name in sorted(used)],
        KeySchema=_schema(wanted),
        DeletionProtectionEnabled=wanted.get("deletion_protection", False),
        Tags=[{"Key": key, "Value": value} for key, value in wanted.get("tags", {}).items()],
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        **({"ProvisionedThroughput": throughput} if provisioned else {"BillingMode": "PAY_PER_REQUEST"}),
    )


def _schema(wanted: dict[str, Any]) -> list[dict[str, str]]:
    keys = {"HASH": wanted["partition_key"], "RANGE": wanted.get("sort_key")}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys.items() if name]
