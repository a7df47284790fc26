# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports to S3 and imports from it have in common: tokens, lists, and failures that come later."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ServiceError

PAGE = 25


class TransferFailed(Exception):  # noqa: N818  it is no mistake of anybody here
    """FailureCode and FailureMessage of an export or an import."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass
class Job:
    """An export or an import: what AWS shows of it, and what was asked."""

    shown: dict[str, Any]
    asked: str
    started: float


def job_id(now: float) -> str:
    return f"{int(now * 1000):014d}-{uuid.uuid4().hex[:8]}"


def comparable(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)


def same_token(jobs: Sequence[Job], body: Mapping[str, Any], now: float, seconds: float) -> Job | None:
    """The job that was begun with this token, as long as AWS remembers it."""
    token = body.get("ClientToken")
    alike = (job for job in jobs if token and job.shown["ClientToken"] == token and now < job.started + seconds)
    return next(alike, None)


def find(jobs: Sequence[Job], kind: str, arn: str) -> Job:
    for job in jobs:
        if job.shown[f"{kind}Arn"] == arn:
            return job
    raise ServiceError(f"{kind}NotFoundException", f"{kind} not found: {arn}")


def page(shown: Sequence[dict[str, Any]], token: str | None, size: int | None) -> tuple[list[dict[str, Any]], Any]:
    """One page, and what asks for the next; AWS's tokens have 112 characters and more."""
    first = int(token, 16) if token else 0
    end = first + (size or PAGE)
    return list(shown[first:end]), {"NextToken": f"{end:0112x}"} if len(shown) > end else {}
