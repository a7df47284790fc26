# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of the model: its description in the shape AWS reads it back, and how each change takes its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .aws_rules import (
    INVALID,
    ON_DEMAND_FLOOR,
    PPR,
    PROVISIONED,
    Request,
    check_global,
    check_index_update,
    check_limits,
    check_warm,
    invalid,
    names_in,
    refuse,
    unchanged,
    units,
)
from .aws_shapes import described_throughput, index_description, table_description

IN_USE = "Attempt to change a resource which is still in use: "
NO_TIME = -1e9

# Seconds, shorter than AWS's where AWS takes minutes: the clock is not real, but every poll costs a little.
CREATING, CHANGING, ALLOCATING, BACKFILLING, WARMING, ENCRYPTING = 5, 4, 6, 30, 60, 20


@dataclass
class Table:
    """described: Table of DescribeTable. coming: what happens at a time, in order."""

    described: dict[str, Any]
    key_arn: Callable[[str], str]
    tags: dict[str, str] = field(default_factory=dict)
    shown_tags: dict[str, str] = field(default_factory=dict)
    ttl: str = ""
    ttl_changed: float = NO_TIME
    recovery_days: int = 0
    backups_from: float = 0
    tags_locked_until: float = NO_TIME
    protection_changed: float = NO_TIME
    coming: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @classmethod
    def create(cls, request: Request, now: float, key_arn: Callable[[str], str]) -> Table:
        described = table_description(request)
        table = cls(described, key_arn, backups_from=now + CREATING + 4)
        table.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
        table.shown_tags = dict(table.tags)
        if request.get("SSESpecification", {}).get("Enabled"):
            table._encrypt(request["SSESpecification"], "ENABLED")
        table.later(now + CREATING, table._born)
        return table

    @property
    def status(self) -> str:
        status: str = self.described["TableStatus"]
        return status

    @property
    def mode(self) -> str:
        mode: str = self.described.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED)
        return mode

    @property
    def indexes(self) -> dict[str, dict[str, Any]]:
        return {index["IndexName"]: index for index in self.described.get("GlobalSecondaryIndexes", ())}

    @property
    def busy_with(self) -> str:
        """What keeps the table from being deleted."""
        if self.status != "ACTIVE":
            return f"Table: {self.described['TableName']} is in the process of being updated."
        if any(index["IndexStatus"] != "ACTIVE" for index in self.indexes.values()):
            return "Cannot delete table while indexes are being created, updated, or deleted."
        holders = (self.described, *self.indexes.values())
        moving = self.described.get("SSEDescription", {}).get("Status") == "UPDATING" or any(
            holder["WarmThroughput"]["Status"] == "UPDATING" for holder in holders
        )
        return "Table is in the process of being updated." if moving else ""

    def later(self, time: float, what: Callable[[], None]) -> None:
        self.coming.append((time, what))
        self.coming.sort(key=lambda event: event[0])

    def settle(self, now: float) -> None:
        while self.coming and self.coming[0][0] <= now:
            self.coming.pop(0)[1]()

    def update(self, request: Request, now: float) -> None:
        """UpdateTable, after its fields were found to go together."""
        self._check_state(request)
        self._check_meaning(request)
        if "DeletionProtectionEnabled" in request:
            self._protect(request["DeletionProtectionEnabled"], now)
        elif "SSESpecification" in request:
            self._encrypt(request["SSESpecification"], "UPDATING")
            self.later(now + ENCRYPTING, self._encrypted)
        elif "WarmThroughput" in request:
            self._warm(self.described, request["WarmThroughput"], now)
        else:
            self._change(request, now)

    def _check_state(self, request: Request) -> None:
        if self.status in ("CREATING", "DELETING"):
            refuse("ResourceInUseException", f"{IN_USE}Table is being {self.status.lower().replace('ing', 'ed')}")
        encrypting = self.described.get("SSEDescription", {}).get("Status") == "UPDATING"
        if "SSESpecification" in request and encrypting:
            refuse("ResourceInUseException", f"{IN_USE}Server-Side Encryption is still being updated")
        alone = "SSESpecification" in request or "DeletionProtectionEnabled" in request
        if self.status == "UPDATING" and not alone:
            refuse("ResourceInUseException", f"{IN_USE}Table IOPS are currently being updated.")
        for update in request.get("GlobalSecondaryIndexUpdates", ()):
            for action, content in update.items():
                self._check_index_state(action, content["IndexName"])

    def _check_index_state(self, action: str, name: str) -> None:
        index = self.indexes.get(name)
        in_flight = any(each["IndexStatus"] in ("CREATING", "DELETING") for each in self.indexes.values())
        if action != "Update" and in_flight:
            text = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
            refuse("LimitExceededException", text)
        if action == "Create" and index:
            refuse("ValidationException", f"{INVALID}Attempting to create an index which already exists")
        if action != "Create" and index is None:
            refuse("ResourceNotFoundException", f"Requested resource not found: Index {name} for table")
        if index and index["IndexStatus"] != "ACTIVE":
            refuse("ResourceInUseException", f"{IN_USE}Index is being updated. Index: {name}")

    def _check_meaning(self, request: Request) -> None:
        mode = request.get("BillingMode", self.mode)
        updates = [item for update in request.get("GlobalSecondaryIndexUpdates", ()) for item in update.items()]
        self._check_throughput(request, mode, [content for action, content in updates if action == "Update"])
        check_limits(request, "table")
        warm = self.described["WarmThroughput"]
        floor = (warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"])
        check_warm(request.get("WarmThroughput"), floor, "table is lower than current WarmThroughput")
        for action, content in updates:
            if action == "Update":
                check_index_update(self.indexes[content["IndexName"]], content, mode)
            elif action == "Create":
                check_global(content, mode)
                defined = set(names_in(request.get("AttributeDefinitions", ())))
                if set(names_in(content["KeySchema"])) - defined:
                    invalid(f"AttributeDefinitions is not specified for index: {content['IndexName']}")
        stream, has_stream = request.get("StreamSpecification"), "StreamSpecification" in self.described
        if stream and stream["StreamEnabled"] == has_stream:
            text = "already has an enabled stream" if has_stream else "has no stream to disable"
            refuse("ValidationException", f"Table {text}: TableName: {self.described['TableName']}")
        sse = request.get("SSESpecification")
        if sse:
            self._check_encryption(sse)

    def _check_throughput(self, request: Request, mode: str, updates: list[Request]) -> None:
        throughput = request.get("ProvisionedThroughput")
        if mode == PPR and throughput:
            invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        if mode == PROVISIONED and "OnDemandThroughput" in request:
            invalid("MaxReadRequestUnits for OnDemandThroughput cannot be specified when table is PROVISIONED.")
        if throughput and mode == self.mode and units(throughput) == units(self.described["ProvisionedThroughput"]):
            unchanged("table")
        if mode == PROVISIONED and self.mode == PPR:
            if not throughput:
                invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
            given = {content["IndexName"] for content in updates if "ProvisionedThroughput" in content}
            for name in sorted(set(self.indexes) - given):
                invalid(f"ProvisionedThroughput must be specified for index: {name}")

    def _check_encryption(self, sse: Request) -> None:
        now = self.described.get("SSEDescription", {})
        if not sse.get("Enabled") and not now:
            invalid("Table is already encrypted by default")
        if now and sse.get("KMSMasterKeyId") == now["KMSMasterKeyArn"]:
            invalid("Table is already encrypted with given KMSMasterKeyId.")

    def _protect(self, on: bool, now: float) -> None:
        if on != self.described["DeletionProtectionEnabled"]:
            if now < self.protection_changed + 15:
                text = "Deletion protection setting for table modified within the previous 15000 milliseconds."
                refuse("ThrottlingException", text)
            self.protection_changed = now
        self.described["DeletionProtectionEnabled"] = on

    def _change(self, request: Request, now: float) -> None:
        """What goes through ACTIVE -> UPDATING -> ACTIVE, and what changes an index."""
        if "BillingMode" in request:
            self._switch(request["BillingMode"])
        if "ProvisionedThroughput" in request:
            self._provision(self.described, units(request["ProvisionedThroughput"]))
        limits_only = set(request) == {"TableName", "OnDemandThroughput"}
        if "OnDemandThroughput" in request:
            self._limit(self.described, request["OnDemandThroughput"])
        if "TableClass" in request:
            self.described["TableClassSummary"] = {"TableClass": request["TableClass"]}
        stream = request.get("StreamSpecification")
        if stream and stream["StreamEnabled"]:
            self.described["StreamSpecification"] = stream
        elif stream:
            del self.described["StreamSpecification"]
        updates = request.get("GlobalSecondaryIndexUpdates", ())
        for update in updates:
            for action, content in update.items():
                self._change_index(action, content, request, now)
        if set(request) - {"TableName", "AttributeDefinitions", "GlobalSecondaryIndexUpdates"} and not limits_only:
            self._updating(now + CHANGING)

    def _updating(self, until: float) -> None:
        self.described["TableStatus"] = "UPDATING"
        self.later(until, lambda: self.described.update(TableStatus="ACTIVE"))

    def _switch(self, mode: str) -> None:
        if mode == self.mode:
            return
        self.described["BillingModeSummary"] = {"BillingMode": mode}
        for holder in (self.described, *self.indexes.values()):
            if mode == PPR:
                self._provision(holder, (0, 0))
                self._raise_warm(holder, ON_DEMAND_FLOOR)
            else:
                holder.pop("OnDemandThroughput", None)

    def _provision(self, holder: dict[str, Any], throughput: tuple[int, int]) -> None:
        holder["ProvisionedThroughput"] = described_throughput(*throughput)
        self._raise_warm(holder, throughput)

    @staticmethod
    def _raise_warm(holder: dict[str, Any], floor: tuple[int, int]) -> None:
        """A high-water mark of what the table was ready for."""
        warm = holder["WarmThroughput"]
        for member, least in zip(("ReadUnitsPerSecond", "WriteUnitsPerSecond"), floor, strict=True):
            warm[member] = max(warm[member], least)

    @staticmethod
    def _limit(holder: dict[str, Any], limits: Request) -> None:
        merged = {**holder.get("OnDemandThroughput", {}), **limits}
        holder["OnDemandThroughput"] = {name: limit for name, limit in merged.items() if limit != -1}
        if not holder["OnDemandThroughput"]:
            del holder["OnDemandThroughput"]

    def _warm(self, holder: dict[str, Any], warm: Request, now: float) -> None:
        holder["WarmThroughput"]["Status"] = "UPDATING"
        # The old values show until it is done.
        self.later(now + WARMING, lambda: holder["WarmThroughput"].update(warm, Status="ACTIVE"))

    def _encrypt(self, sse: Request, status: str) -> None:
        if sse["Enabled"]:
            arn = self.key_arn(sse.get("KMSMasterKeyId", "alias/aws/dynamodb"))
            self.described["SSEDescription"] = {"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": arn}
        else:
            self.described["SSEDescription"].update(Status=status, going=True)

    def _encrypted(self) -> None:
        if self.described["SSEDescription"].get("going"):
            del self.described["SSEDescription"]
        else:
            self.described["SSEDescription"]["Status"] = "ENABLED"

    def _born(self) -> None:
        self.described["TableStatus"] = "ACTIVE"
        for index in self.indexes.values():
            index["IndexStatus"] = "ACTIVE"

    # Global indexes

    def _change_index(self, action: str, content: Request, request: Request, now: float) -> None:
        if action == "Create":
            self._create_index(content, request["AttributeDefinitions"], now)
            return
        index = self.indexes[content["IndexName"]]
        if action == "Delete":
            index["IndexStatus"] = "DELETING"
            self.later(now + CHANGING, lambda: self._drop_index(content["IndexName"]))
            self._updating(now + CHANGING)
            return
        if "WarmThroughput" in content:
            self._warm(index, content["WarmThroughput"], now)
            return
        if "ProvisionedThroughput" in content:
            self._provision(index, units(content["ProvisionedThroughput"]))
        if "OnDemandThroughput" in content:
            self._limit(index, content["OnDemandThroughput"])
        index["IndexStatus"] = "UPDATING"
        self.later(now + CHANGING, lambda: index.update(IndexStatus="ACTIVE"))

    def _create_index(self, content: Request, definitions: list[dict[str, str]], now: float) -> None:
        index = index_description(content, "CREATING") | {"Backfilling": False}
        self.described.setdefault("GlobalSecondaryIndexes", []).append(index)
        # Only the new index's attributes are taken, and those that are known keep their types.
        known = set(names_in(self.described["AttributeDefinitions"]))
        wanted = set(names_in(content["KeySchema"])) - known
        self.described["AttributeDefinitions"] += [each for each in definitions if each["AttributeName"] in wanted]
        self._updating(now + ALLOCATING)
        self.later(now + ALLOCATING, lambda: index.update(Backfilling=True))
        self.later(now + BACKFILLING, lambda: self._built(index))

    @staticmethod
    def _built(index: dict[str, Any]) -> None:
        index["IndexStatus"] = "ACTIVE"
        del index["Backfilling"]

    def _drop_index(self, name: str) -> None:
        left = [index for index in self.described["GlobalSecondaryIndexes"] if index["IndexName"] != name]
        self.described["GlobalSecondaryIndexes"] = left
        if not left:
            del self.described["GlobalSecondaryIndexes"]
        schemas = [self.described["KeySchema"], *(index["KeySchema"] for index in left)]
        schemas += [index["KeySchema"] for index in self.described.get("LocalSecondaryIndexes", ())]
        used = {attribute for schema in schemas for attribute in names_in(schema)}
        definitions = self.described["AttributeDefinitions"]
        self.described["AttributeDefinitions"] = [each for each in definitions if each["AttributeName"] in used]
