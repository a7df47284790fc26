# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which IAM permissions each playbook needs, beside the settings of the definitions. Pure.

Sources of what AWS asks for beside the action of a call: Service Authorization Reference (restoring), Developer Guide,
"Requesting a table export" and "Requesting a table import".
"""

from __future__ import annotations

from .iam import Permissions, Scope, dynamodb, kms, of_service, s3
from .permissions import (
    BACKUP,
    KEY_READ,
    KEY_WRITE,
    PREFLIGHT,
    TABLE_DELETE,
    TABLE_INFO,
    TABLE_READ,
    changes,
    creation,
    join,
    least,
    reads,
)
from .settings import SETTINGS

# playbooks/configure.yml leaves these settings alone.
NOT_CONFIGURED = ("keys", "local_indexes", "global_indexes")

EVERY = tuple(SETTINGS.values())
CONFIGURED = tuple(setting for setting in EVERY if setting.name not in NOT_CONFIGURED)
COMPARE = least(reads(EVERY), KEY_READ, PREFLIGHT)
# Making tables and changing them: what provision does.
PROVISION = least(COMPARE, creation(EVERY), changes(EVERY), KEY_WRITE)
DELETE = least(TABLE_READ, TABLE_DELETE, BACKUP, PREFLIGHT)

LIST_BACKUPS = dynamodb("ListBackups", scope=Scope.ANY)
BACKUP_READ = dynamodb("DescribeBackup", scope=Scope.BACKUP)
BACKUP_DELETE = dynamodb("DeleteBackup", scope=Scope.BACKUP)
RECOVERY_READ = dynamodb("DescribeContinuousBackups")
RESTORE = (
    dynamodb("RestoreTableFromBackup", scope=Scope.BACKUP)
    + dynamodb("RestoreTableFromBackup", "RestoreTableToPointInTime")
    + dynamodb("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
)
EXPORTS_READ = dynamodb("ListExports", scope=Scope.ANY) + dynamodb("DescribeExport", scope=Scope.EXPORT)
EXPORT = dynamodb("ExportTableToPointInTime") + s3("AbortMultipartUpload", "PutObject", "PutObjectAcl")
IMPORT = (
    dynamodb("ImportTable")
    + dynamodb("ListImports", scope=Scope.ANY)
    + dynamodb("DescribeImport", scope=Scope.IMPORT)
    + s3("ListBucket", scope=Scope.BUCKET)
    + s3("GetObject")
    + of_service(
        "logs", "CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", scope=Scope.LOGS
    )
    + of_service("logs", "PutLogEvents", "PutRetentionPolicy", scope=Scope.LOGS)
)
METRICS = of_service("cloudwatch", "GetMetricData", scope=Scope.ANY)
INDEX = TABLE_READ + dynamodb("UpdateTable")
KEY_ROTATIONS = kms("DescribeKey", "GetKeyRotationStatus", "ListKeyRotations")
KEY_ROTATE = kms("EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand")
# A table that a job walks through, and its entries changed.
WALK = TABLE_READ + dynamodb("Scan")
CHANGE_ITEMS = dynamodb("UpdateItem")
# Copies are read back, put into their storage class by copying, and their first versions deleted.
ARCHIVE = s3("PutObject", "GetObject", "GetObjectVersion", "DeleteObjectVersion")

# What watches tables. Of topics it is asked whether they are there; one is made only where monitoring_topic names it.
WATCH = (
    *of_service("cloudwatch", "DescribeAlarms", scope=Scope.ANY),
    *of_service("cloudwatch", "DeleteAlarms", "PutMetricAlarm", scope=Scope.ALARM),
    *of_service("cloudwatch", "DeleteDashboards", "GetDashboard", "PutDashboard", scope=Scope.DASHBOARD),
    *of_service("sns", "CreateTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Subscribe", scope=Scope.TOPIC),
)
# Policies of those who use tables, attached to their roles.
GRANT = (
    *of_service("iam", "ListPolicies", scope=Scope.ANY),
    *of_service("iam", "CreatePolicy", "CreatePolicyVersion", "DeletePolicy", scope=Scope.POLICY),
    *of_service("iam", "DeletePolicyVersion", "GetPolicy", scope=Scope.POLICY),
    *of_service("iam", "GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyVersions", scope=Scope.POLICY),
    *of_service("iam", "SetDefaultPolicyVersion", scope=Scope.POLICY),
    *of_service("iam", "AttachRolePolicy", "DetachRolePolicy", "GetRole", "ListAttachedRolePolicies", scope=Scope.ROLE),
    *kms("DescribeKey"),
)

# The inventory plugin. Without regions it asks for those that are enabled; roles to assume are the inventory's own.
INVENTORY = (
    dynamodb("ListTables", scope=Scope.ANY)
    + TABLE_READ
    + dynamodb("ListTagsOfResource", "DescribeTimeToLive", "DescribeContinuousBackups")
    + of_service("ec2", "DescribeRegions", scope=Scope.ANY)
)

# What compares, makes, changes and deletes tables by their definitions.
TABLES: dict[str, Permissions] = {
    "plan": COMPARE,
    "verify": COMPARE,
    "configure": least(reads(CONFIGURED), KEY_READ, PREFLIGHT, changes(CONFIGURED), KEY_WRITE),
    "provision": PROVISION,
    "teardown": DELETE,
    "recreate": least(PROVISION, DELETE),
}

# The others. C(drift) repairs with what C(provision) needs.
RUNBOOKS: dict[str, Permissions] = {
    "drift": COMPARE,
    "add_index": INDEX,
    "rebuild_index": join(INDEX, METRICS),
    "retire_index": join(INDEX, METRICS),
    "watch_index": TABLE_READ,
    "change_key": least(
        TABLE_READ, RECOVERY_READ, LIST_BACKUPS, KEY_READ, KEY_WRITE, SETTINGS["encryption"].write_actions
    ),
    "rotate_key": join(KEY_ROTATIONS, KEY_ROTATE),
    "switch_billing": join(TABLE_READ, dynamodb("UpdateTable"), METRICS),
    "backup": join(TABLE_READ, BACKUP, BACKUP_READ, BACKUP_DELETE),
    "backups": join(LIST_BACKUPS, dynamodb("ListTables", scope=Scope.ANY)),
    "delete_backups": join(LIST_BACKUPS, dynamodb("ListTables", scope=Scope.ANY), BACKUP_READ, BACKUP_DELETE),
    "restore": least(
        COMPARE, changes(EVERY), KEY_WRITE, dynamodb("TagResource"), LIST_BACKUPS, BACKUP_READ, RECOVERY_READ, RESTORE
    ),
    "export": join(TABLE_READ, RECOVERY_READ, EXPORTS_READ, EXPORT),
    "exports": join(TABLE_READ, EXPORTS_READ),
    "import": least(
        reads(EVERY),
        KEY_READ,
        changes(EVERY),
        KEY_WRITE,
        dynamodb("DescribeExport", scope=Scope.EXPORT),
        IMPORT,
    ),
    "ttl_backfill": join(WALK, dynamodb("DescribeTimeToLive"), CHANGE_ITEMS),
    "migrate": least(
        reads(EVERY), creation(EVERY), changes(EVERY), WALK, dynamodb("BatchGetItem", "PutItem", "TagResource")
    ),
    "archive": join(WALK, CHANGE_ITEMS, s3("ListBucket", scope=Scope.BUCKET), ARCHIVE),
    "sample_data": join(TABLE_READ, dynamodb("BatchGetItem", "BatchWriteItem", "DeleteItem", "PutItem")),
    "exercise": join(TABLE_READ, dynamodb("BatchGetItem", "Query", "Scan"), dynamodb("Query", scope=Scope.INDEX)),
    "document": (),
    "report": least(COMPARE, TABLE_INFO),
    "monitoring": WATCH,
    "access": GRANT,
    "unarchive": join(WALK, dynamodb("BatchGetItem"), CHANGE_ITEMS, s3("GetObject", "RestoreObject")),
}

RUNBOOKS["replace"] = least(RUNBOOKS["restore"], DELETE)

PLAYBOOKS: dict[str, Permissions] = {**TABLES, **RUNBOOKS}
