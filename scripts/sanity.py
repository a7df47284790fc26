# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `ansible-test sanity` on this checkout, wherever it lies; arguments are passed on.

ansible-test works only in a folder .../ansible_collections/auditflow/dynamodb with amazon.aws beside it, and silently
skips everything when that folder is ignored by a git repository around it: so it gets a copy in a temporary folder.
What it installs for itself is kept in .cache, which takes a second run from minutes to seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import ansible_collections.amazon.aws as amazon_aws
from ansible_test._internal.python_requirements import get_venv_packages

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".cache" / "ansible-test"
PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

# ansible-test creates its environments without pip and runs a script that it downloads from a server of its own. In the
# cache, under the name that it looks for, this one does the same from ensurepip and the package index. ensurepip needs
# a process of its own: it points pip at an empty configuration for the rest of the process.
GET_PIP = """\
import subprocess
import sys

requirements = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
subprocess.check_call([*pip, *requirements])
"""


def copy_checkout(target: Path) -> None:
    """Copies what git tracks or would track, uncommitted changes included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        sys.exit(f"sanity: this needs a git checkout with git installed: {listed.stderr.strip()}")
    for name in filter(None, listed.stdout.split("\0")):
        source, copy = ROOT / name, target / name
        if not source.is_symlink() and not source.is_file():
            continue  # deleted, and not yet committed
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy, follow_symlinks=False)


def prepare_home() -> None:
    pip_version = get_venv_packages(SimpleNamespace(version=PYTHON_VERSION))["pip"]
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{pip_version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")
    # A package index set for the user must hold in the relocated home as well.
    for name in (".pip", ".config/pip"):
        theirs, ours = Path.home() / name, HOME / name
        if theirs.is_dir() and not ours.is_symlink():
            ours.parent.mkdir(parents=True, exist_ok=True)
            ours.symlink_to(theirs, target_is_directory=True)


def run_sanity(collection: Path, arguments: list[str]) -> int:
    command = [str(Path(sys.executable).parent / "ansible-test"), "sanity", "--local", "--python", PYTHON_VERSION]
    if sys.stdout.isatty():
        command += ["--color", "yes"]
    environment = {**os.environ, "HOME": str(HOME), "LC_ALL": "C.UTF-8"}
    tests = 0
    with subprocess.Popen(
        [*command, *arguments],
        cwd=collection,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            tests += "Running sanity test " in line
            if "All targets skipped" in line:
                tests = 0
                break
        process.stdout.read()
    if process.returncode:
        return process.returncode
    if not tests:
        print(f"sanity: ansible-test tested nothing in {collection}", file=sys.stderr)
        return 1
    print(f"sanity: {tests} tests passed")
    return 0


def main() -> int:
    prepare_home()
    with tempfile.TemporaryDirectory(prefix="auditflow-sanity-") as folder:
        collections = Path(folder).resolve() / "ansible_collections"
        collection = collections / "auditflow" / "dynamodb"
        copy_checkout(collection)
        (collections / "amazon").mkdir()
        shutil.copytree(next(iter(amazon_aws.__path__)), collections / "amazon" / "aws")
        return run_sanity(collection, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
