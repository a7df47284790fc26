# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that make a table, out of its definition alone: those of the plan for a table that is not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .plan import plan_table
from .spec import TableSpec
from .state import TableState


@dataclass(frozen=True)
class Creation:
    """create: the arguments of CreateTable; empty where the definition cannot create a table.

    later: operation and arguments of the calls after it.
    """

    create: Mapping[str, Any]
    later: tuple[tuple[str, Mapping[str, Any]], ...] = ()


def creation(spec: TableSpec) -> Creation:
    """How a table is made. A key is named as the definition names it."""
    if not spec.creatable:
        return Creation({})
    first, *later = plan_table(spec, TableState(spec.name, description={})).steps
    return Creation(first.arguments, tuple((step.operation, step.arguments) for step in later))
