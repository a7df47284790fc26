# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_copy) apart from its documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ..arguments import DefinitionError
from ..aws import Aws
from ..entry import AwsModule, connect, new_module
from ..errors import AwsError
from ..spec import TableSpec, parse_table
from . import copy as outcomes
from .copy import IN_THE_WAY, Copier, copy_pages
from .copying import LACKS_KEY, WRONG_TYPE, Keys, keys_of
from .options import ITEM_OPTIONS, Table, calls_of, described, job_of, slice_of, walk_of, walk_result
from .text import walk_lines
from .walk import Walked

OPTIONS: dict[str, Any] = {
    "source": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
    "target_definition": {"type": "dict"},
    "overwrite": {"type": "bool", "default": False},
    **ITEM_OPTIONS,
}

# What a person reads of each outcome; done and, in check mode, planned.
WORDS = {
    outcomes.COPIED: ("copied", "would be copied"),
    outcomes.OVERWRITTEN: ("changed in the source since they were copied, and copied again", "would be copied again"),
    outcomes.SAME: ("were copied already",) * 2,
    outcomes.DIFFERS: ("changed in the source since they were copied (overwrite copies them again)",) * 2,
    outcomes.COLLIDES: ("NOT copied: another item has the same new key",) * 2,
    LACKS_KEY: ("NOT copied: they lack a key attribute of the new table",) * 2,
    WRONG_TYPE: ("NOT copied: a key attribute of the new table or of its indexes has the wrong type or size",) * 2,
    outcomes.CHANGING: ("NOT copied: somebody else wrote to them again and again; run it again",) * 2,
}


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    params = module.params
    try:
        slice_of(params)
        definition = params["target_definition"]
        spec = parse_table({**definition, "name": params["target"]}) if definition else None
    except DefinitionError as error:
        module.fail_json(msg=str(error), problems=list(error.problems))
    if params["source"] == params["target"]:
        module.fail_json(msg=f"source and target are both {params['source']}")
    aws = connect(module)
    try:
        source, target = described(aws, params["source"]), described(aws, params["target"])
    except AwsError as error:
        module.fail_json(msg=str(error))
    if source is None:
        module.fail_json(msg=f"there is no table {params['source']} in {aws.region}")
    if target is None and not (module.check_mode and spec and spec.creatable):
        module.fail_json(
            msg=f"there is no table {params['target']} in {aws.region}; make it first, from its definition"
        )
    _copy(module, aws, source, target, spec)


def keys_of_definition(spec: TableSpec) -> Keys:
    """The keys of a table that is not there yet."""
    types = {name: spec.attribute_types[name] for name in spec.key_attributes}
    return Keys(spec.wanted["keys"].names, types)


def _copy(module: AwsModule, aws: Aws, source: Table, target: Table | None, spec: TableSpec | None) -> NoReturn:
    params, check = module.params, module.check_mode
    calls = calls_of(params, aws)
    copier = Copier(
        calls=calls,
        old=keys_of(source.description),
        new=keys_of(target.description) if target else keys_of_definition(spec) if spec else Keys(()),
        target=params["target"],
        there=target is not None,
        overwrite=params["overwrite"],
        check=check,
    )
    there = target.description if target else {}
    to = {"target": there.get("TableArn", ""), "target_id": there.get("TableId", ""), "overwrite": params["overwrite"]}
    job = job_of(params, "copy", source, to)
    walk = walk_of(params, check, calls, source, job, {"ConsistentRead": True}, copy_pages(copier))
    walked = walk.run()
    counts = {**dict.fromkeys(WORDS, 0), **walked.counts}
    result = {
        **walk_result(walked, job, slice_of(params)),
        "source": source.name,
        "target": params["target"],
        "changed": counts[outcomes.COPIED] + counts[outcomes.OVERWRITTEN] > 0,
        "counts": counts,
        "complete": walked.finished and not any(counts[verdict] for verdict in IN_THE_WAY),
        "text": "\n".join(_lines(walked, source.name, params["target"], aws.region, check)),
    }
    if walked.error:
        module.fail_json(msg=f"{source.name}: {walked.error} What was copied stays; run it again to go on.", **result)
    module.exit_json(**result)


def _lines(walked: Walked, source: str, target: str, region: str, check: bool) -> list[str]:
    counts: Mapping[str, int] = walked.counts
    rows = [(walked.scanned, "items looked at")]
    rows += [(counts[verdict], words[check]) for verdict, words in WORDS.items() if counts[verdict]]
    return walk_lines(f"{source} -> {target} ({region})", walked, rows)
