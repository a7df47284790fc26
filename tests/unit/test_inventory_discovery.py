# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding tables in regions and accounts: which calls are made, in which order, and what becomes of those that fail."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.clients import Clients
from ansible_collections.auditflow.dynamodb.plugins.module_utils.discovery import Discovery, Question, discover
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError
from ansible_collections.auditflow.dynamodb.plugins.module_utils.fleet import Account, Selection
from ansible_collections.auditflow.dynamodb.tests.unit.aws_client import FakeClient
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.aws_rules import refuse
from ansible_collections.auditflow.dynamodb.tests.unit.running import ON_DEMAND, forget, run, table

ROLE = "arn:aws:iam::444455556666:role/tables-operator"
KEYS = {"AccessKeyId": "id", "SecretAccessKey": "secret", "SessionToken": "token", "Expiration": "2030"}


@dataclass
class World:
    """One model for each account (its access key; empty for the plugin's own) and region."""

    models: dict[tuple[str, str], AwsModel]
    refusals: dict[str, tuple[str, str]] = field(default_factory=dict)
    global_calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    clients: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def new_client(self, service: str, region: str, credentials: Mapping[str, Any]) -> Any:
        self.clients.append((service, region, dict(credentials)))
        if service == "dynamodb":
            return FakeClient(self.models[credentials.get("aws_access_key_id") or "", region], service)
        return FakeClient(Around(self, region), service)

    def discover(self, *accounts: Account, **question: Any) -> Discovery:
        return discover(Question(accounts or (Account(),), **question), self.new_client)

    @property
    def calls(self) -> Counter[str]:
        return Counter(operation for model in self.models.values() for operation in model.operations)


@dataclass
class Around:
    """STS and EC2."""

    world: World
    region: str

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.world.global_calls.append((operation, self.region, copy.deepcopy(arguments)))
        if operation in self.world.refusals:
            refuse(*self.world.refusals[operation])
        if operation == "AssumeRole":
            return {"Credentials": KEYS}
        return {"Regions": [{"RegionName": region} for key, region in self.world.models if not key]}


def model(*names: str, **options: Any) -> AwsModel:
    made = AwsModel()
    for name in names:
        assert run(made, {**table(**ON_DEMAND, **options), "name": name}).error is None
    made.sleep(7200)
    forget(made)
    return made


@pytest.fixture
def world() -> World:
    tags = {"Project": "orders"}
    return World(
        {("", "eu-west-1"): model("Orders", "Prices", tags=tags), ("", "us-east-1"): model("Orders", tags=tags)}
    )


def found(discovery: Discovery) -> list[str]:
    return [f"{table.facts['account']}/{table.facts['region']}/{table.facts['name']}" for table in discovery.tables]


def test_every_part_of_every_table_is_read_once(world: World) -> None:
    discovery = world.discover(regions=("us-east-1", "eu-west-1", "us-east-1"))
    assert found(discovery) == ["/eu-west-1/Orders", "/eu-west-1/Prices", "/us-east-1/Orders"]
    assert discovery.failures == ()
    parts = ("DescribeTable", "ListTagsOfResource", "DescribeTimeToLive", "DescribeContinuousBackups")
    assert world.calls == {"ListTables": 2, **dict.fromkeys(parts, 3)}
    assert all(table.facts["tags"] == {"Project": "orders"} for table in discovery.tables)
    assert world.global_calls == []
    # One client for each region.
    assert [region for service, region, keys in world.clients] == ["us-east-1", "eu-west-1"]


@pytest.mark.parametrize(
    ("question", "calls"),
    [
        ({"parts": ()}, {"ListTables": 1, "DescribeTable": 2}),
        ({"parts": ("pitr",)}, {"ListTables": 1, "DescribeTable": 2, "DescribeContinuousBackups": 2}),
        ({"parts": (), "selection": Selection(names=("P*",))}, {"ListTables": 1, "DescribeTable": 1}),
        ({"selection": Selection(names=("X*",))}, {"ListTables": 1}),
        (
            {"parts": ("ttl", "tags"), "selection": Selection(tags={"Project": "orders"})},
            {"ListTables": 1, "DescribeTable": 2, "ListTagsOfResource": 2, "DescribeTimeToLive": 2},
        ),
        (
            {"parts": ("ttl",), "selection": Selection(without_tags={"Project": ""})},
            {"ListTables": 1, "DescribeTable": 2, "ListTagsOfResource": 2},
        ),
    ],
)
def test_no_more_is_read_than_is_needed(world: World, question: dict[str, Any], calls: dict[str, int]) -> None:
    world.discover(regions=("eu-west-1",), **question)
    assert world.calls == calls


def test_all_enabled_regions_when_none_is_named(world: World) -> None:
    assert len(world.discover(home="eu-west-1").tables) == 3
    assert world.global_calls == [("DescribeRegions", "eu-west-1", {})]


def test_an_account_by_its_role(world: World) -> None:
    world.models["id", "eu-west-1"] = model("Orders")
    account = Account("theirs", role_arn=ROLE, external_id="x", regions=("eu-west-1",))
    discovery = world.discover(Account("ours"), account, regions=("us-east-1",))
    assert found(discovery) == ["ours/us-east-1/Orders", "theirs/eu-west-1/Orders"]
    wanted = {"RoleArn": ROLE, "RoleSessionName": "auditflow-dynamodb-inventory", "ExternalId": "x"}
    assert world.global_calls == [("AssumeRole", "eu-west-1", wanted)]


def test_a_role_by_a_profile(world: World) -> None:
    world.models["id", "eu-west-1"] = model()
    world.discover(Account("theirs", "shop", ROLE, regions=("eu-west-1",)))
    own = {"aws_access_key_id": None, "aws_secret_access_key": None, "aws_session_token": None}
    assumed = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "aws_session_token": "token"}
    assert world.clients == [
        ("sts", "eu-west-1", {**own, "profile_name": "shop"}),
        ("dynamodb", "eu-west-1", {**assumed, "profile_name": None}),
    ]


def test_an_account_that_cannot_be_entered_does_not_hide_the_others(world: World) -> None:
    text = f"User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    world.refusals["AssumeRole"] = ("AccessDenied", text)
    discovery = world.discover(Account("theirs", role_arn=ROLE), Account("ours"), regions=("us-east-1",))
    assert found(discovery) == ["ours/us-east-1/Orders"]
    (failure,) = discovery.failures
    assert (failure.where, failure.operation, failure.denied) == ("account theirs", "AssumeRole", True)
    assert f"Missing permission: sts:AssumeRole. Allow it for these credentials on {ROLE}" in failure.text


def test_regions_that_may_not_be_listed(world: World) -> None:
    world.refusals["DescribeRegions"] = ("UnauthorizedOperation", "You are not authorized to perform this operation.")
    discovery = world.discover()
    assert discovery.tables == ()
    (failure,) = discovery.failures
    assert failure.denied
    assert "name them in 'regions' instead. Missing permission: ec2:DescribeRegions" in failure.text


def test_a_region_that_is_down(world: World) -> None:
    world.models["", "us-east-1"].deny("ListTables", "UnrecognizedClientException", "The security token is invalid.")
    discovery = world.discover(Account("a"), regions=("us-east-1", "eu-west-1"))
    assert found(discovery) == ["a/eu-west-1/Orders", "a/eu-west-1/Prices"]
    (failure,) = discovery.failures
    assert (failure.where, failure.operation) == ("account a, us-east-1", "ListTables")
    assert not failure.denied
    assert not failure.mild


def test_throttling_is_waited_out(world: World) -> None:
    for operation in ("ListTables", "DescribeTable", "DescribeTimeToLive"):
        world.models["", "us-east-1"].deny(operation, "ThrottlingException", "Rate exceeded")
    discovery = world.discover(regions=("us-east-1",))
    assert len(discovery.tables) == 1
    assert discovery.failures == ()


def test_a_table_that_goes_while_it_is_looked_at(world: World) -> None:
    there = world.models["", "eu-west-1"]
    there.deny("DescribeTable", "ResourceNotFoundException", "Requested resource not found: Table: Orders not found")
    discovery = world.discover(regions=("eu-west-1",), parallel=1)
    assert found(discovery) == ["/eu-west-1/Prices"]
    assert discovery.failures == ()
    there.deny("ListTagsOfResource", "ResourceNotFoundException", "Requested resource not found")
    discovery = world.discover(regions=("eu-west-1",), parts=("tags",), parallel=1)
    assert ["tags" in table.facts for table in discovery.tables] == [False, True]
    assert discovery.failures == ()


@pytest.mark.parametrize(
    ("code", "text", "denied", "mild"),
    [
        ("AccessDeniedException", "User: x is not authorized to perform: dynamodb:DescribeTimeToLive", True, False),
        ("ValidationException", "Something is wrong.", False, False),
        ("UnknownOperationException", "", False, True),
        ("ValidationException", "Cannot describe time to live while table is in CREATING state", False, True),
    ],
)
def test_a_part_that_cannot_be_read(world: World, code: str, text: str, denied: bool, mild: bool) -> None:
    world.models["", "us-east-1"].deny("DescribeTimeToLive", code, text)
    discovery = world.discover(regions=("us-east-1",))
    (failure,) = discovery.failures
    assert (failure.operation, failure.denied, failure.mild) == ("DescribeTimeToLive", denied, mild)
    (only,) = discovery.tables
    assert "ttl" not in only.facts
    assert code in only.facts["unavailable"]["ttl"]
    assert "pitr" in only.facts


@pytest.mark.parametrize("selection", [Selection(tags={"Project": ""}), Selection(without_tags={"keep": ""})])
def test_a_table_whose_tags_decide_and_cannot_be_read_is_left_out_aloud(world: World, selection: Selection) -> None:
    world.models["", "us-east-1"].deny("ListTagsOfResource", "AccessDeniedException", "no")
    discovery = world.discover(regions=("us-east-1",), selection=selection)
    assert discovery.tables == ()
    denied, left_out = discovery.failures
    assert (denied.operation, denied.denied) == ("ListTagsOfResource", True)
    assert left_out.text == "Orders is left out: its tags decide whether it is meant, and they could not be read"
    assert world.calls == {"ListTables": 1, "DescribeTable": 1, "ListTagsOfResource": 1}


@pytest.mark.parametrize("status", ["CREATING", "DELETING"])
def test_a_table_that_comes_or_goes_has_no_parts(world: World, status: str) -> None:
    world.models["", "us-east-1"].tables["Orders"].described["TableStatus"] = status
    discovery = world.discover(regions=("us-east-1",))
    assert world.calls == {"ListTables": 1, "DescribeTable": 1}
    (only,) = discovery.tables
    assert only.facts["status"] == status
    assert only.facts["unavailable"] == dict.fromkeys(("tags", "ttl", "pitr"), f"Orders is {status}")
    discovery = world.discover(regions=("us-east-1",), selection=Selection(tags={"Project": ""}))
    assert discovery.tables == ()
    assert [failure.mild for failure in discovery.failures] == [True]


def test_clients_of_a_profile_share_one_session() -> None:
    clients = Clients("http://127.0.0.1:1", {"aws_access_key_id": "a", "aws_secret_access_key": "b"})
    made = [clients.new("dynamodb", region, {}) for region in ("eu-west-1", "us-east-1")]
    assert [client.meta.region_name for client in made] == ["eu-west-1", "us-east-1"]
    assert {client.meta.endpoint_url for client in made} == {"http://127.0.0.1:1"}
    with pytest.raises(AwsError, match=r"A client of sts: ProfileNotFound: .*nobodys.*Check the profile"):
        clients.new("sts", "eu-west-1", {"profile_name": "nobodys", "aws_access_key_id": None})
