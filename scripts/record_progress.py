# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what a terminal shows while indexes are built, and writes it into docs/progress.md; needs tmux.

ansible-playbook runs in a terminal of tmux, on a server that takes its time as AWS does, a part of it. The screen is
read several times a second; a frame is kept where something changed but the seconds, and at least every few seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "progress.md"
BEGIN, END = "<!-- recorded by scripts/record_progress.py -->\n", "<!-- end of the recording -->"
SOCKET = "auditflow-dynamodb-record"
WIDTH, HEIGHT = 118, 20
LOOKS_PER_SECOND = 8
# The screen stays when the command has ended.
KEEP = ("set-option", "-w", "remain-on-exit", "on")
MOST_SECONDS = 180
COUNTED_AFTER = 7 * 3600

PLAY = """\
- name: Indexes of the shop
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Build what is missing
      auditflow.dynamodb.tables:
        tables:
          - name: Orders
            attributes: {customer: S, placed_at: N, region: S}
            partition_key: customer
            sort_key: placed_at
            global_indexes:
              - {name: by-region, partition_key: region, sort_key: placed_at}
          - name: Sessions
            attributes: {session_id: S, user: S}
            partition_key: session_id
            global_indexes:
              - {name: by-user, partition_key: user, projection: KEYS_ONLY}

    - name: Go on
      ansible.builtin.debug:
        msg: The indexes can be queried.
"""
TABLES = {"Orders": (("customer", "S"), ("placed_at", "N")), "Sessions": (("session_id", "S"),)}
ITEMS = {"Orders": 1500, "Sessions": 0}


@dataclass(frozen=True)
class Frame:
    """What the screen showed. seconds: since the command was entered."""

    seconds: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def shape(self) -> str:
        """The frame without what changes all the time."""
        return re.sub(r"\d+:\d\d(?::\d\d)?", "", self.text)


def client(environment: dict[str, str]) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def make_tables(dynamodb: Any) -> None:
    for name, keys in TABLES.items():
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": "RANGE" if position else "HASH"}
                for position, (key, _kind) in enumerate(keys)
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        for start in range(0, ITEMS[name], 25):
            batch = [{"PutRequest": {"Item": item(number)}} for number in range(start, start + 25)]
            dynamodb.batch_write_item(RequestItems={name: batch})


def item(number: int) -> dict[str, dict[str, str]]:
    return {"customer": {"S": f"c{number}"}, "placed_at": {"N": str(number)}, "region": {"S": "north"}}


def tmux(environment: dict[str, str], *arguments: str) -> str:
    """Its first call starts a server of its own, whose environment is that of what runs in it."""
    command = ["tmux", "-L", SOCKET, "-f", os.devnull, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def record(folder: Path, environment: dict[str, str], every: float) -> list[Frame]:
    size = ("-x", str(WIDTH), "-y", str(HEIGHT))
    shell = ("/bin/sh", "-c", "echo '$ ansible-playbook indexes.yml'; ansible-playbook indexes.yml")
    began = time.monotonic()
    tmux(environment, "new-session", "-d", "-s", "record", *size, "-c", str(folder), *shell, ";", *KEEP)
    frames: list[Frame] = []
    try:
        while time.monotonic() - began < MOST_SECONDS:
            screen = tmux(environment, "capture-pane", "-p", "-t", "record")
            lines = tuple(line.rstrip() for line in screen.rstrip().split("\n"))
            frame = Frame(time.monotonic() - began, lines)
            late = not frames or frame.seconds - frames[-1].seconds >= every
            if not frames or frame.shape != frames[-1].shape or (late and frame.lines != frames[-1].lines):
                frames.append(frame)
            if any(line.startswith("localhost ") for line in lines):
                return frames
            if any(line.startswith("Pane is dead") for line in lines):
                raise SystemExit("\n".join(lines))
            time.sleep(1 / LOOKS_PER_SECOND)
    finally:
        subprocess.run(["tmux", "-L", SOCKET, "kill-server"], check=False, capture_output=True)
    raise SystemExit(f"it was not over after {MOST_SECONDS} seconds")


def text_of(frames: list[Frame]) -> str:
    shown = [frame for frame in frames if any(frame.lines)]
    return "\n".join(f"{frame.seconds:.1f} seconds\n\n```text\n{frame.text}\n```\n" for frame in shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-scale", default="0.06", help="how much of AWS's time everything takes")
    parser.add_argument("--every", type=float, default=5, help="seconds after which a frame is kept in any case")
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "tests.aws_like", "--end-with-stdin", "--time-scale", arguments.time_scale]
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        folder = Path(name)
        (folder / "indexes.yml").write_text(PLAY, encoding="utf-8")
        assert server.stdin is not None
        assert server.stdout is not None
        environment = environment_of(json.loads(server.stdout.readline())["url"], folder)
        try:
            make_tables(client(environment))
            advance(environment["AWS_ENDPOINT_URL"])
            frames = record(folder, environment, arguments.every)
        finally:
            server.stdin.close()
    before, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text_of(frames)}\n{END}{after}", encoding="utf-8")


def environment_of(url: str, folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_NOCOLOR": "1",
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIAEMULATOREXAMPLE0",
        "AWS_SECRET_ACCESS_KEY": "emulator-only-not-a-real-secret-key-0000",
        # Whoever records it may do so where CI is set.
        "CI": "",
        "LC_ALL": "C.UTF-8",
    }


def advance(url: str) -> None:
    """AWS counts the items of a table every six hours."""
    body = json.dumps({"advance": COUNTED_AFTER}).encode()
    request = urllib.request.Request(f"{url}/_aws_like/clock", body, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


if __name__ == "__main__":
    main()
