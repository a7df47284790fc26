# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the job: each writes what it needs into a folder, and says which command to run there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import alternatives
from benchmarks.environments import CLI, COMMUNITY, ROOT
from benchmarks.job import HOME_REGION, regions, tables

ACCESS_KEY = "AKIAEMULATOREXAMPLE0"
SECRET_KEY = "emulator-only-not-a-real-secret-key-0000"
BIN = Path(sys.executable).parent
# AuditFlow's own tables need not be told to AuditFlow's playbook.
AUDITFLOW_TABLES = 2


@dataclass(frozen=True)
class Job:
    """What to do where. region_count, table_count: so many tables in each. url: the endpoint. folder: for files."""

    region_count: int
    table_count: int
    url: str
    folder: Path


@dataclass(frozen=True)
class Command:
    """What to run. environment: besides that of all."""

    arguments: tuple[str, ...]
    cwd: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)


def empty(job: Job) -> Command:
    """A play that does nothing, in as many hosts."""
    return _playbook(job, [])


def task(job: Job) -> Command:
    """A playbook of one `tables` task."""
    wanted = {
        "tables": "{{ wanted }}",
        "region": "{{ dynamodb_region }}",
        "endpoint_url": "{{ dynamodb_endpoint }}",
        "access_key": "{{ dynamodb_access_key }}",
        "secret_key": "{{ dynamodb_secret_key }}",
    }
    variables = {"wanted": [table.definition for table in tables(job.table_count)]}
    return _playbook(job, [{"name": "Make the tables", "auditflow.dynamodb.tables": wanted}], variables)


def provision(job: Job) -> Command:
    """This checkout's provision.yml, as it is."""
    variables: dict[str, Any] = {}
    if job.table_count != AUDITFLOW_TABLES:
        variables["tables_definitions"] = [table.definition for table in tables(job.table_count)]
    inventory = _inventory(job, variables)
    return Command((str(BIN / "ansible-playbook"), "-i", str(inventory), "playbooks/provision.yml"))


def bare(job: Job) -> Command:
    """boto3, a thread a call."""
    return Command((sys.executable, "-m", "benchmarks.bare", str(job.region_count), str(job.table_count)))


def bash(job: Job) -> Command:
    """A shell script around the AWS CLI."""
    if job.region_count != 1:
        raise ValueError("the script knows one region")
    script = job.folder / "provision.sh"
    script.write_text(alternatives.script(tables(job.table_count)), encoding="utf-8")
    return Command(("bash", str(script)), job.folder, _with_cli(CLI / "bin"))


def community(job: Job) -> Command:
    """A playbook of community.aws's modules."""
    playbook = job.folder / "community.yml"
    playbook.write_text(json.dumps(alternatives.playbook()), encoding="utf-8")
    variables = {
        "wanted": [alternatives.community_table(table) for table in tables(job.table_count)],
        "ansible_python_interpreter": str(COMMUNITY / "bin/python"),
    }
    arguments = (str(COMMUNITY / "bin/ansible-playbook"), "-i", str(_inventory(job, variables)), str(playbook))
    return Command(arguments, job.folder, _with_cli(COMMUNITY / "bin", CLI / "bin"))


CONTENDERS: Mapping[str, Callable[[Job], Command]] = {
    "empty": empty,
    "bare": bare,
    "task": task,
    "provision": provision,
    "bash": bash,
    "community": community,
}
TITLES = {
    "empty": "an empty play",
    "bare": "bare boto3, a thread a call",
    "task": "one `tables` task",
    "provision": "`provision.yml`",
    "bash": "a bash script around the AWS CLI",
    "community": "community.aws modules + AWS CLI",
}


def environment(job: Job, command: Command) -> dict[str, str]:
    """A command's environment, without what the user has of AWS or Ansible."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    nothing = str(job.folder / "there-is-no-such-file")
    return {
        **inherited,
        "AWS_ENDPOINT_URL": job.url,
        "AWS_REGION": HOME_REGION,
        "AWS_DEFAULT_REGION": HOME_REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ANSIBLE_HOME": str(job.folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
        **command.environment,
    }


def _playbook(job: Job, tasks: list[dict[str, Any]], variables: Mapping[str, Any] | None = None) -> Command:
    play = {"name": "Bench", "hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}
    playbook = job.folder / "play.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = _inventory(job, {**python, **(variables or {})})
    return Command((str(BIN / "ansible-playbook"), "-i", str(inventory), str(playbook)))


def _inventory(job: Job, variables: Mapping[str, Any]) -> Path:
    """An inventory of one host a region."""
    everywhere = {
        "ansible_connection": "local",
        "dynamodb_endpoint": job.url,
        "dynamodb_access_key": ACCESS_KEY,
        "dynamodb_secret_key": SECRET_KEY,
        "dynamodb_session_token": "",
        "dynamodb_profile": "",
        **variables,
    }
    hosts = {name: {"dynamodb_region": name} for name in regions(job.region_count)}
    path = job.folder / "hosts.yml"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": everywhere}}), encoding="utf-8")
    return path


def _with_cli(*folders: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])}
