# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every setting of a table is: its arguments, how it is read, compared and changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..conditions import Condition, TableActive
from ..iam import Permission, Permissions, dynamodb
from ..steps import ADD, CHANGE, Change, Refusal, Step

if TYPE_CHECKING:
    from ..arguments import Options, Problems
    from ..spec import TableSpec
    from ..state import Read, TableState

Value = TypeVar("Value")
# While a table comes or goes its TTL, backups and tags cannot be read, or only for moments (measured).
UNREADABLE = ("CREATING", "DELETING")
Planned = Sequence[Step | Refusal]


def has_parts(description: Mapping[str, Any] | None) -> bool:
    """Whether what a table has besides its description can be read; so it is tried where there is no description."""
    return description is None or description.get("TableStatus", "CREATING") not in UNREADABLE


@dataclass(frozen=True)
class Row:
    """One line of a verification: what the definition wants of a setting, and what AWS has."""

    setting: str
    target: str
    wanted: str
    found: str
    in_sync: bool


class Setting(Generic[Value]):
    """One setting of a table.

    The comparison is one rule, C(result): what AWS would have after the wanted value is laid over the found one. A
    setting differs when the result is not what was found. Plans, diffs and verifications all follow from it.

    name: the setting's name in plans, in C(only) and in results. label: what a person calls it.
    options: the options of the C(table) module that belong to it, as an Ansible argument spec.
    read: the operation that shows it, where DescribeTable does not. needs_arn: whether that wants the table's ARN.
    on_create: whether CreateTable can carry it.
    write_actions: the IAM permissions that changing it on a live table needs.
    create_actions: those that creating a table with it needs beyond CreateTable's own.
    """

    name: str
    label: str
    options: Options
    read = ""
    needs_arn = False
    on_create = True
    write_actions: Permissions = dynamodb("UpdateTable")
    create_actions: Permissions = ()

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Value | None:
        """The wanted value; C(None) when the arguments do not name this setting. Mistakes go to C(problems)."""
        raise NotImplementedError

    def reads(self, want: Value, name: str, description: Mapping[str, Any] | None) -> tuple[Read, ...]:
        """The reads beyond DescribeTable that this setting needs.

        description: C(Table) of DescribeTable, empty when there is no table, C(None) when it was not asked for.
        """
        return ()

    @property
    def read_actions(self) -> Permissions:
        """The IAM permissions that reading it needs."""
        return dynamodb(*(("DescribeTable",) if self.needs_arn or not self.read else ()), *filter(None, [self.read]))

    def uses(self, permission: Permission, want: Value) -> bool:
        """Whether managing this value can need one of the setting's permissions at all."""
        return True

    def was_read(self, state: TableState) -> bool:
        """Whether the state holds what this setting is read from."""
        return self.read in state.answers if self.read else state.description is not None

    def found(self, state: TableState) -> Value:
        """The value AWS has; of a table that is not there, the value a new table would have."""
        raise NotImplementedError

    def resolve(self, want: Value, state: TableState) -> Value:
        """The wanted value with its references resolved to what AWS calls them."""
        return want

    def result(self, want: Value, found: Value) -> Value:
        """The value after the wanted one was laid over the found one."""
        return want

    def create(self, want: Value, spec: TableSpec) -> dict[str, Any]:
        """What this setting adds to CreateTable."""
        return {}

    def quotas(self, want: Value, found: Value, state: TableState) -> tuple[str, ...]:
        """Budgets that the change of a live table spends or will hit, and what AWS does not tell of them."""
        return ()

    def obstacles(self, want: Value, spec: TableSpec) -> Sequence[Refusal]:
        """What stands in the way of creating a table with this value."""
        return ()

    def steps(self, want: Value, found: Value, spec: TableSpec, state: TableState) -> Planned:
        """The calls that turn the found value into the result on a live table. Only called when they differ."""
        raise NotImplementedError

    def arguments(self, value: Value) -> dict[str, Any]:
        """The value in the words of the arguments."""
        raise NotImplementedError

    def show(self, value: Value) -> str:
        """The value in a few words."""
        raise NotImplementedError

    def differs(self, want: Value, found: Value) -> bool:
        """Whether laying the wanted value over the found one changes it."""
        return self.result(want, found) != found

    def rows(self, want: Value, found: Value) -> list[Row]:
        """The lines of a verification."""
        in_sync = not self.differs(want, found)
        wanted = self.show(self.result(want, found))
        return [Row(self.name, "", wanted, wanted if in_sync else self.show(found), in_sync)]

    def create_changes(self, want: Value) -> list[Change]:
        """The lines of the plan that creates a table with this value."""
        return [Change(ADD, self.name, self.label, self.show(want))]

    def change(self, want: Value, found: Value, note: str = "", cost: str = "none") -> Change:
        """The line of the plan that changes this setting."""
        summary = f"{self.show(found)} -> {self.show(self.result(want, found))}"
        return Change(CHANGE, self.name, self.label, summary, note, cost=cost)

    def unsettled(self, state: TableState) -> tuple[Condition, ...]:
        """What must settle before this setting can be compared: while it moves, AWS still shows old values."""
        if not self.read and state.status == "UPDATING":
            return (TableActive(state.name),)
        return ()

    def settling(self, want: Value, state: TableState) -> tuple[Condition, ...]:
        """What is under way towards the wanted value and needs no call, only time."""
        return ()

    def notes(self, want: Value, found: Value) -> tuple[str, ...]:
        """What a person should know although nothing is done about it."""
        return ()
