# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What botocore brings back in place of an answer, in the words of the engine. Makes no calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

try:
    from botocore.exceptions import (
        ClientError,
        HTTPClientError,
        IncompleteReadError,
        NoCredentialsError,
        ParamValidationError,
        PartialCredentialsError,
    )
    from botocore.exceptions import (
        ConnectionError as BotoConnectionError,
    )
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports the missing library

from .errors import AwsError, Denial, Kind, classify

# Of a table, a backup, a key, a role, a bucket, an object; HeadObject has no more than the status.
NOT_FOUND = re.compile("NotFound|NoSuch|^404$")

# The member of a request that says what it is about.
SUBJECTS = ("TableName", "ResourceArn", "KeyId", "BackupArn", "ExportArn", "ImportArn", "TableArn", "Bucket")

# Permissions that are not named as their operation is. Of a denied request for a head S3 tells no more than 403.
ACTIONS = {"HeadBucket": "ListBucket", "HeadObject": "GetObject", "ListObjectsV2": "ListBucket"}


class CutAnswerError(Exception):
    """An answer that is not whole."""


def watch_answers(client: Any) -> Any:
    """The same client, telling an answer that was cut off; botocore takes one that is not JSON for an empty one."""
    client.meta.events.register("before-parse", _check_whole)
    return client


def _check_whole(operation_model: Any, response_dict: Mapping[str, Any], **unused: Any) -> None:
    service = operation_model.service_model
    protocol = getattr(service, "resolved_protocol", service.metadata.get("protocol"))
    shape, body, good = operation_model.output_shape, response_dict["body"], response_dict["status_code"] == 200
    # Of what is no success only an error of the service is checked; proxies and emulators say what they like.
    expected = bool(shape and shape.members) if good else body.startswith(b"{")
    if protocol != "json" or not expected:
        return
    try:
        json.loads(body)
    except ValueError as error:
        raise CutAnswerError(f"the answer is not whole after {len(body)} bytes") from error


def asked_for(operation: str, arguments: Mapping[str, Any]) -> str:
    """A call in words."""
    subject = next(
        (arguments[name] for name in SUBJECTS if name in arguments),
        "",
    )
    return f"{operation} of {subject}" if subject else operation


def refusal(error: ClientError, service: str, operation: str, arguments: Mapping[str, Any]) -> AwsError:
    """What AWS answered instead of what was asked for."""
    answer = error.response.get("Error", {})
    code, text = str(answer.get("Code", "")), str(answer.get("Message", ""))
    asked = asked_for(operation, arguments)
    if text.lstrip().lower().startswith("<!doctype html"):
        text = "an HTML page instead of an answer"
    headless = code == "403" and operation.startswith("Head")
    if code.startswith("AccessDenied") or headless or "not authorized to perform" in text:
        action = f"{service}:{ACTIONS.get(operation, operation)}"
        return AwsError(asked, code, text, Kind.DENIED, Denial.of(text).advice(action, text))
    rule = classify(code, text)
    return AwsError(asked, code, text, rule.kind, rule.advice, rule.momentary, rule.lost, error.response)


def no_answer(error: Exception, service: str, operation: str, arguments: Mapping[str, Any], endpoint: str) -> AwsError:
    """Why there is no answer, or none that could be read."""
    asked, code, text = asked_for(operation, arguments), type(error).__name__, str(error)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        advice = "Give credentials: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role."
        return AwsError(asked, code, text, Kind.FINAL, advice)
    if isinstance(error, (BotoConnectionError, HTTPClientError)):
        advice = f"Nobody answers at {endpoint}: check the endpoint, the region and the network."
        # What could not even connect asked nothing.
        lost = isinstance(error, HTTPClientError)
        return AwsError(asked, code, text, Kind.UNREACHABLE, advice, momentary=True, lost=lost)
    if isinstance(error, (CutAnswerError, IncompleteReadError, ResponseParserError)):
        advice = (
            f"What answers at {endpoint} is not AWS, or loses parts of its answers: check the endpoint and the way."
        )
        return AwsError(asked, code, text, Kind.UNREACHABLE, advice, momentary=True, lost=True)
    if isinstance(error, ParamValidationError):
        return AwsError(asked, code, text, Kind.FINAL, "This boto3 may be too old for the setting: update it.")
    return AwsError(asked, code, text, Kind.FINAL, "")
