# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table, its indexes and the queries that use them as a flowchart in Mermaid's language, which GitHub draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .access_pattern import AccessPattern, Source
from .schema_reference_markdown import label

TABLE, INDEX = "table", "index"


def diagram(table: str, sources: dict[str, Source], patterns: Sequence[AccessPattern]) -> list[str]:
    """The lines of the flowchart: queries at the left, what each reads at the right."""
    names = {name: f"{INDEX}{number}" if name else TABLE for number, name in enumerate(sources)}
    lines = ["flowchart LR"]
    lines += [f'  query{number}(["{label(pattern.name)}"])' for number, pattern in enumerate(patterns, 1)]
    lines += [_node(names[name], name or table, source, bool(name)) for name, source in sources.items()]
    lines += [f"  query{number} --> {names[pattern.index]}" for number, pattern in enumerate(patterns, 1)]
    lines += [f"  {TABLE} -. copied to .-> {node}" for name, node in names.items() if name and "" in names]
    return lines


def _node(identity: str, name: str, source: Source, index: bool) -> str:
    lines = [name, f"partition key: {' + '.join(source.partition)}"]
    lines += [f"sort key: {' + '.join(source.sort)}"] if source.sort else []
    shown = f'"{"<br/>".join(label(line) for line in lines)}"'
    return f"  {identity}[{shown}]" if index else f"  {identity}[({shown})]"
