# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an SNS topic and its e-mail subscriptions where they are missing. It removes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .aws import Aws, Patience
from .state import Read

NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PENDING = "PendingConfirmation"
BUSY_SECONDS = 60


@dataclass(frozen=True)
class Topic:
    """What came of it. made: whether it was missing. subscribed: addresses that were. pending: not yet confirmed."""

    arn: str
    made: bool
    subscribed: tuple[str, ...]
    pending: tuple[str, ...]


def mistakes(name: str, emails: Sequence[str]) -> list[str]:
    """What is wrong with a name and addresses, offline."""
    found = [
        f"emails[{number}]: '{email}' is no address" for number, email in enumerate(emails) if not _is_email(email)
    ]
    if not NAME.fullmatch(name):
        found.insert(0, f"name: '{name}' is not a topic's name: letters, digits, '-' and '_', at most 256")
    return found


def ensure(aws: Aws, name: str, emails: Sequence[str], check_mode: bool) -> Topic:
    """The topic, and a subscription for each address. Raises AwsError."""
    arn = _arn(aws, name)
    made = aws.read(Read("GetTopicAttributes", {"TopicArn": arn}, service="sns")) is None
    known = {} if made else _subscriptions(aws, arn)
    missing = tuple(email for email in dict.fromkeys(emails) if email not in known)
    if not check_mode:
        # Neither does more the second time: a topic of that name is the same, and so is a subscription of that address.
        patience = Patience(seconds=BUSY_SECONDS)
        if made:
            aws.repeat("CreateTopic", {"Name": name}, patience, service="sns")
        for email in missing:
            aws.repeat("Subscribe", {"TopicArn": arn, "Protocol": "email", "Endpoint": email}, patience, service="sns")
    pending = tuple(email for email in dict.fromkeys(emails) if known.get(email, PENDING) == PENDING)
    return Topic(arn, made, missing, pending)


def _arn(aws: Aws, name: str) -> str:
    """The ARN that a topic of this name has here, whether there is one or not."""
    caller = aws.read(Read("GetCallerIdentity", {}, service="sts")) or {}
    partition = str(caller.get("Arn", "arn:aws")).split(":")[1]
    return f"arn:{partition}:sns:{aws.region}:{caller.get('Account', '')}:{name}"


def _subscriptions(aws: Aws, arn: str) -> dict[str, str]:
    """Addresses that are subscribed by e-mail, with the ARN of the subscription or that it is to be confirmed."""
    answer = aws.read(Read("ListSubscriptionsByTopic", {"TopicArn": arn}, service="sns")) or {}
    found = answer.get("Subscriptions") or ()
    return {each["Endpoint"]: each.get("SubscriptionArn", "") for each in found if each.get("Protocol") == "email"}


def _is_email(text: str) -> bool:
    return EMAIL.fullmatch(text) is not None
