# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateTable: stream, encryption, table class, deletion protection."""

from __future__ import annotations

from .budgets import check_class, check_cooldown, check_encryption
from .create_rules import check_encryption as check_specification
from .errors import invalid, iso, throttled, validation
from .inflight import Change, Wanted
from .keys import key_arn
from .table_state import Operation, Running, Table
from .world import Call

# When of a re-encryption the table begins to show the new key.
KEY_SHOWN_AFTER = 0.4


class Stream:
    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.STREAM)] if "StreamSpecification" in call.body else []

    def check_budget(self, call: Call, table: Table) -> None:
        """There is none."""

    def check(self, call: Call, table: Table) -> bool:
        wanted = call.body.get("StreamSpecification")
        if wanted is None:
            return False
        if wanted["StreamEnabled"] and "StreamViewType" not in wanted:
            raise invalid("If stream is being enabled then UpdateViewType is required")
        if not wanted["StreamEnabled"] and "StreamViewType" in wanted:
            raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
        if wanted["StreamEnabled"] and table.stream_view:
            raise validation(f"Table already has an enabled stream: TableName: {table.name}")
        if not wanted["StreamEnabled"] and not table.stream_view:
            raise validation(f"Table has no stream to disable: TableName: {table.name}")
        return True

    def apply(self, call: Call, table: Table) -> None:
        """Each time it is enabled it gets a new label, which stays when it is disabled."""
        wanted = call.body.get("StreamSpecification")
        if wanted is None:
            return
        enable = wanted["StreamEnabled"]
        if enable:
            table.stream_view, table.stream_label = wanted["StreamViewType"], iso(call.now)

        def settled(_due: float) -> None:
            if not enable:
                table.stream_view = None

        operation = Operation(Running.STREAM, call.now, call.now + call.world.duration("stream"))
        operation.action, operation.label = "ENABLE" if enable else "DISABLE", table.stream_label or ""
        call.world.begin(table, operation, settled)


class Encryption:
    """The table stays ACTIVE; SSEDescription says UPDATING."""

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.ENCRYPTION)] if "SSESpecification" in call.body else []

    def check_budget(self, call: Call, table: Table) -> None:
        """It comes before the key is looked at. The way back to the key that AWS owns is always open."""
        wanted = call.body.get("SSESpecification")
        if wanted and wanted.get("Enabled", True):
            check_encryption(table.encryption_changes, call.now, call.world.windows())

    def check(self, call: Call, table: Table) -> bool:
        wanted = call.body.get("SSESpecification")
        if wanted is None:
            return False
        check_specification(wanted)
        if not wanted.get("Enabled", bool(wanted)):
            if table.key_arn is None:
                raise invalid("Table is already encrypted by default")
        elif table.key_arn and wanted.get("KMSMasterKeyId") == table.key_arn:
            raise invalid(
                "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to "
                "change Master Key"
            )
        # Refuses a bad key; a good one is looked up again when the change is made.
        key_arn(call, wanted)
        return True

    def apply(self, call: Call, table: Table) -> None:
        wanted = call.body.get("SSESpecification")
        if wanted is None:
            return
        arn, seconds = key_arn(call, wanted), call.world.duration("encryption")
        table.encryption_changes.record(call.now)
        operation = call.world.start(table, Running.ENCRYPTION, seconds)

        def flip(_due: float) -> None:
            table.key_arn = arn

        call.world.schedule(operation.started + KEY_SHOWN_AFTER * seconds, flip)


class TableClass:
    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.CLASS)] if "TableClass" in call.body else []

    def check_budget(self, call: Call, table: Table) -> None:
        """Once it is spent, even the class that the table has is refused."""
        if "TableClass" in call.body:
            check_class(table.class_changes, call.now, call.world.windows())

    def check(self, call: Call, table: Table) -> bool:
        wanted: str = call.body.get("TableClass", table.table_class)
        return wanted != table.table_class

    def apply(self, call: Call, table: Table) -> None:
        wanted = call.body.get("TableClass", table.table_class)
        if wanted == table.table_class:
            return
        table.class_changes.record(call.now)

        def changed(due: float) -> None:
            table.table_class, table.class_changed = wanted, due

        operation = Operation(Running.CLASS, call.now, call.now + call.world.duration("table_class"), action=wanted)
        call.world.begin(table, operation, changed)


class DeletionProtection:
    """Takes effect at once, and then not again for a while."""

    def wanted(self, call: Call, table: Table) -> list[Wanted]:
        return [Wanted(Change.PROTECTION)] if "DeletionProtectionEnabled" in call.body else []

    def check_budget(self, call: Call, table: Table) -> None:
        if call.body.get("DeletionProtectionEnabled", table.deletion_protection) == table.deletion_protection:
            return
        check_cooldown(
            table.protection_changed,
            call.now,
            call.world.fixed("protection_cooldown"),
            lambda again: throttled(
                f"Deletion protection setting for table {table.name} modified within the previous 15000 milliseconds. "
                f"Please try again after {again}"
            ),
        )

    def check(self, call: Call, table: Table) -> bool:
        """It is exempt from the account's rate of changes."""
        return False

    def apply(self, call: Call, table: Table) -> None:
        wanted = call.body.get("DeletionProtectionEnabled", table.deletion_protection)
        if wanted != table.deletion_protection:
            table.deletion_protection, table.protection_changed = wanted, call.now
