# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark makes of its numbers, and the proxy that it measures through."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import alternatives, plots, render
from benchmarks.cases import CASES, CREATE, RERUN, Entry, chosen, takes_part
from benchmarks.job import regions, tables
from benchmarks.measure import FailedError, run
from benchmarks.proxy import Proxy, kept_alive
from benchmarks.results import Measured, Results, Runs, load, save, spread
from benchmarks.verdicts import Verdict, quotient, verdicts

DELAY = 0.1


def runs(*seconds: float, calls: int = 10, peak_mb: float = 50.0) -> Runs:
    count = len(seconds)
    return Runs(list(seconds), [0.1] * count, [0.1] * count, [peak_mb] * count, [calls] * count, {"CreateTable": 2}, 4)


def results(calibration: tuple[float, ...] = (0.1, 0.1), **contenders: Runs) -> Results:
    measured = Measured("2 tables", "2026-01-01T00:00:00+00:00", list(calibration))
    measured.runs = {name: {CREATE: each, RERUN: each} for name, each in contenders.items()}
    return Results({"CPU": "a fast one"}, 7, {"2-tables": measured})


def verdict(measured: Results, words: str) -> Verdict:
    return next(each for each in verdicts(measured) if words in each.what)


@pytest.mark.parametrize(
    ("task", "text"), [((1.09, 9.0, 1.0), "met"), ((1.12, 1.2, 1.11), "**MISSED**")], ids=["met", "missed"]
)
def test_the_floor_is_compared_with_the_median(task: tuple[float, ...], text: str) -> None:
    measured = results(empty=runs(0.6, 0.5, 7.0), bare=runs(0.4, 0.3, 5.0), task=runs(*task))
    found = verdict(measured, "create, direct: of the floor")
    assert found.text == text
    assert found.measured == pytest.approx(sorted(task)[1])


def test_calls_are_counted_on_a_noisy_machine_too() -> None:
    measured = results((0.1, 0.1, 0.2), empty=runs(0.5), bare=runs(0.5, calls=10), task=runs(0.5, calls=17))
    assert verdict(measured, "API calls").text == "**MISSED**"
    assert verdict(measured, "create, direct: of the floor").text == "met, but the machine was noisy"


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    empty = Results({}, 1)
    assert {each.text for each in verdicts(empty)} == {"not measured"}
    assert quotient(1.0, 0.0) is None


def test_the_extra_time_a_table_is_the_difference_of_two_cases() -> None:
    measured = results(bare=runs(0.4), task=runs(0.9))
    more = Measured("20 tables", "2026-01-01T00:00:00+00:00")
    more.runs = {"bare": {CREATE: runs(1.4)}, "task": {CREATE: runs(2.9)}}
    measured.cases["20-tables"] = more
    assert verdict(measured, "2 to 20, create").measured == pytest.approx(2.0)


def test_memory_is_the_most_that_was_seen() -> None:
    case = Measured("2,500 tables", "2026-01-01T00:00:00+00:00")
    case.runs = {"task": {RERUN: runs(1.0, peak_mb=401.0)}}
    found = verdict(Results({}, 1, {"2500-tables": case}), "2,500 tables, unchanged re-run")
    assert (found.measured, found.text) == (401.0, "**MISSED**")


def test_the_spread_is_what_the_slowest_takes_more() -> None:
    assert spread([0.1, 0.1, 0.12]) == pytest.approx(0.2)
    assert spread([]) == 0.0


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    measured = results(bare=runs(0.123456, 2.0))
    save(measured, tmp_path / "new" / "latest.json")
    found = load(tmp_path / "new" / "latest.json")
    assert found is not None
    assert found.cases["2-tables"].runs["bare"][CREATE].wall == [0.1235, 2.0]
    assert found.median("2-tables", "bare", RERUN) == pytest.approx(1.06, abs=0.01)
    assert load(tmp_path / "none.json") is None


def test_a_page_keeps_what_is_around_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n\n{render.BEGIN}\nold\n{render.END}\n\nafter\n", encoding="utf-8")
    for _again in range(2):
        render.write(results(bare=runs(0.4, 0.6)), page, tmp_path / "performance")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| bare boto3, a thread a call | create | 0.50 | 0.40 to 0.60 | 2 | 0.10 | 0.10 | 50 | 10 | 4 |" in text
    assert "](performance/2-tables.svg)" in text
    ET.fromstring((tmp_path / "performance" / "2-tables.svg").read_text(encoding="utf-8"))
    with pytest.raises(render.MarkersError):
        render.into("no markers", "text")


def test_a_plot_has_a_bar_for_each_phase_of_each_contender() -> None:
    case = results(bare=runs(0.4), community=runs(9.0)).cases["2-tables"]
    bars = [line for line in plots.chart(case).splitlines() if line.startswith("<rect") and 'width="12"' not in line]
    assert len(bars) == 4


def test_runs_of_a_slow_contender_are_spread_over_the_rounds() -> None:
    slow = Entry("community", 3)
    assert [takes_part(slow, number, 11) for number in range(11)].count(True) == 3
    assert not takes_part(slow, 0, 11)
    assert all(takes_part(Entry("task", 11), number, 11) for number in range(11))


def test_cases_are_chosen_by_name() -> None:
    (case,) = chosen(["20-tables"], 2)
    assert {entry.runs for entry in case.entries} == {2}
    assert len(chosen([], None)) == len(CASES)
    with pytest.raises(ValueError, match="no such case: 3-tables"):
        chosen(["3-tables"], None)


def test_the_job_is_as_large_as_wanted() -> None:
    assert [len(tables(count)) for count in (2, 3, 200)] == [2, 3, 200]
    assert len({table.name for table in tables(200)}) == 200
    assert len(set(regions(20))) == 20
    assert {len(table.indexes) for table in tables(20)} == {2, 3}


def test_the_script_is_one_that_bash_reads(tmp_path: Path) -> None:
    script = tmp_path / "provision.sh"
    script.write_text(alternatives.script(tables(2)), encoding="utf-8")
    assert "@" not in script.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_a_run_tells_what_its_descendants_took(tmp_path: Path) -> None:
    work = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(5_000_000)); bytearray(90_000_000)'])"
    )
    usage = run([sys.executable, "-c", work], tmp_path, {}, tmp_path / "said.txt")
    assert usage.cpu > 0.05
    assert usage.peak_mb > 90
    with pytest.raises(FailedError, match="no such luck"):
        run([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path, {}, tmp_path / "said.txt")


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As moto's server does: one answer, and the connection is over."""
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(5)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n" + body[::-1])
    assert head.startswith(b"POST / ")
    await writer.drain()
    writer.close()


async def _ask(port: int, times: int) -> list[bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    bodies = []
    for _time in range(times):
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
        await reader.readuntil(b"\r\n\r\n")
        bodies.append(await reader.readexactly(5))
    writer.close()
    await writer.wait_closed()
    return bodies


async def _through_proxy(connections: int, times: int) -> tuple[Proxy, list[list[bytes]], float]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], DELAY)
    front = await asyncio.start_server(proxy.connection, "127.0.0.1", 0)
    async with server, front:
        began = time.monotonic()
        port = front.sockets[0].getsockname()[1]
        answers = await asyncio.gather(*(_ask(port, times) for _connection in range(connections)))
        return proxy, answers, time.monotonic() - began


def test_the_proxy_delays_requests_side_by_side() -> None:
    proxy, answers, took = asyncio.run(_through_proxy(connections=10, times=2))
    assert answers == [[b"olleh"] * 2] * 10
    assert (proxy.counts.connections, proxy.counts.requests) == (10, 20)
    assert 2 * DELAY <= took < 8 * DELAY


def test_the_proxy_gives_an_answer_a_length() -> None:
    assert kept_alive(b"HTTP/1.0 200 OK\r\nConnection: close\r\nA: b\r\n\r\nxyz") == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nxyz"
    )
