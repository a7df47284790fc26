# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which permission is missing, read from AWS's own texts."""

from __future__ import annotations

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.errors import Denial

CALL = "dynamodb:CreateTable"
USER = "User: arn:aws:sts::111122223333:assumed-role/deploy/me"
TABLE = "arn:aws:dynamodb:ap-south-1:111122223333:table/Orders"
KEY = "arn:aws:kms:ap-south-1:111122223333:key/0d3b6a1c-0000-4000-8000-1234567890ab"
WRAPPED = "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)"

TEXTS = [
    (
        f"{USER} is not authorized to perform: dynamodb:CreateTable on resource: {TABLE} because no identity-based policy "
        "allows the dynamodb:CreateTable action",
        f"Missing permission: dynamodb:CreateTable. Allow it for these credentials on {TABLE}.",
    ),
    (
        f"{USER} is not authorized to perform: dynamodb:TagResource on resource: {TABLE} with an explicit deny in a "
        "service control policy",
        f"Missing permission: dynamodb:TagResource. Allow it for these credentials on {TABLE}.",
    ),
    (
        f"{USER} is not authorized to perform: dynamodb:TagResource on resource: {TABLE}.",
        f"Missing permission: dynamodb:TagResource. Allow it for these credentials on {TABLE}.",
    ),
    (
        f"KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: {USER} is not authorized to "
        f"perform: kms:CreateGrant on resource: {KEY} because no identity-based policy allows the kms:CreateGrant "
        f"action {WRAPPED}",
        f"Missing permission: kms:CreateGrant. Allow it for these credentials on {KEY}.",
    ),
    (
        "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext refers to a "
        f"customer master key that does not exist, does not exist in this region, or you are not allowed to access. "
        f"{WRAPPED}",
        "Missing permission on the KMS key; AWS does not say which. Allow kms:CreateGrant, kms:DescribeKey, kms:Decrypt "
        "and the others that a customer key needs, and see its key policy.",
    ),
    (
        f"{USER} is not authorized to perform: iam:SimulatePrincipalPolicy",
        "Missing permission: iam:SimulatePrincipalPolicy. Allow it for these credentials on this resource.",
    ),
    ("no", f"Missing permission: {CALL}. Allow it for these credentials on this resource."),
]


@pytest.mark.parametrize(("text", "advice"), TEXTS, ids=range(len(TEXTS)))
def test_the_permission_that_aws_names_is_the_one_that_is_missing(text: str, advice: str) -> None:
    assert Denial.of(text).advice(CALL, text) == advice
