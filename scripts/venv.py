# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds or refreshes the checkout's virtual environment from the locked requirements.

    python3 scripts/venv.py          what the playbooks and the embedded emulator need
    python3 scripts/venv.py --dev    what `make test` needs as well

Three things end up in it: the locked packages, the collection amazon.aws out of PyPI's `ansible` package, and a link
to this checkout as ansible_collections/auditflow/dynamodb. Each is stamped with a digest of what it was made from, so
that a second run has nothing to do.

Runs on any Python 3.7+ up to the version check, to be able to say which Python is wanted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "auditflow-stamp.json"
OLDEST_PYTHON = (3, 11)
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
COLLECTIONS_LOCK = ROOT / "requirements-collections.lock"


class SetupError(Exception):
    """The environment cannot be built; the message tells the user why and what to do."""


def log(message: str) -> None:
    print(f"venv: {message}", flush=True)


def run(command: list[str], failure: str) -> None:
    result = subprocess.run(command, check=False)
    if result.returncode:
        raise SetupError(f"{failure} (exit code {result.returncode} of: {' '.join(command)})")


def digest(*paths: Path) -> str:
    sha = hashlib.sha256()
    for path in paths:
        sha.update(path.read_bytes())
    return sha.hexdigest()


def read_stamps() -> dict[str, str]:
    try:
        stamps = json.loads(STAMP.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def write_stamps(stamps: dict[str, str]) -> None:
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(json.dumps(stamps, indent=2) + "\n", encoding="utf-8")
    temporary.replace(STAMP)


def interpreter_identity() -> str:
    """Scripts in the environment hold its absolute path, packages the version: either one changed means a new one."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]} at {VENV}"


def venv_runs() -> bool:
    try:
        return subprocess.run([str(VENV_PYTHON), "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def create_venv(uv: str | None) -> None:
    if VENV.exists():
        shutil.rmtree(VENV)
    log(f"creating .venv with Python {sys.version.split()[0]} ({sys.executable})")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        if uv:
            run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(VENV)], "uv could not create .venv")
            return
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{sys.executable} comes without the module '{error.name}'. Install it "
            f"(Debian, Ubuntu: apt-get install python{version}-venv) or put uv on PATH, and run make again."
        ) from error
    run([sys.executable, "-m", "venv", str(VENV)], "python -m venv failed")


def install_packages(lock: Path, uv: str | None) -> None:
    if uv:
        log(f"installing {lock.name} with uv")
        command = [uv, "pip", "install", "--quiet", "--python", str(VENV_PYTHON)]
    else:
        log(f"installing {lock.name} with pip (a minute or two without a cache)")
        # Most of the bytecode that pip would compile here is never imported.
        command = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    run([*command, "--require-hashes", "-r", str(lock)], f"{lock.name} could not be installed")


def site_packages() -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return VENV / "lib" / version / "site-packages"


def unpack_amazon_aws() -> None:
    target = site_packages() / "ansible_collections" / "amazon" / "aws"
    log("unpacking amazon.aws out of PyPI's ansible package (about 50 MB)")
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        pip = [str(VENV_PYTHON), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip += ["--only-binary", ":all:", "--require-hashes", "--dest", folder, "-r", str(COLLECTIONS_LOCK)]
        run(pip, "PyPI's ansible package could not be downloaded")
        wheel = next(Path(folder).glob("ansible-*.whl"))
        prefix = "ansible_collections/amazon/aws/"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(prefix)])
        unpacked = Path(folder) / prefix
        if not (unpacked / "MANIFEST.json").is_file():
            raise SetupError(f"{wheel.name} holds no collection amazon.aws")
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        unpacked.replace(target)


def link_checkout() -> None:
    link = site_packages() / "ansible_collections" / "auditflow" / "dynamodb"
    if link.is_symlink() and os.readlink(link) == str(ROOT):
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(ROOT, target_is_directory=True)


def ensure(dev: bool) -> None:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(
            f"Python {wanted} or newer is needed; {sys.executable} is {sys.version.split()[0]}. "
            "Name another one: make venv PYTHON=/path/to/python3.13"
        )
    uv = shutil.which("uv")
    stamps = read_stamps()
    identity = interpreter_identity()
    if stamps.get("interpreter") != identity or not venv_runs():
        create_venv(uv)
        stamps = {"interpreter": identity}
        write_stamps(stamps)

    runtime, full = digest(RUNTIME_LOCK), digest(RUNTIME_LOCK, DEV_LOCK)
    if dev and stamps.get("dev") != full:
        # The development lock holds everything of the other one, at the same versions.
        install_packages(DEV_LOCK, uv)
        stamps.update(runtime=runtime, dev=full)
        write_stamps(stamps)
    elif stamps.get("runtime") != runtime:
        install_packages(RUNTIME_LOCK, uv)
        stamps["runtime"] = runtime
        write_stamps(stamps)

    collections = digest(COLLECTIONS_LOCK)
    if stamps.get("collections") != collections:
        unpack_amazon_aws()
        stamps["collections"] = collections
        write_stamps(stamps)
    link_checkout()


def main() -> int:
    parser = argparse.ArgumentParser(description="Build or refresh .venv from the locked requirements.")
    parser.add_argument("--dev", action="store_true", help="install what the tests and linters need as well")
    arguments = parser.parse_args()
    try:
        ensure(arguments.dev)
    except SetupError as error:
        print(f"venv: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
