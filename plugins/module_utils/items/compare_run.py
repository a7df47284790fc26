# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_compare) apart from its documentation."""

from __future__ import annotations

from typing import Any, NoReturn

from ..aws import Aws
from ..entry import AwsModule, connect, new_module
from ..errors import AwsError
from ..progress import PROGRESS_OPTIONS
from . import comparing as found_as
from .comparing import Compared, SourceSide, TargetSide
from .copying import LACKS_KEY, WRONG_TYPE, Sample, keys_of
from .options import ITEM_OPTIONS, Table, calls_of, described, job_of, walk_of
from .text import count_lines, sample_lines
from .walk import Walked

SHARED = ("segments", "threads", "page_size", "read_units", *PROGRESS_OPTIONS)
OPTIONS: dict[str, Any] = {
    "source": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
    "sample": {"type": "float", "default": 0.01},
    "seed": {"type": "str", "default": "1"},
    **{name: ITEM_OPTIONS[name] for name in SHARED},
}
# A comparison is one walk from the beginning to the end: half a count says nothing.
WHOLE = {"slice": "1/1", "write_units": 0.0, "time_limit": 0, "restart": False}

SOURCE_WORDS = {
    LACKS_KEY: "of the source lack a key attribute of the new table",
    WRONG_TYPE: "of the source have a key attribute of the wrong type or size",
    found_as.SAMPLED_SAME: "of the sample are the same, attribute by attribute",
    found_as.SAMPLED_DIFFERS: "of the sample DIFFER",
    found_as.SAMPLED_MISSING: "of the sample are NOT in the new table",
}
TARGET_WORDS = {
    found_as.GONE: "of the new table were deleted in the source since",
    found_as.STALE: "of the new table are under a key that their source item does not have any more",
    found_as.FOREIGN: "of the new table are no copies: they lack the key of the source",
}


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    aws = connect(module)
    params = module.params
    try:
        tables = [described(aws, params[side]) for side in ("source", "target")]
    except AwsError as error:
        module.fail_json(msg=str(error))
    source, target = tables
    if source is None or target is None:
        missing = [params[side] for side, table in zip(("source", "target"), tables, strict=True) if table is None]
        module.fail_json(msg=f"there is no table {' and no table '.join(missing)} in {aws.region}")
    _compare(module, aws, source, target)


def _compare(module: AwsModule, aws: Aws, source: Table, target: Table) -> NoReturn:
    params = {**module.params, **WHOLE}
    calls = calls_of(params, aws)
    keys = (keys_of(source.description), keys_of(target.description))
    sides: tuple[tuple[Compared, Table], ...] = (
        (SourceSide(calls, *keys, source.name, target.name, Sample(params["sample"], params["seed"])), source),
        (TargetSide(calls, *keys, source.name, target.name), target),
    )
    walks: list[Walked] = []
    for side, table in sides:
        job = job_of(params, "compare", table, {})
        walks.append(walk_of(params, True, calls, table, job, side.scan(), side.open).run())
        if walks[-1].error:
            module.fail_json(msg=f"{table.name}: {walks[-1].error}")
    here, there = walks
    counts = {
        **dict.fromkeys([*SOURCE_WORDS, *TARGET_WORDS], 0),
        **{verdict: count for walked in walks for verdict, count in walked.counts.items()},
        "source": here.counts[found_as.COUNTED],
        "target": there.counts[found_as.COUNTED],
    }
    counts.pop(found_as.COUNTED, None)
    wrong = [verdict for verdict in counts if verdict not in ("source", "target", found_as.SAMPLED_SAME)]
    equal = counts["source"] == counts["target"] and not any(counts[verdict] for verdict in wrong)
    samples = {**here.samples, **there.samples}
    module.exit_json(
        changed=False,
        source=source.name,
        target=target.name,
        equal=equal,
        counts=counts,
        samples=samples,
        seconds=round(sum(walked.seconds for walked in walks), 1),
        read_units=round(calls.reads.charged, 1),
        text="\n".join(_lines(source.name, target.name, equal, counts, samples)),
    )


def _lines(source: str, target: str, equal: bool, counts: dict[str, int], samples: dict[str, Any]) -> list[str]:
    heading = f"{source} and {target}: {'the same items' if equal else 'NOT the same items'}"
    rows = [(counts["source"], f"items in {source}"), (counts["target"], f"items in {target}")]
    words = {**SOURCE_WORDS, **TARGET_WORDS}
    rows += [(counts[verdict], text) for verdict, text in words.items() if counts[verdict]]
    return [heading, *count_lines(rows), *sample_lines(samples)]
