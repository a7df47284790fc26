# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requirement 19.5, 1,000 requests a second: what the generator can do, and what DynamoDB Local does. See docs/load.md.

A rate is no assertion: it is the machine's. What is asserted is that every answer is right and every write is there.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from tests.integration.auditflow import AUDIT_RECORDS, DOCUMENTS
from tests.integration.harness import ACCESS_KEY, DEFAULT_REGION, ROOT, SECRET_KEY, Target
from tests.load.conftest import ITEMS, Filled
from tests.load.generator import CONTENT_TYPE, Credentials, Generator, Report, Request, Signer
from tests.load.workload import READS, WRITES, Workload

RATE = float(os.environ.get("LOAD_RATE") or 1000)
SECONDS = float(os.environ.get("LOAD_SECONDS") or 20)
WARM_UP_SECONDS = 5
CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY, DEFAULT_REGION)


def test_requests_are_signed_as_botocore_signs_them() -> None:
    body = b'{"TableName":"Orders"}'
    head = Signer("dynamodb.example.com", CREDENTIALS).head(Request("x", "Query", body), datetime.now(UTC))
    sent = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    request = AWSRequest(
        "POST",
        "https://dynamodb.example.com/",
        {"content-type": CONTENT_TYPE, "x-amz-target": "DynamoDB_20120810.Query"},
        body,
    )
    signer = SigV4Auth(BotoCredentials(ACCESS_KEY, SECRET_KEY), "dynamodb", DEFAULT_REGION)
    request.context["timestamp"] = sent["x-amz-date"]
    request.headers["x-amz-date"] = sent["x-amz-date"]
    request.headers["host"] = "dynamodb.example.com"
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert sent["authorization"].endswith(f"Signature={signature}")


@pytest.fixture
def trivial() -> Iterator[str]:
    """A server whose answers cost nothing."""
    command = [sys.executable, str(Path(__file__).parent / "trivial_server.py")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.terminate()


def test_the_generator_alone(trivial: str, tell: Callable[..., None]) -> None:
    asked = itertools.count()
    body = b'{"TableName":"Orders","Key":{"id":{"S":"0"}}}' + b" " * 300
    requests = (Request("get", "GetItem", body, lambda answer: "" if answer["Count"] == 0 else "?") for _n in asked)
    generator = Generator(trivial, CREDENTIALS, requests)
    most, paced = generator.run(0, 5), generator.run(RATE, 5)
    tell(as_many_as_go=most.summary(), at_the_rate=paced.summary())
    for report in (most, paced):
        assert not report.errors
        assert not report.wrong
        assert report.checked == report.completed == report.kinds["get"]
    assert next(asked) == most.completed + paced.completed
    # The one thing about time that would make every other figure worthless; it reaches ten times as much when idle.
    assert most.rate > RATE


def definitions() -> list[dict[str, Any]]:
    defaults = yaml.safe_load((ROOT / "roles/tables/defaults/main/auditflow.yml").read_text(encoding="utf-8"))
    return [
        {name: value for name, value in definition.items() if name not in ("encryption", "tags")}
        for definition in defaults["tables_definitions"]
    ]


def test_requirement_19_5_a_thousand_requests_a_second(filled: Filled, tell: Callable[..., None]) -> None:
    target = filled.server.target
    functions = {
        name: function
        for each in vars(filled.schemas).values()
        if isinstance(each, type) and hasattr(each, "ACCESS_PATTERNS")
        for name, function in each.ACCESS_PATTERNS.items()
    }
    workload = Workload(functions, definitions(), ITEMS)
    generator = Generator(target.url, CREDENTIALS, workload.requests())
    reports: dict[str, Report] = {}
    cores: dict[str, float] = {}
    for name, rate, seconds in (("warm_up", 0, WARM_UP_SECONDS), ("paced", RATE, SECONDS), ("most", 0, SECONDS)):
        before = cpu_of(filled.server.pid)
        reports[name] = generator.run(rate, seconds)
        cores[name] = (cpu_of(filled.server.pid) - before) / reports[name].seconds
    tell(
        machine={"cores": os.cpu_count(), "load_average": os.getloadavg()[0], "server": "DynamoDB Local"},
        at_the_rate={**reports["paced"].summary(), "server_cores": round(cores["paced"], 2)},
        as_many_as_go={**reports["most"].summary(), "server_cores": round(cores["most"], 2)},
        limited_by=limit(reports, cores),
    )
    for report in reports.values():
        assert not report.errors
        assert not report.wrong
        assert report.completed == report.kinds.total()
    asked = sum((report.kinds for report in reports.values()), Counter[str]())
    assert set(asked) == {*READS, *WRITES}
    for table, kind in ((DOCUMENTS, "put_document"), (AUDIT_RECORDS, "put_audit")):
        assert asked[kind] == workload.written[table]
        assert count(target, table) == ITEMS + workload.written[table]


def limit(reports: dict[str, Report], cores: dict[str, float]) -> str:
    """What stood in the way, in words."""
    paced, most = reports["paced"], reports["most"]
    reached = f"{paced.rate:.0f} of {RATE:.0f} requests a second"
    if paced.rate >= 0.99 * RATE:
        return f"nothing: {reached}; as many as go are {most.rate:.0f}"
    used = {"the server": cores["paced"], "the generator": paced.cpu / paced.seconds}
    busiest = max(used, key=lambda name: used[name])
    shares = ", ".join(f"{name} used {each:.2f}" for name, each in used.items())
    return f"{busiest}, or the machine: {reached}; of {os.cpu_count()} cores {shares}, others the rest"


def cpu_of(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def count(target: Target, table: str) -> int:
    pages = target.client().get_paginator("scan").paginate(TableName=table, Select="COUNT", ConsistentRead=True)
    return sum(page["Count"] for page in pages)
