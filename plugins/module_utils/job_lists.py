# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of exports and imports, all their pages: botocore has no paginator for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .aws import Aws
from .state import Read

Summaries = list[Mapping[str, Any]]


def list_exports(aws: Aws, table_arn: str = "") -> Summaries:
    """The exports that AWS knows, of a table or of all of the region. Raises AwsError."""
    return _all(aws, "ListExports", {"TableArn": table_arn} if table_arn else {}, "ExportSummaries")


def list_imports(aws: Aws) -> Summaries:
    """The imports that AWS knows in the region. Raises AwsError."""
    return _all(aws, "ListImports", {}, "ImportSummaryList")


def _all(aws: Aws, operation: str, arguments: Mapping[str, Any], member: str) -> Summaries:
    found: Summaries = []
    more: dict[str, Any] = {}
    while True:
        page = aws.read(Read(operation, {**arguments, **more})) or {}
        found += page.get(member) or ()
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}
