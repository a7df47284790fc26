# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from the definitions on many hosts, each a region of an account. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .columns import aligned
from .rollout import account_of, results_of

IN_SYNC, DIFFERS, MISSING, ERROR = "in sync", "differs", "missing", "error"
WHOLE = "(all)"
HEADING = ("host", "account", "region", "table", "state", "")

# Lines of an error below the table; the task that failed has shown all of them.
MOST_LINES = 12


@dataclass(frozen=True)
class Finding:
    """A table of a host, or its customer key, or the host as a whole where it could not be asked.

    what: its name. state: one of the four. detail: in a few words. lines: the plan, or the error.
    """

    what: str
    state: str
    detail: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """What was found on a host. account, region: where it is, as far as known."""

    name: str
    account: str
    region: str
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, name: str, variables: Mapping[str, Any]) -> Host:
        """From the variables that the role's entry point C(compare) has left."""
        region = str(variables.get("dynamodb_region") or "")
        return cls(name, account_of(variables), region, tuple(_findings(variables)))

    @property
    def compared(self) -> bool:
        """Whether everything could be compared."""
        return all(finding.state != ERROR for finding in self.findings)

    @property
    def repairable(self) -> bool:
        """Whether all is known and something differs."""
        return self.compared and any(finding.state != IN_SYNC for finding in self.findings)

    @property
    def problem(self) -> str:
        """What is not as it should be, in a line; empty where all is."""
        failed = [f"{finding.what} {finding.detail}".rstrip() for finding in self.findings if finding.state == ERROR]
        differing = [finding.what for finding in self.findings if finding.state not in (IN_SYNC, ERROR)]
        told = {"Not compared": failed, "Drift": differing}
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in told.items() if names)


def report_lines(hosts: Sequence[Host]) -> list[str]:
    """A table of every table of every host, how many there are of each state, and the plans of what differs."""
    rows = [
        (host.name, host.account, host.region, finding.what, finding.state, finding.detail)
        for host in hosts
        for finding in host.findings
    ]
    # A column for every state, whether or not it occurs, would say less than the ones that do.
    counted = Counter(finding.state for host in hosts for finding in host.findings)
    counts = ", ".join(f"{counted[state]} {state}" for state in (IN_SYNC, DIFFERS, MISSING, ERROR) if counted[state])
    lines = [*aligned([HEADING, *rows]), f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}: {counts}"]
    for host in hosts:
        told = [line for finding in host.findings if finding.state != IN_SYNC for line in finding.lines]
        if told:
            lines += ["", f"{host.name}:", *(f"  {line}" for line in told)]
    return lines


def _findings(variables: Mapping[str, Any]) -> list[Finding]:
    failed = variables.get("ansible_failed_result")
    results = results_of(variables) or ()
    found = [_table(result) for result in results]
    if failed and not any(finding.state == ERROR for finding in found):
        task = (variables.get("ansible_failed_task") or {}).get("name") or "a task"
        lines = _lines(failed.get("msg"))
        return [*_key(variables), *found, Finding(WHOLE, ERROR, f"at: {task}", _cut(lines))]
    if not found:
        look = variables.get("tables_look") or {}
        return [Finding(WHOLE, ERROR, "not reached", _lines(look.get("msg")) if look.get("unreachable") else ())]
    return [*_key(variables), *found]


def _key(variables: Mapping[str, Any]) -> list[Finding]:
    # A key that is right is no news.
    changes = "; ".join((variables.get("tables_look") or {}).get("key_changes") or ())
    return [Finding("customer key", DIFFERS, changes, (f"customer key: {changes}",))] if changes else []


def _table(result: Mapping[str, Any]) -> Finding:
    name, lines = str(result.get("name")), _lines(result.get("plan_text"))
    if result.get("failed"):
        return Finding(name, ERROR, "", _cut(_lines(result.get("msg"))))
    # The plan's heading is `NAME (REGION): in a few words`.
    words = lines[0].partition("): ")[2]
    if result.get("in_sync"):
        return Finding(name, IN_SYNC, words.partition(", ")[2], lines)
    if any(step.get("operation") == "CreateTable" for step in result.get("plan") or ()):
        return Finding(name, MISSING, "", lines)
    return Finding(name, DIFFERS, words, lines)


def _lines(message: Any) -> tuple[str, ...]:
    lines = message if isinstance(message, (list, tuple)) else str(message or "").splitlines()
    return tuple(str(line).rstrip() for line in lines if str(line).strip()) or ("no reason was given",)


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    left = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], *([f"... {left} more lines above"] if left > 0 else []))
