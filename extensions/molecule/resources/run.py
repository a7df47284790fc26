# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario runs against: the emulator at AWS_ENDPOINT_URL, or one started for this run.

run.py create     find or start it, and write run.json into molecule's folder for this scenario
run.py destroy    stop what create started; safe when there is nothing
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = {"embedded": "scripts/emulator/control.py", "localstack": "scripts/localstack/control.py"}
ANSWER_SECONDS = 10.0


def main() -> int:
    folder = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
    return create(folder) if sys.argv[1:] == ["create"] else destroy(folder)


def create(folder: Path) -> int:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint:
        endpoint, failure = _start(folder)
        if failure:
            return failure
    emulator, log = _who_answers(endpoint)
    run = {
        "endpoint": endpoint,
        "emulator": emulator,
        "log": log,
        # LocalStack remembers TTL and PITR of a deleted table for the next one of its name: names must be fresh.
        "suffix": secrets.token_hex(3),
        "since": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    (folder / "run.json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    print(f"{emulator} at {endpoint}")
    return 0


def destroy(folder: Path) -> int:
    (folder / "run.json").unlink(missing_ok=True)
    started = [name for name in SCRIPTS if (folder / name).exists()]
    return max((_control(name, "stop", folder) for name in started), default=0)


def _start(folder: Path) -> tuple[str, int]:
    name = os.environ.get("EMULATOR") or "embedded"
    if name not in SCRIPTS:
        print(f"EMULATOR is {name!r}; it must be one of {', '.join(SCRIPTS)}", file=sys.stderr)
        return "", 1
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return f"http://127.0.0.1:{port}", _control(name, "start", folder, "--port", str(port))


def _control(name: str, command: str, folder: Path, *options: str) -> int:
    script = [sys.executable, str(ROOT / SCRIPTS[name]), command, "--state-dir", str(folder / name), *options]
    return subprocess.run(script, stdin=subprocess.DEVNULL, check=False).returncode


def _who_answers(endpoint: str) -> tuple[str, str]:
    """The emulator's name, and its request log where it has one."""
    identity = _get(f"{endpoint}/_auditflow/emulator")
    if "state_dir" in identity:
        return "embedded", str(Path(identity["state_dir"]) / "requests.log")
    return ("localstack" if "services" in _get(f"{endpoint}/_localstack/health") else "other"), ""


def _get(url: str) -> dict[str, str]:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            body = json.load(answer)
    except (urllib.error.HTTPError, ValueError):
        # Somebody who does not know this address; who is not there at all is an error.
        return {}
    return body if isinstance(body, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
