# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection in the process that runs its task.

A module is a program: it is packed, unpacked, and started in an interpreter of its own that imports boto3 anew, each
time. For a task Ansible has forked a process already, with the same interpreter and, since the action plugin is loaded
before, with everything imported. The module's C(main) runs there as it is, with its arguments and its answer in the
same JSON, so that what comes out is the same.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from importlib import import_module
from io import StringIO
from typing import Any

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .bytecode import bytecode_kept

MODULE_UTILS = "ansible_collections.auditflow.dynamodb.plugins.module_utils"
MODULES = "ansible_collections.auditflow.dynamodb.plugins.modules"
display = Display()

# As often as -v must be given for Ansible to print a module's arguments.
ARGUMENTS_VERBOSITY = 3
# How AnsibleModule reads and writes JSON.
PROFILE = "legacy"

# What modules import, once for all tasks. Where boto3 is missing, the module says so.
with bytecode_kept():
    import_module(f"{MODULE_UTILS}.entry")
    if import_module("ansible_collections.amazon.aws.plugins.module_utils.botocore").HAS_BOTO3:
        import_module(f"{MODULE_UTILS}.clients").read_service_data()
# What is there by now stays. A forked process that looked through all of it for garbage would copy all of it.
gc.freeze()


class InlineAction(ActionBase):
    """An action whose module runs in this process where that is the same as elsewhere."""

    def _execute_module(  # type: ignore[override]
        self, module_name: str | None = None, module_args: Any = None, task_vars: Any = None, **options: Any
    ) -> dict[str, Any]:
        """Runs the module; here where it would run on this machine, in this Python, as this user, and be waited for."""
        if module_name or options.get("wrap_async") or not self._same_here(task_vars or {}):
            result: dict[str, Any] = super()._execute_module(
                module_name=module_name, module_args=module_args, task_vars=task_vars, **options
            )
            return without_arguments(result)
        arguments = dict(self._task.args if module_args is None else module_args)
        self._update_module_args(self._task.action, arguments, task_vars)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)  # type: ignore[no-untyped-call]
        with environment_of(environment), module_arguments(arguments):
            answer = run_module(str(self._task.resolved_action).rpartition(".")[2])
        parsed = self._parse_returned_data({"stdout": answer, "stderr": "", "rc": 0}, PROFILE)
        return without_arguments(result_of(parsed))

    def _same_here(self, task_vars: Mapping[str, Any]) -> bool:
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter"))
        return (
            self._connection.transport == "local"
            and not self._task.async_val
            and not self._play_context.become
            and interpreter == sys.executable
            # Somebody who keeps a module's files wants to start it by hand.
            and not constants.DEFAULT_KEEP_REMOTE_FILES  # type: ignore[attr-defined]
        )


def result_of(parsed: Any) -> dict[str, Any]:
    """What an action returns of it: a dictionary until ansible-core 2.20, an object that makes one from 2.21 on."""
    if isinstance(parsed, dict):
        # Where there is no such object, there is this.
        import_module("ansible.vars.clean").remove_internal_keys(parsed)
        return parsed
    parsed.remove_internal_keys()
    result: dict[str, Any] = parsed.as_result_dict(for_round_trip=True)
    return result


def without_arguments(result: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what the module was asked, below -vvv: nobody is shown it, and definitions are as long as answers."""
    if display.verbosity < ARGUMENTS_VERBOSITY:
        result.pop("invocation", None)
    return result


def run_module(name: str) -> str:
    """What a module answers."""
    with bytecode_kept():
        module = import_module(f"{MODULES}.{name}")
    # AnsibleModule ends the program once it has answered.
    with redirect_stdout(StringIO()) as answer, suppress(SystemExit):
        module.main()
    return answer.getvalue()


@contextmanager
def module_arguments(arguments: Mapping[str, Any]) -> Iterator[None]:
    """Has AnsibleModule find these arguments, in place of its standard input."""
    encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
    before = basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder).encode()
    basic._ANSIBLE_PROFILE = PROFILE
    try:
        yield
    finally:
        basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = before


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets the environment variables of a task."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class ModuleAction(InlineAction):
    """Runs the module of the same name."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Runs the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        return result
