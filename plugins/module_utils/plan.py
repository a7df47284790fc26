# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plan(spec, state): the ordered steps from what AWS has to what is wanted. Pure.

Check mode shows the plan and apply runs it; there is no other way to change a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .conditions import Condition, TableActive
from .settings import SETTINGS
from .settings.base import Row
from .spec import TableSpec
from .state import TableState
from .steps import ADD, TABLE_LANE, Change, Refusal, Step

Lane = tuple[Step, ...]


@dataclass(frozen=True)
class Plan:
    """What would be done to one table, and why.

    name: the table's name. stages: run one after the other; the lanes of a stage side by side; the steps of a lane one
    after the other. refusals: differences that are not carried out. settling: what is under way already and needs
    only time. notes: what a person should know although nothing is done about it. quotas: budgets that the changes
    spend or will hit. rows: every managed setting, what is wanted and what was found. before, after: the managed
    settings in the words of the arguments.
    """

    name: str
    stages: tuple[tuple[Lane, ...], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    settling: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order."""
        return tuple(step for stage in self.stages for lane in stage for step in lane)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every line of the plan."""
        return tuple(change for step in self.steps for change in step.changes)


def plan_table(spec: TableSpec, state: TableState) -> Plan:
    """The plan that brings one table from its state to its spec. Without differences it has no steps."""
    return _plan_changes(spec, state) if state.exists else _plan_creation(spec, state)


def _plan_creation(spec: TableSpec, state: TableState) -> Plan:
    if not spec.creatable:
        reason = f"the table {spec.name} does not exist"
        remedy = "Create it first: give its attributes and partition_key"
        return Plan(spec.name, refusals=(Refusal("table", reason, remedy),))
    wanted = {name: SETTINGS[name].resolve(value, state) for name, value in spec.wanted.items()}
    arguments: dict[str, Any] = {"TableName": spec.name}
    changes: list[Change] = []
    if "billing" not in wanted:
        arguments["BillingMode"] = "PAY_PER_REQUEST"
    later: list[Step | Refusal] = []
    rows: list[Row] = []
    after: dict[str, Any] = {"name": spec.name}
    for name, want in wanted.items():
        setting = SETTINGS[name]
        found = setting.found(TableState(spec.name))
        if setting.on_create:
            arguments.update(setting.create(want, spec))
            changes += setting.create_changes(want)
        elif setting.differs(want, found):
            later += setting.steps(want, found, spec, state)
        after.update(setting.arguments(setting.result(want, found)))
        rows += [replace(row, found="no table", in_sync=False) for row in setting.rows(want, found)]
    create = Step(
        operation="CreateTable",
        arguments=arguments,
        purpose="create the table",
        changes=(Change(ADD, "table", "table", spec.name), *changes),
        after=(TableActive(spec.name),),
    )
    after["attributes"] = {name: spec.attribute_types[name] for name in sorted(spec.key_attributes)}
    refusals = [refusal for name, want in wanted.items() for refusal in SETTINGS[name].obstacles(want, spec)]
    steps, refused = _split(later)
    return Plan(
        spec.name,
        stages=(((create,),), *_stages(steps)),
        refusals=(*refusals, *refused),
        rows=tuple(rows),
        before={},
        after=after,
    )


def _plan_changes(spec: TableSpec, state: TableState) -> Plan:
    planned: list[Step | Refusal] = []
    settling: list[Condition] = []
    notes: list[str] = []
    quotas: list[str] = []
    rows: list[Row] = []
    before: dict[str, Any] = {"name": spec.name}
    after: dict[str, Any] = {"name": spec.name}
    for name, value in spec.wanted.items():
        setting = SETTINGS[name]
        want, found = setting.resolve(value, state), setting.found(state)
        differs = setting.differs(want, found)
        if differs:
            planned += setting.steps(want, found, spec, state)
            quotas += setting.quotas(want, found, state)
        settling += setting.settling(want, state)
        notes += setting.notes(want, found)
        rows += setting.rows(want, found)
        before.update(setting.arguments(found))
        # What is the same is told in the same words: a key by its ARN on both sides, not by its alias on one.
        after.update(setting.arguments(setting.result(want, found) if differs else found))
    steps, refusals = _split(planned)
    return Plan(
        spec.name,
        stages=_stages(steps),
        refusals=refusals,
        settling=tuple(settling),
        notes=tuple(notes),
        quotas=tuple(quotas),
        rows=tuple(rows),
        before=before,
        after=after,
    )


def _split(planned: Iterable[Step | Refusal]) -> tuple[tuple[Step, ...], tuple[Refusal, ...]]:
    planned = tuple(planned)
    steps = tuple(item for item in planned if isinstance(item, Step))
    return steps, tuple(item for item in planned if isinstance(item, Refusal))


def _stages(steps: Sequence[Step]) -> tuple[tuple[Lane, ...], ...]:
    """One stage with a lane for each kind of call, in order and with what may share a call merged."""
    lanes = []
    for name in dict.fromkeys(step.lane for step in steps):
        ordered = sorted((step for step in steps if step.lane == name), key=lambda step: step.rank)
        lanes.append(tuple(merge(ordered)) if name == TABLE_LANE else tuple(ordered))
    return (tuple(lanes),) if lanes else ()


# The sets of fields that one UpdateTable call may carry (measured; the API reference allows "one kind of operation").
# Whatever is in none of them must be alone.
MAY_SHARE: tuple[frozenset[str], ...] = (
    frozenset({"BillingMode", "ProvisionedThroughput", "index throughput"}),
    frozenset({"BillingMode", "OnDemandThroughput"}),
    frozenset({"index limit"}),
)


def merge(steps: Iterable[Step]) -> list[Step]:
    """The same UpdateTable steps in fewer calls: neighbours that may share a call do."""
    merged: list[Step] = []
    for step in steps:
        if merged and _may_share(merged[-1], step):
            merged[-1] = _join(merged[-1], step)
        else:
            merged.append(step)
    return merged


def _may_share(first: Step, second: Step) -> bool:
    fields = _fields(first) | _fields(second)
    return any(fields <= allowed for allowed in MAY_SHARE)


def _fields(step: Step) -> frozenset[str]:
    fields = set(step.arguments) - {"TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates"}
    for update in step.arguments.get("GlobalSecondaryIndexUpdates", ()):
        for action, content in update.items():
            fields |= {_index_field(action, content)}
    return frozenset(fields)


def _index_field(action: str, content: dict[str, Any]) -> str:
    if action == "Update" and "ProvisionedThroughput" in content:
        return "index throughput"
    if action == "Update" and "OnDemandThroughput" in content:
        return "index limit"
    return f"index {action}"


def _join(first: Step, second: Step) -> Step:
    updates = [
        *first.arguments.get("GlobalSecondaryIndexUpdates", ()),
        *second.arguments.get("GlobalSecondaryIndexUpdates", ()),
    ]
    joined = {"GlobalSecondaryIndexUpdates": updates} if updates else {}
    return replace(
        first,
        arguments={**first.arguments, **second.arguments, **joined},
        purpose=f"{first.purpose}; {second.purpose}",
        changes=first.changes + second.changes,
        before=tuple(dict.fromkeys(first.before + second.before)),
        after=tuple(dict.fromkeys(first.after + second.after)),
    )
