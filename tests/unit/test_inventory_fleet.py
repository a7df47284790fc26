# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as hosts: which are meant, what is told of them, what they are called, and what a failure means."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.inventory import tables as plugin
from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import DefinitionError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet import (
    Account,
    Failure,
    Place,
    Selection,
    account_id,
    clashes,
    connection,
    host_name,
    parse_accounts,
    table_facts,
    verdict,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import TableState

ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
ROLE = "arn:aws:iam::111122223333:role/tables-operator"
HERE = Place(Account(), "eu-west-1")
BARE = {"TableName": "orders", "TableArn": ARN, "TableStatus": "ACTIVE", "KeySchema": [], "AttributeDefinitions": []}


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), ["orders", "orders-old", "Customers"]),
        (Selection(names=("orders*",)), ["orders", "orders-old"]),
        (Selection(names=("orders", "C*")), ["orders", "Customers"]),
        (Selection(names=("customers",)), []),
        (Selection(without=("*-old",)), ["orders", "Customers"]),
        (Selection(names=("orders*",), without=("*",)), []),
        (Selection(names=("[oC]*",), without=("order?",)), ["orders-old", "Customers"]),
    ],
)
def test_names_decide(selection: Selection, names: list[str]) -> None:
    assert selection.of(["orders", "orders-old", "Customers"]) == names
    assert not selection.needs_tags


@pytest.mark.parametrize(
    ("with_tags", "without_tags", "taken"),
    [
        ({}, {}, True),
        ({"team": "shop"}, {}, True),
        ({"team": ""}, {}, True),
        ({"team": "Shop"}, {}, False),
        ({"team": "shop", "stage": ""}, {}, False),
        ({}, {"team": "shop"}, False),
        ({}, {"team": ""}, False),
        ({}, {"team": "bank", "stage": ""}, True),
        ({"team": ""}, {"empty": ""}, False),
    ],
)
def test_tags_decide(with_tags: dict[str, str], without_tags: dict[str, str], taken: bool) -> None:
    selection = Selection(tags=with_tags, without_tags=without_tags)
    assert selection.takes({"team": "shop", "empty": ""}) is taken
    assert selection.needs_tags is bool(with_tags or without_tags)


def test_accounts() -> None:
    given_accounts = [
        {"name": "production", "assume_role_arn": ROLE, "external_id": "x", "regions": ["eu-west-1"]},
        {"name": "own"},
    ]
    assert parse_accounts(given_accounts) == (
        Account("production", "", ROLE, "x", ("eu-west-1",)),
        Account("own"),
    )


@pytest.mark.parametrize(
    ("accounts", "problems"),
    [
        (["production"], ["accounts[0]: must be a dictionary with"]),
        ([{}], ["accounts[0].name: is required"]),
        ([{"name": "a.b"}], ["accounts[0].name: must be letters, digits, _ and -, not 'a.b'"]),
        ([{"name": "a"}, {"name": "a"}], ["accounts[1].name: 'a' is there twice"]),
        ([{"name": "a", "assume_role": ROLE}], ["accounts[0].assume_role: unknown option; did you mean"]),
        ([{"name": "a", "secret_key": "x"}], ["accounts[0].secret_key: unknown option"]),
        ([{"name": "a", "assume_role_arn": "operator"}], ["accounts[0].assume_role_arn: must be the ARN of a role"]),
        ([{"name": "a", "external_id": "x"}], ["accounts[0].external_id: belongs to assume_role_arn"]),
        ([{"name": "a", "regions": "eu-west-1"}], ["accounts[0].regions: must be a list"]),
        ([{"name": "a b"}, {"profile": "x"}], ["accounts[0].name: must be letters", "accounts[1].name: is required"]),
    ],
)
def test_wrong_accounts_are_told_all_at_once(accounts: list[Any], problems: list[str]) -> None:
    with pytest.raises(DefinitionError) as error:
        parse_accounts(accounts)
    assert [found[: len(wanted)] for found, wanted in zip(error.value.problems, problems, strict=True)] == problems


def test_facts_of_a_bare_table() -> None:
    facts = table_facts(TableState("orders", BARE), HERE, {"ttl": "no permission"})
    assert facts["account_id"] == "111122223333"
    assert (facts["billing_mode"], facts["class"], facts["encryption"]) == ("PROVISIONED", "STANDARD", "AWS_OWNED")
    assert facts["deletion_protection"] is False
    assert facts["unavailable"] == {"ttl": "no permission"}
    # Nobody looked: "off" would be a lie.
    assert not {"ttl", "pitr", "tags", "recovery_period_days"} & set(facts)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}}, {"ttl": ""}),
        (
            {
                "DescribeTimeToLive": {
                    "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLING", "AttributeName": "expires"}
                }
            },
            {"ttl": "expires"},
        ),
        (
            {
                "DescribeContinuousBackups": {
                    "ContinuousBackupsDescription": {
                        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}
                    }
                }
            },
            {"pitr": True, "recovery_period_days": 35},
        ),
        ({"DescribeContinuousBackups": {}}, {"pitr": False, "recovery_period_days": 0}),
        (
            {"ListTagsOfResource": {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]}},
            {"tags": {"aws:cloudformation:stack-name": "shop"}},
        ),
    ],
)
def test_facts_of_parts(answers: dict[str, Any], told: dict[str, Any]) -> None:
    bare = table_facts(TableState("orders", BARE), HERE, {})
    assert table_facts(TableState("orders", BARE, answers), HERE, {}) == {**bare, **told}


def test_facts_of_a_table_with_everything() -> None:
    index = {"IndexName": "by-total", "KeySchema": [{"AttributeName": "total", "KeyType": "HASH"}]}
    projection = {"Projection": {"ProjectionType": "ALL"}, "IndexStatus": "ACTIVE"}
    described = {
        **BARE,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "total")],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "SSEDescription": {"SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k"},
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "LatestStreamArn": f"{ARN}/stream/1",
        "GlobalSecondaryIndexes": [{**index, **projection}],
        "Replicas": [{"RegionName": "us-east-1"}, {"RegionName": "ap-south-1"}],
        "ItemCount": 12,
        "TableSizeBytes": 3456,
        "DeletionProtectionEnabled": True,
    }
    facts = table_facts(TableState("orders", described), Place(Account("production"), "eu-west-1"), {})
    expected = {
        "account": "production",
        "partition_key": "id",
        "sort_key": "at",
        "billing_mode": "PAY_PER_REQUEST",
        "read_capacity": 0,
        "class": "STANDARD_INFREQUENT_ACCESS",
        "encryption": "KMS",
        "kms_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/k",
        "stream": "NEW_IMAGE",
        "stream_arn": f"{ARN}/stream/1",
        "global_indexes": ["by-total"],
        "replicas": ["ap-south-1", "us-east-1"],
        "item_count": 12,
        "size_bytes": 3456,
        "deletion_protection": True,
    }
    assert {name: facts[name] for name in expected} == expected
    json.dumps(facts)


names = st.from_regex(r"[A-Za-z0-9_.-]{3,20}", fullmatch=True)
accounts = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
places = st.sampled_from(["eu-west-1", "us-east-1", "us-gov-west-1", "ap-southeast-2"])


@given(st.booleans(), st.data())
def test_no_two_tables_have_one_name(many: bool, data: st.DataObject) -> None:
    table = st.tuples(accounts if many else st.just(""), names, places)
    found = data.draw(st.lists(table, min_size=2, unique=True))
    hosts = {host_name({"account": account, "name": name, "region": region}) for account, name, region in found}
    assert len(hosts) == len(found)


FACTS = {"name": "orders", "region": "eu-west-1", "account_id": "111122223333"}
HOST = {
    "ansible_connection": "local",
    "dynamodb_table": "orders",
    "dynamodb_region": "eu-west-1",
    "tables_account_id": "111122223333",
}
NO_KEYS = {"dynamodb_access_key": "", "dynamodb_secret_key": "", "dynamodb_session_token": ""}


@pytest.mark.parametrize(
    ("account", "endpoint", "more"),
    [
        (Account(), "", {}),
        (Account(), "http://127.0.0.1:5050", {"dynamodb_endpoint": "http://127.0.0.1:5050"}),
        (Account(profile="shop"), "", {"dynamodb_profile": "shop", **NO_KEYS}),
        (Account("a", role_arn=ROLE), "", {"dynamodb_role_arn": ROLE}),
        (
            Account("a", "shop", ROLE, "x"),
            "",
            {
                "dynamodb_profile": "shop",
                **NO_KEYS,
                "dynamodb_role_arn": ROLE,
                "dynamodb_role_external_id": "x",
            },
        ),
    ],
)
def test_how_a_playbook_reaches_a_table(account: Account, endpoint: str, more: dict[str, str]) -> None:
    assert connection(FACTS, account, endpoint) == {**HOST, **more}


def test_an_arn_without_an_account_guards_nothing() -> None:
    assert account_id("table/orders") == ""
    assert "tables_account_id" not in connection({**FACTS, "account_id": ""}, Account(), "")


def test_one_account_under_two_names() -> None:
    def table(account: str, arn: str) -> dict[str, str]:
        return {"account": account, "arn": arn, "account_id": account_id(arn)}

    elsewhere = ARN.replace("1111", "4444")
    assert clashes([table("a", ARN), table("b", elsewhere)]) == []
    found = clashes([table("a", ARN), table("b", ARN), table("a", ARN + "2"), table("b", ARN + "2")])
    assert found == ["b and a are both account 111122223333"]


DENIED = Failure("eu-west-1", "ListTables", "no permission", denied=True)
DOWN = Failure("us-east-1", "ListTables", "nobody there")
MILD = Failure("eu-west-1", "DescribeTimeToLive", "no such call", mild=True)


@pytest.mark.parametrize(
    ("strict_permissions", "strict", "ending"),
    [
        (True, True, ["eu-west-1: no permission", "us-east-1: nobody there"]),
        (False, True, ["us-east-1: nobody there"]),
        (True, False, ["eu-west-1: no permission"]),
        (False, False, []),
    ],
)
def test_what_ends_it_and_what_is_told(strict_permissions: bool, strict: bool, ending: list[str]) -> None:
    everything = {"eu-west-1: no permission", "us-east-1: nobody there", "eu-west-1: no such call"}
    ends, told = verdict([DENIED, DOWN, MILD], strict_permissions, strict)
    assert ends == ending
    # Nothing is lost on the way.
    assert {*ends, *told} == everything


def test_the_same_is_told_once_for_a_place() -> None:
    parts = [Failure(where, "DescribeTimeToLive", f"{where} {name}") for where in ("a", "b") for name in "xyz"]
    ends, told = verdict(parts, True, False)
    assert ends == []
    assert told == ["a: a x (2 more like this)", "b: b x (2 more like this)"]


def test_every_fact_is_documented() -> None:
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    text = " ".join(documentation["notes"])
    reads = ("DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource")
    answers: dict[str, Any] = {read: {} for read in reads}
    facts = table_facts(TableState("orders", BARE, answers), HERE, {})
    documented = set(re.findall(r"C\((\w+)\)", text))
    assert set(facts) <= documented
    variables = connection(FACTS, Account("a", "shop", ROLE, "x"), "http://127.0.0.1:5050")
    assert set(variables) - set(NO_KEYS) <= documented


def test_the_examples_are_files_that_the_plugin_takes() -> None:
    options = set(yaml.safe_load(plugin.DOCUMENTATION)["options"])
    of_fragments = {"cache", "cache_plugin", "cache_connection", "cache_timeout"}
    of_fragments |= {"compose", "groups", "keyed_groups", "strict", "profile"}
    examples = list(yaml.safe_load_all(plugin.EXAMPLES))
    assert len(examples) == 3
    for example in examples:
        assert set(example) <= options | of_fragments
        parse_accounts(example.get("accounts", []))


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("tables.dynamodb.yml", True),
        ("tables.dynamodb.yaml", True),
        ("production.dynamodb.yml", True),
        ("dynamodb.yml", False),
        ("tables.yml", False),
        ("tables.dynamodb.json", False),
        ("tables.dynamodb.yml.bak", False),
    ],
)
def test_which_files_it_takes(name: str, taken: bool, tmp_path: Any) -> None:
    (tmp_path / name).touch()
    module = plugin.InventoryModule()
    assert module.verify_file(str(tmp_path / name)) is taken
    assert not module.verify_file(str(tmp_path / f"missing-{name}"))
