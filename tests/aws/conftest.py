# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from types import SimpleNamespace

import botocore.endpoint
import pytest

from tests.aws.cloud import Cloud, current


@pytest.fixture(autouse=True)
def _botocore_sleeps_virtually(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits between its own attempts."""

    def sleep(seconds: float) -> None:
        current().time.sleep(seconds)

    virtual = SimpleNamespace(time=time.time, sleep=sleep)
    monkeypatch.setattr(botocore.endpoint, "time", virtual)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()
