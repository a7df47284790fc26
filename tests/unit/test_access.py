# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access: what consumers are given, the documents that come of it, and what is to be done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.filter.access_problems import access_problems
from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_changes import (
    FoundPolicy,
    compare,
    nothing_wanted,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_options import ACTIONS, RIGHTS
from ansible_collections.auditflow.dynamodb.plugins.module_utils.access_policies import (
    LARGEST_POLICY,
    Policy,
    canonical,
    parse_access,
    policies,
    size,
    tables_in,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.iam import Place

MUMBAI = Place("aws", "ap-south-1", "111122223333")
KEY = "arn:aws:kms:ap-south-1:111122223333:key/1"
ORDERS: dict[str, Any] = {
    "name": "shop.orders-v2",
    "attributes": {"tenant": "S", "placed": "N", "state": "S", "total": "N", "note": "S"},
    "partition_key": "tenant",
    "sort_key": "placed",
    "local_indexes": [{"name": "by.total", "sort_key": "total", "projection": "KEYS_ONLY"}],
    "global_indexes": [
        {"name": "by-state", "partition_key": "state", "sort_key": "placed", "projection": "KEYS_ONLY"},
        {"name": "by-total", "partition_key": "total", "projection": "KEYS_ONLY"},
    ],
    "access_patterns": [
        {"name": "open", "index": "by-state", "parameters": {"state": "S"}, "key_condition": "state = :state"},
        {"name": "own", "parameters": {"tenant": "S"}, "key_condition": "tenant = :tenant"},
        {
            "name": "noted",
            "parameters": {"tenant": "S", "note": "S"},
            "key_condition": "tenant = :tenant",
            "filter": "note = :note",
        },
        {"name": "dear", "index": "by-total", "parameters": {"total": "N"}, "key_condition": "total = :total"},
    ],
    "encryption": {"type": "KMS", "key": "alias/shop"},
}
NUMBERS = {"name": "numbers", "attributes": {"n": "N"}, "partition_key": "n"}
TABLE = "arn:aws:dynamodb:ap-south-1:111122223333:table/shop.orders-v2"


def consumer(*tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Program", "tables": [{"name": ORDERS["name"], **table} for table in tables], **more}


def made(*consumers: dict[str, Any], place: Place = MUMBAI) -> tuple[Policy, ...]:
    return policies(parse_access([ORDERS, NUMBERS], list(consumers)), place, {"alias/shop": KEY})


def statements(*tables: dict[str, Any], place: Place = MUMBAI) -> list[dict[str, Any]]:
    """Those about tables."""
    document = made(consumer(*tables), place=place)[0].document
    return [each for each in document["Statement"] if not each["Sid"].startswith("CustomerKey")]


def key_statement(**table: Any) -> dict[str, Any]:
    (statement,) = (each for each in made(consumer(table))[0].document["Statement"] if "CustomerKey" in each["Sid"])
    return dict(statement)


def test_a_reader_gets_items_and_queries_every_index() -> None:
    items, queries = statements({"rights": "read"})
    assert items["Action"] == ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
    assert items["Resource"] == [TABLE]
    assert queries["Action"] == ["dynamodb:Query"]
    assert queries["Resource"] == [TABLE, *(f"{TABLE}/index/{name}" for name in ("by-state", "by-total", "by.total"))]


def test_a_writer_reads_nothing() -> None:
    (items,) = statements({"rights": "write"})
    assert {action.partition(":")[2] for action in items["Action"]} == set(RIGHTS["write"])
    assert items["Resource"] == [TABLE]


def test_a_pattern_is_a_query_of_what_it_is_about_and_nothing_else() -> None:
    for pattern, resource in (("open", f"{TABLE}/index/by-state"), ("own", TABLE)):
        (only,) = statements({"access_patterns": [pattern]})
        assert (only["Action"], only["Resource"]) == (["dynamodb:Query"], [resource])
        assert "Condition" not in only


def test_chosen_indexes() -> None:
    _items, queries = statements({"rights": "read", "indexes": ["by-state"]})
    assert queries["Resource"] == [TABLE, f"{TABLE}/index/by-state"]


def test_the_same_of_several_tables_is_one_statement() -> None:
    several = {"name": "Program", "tables": [{"name": name, "rights": "write"} for name in (ORDERS["name"], "numbers")]}
    document = made(several)[0].document
    assert [len(each["Resource"]) for each in document["Statement"]] == [2, 1]


def test_leading_keys_hold_for_a_request_that_has_some() -> None:
    """ForAllValues alone would let a request pass that has no leading key, as a scan."""
    items, queries = statements({"rights": "read", "leading_keys": ["acme"]})
    wanted = {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["acme"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    assert items["Condition"] == queries["Condition"] == wanted
    # by-state and by-total have other partition keys: their values would be compared with tenants.
    assert queries["Resource"] == [TABLE, f"{TABLE}/index/by.total"]


def test_leading_keys_may_be_patterns_and_variables() -> None:
    (only,) = statements({"access_patterns": ["open"], "leading_keys": ["OPEN", "${aws:PrincipalTag/state}-*"]})
    assert only["Condition"]["ForAllValues:StringLike"] == {
        "dynamodb:LeadingKeys": ["${aws:PrincipalTag/state}-*", "OPEN"]
    }


def test_attributes_bring_those_of_the_keys() -> None:
    (only,) = statements({"access_patterns": ["open"], "attributes": ["note"]})
    assert only["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["note", "placed", "state", "tenant"]},
        "Null": {"dynamodb:Attributes": "false"},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }


def test_an_update_of_attributes_does_not_answer_with_others() -> None:
    get, update = statements({"actions": ["UpdateItem", "GetItem"], "attributes": ["note"]})
    answers = {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW", "UPDATED_OLD"]}
    assert get["Action"] == ["dynamodb:GetItem"]
    assert get["Condition"]["StringEqualsIfExists"] == {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
    assert update["Action"] == ["dynamodb:UpdateItem"]
    assert update["Condition"]["StringEqualsIfExists"] == answers


@pytest.mark.parametrize(
    ("table", "actions"),
    [
        ({"rights": "read"}, ["kms:Decrypt", "kms:DescribeKey"]),
        ({"access_patterns": ["open"]}, ["kms:Decrypt", "kms:DescribeKey"]),
        ({"actions": ["PutItem"]}, ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]),
    ],
)
def test_the_customer_key_is_used_through_dynamodb(table: dict[str, Any], actions: list[str]) -> None:
    statement = key_statement(**table)
    assert statement["Action"] == actions
    assert statement["Resource"] == [KEY]
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "dynamodb.ap-south-1.amazonaws.com"}}


def test_keys_of_aws_need_nothing() -> None:
    program = {"name": "Program", "tables": [{"name": "numbers", "rights": "read_write"}]}
    for encryption in (None, {"type": "KMS"}, {"type": "AWS_OWNED"}, {"type": "KMS", "key": "alias/aws/dynamodb"}):
        access = parse_access([{**NUMBERS, **({"encryption": encryption} if encryption else {})}], [program])
        assert access.keys == ()
        assert "kms:" not in json.dumps(policies(access, MUMBAI, {})[0].document)


@pytest.mark.parametrize(
    ("place", "services"),
    [
        (Place("aws-us-gov", "us-gov-west-1", "111122223333"), "dynamodb.us-gov-west-1.amazonaws.com"),
        (
            Place("aws-cn", "cn-north-1", "111122223333"),
            ["dynamodb.cn-north-1.amazonaws.com", "dynamodb.cn-north-1.amazonaws.com.cn"],
        ),
    ],
)
def test_other_partitions(place: Place, services: Any) -> None:
    (policy,) = made(consumer({"rights": "read"}), place=place)
    first = f"arn:{place.partition}:dynamodb:{place.region}:111122223333:table/shop.orders-v2"
    assert policy.document["Statement"][0]["Resource"] == [first]
    assert policy.document["Statement"][-1]["Condition"] == {"StringEquals": {"kms:ViaService": services}}
    assert policy.arn == f"arn:{place.partition}:iam::111122223333:policy/auditflow.dynamodb/Program-{place.region}"


@given(
    st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True),
    st.lists(st.sampled_from(["open", "own"]), unique=True),
    st.sampled_from([None, ["by-state"], ["by.total", "by-total"]]),
)
def test_never_on_everything(actions: list[str], patterns: list[str], indexes: list[str] | None) -> None:
    chosen = {"indexes": indexes} if indexes and {"Query", "Scan"} & set(actions) else {}
    (policy,) = made(consumer({"actions": actions, "access_patterns": patterns, **chosen}))
    sids = [statement["Sid"] for statement in policy.document["Statement"]]
    assert len(set(sids)) == len(sids)
    for statement in policy.document["Statement"]:
        assert not any("*" in each for each in (*statement["Resource"], *statement["Action"]))
    asked = {f"dynamodb:{action}" for action in (*actions, *(["Query"] if patterns else []))}
    allowed = {action for each in policy.document["Statement"] for action in each["Action"] if "dynamodb" in action}
    assert allowed == asked
    assert tables_in(policy.document, MUMBAI) == {ORDERS["name"]}


FIRST = "access_consumers[0]"
ENTRY = f"{FIRST}.tables[0]"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, f"{FIRST}: must be a dictionary"),
        ({"name": "x"}, f"{FIRST}.tables: is required"),
        ({"name": "x", "tables": []}, f"{FIRST}.tables: names no table"),
        (consumer({"rights": "read"}, name="a b"), f"{FIRST}.name: 'a b' has characters"),
        (consumer({"rights": "read"}, name="x" * 120), f"{FIRST}.name: has 120 characters; at most 113"),
        (consumer({"rights": "read"}, description="x" * 1001), f"{FIRST}.description: has 1001 characters"),
        (consumer({"rights": "read"}, roles=["arn:aws:iam::1:role/x"]), f"{FIRST}.roles[0]: a role is given by its"),
        ({"name": "x", "tables": [{"name": "y", "rights": "read"}]}, f"{ENTRY}.name: no definition has the name 'y'"),
        (consumer({}), f"{ENTRY}: says nothing that is allowed"),
        (consumer({"rights": "reader"}), f"{ENTRY}.rights: must be one of read, write, read_write"),
        (consumer({"rights": "read", "actions": ["Scan"]}), f"{ENTRY}.actions: cannot be given together"),
        (consumer({"actions": ["DeleteTable"]}), f"{ENTRY}.actions[0]: unknown action 'DeleteTable'"),
        (consumer({"access_patterns": ["opn"]}), f"{ENTRY}.access_patterns[0]: unknown access pattern 'opn'"),
        (consumer({"rights": "read", "indexes": ["x"]}), f"{ENTRY}.indexes[0]: unknown index 'x'"),
        (consumer({"rights": "write", "indexes": ["by-state"]}), f"{ENTRY}.indexes: goes with rights or actions"),
        (consumer({"rights": "read", "leading_keys": []}), f"{ENTRY}.leading_keys: must be values"),
        (consumer({"rights": "read", "leading_keys": ["*"]}), f"{ENTRY}.leading_keys: must be values"),
        (consumer({"actions": ["Scan"], "leading_keys": ["x"]}), f"{ENTRY}.leading_keys: a scan has no"),
        (
            consumer({"rights": "read", "access_patterns": ["open"], "leading_keys": ["x"]}),
            f"{ENTRY}.leading_keys: the partition keys differ",
        ),
        (
            consumer({"access_patterns": ["dear"], "leading_keys": ["1"]}),
            f"{ENTRY}.leading_keys: IAM compares text; the partition key is total of type N",
        ),
        (consumer({"rights": "read", "attributes": ["x"]}), f"{ENTRY}.attributes[0]: 'x' is not among"),
        (
            consumer({"access_patterns": ["noted"], "attributes": ["placed"]}),
            f"{ENTRY}.attributes: the access pattern noted asks for note, too",
        ),
        (consumer({"rights": "write", "attributes": ["note"]}), f"{ENTRY}.attributes: BatchWriteItem, DeleteItem"),
    ],
)
def test_mistakes(value: Any, problem: str) -> None:
    (found,) = access_problems([ORDERS, NUMBERS], [value])
    assert found.startswith(problem)


def test_names_differ_for_iam_too() -> None:
    both = [consumer({"rights": "read"}), consumer({"rights": "write"}, name="PROGRAM")]
    assert access_problems([ORDERS], both) == [
        "access_consumers[1].name: 'PROGRAM' is the name of access_consumers[0] too, for IAM"
    ]
    assert access_problems([ORDERS], "x") == ["access_consumers: must be a list of consumers, not str"]


def test_a_policy_larger_than_iam_takes() -> None:
    many = [{**NUMBERS, "name": f"{at:02}" + "n" * 150} for at in range(40)]
    program = {"name": "Program", "tables": [{"name": table["name"], "rights": "write"} for table in many]}
    (problem,) = access_problems(many, [program])
    assert problem.startswith("access_consumers[0]: its policy has 8,735")
    assert problem.endswith("characters and IAM takes 6,144: divide it into several consumers")
    (fits,) = made(consumer({"rights": "read_write"}))
    assert size(fits.document) < LARGEST_POLICY


def test_what_iam_answers_in_another_form_is_the_same() -> None:
    asked = {"Statement": [{"Action": ["a"], "Resource": ["x", "y"]}, {"Action": ["b"]}]}
    answered = {"Statement": [{"Action": "b"}, {"Resource": ["y", "x"], "Action": "a"}]}
    assert canonical(asked) == canonical(answered)
    assert canonical(asked) != canonical({**asked, "Version": "2012-10-17"})


def found(policy: Policy, *roles: str, **more: Any) -> FoundPolicy:
    return FoundPolicy(policy.name, policy.arn, policy.document, tables_in(policy.document, MUMBAI), roles, **more)


def test_what_is_to_be_done() -> None:
    tables = (ORDERS["name"], "numbers")
    (wanted,) = made(consumer({"rights": "read"}, roles=["one", "two"]))
    (other,) = made({**consumer({"rights": "write"}), "name": "Old"})

    fresh = compare((wanted,), {}, tables, purge=False)
    assert [each["name"] for each in fresh.to_put] == ["Program-ap-south-1"]
    assert fresh.to_attach == [{"role": role, "attach": [wanted.arn], "detach": []} for role in ("one", "two")]

    there = {wanted.arn: found(wanted, "one", "two"), other.arn: found(other, "old")}
    same = compare((wanted,), there, tables, purge=False)
    assert same.in_sync
    assert same.lines()[-1] == "  . Old-ap-south-1 is for no consumer here; access_purge removes it"
    assert [each.name for each in compare((wanted,), there, tables, purge=True).delete] == ["Old-ap-south-1"]

    elsewhere = {wanted.arn: found(wanted, "one", "two", "three")}
    kept = compare((wanted,), elsewhere, tables, purge=False)
    assert kept.in_sync
    assert "also attached to three" in kept.lines()[-1]
    purged = compare((wanted,), elsewhere, tables, purge=True)
    assert purged.to_attach == [{"role": "three", "attach": [], "detach": [wanted.arn]}]
    (unattached,) = made(consumer({"rights": "read"}))
    assert compare((unattached,), elsewhere, tables, purge=True).in_sync, "somebody else attaches it"

    (more,) = made(consumer({"rights": "read_write"}, roles=["one", "two"]))
    changed = compare((more,), there, tables, purge=False)
    (put,) = changed.to_put
    # IAM keeps the description that a policy was made with, and the module warns where another is given.
    assert "description" not in put
    assert any(line.strip().startswith("+") and "dynamodb:PutItem" in line for line in changed.lines())


def test_what_goes_with_the_tables() -> None:
    own = made(consumer({"rights": "read"}))[0]
    both = {"name": "Both", "tables": [{"name": name, "rights": "read"} for name in (ORDERS["name"], "numbers")]}
    wide = made(both)[0]
    there = {own.arn: found(own, "one", others=("user ann",)), wide.arn: found(wide)}
    gone = nothing_wanted(there, [ORDERS["name"]])
    assert [each.name for each in gone.delete] == ["Program-ap-south-1"]
    assert gone.lines() == [
        "Program-ap-south-1: to be removed; attached to one, user ann",
        "  . Both-ap-south-1 stays: it is also for numbers",
    ]
    assert nothing_wanted(there, ["other"]).lines() == ["no policy of these tables"]
    assert len(nothing_wanted(there, [ORDERS["name"], "numbers"]).delete) == 2
