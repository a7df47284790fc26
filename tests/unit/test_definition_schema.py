# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of definitions takes what is right, and finds the mistakes that an editor can find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

from ansible_collections.auditflow.dynamodb.plugins.filter.definition_schema import definition_schema
from ansible_collections.auditflow.dynamodb.plugins.module_utils.definition_schema import plain

from .strategies import definitions

ROOT = Path(__file__).resolve().parents[2]
WRONG = sorted((Path(__file__).parent / "definitions").glob("*.yml"))
# What the keywords of a schema cannot tell: names that others give, sums, and what an expression says.
ONLY_AS_A_WHOLE = {
    "attribute_bounds_crossed",
    "attribute_key_optional",
    "index_key_twice",
    "index_key_without_type",
    "index_name_twice",
    "key_of_document_type",
    "key_without_type",
    "local_index_name_of_global",
    "local_index_name_twice",
    "local_index_on_partition_key",
    "name_twice",
    "pattern_filter_contains_number",
    "pattern_filter_not_projected",
    "pattern_filter_on_key",
    "pattern_filter_part_of_list",
    "pattern_filter_undeclared",
    "pattern_index_unknown",
    "pattern_key_condition_or",
    "pattern_key_condition_twice",
    "pattern_key_condition_unfinished",
    "pattern_name_twice",
    "pattern_of_other_key",
    "pattern_parameter_of_other_type",
    "pattern_parameter_undeclared",
    "pattern_parameter_unused",
    "pattern_partition_key_range",
    "pattern_placeholder",
    "pattern_sort_key_unequal",
    "pattern_without_partition_key",
    "projection_include_over_100",
    "sort_key_is_partition_key",
    "tags_over_10240_bytes",
    "ttl_on_text_key",
}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = definition_schema("Tables")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def mistakes(validator: Draft202012Validator, tables: Any) -> list[str]:
    return [error.json_path for error in validator.iter_errors({"tables_definitions": tables})]


def test_the_shipped_definitions_fit_as_they_are_written(validator: Draft202012Validator) -> None:
    for path in ("roles/tables/defaults/main/auditflow.yml", *map(str, ROOT.glob("inventories/*/group_vars/all.yml"))):
        found = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
        assert [error.message for error in validator.iter_errors(found)] == [], path


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_an_editor_tells(path: Path, validator: Draft202012Validator) -> None:
    found = mistakes(validator, yaml.safe_load(path.read_text(encoding="utf-8"))["tables"])
    assert bool(found) != (path.stem in ONLY_AS_A_WHOLE)


def test_only_mistakes_that_there_are_go_untold() -> None:
    assert {path.stem for path in WRONG} >= ONLY_AS_A_WHOLE


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
        {"on_demand_throughput": {"max_read_request_units": -1, "max_write_request_units": "{{ most }}"}},
        {"billing_mode": "PAY_PER_REQUEST", "on_demand_throughput": {}, "warm_throughput": "{{ warm }}"},
        {"billing_mode": "PROVISIONED", "provisioned_throughput": "{{ units }}", "global_indexes": ["{{ index }}"]},
        {
            "billing_mode": "{{ mode }}",
            "stream": {"enabled": "{{ with_stream }}"},
            "ttl": {"enabled": "{{ with_ttl }}"},
        },
        {"tags": {"Größe": "größer", "owner": "{{ owners | join(', ') }}"}},
        {"stream": {"enabled": False}, "ttl": {"enabled": False}, "pitr": {"enabled": False}},
        {"encryption": {"type": "AWS_OWNED", "key": ""}, "sort_key": "", "local_indexes": []},
    ],
)
def test_what_may_stand_there(definition: dict[str, Any], validator: Draft202012Validator) -> None:
    assert mistakes(validator, [{"name": "orders", **definition}]) == []


@given(definitions())
def test_it_takes_what_is_right(validator: Draft202012Validator, definition: dict[str, Any]) -> None:
    assert mistakes(validator, [definition]) == []


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
