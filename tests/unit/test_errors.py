# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each of the service's answers means, by its code and its text."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Kind, classify
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel

IN_USE = "Attempt to change a resource which is still in use: "
LIMIT = "Subscriber limit exceeded: "
INVALID = "One or more parameter values were invalid: "

ANSWERS = [
    # Passes by itself, soon.
    (
        "moved",
        "ValidationException",
        "Cannot describe time to live while table is in CREATING state: Current table state is",
    ),
    (
        "busy",
        "ValidationException",
        "Table or Index is not in a valid state to update Key Access Insights: TableStatus must",
    ),
    (
        "busy",
        "ValidationException",
        "Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesis",
    ),
    (
        "busy",
        "ValidationException",
        "Operation cannot be performed while replica server-side encryption status is in UPDATING",
    ),
    (
        "busy",
        "ValidationException",
        "Create/Update/Delete of replica is not allowed while the replica is being added to table",
    ),
    ("busy", "ContinuousBackupsUnavailableException", "Backups are being enabled for the table: T. Please retry later"),
    ("busy", "ResourceInUseException", f"{IN_USE}Table IOPS are currently being updated. Table: T"),
    ("busy", "ResourceInUseException", f"{IN_USE}Can't change stream status when an index is being created"),
    (
        "busy",
        "ResourceInUseException",
        f"{IN_USE}Index creation is in resource allocation phase. Retry deletion during",
    ),
    (
        "busy",
        "ResourceInUseException",
        f"{IN_USE}Cannot delete table while indexes are being created, updated, or deleted.",
    ),
    ("busy", "ResourceInUseException", f"{IN_USE}Table tags are being updated: T"),
    ("busy", "ResourceInUseException", f"{IN_USE}Server-Side Encryption is still being updated"),
    ("busy", "ResourceInUseException", "The resource which you are attempting to change is in use."),
    ("busy", "LimitExceededException", f"{LIMIT}Table tags are being updated: T"),
    (
        "busy",
        "LimitExceededException",
        f"{LIMIT}Only 1 online index can be created or deleted simultaneously per table",
    ),
    ("busy", "LimitExceededException", f"{LIMIT}Only 50 restore operations can be done simultaneously"),
    ("busy", "LimitExceededException", f"{LIMIT}Only 10 tables can be created, updated, or deleted simultaneously"),
    ("busy", "ThrottlingException", "Rate exceeded"),
    ("busy", "ThrottlingException", "The rate of control plane requests made by this account is too high"),
    (
        "busy",
        "ThrottlingException",
        "Deletion protection setting for table T modified within the previous 15000 milliseconds.",
    ),
    ("busy", "InternalServerError", "Table is under system maintenance, please try again later"),
    ("busy", "ServiceUnavailable", ""),
    # The table is not what it was read to be, or is as wanted already.
    ("moved", "ResourceInUseException", "Table already exists: T"),
    ("moved", "ResourceInUseException", f"{IN_USE}Table is being created: T"),
    ("moved", "ResourceInUseException", f"{IN_USE}Table is being deleted: T"),
    ("moved", "ResourceNotFoundException", "Requested resource not found: Table: T not found"),
    ("moved", "ResourceNotFoundException", "Requested resource not found: Index I for table T"),
    ("moved", "TableNotFoundException", "Table not found: T"),
    (
        "moved",
        "ValidationException",
        "The provisioned throughput for the table will not change. The requested value equals",
    ),
    (
        "moved",
        "ValidationException",
        "The provisioned throughput for the index I will not change. The requested value equals",
    ),
    ("moved", "ValidationException", "Table already has an enabled stream: TableName: T"),
    ("moved", "ValidationException", "Table has no stream to disable: TableName: T"),
    ("moved", "ValidationException", "TimeToLive is already enabled"),
    ("moved", "ValidationException", "TimeToLive is already disabled"),
    ("moved", "ValidationException", "TimeToLive is active on a different AttributeName: current AttributeName is ttl"),
    (
        "moved",
        "ValidationException",
        f"{INVALID}Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId",
    ),
    ("moved", "ValidationException", f"{INVALID}Table is already encrypted by default"),
    ("moved", "ValidationException", f"{INVALID}Attempting to create an index which already exists"),
    ("moved", "ValidationException", "Invalid Request: Precision is already set to the desired value of MICROSECOND"),
    # A quota is spent.
    ("later", "ValidationException", "Time to live has been modified multiple times within a fixed interval"),
    (
        "later",
        "LimitExceededException",
        f"{LIMIT}Provisioned throughput decreases are limited within a given UTC day. After",
    ),
    ("later", "LimitExceededException", f"{LIMIT}Encryption mode changes are limited in the 24h window ending at"),
    ("later", "LimitExceededException", f"{LIMIT}Updates to TableClass are limited to 2 times in 30 day(s)."),
    ("later", "LimitExceededException", f"{LIMIT}Update to PayPerRequest mode are limited to 4 times in 1 day(s)."),
    (
        "later",
        "ValidationException",
        "Replica cannot be deleted because it has acted as a source region for new replica(s)",
    ),
    # No use trying again.
    ("final", "ResourceInUseException", "Global table with name: T already exists with replicas in regions: us-east-1"),
    ("final", "LimitExceededException", f"{LIMIT}Number of global secondary indexes exceeds per-table limit of 20"),
    (
        "final",
        "LimitExceededException",
        "The requested ReadCapacityUnits, 9, is above the per table maximum for the account",
    ),
    ("final", "LimitExceededException", f"{LIMIT}There is a limit of 2500 tables per subscriber"),
    ("final", "ValidationException", "Resource cannot be deleted as it is currently protected against deletion."),
    ("final", "ValidationException", "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException"),
    ("final", "ValidationException", f"{INVALID}Tag Key cannot be prefixed with aws:, Key: aws:x"),
    (
        "final",
        "ValidationException",
        "Failed to create a the new replica of table with name: T because one or more replicas",
    ),
    ("final", "UnrecognizedClientException", "The security token included in the request is invalid."),
    ("final", "ExpiredTokenException", "The security token included in the request is expired"),
    ("final", "SomethingNew", "Never seen before"),
    # An emulator, mostly.
    ("unsupported", "UnknownOperationException", ""),
    ("unsupported", "NotImplementedError", "The action has not been implemented"),
    ("unsupported", "501", ""),
    ("moved", "ResourceInUseException", "Cannot enable stream"),
    ("moved", "ResourceNotFound", "Table not found"),
]


@pytest.mark.parametrize(("kind", "code", "text"), ANSWERS, ids=[f"{kind}-{text[:60]}" for kind, code, text in ANSWERS])
def test_an_answer_is_met_as_it_means(kind: str, code: str, text: str) -> None:
    rule = classify(code, text)
    assert rule.kind is Kind(kind)
    assert rule.advice or code == "SomethingNew"


def asked(error: Exception) -> AwsError:
    """What the engine makes of a call that ends in this error."""

    class Client:
        class meta:  # noqa: N801
            endpoint_url = "http://127.0.0.1:1"

        def can_paginate(self, method: str) -> bool:
            return False

        def describe_table(self, **arguments: str) -> None:
            raise error

    aws = Aws(lambda service: Client(), "ap-south-1", Clock(lambda: 0.0, lambda seconds: None))
    with pytest.raises(AwsError) as caught:
        aws.read(Read("DescribeTable", {"TableName": "Orders"}))
    return caught.value


def client_error(code: str, text: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "DescribeTable")


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (client_error("AccessDeniedException", "no"), Kind.DENIED, "Missing permission: dynamodb:DescribeTable."),
        (client_error("X", "User: x is not authorized to perform: y"), Kind.DENIED, "Missing permission: dynamodb:"),
        (client_error("ValidationException", "bad"), Kind.FINAL, "Correct the definition."),
        (NoCredentialsError(), Kind.FINAL, "Give credentials: AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="x"), Kind.UNREACHABLE, "Nobody answers at http://127.0.0.1:1"),
        (ReadTimeoutError(endpoint_url="x"), Kind.UNREACHABLE, "Nobody answers at http://127.0.0.1:1"),
        (ParamValidationError(report="unknown parameter"), Kind.FINAL, "This boto3 may be too old"),
    ],
    ids=str,
)
def test_an_error_says_what_was_asked_what_came_and_what_to_do(error: Exception, kind: Kind, advice: str) -> None:
    told = asked(error)
    assert told.kind is kind
    assert str(told).startswith("DescribeTable of Orders: ")
    assert advice in str(told)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "TableNotFoundException", "PolicyNotFoundException"])
def test_reading_what_is_not_there_finds_nothing(code: str) -> None:
    model = AwsModel()
    model.deny("DescribeTable", code, "not found")
    assert model.aws().read(Read("DescribeTable", {"TableName": "Orders"})) is None


def test_reads_of_one_time_each_are_made_side_by_side_and_kept_by_name() -> None:
    model = AwsModel()
    reads = (Read("ListTables", {}), Read("DescribeKey", {"KeyId": "alias/aws/dynamodb"}, service="kms", key="a key"))
    answers = model.aws().read_all(reads)
    assert answers["ListTables"] == {"TableNames": []}
    assert (answers["a key"] or {})["KeyMetadata"]["KeyId"] == "alias/aws/dynamodb"
