# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedule a customer key's deletion and delete its alias, given as argument. No such alias is fine.

amazon.aws.kms_key names the key by its ARN when it deletes it, for which moto answers HTTP 500; and it keeps the alias.
"""

from __future__ import annotations

import sys

import boto3

SHORTEST_DAYS = 7


def main() -> None:
    alias = sys.argv[1]
    client = boto3.client("kms")
    try:
        key = client.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    except client.exceptions.NotFoundException:
        print(f"{alias}: not there")
        return
    client.delete_alias(AliasName=alias)
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=SHORTEST_DAYS)
    print(f"{alias}: deleted")


if __name__ == "__main__":
    main()
