# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the engine share: a table to begin with, and ways to run the engine against the model of AWS."""

from __future__ import annotations

from typing import Any

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome, Run, converge, observe
from ansible_collections.auditflow.dynamodb.plugins.module_utils.plan import Plan, plan_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table

from .aws_model import AwsModel

Definition = dict[str, Any]

NAME = "Orders"
ATTRIBUTES = {"order_id": "S", "customer_id": "S", "placed_at": "S", "total": "N"}
BY_CUSTOMER: Definition = {"name": "by-customer", "partition_key": "customer_id", "sort_key": "placed_at"}
BY_TOTAL: Definition = {"name": "by-total", "partition_key": "total", "projection": "KEYS_ONLY"}
UNITS = {"read_capacity_units": 5, "write_capacity_units": 5}
MORE_UNITS = {"read_capacity_units": 10, "write_capacity_units": 5}
ON_DEMAND: Definition = {"billing_mode": "PAY_PER_REQUEST"}
PROVISIONED: Definition = {"billing_mode": "PROVISIONED", "provisioned_throughput": UNITS}
TTL_INTERVAL = "Time to live has been modified multiple times within a fixed interval"
TWO_HOURS = 7200

AT_ONCE = Run(patience=Patience(wait=False))
CHECK = Run(check=True)


def table(**options: Any) -> Definition:
    """A definition of the table the tests begin with, and these options."""
    return {"name": NAME, "attributes": ATTRIBUTES, "partition_key": "order_id", **options}


def only(**options: Any) -> Definition:
    """A definition that manages these options of the table and nothing else."""
    return {"name": NAME, "attributes": ATTRIBUTES, **options}


def run(model: AwsModel, definition: Definition, how: Run | None = None) -> Outcome:
    return converge(parse_table(definition), model.aws(), how or Run())


def made(definition: Definition) -> AwsModel:
    """A model in which the table was made two hours ago, and no calls are remembered."""
    model = AwsModel()
    outcome = run(model, definition)
    assert outcome.error is None, outcome.error
    model.sleep(TWO_HOURS)
    forget(model)
    return model


def forget(model: AwsModel) -> None:
    model.calls.clear()
    model.refused.clear()


def plan(model: AwsModel, definition: Definition) -> Plan:
    spec = parse_table(definition)
    return plan_table(spec, observe(spec, model.aws()))


def written(model: AwsModel) -> list[str]:
    """What was written, shortly: the operation, or the fields of an UpdateTable."""
    return [_short(operation, arguments) for operation, arguments in model.writes]


def shortly(plan: Plan) -> list[str]:
    """The steps of a plan in the same words."""
    return [_short(step.operation, dict(step.arguments)) for step in plan.steps]


def _short(operation: str, arguments: dict[str, Any]) -> str:
    if operation != "UpdateTable":
        return operation
    fields = [
        name for name in arguments if name not in ("TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates")
    ]
    updates = arguments.get("GlobalSecondaryIndexUpdates", ())
    for update in updates:
        ((action, content),) = update.items()
        changed = [name for name in content if name != "IndexName"] if action == "Update" else []
        fields.append(" ".join([action.lower(), content["IndexName"], *changed]))
    return ", ".join(fields)
