# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments that all modules for work on items share, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..aws import Aws
from ..progress import PROGRESS_OPTIONS
from ..state import Read
from .calls import Calls
from .journal import Job, Journal
from .rate import Budget
from .segments import Slice, check_segments, parse_slice
from .walk import Manner, Walk, Walked
from .work import OpenWorker

# Described in the documentation fragment C(items).
ITEM_OPTIONS: dict[str, Any] = {
    "segments": {"type": "int", "default": 64},
    "slice": {"type": "str", "default": "1/1"},
    "threads": {"type": "int", "default": 4},
    "page_size": {"type": "int", "default": 250},
    "write_units": {"type": "float", "default": 100.0},
    "read_units": {"type": "float", "default": 0.0},
    "time_limit": {"type": "int", "default": 0},
    "state_dir": {"type": "path", "default": "~/.local/state/auditflow.dynamodb"},
    "restart": {"type": "bool", "default": False},
    **PROGRESS_OPTIONS,
}
MOST_THREADS = 8


@dataclass(frozen=True)
class Table:
    """The table that is walked, as DescribeTable says."""

    description: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.description["TableName"])

    @property
    def key_names(self) -> tuple[str, ...]:
        """Its key attributes, the partition key first."""
        schema = sorted(self.description["KeySchema"], key=lambda each: each["KeyType"] != "HASH")
        return tuple(each["AttributeName"] for each in schema)

    @property
    def items(self) -> int:
        """How many items it had when AWS counted last, six hours ago at most."""
        return int(self.description.get("ItemCount") or 0)


def described(aws: Aws, name: str) -> Table | None:
    """The table; C(None) when there is none. Raises AwsError."""
    answer = aws.read(Read("DescribeTable", {"TableName": name}))
    return Table(answer["Table"]) if answer else None


def slice_of(params: Mapping[str, Any]) -> Slice:
    """The slice. Raises DefinitionError."""
    part = parse_slice(params["slice"])
    check_segments(part, params["segments"])
    return part


def calls_of(params: Mapping[str, Any], aws: Aws) -> Calls:
    """Calls within this slice's share of the budgets, which are for the whole job. Raises DefinitionError."""
    part = slice_of(params)
    reads, writes = (Budget(part.share(params[name]), aws.clock) for name in ("read_units", "write_units"))
    return Calls(aws, reads, writes)


def job_of(params: Mapping[str, Any], kind: str, table: Table, parameters: Mapping[str, Any]) -> Job:
    """The job. parameters: all that decides what happens to an item, and nothing else."""
    description = table.description
    return Job(
        kind, table.name, description["TableArn"], description.get("TableId", ""), params["segments"], parameters
    )


def journal_of(params: Mapping[str, Any], job: Job) -> Journal:
    """The job's journal."""
    return Journal(Path(params["state_dir"]).expanduser(), job)


def walk_of(
    params: Mapping[str, Any],
    check_mode: bool,
    calls: Calls,
    table: Table,
    job: Job,
    scan: Mapping[str, Any],
    open_worker: OpenWorker,
    keep: bool = False,
) -> Walk:
    """A walk as the module's arguments say. In check mode it has no journal: it begins at the beginning."""
    part = slice_of(params)
    manner = Manner(
        part=part,
        threads=max(1, min(MOST_THREADS, params["threads"])),
        page_size=params["page_size"],
        time_limit=params["time_limit"],
        expected=table.items,
        keep=keep,
        restart=params["restart"],
    )
    journal = None if check_mode else journal_of(params, job)
    return Walk(calls, job, manner, scan, open_worker, journal, calls.aws.progress)


def walk_result(walked: Walked, job: Job, part: Slice) -> dict[str, Any]:
    """What every module for work on items returns of a walk."""
    return {
        "finished": walked.finished,
        "resumed": walked.resumed,
        "counts": dict(sorted(walked.counts.items())),
        "samples": walked.samples,
        "scanned": walked.scanned,
        "segments": {"total": job.segments, "owned": len(walked.records), "done": walked.done},
        "slice": str(part),
        "seconds": round(walked.seconds, 1),
        "read_units": round(walked.read_units, 1),
        "write_units": round(walked.write_units, 1),
    }
