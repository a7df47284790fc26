# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on very many items: DynamoDB Local, which keeps its speed with 100,000 of them, and runs that can be killed.

moto walks through the whole table for each page of a segment; with 100,000 items that is seconds a page.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.bulk.dynamodb_local import dynamodb_local
from tests.bulk.runs import Bulk
from tests.integration.harness import ACCESS_KEY, DEFAULT_REGION, SECRET_KEY, Target

ITEMS = int(os.environ.get("BULK_ITEMS") or 100_000)


@pytest.fixture(scope="session")
def items() -> int:
    """How many."""
    return ITEMS


@pytest.fixture
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """DynamoDB Local on the loopback address, in memory.

    Each test has its own: with the stream of an earlier table in it, every write to another table that has a stream
    reads all the earlier one's changes.
    """
    with dynamodb_local(tmp_path_factory.mktemp("dynamodb")) as server:
        yield server.target


@pytest.fixture
def client(dynamodb: Target) -> Any:
    return client_of(dynamodb, "dynamodb")


@pytest.fixture
def streams(dynamodb: Target) -> Any:
    return client_of(dynamodb, "dynamodbstreams")


def client_of(target: Target, service: str) -> Any:
    """Each its own: a test and its live writer work at the same time."""
    return boto3.client(
        service,
        region_name=DEFAULT_REGION,
        endpoint_url=target.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(max_pool_connections=20, retries={"mode": "standard", "total_max_attempts": 3}),
    )


@pytest.fixture
def bulk_of(tmp_path: Path) -> Callable[[Target], Bulk]:
    return lambda target: Bulk(target, tmp_path)


@pytest.fixture
def bulk(dynamodb: Target, bulk_of: Callable[[Target], Bulk]) -> Bulk:
    """Runs against DynamoDB Local, which has no STS."""
    return bulk_of(dynamodb)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Tells how long a part took."""

    def tell(**told: Any) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {json.dumps(told)}", flush=True)

    return tell
