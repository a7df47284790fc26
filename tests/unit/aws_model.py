# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small AWS in memory, behind boto3's interface, with a clock of its own.

It answers in the shape in which the service reads back, takes its time for changes, and refuses what AWS refuses.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Aws, Clock

from .aws_client import FakeClient, service_model
from .aws_rules import Request, check_combination, check_create, invalid, refuse
from .aws_shapes import ACCOUNT, REGION
from .aws_table import IN_USE, Table

TTL_INTERVAL = 1860
MANAGED_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/aws-managed"


def table_arn(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def key_arn(key: str) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"


class Killed(BaseException):
    """The process died: nothing may catch this."""


class AwsModel:
    """The service.

    calls: every call that was made, in order. refused: the code and text of every refusal. unsupported, forgets: the
    operations it does not know, and those it takes without doing them. watch: told of each operation before it happens.
    lives: how many more writes the client makes before it is killed.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.tables: dict[str, Table] = {}
        self.backups: list[dict[str, Any]] = []
        self.aliases = {"alias/aws/dynamodb": MANAGED_KEY}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[tuple[str, str]] = []
        self.denied: dict[str, list[tuple[str, str]]] = {}
        self.unsupported: set[str] = set()
        self.forgets: set[str] = set()
        self.watch: Callable[[str], None] = lambda operation: None
        self.lives: int | None = None
        self.lock = threading.RLock()

    # For tests

    def aws(self) -> Aws:
        """The real Aws of the engine over this service."""
        return Aws(lambda service: FakeClient(self, service), REGION, Clock(lambda: self.time, self.sleep))

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.time += seconds

    def deny(self, operation: str, code: str, text: str) -> None:
        """The next call of this operation is refused with this answer."""
        self.denied.setdefault(operation, []).append((code, text))

    @property
    def operations(self) -> list[str]:
        return [operation for operation, arguments in self.calls]

    @property
    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        return [call for call in self.calls if not call[0].startswith(("Describe", "List"))]

    def settings(self, name: str) -> dict[str, Any]:
        """Everything that a definition can set, as it is once all has settled."""
        table = self.tables[name]
        table.settle(float("inf"))
        return {
            **copy.deepcopy(table.described),
            "ttl": table.ttl,
            "pitr": table.recovery_days,
            "tags": dict(table.tags),
        }

    # The service

    def call(self, service: str, operation: str, arguments: Request) -> dict[str, Any]:
        shape = service_model(service).operation_model(operation).input_shape
        report = ParamValidator().validate(dict(arguments), shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        with self.lock:
            if self.lives == 0:
                raise Killed
            for table in self.tables.values():
                table.settle(self.time)
            try:
                answer = self._answer(operation, arguments)
            except ClientError as error:
                self.refused.append((error.response["Error"]["Code"], error.response["Error"]["Message"]))
                raise
            finally:
                self.calls.append((operation, copy.deepcopy(dict(arguments))))
            if self.lives is not None and not operation.startswith(("Describe", "List")):
                self.lives -= 1
                if not self.lives:
                    raise Killed
            return copy.deepcopy(answer)

    def _answer(self, operation: str, arguments: Request) -> dict[str, Any]:
        if operation in self.unsupported:
            refuse("UnknownOperationException", "")
        if operation in self.forgets:
            return {}
        self.watch(operation)
        if self.denied.get(operation):
            refuse(*self.denied[operation].pop(0))
        handlers: Mapping[str, Callable[[Request], dict[str, Any]]] = {
            "CreateTable": self._create_table,
            "DescribeTable": lambda request: {"Table": self._visible(request)},
            "UpdateTable": self._update_table,
            "DeleteTable": self._delete_table,
            "ListTables": lambda request: {"TableNames": sorted(self.tables)},
            "DescribeTimeToLive": self._describe_ttl,
            "UpdateTimeToLive": self._update_ttl,
            "DescribeContinuousBackups": self._describe_backups,
            "UpdateContinuousBackups": self._update_backups,
            "ListTagsOfResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "CreateBackup": self._create_backup,
            "ListBackups": self._list_backups,
            "DescribeKey": self._describe_key,
        }
        if operation not in handlers:
            refuse("UnknownOperationException", "")
        return handlers[operation](copy.deepcopy(dict(arguments)))

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            refuse("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        return self.tables[name]

    def _visible(self, request: Request) -> dict[str, Any]:
        described = copy.deepcopy(self._table(request["TableName"]).described)
        described.get("SSEDescription", {}).pop("going", None)
        if described["TableStatus"] == "DELETING":
            described.pop("GlobalSecondaryIndexes", None)
        return described

    def _create_table(self, request: Request) -> dict[str, Any]:
        check_create(request)
        name = request["TableName"]
        if name in self.tables:
            creating = self.tables[name].status == "CREATING"
            text = f"{IN_USE}Table is being created: {name}" if creating else f"Table already exists: {name}"
            refuse("ResourceInUseException", text)
        self.tables[name] = Table.create(request, self.time, self._key_arn)
        return {"TableDescription": self.tables[name].described}

    def _update_table(self, request: Request) -> dict[str, Any]:
        check_combination(request)
        table = self._table(request["TableName"])
        table.update(request, self.time)
        return {"TableDescription": table.described}

    def _delete_table(self, request: Request) -> dict[str, Any]:
        name = request["TableName"]
        table = self._table(name)
        if table.status in ("CREATING", "DELETING"):
            refuse("ResourceInUseException", f"{IN_USE}Table is being {table.status.lower()[:-3]}ed: {name}")
        if table.described["DeletionProtectionEnabled"]:
            text = "Resource cannot be deleted as it is currently protected against deletion."
            refuse("ValidationException", f"{text} Disable deletion protection first.")
        if table.busy_with:
            refuse("ResourceInUseException", IN_USE + table.busy_with)
        table.described["TableStatus"] = "DELETING"
        table.later(self.time + 5, lambda: self._forget(name))
        return {"TableDescription": table.described}

    def _forget(self, name: str) -> None:
        # Not at once: the tables are being walked through.
        self.tables = {other: table for other, table in self.tables.items() if other != name}

    # Time to live

    def _describe_ttl(self, request: Request) -> dict[str, Any]:
        table = self._table(request["TableName"])
        if table.status == "CREATING":
            text = "Cannot describe time to live while table is in CREATING state: Current table state is CREATING"
            refuse("ValidationException", text)
        on = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl}
        return {"TimeToLiveDescription": on if table.ttl else {"TimeToLiveStatus": "DISABLED"}}

    def _update_ttl(self, request: Request) -> dict[str, Any]:
        table, wanted = self._table(request["TableName"]), request["TimeToLiveSpecification"]
        if table.status == "CREATING":
            refuse("ResourceInUseException", f"{IN_USE}Table is being created")
        if table.ttl not in ("", wanted["AttributeName"]):
            refuse(
                "ValidationException",
                f"TimeToLive is active on a different AttributeName: current AttributeName is {table.ttl}",
            )
        if wanted["Enabled"] == bool(table.ttl):
            refuse("ValidationException", f"TimeToLive is already {'enabled' if table.ttl else 'disabled'}")
        if self.time < table.ttl_changed + TTL_INTERVAL:
            refuse("ValidationException", "Time to live has been modified multiple times within a fixed interval")
        table.ttl, table.ttl_changed = wanted["AttributeName"] if wanted["Enabled"] else "", self.time
        return {"TimeToLiveSpecification": wanted}

    # Point-in-time recovery and backups

    def _backed_up(self, request: Request) -> Table:
        name = request["TableName"]
        if name not in self.tables:
            refuse("TableNotFoundException", f"Table not found: {name}")
        return self.tables[name]

    def _describe_backups(self, request: Request) -> dict[str, Any]:
        table = self._backed_up(request)
        pitr: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
        if table.recovery_days:
            pitr = {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": table.recovery_days}
        status = "ENABLED" if self.time >= table.backups_from else "DISABLED"
        described = {"ContinuousBackupsStatus": status, "PointInTimeRecoveryDescription": pitr}
        return {"ContinuousBackupsDescription": described}

    def _need_backups(self, table: Table) -> None:
        if self.time < table.backups_from:
            refuse(
                "ContinuousBackupsUnavailableException", "Backups are being enabled for the table. Please retry later"
            )

    def _update_backups(self, request: Request) -> dict[str, Any]:
        table, wanted = self._backed_up(request), request["PointInTimeRecoverySpecification"]
        on, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
        if not on and days:
            text = "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
            refuse("ValidationException", f"Invalid Request: {text}")
        self._need_backups(table)
        table.recovery_days = (days or table.recovery_days or 35) if on else 0
        return {}

    def _create_backup(self, request: Request) -> dict[str, Any]:
        self._need_backups(self._backed_up(request))
        self.backups.append({**request, "BackupType": "USER", "from": self.time + 1, "made": datetime.now(UTC)})
        return {}

    def _list_backups(self, request: Request) -> dict[str, Any]:
        summaries = [
            {
                "BackupName": each["BackupName"],
                "BackupStatus": "AVAILABLE" if self.time >= each["from"] else "CREATING",
                "BackupCreationDateTime": each["made"],
            }
            for each in self.backups
            if each["TableName"] == request["TableName"]
        ]
        return {"BackupSummaries": summaries}

    # Tags

    def _tagged(self, request: Request) -> Table:
        arn = request["ResourceArn"]
        table = self.tables.get(arn.rpartition("/")[2])
        if table is None or table.described["TableArn"] != arn or table.status == "CREATING":
            refuse("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found")
        return table

    def _list_tags(self, request: Request) -> dict[str, Any]:
        shown = self._tagged(request).shown_tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in shown.items()]}

    def _tag(self, request: Request) -> dict[str, Any]:
        table = self._tagged(request)
        keys = [tag["Key"] for tag in request["Tags"]]
        if any(key.startswith("aws:") for key in keys):
            invalid("Tag Key cannot be prefixed with aws:")
        return self._retag(table, {**table.tags, **{tag["Key"]: tag["Value"] for tag in request["Tags"]}})

    def _untag(self, request: Request) -> dict[str, Any]:
        table = self._tagged(request)
        return self._retag(table, {key: value for key, value in table.tags.items() if key not in request["TagKeys"]})

    def _retag(self, table: Table, tags: dict[str, str]) -> dict[str, Any]:
        if len(tags) > 50:
            refuse("ValidationException", "Number of Tags exceed the current limit for the provided ResourceArn")
        if tags != table.tags:
            if self.time < table.tags_locked_until:
                refuse("LimitExceededException", "Subscriber limit exceeded: Table tags are being updated")
            table.tags, table.tags_locked_until = tags, self.time + 1.7
            table.later(self.time + 1.9, lambda: setattr(table, "shown_tags", dict(tags)))
        return {}

    # Keys

    def _key_arn(self, key: str) -> str:
        arn = self.aliases.get(key, key)
        if not arn.startswith("arn:"):
            invalid("KMS validation error: NotFoundException")
        return arn

    def _describe_key(self, request: Request) -> dict[str, Any]:
        key = request["KeyId"]
        if key not in self.aliases and not key.startswith("arn:"):
            refuse("NotFoundException", f"Alias {key} is not found.")
        return {"KeyMetadata": {"KeyId": key, "Arn": self.aliases.get(key, key)}}
