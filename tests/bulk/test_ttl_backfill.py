# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TTL backfill over very many items beside a live writer: killed half way and resumed; and by two slices at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bulk.live import OWN_TTL, LiveWriter, changes
from tests.bulk.runs import Bulk
from tests.integration.items import Item, by_key, load, make_table

TASK = "Give items an expiry time"
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
# Days that every item's timestamp may lie back, so that none expires at once.
DAYS = 700
EVERY = 4


def stamp(number: int) -> datetime:
    return TODAY - timedelta(days=number % DAYS, seconds=number)


def right(number: int) -> dict[str, str]:
    """Ten days after the timestamp, two years on: the days that a calendar has do not matter here."""
    return {"N": str(int((stamp(number) + timedelta(days=1000)).timestamp()))}


def key_of(number: int) -> str:
    return f"item-{number:07}"


def fill(client: Any, name: str, count: int) -> str:
    """A quarter has its expiry time. Returns the ARN of the stream that tells every change from here on."""
    make_table(client, name)

    def item(number: int) -> Item:
        plain: Item = {"id": {"S": key_of(number)}, "at": {"S": stamp(number).isoformat()}, "no": {"N": str(number)}}
        return {**plain, "ttl": right(number)} if number % EVERY == 0 else plain

    load(client, name, map(item, range(count)))
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    arn: str = client.update_table(TableName=name, StreamSpecification=stream)["TableDescription"]["LatestStreamArn"]
    return arn


def options(name: str, **more: Any) -> dict[str, Any]:
    wanted = {"table": name, "confirm": name, "timestamp": "at", "retention": "1000d", "attribute": "ttl"}
    return {**wanted, "write_units": 0, "threads": 4, "page_size": 100, **more}


def counted(result: dict[str, Any]) -> dict[str, int]:
    (each,) = result["results"]
    assert each["finished"], each["text"]
    return {verdict: count for verdict, count in each["counts"].items() if count}


def check(client: Any, streams: Any, name: str, count: int, stream: str, live: LiveWriter) -> int:
    """Every item is right, and was written once. Returns how many were given an expiry time by the runs."""
    after = by_key(client, name)
    assert set(after) == {key_of(number) for number in range(count)} - live.deleted
    for number in range(count):
        key = key_of(number)
        if key in live.deleted:
            continue
        item = after[key]
        assert item["ttl"] == (OWN_TTL if key in live.set_by_it else right(number)), item
        assert (item["no"], item["at"]) == ({"N": str(number)}, {"S": stamp(number).isoformat()})
        assert ("touched" in item) == (key in live.touched)
    given: Counter[str] = Counter()
    for change in changes(streams, stream):
        old, new = change.get("OldImage", {}), change.get("NewImage", {})
        key = change["Keys"]["id"]["S"]
        assert change["name"] != "INSERT", f"{key} was made again"
        if change["name"] == "MODIFY" and old.get("ttl") != new.get("ttl"):
            own = new["ttl"] == OWN_TTL
            assert "ttl" not in old or own, f"{key} had {old['ttl']} and got {new['ttl']}"
            given[key] += not own
    lacking = {key_of(number) for number in range(count) if number % EVERY}
    assert set(given.values()) <= {0, 1}
    assert +given == Counter(+given) & Counter(lacking)
    assert lacking - live.set_by_it - live.deleted <= set(+given)
    return given.total()


def test_killed_half_way(bulk: Bulk, client: Any, streams: Any, items: int, report: Callable[..., None]) -> None:
    name, began = "Killed", time.monotonic()
    stream = fill(client, name, items)
    loaded = time.monotonic()
    lacking = items - items // EVERY
    with LiveWriter(client, name, [key_of(number) for number in range(items)]) as live:
        first = bulk.start("ttl_backfill", options(name))
        first.kill_when(lambda: bulk.journalled("set") >= lacking // 2)
        killed = time.monotonic()
        before = bulk.journalled("set")
        resumed = bulk.start("ttl_backfill", options(name)).result(TASK)
    ended = time.monotonic()
    counts = counted(resumed)
    assert resumed["results"][0]["resumed"]
    given = check(client, streams, name, items, stream, live)
    # What was written of the pages that the kill broke off is in no journal: no more than a page a thread.
    assert given - 4 * 100 <= counts["set"] <= given
    again = bulk.start("ttl_backfill", options(name)).result(TASK)
    assert counted(again) == {}
    assert not again["changed"]
    report(
        items=items,
        given=given,
        journalled_at_kill=before,
        counts=counts,
        live={"set": len(live.set_by_it), "deleted": len(live.deleted), "touched": len(live.touched)},
        seconds={
            "load": round(loaded - began),
            "until_kill": round(killed - loaded),
            "resumed": round(ended - killed),
            "all": round(time.monotonic() - began),
        },
    )


def test_two_processes_share_it(bulk: Bulk, client: Any, streams: Any, items: int, report: Callable[..., None]) -> None:
    count, name, began = items // 10, "Shared", time.monotonic()
    stream = fill(client, name, count)
    with LiveWriter(client, name, [key_of(number) for number in range(count)]) as live:
        # Each with a state folder of its own, as on two nodes.
        nodes = [{"slice": f"{number}/2", "state_dir": str(bulk.folder / f"node-{number}")} for number in (1, 2)]
        runs = [bulk.start("ttl_backfill", options(name, threads=2, **node)) for node in nodes]
        results = [run.result(TASK) for run in runs]
    owned = [result["results"][0]["segments"] for result in results]
    assert owned == [{"total": 64, "owned": 32, "done": 32}] * 2
    given = check(client, streams, name, count, stream, live)
    both = Counter(counted(results[0])) + Counter(counted(results[1]))
    assert both["set"] == given
    report(
        items=count, given=given, each=[counted(result) for result in results], seconds=round(time.monotonic() - began)
    )
