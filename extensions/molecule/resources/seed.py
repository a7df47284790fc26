# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make tables with items in them by plain API calls, without anything of the collection.

On standard input, JSON: {"tables": [{"create": CreateTable's parameters, "items": {"kind": ..., "count": ...}}]}.
Endpoint, region and credentials come from the environment.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3
from items import Item, items

BATCH = 25


def main() -> None:
    client = boto3.client("dynamodb")
    for table in json.load(sys.stdin)["tables"]:
        name = table["create"]["TableName"]
        client.create_table(**table["create"])
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        wanted = items(**table["items"])
        write(client, name, wanted)
        print(f"{name}: created, {len(wanted)} items")


def write(client: Any, table: str, wanted: list[Item]) -> None:
    for start in range(0, len(wanted), BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in wanted[start : start + BATCH]]
        answer = client.batch_write_item(RequestItems={table: puts})
        if answer["UnprocessedItems"]:
            raise RuntimeError(f"{table}: the emulator did not take {answer['UnprocessedItems']}")


if __name__ == "__main__":
    main()
