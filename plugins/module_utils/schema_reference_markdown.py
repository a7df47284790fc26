# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text and names in GitHub's Markdown and in Mermaid's labels: nothing that a definition says can become markup. Pure.

Rules: GitHub Flavored Markdown Spec, "Backslash escapes", "Code spans", "Tables (extension)"; Mermaid, "Flowcharts".
"""

from __future__ import annotations

import re
from collections import Counter

# What could begin emphasis, code, a link, HTML, an entity, a table's cell, strikethrough or mathematics.
INLINE = re.compile(r"[\\`*\[\]<&|~$]|(?<![^\W_])_|_(?![^\W_])")
# What begins a heading, a list or a quotation at the start of a line.
LINE_START = re.compile(r"^([#+=>-])|^(\d{1,9})([.)])")
PLAIN_CODE = re.compile(r"[^`|\\\s]+( [^`|\\\s]+)*")
PUNCTUATION = re.compile(r"[^\w ]|_")
NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
NOT_IN_LABEL = re.compile(r"[^A-Za-z0-9 ,.:()+=/_-]")


def text(plain: str) -> str:
    """Plain text as Markdown, on one line."""
    line = " ".join(plain.split())
    escaped = INLINE.sub(lambda found: f"\\{found.group()}", line)
    return LINE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", escaped)


def code(plain: object) -> str:
    """A name or a value as it is written, also in a table's cell."""
    shown = str(plain)
    if PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`"
    if not shown:
        return ""
    # Neither a backtick nor an escaped '|' can stand in every code span of every table; an entity can.
    escaped = PUNCTUATION.sub(lambda found: f"&#{ord(found.group())};", shown)
    return f"<code>{escaped}</code>"


def codes(names: object) -> str:
    """Several names, one after the other."""
    return ", ".join(code(name) for name in names) if isinstance(names, (list, tuple)) else code(names)


def label(plain: str) -> str:
    """A text within the quotes of a label of a diagram."""
    return NOT_IN_LABEL.sub(lambda found: f"#{ord(found.group())};", plain)


class Anchors:
    """What GitHub calls the headings of a page, in the order in which they come."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def heading(self, title: str) -> dict[str, str]:
        """A heading's text in Markdown and its anchor."""
        plain = " ".join(title.split())
        slug = NOT_IN_ANCHOR.sub("", plain.lower()).replace(" ", "-")
        anchor = slug
        while self._taken[anchor]:
            self._taken[slug] += 1
            anchor = f"{slug}-{self._taken[slug] - 1}"
        self._taken[anchor] += 1
        return {"title": text(plain), "anchor": anchor}
