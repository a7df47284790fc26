# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long AWS takes and how long its quotas last: the numbers, in AWS's seconds, before any scaling.

observed: measured on empty tables. slow: what mature clients are prepared to wait. documented: as observed, with what
AWS's API reference promises no better than.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True)
class Durations:
    """How long a transition takes, in seconds."""

    create_plain: float = 5
    create_indexed: float = 18
    # Sub-resource APIs answer "not found" for this long after CreateTable.
    hidden_after_create: float = 3
    # The tag APIs know the table this long before it is ACTIVE.
    tags_before_active: float = 1
    backups_after_active: float = 4
    delete: float = 5
    blind_after_delete: float = 1.2
    describe_after_create: float = 0
    throughput: float = 2
    to_provisioned: float = 75
    to_on_demand_first: float = 130
    to_on_demand_again: float = 5
    stream: float = 5
    table_class: float = 5
    encryption: float = 22
    warm_first: float = 390
    warm_again: float = 2
    limit_removal_shown: float = 1
    index_allocation: float = 40
    index_total: float = 520
    index_delete: float = 4
    index_throughput: float = 3
    ttl: float = 2
    tag_lag: float = 1.9
    tag_lock: float = 1.7
    policy_lag: float = 1.5
    policy_lock: float = 1.5
    policy_cooldown: float = 15
    protection_cooldown: float = 15
    insights_enabling: float = 3
    insights_disabling: float = 2
    insights_failing: float = 2
    backup: float = 0.05
    system_backup: float = 8
    restore_window_lag: float = 300
    restore: float = 200
    export_empty: float = 140
    export_items: float = 715
    transfer_failing: float = 5.6
    import_visible: float = 30
    import_active: float = 110
    import_completed: float = 6
    item_count_refresh: float = 6 * HOUR
    # How long the control plane's mutation limiter and read buckets take to give one token back.
    token: float = 1
    limits_token: float = 60


@dataclass(frozen=True)
class Windows:
    """How long a quota lasts, in seconds."""

    ttl_interval: float = 1860
    day: float = DAY
    decrease_interval: float = HOUR
    encryption_window: float = DAY
    encryption_interval: float = 6 * HOUR
    class_window: float = 30 * DAY
    billing_window: float = DAY
    # How long a ClientToken of an export or an import is remembered.
    token: float = 8 * HOUR


@dataclass(frozen=True)
class Profile:
    """A way for AWS to behave."""

    name: str
    durations: Durations = Durations()
    windows: Windows = Windows()
    # "If the table is in the DELETING state, no error is returned": DeleteTable API reference; not what was measured.
    delete_again_accepted: bool = False
    # "While it's UPDATING, you can't issue another UpdateTable request": UpdateTable API reference; measured per field.
    refuse_while_updating: bool = False
    # "You can have only one table with secondary indexes in the CREATING state": CreateTable API reference.
    indexed_creates: int = 250


OBSERVED = Profile("observed")

SLOW = Profile(
    "slow",
    Durations(
        create_plain=60,
        create_indexed=300,
        backups_after_active=60,
        delete=60,
        throughput=60,
        to_provisioned=600,
        to_on_demand_first=600,
        to_on_demand_again=600,
        stream=30,
        table_class=540,
        encryption=300,
        index_allocation=60,
        index_total=5400,
        index_delete=60,
        index_throughput=30,
        ttl=HOUR,
        tag_lag=10,
        tag_lock=3,
        policy_lag=10,
        policy_lock=2,
        insights_enabling=60,
        insights_disabling=60,
        insights_failing=60,
        backup=60,
        system_backup=60,
        restore=1200,
    ),
    Windows(ttl_interval=HOUR),
)

DOCUMENTED = Profile(
    "documented",
    replace(OBSERVED.durations, ttl=HOUR, describe_after_create=2),
    replace(OBSERVED.windows, ttl_interval=HOUR),
    delete_again_accepted=True,
    refuse_while_updating=True,
    indexed_creates=1,
)

PROFILES = {profile.name: profile for profile in (OBSERVED, SLOW, DOCUMENTED)}
