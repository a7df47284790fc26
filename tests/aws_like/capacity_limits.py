# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much capacity a table and the account may have. DescribeLimits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .errors import ServiceError
from .table_state import Table, Units
from .world import Body, Call

TABLE_MAXIMUM = 40000
ACCOUNT_MAXIMUM = 80000
HELP = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
SIDES = (("ReadCapacityUnits", "read"), ("WriteCapacityUnits", "write"))


def describe_limits(_call: Call) -> Body:
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_MAXIMUM,
        "AccountMaxWriteCapacityUnits": ACCOUNT_MAXIMUM,
        "TableMaxReadCapacityUnits": TABLE_MAXIMUM,
        "TableMaxWriteCapacityUnits": TABLE_MAXIMUM,
    }


def check_account_capacity(
    call: Call, units: Units, index_units: Iterable[Units] = (), *, instead_of: Table | None = None
) -> None:
    """The capacity a table is to have, beside what the other tables have."""
    wanted = [units, *index_units]
    others = [each for each in call.region.tables.values() if each is not instead_of and each.provisioned]
    existing = [capacity.units for each in others for capacity in each.capacities]
    for member, side in SIDES:
        most = max(getattr(each, side) for each in wanted)
        if most > TABLE_MAXIMUM:
            raise _exceeded(
                f"The requested {member}, {most}, is above the per table maximum for the account in "
                f"{call.region.name}. Per table maximum: {TABLE_MAXIMUM}. {HELP}"
            )
        if sum(getattr(each, side) for each in [*wanted, *existing]) > ACCOUNT_MAXIMUM:
            raise _exceeded(
                f"This request would have caused the {member} limit to be exceeded for the account in "
                f"{call.region.name}. Current {member} reserved by the account: "
                f"{sum(getattr(each, side) for each in existing)}. Limit: {ACCOUNT_MAXIMUM}. Requested: {most}. {HELP}"
            )


def check_on_demand_maximum(call: Call, limits: Mapping[str, int]) -> None:
    for name in ("Read", "Write"):
        member = f"Max{name}RequestUnits"
        if limits.get(member, 0) > TABLE_MAXIMUM:
            raise _exceeded(
                f"Requested {member} for OnDemandThroughput for table exceeds TableMax{name}CapacityUnits of the "
                f"account in region {call.region.name}"
            )


def _exceeded(text: str) -> ServiceError:
    return ServiceError("LimitExceededException", text)
