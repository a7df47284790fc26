# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people had, or would have, without this collection: a shell script, and a playbook of community.aws."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

from benchmarks.job import PITR_DAYS, TAGS, TTL_ATTRIBUTE, Table

SSE = "Enabled=true,SSEType=KMS"
PITR = f"PointInTimeRecoveryEnabled=true,RecoveryPeriodInDays={PITR_DAYS}"
TTL = f"Enabled=true,AttributeName={TTL_ATTRIBUTE}"

FUNCTION = r"""#!/usr/bin/env bash
set -euo pipefail
export AWS_PAGER=

ensure() {
    local name=$1 attributes=$2 keys=$3 indexes=$4 created=no
    if aws dynamodb describe-table --table-name "$name" >/dev/null 2>&1; then
        echo "$name exists"
    else
        aws dynamodb create-table --table-name "$name" --attribute-definitions "$attributes" --key-schema "$keys" \
            --global-secondary-indexes "$indexes" --billing-mode PAY_PER_REQUEST \
            --sse-specification @SSE@ --tags @TAGS@ >/dev/null
        aws dynamodb wait table-exists --table-name "$name"
        created=yes
    fi
    if [[ $created = yes ]] || [[ $(aws dynamodb describe-time-to-live --table-name "$name" \
            --query TimeToLiveDescription.TimeToLiveStatus --output text) != ENABLED ]]; then
        aws dynamodb update-time-to-live --table-name "$name" --time-to-live-specification @TTL@ >/dev/null
    fi
    if [[ $created = yes ]] || [[ $(aws dynamodb describe-continuous-backups --table-name "$name" \
            --output text --query \
            ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus) != ENABLED ]]; then
        aws dynamodb update-continuous-backups --table-name "$name" \
            --point-in-time-recovery-specification @PITR@ >/dev/null
    fi
    aws dynamodb describe-table --table-name "$name" --output text \
        --query 'Table.[TableName, TableStatus, SSEDescription.SSEType, length(GlobalSecondaryIndexes)]'
}

"""


def script(tables: Iterable[Table]) -> str:
    """The shell script."""
    tags = " ".join(f"Key={key},Value={value}" for key, value in TAGS.items())
    text = FUNCTION
    for word, value in (("SSE", SSE), ("TAGS", tags), ("TTL", TTL), ("PITR", PITR)):
        text = text.replace(f"@{word}@", value)
    return text + "".join(_call(table) for table in tables)


def _call(table: Table) -> str:
    wanted = table.request
    members = (wanted[name] for name in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"))
    return shlex.join(["ensure", table.name, *map(json.dumps, members)]) + "\n"


def playbook() -> list[dict[str, Any]]:
    """The playbook of community.aws's modules, with the AWS CLI for encryption and point-in-time recovery."""
    connection = {"region": "{{ dynamodb_region }}", "endpoint_url": "{{ dynamodb_endpoint }}"}
    every = {"loop": "{{ wanted }}", "loop_control": {"label": "{{ item.name }}"}}
    table = ("name", "hash_key_name", "hash_key_type", "indexes")
    return [
        {
            "name": "The tables with community.aws",
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Make the tables",
                    "community.aws.dynamodb_table": {
                        **{option: f"{{{{ item.{option} }}}}" for option in table},
                        "billing_mode": "PAY_PER_REQUEST",
                        "tags": TAGS,
                        **connection,
                    },
                    **every,
                },
                {
                    "name": "Set the TTL",
                    "community.aws.dynamodb_ttl": {
                        "table_name": "{{ item.name }}",
                        "attribute_name": TTL_ATTRIBUTE,
                        "state": "enable",
                        **connection,
                    },
                    **every,
                },
                *_with_cli(
                    "encryption",
                    ("describe-table", "Table.SSEDescription.SSEType"),
                    "KMS",
                    ("update-table", "--sse-specification", SSE),
                ),
                *_with_cli(
                    "recovery",
                    (
                        "describe-continuous-backups",
                        "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus",
                    ),
                    "ENABLED",
                    ("update-continuous-backups", "--point-in-time-recovery-specification", PITR),
                ),
            ],
        }
    ]


def community_table(table: Table) -> dict[str, Any]:
    """A table as community.aws takes it."""
    kinds = {name: {"S": "STRING", "N": "NUMBER"}[kind] for name, kind in table.types.items()}
    return {
        "name": table.name,
        "hash_key_name": table.partition_key,
        "hash_key_type": kinds[table.partition_key],
        "indexes": [
            {
                "name": index.name,
                "type": "global_all",
                "hash_key_name": index.partition_key,
                "hash_key_type": kinds[index.partition_key],
                "range_key_name": index.sort_key,
                "range_key_type": kinds[index.sort_key],
            }
            for index in table.indexes
        ],
    }


def _with_cli(what: str, look: tuple[str, str], wanted: str, change: tuple[str, ...]) -> list[dict[str, Any]]:
    """A task that looks, and one that changes what is not as wanted."""
    about = ["--table-name", "{{ item.name }}", "--region", "{{ dynamodb_region }}"]
    again = ["--table-name", "{{ item.item.name }}", "--region", "{{ dynamodb_region }}"]
    operation, query = look
    return [
        {
            "name": f"Look at the {what}",
            "ansible.builtin.command": {
                "argv": ["aws", "dynamodb", operation, *about, "--query", query, "--output", "text"]
            },
            "register": f"found_{what}",
            "changed_when": False,
            "loop": "{{ wanted }}",
            "loop_control": {"label": "{{ item.name }}"},
        },
        {
            "name": f"Enable the {what}",
            "ansible.builtin.command": {"argv": ["aws", "dynamodb", *change, *again]},
            "when": f"item.stdout != '{wanted}'",
            "loop": f"{{{{ found_{what}.results }}}}",
            "loop_control": {"label": "{{ item.item.name }}"},
        },
    ]
