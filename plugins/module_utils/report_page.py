# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page about a fleet: every table in every region, right, off or unknown. Pure: data to what a template shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .fleet_drift import DIFFERS, ERROR, IN_SYNC, WHOLE, Finding, Host
from .fleet_drift import MISSING as FOUND_MISSING
from .report_prices import billing_mode, estimate
from .rollout import results_of

RIGHT, OFF, MISSING, EXTRA, UNKNOWN, NONE = "right", "off", "missing", "extra", "unknown", "none"
# From what needs a person most to what needs nobody. A region that does not answer hides nothing that is known.
STATES = (MISSING, OFF, UNKNOWN, EXTRA, RIGHT, NONE)
WORDS = {
    RIGHT: "as defined",
    OFF: "differs",
    MISSING: "missing",
    EXTRA: "not defined",
    UNKNOWN: "unknown",
    NONE: "not here",
}
OF_FINDING = {IN_SYNC: RIGHT, DIFFERS: OFF, FOUND_MISSING: MISSING, ERROR: UNKNOWN}


@dataclass(frozen=True)
class Line:
    """Of a diff. sign: - is as found, + as defined, a blank what explains."""

    sign: str
    text: str


@dataclass(frozen=True)
class Index:
    """An index as AWS has it."""

    name: str
    kind: str
    keys: str
    projection: str
    size: str
    status: str


@dataclass(frozen=True)
class Place:
    """A table in a region. detail: in a few words. facts: name and value. cost: name and amount, a month."""

    label: str
    state: str
    word: str
    detail: str = ""
    lines: tuple[Line, ...] = ()
    settings: tuple[tuple[str, str, str, bool], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    indexes: tuple[Index, ...] = ()
    cost: tuple[tuple[str, str], ...] = ()
    total: str = ""
    note: str = ""


@dataclass(frozen=True)
class Pattern:
    """An access pattern."""

    name: str
    description: str
    index: str
    condition: str
    filter: str


@dataclass(frozen=True)
class Table:
    """A line of the matrix and a part of the page."""

    name: str
    anchor: str
    description: str
    worst: str
    rank: int
    places: tuple[Place, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Column:
    """A host. problem: why not everything is known of it."""

    label: str
    account: str
    region: str
    problem: str


@dataclass(frozen=True)
class Page:
    """All that a template shows."""

    columns: tuple[Column, ...]
    tables: tuple[Table, ...]
    counts: tuple[tuple[str, str, int], ...]
    problems: tuple[tuple[str, tuple[str, ...]], ...]
    prices: str


def page(hosts: Mapping[str, Mapping[str, Any]], prices: Mapping[str, Any]) -> Page:
    """hosts: the variables of each, as the entry points C(compare) and C(gather) left them."""
    looks = [_Look(name, variables, prices) for name, variables in _regions(hosts).items()]
    names = sorted({name for look in looks for name in look.names})
    tables = tuple(_table(name, f"table-{number}", looks) for number, name in enumerate(names, 1))
    counted = Counter(place.state for table in tables for place in table.places)
    return Page(
        tuple(look.column for look in looks),
        tables,
        tuple((state, WORDS[state], counted[state]) for state in STATES if counted[state] and state != NONE),
        tuple((look.host.name, look.problems) for look in looks if look.problems),
        str(prices.get("date") or ""),
    )


def _regions(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Hosts that are tables, as the inventory plugin makes them, are brought together by account and region."""
    regions: dict[str, Mapping[str, Any]] = {}
    for name, variables in hosts.items():
        if "dynamodb_table" not in variables:
            regions[name] = variables
            continue
        where = " ".join(str(variables.get(key) or "") for key in ("tables_account_id", "dynamodb_region")).strip()
        before = regions.get(where, {})
        tables = [*_found(before), *_found(variables)]
        # A table that could not be read is known by its name all the same.
        unread = [] if _found(variables) else [{"name": variables["dynamodb_table"]}]
        regions[where] = {
            **variables,
            **{key: before[key] for key in ("ansible_failed_result", "ansible_failed_task") if key in before},
            "report_found": {"tables": tables},
            "report_definitions": [*(before.get("report_definitions") or ()), *unread],
        }
    return regions


def _found(variables: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (variables.get("report_found") or {}).get("tables") or ()


class _Look:
    """What was found on a host."""

    def __init__(self, name: str, variables: Mapping[str, Any], prices: Mapping[str, Any]) -> None:
        self.host = Host.of(name, variables)
        self.prices = prices
        self.region = str(variables.get("report_region") or self.host.region)
        given = variables.get("report_definitions") or ()
        self.definitions: dict[str, Mapping[str, Any]] = {str(each.get("name")): each for each in given}
        results = results_of(variables) or ()
        self.results: dict[str, Mapping[str, Any]] = {str(each.get("name")): each for each in results}
        found = _found(variables)
        self.found: dict[str, Mapping[str, Any]] = {str(each.get("name")): each.get("table") or {} for each in found}
        # Where nothing is defined nothing is compared, and that is no error.
        only_read = not results and "report_found" in variables and "ansible_failed_result" not in variables
        self.told = () if only_read else self.host.findings
        self.findings: dict[str, Finding] = {finding.what: finding for finding in self.told}

    @property
    def names(self) -> set[str]:
        return {*self.definitions, *self.found}

    @property
    def whole(self) -> Finding | None:
        return self.findings.get(WHOLE)

    @property
    def problems(self) -> tuple[str, ...]:
        others = [each for each in self.told if each.what not in self.names and each.state != IN_SYNC]
        return tuple(line for each in others for line in (each.detail, *each.lines) if line)

    @property
    def column(self) -> Column:
        return Column(self.host.name, self.host.account, self.region, " ".join(self.problems[:2]))

    def place(self, name: str) -> Place:
        finding = self.findings.get(name)
        table = (self.results.get(name) or {}).get("table") or {}
        table = {**table, **self.found.get(name, {})}
        if finding:
            return self._known(name, OF_FINDING[finding.state], finding, table)
        if name in self.found:
            return self._known(name, EXTRA, None, table)
        if self.whole or name in self.definitions:
            reason = "\n".join(self.problems) or "not compared"
            return Place(self.host.name, UNKNOWN, WORDS[UNKNOWN], reason)
        return Place(self.host.name, NONE, WORDS[NONE])

    def _known(self, name: str, state: str, finding: Finding | None, table: Mapping[str, Any]) -> Place:
        rows = tuple(_row(row) for row in (self.results.get(name) or {}).get("settings") or ())
        detail = finding.detail if finding else "there, and in no definition"
        if state == UNKNOWN and finding:
            return Place(self.host.name, state, WORDS[state], "\n".join(finding.lines))
        lines = _difference(rows, finding) if finding and state != RIGHT else ()
        there = bool(table.get("table_status"))
        place = Place(self.host.name, state, WORDS[state], detail, lines, rows)
        if not there:
            return place
        cost = estimate(table, self.region, self.prices)
        return Place(
            self.host.name,
            state,
            WORDS[state],
            detail,
            lines,
            rows,
            tuple(_facts(table)),
            tuple(_indexes(table)),
            tuple((what, _money(amount)) for what, amount in cost.parts),
            "" if cost.total is None else _money(cost.total),
            cost.note,
        )


def _table(name: str, anchor: str, looks: Sequence[_Look]) -> Table:
    places = tuple(look.place(name) for look in looks)
    definitions = [look.definitions[name] for look in looks if name in look.definitions]
    definition: Mapping[str, Any] = definitions[0] if definitions else {}
    rank = min((STATES.index(place.state) for place in places), default=len(STATES))
    patterns = tuple(_pattern(each) for each in definition.get("access_patterns") or ())
    description = str(definition.get("description") or "")
    return Table(name, anchor, description, STATES[rank], rank, places, patterns)


def _pattern(given: Mapping[str, Any]) -> Pattern:
    texts = (given.get(key) or "" for key in ("name", "description", "index", "key_condition", "filter"))
    return Pattern(*(str(text) for text in texts))


def _row(row: Mapping[str, Any]) -> tuple[str, str, str, bool]:
    name = f"{str(row.get('setting')).replace('_', ' ')} {row.get('target') or ''}"
    return name.strip(), str(row.get("wanted")), str(row.get("found")), bool(row.get("in_sync"))


def _difference(rows: Sequence[tuple[str, str, str, bool]], finding: Finding) -> tuple[Line, ...]:
    lines: list[Line] = []
    if finding.state == DIFFERS:
        for name, wanted, found, right in rows:
            if not right:
                lines += [Line("-", f"{name}: {found}"), Line("+", f"{name}: {wanted}")]
    # The changes of the plan would say the same again; what it adds are refusals, quotas and notes.
    rest = [" ".join(line.split()) for line in finding.lines[1:]]
    return (*lines, *(Line(" ", line) for line in rest if not lines or line[:1] not in ("~", "+", "-")))


def _facts(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    keys = _keys(table)
    provisioned = table.get("provisioned_throughput") or {}
    mode = billing_mode(table)
    units = f", {provisioned.get('read_capacity_units')} read, {provisioned.get('write_capacity_units')} write units"
    encryption = table.get("sse_description") or {}
    backups = (table.get("continuous_backups") or {}).get("point_in_time_recovery_description") or {}
    expiry = table.get("time_to_live") or {}
    told = [
        ("status", table.get("table_status")),
        ("keys", keys),
        ("items", f"{int(table.get('item_count') or 0):,}"),
        ("size", size(table.get("table_size_bytes"))),
        ("billing", f"{mode}{units if mode == 'PROVISIONED' else ''}"),
        ("encryption", encryption.get("sse_type") or "AWS_OWNED"),
        ("deletion protection", "on" if table.get("deletion_protection_enabled") else "off"),
        ("point-in-time recovery", backups.get("point_in_time_recovery_status")),
        ("time to live", _words(expiry.get("time_to_live_status"), expiry.get("attribute_name"))),
        ("tags", ", ".join(f"{key}={value}" for key, value in sorted((table.get("tags") or {}).items()))),
    ]
    return [(name, str(value)) for name, value in told if value]


def _words(*words: Any) -> str:
    return " ".join(str(word) for word in words if word)


def _keys(owner: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.get('attribute_name')} ({key.get('key_type')})" for key in owner.get("key_schema") or ())


def _indexes(table: Mapping[str, Any]) -> list[Index]:
    kinds = (("global", "global_secondary_indexes"), ("local", "local_secondary_indexes"))
    return [
        Index(
            str(index.get("index_name")),
            kind,
            _keys(index),
            _projection(index.get("projection") or {}),
            size(index.get("index_size_bytes")),
            str(index.get("index_status") or "ACTIVE"),
        )
        for kind, member in kinds
        for index in sorted(table.get(member) or (), key=lambda index: str(index.get("index_name")))
    ]


def _projection(projection: Mapping[str, Any]) -> str:
    attributes = ", ".join(str(name) for name in projection.get("non_key_attributes") or ())
    kind = str(projection.get("projection_type") or "")
    return f"{kind}: {attributes}" if attributes else kind


def size(count: Any) -> str:
    """Bytes in words."""
    amount = float(count or 0)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def _money(amount: float) -> str:
    return "< 0.01 USD" if 0 < amount < 0.01 else f"{amount:,.2f} USD"
