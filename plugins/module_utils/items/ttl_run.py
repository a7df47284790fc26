# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_ttl) apart from its documentation."""

from __future__ import annotations

from typing import Any, NoReturn

from ..arguments import DefinitionError
from ..aws import Aws
from ..entry import AwsModule, connect, new_module
from ..errors import AwsError
from ..state import Read
from . import ttl_backfill as outcomes
from .options import ITEM_OPTIONS, Table, calls_of, described, job_of, slice_of, walk_of, walk_result
from .text import walk_lines
from .times import FORMATS, parse_retention
from .ttl_backfill import SAMPLED, Backfill, Filler
from .walk import Walked
from .work import each_item

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "timestamp": {"type": "str", "required": True},
    "retention": {"type": "str", "required": True},
    "attribute": {"type": "str"},
    "timestamp_format": {"type": "str", "choices": list(FORMATS), "default": "auto"},
    "allow_expired": {"type": "bool", "default": False},
    **ITEM_OPTIONS,
}
ON = ("ENABLED", "ENABLING")

# What a person reads of each outcome; done and, in check mode, planned.
WORDS = {
    outcomes.SET: ("given an expiry time", "would be given an expiry time"),
    outcomes.EXPIRED: ("left alone: they would expire at once (allow_expired)",) * 2,
    outcomes.MISSING: ("left alone: they have no {timestamp}",) * 2,
    outcomes.UNREADABLE: ("left alone: their {timestamp} is no time",) * 2,
    outcomes.WRONG_TYPE: ("left alone: their {ttl} is no number, so DynamoDB does not look at it",) * 2,
    outcomes.SET_MEANWHILE: ("left alone: somebody else has just given them one",) * 2,
    outcomes.DELETED: ("deleted meanwhile",) * 2,
    outcomes.MOVING: ("left alone: their {timestamp} changed again and again; run it again",) * 2,
}


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    try:
        slice_of(module.params)
        retention = parse_retention(module.params["retention"])
    except DefinitionError as error:
        module.fail_json(msg=str(error), problems=list(error.problems))
    aws = connect(module)
    try:
        table = described(aws, module.params["name"])
        if table is None:
            module.fail_json(msg=f"there is no table {module.params['name']} in {aws.region}")
        on = _ttl_attribute(aws, table.name)
    except AwsError as error:
        module.fail_json(msg=str(error))
    params = module.params
    backfill = Backfill(
        ttl=params["attribute"] or on,
        timestamp=params["timestamp"],
        form=params["timestamp_format"],
        retention=retention,
        allow_expired=params["allow_expired"],
    )
    wrong = _wrong(backfill, table, on)
    if wrong:
        module.fail_json(msg=wrong)
    _fill(module, aws, table, backfill, on)


def _ttl_attribute(aws: Aws, name: str) -> str:
    answer = aws.read(Read("DescribeTimeToLive", {"TableName": name})) or {}
    described_ttl = answer.get("TimeToLiveDescription", {})
    return str(described_ttl.get("AttributeName", "")) if described_ttl.get("TimeToLiveStatus") in ON else ""


def _wrong(backfill: Backfill, table: Table, on: str) -> str:
    """Why this cannot be meant; empty when it can."""
    if not backfill.ttl:
        return f"time to live of {table.name} is off, so the attribute has to be given: attribute"
    if on and on != backfill.ttl:
        return f"time to live of {table.name} is on {on}, not on {backfill.ttl}: items would never expire by it"
    if backfill.ttl == backfill.timestamp:
        return f"attribute and timestamp are both {backfill.ttl}; the expiry time is kept apart from the timestamp"
    if backfill.ttl in table.key_names:
        return f"{backfill.ttl} is a key of {table.name}; a key cannot be changed"
    return ""


def _fill(module: AwsModule, aws: Aws, table: Table, backfill: Backfill, on: str) -> NoReturn:
    params, check = module.params, module.check_mode
    calls = calls_of(params, aws)
    job = job_of(params, "ttl", table, backfill.parameters)
    filler = Filler(backfill, calls, table.name, table.key_names, check)
    worker = each_item(filler.handle, table.key_names, SAMPLED)
    walk = walk_of(params, check, calls, table, job, backfill.scan(table.key_names), worker)
    walked = walk.run()
    counts = {**dict.fromkeys(WORDS, 0), **walked.counts}
    result = {
        **walk_result(walked, job, slice_of(params)),
        "name": table.name,
        "attribute": backfill.ttl,
        "ttl_enabled": bool(on),
        "changed": counts[outcomes.SET] > 0,
        "counts": counts,
        "had_ttl": max(0, walked.scanned - sum(counts.values())),
        "text": "\n".join(text_lines(walked, backfill, table, aws.region, bool(on), check)),
    }
    if walked.error:
        module.fail_json(msg=f"{table.name}: {walked.error} What was done stays; run it again to go on.", **result)
    module.exit_json(**result)


def text_lines(walked: Walked, backfill: Backfill, table: Table, region: str, on: bool, check: bool) -> list[str]:
    """The result for people."""
    counts = walked.counts
    names = {"timestamp": backfill.timestamp, "ttl": backfill.ttl}
    had = max(0, walked.scanned - sum(counts.values()))
    rows = [(walked.scanned, "items looked at"), (had, f"had {backfill.ttl} already")]
    rows += [(counts[verdict], words[check].format(**names)) for verdict, words in WORDS.items() if counts[verdict]]
    lines = walk_lines(f"{table.name} ({region})", walked, rows)
    if not on:
        lines.append(f"  . time to live of {table.name} is off: nothing expires until it is turned on")
    return lines
