# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls, and that it may: what moto's STS and IAM cannot say, so that playbooks check permissions as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from tests.integration.front import Answer, Sent

ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/deploy"


def known_caller(sent: Sent, _forward: Callable[[], Answer]) -> Answer | None:
    """A rule for a server between Ansible and AWS: a user who may do everything."""
    if sent.operation == "GetCallerIdentity":
        return _xml(sent.operation, "sts", f"<Arn>{CALLER}</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>")
    if sent.operation == "SimulatePrincipalPolicy":
        return _xml(sent.operation, "iam", _allowed(sent.body))
    return None


def _allowed(asked: dict[str, Any]) -> str:
    actions, resources = (
        [value for name, value in asked.items() if name.startswith(f"{member}.member.")]
        for member in ("ActionNames", "ResourceArns")
    )
    specific = "".join(
        f"<member><EvalResourceName>{escape(each)}</EvalResourceName>"
        "<EvalResourceDecision>allowed</EvalResourceDecision></member>"
        for each in resources
    )
    results = "".join(
        f"<member><EvalActionName>{escape(each)}</EvalActionName><EvalDecision>allowed</EvalDecision>"
        f"<ResourceSpecificResults>{specific}</ResourceSpecificResults></member>"
        for each in actions
    )
    return f"<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>"


def _xml(operation: str, service: str, content: str) -> Answer:
    spaces = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/"}
    result = f"<{operation}Result>{content}</{operation}Result>"
    body = f'<{operation}Response xmlns="{spaces[service]}">{result}</{operation}Response>'
    return Answer(200, body.encode(), "text/xml")
