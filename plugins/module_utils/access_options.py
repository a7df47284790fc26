# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what with which tables, as a user declares it, parsed and checked offline. Pure.

Every mistake is told at once, each with its path and what is allowed, before AWS is asked anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .access_pattern import AccessPattern, Source, sources
from .arguments import Options, Problems, check_options, join
from .settings.encryption import MANAGED_KEY
from .spec import parse_tables

READ = ("BatchGetItem", "GetItem", "Query")
WRITE = ("BatchWriteItem", "ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
RIGHTS = {"read": READ, "write": WRITE, "read_write": tuple(sorted((*READ, *WRITE)))}
# A scan is in none of the rights: whoever needs one says so.
ACTIONS = tuple(sorted((*READ, *WRITE, "Scan")))
# The actions that an index can be the resource of.
INDEX_ACTIONS = ("Query", "Scan")
# They replace or delete items whole, with the attributes that may not be seen.
WHOLE_ITEMS = ("BatchWriteItem", "DeleteItem", "PutItem")

TABLE_OPTIONS: Options = {
    "name": {"type": "str", "required": True},
    "rights": {"type": "str", "choices": list(RIGHTS)},
    "actions": {"type": "list", "elements": "str"},
    "access_patterns": {"type": "list", "elements": "str"},
    "indexes": {"type": "list", "elements": "str"},
    "leading_keys": {"type": "list", "elements": "str"},
    "attributes": {"type": "list", "elements": "str"},
}
CONSUMER_OPTIONS: Options = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "roles": {"type": "list", "elements": "str", "default": []},
    "tables": {"type": "list", "elements": "dict", "required": True},
}
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
LONGEST_POLICY_NAME = 128
LONGEST_ROLE_NAME = 64
LONGEST_DESCRIPTION = 1000
# Of a region's name with the dash before it: as long as the longest that there is.
LONGEST_REGION = len("-ap-southeast-1")


@dataclass(frozen=True)
class Table:
    """What of a definition matters for access.

    sources: what can be queried, by the index's name; the table itself under the empty name. types: of attributes.
    key: the customer key as the definition names it; empty for AWS's own keys, which need no permission.
    """

    name: str
    sources: Mapping[str, Source]
    patterns: Mapping[str, AccessPattern] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def indexes(self) -> tuple[str, ...]:
        """Names of the indexes."""
        return tuple(name for name in self.sources if name)


@dataclass(frozen=True)
class Grant:
    """What a consumer may do with one table.

    actions: on the table and these indexes. queried: what may be queried besides, by the index's name.
    leading_keys: the only values of the partition key. attributes: the only attributes, those of the keys among them.
    """

    table: Table
    actions: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    queried: tuple[str, ...] = ()
    leading_keys: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consumer:
    """One who uses tables, and the IAM roles in which it runs."""

    name: str
    description: str = ""
    roles: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()


def access_tables(definitions: Any) -> dict[str, Table]:
    """The tables of the definitions by name. Raises DefinitionError with every mistake."""
    tables = {}
    for spec, definition in zip(parse_tables(definitions), definitions, strict=True):
        encryption = spec.wanted.get("encryption")
        key = encryption.key if encryption and encryption.key != MANAGED_KEY else ""
        patterns = {pattern.name: pattern for pattern in spec.access_patterns}
        tables[spec.name] = Table(spec.name, sources(definition), patterns, spec.attribute_types, key)
    return tables


def parse_consumers(consumers: Any, tables: Mapping[str, Table], problems: Problems) -> tuple[Consumer, ...]:
    """The consumers; their mistakes are recorded."""
    path = "access_consumers"
    if not isinstance(consumers, Sequence) or isinstance(consumers, str):
        problems.add(path, f"must be a list of consumers, not {type(consumers).__name__}")
        return ()
    parsed = [_consumer(value, tables, f"{path}[{at}]", problems) for at, value in enumerate(consumers)]
    # IAM takes names that differ in case only for the same.
    names = [consumer.name.lower() for consumer in parsed]
    for at, name in enumerate(names):
        if name and name in names[:at]:
            text = f"'{parsed[at].name}' is the name of {path}[{names.index(name)}] too, for IAM"
            problems.add(f"{path}[{at}].name", text)
    return tuple(parsed)


def _consumer(value: Any, tables: Mapping[str, Table], path: str, problems: Problems) -> Consumer:
    checked = check_options(value, CONSUMER_OPTIONS, path, problems)
    name, description, roles = checked.get("name", ""), checked.get("description", ""), checked.get("roles", [])
    if name:
        _check_name(name, LONGEST_POLICY_NAME - LONGEST_REGION, join(path, "name"), problems)
    if len(description) > LONGEST_DESCRIPTION:
        problems.add(join(path, "description"), f"has {len(description)} characters; IAM takes {LONGEST_DESCRIPTION}")
    for at, role in enumerate(roles):
        if role.startswith("arn:"):
            problems.add(f"{path}.roles[{at}]", "a role is given by its name, without ARN and path")
        else:
            _check_name(role, LONGEST_ROLE_NAME, f"{path}.roles[{at}]", problems)
    if "tables" in checked and not checked["tables"] and isinstance(value, Mapping) and value.get("tables") == []:
        problems.add(join(path, "tables"), "names no table: a policy without a statement is none")
    grants = [
        _grant(each, tables, f"{path}.tables[{at}]", problems) for at, each in enumerate(checked.get("tables", []))
    ]
    return Consumer(name, description, tuple(dict.fromkeys(roles)), tuple(grant for grant in grants if grant))


def _check_name(name: str, longest: int, path: str, problems: Problems) -> None:
    if not NAME.fullmatch(name):
        problems.add(path, f"'{name}' has characters that IAM does not take; allowed are letters, digits and _+=,.@-")
    elif len(name) > longest:
        problems.add(path, f"has {len(name)} characters; at most {longest} are allowed")


def _grant(value: Any, tables: Mapping[str, Table], path: str, problems: Problems) -> Grant | None:
    before = len(problems.found)
    checked = check_options(value, TABLE_OPTIONS, path, problems)
    name = checked.get("name", "")
    table = tables.get(name)
    if name and table is None:
        problems.add(join(path, "name"), f"no definition has the name '{name}'; there are {_listed(tables)}")
    if table is None:
        return None
    if "rights" in checked and "actions" in checked:
        problems.add(join(path, "actions"), "cannot be given together with rights")
    asked = [option for option in ("rights", "actions", "access_patterns") if checked.get(option)]
    if not asked and len(problems.found) == before:
        problems.add(path, "says nothing that is allowed: give rights, actions or access_patterns")
    actions = tuple(sorted(set(checked.get("actions", ())) or RIGHTS.get(checked.get("rights", ""), ())))
    known = _known(actions, ACTIONS, "action", join(path, "actions"), problems)
    patterns = _known(
        checked.get("access_patterns", ()), table.patterns, "access pattern", join(path, "access_patterns"), problems
    )
    named = checked.get("indexes")
    chosen = _known(named or (), table.indexes, "index", join(path, "indexes"), problems)
    on_indexes = bool(set(known) & set(INDEX_ACTIONS))
    if named is not None and not on_indexes:
        problems.add(join(path, "indexes"), "goes with rights or actions that query or scan; a pattern has its index")
    indexes = table.indexes if named is None and on_indexes else chosen
    queried = tuple(dict.fromkeys(table.patterns[pattern].index for pattern in patterns))
    grant = Grant(table, known, indexes, queried)
    if "leading_keys" in checked:
        grant = _with_leading_keys(grant, checked["leading_keys"], named is not None, path, problems)
    if "attributes" in checked:
        grant = _with_attributes(grant, checked["attributes"], join(path, "attributes"), problems)
        for pattern in patterns:
            # Those of a filter are asked for, too.
            missing = table.patterns[pattern].attributes - set(grant.attributes)
            if missing:
                problems.add(join(path, "attributes"), f"the access pattern {pattern} asks for {_listed(missing)}, too")
    return grant


def _known(names: Iterable[str], known: Iterable[str], kind: str, path: str, problems: Problems) -> tuple[str, ...]:
    """Those of the names that are known; the others are recorded."""
    known, found = tuple(known), []
    for at, name in enumerate(names):
        if name in known:
            found.append(name)
        else:
            problems.add(f"{path}[{at}]", f"unknown {kind} '{name}'; there {_are(known)}")
    return tuple(dict.fromkeys(found))


def _with_leading_keys(grant: Grant, values: Sequence[str], named: bool, path: str, problems: Problems) -> Grant:
    """IAM compares the values with the partition key of what is read or written: the table's, or the index's own."""
    here, table = join(path, "leading_keys"), grant.table
    if not values or any(value in ("", "*") for value in values):
        problems.add(here, "must be values of the partition key, or patterns of them; leave it out to allow all")
    if "Scan" in grant.actions:
        problems.add(here, "a scan has no partition key: leave Scan out, or leading_keys")
    asked = (*([""] if grant.actions else []), *grant.queried, *(grant.indexes if named else ()))
    keys = dict.fromkeys(table.sources[name].partition for name in asked if name in table.sources)
    if len(keys) > 1:
        of = ", ".join(f"{table.sources[name].title} {'+'.join(table.sources[name].partition)}" for name in asked)
        problems.add(here, f"the partition keys differ ({of}): make an entry of its own for each of them")
    for key in keys:
        kinds = {table.types.get(name, "S") for name in key}
        if len(key) > 1 or kinds != {"S"}:
            problems.add(here, f"IAM compares text; the partition key is {'+'.join(key)} of type {_listed(kinds)}")
    if not keys and asked:
        problems.add(here, "the definition has no partition_key")
    # An index with another partition key cannot be held to these values, so it is not given.
    indexes = tuple(name for name in grant.indexes if named or table.sources[name].partition in keys)
    return Grant(table, grant.actions, indexes, grant.queried, tuple(dict.fromkeys(values)), grant.attributes)


def _with_attributes(grant: Grant, names: Sequence[str], path: str, problems: Problems) -> Grant:
    """The developer guide asks for the key attributes of the table and of the policy's indexes beside the others."""
    table = grant.table
    for at, name in enumerate(names):
        if name not in table.types:
            problems.add(f"{path}[{at}]", f"'{name}' is not among the definition's attributes: declare it there")
    whole = [action for action in grant.actions if action in WHOLE_ITEMS]
    if whole:
        text = "replace or delete whole items, unseen attributes too: give actions without them"
        problems.add(path, f"{', '.join(whole)} {text}")
    covered = [table.sources[name] for name in ("", *grant.indexes, *grant.queried) if name in table.sources]
    keys = [name for source in covered for name in (*source.partition, *source.sort)]
    attributes = tuple(dict.fromkeys((*keys, *names)))
    return Grant(table, grant.actions, grant.indexes, grant.queried, grant.leading_keys, attributes)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _are(names: Sequence[str]) -> str:
    return f"are {_listed(names)}" if len(names) > 1 else f"is {_listed(names)}"
