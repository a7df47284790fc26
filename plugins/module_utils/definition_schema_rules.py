# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the JSON Schema of definitions says of options that depend on each other, and of bounds and characters. Pure.

A template passes everywhere: keywords for objects, arrays and numbers leave texts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .settings.billing import PAY_PER_REQUEST, PROVISIONED
from .settings.capacity import ON_DEMAND_FLOOR, ON_DEMAND_OPTION, PROVISIONED_OPTION, UNLIMITED, WARM_OPTION
from .settings.encryption import AWS_OWNED
from .settings.pitr import DEFAULT_DAYS
from .settings.tags import ALLOWED, MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS

Schema = dict[str, Any]

# Letters of other scripts are allowed, but patterns name them otherwise in each program that reads a schema.
REFUSED = "".join(letter for letter in map(chr, range(ord(" "), 0x7F)) if not ALLOWED.fullmatch(letter))
TAG_CHARACTERS = "^[^" + "".join(f"\\{letter}" if letter in r"\]^-[" else letter for letter in REFUSED) + "]*$"
TAGS: Schema = {
    "type": "object",
    "maxProperties": MAX_TAGS,
    "propertyNames": {
        "minLength": 1,
        "maxLength": MAX_TAG_KEY,
        "pattern": TAG_CHARACTERS,
        "not": {"pattern": "^[aA][wW][sS]:"},
    },
    "additionalProperties": {
        "anyOf": [
            {"type": ["string", "number"], "maxLength": MAX_TAG_VALUE, "pattern": TAG_CHARACTERS},
            {"$ref": "#/$defs/template"},
        ]
    },
}

UNITS = [name for option in (PROVISIONED_OPTION, ON_DEMAND_OPTION, WARM_OPTION) for name in option["options"]]
# By the last part of an option's path: the least and the most of a number, and what is allowed beside them.
LEAST = {"limit": 1, "recovery_period_days": 1, **dict.fromkeys(UNITS, 1)}
MOST = {"recovery_period_days": DEFAULT_DAYS}
BESIDE = dict.fromkeys(ON_DEMAND_OPTION["options"], UNLIMITED)

NOTHING: Schema = {"maxProperties": 0}
WARM: Schema = {
    "properties": {
        "read_units_per_second": {"minimum": ON_DEMAND_FLOOR.read},
        "write_units_per_second": {"minimum": ON_DEMAND_FLOOR.write},
    }
}


def _where(name: str, value: Any, then: Schema) -> Schema:
    return {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": then}


def _where_on(then: Schema) -> Schema:
    """Where C(enabled) is true or, that being its default, not said."""
    return {"if": {"properties": {"enabled": {"const": True}}}, "then": then}


# By the path of an object, the definition's own being empty: rules between its options.
TOGETHER: Mapping[str, list[Schema]] = {
    "": [
        {
            "if": {"properties": {"sort_key": {"minLength": 1}}, "required": ["sort_key"]},
            "then": {"required": ["partition_key"]},
        },
        {
            "if": {
                "properties": {"local_indexes": {"type": "array", "minItems": 1}},
                "required": ["partition_key", "local_indexes"],
            },
            "then": {"required": ["sort_key"]},
        },
        _where(
            "billing_mode",
            PROVISIONED,
            {
                "properties": {
                    "on_demand_throughput": NOTHING,
                    "global_indexes": {
                        "items": {
                            "properties": {"on_demand_throughput": NOTHING},
                            "required": ["provisioned_throughput"],
                        }
                    },
                },
                "required": ["provisioned_throughput"],
            },
        ),
        _where(
            "billing_mode",
            PAY_PER_REQUEST,
            {
                "properties": {
                    "provisioned_throughput": NOTHING,
                    "warm_throughput": WARM,
                    "global_indexes": {
                        "items": {"properties": {"provisioned_throughput": NOTHING, "warm_throughput": WARM}}
                    },
                }
            },
        ),
    ],
    "encryption": [_where("type", AWS_OWNED, {"properties": {"key": {"maxLength": 0}}})],
    "pitr": [_where("enabled", False, {"properties": {"recovery_period_days": False}})],
    "stream": [
        _where("enabled", False, {"properties": {"view_type": False}}),
        _where_on({"required": ["view_type"]}),
    ],
    "ttl": [_where_on({"required": ["attribute"]})],
}
