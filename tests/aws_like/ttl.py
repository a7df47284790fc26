# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTimeToLive, DescribeTimeToLive."""

from __future__ import annotations

from .budgets import check_ttl
from .errors import validation
from .readiness import for_ttl_change, for_ttl_reading
from .table_state import Ttl
from .world import Body, Call

ON = ("ENABLED", "ENABLING")


def update_time_to_live(call: Call) -> Body:
    table = for_ttl_change(call)
    wanted = call.body["TimeToLiveSpecification"]
    ttl = table.ttl
    _check_change(ttl, wanted)
    check_ttl(ttl.last_change, call.now, call.world.windows())
    ttl.last_change = call.now
    if wanted["Enabled"]:
        ttl.status, ttl.attribute, settled = "ENABLING", wanted["AttributeName"], "ENABLED"
    else:
        ttl.status, settled = "DISABLING", "DISABLED"

    changed = call.now

    def settle(_due: float) -> None:
        if ttl.last_change != changed:
            return
        ttl.status = settled
        if settled == "DISABLED":
            ttl.attribute = None

    call.world.schedule(call.now + call.world.duration("ttl"), settle)
    return {"TimeToLiveSpecification": wanted}


def _check_change(ttl: Ttl, wanted: Body) -> None:
    """What would change nothing, or another attribute, is refused before the interval is looked at."""
    if ttl.status in ON and ttl.attribute != wanted["AttributeName"]:
        raise validation(f"TimeToLive is active on a different AttributeName: current AttributeName is {ttl.attribute}")
    if wanted["Enabled"] and ttl.status in ON:
        raise validation("TimeToLive is already enabled")
    if not wanted["Enabled"] and ttl.status not in ON:
        raise validation("TimeToLive is already disabled")


def describe_time_to_live(call: Call) -> Body:
    ttl = for_ttl_reading(call).ttl
    attribute = {"AttributeName": ttl.attribute} if ttl.attribute else {}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": ttl.status, **attribute}}
