# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations there are, and how one call of them is answered."""

from __future__ import annotations

from collections.abc import Callable

from . import backups, capacity_limits, exports, imports, insights, lifecycle, policy, restores, tags, ttl
from .errors import ServiceError
from .shapes import check_shape
from .update import update_table
from .world import Body, Call, Region, World

OPERATIONS: dict[str, Callable[[Call], Body]] = {
    "CreateBackup": backups.create_backup,
    "CreateTable": lifecycle.create_table,
    "DeleteBackup": backups.delete_backup,
    "DeleteResourcePolicy": policy.delete_resource_policy,
    "DeleteTable": lifecycle.delete_table,
    "DescribeBackup": backups.describe_backup,
    "DescribeContinuousBackups": backups.describe_continuous_backups,
    "DescribeContributorInsights": insights.describe_contributor_insights,
    "DescribeExport": exports.describe_export,
    "DescribeImport": imports.describe_import,
    "DescribeKinesisStreamingDestination": insights.describe_kinesis_streaming_destination,
    "DescribeLimits": capacity_limits.describe_limits,
    "DescribeTable": lifecycle.describe_table,
    "DescribeTableReplicaAutoScaling": insights.describe_table_replica_auto_scaling,
    "DescribeTimeToLive": ttl.describe_time_to_live,
    "ExportTableToPointInTime": exports.export_table,
    "GetResourcePolicy": policy.get_resource_policy,
    "ImportTable": imports.import_table,
    "ListBackups": backups.list_backups,
    "ListContributorInsights": insights.list_contributor_insights,
    "ListExports": exports.list_exports,
    "ListImports": imports.list_imports,
    "ListTables": lifecycle.list_tables,
    "ListTagsOfResource": tags.list_tags,
    "PutResourcePolicy": policy.put_resource_policy,
    "RestoreTableFromBackup": restores.restore_from_backup,
    "RestoreTableToPointInTime": restores.restore_to_point_in_time,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateContinuousBackups": backups.update_continuous_backups,
    "UpdateContributorInsights": insights.update_contributor_insights,
    "UpdateTable": update_table,
    "UpdateTimeToLive": ttl.update_time_to_live,
}


def unknown(operation: str) -> ServiceError:
    return ServiceError("UnknownOperationException", f"{operation} is not reproduced here")


def perform(world: World, region: Region, operation: str, body: Body) -> Body:
    """The result of a call of the control plane, or the ServiceError that AWS answers."""
    handler = OPERATIONS.get(operation)
    if handler is None:
        raise unknown(operation)
    with world.lock:
        world.settle()
        now = world.clock.now()
        check_shape(operation, body)
        region.limits.take_read(operation, world.settings, now)
        return handler(Call(world, region, operation, body, now))
