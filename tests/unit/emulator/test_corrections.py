# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("moto")

from botocore.exceptions import ClientError

Client = Callable[[str], Any]
KEYS = [{"AttributeName": "id", "KeyType": "HASH"}]
ID = {"AttributeName": "id", "AttributeType": "S"}
OWNER = {"AttributeName": "owner", "AttributeType": "S"}
CAPACITY = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}


def gsi(name: str = "by-owner", **more: Any) -> dict[str, Any]:
    keys = [{"AttributeName": "owner", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}, **more}


def create(dynamodb: Any, name: str = "Orders", **more: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"AttributeDefinitions": [ID], "BillingMode": "PAY_PER_REQUEST", **more}
    table: dict[str, Any] = dynamodb.create_table(TableName=name, KeySchema=KEYS, **settings)["TableDescription"]
    return table


def describe(dynamodb: Any, name: str = "Orders") -> dict[str, Any]:
    table: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    return table


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_stream_can_be_switched_off_and_on_again(client: Client) -> None:
    dynamodb = client("dynamodb")
    first = create(dynamodb, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    code, message = refusal(
        lambda: dynamodb.update_table(
            TableName="Orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        )
    )
    assert code == "ValidationException"
    assert "already has an enabled stream" in message

    off = dynamodb.update_table(TableName="Orders", StreamSpecification={"StreamEnabled": False})["TableDescription"]
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == first["LatestStreamArn"]

    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    dynamodb.update_table(TableName="Orders", StreamSpecification=on)
    assert describe(dynamodb)["StreamSpecification"] == on
    assert describe(dynamodb)["LatestStreamArn"] != first["LatestStreamArn"]


def test_encryption_shows_the_managed_key_and_changes_with_update_table(client: Client) -> None:
    dynamodb, kms = client("dynamodb"), client("kms")
    managed = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    own = kms.create_key()["KeyMetadata"]
    assert (managed["KeyManager"], own["KeyManager"]) == ("AWS", "CUSTOMER")

    assert "SSEDescription" not in create(dynamodb)
    dynamodb.update_table(TableName="Orders", SSESpecification={"Enabled": True, "SSEType": "KMS"})
    assert describe(dynamodb)["SSEDescription"]["KMSMasterKeyArn"] == managed["Arn"]
    updated = dynamodb.update_table(
        TableName="Orders", SSESpecification={"Enabled": True, "KMSMasterKeyId": own["KeyId"]}
    )
    assert updated["TableDescription"]["SSEDescription"]["KMSMasterKeyArn"] == own["Arn"]
    dynamodb.update_table(TableName="Orders", SSESpecification={"Enabled": False})
    assert "SSEDescription" not in describe(dynamodb)


@pytest.mark.parametrize("given_by", ["id", "arn", "alias", "alias arn"])
def test_a_customer_key_shows_its_arn_whatever_it_is_given_by(client: Client, given_by: str) -> None:
    dynamodb, kms = client("dynamodb"), client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key["KeyId"])
    alias_arn = next(each["AliasArn"] for each in kms.list_aliases()["Aliases"] if each["AliasName"] == "alias/orders")
    names = {"id": key["KeyId"], "arn": key["Arn"], "alias": "alias/orders", "alias arn": alias_arn}
    table = create(dynamodb, SSESpecification={"Enabled": True, "KMSMasterKeyId": names[given_by]})
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]


@pytest.mark.parametrize("name", ["alias/none", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_key_is_refused_before_the_table_exists(client: Client, name: str) -> None:
    dynamodb = client("dynamodb")
    code, message = refusal(lambda: create(dynamodb, SSESpecification={"Enabled": True, "KMSMasterKeyId": name}))
    assert code == "ValidationException"
    assert "NotFoundException" in message
    assert dynamodb.list_tables()["TableNames"] == []


def test_a_disabled_key_is_refused(client: Client) -> None:
    dynamodb, kms = client("dynamodb"), client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    create(dynamodb)
    code, message = refusal(
        lambda: dynamodb.update_table(TableName="Orders", SSESpecification={"Enabled": True, "KMSMasterKeyId": key})
    )
    assert code == "ValidationException"
    assert "is disabled" in message


def test_the_table_class_is_kept(client: Client) -> None:
    dynamodb = client("dynamodb")
    assert "TableClassSummary" not in create(dynamodb)
    dynamodb.update_table(TableName="Orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    assert describe(dynamodb)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    created = create(dynamodb, "Archive", TableClass="STANDARD_INFREQUENT_ACCESS")
    assert created["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_on_demand_limits_merge_and_go(client: Client) -> None:
    dynamodb = client("dynamodb")
    limits = {"MaxReadRequestUnits": 100}
    create(
        dynamodb,
        AttributeDefinitions=[ID, OWNER],
        OnDemandThroughput=limits,
        GlobalSecondaryIndexes=[gsi(OnDemandThroughput=limits)],
    )
    assert describe(dynamodb)["OnDemandThroughput"] == limits
    assert describe(dynamodb)["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == limits

    dynamodb.update_table(TableName="Orders", OnDemandThroughput={"MaxWriteRequestUnits": 7})
    assert describe(dynamodb)["OnDemandThroughput"] == {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 7}

    gone = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
    update = {"Update": {"IndexName": "by-owner", "OnDemandThroughput": gone}}
    dynamodb.update_table(TableName="Orders", GlobalSecondaryIndexUpdates=[update])
    dynamodb.update_table(TableName="Orders", OnDemandThroughput=gone)
    assert "OnDemandThroughput" not in describe(dynamodb)
    assert "OnDemandThroughput" not in describe(dynamodb)["GlobalSecondaryIndexes"][0]


def test_an_index_keeps_its_throughput_when_its_warm_throughput_changes(client: Client) -> None:
    dynamodb = client("dynamodb")
    create(dynamodb, AttributeDefinitions=[ID, OWNER], GlobalSecondaryIndexes=[gsi()])
    update = {"Update": {"IndexName": "by-owner", "WarmThroughput": {"ReadUnitsPerSecond": 13000}}}
    dynamodb.update_table(TableName="Orders", GlobalSecondaryIndexUpdates=[update])
    dynamodb.update_table(TableName="Orders", WarmThroughput={"WriteUnitsPerSecond": 5000})
    table = describe(dynamodb)
    warm = table["GlobalSecondaryIndexes"][0]["WarmThroughput"]
    assert (warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"]) == (13000, 4000)
    assert (table["WarmThroughput"]["ReadUnitsPerSecond"], table["WarmThroughput"]["WriteUnitsPerSecond"]) == (
        12000,
        5000,
    )


def test_the_billing_mode_can_be_switched_and_back(client: Client) -> None:
    dynamodb = client("dynamodb")
    create(
        dynamodb,
        AttributeDefinitions=[ID, OWNER],
        BillingMode="PROVISIONED",
        ProvisionedThroughput=CAPACITY,
        GlobalSecondaryIndexes=[gsi(ProvisionedThroughput=CAPACITY)],
    )
    dynamodb.update_table(TableName="Orders", BillingMode="PAY_PER_REQUEST")
    table = describe(dynamodb)
    for each in (table, table["GlobalSecondaryIndexes"][0]):
        assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert each["ProvisionedThroughput"]["WriteCapacityUnits"] == 0
        assert each["WarmThroughput"]["ReadUnitsPerSecond"] == 12000
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    dynamodb.update_table(TableName="Orders", OnDemandThroughput={"MaxReadRequestUnits": 100})
    dynamodb.update_table(
        TableName="Orders",
        BillingMode="PROVISIONED",
        ProvisionedThroughput=CAPACITY,
        GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by-owner", "ProvisionedThroughput": CAPACITY}}],
    )
    table = describe(dynamodb)
    for each in (table, table["GlobalSecondaryIndexes"][0]):
        assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert "OnDemandThroughput" not in table


def test_attribute_definitions_are_merged_and_pruned(client: Client) -> None:
    dynamodb = client("dynamodb")
    create(dynamodb)
    stray = {"AttributeName": "stray", "AttributeType": "N"}
    dynamodb.update_table(
        TableName="Orders", AttributeDefinitions=[OWNER, stray], GlobalSecondaryIndexUpdates=[{"Create": gsi()}]
    )
    assert describe(dynamodb)["AttributeDefinitions"] == [ID, OWNER]
    dynamodb.update_table(TableName="Orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-owner"}}])
    assert describe(dynamodb)["AttributeDefinitions"] == [ID]


@pytest.mark.parametrize(
    ("update", "code", "text"),
    [
        ({"Delete": {"IndexName": "none"}}, "ResourceNotFoundException", "Index none for table Orders"),
        (
            {"Update": {"IndexName": "none", "ProvisionedThroughput": CAPACITY}},
            "ResourceNotFoundException",
            "Index none",
        ),
        ({"Create": gsi()}, "ValidationException", "an index which already exists"),
        (
            {"Create": gsi("by-x", KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}])},
            "ValidationException",
            "AttributeDefinitions is not specified for index: by-x",
        ),
    ],
)
def test_wrong_index_updates_are_refused_and_change_nothing(
    client: Client, update: dict[str, Any], code: str, text: str
) -> None:
    dynamodb = client("dynamodb")
    create(dynamodb, AttributeDefinitions=[ID, OWNER], GlobalSecondaryIndexes=[gsi()])
    before = describe(dynamodb)
    found = refusal(
        lambda: dynamodb.update_table(
            TableName="Orders", GlobalSecondaryIndexUpdates=[update], DeletionProtectionEnabled=True
        )
    )
    assert found[0] == code
    assert text in found[1]
    assert describe(dynamodb) == before


def test_tags_are_replaced_by_key(client: Client) -> None:
    dynamodb = client("dynamodb")
    arn = create(dynamodb, Tags=[{"Key": "stage", "Value": "dev"}])["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "prod"}, {"Key": "team", "Value": "a"}])
    tags = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"stage": "prod", "team": "a"}
    assert len(tags) == 2


def test_tags_of_a_missing_table_are_an_error(client: Client) -> None:
    dynamodb = client("dynamodb")
    arn = "arn:aws:dynamodb:ap-south-1:123456789012:table/none"
    for call in (
        lambda: dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}]),
        lambda: dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"]),
    ):
        assert refusal(call)[0] == "ResourceNotFoundException"


def test_ttl_forgets_its_attribute_when_disabled(client: Client) -> None:
    dynamodb = client("dynamodb")
    create(dynamodb)
    for enabled in (True, False):
        spec = {"Enabled": enabled, "AttributeName": "expires"}
        dynamodb.update_time_to_live(TableName="Orders", TimeToLiveSpecification=spec)
    description = dynamodb.describe_time_to_live(TableName="Orders")["TimeToLiveDescription"]
    assert description == {"TimeToLiveStatus": "DISABLED"}


def test_a_missing_table_has_the_code_and_text_of_aws(client: Client) -> None:
    dynamodb = client("dynamodb")
    spec = {"Enabled": True, "AttributeName": "expires"}
    for call in (
        lambda: dynamodb.describe_time_to_live(TableName="none"),
        lambda: dynamodb.update_time_to_live(TableName="none", TimeToLiveSpecification=spec),
        lambda: dynamodb.update_table(TableName="none", TableClass="STANDARD"),
    ):
        assert refusal(call) == (
            "ResourceNotFoundException",
            "Requested resource not found: Table: none not found",
        )


def test_each_table_has_an_id_of_its_own(client: Client) -> None:
    dynamodb = client("dynamodb")
    first = create(dynamodb)["TableId"]
    assert describe(dynamodb)["TableId"] == first
    dynamodb.delete_table(TableName="Orders")
    assert create(dynamodb)["TableId"] != first


def test_a_changed_moto_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.responses import DynamoHandler

    from scripts.emulator import corrections

    assigned: list[str] = []
    monkeypatch.setattr(DynamoDBBackend, "tag_resource", lambda self, arn: None)
    with pytest.raises(corrections.MotoChangedError, match="tag_resource takes"):
        corrections.apply(lambda owner, name, value: assigned.append(name))
    monkeypatch.delattr(DynamoDBBackend, "tag_resource")
    with pytest.raises(corrections.MotoChangedError, match=r"has no .*tag_resource any more"):
        corrections.apply(lambda owner, name, value: assigned.append(name))
    monkeypatch.undo()
    monkeypatch.setattr(DynamoHandler, "list_imports", lambda self: None, raising=False)
    with pytest.raises(corrections.MotoChangedError, match=r"has a DynamoHandler.list_imports of its own"):
        corrections.apply(lambda owner, name, value: assigned.append(name))
    assert assigned == []
