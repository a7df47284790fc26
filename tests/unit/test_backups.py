# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of backups, and which of them are deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.backups import (
    MAX_NAME,
    Backup,
    carries,
    listed,
    made_since,
    meant,
    region_of,
    stamped,
    surplus,
    table_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ARN = "arn:aws:dynamodb:ap-south-1:123456789012:table/orders"
NAMES = st.text("abc_.-0T", min_size=3, max_size=MAX_NAME)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def backup(number: int = 0, **more: object) -> Backup:
    created = NOON + timedelta(hours=number)
    own = Backup(
        f"{ARN}/backup/{number}", stamped("orders", "", created), "orders", "id", ARN, "AVAILABLE", "USER", created
    )
    return replace(own, **more)  # type: ignore[arg-type]


@given(table=NAMES, moment=MOMENTS)
def test_a_name_carries_its_prefix_and_fits(table: str, moment: datetime) -> None:
    name = stamped(table, "", moment)
    assert len(name) <= MAX_NAME
    assert carries(name, table)
    marked = stamped(table, "-final", moment)
    assert len(marked) <= MAX_NAME
    assert not carries(marked, table)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("orders", "orders"),
        ("orders-20261122", "orders"),
        ("orders-final-20261122T120000Z", "orders"),
        ("orders-old-20261122T120000Z", "orders"),
        ("my-orders-20261122T120000Z", "orders"),
        ("orders-20261122T120000Z-2", "orders"),
        ("orders20261122T120000Z", "orders"),
    ],
)
def test_other_names_do_not_carry_it(name: str, prefix: str) -> None:
    assert not carries(name, prefix)


@given(numbers=st.lists(st.integers(0, 500), unique=True, max_size=20), keep=st.integers(1, 25))
def test_the_newest_are_kept(numbers: list[int], keep: int) -> None:
    backups = [backup(number) for number in numbers]
    gone = surplus(backups, "orders", "id", "orders", keep)
    left = [each for each in backups if each not in gone]
    assert len(left) == min(keep, len(backups))
    assert gone == sorted(gone, key=lambda each: each.created)
    assert all(old.created < new.created for old in gone for new in left)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "SYSTEM"},
        {"kind": "AWS_BACKUP"},
        {"table": "other"},
        {"table_id": "a former one"},
        {"name": "mine"},
        {"name": "orders-final-20261122T120000Z"},
        {"status": "CREATING"},
        {"status": "DELETED"},
    ],
    ids=str,
)
def test_what_is_never_deleted(other: dict[str, object]) -> None:
    backups = [backup(number) for number in range(3)]
    assert surplus([backup(-9, **other), *backups], "orders", "id", "orders", 3) == []
    # Nor does it stand in for one that is kept.
    assert surplus([backup(9, **other), *backups], "orders", "id", "orders", 2) == [backups[0]]


def test_what_does_not_tell_its_table_s_id_counts() -> None:
    backups = [backup(number, table_id="") for number in range(2)]
    assert surplus(backups, "orders", "id", "orders", 1) == [backups[0]]


def test_what_a_word_means() -> None:
    old, new, unfinished = backup(1, name="same"), backup(2, name="same"), backup(3, status="CREATING")
    found = [old, unfinished, new, backup(0)]
    assert meant(found, "same") == [new, old]
    assert meant(found, "latest")[0] == new
    assert meant(found, "none") == []


def test_an_older_one_of_the_name_is_none() -> None:
    old, new = backup(0, name="same"), backup(2, name="same")
    assert made_since([old, new], "same", NOON + timedelta(hours=2, minutes=4)) == new
    assert made_since([old], "same", NOON + timedelta(hours=1)) is None


def test_arns() -> None:
    assert table_of(f"{ARN}/backup/01-ab") == table_of(ARN) == "orders"
    assert region_of(ARN) == "ap-south-1"
    assert table_of("orders") == region_of("orders") == ""


def test_a_listing_is_newest_first() -> None:
    summaries = [
        {
            "BackupArn": f"{ARN}/backup/{hour}",
            "BackupName": "x",
            "BackupStatus": "AVAILABLE",
            "BackupCreationDateTime": at,
        }
        for hour, at in ((hour, NOON + timedelta(hours=hour)) for hour in (1, 3, 2))
    ]
    assert [each.arn[-1] for each in listed({"BackupSummaries": summaries})] == ["3", "2", "1"]
    assert listed(None) == []
