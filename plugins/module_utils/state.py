# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TableState: one table as AWS reports it, and the reads that were made to learn it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """One read of AWS.

    operation, arguments: the call in botocore's words. service: C(dynamodb) or C(kms).
    key: the name under which its answer is kept in a state. common: whether many tables ask for the same, so that an
    answer that is some seconds old will do.
    """

    operation: str
    arguments: Mapping[str, Any]
    service: str = "dynamodb"
    key: str = ""
    common: bool = False

    @property
    def name(self) -> str:
        """The key of the answer: the operation, unless one operation is read for several things."""
        return self.key or self.operation


@dataclass(frozen=True)
class TableState:
    """What AWS reports of one table.

    name: the table's name.
    description: C(Table) of DescribeTable; empty when the table is not there, C(None) when it was not asked for because
    no managed setting shows in it.
    answers: the answers of the other reads by C(Read.name); C(None) for "not found".
    at: when it was read, with its zone; C(None) when that does not matter.
    """

    name: str
    description: Answer | None = None
    answers: Mapping[str, Answer | None] = field(default_factory=dict)
    at: datetime | None = None

    @property
    def exists(self) -> bool:
        """Whether the table is there, as far as the reads that were made can tell."""
        if self.description is not None:
            return bool(self.description)
        return all(answer is not None for answer in self.answers.values())

    @property
    def table(self) -> Answer:
        """The description, empty when there is none."""
        return self.description or {}

    @property
    def status(self) -> str:
        """TableStatus; empty when the table is not there or was not described."""
        return self.table.get("TableStatus", "")

    @property
    def arn(self) -> str:
        """The table's ARN; empty when unknown."""
        return self.table.get("TableArn", "")

    def answer(self, name: str) -> Answer:
        """The answer of one read; empty when it was not made or found nothing."""
        return self.answers.get(name) or {}
