# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table and a bucket in memory, in a world that may end at any step, for tests of the archive."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ansible_collections.auditflow.dynamodb.plugins.module_utils.archive.marks import same
from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock
from ansible_collections.auditflow.dynamodb.plugins.module_utils.items.journal import write_whole

from .aws_client import FakeClient
from .items_table import Time, refusal, segment_of

Item = dict[str, Any]
TABLE, BUCKET, KEY = "Documents", "bucket", "id"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
COLD = ("GLACIER", "DEEP_ARCHIVE")
DESCRIPTION = {
    "TableName": TABLE,
    "TableArn": f"arn:aws:dynamodb:ap-south-1:123456789012:table/{TABLE}",
    "TableId": "id-1",
    "KeySchema": [{"AttributeName": KEY, "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": KEY, "AttributeType": "S"}],
}
TERM = re.compile(r"(?:(attribute_exists|attribute_not_exists)\()?(#\d+)\)?(?: = (:\d+))?")


class KilledError(BaseException):
    """The process ends here. No handler of exceptions is run on a kill; finally and the end of with do no harm."""


def holds(item: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> bool:
    """Whether a condition of equalities and existences holds."""
    names, values = arguments["ExpressionAttributeNames"], arguments.get("ExpressionAttributeValues", {})
    for term in arguments["ConditionExpression"].split(" AND "):
        found = TERM.fullmatch(term)
        assert found, term
        function, name, value = found[1], names[found[2]], found[3]
        there = name in (item or {})
        if function == "attribute_not_exists":
            good = not there
        else:
            good = there and (function == "attribute_exists" or same((item or {})[name], values[value]))
        if not good:
            return False
    return True


def updated(item: Mapping[str, Any], arguments: Mapping[str, Any]) -> Item:
    """The item after SET and REMOVE."""
    names, values = arguments["ExpressionAttributeNames"], arguments.get("ExpressionAttributeValues", {})
    found = re.fullmatch(r"(?:SET (.*?))?(?: ?REMOVE (.*))?", arguments["UpdateExpression"])
    assert found
    after = dict(item)
    for each in (found[1] or "").split(", "):
        if each:
            name, _equals, value = each.partition(" = ")
            after[names[name]] = values[value]
    for each in (found[2] or "").split(", "):
        if each:
            del after[names[each]]
    return after


@dataclass
class World:
    """items: by their key. objects: by their key, the last version last. end_at: the step at which the world ends.

    after: whether it ends when that step is done. corrupt: what S3 makes of a content.
    """

    items: dict[str, Item]
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    versions: bool = True
    end_at: int = 0
    after: bool = False
    refuse: Callable[[str, dict[str, Any]], None] = lambda operation, arguments: None
    corrupt: Callable[[bytes], bytes] = lambda content: content
    restored: set[str] = field(default_factory=set)
    time: Time = field(default_factory=Time)
    calls: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    _numbers: int = 0

    def aws(self) -> Aws:
        clock = Clock(now=lambda: self.time.seconds, sleep=self.time.sleep, today=lambda: NOW)
        return Aws(lambda service: FakeClient(self, service), region="ap-south-1", clock=clock)

    def write_whole(self, path: Path, content: str | bytes, durable: bool) -> None:
        """A file's writing, which is a step as well. These tests end no machine."""
        self.step(lambda: write_whole(path, content, durable=False))

    def step(self, do: Callable[[], Any]) -> Any:
        self.steps += 1
        # Nothing is done any more after the end, by whichever thread.
        if self.end_at and self.steps >= self.end_at + self.after:
            raise KilledError
        done = do()
        if self.steps == self.end_at:
            raise KilledError
        return done

    def revive(self) -> None:
        """From here on it does not end."""
        self.end_at = 0

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        self.refuse(operation, arguments)
        answer: dict[str, Any] = self.step(lambda: getattr(self, f"_{operation}")(arguments))
        return answer

    # --- DynamoDB ---

    def _Scan(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        total, segment = arguments["TotalSegments"], arguments["Segment"]
        mine = [key for key in sorted(self.items) if segment_of(key, total) == segment]
        start = arguments.get("ExclusiveStartKey", {KEY: {"S": ""}})[KEY]["S"]
        left = [key for key in mine if key > start]
        page = left[: arguments["Limit"]]
        wants_archived = arguments["FilterExpression"] == "#archived = :true"
        found = [self.items[key] for key in page]
        found = [each for each in found if (each.get("archived") == {"BOOL": True}) == wants_archived]
        more = {"LastEvaluatedKey": {KEY: {"S": page[-1]}}} if len(left) > len(page) else {}
        return {"Items": [dict(each) for each in found], "ScannedCount": len(page), **more}

    def _UpdateItem(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        key = arguments["Key"][KEY]["S"]
        item = self.items.get(key)
        if not holds(item, arguments):
            error = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}}
            raise ClientError({**error, **({"Item": dict(item)} if item else {})}, "UpdateItem")
        assert item is not None
        self.items[key] = updated(item, arguments)
        self.marked[key] += 1
        return {}

    def _BatchGetItem(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        ((table, wanted),) = arguments["RequestItems"].items()
        keys = [each[KEY]["S"] for each in wanted["Keys"]]
        return {"Responses": {table: [dict(self.items[key]) for key in keys if key in self.items]}}

    # --- S3 ---

    def _PutObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        key = arguments["Key"]
        assert arguments["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(arguments["Body"]).digest()).decode()
        if arguments.get("IfNoneMatch") and self.objects.get(key):
            raise refusal("PreconditionFailed", "PutObject")
        return self._add(key, self.corrupt(arguments["Body"]), arguments.get("Metadata", {}), "STANDARD")

    def _CopyObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        source = self._object(arguments["CopySource"])
        if source["StorageClass"] in COLD:
            raise refusal("InvalidObjectState", "CopyObject")
        return self._add(arguments["Key"], source["Body"], source["Metadata"], arguments["StorageClass"])

    def _GetObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = self._object(arguments)
        if found["StorageClass"] in COLD and arguments["Key"] not in self.restored:
            raise refusal("InvalidObjectState", "GetObject")

        class Body:
            read = staticmethod(lambda: found["Body"])

        return {**self._shown(arguments["Key"], found), "Body": Body}

    def _HeadObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._shown(arguments["Key"], self._object(arguments))

    def _DeleteObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        kept = [each for each in self.objects[arguments["Key"]] if each["VersionId"] != arguments["VersionId"]]
        self.objects[arguments["Key"]] = kept
        return {}

    def _ListObjectsV2(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(arguments["Prefix"])]}

    def _RestoreObject(self, arguments: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.restored.add(arguments["Key"])
        return {}

    def _add(self, key: str, body: bytes, metadata: Mapping[str, str], storage: str) -> dict[str, Any]:
        self._numbers += 1
        version = f"v{self._numbers}" if self.versions else "null"
        added = {"Body": body, "Metadata": metadata, "StorageClass": storage, "VersionId": version}
        self.objects[key] = [*(self.objects.get(key, ()) if self.versions else ()), added]
        return {"VersionId": version} if self.versions else {}

    def _object(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = self.objects.get(arguments["Key"], [])
        wanted = arguments.get("VersionId")
        found = [each for each in found if wanted in (None, each["VersionId"])]
        if not found:
            raise refusal("404", "HeadObject")
        return found[-1]

    def _shown(self, key: str, found: Mapping[str, Any]) -> dict[str, Any]:
        body = found["Body"]
        shown = {
            "ContentLength": len(body),
            "Metadata": found["Metadata"],
            "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
            "ChecksumSHA256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
        }
        if found["StorageClass"] != "STANDARD":
            shown["StorageClass"] = found["StorageClass"]
        if key in self.restored:
            shown["Restore"] = 'ongoing-request="false", expiry-date="Thu, 26 Nov 2026 01:35:32 GMT"'
        return {**shown, "VersionId": found["VersionId"]} if self.versions else shown
