# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the clients that C(aws.py) talks to AWS with: a session for each profile, and one reading of botocore's data.

A session of its own for each client reads hundreds of folders and the same files anew each time, and takes longer than
the calls of a small job.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

try:
    from boto3 import __version__ as boto3_version
    from boto3.session import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
    from botocore.loaders import Loader, create_loader
    from botocore.session import get_session
except ImportError:
    pass  # AnsibleAWSModule reports the missing library

from ansible.module_utils.ansible_release import __version__ as ansible_version

from .answers import watch_answers
from .errors import AwsError, Kind
from .threads import MOST_AT_A_TIME

# Threads that help all tables with their reads, three to each of the ten that are worked on at a time by default.
READERS = 30

# botocore repeats nothing here. It would repeat a write whose answer was lost, and so make a second backup; it would
# take a spent quota (LimitExceededException) for throttling. What is worth repeating is repeated by C(aws.py).
CLIENT_CONFIG = {
    "retries": {"mode": "standard", "total_max_attempts": 1},
    "connect_timeout": 10,
    "read_timeout": 30,
    # What is used is not more than there are threads. One that the pool has no place for would be made anew each time.
    "max_pool_connections": MOST_AT_A_TIME + READERS,
}

# These are asked for advice only; a network that does not let through to them shall not cost a run minutes.
ADVICE = {"retries": {"mode": "standard", "max_attempts": 2}, "connect_timeout": 3, "read_timeout": 15}
SERVICE_CONFIG: Mapping[str, Mapping[str, Any]] = {"cloudwatch": ADVICE, "iam": ADVICE}

# What nearly every run needs.
USUAL_SERVICES = ("dynamodb", "kms", "sts")


@functools.cache
def service_data(data_path: str | None) -> Loader:
    """Botocore's description of the services, read once a process. data_path: more folders of it, as AWS_DATA_PATH."""
    return create_loader(data_path)


def read_service_data() -> None:
    """Reads what nearly every run needs, for the processes that Ansible is going to fork."""
    core = get_session()
    loader = service_data(core.get_config_variable("data_path"))
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in USUAL_SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
            loader.load_service_model(service, kind)


def user_agent(app: str | None) -> str:
    """What AWS's logs say of who called. app: what the user calls it (AWS_SDK_UA_APP_ID).

    boto3 adds the version of botocore. What botocore would say is put together anew for each call, a sixth of its time.
    """
    names = [f"Boto3/{boto3_version}", f"Ansible/{ansible_version}", "auditflow.dynamodb"]
    return " ".join([*names, f"app/{app}"] if app else names)


def new_session(profile: str | None) -> Session:
    """A session that shares the service data with all others. Raises botocore's errors."""
    core = get_session()
    core.register_component("data_loader", service_data(core.get_config_variable("data_path")))
    core.set_default_client_config(Config(user_agent=user_agent(core.get_config_variable("user_agent_appid"))))
    return Session(botocore_session=core, profile_name=profile)


@dataclass
class Clients:
    """Clients in many regions and accounts.

    Credentials are looked up once for each profile: a role that it names is assumed once, not once for each region.

    endpoint: empty for AWS's own. options: boto3's arguments of a client, C(profile_name) among them, and
    C(aws_config), a configuration that goes before the one here.
    """

    endpoint: str
    options: Mapping[str, Any]
    _sessions: dict[str | None, Any] = field(default_factory=dict)

    def new(self, service: str, region: str | None, credentials: Mapping[str, Any]) -> Any:
        """A client with other credentials than those of the options, if any are given. Not for many threads at once.

        Raises AwsError.
        """
        options = {**self.options, **credentials}
        profile, own = options.pop("profile_name", None), options.pop("aws_config", None)
        config = Config(**{**CLIENT_CONFIG, **SERVICE_CONFIG.get(service, {})})
        try:
            if profile not in self._sessions:
                self._sessions[profile] = new_session(profile)
            client = self._sessions[profile].client(
                service,
                region_name=region,
                endpoint_url=self.endpoint or None,
                config=config.merge(own) if own else config,
                **options,
            )
        except (BotoCoreError, ValueError) as error:
            advice = "Check the profile, the region and the endpoint."
            raise AwsError(f"A client of {service}", type(error).__name__, str(error), Kind.FINAL, advice) from error
        return watch_answers(client)
