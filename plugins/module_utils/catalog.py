# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything AWS knows of tables: which there are, what every sub-API says, and the definition that each would have."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .aws import Aws
from .errors import AwsError
from .fleet import Selection, tags_of
from .report import facts, plain_facts
from .settings import SETTINGS
from .settings.schema import found_types
from .state import Read, TableState


@dataclass(frozen=True)
class SubResource:
    """A sub-API of a table.

    result: its name in the facts. operation: the read. member: the member of its answer that matters; empty for all.
    by_arn: whether it wants the table's ARN. applies: whether a table has it at all.
    """

    result: str
    operation: str
    member: str = ""
    by_arn: bool = False
    applies: Callable[[Mapping[str, Any]], bool] = lambda description: True

    def read(self, description: Mapping[str, Any]) -> Read:
        """The read for one table."""
        if self.by_arn:
            return Read(self.operation, {"ResourceArn": description["TableArn"]})
        return Read(self.operation, {"TableName": description["TableName"]})


# Those that settings read too; report.facts names and shapes them.
MANAGED = (
    SubResource("time_to_live", "DescribeTimeToLive"),
    SubResource("continuous_backups", "DescribeContinuousBackups"),
    SubResource("tags", "ListTagsOfResource", by_arn=True),
)
OTHERS = (
    SubResource("resource_policy", "GetResourcePolicy", by_arn=True),
    SubResource("contributor_insights", "DescribeContributorInsights"),
    SubResource("kinesis_destinations", "DescribeKinesisStreamingDestination", "KinesisDataStreamDestinations"),
    # AWS answers "not a global table" for tables without replicas.
    SubResource(
        "replica_auto_scaling",
        "DescribeTableReplicaAutoScaling",
        "TableAutoScalingDescription",
        applies=lambda description: bool(description.get("Replicas")),
    ),
)


@dataclass(frozen=True)
class CatalogEntry:
    """One table, as it is.

    state: what the settings read. others: facts of the sub-APIs that no setting manages.
    unavailable: sub-API operation to the reason why it gave nothing.
    """

    state: TableState
    others: Mapping[str, Any] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)

    def result(self) -> dict[str, Any]:
        """The table as the C(table_info) module returns it."""
        return {
            "name": self.state.name,
            "table": {**facts(self.state), **self.others},
            "arguments": definition(self.state),
            "unavailable": dict(self.unavailable),
        }


def table_names(aws: Aws, pattern: str) -> list[str]:
    """The names of the tables of the region that match a shell pattern.

    Raises AwsError.
    """
    names = (aws.read(Read("ListTables", {})) or {}).get("TableNames", ())
    return [name for name in names if fnmatch.fnmatchcase(name, pattern)]


def look_at(aws: Aws, name: str) -> CatalogEntry | None:
    """One table with every sub-API, read side by side; C(None) when there is no such table.

    A sub-API that is denied or not there makes the entry poorer, not impossible. Raises AwsError when the table itself
    cannot be described.
    """
    answer = aws.read(Read("DescribeTable", {"TableName": name}))
    if answer is None:
        return None
    description = answer["Table"]
    applying = [each for each in (*MANAGED, *OTHERS) if each.applies(description)]
    with ThreadPoolExecutor(len(applying)) as pool:
        results = dict(
            zip(applying, pool.map(lambda each: _attempt(aws, each.read(description)), applying), strict=True)
        )
    unavailable = {each.operation: str(found) for each, found in results.items() if isinstance(found, AwsError)}
    answers = {each: found for each, found in results.items() if not isinstance(found, AwsError)}
    managed = {each.operation: found for each, found in answers.items() if each in MANAGED}
    others = {each.result: _fact(each, found) for each, found in answers.items() if each in OTHERS}
    return CatalogEntry(TableState(name, description, managed), others, unavailable)


def has_tags(entry: CatalogEntry, wanted: Mapping[str, str]) -> bool:
    """Whether a table carries all these tags; an empty value means any value."""
    return Selection(tags=wanted).takes(tags_of(entry.state))


def definition(state: TableState) -> dict[str, Any]:
    """The definition that describes a table as it is: given to the C(table) module, nothing would change.

    Settings whose sub-API could not be read are left out, since what is not given is not managed.
    """
    arguments: dict[str, Any] = {"name": state.name}
    for setting in SETTINGS.values():
        if setting.was_read(state):
            arguments.update(setting.arguments(setting.found(state)))
    return {**arguments, "attributes": found_types(state)}


def _attempt(aws: Aws, read: Read) -> Mapping[str, Any] | AwsError | None:
    try:
        return aws.read(read)
    except AwsError as error:
        return error


def _fact(sub_resource: SubResource, answer: Mapping[str, Any] | None) -> Any:
    if answer is None:
        return None
    found = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return plain_facts(found.get(sub_resource.member, {}) if sub_resource.member else found)
