# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run over many hosts, each a region of an account: in which order, in which batches, and what came of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from .columns import aligned

CANARY = "canary"
WAVE = re.compile(r"wave_(\d+)")
BATCH = re.compile(r"[1-9]\d*%?")

# Lines of a failure below the table; the task that failed has shown all of them.
MOST_LINES = 12

# Ansible makes the batches before it looks at any host's variables.
NOT_IN_INVENTORY = [
    "",
    "rollout_batch in the inventory has no effect: give -e rollout_batch=2 to the run, or name groups wave_1, ...",
]

# How the verification of a table begins.
AS_DEFINED = "settings are as defined"

CREATED, CHANGED, DELETED = DONE = ("created", "changed", "deleted")

Groups = Mapping[str, Sequence[str]]


def waves(groups: Groups) -> list[list[str]]:
    """The hosts in the order of a rollout: the group C(canary), C(wave_1), C(wave_2) and so on, then the others.

    Each host once, where it is named first; waves without a host are left out.
    """
    numbered = sorted((int(match[1]), name) for name in groups if (match := WAVE.fullmatch(name)))
    named = [CANARY, *(name for _number, name in numbered), "all"]
    seen: set[str] = set()
    ordered = []
    for name in named:
        hosts = [host for host in dict.fromkeys(groups.get(name, ())) if host not in seen]
        seen.update(hosts)
        ordered.append(hosts)
    return ordered


def order(groups: Groups) -> list[str]:
    """All hosts in the order of a rollout."""
    return [host for wave in waves(groups) for host in wave]


def batch_sizes(groups: Groups, reached: Iterable[str], batch: Any) -> list[int | str]:
    """Sizes of the batches, as the keyword C(serial) of a play takes them: a wave is a batch.

    reached: the hosts that a limit leaves. batch: how many of the hosts without a wave make one, or a percentage of
    all; or several of these, one after the other. Raises ValueError.
    """
    given = batch if isinstance(batch, (list, tuple)) else str(batch).split(",")
    further = [str(each).strip() for each in given]
    if not further or not all(BATCH.fullmatch(each) for each in further):
        allowed = "no percentage, such as 25%, and no list of these"
        raise ValueError(f"rollout_batch: {batch!r} is no number of hosts, such as 2, {allowed}")
    left = set(reached)
    *named, _others = waves(groups)
    sizes: list[int | str] = [count for wave in named if (count := len(left.intersection(wave)))]
    if not left:
        # A limit that only Ansible can read (a file): in their order, so that a canary is the first and alone.
        sizes = [1 for wave in named if wave]
    return [*sizes, *(each if each.endswith("%") else int(each) for each in further)]


def batch_numbers(hosts: int, sizes: Sequence[int | str]) -> list[int]:
    """For each of so many hosts the number of its batch, from 1, as Ansible counts with these sizes."""
    numbers: list[int] = []
    for number, size in enumerate(chain(sizes, repeat(sizes[-1] if sizes else 0)), start=1):
        text = str(size)
        counted = max(1, int(hosts * int(text[:-1]) / 100)) if text.endswith("%") else int(size)
        numbers += [number] * (min(counted, hosts - len(numbers)) if counted > 0 else hosts - len(numbers))
        if len(numbers) >= hosts:
            return numbers
    return numbers


def numbered(
    hosts: Sequence[str], batch: Sequence[str] | None, sizes: Sequence[int | str]
) -> tuple[list[str], list[str]]:
    """For each host the number of its batch, and what to say where these are not the sizes that Ansible went by.

    batch: the hosts of the batch that has ended.
    """
    none = [""] * len(hosts)
    if not sizes or not batch:
        return none, []
    numbers = batch_numbers(len(hosts), sizes)
    ended = numbers[hosts.index(batch[-1])]
    if {host for host, number in zip(hosts, numbers, strict=True) if number == ended} != set(batch):
        return none, NOT_IN_INVENTORY
    return [str(number) for number in numbers], []


def account_of(variables: Mapping[str, Any]) -> str:
    """The account that a host's run was in, from the variables that the role has left; empty where it is not known."""
    caller = variables.get("tables_look") or variables.get("tables_caller") or {}
    return str(caller.get("account") or "")


def results_of(variables: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
    """What came of each table, from the variables that the role has left; C(None) where it did not get that far.

    That of the task that changes tables, where there was something to change, else that of the look before it.
    """
    look = variables.get("tables_look") or {}
    result = variables.get("tables_result") or {}
    return look.get("results") if look.get("in_sync") or "results" not in result else result["results"]


@dataclass(frozen=True)
class Region:
    """What came of one host.

    host: its name. account, region: where it is, as far as known. results: a table each, as C(tables) returns them;
    C(None) where the run did not get that far. failure: what went wrong, in lines. task: where. begun: whether it was
    its turn. batch: in which batch that is; empty where there are none.
    """

    host: str
    account: str = ""
    region: str = ""
    results: Sequence[Mapping[str, Any]] | None = None
    failure: tuple[str, ...] = ()
    task: str = ""
    begun: bool = False
    batch: str = ""

    @classmethod
    def of(cls, host: str, variables: Mapping[str, Any], begun: bool, batch: str = "") -> Region:
        """From the variables that the role has left."""
        failed = variables.get("ansible_failed_result") or {}
        task = variables.get("ansible_failed_task") or {}
        return cls(
            host,
            account_of(variables),
            str(variables.get("dynamodb_region") or ""),
            results_of(variables),
            _off(_lines(failed.get("msg"))) if failed else (),
            str(task.get("name") or "") if failed else "",
            begun,
            batch,
        )

    def summary(self, planned: bool) -> str:
        """In a few words."""
        if self.failure:
            return f"FAILED: {self.failure[0].rstrip(':')}"
        if not self.begun:
            return "not reached"
        return _counted(self.results or (), planned)


def summary_lines(regions: Sequence[Region], planned: bool = False) -> list[str]:
    """A table of what came of each host, then what is off in those that failed.

    planned: whether nothing was done, but would be.
    """
    failed = [each for each in regions if each.failure]
    done = sum(each.begun and not each.failure for each in regions)
    heading = ("host", "account", "region", "batch" if any(each.batch for each in regions) else "", "tables")
    rows = [(each.host, each.account, each.region, each.batch, each.summary(planned)) for each in regions]
    counted = f"{done} of {len(regions)} hosts {'planned' if planned else 'done'}"
    lines = [f"{counted}, {len(failed)} FAILED" if failed else counted, *aligned([heading, *rows])]
    waiting = [each.host for each in regions if not each.begun]
    for each in failed:
        where = f"{each.host} ({each.region})" if each.region else each.host
        lines += ["", f"{where} failed at: {each.task}", *(f"  {line}" for line in each.failure[:MOST_LINES])]
        if len(each.failure) > MOST_LINES:
            lines.append(f"  … {len(each.failure) - MOST_LINES} more lines above")
    if failed and waiting:
        lines += ["", f"Stopped. Nothing was asked or changed in {', '.join(waiting)}."]
    return lines


def _counted(results: Sequence[Mapping[str, Any]], planned: bool) -> str:
    words: dict[str, int] = {}
    for result in results:
        word = _word(result)
        word = f"to be {word}" if planned and word in DONE else word
        words[word] = words.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in words.items()) or "nothing to do"


def _word(result: Mapping[str, Any]) -> str:
    operations = {step["operation"] for step in result.get("plan") or ()}
    if result.get("failed"):
        return "failed"
    if not result.get("changed"):
        return "in sync" if result.get("in_sync") else "pending"
    if "DeleteTable" in operations:
        return DELETED
    return CREATED if "CreateTable" in operations else CHANGED


def _off(lines: tuple[str, ...]) -> tuple[str, ...]:
    # Of a verification: what is as it should be would push what is not out of sight.
    off: list[str] = []
    heading = ""
    for line in lines:
        if line.endswith(AS_DEFINED):
            heading = line
        elif not line.lstrip().startswith("ok "):
            off += [heading, line] if heading else [line]
            heading = ""
    return tuple(off) or lines


def _lines(message: Any) -> tuple[str, ...]:
    lines = message if isinstance(message, (list, tuple)) else str(message or "no reason was given").splitlines()
    return tuple(str(line).rstrip() for line in lines if str(line).strip()) or ("no reason was given",)
