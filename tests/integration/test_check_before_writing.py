# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of permissions where there is no IAM; tests/permissions has the others."""

from __future__ import annotations

from tests.integration.harness import Ansible

CHECK = "Stop before anything is written where a permission is missing"


def test_an_endpoint_without_iam_is_not_asked(ansible: Ansible) -> None:
    finished = ansible.playbook("provision", "--check")
    assert finished.code == 0, finished.output
    said = finished.task(CHECK).message
    assert said.startswith("Permissions were not checked beforehand: ")
    assert said.endswith(" is no user or role of IAM")
    assert [call for call in finished.calls if call.operation == "SimulatePrincipalPolicy"] == []
