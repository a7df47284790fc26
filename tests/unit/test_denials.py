# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permission is missing, read from AWS's own texts."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws
from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import AwsError, Denial, Kind
from ansible_collections.auditflow.dynamodb.plugins.module_utils.state import Read

CALL = "dynamodb:CreateTable"
USER = "User: arn:aws:sts::111122223333:assumed-role/deploy/me"
TABLE = "arn:aws:dynamodb:ap-south-1:111122223333:table/Orders"
KEY = "arn:aws:kms:ap-south-1:111122223333:key/0d3b6a1c-0000-4000-8000-1234567890ab"
OBJECT = "arn:aws:s3:::archive/a/b.json"
WRAPPED = "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)"

DENIED = f"{USER} is not authorized to perform:"
UNTOLD = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not"
)
KMS_REFUSES = "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException:"
NO_POLICY = "because no identity-based policy allows the action"


def missing(action: str, resource: str) -> str:
    return f"Missing permission: {action}. Allow it for these credentials on {resource}."


TEXTS = [
    (f"{DENIED} {CALL} on resource: {TABLE} {NO_POLICY}", missing(CALL, TABLE)),
    (
        f"{DENIED} dynamodb:TagResource on resource: {TABLE} with an explicit deny in a service control policy",
        missing("dynamodb:TagResource", TABLE),
    ),
    (f"{DENIED} dynamodb:TagResource on resource: {TABLE}.", missing("dynamodb:TagResource", TABLE)),
    (
        f"{KMS_REFUSES} {DENIED} kms:CreateGrant on resource: {KEY} {NO_POLICY} {WRAPPED}",
        missing("kms:CreateGrant", KEY),
    ),
    # S3 puts the resource in quotation marks.
    (f'{DENIED} s3:PutObject on resource: "{OBJECT}" {NO_POLICY}', missing("s3:PutObject", OBJECT)),
    (f"{DENIED} iam:SimulatePrincipalPolicy", missing("iam:SimulatePrincipalPolicy", "this resource")),
    ("no", missing(CALL, "this resource")),
]


@pytest.mark.parametrize(("text", "advice"), TEXTS, ids=range(len(TEXTS)))
def test_the_permission_that_aws_names_is_the_one_that_is_missing(text: str, advice: str) -> None:
    assert Denial.of(text).advice(CALL, text) == advice


def test_where_kms_does_not_say_what_is_missing_the_key_is_named() -> None:
    text = f"{KMS_REFUSES} {UNTOLD} allowed to access. {WRAPPED}"
    assert Denial.of(text).advice(CALL, text).startswith("Missing permission on the KMS key; AWS does not say which.")


def test_the_head_of_a_bucket_is_denied_without_a_text() -> None:
    error = ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadBucket")
    client = Mock(can_paginate=lambda method: False, head_bucket=Mock(side_effect=error))
    with pytest.raises(AwsError) as caught:
        Aws(lambda service: client).read(Read("HeadBucket", {"Bucket": "archive"}, "s3"))
    assert caught.value.kind is Kind.DENIED
    assert str(caught.value) == f"HeadBucket of archive: 403: Forbidden. {missing('s3:ListBucket', 'this resource')}"
