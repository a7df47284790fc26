#!/usr/bin/python
# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: table_restore
short_description: Restore a DynamoDB table from a backup or a point in time, into a new table
version_added: 1.0.0
description:
  - Makes a new table of a backup, or of another table as it was at a moment of its point-in-time recovery, in this region
    or out of another one, and waits until it is ACTIVE. That takes minutes for an empty table and hours for a big one.
  - A table that exists is never overwritten. One that is being restored is waited for, so a run that was killed is gone on
    with by the next one; one that is ACTIVE is left as it is, and the result says so.
  - AWS restores items, keys, indexes, billing mode, on-demand limits and encryption. It restores no TTL, point-in-time
    recovery, tags, stream, deletion protection, table class, resource policy, auto scaling or alarms. Give the new table
    its definition with M(auditflow.dynamodb.table) afterwards, as the playbook C(auditflow.dynamodb.restore) does.
author:
  - AuditFlow-Pro (@auditflow)
options:
  name:
    description: The name of the new table.
    type: str
    required: true
  source:
    description:
      - The table whose past is restored. It may be gone where O(backup) is given.
      - Required unless O(backup) is an ARN.
    type: str
  backup:
    description:
      - A backup of O(source) by its name, V(latest) for the newest there is, or any backup by its ARN.
      - Of several backups with one name the newest is meant. V(latest) is also the way back to a table that was deleted
        while point-in-time recovery was on, by the system backup that AWS keeps for 35 days.
    type: str
  time:
    description:
      - The moment to which O(source) is restored, with its zone, as C(2026-11-22T18:00:00Z), or in Unix seconds.
      - V(latest) for the latest there is, about five minutes ago.
    type: str
  source_region:
    description:
      - The region in which O(source) or the backup is, where that is another. AWS then wants O(encryption), for no key of
        that region encrypts a table here.
      - Within the regions of one partition. A backup's ARN tells its region by itself.
    type: str
  billing_mode:
    description: Another billing mode than the source's.
    type: str
    choices: [PAY_PER_REQUEST, PROVISIONED]
  provisioned_throughput:
    description: Another throughput than the source's. An index that was on demand gets the same.
    type: dict
    suboptions:
      read_capacity_units:
        description: Read capacity units.
        type: int
        required: true
      write_capacity_units:
        description: Write capacity units.
        type: int
        required: true
  on_demand_throughput:
    description: Other limits of an on-demand table than the source's.
    type: dict
    suboptions:
      max_read_request_units:
        description: Read request units per second at most.
        type: int
      max_write_request_units:
        description: Write request units per second at most.
        type: int
  encryption:
    description: Another key than the source's.
    type: dict
    suboptions:
      type:
        description: V(KMS) for a key in KMS, V(AWS_OWNED) for a key of AWS that costs nothing and cannot be seen.
        type: str
        choices: [AWS_OWNED, KMS]
        default: KMS
      key:
        description: A customer key by id, ARN, alias or alias ARN. Without it V(KMS) is the AWS-managed key C(aws/dynamodb).
        type: str
  without_indexes:
    description: Indexes that are left out, which makes the restore quicker and cheaper.
    type: list
    elements: str
  wait:
    description:
      - Whether to wait until the table is ACTIVE. With V(false) the restore is begun and reported as RV(pending); the next
        run waits for it.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait. When they are over the module fails, AWS goes on, and the next run waits again.
    type: int
    default: 21600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - auditflow.dynamodb.attributes
  - auditflow.dynamodb.progress
seealso:
  - module: auditflow.dynamodb.table_backup
  - module: auditflow.dynamodb.table_backup_info
  - module: auditflow.dynamodb.table
"""

EXAMPLES = r"""
- name: As it was before the mistake
  auditflow.dynamodb.table_restore:
    name: Orders-restored
    source: Orders
    time: "2026-11-22T17:55:00Z"

- name: The newest backup, without an index
  auditflow.dynamodb.table_restore:
    name: Orders-restored
    source: Orders
    backup: latest
    without_indexes: [by-state]

- name: In another region
  auditflow.dynamodb.table_restore:
    name: Orders
    source: Orders
    source_region: ap-south-1
    time: latest
    encryption: {type: KMS, key: alias/orders}
    region: eu-west-1
"""

RETURN = r"""
name:
  description: The name of the new table.
  returned: always
  type: str
restored_from:
  description: From what it was restored. None where the table was there already.
  returned: always
  type: dict
  contains:
    backup_arn:
      description: The backup.
      type: str
    source_table:
      description: The source of a point in time, its name or its ARN.
      type: str
    time:
      description: The moment; none for the latest.
      type: str
plan:
  description: The calls that lead to what is wanted, as M(auditflow.dynamodb.table) returns them.
  returned: always
  type: list
  elements: dict
plan_text:
  description: The plan for people.
  returned: always
  type: str
  sample: |-
    Orders-restored (ap-south-1): to be restored
      + table  Orders-restored from backup Orders-20261122T180000Z of Orders, 2026-11-22T18:00:00Z
pending:
  description: What is left to AWS or to the next run, in words.
  returned: always
  type: list
  elements: str
table:
  description: The table as AWS describes it, in snake_case.
  returned: success
  type: dict
failure:
  description: What went wrong, for programs; C(msg) says it for people.
  returned: failure
  type: dict
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.common.warnings import warn

from ansible_collections.auditflow.dynamodb.plugins.module_utils.arguments import (
    DefinitionError,
    Problems,
    check_options,
    given,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.backups import LATEST, NAME, region_of, table_of
from ansible_collections.auditflow.dynamodb.plugins.module_utils.entry import (
    WAIT_OPTIONS,
    connect,
    module_options,
    new_module,
    parse_or_fail,
    run_of,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.report import report
from ansible_collections.auditflow.dynamodb.plugins.module_utils.restore_plan import Wanted
from ansible_collections.auditflow.dynamodb.plugins.module_utils.restoring import origin, restore, told
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.billing import BillingSetting
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings.encryption import EncryptionSetting
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import TimeError, parse_time

OVERRIDES: dict[str, Any] = {**BillingSetting.options, **EncryptionSetting.options}


def main() -> None:
    """Entry point."""
    module = new_module(
        {
            "name": {"type": "str", "required": True},
            "source": {"type": "str"},
            "backup": {"type": "str"},
            "time": {"type": "str"},
            "source_region": {"type": "str"},
            "without_indexes": {"type": "list", "elements": "str"},
            **module_options(OVERRIDES),
            **WAIT_OPTIONS,
            "wait_timeout": {"type": "int", "default": 21600},
        },
        mutually_exclusive=[("backup", "time")],
        required_one_of=[("backup", "time")],
    )
    wanted = parse_or_fail(module, _wanted, given(module.params))
    aws = connect(module)
    region = wanted.region or (region_of(wanted.backup) if wanted.by_arn else "")
    wanted = replace(wanted, region="" if region == aws.region else region)
    home = connect(module, wanted.region) if wanted.region else aws
    outcome = restore(wanted, aws, home, run_of(module))
    if outcome.pending and not outcome.error and not module.check_mode:
        warn(f"{outcome.name} is not finished: {'; '.join(outcome.pending)}. Run it again to go on.")
    result = {**report(outcome, aws.region), "restored_from": origin(outcome)}
    # What is compared with a definition is of no meaning here.
    for name in ("settings", "settings_text", "quotas", "in_sync"):
        del result[name]
    result["plan_text"] = told(outcome, result["plan_text"])
    if outcome.error:
        module.fail_json(**result)
    module.exit_json(**result)


def _wanted(params: Mapping[str, Any]) -> Wanted:
    """What the options say. Raises DefinitionError with every mistake."""
    problems = Problems()
    overrides = check_options({name: params[name] for name in OVERRIDES if name in params}, OVERRIDES, "", problems)
    billing = BillingSetting().parse(overrides, problems)
    encryption = EncryptionSetting().parse(overrides, problems)
    source, backup = params.get("source", ""), params.get("backup", "")
    region = params.get("source_region", "")
    if source.startswith("arn:"):
        region, source = region or region_of(source), table_of(source)
    if not NAME.fullmatch(params["name"]):
        problems.add("name", f"'{params['name']}' is not 3 to 255 of: letters, digits, '_', '-' and '.'")
    if not source and not backup.startswith("arn:"):
        problems.add("source", "is required unless backup is an ARN")
    if not region and source == params["name"] and not backup:
        problems.add("name", "must be another than the source's: a table is restored beside it")
    time = None
    if params.get("time", LATEST) != LATEST:
        try:
            time = parse_time(params["time"])
        except TimeError as error:
            problems.add("time", str(error))
    if problems.found:
        raise DefinitionError(problems.found)
    return Wanted(
        params["name"], source, region, backup, time, billing, encryption, tuple(params.get("without_indexes", ()))
    )


if __name__ == "__main__":
    main()
