# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Python keep the bytecode of what modules share, as it does of all else.

Ansible's own loader of collections compiles every file anew in every run; that was a twentieth of a run that finds
nothing to do.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

# Files that are imported and no more. Where Ansible looks for plugins, and in packages, its own loader knows more.
FOLDERS = (
    "ansible_collections.amazon.aws.plugins.module_utils.",
    "ansible_collections.auditflow.dynamodb.plugins.module_utils.",
    "ansible_collections.auditflow.dynamodb.plugins.modules.",
)


class BytecodeFinder(MetaPathFinder):
    """Finds them as Python finds files in any folder; leaves what it does not find to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load a module."""
        if not fullname.startswith(FOLDERS):
            return None
        found = (_folder(folder).find_spec(fullname) for folder in path or ())
        return next((spec for spec in found if spec and spec.loader), None)


@functools.cache
def _folder(path: str) -> FileFinder:
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))


@contextmanager
def bytecode_kept() -> Iterator[None]:
    """Of what is imported within; the finders of Ansible are as they were afterwards."""
    finder = BytecodeFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
