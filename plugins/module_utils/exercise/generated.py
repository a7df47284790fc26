# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python that C(document.yml) writes: loaded from its file, its functions called."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from ..schema_names import parameter_names
from .evaluation import Typed

NAME = "dynamodb_schemas"
Function = Callable[..., dict[str, Any]]


class GeneratedError(Exception):
    """The generated code is not there, or not that of these definitions."""


def load(path: Path) -> ModuleType:
    """The module of a file. Raises GeneratedError."""
    if not path.is_file():
        raise GeneratedError(f"there is no {path}: document.yml writes it (-e folder= says where)")
    spec = importlib.util.spec_from_file_location(NAME, path)
    if spec is None or spec.loader is None:
        raise GeneratedError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses and typed dictionaries look themselves up there.
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except (ArithmeticError, AttributeError, ImportError, LookupError, NameError, SyntaxError, TypeError) as error:
        raise GeneratedError(f"{path} cannot be imported ({type(error).__name__}): write it anew") from error
    return module


def functions(module: ModuleType, table: str) -> Mapping[str, Function]:
    """The functions of a table, by the names of its access patterns. Raises GeneratedError."""
    for each in vars(module).values():
        if isinstance(each, type) and getattr(each, "NAME", None) == table:
            found: Mapping[str, Function] = getattr(each, "ACCESS_PATTERNS", {})
            return found
    raise GeneratedError(f"{module.__file__} knows no table {table}: write it anew with document.yml")


def arguments(function: Function, table: str, parameters: Iterable[str], values: Mapping[str, Typed]) -> dict[str, Any]:
    """The arguments of Query that a function gives. parameters: those of its pattern. Raises GeneratedError."""
    plain = {python: _plain(values[name]) for name, python in parameter_names(parameters).items()}
    try:
        return dict(function(**plain, table_name=table))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        name = getattr(function, "__name__", "a function")
        told = f"{name} does not take {', '.join(sorted(plain))}"
        raise GeneratedError(f"{told} ({type(error).__name__}): write the Python anew with document.yml") from error


def _plain(typed: Typed) -> Any:
    ((kind, value),) = typed.items()
    if kind != "N":
        return value
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else number
