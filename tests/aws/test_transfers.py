# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports and imports against AWS's timing: waits, tokens, windows, and runs that end in the middle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils.aws import Patience
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Run
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exporting import Exported, export_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.exports import LAST, Order
from ansible_collections.auditflow.dynamodb.plugins.module_utils.importing import Imported, import_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.imports import Source
from ansible_collections.auditflow.dynamodb.plugins.module_utils.spec import parse_table
from ansible_collections.auditflow.dynamodb.plugins.module_utils.transfer import Place
from tests.aws.cloud import TABLE, Cloud
from tests.aws_like.errors import ServiceError
from tests.aws_like.jobs import TransferFailed
from tests.unit.aws_like.harness import BUCKET

PLACE = Place(BUCKET, "nightly")
OWN = {"name": TABLE, "attributes": {"id": "S"}, "partition_key": "id", "pitr": {}}
COPY = {"name": "copy", "attributes": {"id": "S", "g": "S"}, "partition_key": "id",
        "global_indexes": [{"name": "by-g", "partition_key": "g"}], "ttl": {"attribute": "t"}}  # fmt: skip
HOUR, DAY = 3600, 86400
NO_WAIT = Run(patience=Patience(wait=False))


def export(cloud: Cloud, run: Run | None = None, **order: Any) -> Exported:
    return export_table(TABLE, Order(**{"place": PLACE, **order}), cloud.aws(), run or Run())


def bring(cloud: Cloud, run: Run | None = None, prefix: str = "data/", bucket: str = BUCKET) -> Imported:
    return import_table(parse_table(COPY), Source(Place(bucket, prefix)), cloud.aws(), run or Run())


def asked(cloud: Cloud, operation: str = "ExportTableToPointInTime") -> list[dict[str, Any]]:
    return [sent.body for sent in cloud.calls if sent.operation == operation]


def lose(cloud: Cloud, operation: str, times: int) -> Callable[[str, dict[str, Any]], ServiceError | None]:
    """AWS does it, and its answer gets lost."""
    left = [times]

    def strike(called: str, body: dict[str, Any]) -> ServiceError | None:
        if called != operation or not left[0]:
            return None
        left[0] -= 1
        cloud.call(called, **body)
        return ServiceError("InternalServerError", "", 500)

    return strike


@pytest.fixture
def recorded(cloud: Cloud) -> Cloud:
    cloud.own(OWN)
    cloud.stopped.store.kept[TABLE] = [{"id": {"S": "a"}}]
    return cloud


def test_it_waits_for_an_export_and_makes_no_second_one(recorded: Cloud) -> None:
    began = recorded.time.now()
    outcome = export(recorded)
    assert outcome.error is None
    assert outcome.changed
    (made,) = outcome.exports
    assert (made.status, made.items) == ("COMPLETED", 1)
    assert 715 <= recorded.time.now() - began < 740
    recorded.calls.clear()
    again = export(recorded)
    assert (again.changed, [each.arn for each in again.exports]) == (False, [made.arn])
    assert recorded.writes == []
    # AWS gives a rate of about one a second.
    assert len(recorded.calls) <= 6

    recorded.pass_time(8 * HOUR)
    assert export(recorded).changed, "it is too old now"
    assert export(recorded, max_age=timedelta(0)).changed
    assert export(recorded, place=Place(BUCKET, "other")).changed


def test_a_run_that_ended_in_the_middle_is_gone_on_with(recorded: Cloud) -> None:
    first = export(recorded, NO_WAIT)
    assert first.changed
    assert first.pending == (f"the export {first.exports[0].id} of {TABLE} is IN_PROGRESS",)
    recorded.calls.clear()
    second = export(recorded)
    assert (second.changed, second.pending) == (False, ())
    assert [each.arn for each in second.exports] == [first.exports[0].arn]
    assert second.exports[0].status == "COMPLETED"
    assert recorded.writes == []
    late = export(recorded, Run(patience=Patience(seconds=30)), max_age=timedelta(0))
    assert "after 30 seconds the export" in str(late.error)
    assert "Nothing is lost: run it again" in str(late.error)
    assert export(recorded).exports[0].arn == late.exports[0].arn


def test_a_lost_answer_is_asked_for_again_with_the_same_token(recorded: Cloud) -> None:
    recorded.strike = lose(recorded, "ExportTableToPointInTime", 2)
    outcome = export(recorded)
    assert outcome.error is None, outcome.error
    assert len(recorded.region.exports) == 1
    assert len({body["ClientToken"] for body in asked(recorded)}) == 1


def test_it_tells_a_failed_export_and_the_next_run_makes_another(recorded: Cloud) -> None:
    outcome = export(recorded, place=Place("none"))
    assert outcome.changed
    assert "failed: S3NoSuchBucket: The specified bucket does not exist. Make the bucket" in str(outcome.error)
    again = export(recorded, place=Place("none"))
    assert again.changed
    tokens = [body["ClientToken"] for body in asked(recorded)]
    assert len(set(tokens)) == len(tokens) == 2, "the failed one would be the answer to its token for eight hours"


def test_since_the_last_one(recorded: Cloud) -> None:
    refused = export(recorded, since=LAST)
    assert "AWS knows no completed export of orders to s3://exports/nightly" in str(refused.error)
    full = export(recorded).exports[0]
    recorded.pass_time(2 * 60)
    early = export(recorded, since=LAST)
    assert early.changed is False
    assert early.note.startswith("exported up to ")

    recorded.pass_time(3 * DAY + HOUR)
    recorded.calls.clear()
    checked = export(recorded, Run(check=True), since=LAST)
    assert checked.changed
    assert recorded.writes == []
    run = export(recorded, since=LAST)
    assert run.error is None, run.error
    windows = [body["IncrementalExportSpecification"] for body in asked(recorded)]
    assert len(windows) == 4
    assert windows[0]["ExportFromTime"] == pytest.approx(full.covers.timestamp() if full.covers else 0, abs=1)
    for one, other in pairwise(windows):
        assert one["ExportToTime"] == other["ExportFromTime"]
        assert one["ExportToTime"] - one["ExportFromTime"] == DAY
    recorded.calls.clear()
    assert export(recorded, since=LAST).changed is False
    assert recorded.writes == []

    recorded.pass_time(HOUR)
    half = export(recorded, NO_WAIT, since=LAST)
    assert half.pending
    recorded.calls.clear()
    rest = export(recorded, since=LAST)
    assert rest.error is None
    assert rest.changed is False, "it waited for the one that was under way"
    assert recorded.writes == []


def test_a_chain_has_no_gap_where_one_of_its_exports_failed(recorded: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    assert export(recorded).error is None
    recorded.pass_time(3 * DAY + HOUR)
    store, calls = recorded.stopped.store, count()

    def once_in_a_while(account: str, region: str, place: Mapping[str, Any]) -> None:
        if next(calls) == 1:
            raise TransferFailed("S3AccessDenied", "Access Denied")

    monkeypatch.setattr(store, "check_bucket", once_in_a_while)
    broken = export(recorded, since=LAST)
    assert "failed: S3AccessDenied: Access Denied. Let these credentials write there" in str(broken.error)
    recorded.pass_time(HOUR)
    recorded.calls.clear()
    mended = export(recorded, since=LAST)
    assert mended.error is None, mended.error
    gap, rest = (body["IncrementalExportSpecification"] for body in asked(recorded))
    assert gap["ExportToTime"] < rest["ExportFromTime"]
    windows = [each.shown["IncrementalExportSpecification"] for each in recorded.region.exports[1:]
               if each.shown["ExportStatus"] == "COMPLETED"]  # fmt: skip
    windows.sort(key=lambda each: each["ExportFromTime"])
    assert all(one["ExportToTime"] == other["ExportFromTime"] for one, other in pairwise(windows))
    assert export(recorded, since=LAST).changed is False


def test_a_window_and_a_moment_are_exported_once(recorded: Cloud) -> None:
    now = recorded.time.today().replace(microsecond=0)
    order: dict[str, datetime] = {"since": now - timedelta(hours=30), "until": now - timedelta(hours=1)}
    moment = {"at": now - timedelta(days=2)}
    for wanted, made in ((order, 2), (moment, 1)):
        recorded.calls.clear()
        assert export(recorded, **wanted).error is None
        assert len(asked(recorded)) == made
        recorded.pass_time(10 * HOUR)
        recorded.calls.clear()
        assert export(recorded, **wanted).changed is False
        assert recorded.writes == []


def test_it_waits_for_an_import_and_makes_no_second_one(cloud: Cloud) -> None:
    checked = bring(cloud, Run(check=True))
    assert (checked.changed, cloud.writes) == (True, [])
    began = cloud.time.now()
    outcome = bring(cloud)
    assert outcome.error is None, outcome.error
    assert outcome.changed
    assert outcome.left == ("ttl",)
    assert outcome.job is not None
    assert (outcome.job.status, outcome.job.imported) == ("COMPLETED", 7)
    assert 116 <= cloud.time.now() - began < 135
    assert cloud.table("copy").status == "ACTIVE"
    cloud.calls.clear()
    again = bring(cloud)
    assert (again.changed, again.error, cloud.writes) == (False, None, [])

    other = bring(cloud, prefix="other/")
    assert "the table copy exists (ACTIVE) and was not made by an import of s3://exports/other/" in str(other.error)
    cloud.call("DeleteTable", TableName="copy")
    cloud.settle()
    anew = bring(cloud)
    assert (anew.changed, anew.error) == (True, None), "the table of the old import is gone"


def test_an_import_whose_table_does_not_show_yet_is_gone_on_with(cloud: Cloud) -> None:
    first = bring(cloud, NO_WAIT)
    assert first.changed
    assert first.pending
    cloud.pass_time(10)
    refused = bring(cloud, prefix="other/")
    assert "another import into copy is under way, from s3://exports/data/" in str(refused.error)
    cloud.calls.clear()
    second = bring(cloud)
    assert (second.changed, second.error, cloud.writes) == (False, None, [])


def test_a_lost_answer_is_one_import(cloud: Cloud) -> None:
    cloud.strike = lose(cloud, "ImportTable", 2)
    outcome = bring(cloud)
    assert outcome.error is None, outcome.error
    assert len(cloud.region.imports) == 1


def test_failed_imports_are_told(cloud: Cloud) -> None:
    cloud.stopped.store.bad_items = 3
    outcome = bring(cloud)
    assert "7 items read, 4 imported, 3 errors. The table copy is there with the items that were good." in str(
        outcome.error
    )
    assert cloud.table("copy").status == "ACTIVE"
    assert bring(cloud, Run(check=True)).error is not None

    cloud.call("DeleteTable", TableName="copy")
    cloud.settle()
    cloud.stopped.store.bad_items = 0
    assert bring(cloud).error is None
    cloud.call("DeleteTable", TableName="copy")
    cloud.settle()
    nowhere = bring(cloud, bucket="none")
    assert "S3NoSuchBucket: The specified bucket does not exist" in str(nowhere.error)


def test_who_loses_the_name_is_told(cloud: Cloud) -> None:
    theirs: dict[str, Any] = {}

    def somebody_else(operation: str, body: dict[str, Any]) -> ServiceError | None:
        if operation == "ImportTable" and not theirs:
            source = {"S3Bucket": BUCKET, "S3KeyPrefix": "theirs/"}
            theirs.update(cloud.call("ImportTable", **{**body, "ClientToken": "theirs", "S3BucketSource": source}))
        return None

    cloud.strike = somebody_else
    outcome = bring(cloud)
    assert "TableAlreadyExists: Table already exists: copy." in str(outcome.error)
    assert "Somebody else made copy meanwhile: choose another name." in str(outcome.error)
    assert "another import into copy is under way" in str(bring(cloud).error)
    cloud.settle()
    assert "was not made by an import of s3://exports/data/" in str(bring(cloud).error)
