# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls AWS, and where: shown before anything is done, since the wrong account is the dearest mistake."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .aws import Aws
from .errors import AwsError
from .state import Read

# AWS's own endpoints (General Reference, "AWS service endpoints"); any other is worth to be named.
OWN_ENDPOINT = re.compile(r"https://[^/]+\.(amazonaws\.com(\.cn)?|api\.aws)/?")

NO_CREDENTIALS = (
    "No credentials, or expired ones: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "dynamodb_profile in the inventory."
)
NO_CONNECTION = (
    "No connection: is the endpoint right, and up? The local inventory's emulator starts with `make emulator-start`."
)
NO_STS = "No STS at the endpoint (DynamoDB Local alone): -e tables_identity=false leaves this check out."


@dataclass(frozen=True)
class Identity:
    """Who calls, and where.

    account, arn: as STS tells them; empty where it was not asked or did not tell. region, endpoint: where calls go.
    refusal: why STS did not tell. allowed: the only account to go on in; empty for any.
    """

    account: str = ""
    arn: str = ""
    region: str = ""
    endpoint: str = ""
    refusal: str = ""
    allowed: str = ""

    @property
    def problem(self) -> str:
        """Why not to go on; empty where all is well."""
        if self.refusal:
            return "\n".join(self._no_caller())
        if self.allowed and self.account != self.allowed:
            return "\n".join(self._wrong_account())
        return ""

    @property
    def text(self) -> str:
        """For people."""
        return f"account {self.account}, {self._place}, as {self.arn}" if self.account else self._place

    @property
    def _place(self) -> str:
        where = "AWS" if OWN_ENDPOINT.fullmatch(self.endpoint) else self.endpoint
        return f"region {self.region or 'of the AWS configuration'}, endpoint {where}"

    def _wrong_account(self) -> tuple[str, ...]:
        return (
            f"These are the credentials of account {self.account} ({self.arn}).",
            f"tables_account_id allows {self.allowed} only. Nothing was changed.",
        )

    def _no_caller(self) -> tuple[str, ...]:
        heading = f"AWS does not say who is calling ({self._place}). It answered:"
        return heading, f"  {self.refusal}", NO_CREDENTIALS, NO_CONNECTION, NO_STS


def identify(aws: Aws, allowed: str = "") -> Identity:
    """Asks STS. allowed: the only account to go on in; empty for any."""
    place = Identity(region=aws.region, endpoint=aws.endpoint(), allowed=allowed)
    try:
        answer = aws.read(Read("GetCallerIdentity", {}, service="sts")) or {}
    except AwsError as error:
        return Identity(region=place.region, endpoint=place.endpoint, refusal=str(error), allowed=allowed)
    return Identity(answer.get("Account", ""), answer.get("Arn", ""), place.region, place.endpoint, "", allowed)
