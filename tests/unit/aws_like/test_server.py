# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as a whole: a process of its own, boto3 in front of it, moto behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("moto.moto_server.werkzeug_app")
pytest.importorskip("boto3")

from botocore.exceptions import ClientError, ConnectionClosedError

from tests.aws_like.client import ROOT, AwsLike, AwsLikeError
from tests.unit.aws_like.harness import HASH, defined, gsi

# Nothing goes on by itself within a test: a second here is hours there.
SLOWLY = 1000.0


@pytest.fixture(scope="module")
def server() -> Iterator[AwsLike]:
    with AwsLike(time_scale=SLOWLY) as aws:
        yield aws


@pytest.fixture
def aws(server: AwsLike) -> AwsLike:
    server.reset()
    server.change_settings(enforce_iam=False, time_scale=SLOWLY)
    return server


def create(client: Any, name: str = "orders", **more: Any) -> dict[str, Any]:
    keys = {"KeySchema": HASH, "AttributeDefinitions": defined("id"), "BillingMode": "PAY_PER_REQUEST"}
    shown: dict[str, Any] = client.create_table(TableName=name, **{**keys, **more})["TableDescription"]
    return shown


def refusal(call: Any, **body: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**body)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_table_lives_and_its_items_are_in_moto(aws: AwsLike) -> None:
    client = aws.client()
    assert create(client)["TableStatus"] == "CREATING"
    item = {"id": {"S": "1"}, "n": {"S": "x"}}
    unready = refusal(client.put_item, TableName="orders", Item=item)
    assert unready == ("ResourceNotFoundException", "Requested resource not found")
    aws.settle()
    assert client.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
    client.put_item(TableName="orders", Item=item)
    client.batch_write_item(RequestItems={"orders": [{"PutRequest": {"Item": {"id": {"S": "2"}}}}]})
    assert client.scan(TableName="orders")["Count"] == 2
    create_index = [{"Create": gsi("by_n", "n")}]
    client.update_table(TableName="orders", AttributeDefinitions=defined("n"), GlobalSecondaryIndexUpdates=create_index)
    query = {"KeyConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"S": "x"}}}
    building = refusal(client.query, TableName="orders", IndexName="by_n", **query)
    assert building == ("ValidationException", "Cannot read from backfilling global secondary index: by_n")
    aws.settle()
    assert client.query(TableName="orders", IndexName="by_n", **query)["Items"] == [item]
    client.update_table(TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_n"}}])
    aws.settle()
    assert client.describe_table(TableName="orders")["Table"]["AttributeDefinitions"] == defined("id")
    client.delete_table(TableName="orders")
    assert refusal(client.get_item, TableName="orders", Key={"id": {"S": "1"}})[0] == "ResourceNotFoundException"
    aws.settle()
    create(client)
    aws.settle()
    assert client.scan(TableName="orders")["Count"] == 0


def test_keys_are_those_of_motos_kms(aws: AwsLike) -> None:
    client, kms = aws.client(), aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    create(client, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]})
    aws.settle()
    assert client.describe_table(TableName="orders")["Table"]["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]
    client.update_table(TableName="orders", SSESpecification={"Enabled": True})
    aws.settle()
    managed = client.describe_table(TableName="orders")["Table"]["SSEDescription"]["KMSMasterKeyArn"]
    shown = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    assert (shown["Arn"], shown["KeyManager"]) == (managed, "AWS")
    by_alias = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"}
    client.update_table(TableName="orders", SSESpecification=by_alias)
    aws.settle()
    assert client.describe_table(TableName="orders")["Table"]["SSEDescription"]["KMSMasterKeyArn"] == managed
    kms.disable_key(KeyId=key["KeyId"])
    wanted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["Arn"]}
    code, message = refusal(client.update_table, TableName="orders", SSESpecification=wanted)
    assert (code, message.split(":")[0]) == ("ValidationException", "KMS key disabled error")
    missing = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/none"}
    assert "Alias arn:" in refusal(client.update_table, TableName="orders", SSESpecification=missing)[1]


def test_rule_04_unknown_operations_and_other_services(aws: AwsLike) -> None:
    stream = "arn:aws:kinesis:ap-south-1:123456789012:stream/orders"
    code, _text = refusal(aws.client().enable_kinesis_streaming_destination, TableName="orders", StreamArn=stream)
    assert code == "UnknownOperationException"
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert aws.client("dynamodb", region_name="eu-west-1").list_tables()["TableNames"] == []


def test_rule_01_the_clock_can_be_moved(aws: AwsLike) -> None:
    client = aws.client()
    before = create(client)["CreationDateTime"].timestamp()
    assert aws.advance(4.9 * SLOWLY) - before == pytest.approx(4.9 * SLOWLY, abs=60)
    assert client.describe_table(TableName="orders")["Table"]["TableStatus"] == "CREATING"
    aws.advance(0.2 * SLOWLY)
    assert client.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"


def test_the_log_has_every_call(aws: AwsLike) -> None:
    client = aws.client()
    create(client)
    refusal(client.delete_table, TableName="orders")
    client.describe_table(TableName="orders")
    aws.client("sts").get_caller_identity()
    assert [each["operation"] for each in aws.calls()] == [
        "CreateTable",
        "DeleteTable",
        "DescribeTable",
        "GetCallerIdentity",
    ]
    first, refused = aws.writes("orders")
    assert (first["status"], first["error"], first["request"]["KeySchema"]) == (200, "", HASH)
    assert (refused["status"], refused["error"]) == (400, "ResourceInUseException")
    aws.forget_calls()
    assert aws.calls() == []


def test_a_state_can_be_set_and_seen(aws: AwsLike) -> None:
    client = aws.client()
    create(client)
    aws.settle()
    aws.set_state("orders", status="UPDATING", reason="billing", seconds=30)
    assert client.describe_table(TableName="orders")["Table"]["TableStatus"] == "UPDATING"
    code, message = refusal(client.delete_table, TableName="orders")
    assert (code, message.rpartition(": ")[2]) == (
        "ResourceInUseException",
        "orders is in the process of being updated.",
    )
    aws.advance(31)
    assert aws.state("orders")["status"] == "ACTIVE"
    aws.set_state("orders", status="INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    assert aws.state("orders")["status"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    aws.set_state("orders", status="ACTIVE")
    aws.set_state("orders", ttl="ENABLING", attribute="until", seconds=30, spend=["sse"])
    shown = client.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert shown == {"TimeToLiveStatus": "ENABLING", "AttributeName": "until"}
    assert refusal(client.update_table, TableName="orders", SSESpecification={"Enabled": True})[0] == (
        "LimitExceededException"
    )
    for wrong in ({"reason": "weather"}, {"reason": "gsi_create"}, {"color": "red"}, {"spend": ["money"]}):
        with pytest.raises(AwsLikeError):
            aws.set_state("orders", **wrong)
    with pytest.raises(AwsLikeError, match="there is no table nothing"):
        aws.state("nothing")
    aws.set_state("orders", status="DELETING", seconds=5)
    aws.advance(6)
    assert client.list_tables()["TableNames"] == []


def test_settings_change_while_it_runs(aws: AwsLike) -> None:
    assert aws.change_settings(time_scale=0)["time_scale"] == 0
    client = aws.client()
    create(client)
    assert client.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
    with pytest.raises(AwsLikeError, match="no such setting: colour"):
        aws.change_settings(colour="red")


def test_rule_41_faults_before_and_after(aws: AwsLike) -> None:
    client = aws.client()
    aws.fault(operation="CreateTable", code="ThrottlingException", message="Rate exceeded", status=400)
    assert refusal(lambda: create(client)) == ("ThrottlingException", "Rate exceeded")
    assert client.list_tables()["TableNames"] == []
    aws.fault(operation="CreateTable", when="after")
    assert refusal(lambda: create(client))[0] == "InternalServerError"
    assert client.list_tables()["TableNames"] == ["orders"]
    aws.fault(operation="Describe*", table="ord*", reset=True)
    with pytest.raises(ConnectionClosedError):
        client.describe_table(TableName="orders")
    aws.fault(times=5)
    aws.forget_faults()
    client.describe_table(TableName="orders")


def test_requests_in_parallel_create_one_table(aws: AwsLike) -> None:
    client = aws.client()

    def attempt(_number: int) -> str:
        try:
            return str(create(client)["TableStatus"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(32)))
    assert sorted(outcomes) == ["CREATING", *["ResourceInUseException"] * 31]


def test_rule_42_policies_decide(aws: AwsLike) -> None:
    iam = aws.client("iam")
    user = f"auditor-{os.getpid()}"
    iam.create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": ["dynamodb:CreateTable", "iam:GetUser"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=user, PolicyName="some", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    client = aws.client(**own)
    aws.change_settings(enforce_iam=True)
    create(client)
    code, message = refusal(client.describe_table, TableName="orders")
    assert code == "AccessDeniedException"
    assert message.startswith(
        f"User: arn:aws:iam::123456789012:user/{user} is not authorized to perform: dynamodb:DescribeTable on "
        "resource: arn:aws:dynamodb:ap-south-1:123456789012:table/orders"
    )
    tagged = refusal(lambda: create(client, "tagged", Tags=[{"Key": "team", "Value": "x"}]))
    assert "dynamodb:TagResource" in tagged[1]
    assert refusal(aws.client("kms", **own).list_keys)[0] == "AccessDeniedException"
    assert refusal(aws.client("iam", **own).list_users)[0] == "AccessDenied"
    aws.client("sts", **own).get_caller_identity()
    # A key that IAM does not know is the account's own.
    aws.client().describe_table(TableName="orders")


def test_it_ends_on_sigterm_and_with_its_starter() -> None:
    command = [sys.executable, "-m", "tests.aws_like", "--profile", "slow", "--realistic-limits", "--seed", "5"]
    for end in ("signal", "stdin"):
        process = subprocess.Popen(
            [*command, *(["--end-with-stdin"] if end == "stdin" else [])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert (ready["pid"], ready["profile"], ready["seed"]) == (process.pid, "slow", 5)
            if end == "signal":
                process.send_signal(signal.SIGTERM)
            else:
                process.stdin.close()
            assert process.wait(20) == 0


def test_a_server_that_does_not_start_says_so() -> None:
    with pytest.raises(AwsLikeError, match="exit code 2"), AwsLike(profile="nonsense"):
        pass
