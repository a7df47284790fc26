# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of many regions and accounts as hosts of an inventory: where to look, which tables, facts, names. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .arguments import DefinitionError, Problems, check_options
from .settings import SETTINGS
from .state import TableState

# An account's name comes before the first dot of a host name, so it has none itself.
ACCOUNT_NAME = re.compile(r"[A-Za-z0-9_-]+")
ROLE_ARN = re.compile(r"arn:[^:]+:iam::\d{12}:role/.+")
ACCOUNT_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "profile": {"type": "str"},
    "assume_role_arn": {"type": "str"},
    "external_id": {"type": "str"},
    "regions": {"type": "list", "elements": "str"},
}
# The settings of which each part of a table that costs a call of its own tells.
PARTS = ("tags", "ttl", "pitr")


@dataclass(frozen=True)
class Account:
    """Credentials, and where they are used.

    name: what the account is called; empty where there is only the one of the plugin's own options.
    profile, role_arn, external_id: a profile, and a role to assume with it. regions: empty for all that are enabled.
    """

    name: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    regions: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """For messages."""
        return f"account {self.name}" if self.name else "this account"


@dataclass(frozen=True)
class Place:
    """One region of one account."""

    account: Account
    region: str

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.account.title}, {self.region}" if self.account.name else self.region


@dataclass(frozen=True)
class Selection:
    """Which tables are meant.

    names, without: shell patterns. tags: what a table must carry, without_tags: what it must not; an empty value stands
    for any value.
    """

    names: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    without_tags: Mapping[str, str] = field(default_factory=dict)

    def of(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are meant, as far as names tell."""
        return [
            name
            for name in names
            if (not self.names or _matches(name, self.names)) and not _matches(name, self.without)
        ]

    @property
    def needs_tags(self) -> bool:
        """Whether the tags decide."""
        return bool(self.tags or self.without_tags)

    def takes(self, tags: Mapping[str, str]) -> bool:
        """Whether a table with these tags is meant."""
        wanted = all(_carries(tags, key, value) for key, value in self.tags.items())
        return wanted and not any(_carries(tags, key, value) for key, value in self.without_tags.items())


@dataclass(frozen=True)
class Failure:
    """Something that could not be read.

    where: a place, or an account. operation: what was asked of it. text: why not.
    denied: whether a permission is missing. mild: whether it is no more than worth telling.
    """

    where: str
    operation: str
    text: str
    denied: bool = False
    mild: bool = False


def parse_accounts(given: Sequence[Any]) -> tuple[Account, ...]:
    """The option C(accounts).

    Raises DefinitionError with every mistake.
    """
    problems = Problems()
    accounts: list[Account] = []
    for position, entry in enumerate(given):
        path = f"accounts[{position}]"
        checked = check_options(entry, {**ACCOUNT_OPTIONS}, path, problems)
        account = Account(
            checked.get("name", ""),
            checked.get("profile", ""),
            checked.get("assume_role_arn", ""),
            checked.get("external_id", ""),
            tuple(checked.get("regions", ())),
        )
        _check_account(account, path, [other.name for other in accounts], problems)
        accounts.append(account)
    if problems.found:
        raise DefinitionError(problems.found)
    return tuple(accounts)


def _check_account(account: Account, path: str, others: Sequence[str], problems: Problems) -> None:
    if account.name and not ACCOUNT_NAME.fullmatch(account.name):
        problems.add(f"{path}.name", f"must be letters, digits, _ and -, not '{account.name}': it begins host names")
    if account.name and account.name in others:
        problems.add(f"{path}.name", f"'{account.name}' is there twice")
    if account.role_arn and not ROLE_ARN.fullmatch(account.role_arn):
        problems.add(f"{path}.assume_role_arn", f"must be the ARN of a role, not '{account.role_arn}'")
    if account.external_id and not account.role_arn:
        problems.add(f"{path}.external_id", "belongs to assume_role_arn, which is not given")


def table_facts(state: TableState, place: Place, unavailable: Mapping[str, str]) -> dict[str, Any]:
    """What is told of a table, by the names that expressions use.

    Facts of a part that was not read are left out: to say "off" where nobody looked would be a lie.
    unavailable: the parts that could not be read, with the reason.
    """
    table = state.table
    found = {name: setting.found(state) for name, setting in SETTINGS.items() if setting.was_read(state)}
    throughput, created = found["billing"].throughput, table.get("CreationDateTime")
    facts: dict[str, Any] = {
        "name": state.name,
        "arn": state.arn,
        "id": table.get("TableId", ""),
        "status": state.status,
        "region": place.region,
        "account": place.account.name,
        "account_id": account_id(state.arn),
        "created": created.isoformat() if created else "",
        "item_count": int(table.get("ItemCount", 0)),
        "size_bytes": int(table.get("TableSizeBytes", 0)),
        "partition_key": found["keys"].partition,
        "sort_key": found["keys"].sort,
        "billing_mode": found["billing"].mode,
        "read_capacity": throughput.read if throughput else 0,
        "write_capacity": throughput.write if throughput else 0,
        "class": found["table_class"],
        "deletion_protection": found["deletion_protection"],
        "encryption": found["encryption"].type,
        "kms_key_arn": found["encryption"].key,
        "stream": found["stream"].view_type,
        "stream_arn": table.get("LatestStreamArn", "") if found["stream"].view_type else "",
        "global_indexes": [index.name for index in found["global_indexes"].indexes],
        "local_indexes": [index.name for index in found["local_indexes"]],
        "replicas": sorted(replica.get("RegionName", "") for replica in table.get("Replicas") or ()),
        "unavailable": dict(unavailable),
    }
    if "tags" in found:
        # As AWS has them, its own (aws:…) included: they tell which stack a table belongs to.
        facts["tags"] = tags_of(state)
    if "ttl" in found:
        facts["ttl"] = found["ttl"].attribute
    if "pitr" in found:
        facts |= {"pitr": found["pitr"].enabled, "recovery_period_days": found["pitr"].days or 0}
    return facts


def tags_of(state: TableState) -> dict[str, str]:
    """All tags of a table."""
    return {tag["Key"]: tag["Value"] for tag in state.answer("ListTagsOfResource").get("Tags", ())}


def account_id(arn: str) -> str:
    """The account that an ARN names."""
    return (arn.split(":") + [""] * 5)[4]


def host_name(facts: Mapping[str, Any]) -> str:
    """A name that no other table has: region names have no dots, nor have the names of accounts."""
    return ".".join(filter(None, (facts["account"], facts["name"], facts["region"])))


def connection(facts: Mapping[str, Any], account: Account, endpoint: str) -> dict[str, Any]:
    """The host variables by which the playbooks reach a table. No secrets: how to get the credentials, not they."""
    variables: dict[str, Any] = {
        "ansible_connection": "local",
        "dynamodb_table": facts["name"],
        "dynamodb_region": facts["region"],
    }
    if facts["account_id"]:
        # Tables of the same name are in other accounts too: the playbooks stop where credentials are of another.
        variables["tables_account_id"] = facts["account_id"]
    if endpoint:
        variables["dynamodb_endpoint"] = endpoint
    if account.profile:
        # Empty, not absent: access keys of the environment do not belong to a profile.
        keys = dict.fromkeys(("dynamodb_access_key", "dynamodb_secret_key", "dynamodb_session_token"), "")
        variables |= {"dynamodb_profile": account.profile, **keys}
    if account.role_arn:
        variables["dynamodb_role_arn"] = account.role_arn
    if account.external_id:
        variables["dynamodb_role_external_id"] = account.external_id
    return variables


def clashes(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """Tables that were found through two accounts, because both are one."""
    seen: dict[str, str] = {}
    found = []
    for facts in tables:
        other = seen.setdefault(facts["arn"], facts["account"])
        if other != facts["account"]:
            found.append(f"{facts['account']} and {other} are both account {facts['account_id']}")
    return sorted(set(found))


def verdict(failures: Sequence[Failure], strict_permissions: bool, strict: bool) -> tuple[list[str], list[str]]:
    """What went wrong: what ends it, and what is only told. The same of many tables of a place is told once.

    strict_permissions: whether a missing permission ends it. strict: whether anything else does.
    """
    groups: dict[tuple[str, str, bool], list[Failure]] = {}
    for failure in failures:
        fatal = not failure.mild and (strict_permissions if failure.denied else strict)
        groups.setdefault((failure.where, failure.operation, fatal), []).append(failure)
    ending: list[str] = []
    telling: list[str] = []
    for key, group in groups.items():
        more = f" ({len(group) - 1} more like this)" if len(group) > 1 else ""
        (ending if key[-1] else telling).append(f"{group[0].where}: {group[0].text}{more}")
    return ending, telling


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _carries(tags: Mapping[str, str], key: str, value: str) -> bool:
    return key in tags and (not value or tags[key] == value)
