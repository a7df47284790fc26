# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definitions beside the tables that a runbook is about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .entry import AwsModule, parse_or_fail
from .spec import TableSpec, parse_tables

DEFINITIONS_OPTION: dict[str, Any] = {"definitions": {"type": "list", "elements": "dict", "default": []}}


def declared(module: AwsModule, names: Collection[str]) -> dict[str, TableSpec]:
    """What the module's definitions want of these tables, by name; ends the module where any of them is wrong."""
    specs = parse_or_fail(module, parse_tables, module.params["definitions"])
    return {spec.name: spec for spec in specs if spec.name in names}
