# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_sample) apart from its documentation."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from ansible.module_utils.basic import missing_required_lib

from ..arguments import DefinitionError
from ..aws import Aws
from ..entry import AwsModule, connect, new_module, parse_or_fail
from ..errors import AwsError
from ..items.calls import Calls
from ..items.copying import keys_of
from ..items.options import ITEM_OPTIONS, MOST_THREADS, Table, described
from ..items.progress import Progress
from ..items.rate import Budget
from ..items.text import count_lines
from ..spec import parse_tables
from . import writer as outcomes
from .described import described_tables
from .identities import Identities, SampleError, check_capacity
from .maker import ItemMaker, World
from .moments import Calendar, parse_newest
from .values import Values, new_faker
from .writer import Portions

SHARED = ("threads", "read_units", "progress", "progress_file")
NEWEST = "2026-09-30"
OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "definitions": {"type": "list", "elements": "dict", "required": True},
    "count": {"type": "int", "default": 100},
    "seed": {"type": "str", "default": "1"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "newest": {"type": "str", "default": NEWEST},
    "write_units": {"type": "float", "default": 0.0},
    **{name: ITEM_OPTIONS[name] for name in SHARED},
}
ABSENT = "absent"

# What a person reads of each outcome; done and, in check mode, planned.
WORDS = {
    outcomes.WRITTEN: ("written", "would be written"),
    outcomes.PRESENT: ("there already",) * 2,
    outcomes.REMOVED: ("removed", "would be removed"),
    outcomes.GONE: ("not there",) * 2,
    outcomes.IN_THE_WAY: ("left alone: another item has their key",) * 2,
}
OF_STATE = {
    "present": (outcomes.WRITTEN, outcomes.PRESENT, outcomes.IN_THE_WAY),
    ABSENT: (outcomes.REMOVED, outcomes.GONE, outcomes.IN_THE_WAY),
}


def run() -> NoReturn:
    """The module."""
    module = new_module(OPTIONS)
    params = module.params
    parse_or_fail(module, parse_tables, params["definitions"])
    try:
        maker = _checked_maker(params)
    except (DefinitionError, SampleError) as error:
        module.fail_json(msg=str(error))
    except ImportError:
        told = missing_required_lib("faker")  # type: ignore[no-untyped-call]
        module.fail_json(msg=f"Sample data is made with faker. {told}")
    aws = connect(module)
    try:
        table = described(aws, params["name"])
    except AwsError as error:
        module.fail_json(msg=str(error))
    if table is None:
        module.fail_json(msg=f"there is no table {params['name']} in {aws.region}; make it first, from its definition")
    if table.key_names != maker.keys.table.keys:
        there, wanted = " and ".join(table.key_names), " and ".join(maker.keys.table.keys)
        module.fail_json(msg=f"{table.name} has the key {there}, and {wanted} by its definition")
    _sample(module, aws, table, maker)


def maker_of(definitions: Sequence[Mapping[str, Any]], name: str, seed: str, newest: str = NEWEST) -> ItemMaker:
    """What makes the items of a table. Raises SampleError, DefinitionError, ImportError."""
    tables = described_tables(definitions)
    table = next((each for each in tables if each.name == name), None)
    if table is None:
        raise SampleError(f"there is no definition of {name} with a key, so nothing is known of its items")
    try:
        calendar = Calendar(parse_newest(newest))
    except ValueError:
        raise SampleError(f"newest: {newest!r} is no day; give it as {NEWEST}") from None
    return ItemMaker(World(tables, Identities(seed, calendar)), table, Values(new_faker()))


def _checked_maker(params: Mapping[str, Any]) -> ItemMaker:
    """Raises SampleError, DefinitionError, ImportError."""
    if params["count"] < 0:
        raise SampleError(f"count: must be 0 or more, not {params['count']}")
    maker = maker_of(params["definitions"], params["name"], params["seed"], params["newest"])
    check_capacity(maker.keys, params["count"])
    return maker


def _sample(module: AwsModule, aws: Aws, table: Table, maker: ItemMaker) -> NoReturn:
    params, check = module.params, module.check_mode
    calls = Calls(aws, Budget(params["read_units"], aws.clock), Budget(params["write_units"], aws.clock))
    began = aws.clock.now()
    portions = Portions(
        calls, table.name, keys_of(table.description), maker, check, _teller(params["count"], aws, table.name)
    )
    count, threads = params["count"], max(1, min(MOST_THREADS, params["threads"]))
    if params["state"] == ABSENT:
        portions.absent(count, threads)
    else:
        portions.present(count, threads)
    counts = {verdict: portions.counts[verdict] for verdict in OF_STATE[params["state"]]}
    expired = _expired(maker, aws.clock.today()) if params["state"] != ABSENT and count else False
    endpoint = aws.endpoint()
    result = {
        "name": table.name,
        "changed": counts.get(outcomes.WRITTEN, 0) + counts.get(outcomes.REMOVED, 0) > 0,
        "counts": counts,
        "seed": params["seed"],
        "expired": expired,
        "endpoint": endpoint,
        "emulator": is_local(endpoint),
        "seconds": round(aws.clock.now() - began, 1),
        "read_units": round(calls.reads.charged, 1),
        "write_units": round(calls.writes.charged, 1),
        "text": "\n".join(text_lines(f"{table.name} ({aws.region})", params, counts, check, expired)),
    }
    if portions.error:
        module.fail_json(msg=f"{table.name}: {portions.error} What was done stays; run it again to go on.", **result)
    module.exit_json(**result)


def _teller(count: int, aws: Aws, table: str) -> Callable[[Counter[str]], None]:
    began = aws.clock.now()

    def tell(counts: Counter[str]) -> None:
        done = sum(counts.values())
        # One segment: it is done when all items are.
        aws.progress.tell(
            Progress(table, 1, int(done >= count), done, count, aws.clock.now() - began, counts=dict(counts))
        )

    return tell


def _expired(maker: ItemMaker, now: datetime) -> bool:
    """Whether the first of the items is expired already; the others are of the same year."""
    end = maker.expires(0)
    return end is not None and end <= now.timestamp()


def is_local(endpoint: str) -> bool:
    """Whether what answers at an endpoint is on this machine, so no AWS."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "localhost.localstack.cloud") or host.endswith(".localhost")


def text_lines(
    heading: str, params: Mapping[str, Any], counts: Mapping[str, int], check: bool, expired: bool
) -> list[str]:
    """The result for people."""
    rows = [(count, WORDS[verdict][check]) for verdict, count in counts.items() if count]
    lines = [f"{heading}: {params['count']:,} items of seed {params['seed']}", *count_lines(rows)]
    if expired:
        lines.append("  . their expiry time is over already, so DynamoDB deletes them within days: give a later newest")
    return lines
