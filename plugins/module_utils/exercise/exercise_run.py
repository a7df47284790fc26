# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(exercise) apart from its documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from ..access_pattern import AccessPattern, Source, sources
from ..aws import Aws
from ..columns import aligned
from ..entry import AwsModule, connect, new_module, parse_or_fail
from ..errors import AwsError
from ..items.calls import Calls
from ..items.copying import keys_of
from ..items.options import Table, described
from ..items.rate import Budget
from ..items.text import sample_lines
from ..spec import parse_tables
from .checking import WORDS, Known
from .exercising import Bounds, Exercise, Row, attributes_of, failed
from .generated import Function, GeneratedError, functions, load

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "definitions": {"type": "list", "elements": "dict", "required": True},
    "schemas": {"type": "path", "required": True},
    "samples": {"type": "int", "default": 5},
    "seed": {"type": "str", "default": "1"},
    "scan_limit": {"type": "int", "default": 100000},
    "answer_limit": {"type": "int", "default": 10000},
    "page_size": {"type": "int", "default": 1000},
    "read_units": {"type": "float", "default": 0.0},
}
LEAST = {"samples": 1, "scan_limit": 1, "answer_limit": 1, "page_size": 0}
HEADINGS = ("pattern", "index", "queries", "right", "empty", "items", "read units")


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    params = module.params
    wrong = [
        f"{name}: must be {least} or more, not {params[name]}" for name, least in LEAST.items() if params[name] < least
    ]
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    specs = {spec.name: spec for spec in parse_or_fail(module, parse_tables, params["definitions"])}
    if params["name"] not in specs:
        module.fail_json(msg=f"there is no definition of {params['name']}, so nobody knows its access patterns")
    patterns = _sources(params, specs[params["name"]].access_patterns)
    try:
        known = functions(load(Path(params["schemas"])), params["name"]) if patterns else {}
    except GeneratedError as error:
        module.fail_json(msg=str(error))
    lacking = [pattern.name for pattern, _source in patterns if pattern.name not in known]
    if lacking:
        module.fail_json(msg=f"{params['schemas']} has no {', '.join(lacking)}: write it anew with document.yml")
    aws = connect(module)
    try:
        table = described(aws, params["name"])
        if table is None:
            module.fail_json(msg=f"there is no table {params['name']} in {aws.region}")
        _exercise(module, aws, table, patterns, known)
    except AwsError as error:
        module.fail_json(msg=f"{params['name']}: {error}")
    except GeneratedError as error:
        module.fail_json(msg=str(error))


def _sources(params: Mapping[str, Any], patterns: Sequence[AccessPattern]) -> list[tuple[AccessPattern, Source]]:
    definition = next(each for each in params["definitions"] if each["name"] == params["name"])
    found = sources(definition)
    return [(pattern, found[pattern.index]) for pattern in patterns]


def _exercise(
    module: AwsModule,
    aws: Aws,
    table: Table,
    patterns: Sequence[tuple[AccessPattern, Source]],
    known: Mapping[str, Function],
) -> NoReturn:
    params = module.params
    began = aws.clock.now()
    calls = Calls(aws, Budget(params["read_units"], aws.clock), Budget(0, aws.clock))
    bounds = Bounds(params["scan_limit"], params["answer_limit"], params["page_size"])
    exercise = Exercise(calls, table.name, keys_of(table.description), bounds, params["seed"])
    rows: list[Row] = []
    scanned = Known(exercise.keys, {}, True)
    if patterns:
        scanned = exercise.scan(attributes_of(patterns))
        rows = [
            exercise.run(pattern, source, scanned, known[pattern.name], params["samples"])
            for pattern, source in patterns
        ]
    module.exit_json(
        changed=False,
        name=table.name,
        right=not failed(rows),
        patterns=[asdict(row) for row in rows],
        scanned=len(scanned.items),
        complete=scanned.complete,
        seconds=round(aws.clock.now() - began, 1),
        scan_units=round(exercise.scan_units, 1),
        read_units=round(calls.reads.charged, 1),
        text="\n".join(text_lines(f"{table.name} ({aws.region})", rows, scanned, bounds)),
    )


def text_lines(heading: str, rows: Sequence[Row], scanned: Known, bounds: Bounds) -> list[str]:
    """The result for people."""
    queries, right = sum(row.queries for row in rows), sum(row.right for row in rows)
    count = f"{len(scanned.items):,} items"
    compared = f"{count} scanned" if scanned.complete else f"the first {count} scanned; the table has more (scan_limit)"
    if not rows:
        return [f"{heading}: no access patterns"]
    lines = [f"{heading}: {right:,} of {queries:,} answers are right; {compared}"]
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    lines += aligned([tuple(row) for row in cells])
    for row in rows:
        for name, number in row.wrong.items():
            lines.append(f"  x {row.pattern}: {number:,} items {WORDS[name]}")
            lines += sample_lines({name: row.keys.get(name, [])})
        if row.cut:
            told = "answer was read" if row.cut == 1 else "answers were read"
            lines.append(f"  . {row.pattern}: {row.cut} {told} for {bounds.answer:,} items only (answer_limit)")
    if not scanned.items:
        lines.append("  . the table is empty: no query could find anything. sample_data.yml fills it")
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    right = f"{row.right}" if row.right == row.queries else f"{row.right}, WRONG {row.queries - row.right}"
    return (
        row.pattern,
        row.source,
        f"{row.queries}",
        right,
        f"{row.empty}",
        f"{row.items:,}",
        f"{row.read_units:,.1f}",
    )
