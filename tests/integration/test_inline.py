# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module answers the same in the process of its task and in an interpreter of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Ansible, Finished, Target

TABLE = {
    "name": "inline",
    "attributes": {"id": "S"},
    "partition_key": "id",
    "ttl": {"attribute": "expires_at"},
    "pitr": {"recovery_period_days": 7},
}
WRONG = {"name": "inline", "attributes": {"id": "S"}, "partition_key": "number"}
TASKS: list[dict[str, Any]] = [
    {"tables": {"tables": [TABLE]}, "check_mode": True, "diff": True},
    {"tables": {"tables": [TABLE, WRONG]}},
    {"table": {"name": "absent", "state": "absent"}},
    {"table": {"name": "inline", "nonsense": True}},
    {"ttl": {"name": "nobodys", "attribute": "expires_at"}},
    {"pitr": {"name": "{{ item }}", "enabled": True}, "loop": ["nobodys", "noones"]},
    {"table_info": {"names": ["nobodys"]}},
    {"table_info": {"names": [], "region": "eu-west-1", "profile": "nobodys"}},
    {"table_info": {}, "no_log": True},
    {"key_info": {"name": "nobodys"}},
]
CONNECTION = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}


@pytest.fixture
def other_python(tmp_path: Path) -> Path:
    """The same Python under another name, so that modules are started."""
    path = tmp_path / "bin" / "python3"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def play(region: Target, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All tasks, whether they fail or not."""
    return [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "module_defaults": {
                "group/auditflow.dynamodb.dynamodb": {
                    **CONNECTION,
                    "region": region.region,
                    "endpoint_url": region.url,
                }
            },
            "tasks": [
                {
                    "name": f"{number} {next(iter(task))}",
                    "ignore_errors": True,
                    **{
                        (f"auditflow.dynamodb.{key}" if number_of == 0 else key): value
                        for number_of, (key, value) in enumerate(task.items())
                    },
                }
                for number, task in enumerate(tasks)
            ],
        }
    ]


def run(ansible: Ansible, path: Path, tasks: list[dict[str, Any]], python: Path | str) -> Finished:
    path.write_text(json.dumps(play(ansible.target, tasks)), encoding="utf-8")
    return ansible.playbook(str(path), "-i", "localhost,", "-e", f"ansible_python_interpreter={python}")


def test_the_same_either_way(ansible_of: Any, region: Target, other_python: Path, tmp_path: Path) -> None:
    ansible = ansible_of(region)
    inline = run(ansible, tmp_path / "tasks.yml", TASKS, sys.executable)
    started = run(ansible, tmp_path / "tasks.yml", TASKS, other_python)
    assert inline.code == started.code == 0, inline.output
    assert len(inline.tasks) == len(TASKS)
    for here, there in zip(inline.tasks, started.tasks, strict=True):
        assert (here.name, here.status) == (there.name, there.status)
        assert here.result == there.result
        assert "invocation" not in here.result
    assert inline.output == started.output
    assert inline.warnings == started.warnings
    assert [(call.operation, call.resource) for call in inline.calls] == [
        (call.operation, call.resource) for call in started.calls
    ]


def test_the_environment_of_a_task(ansible_of: Any, region: Target, other_python: Path, tmp_path: Path) -> None:
    """Has effect, and only in that task."""
    elsewhere = {"AWS_REGION": "eu-north-1"}
    tasks = [{"table_info": {"region": "{{ omit }}"}, "environment": elsewhere}, {"table_info": {}}]
    for python in (sys.executable, other_python):
        found = run(ansible_of(region), tmp_path / "tasks.yml", tasks, python)
        assert found.code == 0, found.output
        assert [call.region for call in found.calls] == ["eu-north-1", region.region]


def test_where_it_runs(ansible_of: Any, region: Target, other_python: Path, tmp_path: Path) -> None:
    """Another Python, or files to be kept: then a module is started, which -vvv shows, as it does the arguments."""
    started = "AnsiballZ_table_info.py"
    path = tmp_path / "tasks.yml"
    path.write_text(json.dumps(play(region, [{"table_info": {}}])), encoding="utf-8")
    for python, environment, expected in (
        (sys.executable, {}, False),
        (other_python, {}, True),
        (sys.executable, {"ANSIBLE_KEEP_REMOTE_FILES": "1"}, True),
    ):
        ansible = ansible_of(region)
        ansible = type(ansible)(ansible.target, ansible.folder, {"ANSIBLE_PIPELINING": "0", **environment})
        found = ansible.playbook(str(path), "-i", "localhost,", "-vvv", "-e", f"ansible_python_interpreter={python}")
        assert found.code == 0, found.output
        assert (started in found.output) == expected
        assert "module_args" in found.output
