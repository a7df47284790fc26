# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the alarms of tables, and whether the topics exist that they tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

from .alarm_options import Topics, topics_elsewhere
from .alarms import ACCOUNT, ours, prefix
from .aws import Aws
from .errors import AwsError
from .state import Read

# CloudWatch takes nine DescribeAlarms a second.
SIDE_BY_SIDE = 8

Described = Mapping[str, Any]


def found_alarms(aws: Aws, tables: Sequence[str]) -> dict[str, list[Described]]:
    """The alarms that AWS has by table; the empty name is the account. Raises AwsError."""
    if len(tables) > SIDE_BY_SIDE:
        return _listed(aws, tables)
    reads = {table: _read(prefix(table)) for table in tables}
    answers = aws.read_all(reads.values())
    return {table: _alarms(answers[read.name]) for table, read in reads.items()}


def _listed(aws: Aws, tables: Sequence[str]) -> dict[str, list[Described]]:
    """A list of what begins as all of their names do: a hundred alarms a call, those of others among them."""
    found = {table: [] if table else _alarms(aws.read(_read(prefix("")))) for table in tables}
    named = {prefix(table): table for table in tables if table}
    for alarm in _alarms(aws.read(_read(_shared(named)))):
        table = named.get("".join(alarm["AlarmName"].partition("/")[:2]))
        if table:
            found[table].append(alarm)
    return found


def _shared(names: Collection[str]) -> str:
    """What all of them begin with."""
    first, last = min(names), max(names)
    return "".join(one for one, other in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def others_left(aws: Aws, tables: Sequence[str]) -> bool:
    """Whether tables other than these have alarms of ours, so that the account's own is still wanted."""
    mine = tuple(prefix(table) for table in (*tables, ""))
    return any(ours(alarm) and not alarm["AlarmName"].startswith(mine) for alarm in _alarms(aws.read(_read(""))))


def topic_problems(aws: Aws, topics: Topics) -> list[str]:
    """What is wrong with the topics. One that may not be asked for (another account's) is taken to be there."""
    elsewhere = topics_elsewhere(topics, aws.region)
    problems = [f"{arn} is not in {aws.region}; an alarm tells topics of its own region only" for arn in elsewhere]
    for arn in topics.all:
        if arn in elsewhere:
            continue
        try:
            if aws.read(Read("GetTopicAttributes", {"TopicArn": arn}, service="sns")) is None:
                problems.append(f"{arn} does not exist: make the topic first, or correct the ARN")
        except AwsError:
            # A check for advice: what may not be asked, or is not known here, is no obstacle.
            continue
    return problems


def _read(begins: str) -> Read:
    arguments: dict[str, Any] = {"AlarmTypes": ["MetricAlarm"]}
    if begins:
        arguments["AlarmNamePrefix"] = begins
    return Read("DescribeAlarms", arguments, service="cloudwatch", key=begins or ACCOUNT)


def _alarms(answer: Described | None) -> list[Described]:
    return list((answer or {}).get("MetricAlarms", ()))
