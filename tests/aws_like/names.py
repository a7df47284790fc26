# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which table a call means: by name or ARN, and how each family of APIs says that there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .errors import ServiceError, arn_missing, invalid, table_missing, validation
from .table_state import Table
from .world import Call, Region

NAME = re.compile(r"[a-zA-Z0-9_.-]+")
SHORTEST, LONGEST = 3, 255


@dataclass(frozen=True)
class Arn:
    """An ARN of DynamoDB: what stands behind "table/" may go on with an index, a stream or a backup."""

    region: str
    account: str
    table: str
    rest: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "dynamodb" or not parts[5].startswith("table/"):
            return None
        table, _slash, rest = parts[5].removeprefix("table/").partition("/")
        return cls(parts[3], parts[4], table, rest)


def table_name(region: Region, given: str) -> str:
    """The name behind a TableName, which may be an ARN."""
    if not given.startswith("arn:"):
        _check_name(given)
        return given
    arn = Arn.parse(given)
    if arn is None or arn.rest:
        raise validation(f"1 validation error detected: Invalid resource type in '{given}'")
    if arn.region != region.name:
        raise validation(f"1 validation error detected: Invalid AWS region in '{given}'")
    if arn.account != region.account:
        raise ServiceError("AccessDeniedException", "Access is denied")
    return arn.table


def _check_name(name: str) -> None:
    problem = "1 validation error detected: Value '{}' at 'tableName' failed to satisfy constraint: Member must "
    if not NAME.fullmatch(name):
        raise validation(problem.format(name) + "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    if len(name) < SHORTEST:
        raise validation(problem.format(name) + f"have length greater than or equal to {SHORTEST}")
    if len(name) > LONGEST:
        raise validation(problem.format(name) + f"have length less than or equal to {LONGEST}")


def find(call: Call, missing: Callable[[str], ServiceError] = table_missing) -> Table:
    """The table that TableName means."""
    name = table_name(call.region, call.body["TableName"])
    table = call.region.tables.get(name)
    if table is None:
        raise missing(name)
    return table


def find_by_arn(call: Call, missing: Callable[[str], ServiceError] | None = None) -> Table:
    """The table that ResourceArn means. Only tables: streams, indexes and backups have no tags or policies here."""
    given = call.body["ResourceArn"]
    if not given.startswith("arn:"):
        raise invalid(f"ARNs must start with 'arn:': {given}")
    arn = Arn.parse(given)
    if arn is None:
        raise invalid(f"Provided Arn is not a DynamoDB resource arn: {given}")
    if arn.rest:
        raise invalid(
            f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {given}"
        )
    if arn.account != call.region.account:
        raise ServiceError("AccessDeniedException", "Access is denied")
    if arn.region != call.region.name:
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {given}")
    table = call.region.tables.get(arn.table)
    if table is None:
        raise missing(arn.table) if missing else arn_missing(given)
    return table
