# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets of AWS that a change spends, as far as AWS tells how much of them is left. Pure.

Sources: quotas page (throughput decreases, billing mode, table class), measured behaviour (what DescribeTable shows).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

DECREASES_A_DAY = 4


def decrease_quota(subject: str, found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a decrease of provisioned throughput spends.

    subject: the table, or an index, in words. found: its ProvisionedThroughput as AWS describes it.
    """
    today = int((found or {}).get("NumberOfDecreasesToday", 0))
    if today < DECREASES_A_DAY - 1:
        return ()
    if today < DECREASES_A_DAY:
        return (f"this is the fourth decrease of {subject} today; after it AWS takes one an hour",)
    last = (found or {}).get("LastDecreaseDateTime")
    when = f"an hour after the last, of {_shown(last)}" if isinstance(last, datetime) else "an hour after the last"
    return (f"{subject} was decreased {today} times today; AWS takes the next decrease {when}",)


def recent_change(what: str, last: Any, now: datetime | None, period: timedelta, rule: str) -> tuple[str, ...]:
    """What to know of a budget of which AWS tells only when it was last spent.

    what: the last change, in words. last: its time. period: how long it counts. rule: the budget, in words.
    """
    if not isinstance(last, datetime) or now is None or now - last >= period:
        return ()
    return (f"{what} at {_shown(last)}; {rule} and does not tell how many there were",)


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S %Z}".strip()
