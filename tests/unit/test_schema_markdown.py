# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts, names and labels on the page of the schema reference are seen as they were written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference_markdown import (
    Anchors,
    code,
    label,
    text,
)

from .schema_page import Seen, html


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60))
def test_a_label_is_read_back_from_its_codes(plain: str) -> None:
    written = label(plain)
    assert re.fullmatch(r"[A-Za-z0-9 ,.:()+=/_#;-]*", written)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), written) == plain


# What Markdown takes for markup, close together, and all of Unicode that a line of YAML can hold.
MARKUP = st.sampled_from(
    [*"\\`*_[]()<>&|~$#+-=.!:/1 \"'", "&amp;", "<b>", "**", "~~", "](", "```", "http://a.b", "\\|"]
)
PLAIN = st.lists(
    st.one_of(MARKUP, st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"])), max_size=25
).map("".join)
FRAMES = {"paragraph": "{}", "cell": "| a | b |\n| --- | --- |\n| {} | end |", "heading": "## {}", "item": "- {}"}
frames = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)


def words(shown: str) -> list[str]:
    return shown.split()


@frames
@given(PLAIN)
def test_a_text_is_seen_as_it_was_written(frame: str, plain: str) -> None:
    seen = Seen(html(frame.format(text(plain))))
    around = Seen(html(frame.format("x")))
    assert seen.elements == around.elements or not words(plain)
    assert words(seen.text.replace("\x00", "")) == words(around.text.replace("x", f" {plain} ", 1))


@frames
@given(PLAIN.filter(bool))
def test_a_name_is_seen_as_it_is(frame: str, plain: str) -> None:
    seen = Seen(html(frame.format(code(plain))))
    around = Seen(html(frame.format("`x`")))
    assert seen.elements == around.elements
    assert words(seen.text) == words(around.text.replace("x", f" {plain} ", 1))


def test_anchors_are_counted_as_github_counts_them() -> None:
    anchors = Anchors()
    titles = ["Orders", "or.ders", "Orders-1", "Orders", "Größe der Seite", "a_b c"]
    assert [anchors.heading(title)["anchor"] for title in titles] == [
        "orders",
        "orders-1",
        "orders-1-1",
        "orders-2",
        "größe-der-seite",
        "a_b-c",
    ]
