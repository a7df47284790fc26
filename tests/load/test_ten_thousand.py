# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated Python answers every access pattern on 10,000 items of each table as brute force does."""

from __future__ import annotations

from collections.abc import Callable

from tests.load.conftest import ITEMS, LOCAL, Filled


def test_every_pattern_on_ten_thousand_items(filled: Filled, tell: Callable[..., None]) -> None:
    # Pages of 200, so that the answers of the queues have many.
    extra = {**LOCAL, "folder": str(filled.folder), "samples": 4, "page_size": 200}
    run = filled.ansible.playbook("exercise", extra=extra)
    assert run.code == 0, run.output
    results = run.task("Run every access pattern and check its answers").result["results"]
    tell(lines=[line for result in results for line in result["text"].splitlines()])
    rows = [row for result in results for row in result["patterns"]]
    assert len(rows) == 7
    for result in results:
        assert result["scanned"] >= ITEMS
        assert result["complete"]
    for row in rows:
        # At least two values of what is there, and one of what is not; a queue has few to be asked for.
        assert row["right"] == row["queries"] >= 3
        assert row["cut"] == 0
        assert 0 < row["empty"] < row["queries"]
    queue = next(row for row in rows if row["pattern"] == "documents_by_processing_status")
    assert queue["items"] > ITEMS // 2
