# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds tables in many regions and accounts: the fewest calls, side by side, and nothing that failed forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from threading import Semaphore
from typing import Any

from .aws import Aws, Clock, Patience
from .catalog import MANAGED, table_names
from .errors import AwsError, Kind
from .fleet import PARTS, Account, Failure, Place, Selection, table_facts, tags_of
from .settings.base import has_parts
from .state import Read, TableState

# Makes a boto3 client: service, region, and boto3's words for credentials; empty for those of the plugin's options.
NewClient = Callable[[str, str, Mapping[str, Any]], Any]

# Where an account is asked for its regions when nothing says where.
ANY_REGION = "us-east-1"
SESSION = "auditflow-dynamodb-inventory"
PATIENCE = Patience(seconds=60)
# DescribeTimeToLive was seen to take four calls at once and then one in two seconds, and is documented to take ten a
# second: no more of them wait for their turn than have one soon, and those do not give up.
AT_ONCE = 4
THROTTLED_SECONDS = 600
RESULTS = {"time_to_live": "ttl", "continuous_backups": "pitr", "tags": "tags"}
BY_PART = {RESULTS[each.result]: each for each in MANAGED}


@dataclass(frozen=True)
class Question:
    """What is to be found.

    accounts: where; those without regions of their own are looked at in C(regions), empty for all that are enabled.
    home: the region in which an account is asked for its regions. parts: those of fleet.PARTS to be read of each table.
    parallel: how many calls are made at a time.
    """

    accounts: tuple[Account, ...]
    regions: tuple[str, ...] = ()
    home: str = ""
    selection: Selection = field(default_factory=Selection)
    parts: tuple[str, ...] = PARTS
    parallel: int = 20


@dataclass(frozen=True)
class Table:
    """A table that was found. account: through which it was found."""

    facts: Mapping[str, Any]
    account: Account


@dataclass(frozen=True)
class Discovery:
    """tables: what was found, sorted by account, region and name. failures: what could not be looked at."""

    tables: tuple[Table, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class _Found:
    """What came of one look."""

    facts: Mapping[str, Any] | None = None
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class _Site:
    """A place and the way to it. gates: how many tables have a part of theirs read there at a time."""

    place: Place
    aws: Aws
    gates: Mapping[str, Semaphore]


def discover(question: Question, new_client: NewClient, clock: Clock | None = None) -> Discovery:
    """All tables that are meant."""
    sites, failures = _sites(question, new_client, clock or Clock())
    with ThreadPoolExecutor(question.parallel) as pool:
        listed = list(pool.map(lambda site: _names(site, question.selection), sites))
        failures += [each for each in listed if isinstance(each, Failure)]
        named = [
            [(site, name) for name in names]
            for site, names in zip(sites, listed, strict=True)
            if not isinstance(names, Failure)
        ]
        # One table of each place in turn: AWS limits its control plane by account and region.
        turns = [each for each in chain.from_iterable(zip_longest(*named)) if each is not None]
        looks = list(pool.map(lambda turn: _look(turn[0], turn[1], question), turns))
    tables = [
        Table(look.facts, site.place.account)
        for (site, name), look in zip(turns, looks, strict=True)
        if look.facts is not None
    ]
    tables.sort(key=lambda table: tuple(table.facts[fact] for fact in ("account", "region", "name")))
    return Discovery(tuple(tables), (*failures, *(failure for look in looks for failure in look.failures)))


def _sites(question: Question, new_client: NewClient, clock: Clock) -> tuple[list[_Site], list[Failure]]:
    sites: list[_Site] = []
    failures: list[Failure] = []
    for account in question.accounts:
        regions = account.regions or question.regions
        home = question.home or (regions[0] if regions else ANY_REGION)
        try:
            credentials = _credentials(account, home, new_client)
            for region in dict.fromkeys(regions or _enabled_regions(_aws(new_client, home, credentials))):
                # Made here: making one is not for many threads at once.
                clients = {"dynamodb": new_client("dynamodb", region, credentials)}
                aws = replace(_aws(new_client, region, credentials), clock=clock, known_clients=clients)
                gates = {part: Semaphore(AT_ONCE) for part in PARTS}
                sites.append(_Site(Place(account, region), aws, gates))
        except AwsError as error:
            failures.append(_failure(account.title, error))
    return sites, failures


def _aws(new_client: NewClient, region: str, credentials: Mapping[str, Any]) -> Aws:
    return Aws(lambda service: new_client(service, region, credentials), region, read_seconds=THROTTLED_SECONDS)


def _credentials(account: Account, region: str, new_client: NewClient) -> dict[str, Any]:
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))
    own: dict[str, Any] = {**keys, "profile_name": account.profile} if account.profile else {}
    if not account.role_arn:
        return own
    wanted = {"RoleArn": account.role_arn, "RoleSessionName": SESSION}
    if account.external_id:
        wanted["ExternalId"] = account.external_id
    answer = _aws(new_client, region, own).repeat("AssumeRole", wanted, PATIENCE, service="sts")["Credentials"]
    return {
        "profile_name": None,
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }


def _enabled_regions(aws: Aws) -> list[str]:
    try:
        answer = aws.read(Read("DescribeRegions", {}, service="ec2")) or {}
    except AwsError as error:
        if error.kind in (Kind.DENIED, Kind.UNSUPPORTED):
            raise error.with_note("It tells which regions are enabled: name them in 'regions' instead.") from error
        raise
    return sorted(region["RegionName"] for region in answer.get("Regions", ()))


def _names(site: _Site, selection: Selection) -> list[str] | Failure:
    try:
        return selection.of(table_names(site.aws, "*"))
    except AwsError as error:
        return _failure(site.place.title, error)


def _look(site: _Site, name: str, question: Question) -> _Found:
    where = site.place.title
    try:
        answer = site.aws.read(Read("DescribeTable", {"TableName": name}))
    except AwsError as error:
        return _Found(failures=(_failure(where, error),))
    if answer is None:
        return _Found()
    described = answer["Table"]
    tags_decide = question.selection.needs_tags
    state, failures = _read(site, TableState(name, described), ("tags",) if tags_decide else ())
    if tags_decide and "ListTagsOfResource" not in state.answers:
        text = f"{name} is left out: its tags decide whether it is meant, and they could not be read"
        return _Found(failures=(*failures.values(), Failure(where, "selection", text, mild=True)))
    if not question.selection.takes(tags_of(state)):
        return _Found()
    rest = tuple(part for part in question.parts if not (tags_decide and part == "tags"))
    state, more = _read(site, state, rest)
    unavailable = {part: failure.text for part, failure in more.items()}
    if not has_parts(described):
        unavailable = dict.fromkeys(rest, f"{name} is {state.status}")
    return _Found(table_facts(state, site.place, unavailable), tuple(more.values()))


def _read(site: _Site, state: TableState, parts: Sequence[str]) -> tuple[TableState, dict[str, Failure]]:
    """The state with these parts of the table, and those that could not be read."""
    answers, failures = dict(state.answers), {}
    for part in parts if has_parts(state.table) else ():
        read = BY_PART[part].read(state.table)
        try:
            with site.gates[part]:
                answer = site.aws.read(read)
        except AwsError as error:
            mild = error.kind in (Kind.UNSUPPORTED, Kind.MOVED)
            failures[part] = replace(_failure(site.place.title, error), mild=mild)
            continue
        if answer is not None:
            answers[read.name] = answer
    return TableState(state.name, state.table, answers), failures


def _failure(where: str, error: AwsError) -> Failure:
    return Failure(where, error.asked.partition(" of ")[0], str(error), error.kind is Kind.DENIED)
