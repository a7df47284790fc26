# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a user does, and tells what it said, what each task returned and which AWS calls it made."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from scripts.emulator.request_log import Call

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ACCESS_KEY = "AKIAEMULATOREXAMPLE0"
SECRET_KEY = "emulator-only-not-a-real-secret-key-0000"
DEFAULT_REGION = "ap-south-1"
# No run here takes a third of this on two cores.
SECONDS = 180
GATE = "Stop where something went wrong"
WARNING = re.compile(r"\[(?:DEPRECATION )?WARNING\]: ")


class Calls(list[Call]):
    """AWS calls in the order in which they were answered."""

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Operation and resource of the calls that may change something."""
        return [(call.operation, call.resource) for call in self if call.write]

    @property
    def reads(self) -> Counter[str]:
        """How often each reading operation was called."""
        return Counter(call.operation for call in self if not call.write)

    def of(self, service: str) -> Calls:
        return Calls(call for call in self if call.service == service)


@dataclass(frozen=True)
class Target:
    """A region of an emulator.

    url, region: where. log: the file that its calls are logged in, a line each. read_log: reads that file.
    """

    url: str
    log: Path
    read_log: Callable[[Path], Sequence[Call]]
    region: str = DEFAULT_REGION

    def client(self, service: str = "dynamodb") -> Any:
        return _client(service, self.region, self.url)

    def position(self) -> int:
        return len(self.read_log(self.log))

    def calls(self, start: int, end: int | None = None) -> Calls:
        return Calls(self.read_log(self.log)[start:end])


@cache
def _client(service: str, region: str, url: str) -> Any:
    return boto3.client(
        service, region_name=region, endpoint_url=url, aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY
    )


@dataclass(frozen=True)
class Task:
    """One task that ran: its host and name, ok, failed or skipped, what it returned, and the calls that it made."""

    host: str
    name: str
    action: str
    status: str
    result: dict[str, Any]
    calls: Calls

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def message(self) -> str:
        """The result's msg, a list of lines joined."""
        message = self.result.get("msg", "")
        return message if isinstance(message, str) else "\n".join(message)

    @property
    def operations(self) -> list[str]:
        """The operations of its plan."""
        return [step["operation"] for step in self.result["plan"]]


@dataclass(frozen=True)
class Finished:
    """One run of ansible-playbook."""

    code: int
    output: str
    errors: str
    tasks: list[Task]
    calls: Calls
    warnings: list[str] = field(default_factory=list)

    def task(self, name: str) -> Task:
        """The task whose name ends so; there must be exactly one."""
        found = [task for task in self.tasks if task.name.endswith(name)]
        assert len(found) == 1, f"{len(found)} tasks are named {name!r}: {[task.name for task in self.tasks]}"
        return found[0]

    @property
    def changed(self) -> list[str]:
        return [task.name for task in self.tasks if task.changed]

    @property
    def failure(self) -> str:
        """The message of the one task that failed; the gate of a rollout only says that one did."""
        failed = [
            task
            for task in self.tasks
            if task.status == "failed" and not task.result.get("_failed_when_result") and not task.name.endswith(GATE)
        ]
        assert len(failed) == 1, f"{len(failed)} tasks failed:\n{self.output}"
        return failed[0].message


@dataclass(frozen=True)
class Ansible:
    """Runs playbooks against one target. folder: for what a run needs and leaves."""

    target: Target
    folder: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)

    def playbook(
        self,
        name: str,
        *arguments: str,
        extra: Mapping[str, Any] | None = None,
        environment: Mapping[str, str | None] | None = None,
        warnings: Sequence[str] = (),
        cwd: Path = ROOT,
    ) -> Finished:
        """Run playbooks/<name>.yml of the checkout on the local inventory, or a playbook of another path or name.

        extra: extra variables. environment: changes to it, None removes. warnings: for each warning that is expected a
        regular expression; any other warning, and any traceback, fails.
        """
        path = f"playbooks/{name}.yml" if (ROOT / f"playbooks/{name}.yml").exists() else name
        command = [str(BIN / "ansible-playbook"), path, *arguments]
        if extra:
            command += ["--extra-vars", json.dumps(extra)]
        return self._run(command, environment, warnings, cwd)

    def inventory(
        self,
        path: Path,
        *arguments: str,
        environment: Mapping[str, str | None] | None = None,
        warnings: Sequence[str] = (),
        cwd: Path = ROOT,
    ) -> Finished:
        """Run ansible-inventory on a file or a folder."""
        return self._run([str(BIN / "ansible-inventory"), "-i", str(path), *arguments], environment, warnings, cwd)

    def _run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str | None] | None,
        warnings: Sequence[str],
        cwd: Path,
    ) -> Finished:
        record = self.folder / "record.jsonl"
        record.unlink(missing_ok=True)
        start = self.target.position()
        finished = subprocess.run(
            command,
            cwd=cwd,
            env=self._environment(record, environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        _check_tracebacks(finished.stdout + finished.stderr)
        found = _check_warnings(finished.stderr, warnings)
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        tasks = [self._task(json.loads(line)) for line in lines]
        return Finished(
            finished.returncode, finished.stdout, finished.stderr, tasks, self.target.calls(start), warnings=found
        )

    def tasks(self, *tasks: Mapping[str, Any], arguments: Sequence[str] = (), **how: Any) -> Finished:
        """Run tasks in a play of their own on localhost. A task that fails does not end the play."""
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [{"ignore_errors": True, **task} for task in tasks],
        }
        path = self.folder / "play.yml"
        path.write_text(json.dumps([play]), encoding="utf-8")
        finished = self.playbook(str(path), "-i", "localhost,", *arguments, **how)
        assert len(finished.tasks) == len(tasks), finished.output + finished.errors
        return finished

    def _environment(self, record: Path, changes: Mapping[str, str | None]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
        nothing = str(self.folder / "there-is-no-such-file")
        wanted: dict[str, str | None] = {
            **inherited,
            "AWS_ENDPOINT_URL": self.target.url,
            "AWS_REGION": self.target.region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            # Nothing of the person who runs the tests, and no question to a machine that this is not.
            "AWS_CONFIG_FILE": nothing,
            "AWS_SHARED_CREDENTIALS_FILE": nothing,
            "AWS_EC2_METADATA_DISABLED": "true",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "RECORD_TO": str(record),
            "RECORD_CALLS": str(self.target.log),
            "LC_ALL": "C.UTF-8",
            **self.environment,
            **changes,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def _task(self, line: dict[str, Any]) -> Task:
        calls = self.target.calls(*line["calls"])
        return Task(line["host"], line["task"], line["action"], line["status"], line["result"], calls)


def _check_tracebacks(text: str) -> None:
    for sign in ("Traceback (most recent call last)", "MODULE FAILURE", "Unexpected failure", "unexpected exception"):
        assert sign not in text, text


def _check_warnings(errors: str, expected: Sequence[str]) -> list[str]:
    found = [" ".join(part.split()) for part in WARNING.split(errors)[1:]]
    unexpected = [warning for warning in found if not any(re.search(each, warning) for each in expected)]
    missing = [each for each in expected if not any(re.search(each, warning) for warning in found)]
    assert not unexpected, f"unexpected warnings: {unexpected}"
    assert not missing, f"warnings that did not come: {missing}; those that came: {found}"
    return found
