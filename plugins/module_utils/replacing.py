# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces a table by its copy, from wherever the last run was stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from .aws import Aws, Patience
from .backing_up import create
from .backups import Backup, BackupReady, listed, listing, stamped
from .cloudwatch import recorded
from .conditions import TableActive, TableGone
from .converge import Failure, Run, delete, described
from .deletion import Deletion
from .errors import AwsError, RefusedError, StuckError, WaitTimeoutError
from .metrics import MINUTE, WRITE, Metric
from .replacement import COPY_MARK, OLD_MARK, Found, Phase, lines, obstacles, writing
from .restore_plan import Wanted
from .restoring import restore
from .state import Read
from .steps import Refusal

SEGMENTS = 4


@dataclass(frozen=True)
class Order:
    """What shall be replaced by what.

    allowed: whether the old table may be deleted. quiet: whether the writers are said to be stopped, whatever
    CloudWatch has recorded. count: whether the items of both are counted at the end.
    """

    table: str
    copy: str
    allowed: bool = False
    quiet: bool = False
    count: bool = True


@dataclass(frozen=True)
class Replaced:
    """What came of it. told: for people. items: by table, where they were counted."""

    phase: Phase = Phase.REPLACE
    changed: bool = False
    told: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    items: tuple[tuple[str, int], ...] = ()
    error: Failure | None = None

    def result(self) -> dict[str, Any]:
        """The outcome as the module returns it."""
        return {
            "changed": self.changed,
            "phase": self.phase.value,
            "text": "\n".join(self.told),
            "items": dict(self.items),
        }


def replace_table(order: Order, aws: Aws, run: Run) -> Replaced:
    """Goes on with a replacement to its end. Never raises for what AWS says: that is in the outcome."""
    done = Replaced()
    try:
        found = look(order, aws)
        done = replace(done, phase=found.phase, told=tuple(lines(found, aws.region)))
        if found.phase is Phase.REPLACE or (found.phase is Phase.RESTORE and found.copy.exists):
            done = replace(done, warnings=_check_quiet(order, found, aws))
        refusals = obstacles(found, order.allowed or run.check)
        if refusals:
            return replace(done, error=RefusedError(tuple(refusals)))
        if run.check:
            return replace(done, changed=found.phase in (Phase.REPLACE, Phase.RESTORE))
        done = _go_on(order, found, done, aws, run)
        return done if done.error else _compare(order, done, aws, run.patience)
    except (AwsError, WaitTimeoutError, StuckError, RefusedError) as error:
        return replace(done, error=error)


def look(order: Order, aws: Aws) -> Found:
    """How far it is. Raises AwsError."""
    table, copy = described(order.table, aws), described(order.copy, aws)
    return Found(table, copy, tuple(listed(aws.read(listing(order.copy)))))


def _check_quiet(order: Order, found: Found, aws: Aws) -> tuple[str, ...]:
    """Whatever is written while a table is replaced is lost. Raises RefusedError; what is not known is a warning."""
    if order.quiet:
        return ()
    metrics = [Metric(WRITE, state.name) for state in (found.table, found.copy) if state.exists]
    past = recorded(aws, metrics, 1, MINUTE)
    if past.unknown and not past.points:
        return (f"whether anybody writes to {order.table} is not known: {past.unknown}",)
    busy = writing({metric.table: past.of(metric) for metric in metrics}, aws.clock.today())
    if busy:
        remedy = "Stop the writers and wait ten minutes; writers_stopped: true says that they are"
        raise RefusedError((Refusal("table", f"{busy}, and what is written while it is replaced is lost", remedy),))
    return ()


def _go_on(order: Order, found: Found, done: Replaced, aws: Aws, run: Run) -> Replaced:
    if found.phase is Phase.DONE:
        return done
    if found.phase is Phase.WAIT:
        aws.unmet((TableActive(order.table),), run.patience)
        return done
    backup = _back_up_copy(order, found, aws, run.patience)
    # Whatever goes wrong from here on, a backup was taken.
    done = replace(done, changed=True)
    if found.phase is Phase.REPLACE:
        name = stamped(order.table, OLD_MARK, aws.clock.today())
        gone = delete(Deletion(order.table, order.allowed, name), aws, run)
        if gone.error:
            return replace(done, error=gone.error)
        done = replace(done, told=(*done.told, f"  . backups: {backup.name} of {order.copy}, {name} of {order.table}"))
    else:
        aws.unmet((TableGone(order.table),), run.patience)
    restored = restore(Wanted(order.table, order.copy, backup=backup.arn), aws, aws, run)
    return replace(done, error=restored.error)


def _back_up_copy(order: Order, found: Found, aws: Aws, patience: Patience) -> Backup:
    """A backup of the copy as it is now; the one that an earlier run took, where only that is left."""
    if not found.copy.exists:
        if found.marked is None:
            raise StuckError(f"neither {order.copy} nor a backup of it is there")
        return found.marked
    began = aws.clock.today()
    arn = create(order.copy, stamped(order.table, COPY_MARK, began), aws, patience, began)
    ready = BackupReady(order.copy, arn)
    aws.unmet((ready,), patience)
    answer = aws.read(Read(ready.operation, ready.arguments))
    if answer is None:
        raise StuckError(f"backup {arn} of {order.copy} was deleted meanwhile; nothing was deleted here")
    return Backup.described(answer)


def _compare(order: Order, done: Replaced, aws: Aws, patience: Patience) -> Replaced:
    done = replace(done, phase=Phase.DONE)
    if not order.count or not described(order.copy, aws).exists:
        return done
    items = [(name, count_items(name, aws, patience)) for name in (order.table, order.copy)]
    done = replace(done, items=tuple(items))
    if items[0][1] == items[1][1]:
        return replace(done, told=(*done.told, f"  . {items[0][1]:,} items in each"))
    counted = " and ".join(f"{name} has {number:,} items" for name, number in items)
    text = f"{counted}: somebody wrote to one of them, or time to live removed some. Nothing more was done; both stay"
    return replace(done, error=StuckError(text))


def count_items(table: str, aws: Aws, patience: Patience) -> int:
    """How many items a table has, by reading all of it. Raises AwsError."""
    with ThreadPoolExecutor(SEGMENTS) as pool:
        return sum(pool.map(lambda segment: _count_segment(table, segment, aws, patience), range(SEGMENTS)))


def _count_segment(table: str, segment: int, aws: Aws, patience: Patience) -> int:
    arguments: dict[str, Any] = {"TableName": table, "Select": "COUNT", "ConsistentRead": True}
    arguments |= {"Segment": segment, "TotalSegments": SEGMENTS}
    counted = 0
    while True:
        page = aws.page(Read("Scan", arguments), patience)
        counted += page["Count"]
        if not page.get("LastEvaluatedKey"):
            return counted
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
