# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the alternatives need, in virtual environments of their own: the AWS CLI does not go with the locked boto3."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
CLI = CACHE / "awscli"
COMMUNITY = CACHE / "community"
COLLECTIONS_LOCK = ROOT / "requirements-collections.lock"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


class SetupError(Exception):
    """An environment cannot be made; the text says which command failed."""


def ensure() -> None:
    """Make the environments that are not there yet, or that were made of other versions."""
    own_aws = [f"{name}=={version(name)}" for name in ("boto3", "botocore")]
    core = f"ansible-core=={version('ansible-core')}"
    _ensure(CLI, ["awscli<2"], ())
    _ensure(COMMUNITY, [core, *own_aws], ("amazon/aws", "community/aws"))


def versions() -> dict[str, str]:
    """What is measured, by name."""
    found = {name: version(name) for name in ("ansible-core", "boto3", "moto")}
    listed = _answer(
        [str(CLI / "bin/python"), "-c", "from importlib.metadata import version; print(version('awscli'))"]
    )
    manifest = next(COMMUNITY.glob("lib/*/site-packages/ansible_collections/community/aws/MANIFEST.json"))
    text = manifest.read_text(encoding="utf-8")
    return {**found, "awscli": listed.strip(), "community.aws": text.partition('"version": "')[2].partition('"')[0]}


def _ensure(folder: Path, packages: list[str], collections: tuple[str, ...]) -> None:
    stamp = folder / "made-of.txt"
    wanted = "\n".join([sys.version, *packages, *collections, COLLECTIONS_LOCK.read_text(encoding="utf-8")])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"bench: making {folder.relative_to(ROOT)} ({', '.join(packages)})", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    python = str(folder / "bin/python")
    _run([python, *PIP, "install", *packages])
    if collections:
        _unpack(python, next(folder.glob("lib/*/site-packages")), collections)
    stamp.write_text(wanted, encoding="utf-8")


def _unpack(python: str, target: Path, collections: tuple[str, ...]) -> None:
    """Unpack collections out of PyPI's ansible package, as scripts/venv.py does."""
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        wanted = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", folder]
        _run([python, *PIP, "download", *wanted, "-r", str(COLLECTIONS_LOCK)])
        prefixes = tuple(f"ansible_collections/{collection}/" for collection in collections)
        with zipfile.ZipFile(next(Path(folder).glob("ansible-*.whl"))) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(prefixes)])
    # Nobody measures how long Python compiles what it has never imported.
    _run([python, "-m", "compileall", "-q", str(target / "ansible_collections")])


def _run(command: list[str]) -> None:
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SetupError(f"this failed: {' '.join(command)}")


def _answer(command: list[str]) -> str:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
