# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of permissions where there is no IAM; tests/permissions has the others."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.harness import Ansible, Target

PLAN = "Show the plan"


def test_an_endpoint_without_iam_is_not_asked(region: Target, ansible_of: Callable[[Target], Ansible]) -> None:
    finished = ansible_of(region).playbook("provision")
    assert finished.code == 0, finished.output
    said = finished.task(PLAN).message.splitlines()[1]
    assert said.startswith("Permissions were not checked beforehand: ")
    assert said.endswith(" is no user or role of IAM")
    assert [call for call in finished.calls if call.operation == "SimulatePrincipalPolicy"] == []
