# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Where only the collection's own requirements are installed, the emulator is not to be had and has nothing to test.
pytest.importorskip("moto.moto_server.werkzeug_app")

REGION = "ap-south-1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Makes clients of a moto with the corrections, which are taken back afterwards."""
    import boto3
    from moto import mock_aws

    from scripts.emulator import corrections

    corrections.apply(partial(monkeypatch.setattr, raising=False))
    for name, value in (("ACCESS_KEY_ID", "AKIAEMULATOREXAMPLE0"), ("SECRET_ACCESS_KEY", "emulator-only")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION)
