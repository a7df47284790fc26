# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of text in columns. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Cells = Sequence[str]


def aligned(rows: Sequence[Cells]) -> Iterator[str]:
    """The rows as lines with their columns aligned; columns without any content are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    # One very long cell must not push all that follows off the screen.
    widths = [max((len(cell) for cell in column if len(cell) <= 60), default=0) for column in columns]
    for cells in zip(*columns, strict=True):
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
        yield f"  {line}".rstrip()
