# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page of one fleet, written by the real playbook, in one headless Chromium."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.integration.conftest import emulator
from tests.integration.harness import ACCESS_KEY, SECRET_KEY, Ansible, Finished, Target

__all__ = ["emulator"]

REGIONS = {
    "virginia": "us-east-1",
    "ireland": "eu-west-1",
    "mumbai": "ap-south-1",
    "tokyo": "ap-northeast-1",
    "sydney": "ap-southeast-2",
}
DEAD = "http://127.0.0.1:9"
HOSTILE = "<script>window.hit=1</script> {{ 7 * 7 }}"
NAMES = ("orders", "order.lines", "customers", "consents", "audit-trail", "sessions")
INDEX = {"name": "by-state", "partition_key": "state", "sort_key": "placed_at", "projection": "KEYS_ONLY"}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


def definition(name: str) -> dict[str, Any]:
    """Of a table: keys, an index, protection; the sessions expire."""
    return {
        "name": name,
        "description": HOSTILE if name == "customers" else f"What is known of {name}",
        "attributes": {"id": "S", "placed_at": "N", "state": "S"},
        "partition_key": "id",
        "sort_key": "placed_at",
        "global_indexes": [INDEX],
        "deletion_protection": True,
        "access_patterns": [
            {
                "name": "in_state",
                "index": "by-state",
                "parameters": {"wanted": "S"},
                "key_condition": "state = :wanted",
            }
        ],
        **({"ttl": {"attribute": "expires"}} if name == "sessions" else {}),
    }


def make(client: Any, name: str, *, index: bool = True, protected: bool = True) -> None:
    """A table as defined, but for what is said."""
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "placed_at", "KeyType": "RANGE"}]
    of_index = [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "placed_at", "KeyType": "RANGE"}]
    built = {"IndexName": "by-state", "KeySchema": of_index, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    types = {"id": "S", "placed_at": "N", **({"state": "S"} if index else {})}
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind} for each, kind in types.items()],
        KeySchema=keys,
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=protected,
        Tags=[{"Key": "note", "Value": HOSTILE}],
        **({"GlobalSecondaryIndexes": [built]} if index else {}),
    )
    if name == "sessions":
        on = {"Enabled": True, "AttributeName": "expires"}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=on)


@dataclass(frozen=True)
class Fleet:
    """30 tables in five regions, four kinds of drift, and a region that does not answer."""

    ansible: Ansible
    inventory: Path
    file: Path

    def report(self, *arguments: str) -> Finished:
        return self.ansible.playbook("report", "-i", str(self.inventory), "-e", f"file={self.file}", *arguments)


@pytest.fixture(scope="session")
def fleet(emulator: Target, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    folder = tmp_path_factory.mktemp("report")
    for host, region in REGIONS.items():
        client = replace(emulator, region=region).client()
        for name in NAMES:
            if (host, name) == ("tokyo", "consents"):
                make(client, "forgotten")
                continue
            index, protected = (host, name) != ("mumbai", "orders"), (host, name) != ("ireland", "customers")
            make(client, name, index=index, protected=protected)
    client.put_item(TableName="orders", Item={"id": {"S": "SECRET-ITEM"}, "placed_at": {"N": "1"}})
    hosts = {host: {"dynamodb_region": region} for host, region in REGIONS.items()}
    hosts["frankfurt"] = {"dynamodb_region": "eu-central-1", "dynamodb_endpoint": DEAD}
    connection = {
        "dynamodb_endpoint": emulator.url,
        "dynamodb_access_key": ACCESS_KEY,
        "dynamodb_secret_key": SECRET_KEY,
        "tables_definitions": [definition(name) for name in NAMES],
    }
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": connection}}), encoding="utf-8")
    return Fleet(Ansible(emulator, folder), inventory, folder / "report.html")


@pytest.fixture(scope="session")
def written(fleet: Fleet) -> Finished:
    """The first run."""
    return fleet.report()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or one that CHROMIUM names."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        missing = "no chromium: apt-get install chromium, or name one in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, written: Finished, fleet: Fleet) -> Iterator[Page]:
    """The page; what the console complains of, and what is asked of a network, fails the test."""
    assert fleet.file.exists(), written.output
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(fleet.file.as_uri())
    yield page
    context.close()
    assert said == []
