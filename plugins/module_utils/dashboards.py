# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes, changes and removes one CloudWatch dashboard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .aws import Aws, Patience
from .dashboard_body import our_body, same_body
from .errors import AwsError, Kind
from .state import Read

# Writes are repeated while CloudWatch is busy, not longer: nothing settles here.
BUSY_SECONDS = 60


@dataclass(frozen=True)
class Dashboard:
    """What came of it. before, after: the bodies; empty where there is none. messages: what CloudWatch said of it."""

    before: str
    after: str
    changed: bool
    messages: tuple[str, ...] = ()

    def diff(self, name: str) -> dict[str, str]:
        """Before and after, as Ansible shows it."""
        return {
            "before": _pretty(self.before),
            "after": _pretty(self.after),
            "before_header": name,
            "after_header": name,
        }


def ensure(aws: Aws, name: str, body: Mapping[str, Any], check_mode: bool) -> Dashboard:
    """The dashboard as wanted. Raises AwsError."""
    before, after = _found(aws, name), json.dumps(body, sort_keys=True)
    if same_body(before, after):
        return Dashboard(before, before, changed=False)
    messages: tuple[str, ...] = ()
    if not check_mode:
        arguments = {"DashboardName": name, "DashboardBody": after}
        # A second time it does no more than the first.
        answer = aws.repeat("PutDashboard", arguments, Patience(seconds=BUSY_SECONDS), service="cloudwatch")
        messages = tuple(
            f"{each.get('DataPath', '')}: {each.get('Message', '')}"
            for each in answer.get("DashboardValidationMessages") or ()
        )
    return Dashboard(before, after, changed=True, messages=messages)


def remove(aws: Aws, name: str, check_mode: bool, only_ours: bool, if_possible: bool) -> Dashboard:
    """No dashboard of this name.

    only_ours: leaves one that was made by somebody else. if_possible: goes on where CloudWatch cannot be asked.
    Raises AwsError.
    """
    try:
        before = _found(aws, name)
    except AwsError as error:
        if not if_possible or error.kind not in (Kind.DENIED, Kind.UNSUPPORTED):
            raise
        return Dashboard("", "", changed=False, messages=(f"The dashboard was not looked for: {error}",))
    if not before or (only_ours and not our_body(before)):
        return Dashboard(before, before, changed=False)
    if not check_mode:
        arguments = {"DashboardNames": [name]}
        aws.repeat("DeleteDashboards", arguments, Patience(seconds=BUSY_SECONDS), service="cloudwatch")
    return Dashboard(before, "", changed=True)


def _found(aws: Aws, name: str) -> str:
    try:
        answer = aws.read(Read("GetDashboard", {"DashboardName": name}, service="cloudwatch"))
    except AwsError as error:
        # LocalStack's word for what AWS calls ResourceNotFound.
        if error.code == "InvalidParameterValue" and "does not exist" in str(error):
            return ""
        raise
    return str(answer["DashboardBody"]) if answer else ""


def _pretty(body: str) -> str:
    if not body:
        return ""
    try:
        return json.dumps(json.loads(body), indent=2, sort_keys=True) + "\n"
    except ValueError:
        return f"{body}\n"
