# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the global indexes of a table, and at those that are being made until they are done or time is up."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from .aws import Aws, Patience
from .cloudwatch import index_progress, index_use
from .conditions import Answer, Condition, global_index, index_phase, to_be_filled
from .errors import AwsError, Kind, WaitTimeoutError
from .index_view import IndexView, index_views, local_names
from .spec import TableSpec
from .state import Read, TableState

MOVING = ("CREATING", "DELETING", "UPDATING")


@dataclass(frozen=True)
class IndexesSettled(Condition):
    """No index of the table, or none of these, is being created, changed or deleted."""

    names: frozenset[str] = frozenset()

    def holds(self, answer: Answer | None) -> bool:
        return not moving_indexes(answer, self.names)

    def waiting_for(self, answer: Answer | None) -> str:
        phases = {name: index_phase(global_index(answer, name)) for name in moving_indexes(answer, self.names)}
        return "; ".join(f"index {name} of {self.table} is {phase}" for name, phase in phases.items())

    def measured(self, answer: Answer | None) -> tuple[str, float | None]:
        return to_be_filled(answer, moving_indexes(answer, self.names)), None


def moving_indexes(answer: Answer | None, names: Collection[str] = ()) -> dict[str, str]:
    """The statuses of the indexes under way, by name. names: only these, where any are given."""
    described = (answer or {}).get("Table", {}).get("GlobalSecondaryIndexes") or ()
    return {
        each["IndexName"]: each["IndexStatus"]
        for each in described
        if each.get("IndexStatus") in MOVING and (not names or each["IndexName"] in names)
    }


@dataclass(frozen=True)
class Asked:
    """What is asked of a table's indexes.

    names: only these; all where none are given. use_days: how far back use is looked for; 0 for not at all.
    watch_seconds: for how long to wait for those under way.
    """

    names: frozenset[str] = frozenset()
    use_days: int = 0
    watch_seconds: int = 0


@dataclass(frozen=True)
class Found:
    """A table's indexes as they are."""

    state: TableState
    views: tuple[IndexView, ...] = ()

    @property
    def moving(self) -> tuple[IndexView, ...]:
        """Those that are being created, changed or deleted."""
        return tuple(view for view in self.views if view.status in MOVING)

    @property
    def local(self) -> frozenset[str]:
        """The names of its local indexes."""
        return local_names([self.state])


def look(table: str, spec: TableSpec | None, asked: Asked, aws: Aws) -> Found:
    """The indexes of one table. A table that is not there is an error.

    Raises AwsError, StuckError.
    """
    state = described(table, aws)
    if asked.watch_seconds and moving_indexes({"Table": state.table}, asked.names):
        # Time that runs out is no failure: they are told as they are.
        with contextlib.suppress(WaitTimeoutError):
            aws.unmet([IndexesSettled(table, asked.names)], Patience(seconds=asked.watch_seconds))
        state = described(table, aws)
    views = index_views(spec, state, asked.names)
    building = [view.name for view in views if view.building and view.described.get("Backfilling")]
    progress = index_progress(aws, table, building) if building else {}
    use = index_use(aws, table, [view.name for view in views if view.described], asked.use_days)
    told = (replace(view, progress=progress.get(view.name), use=use.get(view.name)) for view in views)
    return Found(state, tuple(told))


def described(table: str, aws: Aws) -> TableState:
    """A table as DescribeTable tells it. A table that is not there is an error.

    Raises AwsError.
    """
    answer = aws.read(Read("DescribeTable", {"TableName": table}))
    if answer is None:
        text = f"the table {table} does not exist in {aws.region}"
        raise AwsError(f"DescribeTable of {table}", "ResourceNotFoundException", text, Kind.FINAL, "Create it first.")
    return TableState(table, answer["Table"], at=aws.clock.today())
