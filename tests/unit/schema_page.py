# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the schema reference as a reader gets it: written by its template, and read back."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markdown_it import MarkdownIt

from ansible_collections.auditflow.dynamodb.plugins.module_utils.schema_reference import schema_reference

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "roles/document/templates/DYNAMODB_SCHEMA.md.j2"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

Definitions = list[dict[str, Any]]


def auditflow() -> Definitions:
    """The definitions of the role, what is a template in them filled in."""
    text = (ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8")
    definitions: Definitions = yaml.safe_load(text)["tables_definitions"]
    more = {"encryption": {"type": "KMS", "key": "alias/auditflow"}, "tags": {"Project": "AuditFlow-Pro"}}
    return [{**definition, **more} for definition in definitions]


def page(definitions: Definitions, consumers: Any = None, monitoring: Any = None) -> str:
    """The page, as ansible.builtin.template writes it."""
    settings, source = TEMPLATE.read_text(encoding="utf-8").split("\n", 1)
    assert settings == "#jinja2: trim_blocks: True, lstrip_blocks: True"
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.from_string(source).render(reference=schema_reference(definitions, consumers, monitoring))


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next of its level or above."""
    level = next(line for line in text.splitlines() if re.fullmatch(rf"#+ {re.escape(title)}", line)).count("#")
    after = re.split(rf"^#+ {re.escape(title)}\n", text, maxsplit=1, flags=re.MULTILINE)[1]
    return re.split(rf"^#{{1,{level}}} ", after, maxsplit=1, flags=re.MULTILINE)[0].strip()


def blocks(text: str, language: str) -> list[str]:
    """The code of a language."""
    return [code for found, code in FENCE.findall(text) if found == language]


def html(markdown: str) -> str:
    """The page as a browser gets it."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


class Seen(HTMLParser):
    """What is seen of HTML, and its elements."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.elements = "", list[str]()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
