# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of the module C(items_unarchive) apart from its documentation."""

from __future__ import annotations

import base64
import binascii
import threading
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ..arguments import DefinitionError
from ..aws import Aws, Patience
from ..entry import (
    WAIT_OPTIONS,
    AwsModule,
    connect,
    new_module,
)
from ..errors import AwsError, StuckError, WaitTimeoutError
from ..items.calls import Calls
from ..items.options import ITEM_OPTIONS, MOST_THREADS, Table, calls_of, described, job_of, slice_of, walk_of
from ..items.progress import Progress
from ..items.segments import Slice
from ..items.text import count_lines, sample_lines
from ..progress import PROGRESS_OPTIONS, ProgressFile
from ..threads import side_by_side
from ..transfer import TimeError, parse_time
from . import unarchiving as outcomes
from .manifest import read_manifest
from .marks import OBJECT, is_archived
from .store import Store
from .unarchiving import Copy, Places, Restoring, Unarchiver, Wanted, entries_of, id_of

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    # Keys of items, no secrets.
    "keys": {"type": "list", "elements": "dict", "no_log": False},
    "archived_from": {"type": "str"},
    "archived_until": {"type": "str"},
    "manifest": {"type": "str"},
    "exact": {"type": "bool", "default": False},
    "tier": {"type": "str", "choices": ["Standard", "Bulk", "Expedited"], "default": "Standard"},
    "restore_days": {"type": "int", "default": 7},
    **{name: ITEM_OPTIONS[name] for name in ("slice", "threads", "page_size", "write_units", "read_units")},
    **PROGRESS_OPTIONS,
    "segments": {"type": "int", "default": 16},
    # Glacier takes hours.
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {**WAIT_OPTIONS["wait_timeout"], "default": 43200},
}
# What a walk asks for and this module has no use of.
UNUSED = {"time_limit": 0, "restart": False, "state_dir": ""}

# What a person reads of each outcome; done and, in check mode, planned.
WORDS = {
    outcomes.RESTORED: ("put back", "would be put back"),
    outcomes.NOT_ARCHIVED: ("not archived any more",) * 2,
    outcomes.ELSEWHERE: ("left alone: their copy that counts is another",) * 2,
    outcomes.OTHER_TIME: ("left alone: archived at another time",) * 2,
    outcomes.CHANGED: ("left alone: changed since they were archived (exact)",) * 2,
    outcomes.MOVING: ("left alone: they changed again and again; run it again",) * 2,
    outcomes.WIDE: ("left alone: too many attributes for one condition",) * 2,
    outcomes.LARGE: ("left alone: larger than 400 KB with what was added since",) * 2,
    outcomes.GONE: ("left alone: their entry is gone from the table",) * 2,
}


@dataclass
class Teller:
    """Adds verdicts up for the progress."""

    table: str
    objects: int
    expected: int
    file: ProgressFile
    calls: Calls
    began: float
    done: int = 0
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def whole(self, copy: Copy) -> Copy:
        """Counts an object that is done."""
        with self._lock:
            self.done += 1
        return copy

    def tell(self, counts: Mapping[str, int]) -> None:
        """Adds some."""
        with self._lock:
            self._counts.update(counts)
            known = dict(self._counts)
        seconds = self.calls.aws.clock.now() - self.began
        scanned, units = sum(known.values()), self.calls.writes.charged
        self.file.tell(Progress(self.table, self.objects, self.done, scanned, self.expected, seconds, 0, known, units))


def run() -> NoReturn:
    """The module."""
    module = new_module(
        OPTIONS,
        required_one_of=[("keys", "manifest", "archived_from", "archived_until")],
        mutually_exclusive=[("keys", "manifest"), ("keys", "archived_from"), ("keys", "archived_until")],
    )
    params = module.params
    try:
        part = slice_of(params)
        wanted = _wanted(params)
    except DefinitionError as error:
        module.fail_json(msg="; ".join(error.problems), problems=list(error.problems))
    aws = connect(module)
    try:
        table = described(aws, params["name"])
        if table is None:
            module.fail_json(msg=f"there is no table {params['name']} in {aws.region}")
        calls = calls_of(params, aws)
        places, early, wanted = _places(module, calls, table, wanted)
    except DefinitionError as error:
        module.fail_json(msg="; ".join(error.problems), problems=list(error.problems))
    except AwsError as error:
        module.fail_json(msg=f"{params['name']}: {error} Nothing was changed.")
    owned = Counter({place: count for place, count in places.items() if _owns(part, place)})
    _unarchive(module, aws, calls, table, owned, early, wanted)


def _wanted(params: Mapping[str, Any]) -> Wanted:
    try:
        since, until = (
            parse_time(params[name]) if params[name] else None for name in ("archived_from", "archived_until")
        )
    except TimeError as error:
        raise DefinitionError([str(error)]) from error
    return Wanted(since, until)


def _owns(part: Slice, place: str) -> bool:
    return zlib.crc32(place.encode()) % part.of == part.number - 1


def _places(module: AwsModule, calls: Calls, table: Table, wanted: Wanted) -> tuple[Counter[str], Counter[str], Wanted]:
    """The objects that are needed with how many entries each, what is clear without them, and what is meant."""
    params = module.params
    if params["keys"]:
        return _places_of_keys(calls, table, params["keys"], wanted)
    if params["manifest"]:
        bucket, _slash, key = params["manifest"].removeprefix("s3://").partition("/")
        store = Store(calls.aws, bucket)
        return Counter({store.place(each): 0 for each in read_manifest(store, key)}), Counter(), wanted
    places = Places(wanted)
    job = job_of(params, "unarchive", table, {})
    # Each slice has to find all objects; which of them are its own does not go by segments.
    whole = {**params, **UNUSED, "slice": "1/1"}
    walked = walk_of(whole, True, calls, table, job, wanted.scan(), places.open).run()
    if walked.error:
        raise walked.error
    return places.found, Counter(), wanted


def _places_of_keys(
    calls: Calls, table: Table, given: Sequence[Mapping[str, Any]], wanted: Wanted
) -> tuple[Counter[str], Counter[str], Wanted]:
    keys = {id_of(key, table.key_names): key for key in (typed_key(each, table) for each in given)}
    found = {id_of(entry, table.key_names): entry for entry in entries_of(calls, table.name, list(keys.values()))}
    places: Counter[str] = Counter()
    early: Counter[str] = Counter()
    for each in keys:
        entry = found.get(each)
        if entry is None:
            early[outcomes.GONE] += 1
        elif not is_archived(entry) or "S" not in entry.get(OBJECT, {}):
            early[outcomes.NOT_ARCHIVED] += 1
        else:
            places[entry[OBJECT]["S"]] += 1
    return places, early, Wanted(wanted.since, wanted.until, frozenset(keys))


def typed_key(given: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """A key as DynamoDB writes it. Raises DefinitionError."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.description["AttributeDefinitions"]}
    if set(given) != set(table.key_names):
        raise DefinitionError([f"keys: {table.name} has the key {', '.join(table.key_names)}, not {', '.join(given)}"])
    try:
        return {
            name: {types[name]: base64.b64decode(value, validate=True) if types[name] == "B" else str(value)}
            for name, value in given.items()
        }
    except (binascii.Error, TypeError, ValueError) as error:
        raise DefinitionError([f"keys: a binary value is given as base64: {error}"]) from error


def _unarchive(
    module: AwsModule,
    aws: Aws,
    calls: Calls,
    table: Table,
    places: Counter[str],
    early: Counter[str],
    wanted: Wanted,
) -> NoReturn:
    params, check = module.params, module.check_mode
    teller = Teller(
        table.name,
        len(places),
        sum(places.values()),
        aws.progress,
        calls,
        aws.clock.now(),
    )
    restoring = Restoring(params["tier"], params["restore_days"])
    unarchiver = Unarchiver(calls, table.name, table.key_names, wanted, restoring, params["exact"], check, teller.tell)
    threads = max(1, min(MOST_THREADS, params["threads"]))
    looked = _waited(unarchiver, aws, side_by_side(unarchiver.ready, sorted(places), threads), params, check)
    readable = [each.place for each in looked if not each.error and not each.pending]
    done = side_by_side(lambda place: teller.whole(unarchiver.unarchive(place)), readable, threads)
    pending = [each for each in looked if each.pending]
    copies = [*done, *(each for each in looked if each.error)]
    counts = Counter({**dict.fromkeys(WORDS, 0), **early})
    for copy in copies:
        counts.update(copy.counts)
    failed = [copy for copy in copies if copy.error]
    asked = any(each.asked for each in looked)
    result = {
        "name": table.name,
        "changed": counts[outcomes.RESTORED] > 0 or asked,
        "counts": dict(sorted(counts.items())),
        "samples": _samples(copies),
        "objects": {"all": len(places), "done": len(done) - len([each for each in done if each.error])},
        "pending": [f"s3://{each.place}" for each in pending],
        "finished": not pending and not failed,
        "slice": params["slice"],
        "write_units": round(calls.writes.charged, 1),
        "read_units": round(calls.reads.charged, 1),
    }
    entries = sum(places[each.place] for each in pending)
    result["text"] = "\n".join(text_lines(table, aws.region, result, entries, params["tier"], check))
    if failed:
        listed = "\n".join(f"- {copy.error}" for copy in failed)
        module.fail_json(msg=f"{table.name}: {len(failed)} of {len(places)} copies failed:\n{listed}", **result)
    module.exit_json(**result)


def _waited(
    unarchiver: Unarchiver, aws: Aws, looked: Sequence[Copy], params: Mapping[str, Any], check: bool
) -> list[Copy]:
    """The objects again, after waiting for those that are being restored, as long as it is wanted."""
    patience = Patience(params["wait"] and not check, params["wait_timeout"])
    copies: list[Copy] = []
    for each in looked:
        if not each.pending or check:
            copies.append(each)
            continue
        try:
            copies.append(replace(each, pending=bool(aws.unmet((unarchiver.condition(each.place),), patience))))
        except WaitTimeoutError:
            # The time is over for all of them; they stay pending, and are told as that.
            patience = Patience(wait=False)
            copies.append(each)
        except (AwsError, StuckError) as error:
            copies.append(replace(each, pending=False, error=error))
    return copies


def _samples(copies: Sequence[Copy]) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for copy in copies:
        for verdict, keys in copy.samples.items():
            found[verdict] = [*found.get(verdict, []), *keys][:5]
    return found


def text_lines(table: Table, region: str, result: Mapping[str, Any], entries: int, tier: str, check: bool) -> list[str]:
    """The result for people. entries: how many entries the pending objects are the copies of, where that is known."""
    counts, pending, objects = result["counts"], result["pending"], result["objects"]
    nothing = not objects["all"] and not any(counts.values())
    heading = "nothing is archived there" if nothing else "all done" if result["finished"] else "not finished"
    rows = [(counts[verdict], words[check]) for verdict, words in WORDS.items() if counts[verdict]]
    lines = [f"{table.name} ({region}): {heading}", *count_lines(rows), *sample_lines(result["samples"])]
    if pending:
        told = f" with {entries:,} items" if entries else ""
        state = "would have to be restored" if check else f"are being restored ({tier})"
        lines.append(f"  > pending: {len(pending)} of {objects['all']} objects{told} {state}. Run it again then.")
    return lines
