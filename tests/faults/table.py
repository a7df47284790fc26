# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operation x fault x outcome, as it is printed and kept."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from tests.faults.runner import DONE, TOLD, Verdict
from tests.faults.strikes import FAULTS

# (scenario, operation), fault, mode
SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1_000_000))
RUNS = int(os.environ.get("FAULTS_RUNS") or 60)

Key = tuple[tuple[str, str], str, str]
RESULTS: dict[Key, Verdict] = {}
RANDOM: dict[str, Verdict] = {}
LETTERS = {DONE: "+", TOLD: "t"}
LEGEND = (
    "A letter for each of: the first call fails, the second (where there are two), four in a row, all of them.\n"
    "+ done: the run ended right and said that it changed the table. t told: it failed with one message, naming the\n"
    "operation and the error, and the plain re-run ended right. Capitals are bugs: LOST, LOOPS, TRACEBACK, WRONG.\n"
    "A fault strikes before AWS does anything, or (after cut, broken off and lost) when it has done it."
)


def text(results: dict[Key, Verdict], chances: dict[str, Verdict]) -> str:
    faults = [fault.name for fault in FAULTS]
    rows = list(dict.fromkeys(key[0] for key in results))
    lines = ["| | " + " | ".join(faults) + " |", "|---" * (len(faults) + 1) + "|"]
    for row in rows:
        cells = [_cell(results, row, fault) for fault in faults]
        lines.append(f"| {row[0]}: {row[1]} | " + " | ".join(cells) + " |")
    ends = [
        f"One fault: {_counted(results.values())}.",
        f"Several at random, FAULTS_SEED={SEED}: {_counted(chances.values())}.",
    ]
    return "\n".join([*lines, "", LEGEND, "", *ends])


def _counted(verdicts: Collection[Verdict]) -> str:
    counted = Counter(verdict.kind for verdict in verdicts).most_common()
    return f"{len(verdicts)} cases, " + ", ".join(f"{number} {kind}" for kind, number in counted)


def _cell(results: dict[Key, Verdict], row: tuple[str, str], fault: str) -> str:
    verdicts = [verdict for key, verdict in results.items() if key[:2] == (row, fault)]
    return " ".join(LETTERS.get(verdict.kind, verdict.kind) for verdict in verdicts)


def write(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "faults.md"
    told = [
        f"- {row[0]}: {row[1]}, {fault}, {mode}: {verdict.kind}: {verdict.why}"
        for (row, fault, mode), verdict in RESULTS.items()
        if verdict.why
    ]
    chances = [f"- at random {name}: {verdict.kind}: {verdict.why}" for name, verdict in RANDOM.items() if verdict.why]
    path.write_text(
        f"# Operation x fault x outcome\n\n{text(RESULTS, RANDOM)}\n\n" + "\n".join(told + chances) + "\n",
        encoding="utf-8",
    )
    return path
