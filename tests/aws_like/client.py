# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: a server of one's own on a free port, and its control endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ACCESS_KEY = "AKIAEMULATOREXAMPLE0"
SECRET_KEY = "emulator-only-not-a-real-secret-key-0000"
REGION = "ap-south-1"
STOP_SECONDS = 10
ANSWER_SECONDS = 30


class AwsLikeError(Exception):
    """The server did not start, or the control endpoint refused; the text says why."""


class AwsLike:
    """`with AwsLike(profile="slow", time_scale=0.01) as aws: ...`; options are those of the command line."""

    def __init__(self, *, region: str = REGION, **options: Any) -> None:
        self.region = region
        self.url = ""
        self.pid = 0
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> AwsLike:
        command = [sys.executable, "-m", "tests.aws_like", "--end-with-stdin", *_arguments(self._options)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AwsLikeError(f"the server ended at once (exit code {self.stop()})")
        ready = json.loads(line)
        self.url, self.pid = ready["url"], ready["pid"]
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """End the server; its exit code."""
        process = self._process
        assert process is not None
        # It ends when its standard input does.
        if process.stdin:
            process.stdin.close()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait(STOP_SECONDS)
        if process.stdout:
            process.stdout.close()
        return code

    def environment(self) -> dict[str, str]:
        """What a program needs to use this server instead of AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }

    def client(self, service: str = "dynamodb", **options: Any) -> Any:
        """A boto3 client that tries everything once."""
        import boto3
        from botocore.config import Config

        defaults = {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": ACCESS_KEY,
            "aws_secret_access_key": SECRET_KEY,
            "config": Config(retries={"total_max_attempts": 1}),
        }
        return boto3.client(service, **{**defaults, **options})

    def calls(self, operation: str | None = None, table: str | None = None) -> list[dict[str, Any]]:
        """Every call so far, oldest first."""
        every = self._ask("GET", "calls")
        return [each for each in every if operation in (None, each["operation"]) and table in (None, each["table"])]

    def writes(self, table: str | None = None) -> list[dict[str, Any]]:
        """The calls that may have changed something, refused ones too."""
        return [each for each in self.calls(table=table) if each["write"]]

    def forget_calls(self) -> None:
        self._ask("DELETE", "calls")

    def advance(self, seconds: float) -> float:
        """Move the server's clock; its time then."""
        now: float = self._ask("POST", "clock", {"advance": seconds})["now"]
        return now

    def settle(self) -> float:
        """Move the server's clock until nothing is going on any more."""
        now: float = self._ask("POST", "clock", {"settle": True})["now"]
        return now

    def state(self, table: str) -> dict[str, Any]:
        shown: dict[str, Any] = self._ask("GET", f"tables/{table}?region={self.region}")
        return shown

    def set_state(self, table: str, **state: Any) -> dict[str, Any]:
        """set_state("orders", status="UPDATING", reason="billing", seconds=30); spend=["ttl"]; ttl="ENABLING"."""
        shown: dict[str, Any] = self._ask("POST", f"tables/{table}", {"region": self.region, **state})
        return shown

    def change_settings(self, **settings: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self._ask("POST", "settings", settings)
        return shown

    def fault(self, **fault: Any) -> None:
        """fault(operation="UpdateTable", code="ThrottlingException", status=400, times=2, when="after")."""
        self._ask("POST", "faults", fault)

    def forget_faults(self) -> None:
        self._ask("DELETE", "faults")

    def reset(self) -> None:
        """No tables, no backups, no calls, no faults; clock and settings stay."""
        self._ask("POST", "reset", {})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_aws_like/{path}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise AwsLikeError(json.load(error)["error"]) from error


def _arguments(options: dict[str, Any]) -> list[str]:
    arguments: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            arguments += [flag] if value else []
        elif value is not None:
            arguments += [flag, str(value)]
    return arguments


def _environment() -> dict[str, str]:
    """Nothing of the caller's AWS settings reaches moto."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
