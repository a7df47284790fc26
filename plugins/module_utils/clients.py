# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients for what runs on the control node itself, without a module. Makes no calls with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

try:
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # whoever uses this reports the missing library

from .answers import watch_answers
from .aws import CLIENT_CONFIG
from .errors import AwsError, Kind


@dataclass
class Clients:
    """Clients in many regions and accounts, for what runs on the control node itself.

    Credentials are looked up once for each profile: a role that it names is assumed once, not once for each region.

    endpoint: empty for AWS's own. options: boto3's arguments of a client, C(profile_name) among them.
    """

    endpoint: str
    options: Mapping[str, Any]
    _sessions: dict[str | None, Any] = field(default_factory=dict)

    def new(self, service: str, region: str, credentials: Mapping[str, Any]) -> Any:
        """A client with other credentials than those of the options, if any are given. Not for many threads at once.

        Raises AwsError.
        """
        options = {**self.options, **credentials}
        profile = options.pop("profile_name", None)
        config = Config(**CLIENT_CONFIG)
        try:
            if profile not in self._sessions:
                self._sessions[profile] = Session(profile_name=profile)
            return watch_answers(
                self._sessions[profile].client(
                    service, region_name=region, endpoint_url=self.endpoint or None, config=config, **options
                )
            )
        except (BotoCoreError, ValueError) as error:
            advice = "Check the profile, the region and the endpoint."
            raise AwsError(f"A client of {service}", type(error).__name__, str(error), Kind.FINAL, advice) from error
