# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded emulator with moto's IAM enforcement on, and what moto leaves out of it.

From moto: users, roles, access keys, signatures, the collection of policies, the match of actions and resources. Added:
the resource of each operation (moto takes every request for one on `*`), the condition `kms:ViaService`, what AWS asks
for beside the action of a call, AWS's error codes and texts, and SimulatePrincipalPolicy. One access key may do
everything: the tests prepare and look with it.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import IAMPolicy, IAMPolicyStatement, IAMRequest, PermissionResult, S3IAMRequest
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

from scripts.emulator import corrections
from scripts.emulator.identity import HOST, REQUEST_LOG
from scripts.emulator.request_log import RequestLog
from scripts.emulator.serve import QuietHandler

ADMINISTRATOR = "AKIAEMULATOREXAMPLE0"
VIA_SERVICE = "kms:ViaService"
NO_KEY = "00000000-0000-0000-0000-000000000000"
# Developer Guide, "DynamoDB encryption at rest: usage notes": the least on a customer key.
KEY_USE = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
Demand = tuple[str, str, str]
ARNS = ("ResourceArn", "BackupArn", "ExportArn", "ImportArn", "TableArn", "SourceTableArn")
RESTORES = ("RestoreTableFromBackup", "RestoreTableToPointInTime")
# Service Authorization Reference: the actions that restoring depends on.
RESTORED_BY = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
# Developer Guide, "Requesting a table export" and "Requesting a table import": the least on bucket and logs.
EXPORTED_BY = ("AbortMultipartUpload", "PutObject", "PutObjectAcl")
IMPORTED_BY = (
    "CreateLogGroup",
    "CreateLogStream",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "PutLogEvents",
    "PutRetentionPolicy",
)

_context = threading.local()
_lock = threading.Lock()


@contextmanager
def context(**values: str) -> Iterator[None]:
    """Condition keys of the request that is being judged."""
    _context.values = values
    try:
        yield
    finally:
        _context.values = {}


def demands(response: Any, resource: str) -> list[Demand]:
    """What a request needs: action, resource, and the service that acts for the caller."""
    operation = response._get_action()
    body = json.loads(response.raw_body or b"{}") if isinstance(response, (DynamoHandler, KmsResponse)) else {}
    if isinstance(response, DynamoHandler):
        return list(_of_dynamodb(response, operation, body))
    if isinstance(response, KmsResponse):
        return list(_of_kms(response, operation, body))
    if isinstance(response, S3Response):
        return list(_of_s3(response, operation, resource))
    if operation == "SimulatePrincipalPolicy":
        return [("iam:SimulatePrincipalPolicy", response.data["PolicySourceArn"][0], "")]
    return []


def _of_dynamodb(response: Any, operation: str, body: dict[str, Any]) -> Iterator[Demand]:
    place = f"arn:aws:dynamodb:{response.region}:{response.current_account}:table/"
    creation = body.get("TableCreationParameters", {})
    target = creation.get("TableName") or body.get("TargetTableName") or body.get("TableName")
    table = f"{place}{target}"
    whole = operation in ("ListTables", "ListBackups", "ListExports", "ListImports")
    named = next((body[name] for name in ARNS if body.get(name)), "")
    index = f"{table}/index/{body['IndexName']}" if body.get("IndexName") and operation in ("Query", "Scan") else ""
    for resource in _tables_of_items(body, place) or ["*" if whole else index or named or table]:
        yield f"dynamodb:{operation}", resource, ""
    if operation in RESTORES:
        source = body.get("SourceTableName")
        yield from (
            (f"dynamodb:{operation}", each, "") for each in [f"{place}{source}" if source else "", table] if each
        )
        yield from ((f"dynamodb:{each}", table, "") for each in RESTORED_BY)
    if (body.get("Tags") or creation.get("Tags")) and operation in ("CreateTable", "ImportTable"):
        yield "dynamodb:TagResource", table, ""
    encryption = (
        body.get("SSESpecification") or creation.get("SSESpecification") or body.get("SSESpecificationOverride")
    )
    key = (encryption or {}).get("KMSMasterKeyId")
    if key:
        for action in KEY_USE:
            yield f"kms:{action}", _key_arn(response, key), f"dynamodb.{response.region}.amazonaws.com"
    if operation == "ExportTableToPointInTime":
        prefix = "/".join(filter(None, [body["S3Bucket"], body.get("S3Prefix")]))
        yield from ((f"s3:{each}", f"arn:aws:s3:::{prefix}/AWSDynamoDB/1", "") for each in EXPORTED_BY)
    if operation == "ImportTable":
        bucket = f"arn:aws:s3:::{body['S3BucketSource']['S3Bucket']}"
        yield "s3:ListBucket", bucket, ""
        yield "s3:GetObject", f"{bucket}/{body['S3BucketSource'].get('S3KeyPrefix', '')}", ""
        logs = f"arn:aws:logs:{response.region}:{response.current_account}:log-group:/aws-dynamodb/imports:log-stream:1"
        yield from ((f"logs:{each}", logs, "") for each in IMPORTED_BY)


def _tables_of_items(body: dict[str, Any], place: str) -> list[str]:
    """Of the calls that name tables inside."""
    names = list(body.get("RequestItems", {}))
    for each in body.get("TransactItems", ()):
        names += [content["TableName"] for content in each.values()]
    return [f"{place}{name}" for name in dict.fromkeys(names)]


def _of_s3(response: Any, operation: str, resource: str) -> Iterator[Demand]:
    action = {"HeadBucket": "ListBucket", "ListBucketVersions": "ListBucketVersions"}.get(operation, operation)
    yield f"s3:{action}", resource, ""
    source = response.headers.get("X-Amz-Copy-Source")
    if source:
        path, _mark, version = source.lstrip("/").partition("?")
        yield f"s3:{'GetObjectVersion' if version else 'GetObject'}", f"arn:aws:s3:::{path}", ""


def _of_kms(response: Any, operation: str, body: dict[str, Any]) -> Iterator[Demand]:
    key = body.get("KeyId") or body.get("TargetKeyId")
    if body.get("AliasName"):
        alias = f"arn:aws:kms:{response.region}:{response.current_account}:{body['AliasName']}"
        yield f"kms:{operation}", alias, ""
    yield f"kms:{operation}", _key_arn(response, key) if key else "*", ""
    if operation == "CreateKey" and body.get("Tags"):
        yield "kms:TagResource", _key_arn(response, NO_KEY), ""


def _key_arn(response: Any, name: str) -> str:
    from moto.kms.models import kms_backends

    backend: KmsBackend = kms_backends[response.current_account][response.region]
    found = backend.get_key_id_from_alias(name) if name.startswith("alias/") else backend.any_id_to_key_id(name)
    return f"arn:aws:kms:{response.region}:{response.current_account}:key/{found or NO_KEY}"


def authorize(self: Any, iam_request_cls: type[IAMRequest], resource: str = "*") -> None:
    """In place of moto's, which asks for one action on one resource."""
    if f"Credential={ADMINISTRATOR}/" in self.headers["Authorization"]:
        return
    request = iam_request_cls(
        account_id=self.current_account,
        method=self.method,
        path=self.raw_path,
        data=self.data,
        body=self.raw_body,
        headers=self.headers,
        action=self._get_action(),
    )
    # moto cannot check those of S3 where the body comes in pieces, and they are not what this is about.
    if not isinstance(self, S3Response):
        request.check_signature()
    own = request._action.replace("monitoring:", "cloudwatch:")
    asked = demands(self, resource) or [(own, resource, "")]
    with _lock, settings.DEMANDS.open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(demand) + "\n" for demand in asked)
    for action, on, via in asked:
        request._action = action
        request._denied_as = (own, on, via)
        with context(**({VIA_SERVICE: via} if via else {})):
            request.check_action_permitted(on)


def deny(self: Any) -> None:
    """AWS's codes and texts."""
    own, resource, via = self._denied_as
    text = (
        f"User: {self._access_key.arn} is not authorized to perform: {self._action} on resource: {resource} "
        f"because no identity-based policy allows the {self._action} action"
    )
    if via:
        text = (
            f"KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: {text} (Service: AWSKMS; "
            "Status Code: 400; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)"
        )
    if own.startswith("s3:"):
        # A request for the head of something is answered without a body.
        refusal = S3AccessDeniedError()
        refusal.message = text
        raise refusal
    if own.startswith(("iam:", "sts:", "ec2:")):
        code = "UnauthorizedOperation" if own.startswith("ec2:") else "AccessDenied"
        refusal = JsonRESTError(code, text)
        error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
        frame = (
            "<Response><Errors>{}</Errors></Response>"
            if own.startswith("ec2:")
            else "<ErrorResponse>{}</ErrorResponse>"
        )
        refusal.description = frame.format(error)
        raise refusal
    raise JsonRESTError("AccessDeniedException", text)


def with_conditions(original: Any) -> Any:
    """A statement whose condition the request does not meet says nothing of it."""

    def is_action_permitted(self: Any, *args: Any, **kwargs: Any) -> PermissionResult:
        values = getattr(_context, "values", {})
        for key, pattern in self._statement.get("Condition", {}).get("StringLike", {}).items():
            if not fnmatch.fnmatchcase(values.get(key, ""), pattern):
                return PermissionResult.NEUTRAL
        result: PermissionResult = original(self, *args, **kwargs)
        return result

    return is_action_permitted


def simulate_principal_policy(self: Any) -> ActionResult:
    """IAM's simulator: each action on each resource, one result for each action."""
    kind, _slash, name = self._get_param("PolicySourceArn").rpartition(":")[2].partition("/")
    backend = self.backend
    arn = self._get_param("PolicySourceArn")
    if kind == "user":
        found = backend.get_user(name.rpartition("/")[2])
        documents = [
            backend.get_user_policy(found.name, each)["policy_document"]
            for each in backend.list_user_policies(found.name)
        ]
    else:
        found = backend.get_role_by_arn(arn)
        documents = [backend.get_role_policy(found.name, each)[1] for each in backend.list_role_policies(found.name)]
    if found.arn != arn:
        raise NotFoundException(f"The principal {arn} cannot be found.")
    given = {each["ContextKeyName"]: each["ContextKeyValues"][0] for each in self._get_param("ContextEntries", [])}
    results = []
    with context(**given):
        for action in self._get_param("ActionNames"):
            specific = [
                {"EvalResourceName": each, "EvalResourceDecision": _decision(documents, action, each)}
                for each in self._get_param("ResourceArns", ["*"])
            ]
            decisions = {each["EvalResourceDecision"] for each in specific}
            results.append(
                {
                    "EvalActionName": action,
                    "EvalDecision": "allowed" if decisions == {"allowed"} else "implicitDeny",
                    "ResourceSpecificResults": specific,
                }
            )
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def by_arn(original: Any) -> Any:
    """moto knows the key by its id only in some operations."""

    def with_id(self: KmsBackend, key_id: str) -> None:
        original(self, self.get_key_id(key_id))

    return with_id


def _decision(documents: list[str], action: str, resource: str) -> str:
    permitted = [IAMPolicy(each).is_action_permitted(action, resource) for each in documents]
    return "allowed" if PermissionResult.PERMITTED in permitted else "implicitDeny"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    arguments = parser.parse_args()
    corrections.apply()
    settings.DEMANDS = arguments.log / "demands.jsonl"
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize
    IAMRequest._raise_access_denied = S3IAMRequest._raise_access_denied = deny
    IAMPolicyStatement.is_action_permitted = with_conditions(IAMPolicyStatement.is_action_permitted)
    IamResponse.simulate_principal_policy = simulate_principal_policy
    KmsBackend.enable_key = by_arn(KmsBackend.enable_key)
    KmsBackend.cancel_key_deletion = by_arn(KmsBackend.cancel_key_deletion)
    os.environ["MOTO_PORT"] = str(arguments.port)
    application = RequestLog(DomainDispatcherApplication(create_backend_app), arguments.log / REQUEST_LOG)
    make_server(HOST, arguments.port, application, threaded=True, request_handler=QuietHandler).serve_forever()


if __name__ == "__main__":
    main()
