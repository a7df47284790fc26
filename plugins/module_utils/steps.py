# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a plan: changes, steps and refusals. Data only; C(plan.py) orders them, C(apply.py) runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .conditions import Condition

ADD, CHANGE, REMOVE, REBUILD = "+", "~", "-", "!"

NO_COST, INDEX_UNAVAILABLE, DATA_LOST = "none", "index unavailable", "data lost"

TABLE_LANE = "table"


@dataclass(frozen=True)
class Change:
    """One line of a plan.

    symbol: C(+) added, C(~) changed, C(-) removed, C(!) taken down and built anew.
    setting: the setting's name in the arguments. label: what a person calls it. target: the index's name, if any.
    summary: from what to what. note: what follows from it, in words. cost: nothing, an index or data.
    """

    symbol: str
    setting: str
    label: str
    summary: str
    note: str = ""
    target: str = ""
    cost: str = NO_COST


@dataclass(frozen=True)
class Step:
    """One AWS call, why it is made, and what must hold around it.

    operation, arguments: the call, in botocore's words.
    changes: the lines of the plan this call carries out; empty for the second half of a change in two calls.
    purpose: the call in a few words.
    lane: steps of one lane run one after the other, lanes run side by side. rank: the order within the lane.
    before: what must hold first. after: what must have settled before the next step of the lane, or the end.
    deferrable: AWS may legitimately ask to come back much later; the rest of the run is right without it.
    """

    operation: str
    arguments: Mapping[str, Any]
    purpose: str
    changes: tuple[Change, ...] = ()
    lane: str = TABLE_LANE
    rank: int = 0
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    deferrable: bool = False


@dataclass(frozen=True)
class Refusal:
    """A difference that is not carried out, with the reason and what would allow it.

    prerequisite: what would lift it. It stands in the way of applying only; a plan made in check mode is still right,
    because what is missing may be made by an earlier task of the same playbook, moments ago.
    """

    setting: str
    reason: str
    remedy: str
    prerequisite: Condition | None = None

    def __str__(self) -> str:
        subject = "" if self.setting == "table" else f"{self.setting}: "
        return f"{subject}{self.reason}. {self.remedy}"


# The order of UpdateTable calls on a live table: room is made and the slot for index changes is freed first, indexes
# are built when capacity is right, and what needs nothing else comes last.
RANK_INDEX_DELETE = 20
RANK_TABLE_CLASS = 30
RANK_CAPACITY = 40
RANK_ON_DEMAND = 41
RANK_INDEX_ON_DEMAND = 42
RANK_STREAM_OFF = 45
RANK_STREAM_ON = 46
RANK_INDEX_WARM = 50
RANK_INDEX_CREATE = 60
RANK_ENCRYPTION = 70
RANK_WARM = 80
RANK_PROTECTION = 90
