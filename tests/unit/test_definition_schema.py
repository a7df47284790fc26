# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of definitions takes what is right, and finds the mistakes that an editor can find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ansible_collections.auditflow.dynamodb.plugins.filter.definition_schema import definition_schema
from ansible_collections.auditflow.dynamodb.plugins.module_utils.definition_schema import plain

ROOT = Path(__file__).resolve().parents[2]
WRONG = sorted((Path(__file__).parent / "definitions").glob("*.yml"))
# What an editor cannot tell: rules between options, and counts and sizes that AWS has.
ONLY_AS_A_WHOLE = (
    "attribute_bounds_crossed",
    "attribute_key_optional",
    "billing_",
    "encryption_key_of_aws_owned",
    "index_key_",
    "index_name_twice",
    "index_throughput_",
    "index_warm_below_floor",
    "key_",
    "local_index_",
    "name_twice",
    "partition_key_empty",
    "pattern_",
    "pitr_off_with_period",
    "projection_include_over_100",
    "sort_key_",
    "stream_",
    "tags_",
    "ttl_",
    "warm_below_floor",
)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = definition_schema("Tables")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(validator: Draft202012Validator, definitions: Any) -> list[str]:
    return [error.json_path for error in validator.iter_errors({"tables_definitions": definitions})]


def test_the_shipped_definitions_fit_as_they_are_written(validator: Draft202012Validator) -> None:
    for path in ("roles/tables/defaults/main/auditflow.yml", *map(str, ROOT.glob("inventories/*/group_vars/all.yml"))):
        found = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(found)] == [], path


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_an_editor_tells(path: Path, validator: Draft202012Validator) -> None:
    found = mistakes(validator, yaml.safe_load(path.read_text(encoding="utf-8"))["tables"])
    if not path.stem.startswith(ONLY_AS_A_WHOLE):
        assert found


def test_many_are_told(validator: Draft202012Validator) -> None:
    told = [path for path in WRONG if mistakes(validator, yaml.safe_load(path.read_text(encoding="utf-8"))["tables"])]
    assert len(told) >= 50


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"ttl": {"attribut": "ttl"}}, "$.tables_definitions[0].ttl"),
        ({"billing_mode": "ON_DEMAND"}, "$.tables_definitions[0].billing_mode"),
        ({"attributes": {"id": {"type": "S", "fields": {}}}}, "$.tables_definitions[0].attributes.id"),
        ({"attributes": {"id": {"type": "N", "format": "uuid"}}}, "$.tables_definitions[0].attributes.id"),
        ({"global_indexes": [{"name": "by-x"}]}, "$.tables_definitions[0].global_indexes[0]"),
        ({"access_patterns": [{"name": "all"}]}, "$.tables_definitions[0].access_patterns[0]"),
    ],
)
def test_it_points_at_the_mistake(definition: dict[str, Any], path: str, validator: Draft202012Validator) -> None:
    (found,) = mistakes(validator, [{"name": "orders", **definition}])
    assert path.startswith(found)
    assert found != "$"


@pytest.mark.parametrize(
    "definition",
    [
        {
            "tags": "{{ our_tags }}",
            "encryption": "{{ ours }}",
            "global_indexes": "{{ indexes }}",
            "name": "{{ stage }}-orders",
        },
        {"deletion_protection": "{{ stage == 'production' }}", "pitr": {"recovery_period_days": "{{ days }}"}},
        {"tags": {"number": 5}, "pitr": {"recovery_period_days": "7"}},
        {"attributes": {"id": "S", "lines": {"type": "L", "elements": {"type": "M", "fields": {"sku": "S"}}}}},
        {"global_indexes": [{"name": "by-x", "partition_key": ["a", "b"], "projection": {"include": ["c"]}}]},
    ],
)
def test_what_may_stand_there(definition: dict[str, Any], validator: Draft202012Validator) -> None:
    assert mistakes(validator, [{"name": "orders", **definition}]) == []


def test_every_option_is_described() -> None:
    def undescribed(schema: Any, path: str) -> list[str]:
        found = []
        for name, option in (schema.get("properties") or {}).items():
            found += [] if "description" in option else [f"{path}.{name}"]
            for part in (option, *option.get("anyOf", ()), option.get("items") or {}):
                found += undescribed(part, f"{path}.{name}")
        return found

    assert undescribed(definition_schema("x")["$defs"]["definition"], "") == []


def test_markup_is_gone() -> None:
    assert plain("Of M(auditflow.dynamodb.table), V(true), L(AWS, https://aws.example)") == (
        "Of auditflow.dynamodb.table, true,  https://aws.example"
    )
