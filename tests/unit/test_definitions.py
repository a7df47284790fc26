# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong definitions: each file of `definitions` holds tables and every problem that must be told of them, in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.auditflow.dynamodb.plugins.filter.definition_problems import definition_problems
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_names, parse_table, parse_tables

FILES = sorted((Path(__file__).parent / "definitions").glob("*.yml"))
KEY = {"attributes": {"id": "S"}, "partition_key": "id"}


def problems_of(parse: Any, definition: Any) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        parse(definition)
    return list(caught.value.problems)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_problem_is_told_with_its_path_and_what_is_allowed(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    assert definition_problems(case["tables"]) == case["problems"]
    assert (len(case["problems"]) == 1) == (file.stem != "many_mistakes")


def test_there_are_many() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("file", [file for file in FILES if file.stem not in ("many_mistakes", "name_twice")], ids=str)
def test_the_problem_of_a_single_table_has_no_position(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    told = problems_of(parse_table, case["tables"][0])
    assert told == [problem.removeprefix("tables[0]").lstrip(".: ") for problem in case["problems"]]


@pytest.mark.parametrize(
    ("definitions", "problems"),
    [
        ("Orders", ["tables: must be a list of definitions, not str"]),
        ({"name": "Orders"}, ["tables: must be a list of definitions, not dict"]),
        (None, ["tables: must be a list of definitions, not NoneType"]),
        ([{}], ["tables[0].name: is required"]),
        ([[]], ["tables[0]: must be a dictionary with name, not a list"]),
        (
            [{"name": "a"}],
            ["tables[0].name: 'a' is not a valid name: 3 to 255 characters out of a-z, A-Z, 0-9, '_', '-' and '.'"],
        ),
        ([{"name": "one"}, {"name": "one"}], ["tables[1].name: 'one' is the name of tables[0] too"]),
    ],
)
def test_wrong_names_of_tables_to_delete(definitions: Any, problems: list[str]) -> None:
    assert problems_of(parse_names, definitions) == problems


def test_of_a_table_to_delete_only_the_name_counts() -> None:
    assert parse_names([{"name": "Orders", "partition_key": 5, "nonsense": True}]) == ("Orders",)


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("ttl", 5, "ttl: must be a dictionary with attribute, enabled, retention, timestamp, not '5'"),
        ("stream", True, "stream: must be a dictionary with enabled, view_type, not true"),
        ("ttl", {"attribute": False}, "ttl.attribute: must be a string, not false"),
        ("stream", {"view_type": "ALL"}, None),
        ("global_indexes", ["by-total"], None),
        ("attributes", ["id"], "attributes: must be a dictionary, not a list"),
        (
            "attributes",
            {"id": {"type": "S", "note": "x"}},
            (
                "attributes.id.note: unknown option; allowed are description, elements, fields, format, maximum, "
                "minimum, optional, type, values"
            ),
        ),
        ("on_demand_throughput", {"max_read_request_units": "--5"}, None),
        ("on_demand_throughput", {"max_read_request_units": "²"}, None),
        ("on_demand_throughput", {"max_read_request_units": True}, None),
        ("tags", {"empty": None}, "tags.empty: must be a string: quote it"),
        ("tags", {"list": [1]}, "tags.list: must be a string: quote it"),
        ("ttl", {"attribute": "a" * 256}, "ttl.attribute: has 256 characters; 1 to 255 are allowed"),
    ],
)
def test_a_wrong_value_is_told_once(option: str, value: Any, problem: str | None) -> None:
    told = problems_of(parse_table, {"name": "Orders", option: value})
    assert told == [problem] if problem else len(told) == 1


def test_a_key_attribute_has_a_name_of_at_most_255_characters() -> None:
    name = "k" * 256
    told = problems_of(parse_table, {"name": "Orders", "attributes": {name: "S"}, "partition_key": name})
    assert told == ["partition_key: has 256 characters; 1 to 255 are allowed"]


def test_included_attributes_of_local_indexes_count_too() -> None:
    names = [f"a{number}" for number in range(20)]
    include = {"include": names}
    definition = {
        "name": "Orders",
        "attributes": {"id": "S", "at": "S"},
        "partition_key": "id",
        "sort_key": "at",
        "local_indexes": [{"name": f"local-{number}", "sort_key": "at", "projection": include} for number in range(3)],
        "global_indexes": [
            {"name": f"index-{number}", "partition_key": "at", "projection": include} for number in range(3)
        ],
    }
    told = problems_of(parse_table, definition)
    assert told == ["global_indexes: and local_indexes include 120 attributes in all; AWS allows 100 a table"]


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"deletion_protection": "yes"}, {"deletion_protection": True}),
        ({"deletion_protection": "off"}, {"deletion_protection": False}),
        ({"pitr": {"recovery_period_days": "7"}}, {"pitr": {"enabled": True, "recovery_period_days": 7}}),
        ({"tags": {"year": 2026}}, {"tags": {"year": "2026"}}),
        ({"stream": {"view_type": "NEW_IMAGE"}}, {"stream": {"enabled": "true", "view_type": "NEW_IMAGE"}}),
        ({"encryption": {}}, {"encryption": {"type": "KMS"}}),
        ({**KEY, "sort_key": ""}, KEY),
        ({**KEY, "ttl": None, "tags": None}, KEY),
        ({"on_demand_throughput": {}}, {}),
        ({"warm_throughput": {}}, {}),
    ],
)
def test_what_means_the_same_is_parsed_to_the_same(given: dict[str, Any], same: dict[str, Any]) -> None:
    assert parse_table({"name": "Orders", **given}) == parse_table({"name": "Orders", **same})


def test_nothing_but_a_name_manages_nothing() -> None:
    spec = parse_table({"name": "Orders"})
    assert spec.wanted == {}
    assert not spec.creatable
    assert not spec.needs_description


@pytest.mark.parametrize(
    ("option", "value", "described"),
    [
        ("ttl", {"attribute": "expires"}, False),
        ("pitr", {}, False),
        ("tags", {"a": "b"}, True),
        ("deletion_protection", True, True),
        ("billing_mode", "PAY_PER_REQUEST", True),
    ],
)
def test_the_table_is_described_only_where_it_must_be(option: str, value: Any, described: bool) -> None:
    assert parse_table({"name": "Orders", option: value}).needs_description is described


def test_only_some_settings_can_be_managed() -> None:
    spec = parse_table({"name": "Orders", **KEY, "ttl": {"attribute": "expires"}, "pitr": {}})
    assert set(spec.only(["ttl", "keys"]).wanted) == {"keys", "ttl"}


def test_every_table_has_its_own_spec() -> None:
    specs = parse_tables([{"name": "one", **KEY}, {"name": "two", "ttl": {"enabled": False}}])
    assert [spec.name for spec in specs] == ["one", "two"]
