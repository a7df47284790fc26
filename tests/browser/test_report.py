# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.yml: what people see, read off the page in a real browser."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import HOSTILE, NAMES, REGIONS, Fleet
from tests.integration.harness import ROOT, Finished

PICTURES = ROOT / "tests" / "output" / "report"
# Every text against what is painted behind it, as WCAG counts contrast.
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


def matrix(page: Page) -> dict[str, list[str]]:
    """Names of the tables that are shown, in order, and the word in each region."""
    rows = page.locator("#matrix tbody tr:visible").all()
    return {
        row.locator("th").inner_text(): [cell.locator(".badge").inner_text() for cell in row.locator("td").all()]
        for row in rows
    }


def test_second_run(written: Finished, fleet: Fleet) -> None:
    """Nothing is written to AWS, no item is in the file, and an unchanged fleet leaves the file as it is."""
    assert written.calls.writes == []
    before = fleet.file.read_text(encoding="utf-8")
    assert "SECRET-ITEM" not in before
    assert "<script>window" not in before
    again = fleet.report()
    assert again.task("Write the page").status == "ok", again.output
    assert fleet.file.read_text(encoding="utf-8") == before


def test_only_what_is_defined(fleet: Fleet, tmp_path: Path) -> None:
    """No table is looked for, and those that are defined are read in full all the same."""
    file = tmp_path / "defined.html"
    run = fleet.report("--limit", "tokyo", "-e", "undefined_tables=false", "-e", f"file={file}")
    assert run.code == 0, run.output
    assert run.calls.reads["ListTables"] == 0
    text = file.read_text(encoding="utf-8")
    assert "forgotten" not in text
    assert "point-in-time recovery" in text


def test_matrix(page: Page) -> None:
    shown = matrix(page)
    assert list(shown) == sorted([*NAMES, "forgotten"])
    hosts = [text.split("\n")[0] for text in page.locator("#matrix thead th").all_inner_texts()][1:]
    found = {(host, name): word for name, words in shown.items() for host, word in zip(hosts, words, strict=True)}
    assert found["mumbai", "orders"] == "differs"
    assert found["ireland", "customers"] == "differs"
    assert found["tokyo", "consents"] == "missing"
    assert found["tokyo", "forgotten"] == "not defined"
    assert {found["frankfurt", name] for name in shown} == {"unknown"}
    words = Counter(found[host, name] for host in REGIONS for name in shown)
    assert words == {"as defined": 27, "differs": 2, "missing": 1, "not defined": 1, "not here": 4}
    assert "Could not connect" in page.locator("main").inner_text()


def test_filter_sort_and_open(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("order")
    assert list(matrix(page)) == ["order.lines", "orders"]
    assert page.locator("#shown").inner_text() == "2 of 7 tables"
    page.fill("#search", "")
    page.select_option("#state", "missing")
    assert list(matrix(page)) == ["consents"]
    page.select_option("#state", "")
    head = page.locator("#matrix thead th").first
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert list(matrix(page)) == sorted([*NAMES, "forgotten"], reverse=True)
    page.get_by_role("link", name="orders", exact=True).press("Enter")
    part = page.locator("details[data-name=orders]")
    # The browser tells of the new address in its own time.
    page.wait_for_selector("details[data-name=orders][open]")
    assert part.get_attribute("open") is not None
    assert "by-state" in part.locator(".diff").first.inner_text()
    assert "state = :wanted" in part.inner_text()


def test_hostile_text_is_text(page: Page) -> None:
    page.click("#all")
    assert HOSTILE in page.locator("details[data-name=customers]").inner_text()
    assert page.evaluate("window.hit") is None
    assert "unsafe-inline" not in page.content()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.screenshot(path=PICTURES / f"desktop-{theme}.png", full_page=True)
    page.click("#all")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate(CONTRAST) == []
    page.screenshot(path=PICTURES / f"opened-{theme}.png")
    before = page.locator("html").get_attribute("data-theme")
    page.click("#theme")
    assert (before, page.locator("html").get_attribute("data-theme")) in (("light", "dark"), ("dark", "light"))


def test_phone_and_paper(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.screenshot(path=PICTURES / "phone.png")
    box, name = page.locator(".box").first, page.locator("#matrix tbody th").first
    before = name.bounding_box()
    box.evaluate("box => { box.scrollLeft = 250 }")
    assert box.evaluate("box => box.scrollLeft") > 0
    assert before is not None
    assert name.bounding_box() == pytest.approx(before, abs=2), "the name stays beside its states"
    box.screenshot(path=PICTURES / "phone-matrix.png")
    page.locator("details[data-name=orders]").scroll_into_view_if_needed()
    page.locator("details[data-name=orders] .diff").first.scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / "phone-part.png")
    page.set_viewport_size({"width": 1024, "height": 900})
    # Who reads in the dark prints on white paper all the same.
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(CONTRAST) == []
    assert not page.locator("#theme").is_visible()
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
