# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of many tables: results of one shape, texts that a terminal holds, and everything in a file on request."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ansible_collections.auditflow.dynamodb.plugins.module_utils import entry
from ansible_collections.auditflow.dynamodb.plugins.module_utils.converge import Outcome
from ansible_collections.auditflow.dynamodb.plugins.module_utils.report import report
from ansible_collections.auditflow.dynamodb.plugins.module_utils.text_many import (
    MOST_FAILURES,
    MOST_TOLD,
    PLANS,
    SETTINGS,
    failures_text,
    plan_text,
    settings_text,
    summary_text,
)
from ansible_collections.auditflow.dynamodb.tests.unit.aws_model import AwsModel
from ansible_collections.auditflow.dynamodb.tests.unit.running import AT_ONCE, CHECK, run, table

REGION = "ap-south-1"
SHAPE = {"name", "changed", "in_sync", "verified", "plan", "plan_text", "quotas", "pending"}


class EndedError(Exception):
    """The module has ended."""


@dataclass
class Module:
    """What is used of an AnsibleAWSModule."""

    params: dict[str, Any]
    check_mode: bool = False
    _diff: bool = False
    result: dict[str, Any] = field(default_factory=dict)

    def exit_json(self, **result: Any) -> NoReturn:
        self.result = result
        raise EndedError

    def fail_json(self, **result: Any) -> NoReturn:
        self.result = {"failed": True, **result}
        raise EndedError


def outcomes(right: int = 0, missing: int = 0, failing: int = 0) -> list[Outcome]:
    """Planned: tables as defined, tables that are not there, and tables with other keys than is wanted."""
    model, found = AwsModel(), []
    kinds = [("right", right, {}), ("missing", missing, {}), ("failing", failing, {"partition_key": "total"})]
    for kind, count, more in kinds:
        for number in range(count):
            definition = {**table(), "name": f"{kind}-{number}"}
            if kind != "missing":
                assert run(model, definition).error is None
            found.append(run(model, {**definition, **more}, CHECK))
    return found


def end(many: Sequence[Outcome], diff_mode: bool = False, **params: Any) -> dict[str, Any]:
    module = Module({"details": False, "report_file": None, **params}, check_mode=True, _diff=diff_mode)
    with pytest.raises(EndedError):
        entry.end_many(module, many, REGION)  # type: ignore[arg-type]
    json.dumps(module.result)
    return module.result


@pytest.mark.parametrize("count", [1, PLANS + 1])
def test_results_have_one_shape_however_many_there_are(count: int) -> None:
    told = end(outcomes(right=count, missing=1))
    assert all(set(each) == SHAPE for each in told["results"])
    assert len(told["results"]) == count + 1
    assert told["changed_tables"] == ["missing-0"]


def test_a_diff_is_there_where_somebody_is_shown_it() -> None:
    many = outcomes(right=1, missing=1)
    assert "diff" not in end(many)
    assert [diff["after"]["name"] for diff in end(many, diff_mode=True)["diff"]] == ["missing-0"]


def test_a_result_has_everything_where_that_is_asked_for() -> None:
    many = outcomes(right=1, missing=1)
    for each, outcome in zip(end(many, details=True)["results"], many, strict=True):
        assert each == {name: value for name, value in report(outcome, REGION).items() if name != "diff"}
    assert {"settings", "table", "settings_text", "summary_text"} <= set(end(many, details=True)["results"][0])


def test_a_failed_result_is_about_what_failed() -> None:
    told = end(outcomes(right=2, missing=2, failing=1))
    assert told["failed"]
    assert told["msg"].startswith("1 of 5 tables failed:\n- failing-0: ")
    assert [each["name"] for each in told["results"]] == ["failing-0"]
    assert set(told["results"][0]) == SHAPE | {"failed", "msg", "failure"}
    assert told["changed_tables"] == ["missing-0", "missing-1"]
    assert not {"settings_text", "summary_text"} & set(told)


def test_a_few_tables_are_told_one_by_one() -> None:
    many = outcomes(right=PLANS - 1, missing=1)
    assert plan_text(many, REGION).count("in sync") == PLANS - 1
    assert plan_text(many, REGION) == "\n".join(report(each, REGION)["plan_text"] for each in many)
    many = outcomes(right=SETTINGS - 1, missing=1)
    assert settings_text(many, REGION) == "\n".join(report(each, REGION)["settings_text"] for each in many)
    assert summary_text(many, REGION) == "\n".join(report(each, REGION)["summary_text"] for each in many)


def test_of_many_tables_what_is_right_is_counted() -> None:
    many = outcomes(right=PLANS, missing=1)
    (missing,) = (report(each, REGION) for each in many if each.name == "missing-0")
    counted = f"… and {PLANS} more tables (ap-south-1): {PLANS}"
    assert plan_text(many, REGION) == f"{missing['plan_text']}\n{counted} in sync"
    assert settings_text(many, REGION) == f"{missing['settings_text']}\n{counted} as defined"
    assert summary_text(many, REGION) == f"missing-0 (ap-south-1): no table\n{counted} ACTIVE"
    right = many[:PLANS] * 2
    assert plan_text(right, REGION) == f"{len(right)} tables (ap-south-1): {len(right)} in sync"


def test_of_very_many_that_differ_the_first_are_told() -> None:
    many = outcomes(missing=MOST_TOLD + 2, right=1)
    text = plan_text(many, REGION)
    assert text.count("(ap-south-1): to be created") == MOST_TOLD
    assert text.endswith("… and 3 more tables (ap-south-1): 2 to be created, 1 in sync")


def test_the_first_failures_are_told_and_the_others_named() -> None:
    failed = outcomes(failing=MOST_FAILURES + 2)
    *lines, last = failures_text(failed, 2500).splitlines()
    assert lines[0] == f"{len(failed)} of 2,500 tables failed:"
    assert len(lines) == 1 + MOST_FAILURES
    assert last == f"… and 2 more: failing-{MOST_FAILURES}, failing-{MOST_FAILURES + 1}"


def test_the_first_warnings_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(entry, "warn", given.append)
    model = AwsModel()
    many = [run(model, {**table(), "name": f"new-{number}"}, AT_ONCE) for number in range(MOST_FAILURES + 5)]
    module = Module({"details": False, "report_file": None})
    with pytest.raises(EndedError):
        entry.end_many(module, many, REGION)  # type: ignore[arg-type]
    assert given[0].startswith("new-0 is not finished: new-0 is CREATING")
    assert given[MOST_FAILURES:] == ["… and 5 warnings of other tables"]


def test_a_table_in_sync_costs_little() -> None:
    """2,500 tables in one region are planned in one process, and their results go through several."""
    few, many = (len(json.dumps(end(outcomes(right=count)))) for count in (50, 100))
    assert many - few < 50 * 300
    tracemalloc.start()
    try:
        begin = tracemalloc.get_traced_memory()[0]
        kept = outcomes(right=100)
        # The model of AWS keeps nothing of what it answered.
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - begin < len(kept) * 60_000
    finally:
        tracemalloc.stop()


def test_everything_is_in_a_file_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    many = outcomes(right=1, failing=1)
    assert end(many, report_file=str(path))["failed"]
    told = json.loads(path.read_text())
    assert told["region"] == REGION
    assert [each["name"] for each in told["tables"]] == ["right-0", "failing-0"]
    assert set(told["tables"][0]) == set(report(many[0], REGION))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told = end(outcomes(right=1), report_file=str(tmp_path / "nowhere" / "report.json"))
    assert told["failed"]
    assert told["msg"].startswith("report_file could not be written: ")
    assert told["in_sync"]
