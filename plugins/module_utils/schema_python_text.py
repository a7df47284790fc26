# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python as text: literals, docstrings and comments, broken where a line would be too long. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 120
INDENT = "    "


class Code(str):
    """An expression, not a text that is to be quoted."""

    __slots__ = ()


def quoted(text: str) -> str:
    """A string literal in double quotes, of characters that everybody can read."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else _escape(each) for each in escaped) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def literal(value: Any, depth: int, before: int = 0) -> str:
    """A value as Python, a line for each part where one line would be too long.

    depth: how far the line that it begins in is indented, in steps. before: how much of that line is used.
    """
    short = _short(value)
    fits = len(INDENT) * depth + before + len(short) + 1 <= WIDTH
    if fits or isinstance(value, Code) or not isinstance(value, (str, Mapping, list, tuple)):
        return short
    inner, outer = INDENT * (depth + 1), INDENT * depth
    if isinstance(value, str):
        return f"(\n{_text_in_parts(value, inner)}{outer})"
    if isinstance(value, Mapping):
        parts = [
            f"{inner}{_short(name)}: {literal(part, depth + 1, len(_short(name)) + 2)},\n"
            for name, part in value.items()
        ]
        return "{\n" + "".join(parts) + outer + "}"
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
    return f"{opening}\n" + "".join(f"{inner}{literal(part, depth + 1)},\n" for part in value) + outer + closing


def _text_in_parts(text: str, lead: str) -> str:
    """Literals that make the text together, broken where it has a space."""
    room = max(20, WIDTH - len(lead) - 12)
    parts = [""]
    for word in text.split(" "):
        longer = f"{parts[-1]}{word} "
        if len(longer) > room and parts[-1]:
            parts.append(f"{word} ")
        else:
            parts[-1] = longer
    parts[-1] = parts[-1][:-1]
    return "".join(f"{lead}{quoted(part)}\n" for part in parts)


def _short(value: Any) -> str:
    if isinstance(value, Code) or not isinstance(value, (str, Mapping, list, tuple)):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_short(name)}: {_short(part)}" for name, part in value.items()) + "}"
    parts = ", ".join(_short(part) for part in value)
    if isinstance(value, list):
        return f"[{parts}]"
    return f"({parts},)" if len(value) == 1 else f"({parts})"


def comment(text: str, depth: int) -> list[str]:
    """The lines of a comment."""
    lead = f"{INDENT * depth}# "
    return [f"{lead}{line}".rstrip() for line in _wrapped(text, WIDTH - len(lead))]


def docstring(text: str, depth: int, details: Sequence[str] = ()) -> list[str]:
    """The lines of a docstring. details: what comes after the first paragraph, each on lines of its own."""
    lead = INDENT * depth
    paragraphs = [_wrapped(_quiet(each), WIDTH - len(lead) - 6) for each in (_ended(text), *details) if each]
    first, rest = paragraphs[0], paragraphs[1:]
    if len(first) == 1 and not rest:
        return [f'{lead}"""{first[0]}"""']
    lines = [f'{lead}"""{first[0]}', *(f"{lead}{line}" for line in first[1:])]
    if rest:
        lines += ["", *(f"{lead}{line}" for paragraph in rest for line in paragraph)]
    return [*lines, f'{lead}"""']


def _ended(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text[-1] in ".!?:" else f"{text}."


def _quiet(text: str) -> str:
    """Nothing in a docstring may end it."""
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f"{text[:-1]}'" if text.endswith('"') else text


def _wrapped(text: str, width: int) -> list[str]:
    words = "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]


def call(name: str, parts: Sequence[str], result: str, depth: int) -> list[str]:
    """The head of a function, a line for each parameter where one line would be too long."""
    lead = INDENT * depth
    short = f"{lead}def {name}({', '.join(parts)}) -> {result}:"
    if len(short) <= WIDTH:
        return [short]
    middle = f"{lead}{INDENT}{', '.join(parts)}"
    if len(middle) <= WIDTH:
        return [f"{lead}def {name}(", middle, f"{lead}) -> {result}:"]
    return [f"{lead}def {name}(", *(f"{lead}{INDENT}{part}," for part in parts), f"{lead}) -> {result}:"]
