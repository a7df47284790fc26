# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive in a world that ends at any step: nothing is lost, nothing is marked twice or without its copy."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive import archive_run, spool
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.manifest import read_manifest
from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.store import Store
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items import journal
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.keys import from_json
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.options import ITEM_OPTIONS, Table

from .archive_world import BUCKET, DESCRIPTION, KEY, NOW, TABLE, Item, KilledError, World
from .items_table import refusal

OLD, YOUNG = 7, 2
MARKS = ("archived", "archive_timestamp", "archive_object", "archive_stripped")


def old_item(number: int, days: int = 100) -> Item:
    at = (NOW - timedelta(days=days)).isoformat()
    return {KEY: {"S": f"i{number}"}, "at": {"S": at}, "raw": {"B": bytes([number])}, "bulky": {"S": f"bulk {number}"}}


def items() -> dict[str, Item]:
    found = [old_item(number) for number in range(OLD)] + [old_item(OLD + number, 5) for number in range(YOUNG)]
    return {item[KEY]["S"]: item for item in found}


def params(state: Path, **more: Any) -> dict[str, Any]:
    defaults = {name: rule.get("default") for name, rule in {**archive_run.OPTIONS, **ITEM_OPTIONS}.items()}
    given = {"name": TABLE, "timestamp": "at", "bucket": BUCKET, "state_dir": str(state), "strip": ["bulky"]}
    # One thread, so that the steps come in one order.
    how = {"segments": 2, "threads": 1, "page_size": 2, "part_items": 3, "write_units": 0}
    return {**defaults, **given, **how, **more}


def run(world: World, state: Path, check: bool = False, **more: Any) -> tuple[dict[str, Any], str]:
    given = params(state, **more)
    order, aws = archive_run.order_of(given), world.aws()
    store = Store(aws, order.bucket, order.storage_class, order.kms_key)
    return archive_run.archive(given, check, aws, Table(DESCRIPTION), order, store, True)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the writing of files be steps of a world."""

    def of(world: World) -> None:
        for module in (journal, spool, archive_run):
            monkeypatch.setattr(module, "write_whole", world.write_whole)

    return of


def copies(world: World) -> Iterator[tuple[str, Item]]:
    for key, versions in world.objects.items():
        if "/data/" in key and versions[-1]["StorageClass"] == "GLACIER":
            for line in gzip.decompress(versions[-1]["Body"]).splitlines():
                yield f"{BUCKET}/{key}", from_json(json.loads(line)["Item"])


def check_each(world: World, before: Mapping[str, Item]) -> None:
    """No entry is marked without its copy; what is not marked is as it was."""
    there = {(place, copy[KEY]["S"]): copy for place, copy in copies(world)}
    assert set(world.items) == set(before)
    for key, was in before.items():
        entry = world.items[key]
        if "archived" not in entry:
            assert entry == was
            continue
        assert there[(entry["archive_object"]["S"], key)] == was
        kept = {name: value for name, value in was.items() if name != "bulky"}
        assert {name: value for name, value in entry.items() if name not in MARKS} == kept
    assert set(world.marked.values()) <= {1}


def check_end(world: World, before: Mapping[str, Item], result: Mapping[str, Any]) -> None:
    check_each(world, before)
    assert sum("archived" in entry for entry in world.items.values()) == OLD
    assert {name: count for name, count in result["counts"].items() if count} == {"archived": OLD, "too_young": YOUNG}


def check_manifest(world: World, result: Mapping[str, Any]) -> None:
    key = result["manifest"].removeprefix(f"s3://{BUCKET}/")
    store = Store(world.aws(), BUCKET)
    folder = key.rpartition("/")[0]
    parts = [each for each in world.objects if each.startswith(f"{folder}/data/")]
    parts = [each for each in parts if world.objects[each][-1]["StorageClass"] == "GLACIER"]
    assert read_manifest(store, key) == sorted(parts)
    summary = json.loads(world.objects[key][-1]["Body"])
    assert summary["itemCount"] == sum(1 for place, _copy in copies(world) if place.startswith(f"{BUCKET}/{folder}/"))
    assert summary["job"]["age"] == "90d"


def count_steps(tmp_path: Path, steps: Any, versions: bool = True) -> int:
    world = World(items(), versions=versions)
    steps(world)
    result, error = run(world, tmp_path / "counted")
    counted = world.steps
    assert error == ""
    check_end(world, items(), result)
    check_manifest(world, result)
    assert len(list(copies(world))) == OLD
    assert all(len(versions) == 1 for key, versions in world.objects.items() if "/data/" in key)
    return counted


@pytest.mark.parametrize("versions", [True, False], ids=["versions", "no-versions"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_each_step(tmp_path: Path, steps: Any, after: bool, versions: bool) -> None:
    last = count_steps(tmp_path, steps, versions)
    for end_at in range(1, last + 1):
        world, state = World(items(), end_at=end_at, after=after, versions=versions), tmp_path / f"s{end_at}"
        steps(world)
        with pytest.raises(KilledError):
            run(world, state)
        world.revive()
        check_each(world, items())
        result, error = run(world, state)
        assert error == "", end_at
        check_each(world, items())
        assert sum("archived" in entry for entry in world.items.values()) == OLD
        # Where the end itself was killed, the run that follows is another one, and finds nothing.
        if result["counts"]["archived"]:
            check_end(world, items(), result)
            check_manifest(world, result)
        assert len(list(copies(world))) == OLD, "a copy of something is there twice"
        assert not list(state.rglob("part-*"))
        assert not list(state.rglob("run-*"))
        silent = world.calls.copy()
        result, error = run(world, state)
        assert (error, result["changed"], result["archived_before"]) == ("", False, OLD)
        assert set(world.calls - silent) == {"Scan"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_and_the_state_is_lost(tmp_path: Path, steps: Any, after: bool) -> None:
    last = count_steps(tmp_path, steps)
    for end_at in range(1, last + 1):
        world = World(items(), end_at=end_at, after=after)
        steps(world)
        with pytest.raises(KilledError):
            run(world, tmp_path / f"s{end_at}")
        world.revive()
        result, error = run(world, tmp_path / f"t{end_at}")
        assert error == "", end_at
        check_each(world, items())
        assert sum("archived" in entry for entry in world.items.values()) == OLD
        if result["manifest"]:
            check_manifest(world, result)


@pytest.mark.parametrize("how", ["part-*.json", "part-*.json.gz", "segment-*.json"])
def test_killed_and_a_file_is_lost(tmp_path: Path, steps: Any, how: str) -> None:
    last = count_steps(tmp_path, steps)
    for end_at in range(1, last + 1, 2):
        world, state = World(items(), end_at=end_at), tmp_path / f"s{end_at}"
        steps(world)
        with pytest.raises(KilledError):
            run(world, state)
        world.revive()
        for path in state.rglob(how):
            path.unlink()
        _result, error = run(world, state)
        assert error == "", end_at
        check_each(world, items())
        assert sum("archived" in entry for entry in world.items.values()) == OLD


def test_corrupted_uploads_are_not_marked(tmp_path: Path) -> None:
    world = World(items(), corrupt=lambda content: content[:-1] + b"!" if content.startswith(b"\x1f\x8b") else content)
    result, error = run(world, tmp_path)
    assert "was read back (SHA-256)" in error
    assert "No item of it was marked" in error
    assert (result["changed"], result["finished"]) == (False, False)
    assert world.items == items()
    world.corrupt = lambda content: content
    result, error = run(world, tmp_path)
    assert error == ""
    check_end(world, items(), result)
    check_manifest(world, result)


@pytest.mark.parametrize("member", ["StorageClass", "Metadata", "Body"])
def test_what_is_otherwise_in_its_class_is_not_marked(tmp_path: Path, member: str) -> None:
    world = World(items())
    copy, other = world._CopyObject, {"StorageClass": "GLACIER_IR", "Metadata": {}, "Body": b"other"}

    def otherwise(arguments: dict[str, Any]) -> dict[str, Any]:
        answer = copy(arguments)
        world.objects[arguments["Key"]][-1][member] = other[member]
        return answer

    world._CopyObject = otherwise  # type: ignore[method-assign]
    _result, error = run(world, tmp_path)
    assert "No item of it was marked" in error
    assert world.items == items()
    world._CopyObject = copy  # type: ignore[method-assign]
    (wrong,) = world.objects
    result, error = run(world, tmp_path)
    assert error == ""
    assert wrong not in read_manifest(Store(world.aws(), BUCKET), result["manifest"].removeprefix(f"s3://{BUCKET}/"))
    del world.objects[wrong]
    check_end(world, items(), result)
    check_manifest(world, result)


def test_a_rule_that_moves_objects_at_once(tmp_path: Path) -> None:
    world = World(items())
    add = world._add
    world._add = lambda key, body, metadata, storage: add(key, body, metadata, "GLACIER")  # type: ignore[method-assign]
    _result, error = run(world, tmp_path)
    assert "leave the prefix out of that rule" in error
    assert world.items == items()
    world._add = add  # type: ignore[method-assign]
    result, error = run(world, tmp_path)
    assert error == ""
    check_end(world, items(), result)


def refused_at(operation: str, code: str, number: int) -> Any:
    met = [0]

    def refuse(called: str, arguments: Mapping[str, Any]) -> None:
        met[0] += called == operation
        if called == operation and met[0] == number:
            raise refusal(code, operation)

    return refuse


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "HeadObject", "CopyObject", "UpdateItem", "Scan"])
@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_refused_in_the_middle(tmp_path: Path, operation: str, code: str) -> None:
    world = World(items(), refuse=refused_at(operation, code, 2))
    _result, error = run(world, tmp_path)
    assert bool(error) == (code == "AccessDenied")
    check_each(world, items())
    result, error = run(world, tmp_path)
    assert error == ""
    check_each(world, items())
    assert sum("archived" in entry for entry in world.items.values()) == OLD
    assert len(list(copies(world))) == OLD
    assert result["counts"]["archived"] in (0, OLD)


def test_a_version_that_may_not_be_deleted_is_told(tmp_path: Path) -> None:
    def refuse(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "DeleteObject":
            raise refusal("AccessDenied", operation)

    world = World(items(), refuse=refuse)
    result, error = run(world, tmp_path)
    assert error == ""
    check_end(world, items(), result)
    assert result["left_versions"] == sum("/data/" in key for key in world.objects)
    assert "let a lifecycle rule of the bucket expire noncurrent versions" in result["text"]


def test_time_limit_always_gets_on(tmp_path: Path) -> None:
    world = World(items())
    for _attempt in range(60):
        # Time passes at each call; the limit is over after a few of them.
        world.refuse = lambda operation, arguments: world.time.sleep(1)
        result, error = run(world, tmp_path, time_limit=4)
        assert error == ""
        if result["finished"]:
            break
    check_end(world, items(), result)
    check_manifest(world, result)


def test_items_that_stay(tmp_path: Path) -> None:
    wide = {**old_item(20), **{f"a{number}": {"N": "1"} for number in range(150)}}
    others = {
        "wide": wide,
        "without": {KEY: {"S": "without"}},
        "unreadable": {KEY: {"S": "unreadable"}, "at": {"S": "then"}},
        "null": {KEY: {"S": "null"}, "at": {"NULL": True}},
        "marked": {**old_item(21), "archived": {"BOOL": True}},
    }
    for key, item in others.items():
        item[KEY] = {"S": key}
    world = World({**items(), **others})
    checked, error = run(world, tmp_path, check=True)
    assert error == ""
    assert set(world.calls) == {"Scan"}
    assert not list(tmp_path.iterdir())
    result, error = run(world, tmp_path)
    assert checked["counts"] == result["counts"]
    assert checked["bytes"] == result["bytes"]
    assert (result["counts"]["too_wide"], result["archived_before"]) == (1, 1)
    assert (result["counts"]["without_timestamp"], result["counts"]["unreadable_timestamp"]) == (2, 1)
    assert all(world.items[key] == item for key, item in others.items())
    assert result["samples"]["too_wide"] == [{KEY: "wide"}]


def test_two_slices_share_it(tmp_path: Path) -> None:
    world = World(items())
    results = [run(world, tmp_path / part[0], slice=part) for part in ("1/2", "2/2")]
    assert [error for _result, error in results] == ["", ""]
    check_each(world, items())
    assert sum(result["counts"]["archived"] for result, _error in results) == OLD
    listed = [
        key
        for result, _error in results
        for key in read_manifest(Store(world.aws(), BUCKET), result["manifest"].removeprefix(f"s3://{BUCKET}/"))
    ]
    assert sorted(listed) == sorted(key for key in world.objects if "/data/" in key)


def test_a_list_that_was_changed_is_no_manifest(tmp_path: Path) -> None:
    world = World(items())
    result, _error = run(world, tmp_path)
    key = result["manifest"].removeprefix(f"s3://{BUCKET}/")
    listed = json.loads(world.objects[key][-1]["Body"])["manifestFilesS3Key"]
    world.objects[listed][-1]["Body"] += b"{}\n"
    with pytest.raises(AwsError, match="not the one that it was written with"):
        read_manifest(Store(world.aws(), BUCKET), key)
