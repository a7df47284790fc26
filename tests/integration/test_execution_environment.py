# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""execution-environment.yml: what ansible-builder makes of it, and the steps of the build that need no container."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.integration.harness import BIN, ROOT

VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
ARCHIVE = f"auditflow-dynamodb-{VERSION}.tar.gz"


def run(*command: str, cwd: Path) -> None:
    # amazon.aws comes from a Galaxy server in a real build, and lies beside Ansible here.
    environment = {**os.environ, "ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9", "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context, made as the page says, from a copy: nothing is written into the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    run("ansible-galaxy", "collection", "build", "--output-path", str(folder / "dist"), str(ROOT), cwd=folder)
    for name in ("execution-environment.yml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    made = folder / "context"
    run("ansible-builder", "create", "--output-filename", "Containerfile", "--context", str(made), cwd=folder)
    return made


def test_the_image_has_the_collection_and_what_it_needs(context: Path) -> None:
    assert (context / "_build" / "collections" / ARCHIVE).stat().st_size > 0
    built = (context / "Containerfile").read_text(encoding="utf-8")
    assert 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.19,<2.22 ansible-runner' in built
    assert 'ARG PYCMD="/usr/bin/python3.12"' in built
    asked = (context / "_build" / "requirements.txt").read_text(encoding="utf-8")
    assert asked == (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_collection_is_installed_from_the_context_and_names_its_libraries(context: Path, tmp_path: Path) -> None:
    """The galaxy stage, and what the builder stage reads out of it."""
    build, installed = context / "_build", tmp_path / "collections"
    install = ["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "--force", "-r", "requirements.yml"]
    run(*install, "-p", str(installed), cwd=build)
    assert (installed / "ansible_collections/auditflow/dynamodb/playbooks/provision.yml").exists()

    read = [sys.executable, str(build / "scripts/introspect.py"), "introspect", str(tmp_path / "collections")]
    run(*read, f"--write-pip={tmp_path / 'found.txt'}", cwd=build)
    found = (tmp_path / "found.txt").read_text(encoding="utf-8")
    assert "boto3>=1.36" in found
    assert "auditflow.dynamodb" in found


def test_what_the_collection_says_of_itself_fits_the_image() -> None:
    own = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text(encoding="utf-8"))["dependencies"]
    image = yaml.safe_load((ROOT / "execution-environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert image["ansible_core"]["package_pip"].startswith(own["ansible_core"]["package_pip"])
    assert image["python"] == own["python"]
