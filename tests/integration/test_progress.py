# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a terminal shows while ansible-playbook waits for indexes, on a server where they take their time."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.aws_like.client import AwsLike
from tests.integration.harness import BIN, ROOT
from tests.integration.terminal import Terminal

TABLE = {"attributes": {"id": "S", "region": "S"}, "partition_key": "id"}
INDEXES = {"global_indexes": [{"name": "by-region", "partition_key": "region"}]}
# AWS's seconds: room for an index is made in 40, and it is filled after 520.
MAKING_ROOM, FILLING = 45, 600
# Over after four seconds.
QUICK = 0.007
SOMETHING = re.compile(rb"until \d\d:|7730|backfilling")


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsLike]:
    with AwsLike(time_scale=1.0, window_scale=0) as server:
        yield server


def environment(aws: AwsLike, folder: Path, **changes: str) -> dict[str, str]:
    """As a person has it at a terminal, wherever the tests run."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "ANSIBLE_COLLECTIONS_PATH") if name in os.environ}
    return {
        **inherited,
        **aws.environment(),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "LC_ALL": "C.UTF-8",
        **changes,
    }


def playbook(folder: Path, *tasks: Mapping[str, Any], hosts: str = "localhost,") -> list[str]:
    """A command that runs these tasks."""
    play = {
        "name": "Play",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "tasks": list(tasks),
    }
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    return [str(BIN / "ansible-playbook"), str(folder / "play.yml"), "-i", hosts]


def progress(lines: list[str]) -> list[str]:
    """What is shown below Ansible's own output."""
    return [
        re.sub(r"\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d", "LATER", line.strip()) for line in lines if "until" in line
    ]


def phases(lines: list[str]) -> list[str]:
    return [line.partition("  ")[2] for line in progress(lines)]


def own(lines: list[str]) -> list[str]:
    """Ansible's own output, without blank lines and stars."""
    return [line.rstrip("* ") for line in lines if line.strip()]


def make(aws: AwsLike, *names: str) -> None:
    """Tables that are there."""
    client = aws.client("dynamodb")
    for name in names:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    aws.settle()


def test_a_backfill_is_shown_and_leaves_nothing(aws: AwsLike, tmp_path: Path) -> None:
    make(aws, "Orders", "Sessions-2")
    definitions = [{"name": name, **TABLE, **INDEXES} for name in ("Orders", "Sessions-2")]
    command = playbook(
        tmp_path,
        {"name": "Indexes", "auditflow.dynamodb.tables": {"tables": definitions}, "register": "done"},
        {"name": "No change", "auditflow.dynamodb.tables": {"tables": definitions}},
        {"name": "What it returned", "ansible.builtin.debug": {"msg": "{{ done.results | map(attribute='name') }}"}},
    )
    with Terminal(command, environment(aws, tmp_path), ROOT) as terminal:
        terminal.until(lambda lines: len(progress(lines)) == 2)
        assert phases(terminal.lines) == [
            "index by-region of Orders is CREATING, until LATER at most",
            "index by-region of Sessions-2 is CREATING, until LATER at most",
        ]
        # Below everything, nothing of it before two seconds are over.
        assert own(terminal.lines)[-3].startswith("TASK [Indexes]")
        assert int(progress(terminal.lines)[0].partition("  ")[0].partition(":")[2]) >= 1
        aws.advance(MAKING_ROOM)
        terminal.until(lambda lines: "CREATING, backfilling" in "".join(phases(lines)[:1]))
        aws.advance(FILLING)
        lines = own(terminal.end())
    assert terminal.code == 0, terminal.text
    assert lines[:10] == [
        "PLAY [Play]",
        "TASK [Indexes]",
        "changed: [localhost]",
        "TASK [No change]",
        "ok: [localhost]",
        "TASK [What it returned]",
        "ok: [localhost] =>",
        "    msg:",
        "    - Orders",
        "    - Sessions-2",
    ], terminal.text
    assert lines[10] == "PLAY RECAP"
    assert not progress(lines)


def test_several_hosts_share_the_last_lines(aws: AwsLike, tmp_path: Path) -> None:
    make(aws, "T.first", "T.second", "T.third", "Quiet", "Silent")
    # The third has nothing to wait for: its result is written between the lines of the others.
    indexes = {"global_indexes": "{{ indexes if inventory_hostname != 'third' else [] }}"}
    table = {"name": "T.{{ inventory_hostname }}", **TABLE, **indexes}
    command = playbook(
        tmp_path,
        {"name": "Index", "auditflow.dynamodb.table": table, "vars": {"indexes": INDEXES["global_indexes"]}},
        {
            "name": "Secret",
            "auditflow.dynamodb.gsi": {"table": "Quiet", "attributes": {"region": "S"}, **INDEXES["global_indexes"][0]},
            "no_log": True,
            "run_once": True,
        },
        {
            "name": "Not wanted",
            "auditflow.dynamodb.gsi": {
                "table": "Silent",
                "attributes": {"region": "S"},
                "progress": False,
                **INDEXES["global_indexes"][0],
            },
            "run_once": True,
        },
        hosts="first,second,third,",
    )
    with Terminal(command, environment(aws, tmp_path), ROOT, width=70) as terminal:
        shown = terminal.until(lambda lines: sum("index by" in line for line in lines) == 2)
        assert [line[9:] for line in shown[-2:]] == [
            "[first] index by-region of T.first is CREATING",
            "[second] index by-region of T.second is CREATING",
        ]
        assert own(shown)[-3] == "ok: [third]"
        # From here on everything is quick.
        aws.change_settings(time_scale=QUICK)
        aws.settle()
        terminal.until(lambda lines: any("TASK [Secret]" in line for line in lines))
        lines = own(terminal.end())
    assert terminal.code == 0, terminal.text
    assert [line for line in lines if line.startswith(("TASK", "ok", "changed"))] == [
        "TASK [Index]",
        "ok: [third]",
        *sorted(("changed: [first]", "changed: [second]"), key=lines.index),
        "TASK [Secret]",
        "changed: [first]",
        "TASK [Not wanted]",
        "changed: [first]",
    ], terminal.text
    later = [frame for frame in terminal.frames if any("TASK [Secret]" in line for line in frame)]
    assert not [line for frame in later for line in frame if "index by" in line]
    aws.change_settings(time_scale=1.0)


def test_a_walk_over_items_is_shown_without_anything_of_them(aws: AwsLike, tmp_path: Path) -> None:
    make(aws, "Walked")
    client = aws.client("dynamodb")
    for start in range(0, 75, 25):
        items = [
            {"id": {"S": f"id-{number}"}, "at": {"S": "2024-05-03T10:00:00Z"}, "note": {"S": "Classified"}}
            for number in range(start, start + 25)
        ]
        client.batch_write_item(RequestItems={"Walked": [{"PutRequest": {"Item": each}} for each in items]})
    # AWS counts every six hours.
    aws.advance(7 * 3600)
    task = {
        "name": "Walk",
        "auditflow.dynamodb.items_ttl": {
            "name": "Walked",
            "attribute": "ttl",
            "timestamp": "at",
            "retention": "50y",
            "segments": 2,
            "page_size": 5,
            "write_units": 25,
            "state_dir": str(tmp_path),
        },
    }
    with Terminal(playbook(tmp_path, task), environment(aws, tmp_path), ROOT, width=160) as terminal:
        shown = terminal.until(lambda lines: any("Walked, " in line for line in lines))
        assert re.search(r"\d:\d\d  Walked, \d+ %, (about .* left, )?\d+ of about 75 items, [01]/2 segments", shown[-1])
        lines = terminal.end()
    assert terminal.code == 0, terminal.text
    assert "changed: [localhost]" in lines
    assert not [line for line in lines if "Walked" in line]
    assert b"Classified" not in terminal.written


@pytest.mark.parametrize(
    ("name", "changes", "terminal"),
    [
        ("no-terminal", {}, False),
        ("ci", {"CI": "true"}, True),
        ("switched-off", {"AUDITFLOW_DYNAMODB_PROGRESS": "false"}, True),
        ("oneline", {"ANSIBLE_STDOUT_CALLBACK": "oneline"}, True),
        ("minimal", {"ANSIBLE_STDOUT_CALLBACK": "minimal"}, True),
    ],
)
def test_elsewhere_it_is_quiet(
    aws: AwsLike, tmp_path: Path, name: str, changes: dict[str, str], terminal: bool
) -> None:
    name = f"of-{name}"
    make(aws, name)
    aws.change_settings(time_scale=QUICK)
    table = {"name": name, **TABLE, **INDEXES}
    command = playbook(tmp_path, {"name": "Index", "auditflow.dynamodb.table": table})
    if not terminal:
        command = ["/bin/sh", "-c", f"{' '.join(command)} 2>&1 | cat"]
    with Terminal(command, environment(aws, tmp_path, **changes), ROOT, width=200) as shown:
        shown.end()
    aws.change_settings(time_scale=1.0)
    assert shown.code == 0, shown.text
    assert b"Index" in shown.written or b"SUCCESS" in shown.written or b"CHANGED" in shown.written
    assert not SOMETHING.search(shown.written), shown.written


def test_lines_that_stay_where_somebody_asks_for_them(aws: AwsLike, tmp_path: Path) -> None:
    make(aws, "Logged")
    aws.change_settings(time_scale=QUICK)
    table = {"name": "Logged", "progress": True, **TABLE, **INDEXES}
    command = playbook(tmp_path, {"name": "Index", "auditflow.dynamodb.table": table})
    with Terminal(command, environment(aws, tmp_path, CI="true"), ROOT, width=200) as shown:
        lines = shown.end()
    aws.change_settings(time_scale=1.0)
    assert shown.code == 0, shown.text
    assert phases(lines), shown.text
    assert all("of Logged is CREATING" in line for line in phases(lines))
