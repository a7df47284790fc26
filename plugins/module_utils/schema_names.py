# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of tables, patterns, parameters and values as names of Python: what the generated module calls them. Pure."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable

WORD = re.compile(r"[A-Za-z0-9]+")
# What the module may need, in the order in which Python programs list it.
IMPORTED = {
    "collections.abc": ("Callable", "Mapping"),
    "datetime": ("datetime", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "enum": ("Enum",),
    "typing": ("Any", "Final", "TypedDict"),
}
TAKEN = frozenset({"TABLES", *(name for names in IMPORTED.values() for name in names)})
# What a table's class has of its own, and a function beside the parameters of its access pattern.
OWN = frozenset(
    {"NAME", "PARTITION_KEY", "SORT_KEY", "Index", "Item", "ACCESS_PATTERNS", "create_parameters", "expires_at"}
)
OWN_PARAMETERS = frozenset({"table_name"})


def class_names(tables: Iterable[str]) -> list[str]:
    """The classes of tables."""
    return all_distinct(map(class_name, tables), TAKEN)


def function_names(patterns: Iterable[str]) -> dict[str, str]:
    """The functions of a table's access patterns, by their names."""
    return _variables(patterns, OWN)


def parameter_names(parameters: Iterable[str]) -> dict[str, str]:
    """The parameters of an access pattern's function, by their names in the definition and in its order."""
    return _variables(parameters, OWN_PARAMETERS)


def class_name(name: str) -> str:
    """C(AuditFlow-Documents) makes C(AuditFlowDocuments), C(processing_status) C(ProcessingStatus)."""
    words = WORD.findall(name) or ["X"]
    title = "".join(word[0].upper() + word[1:] for word in words)
    return f"The{title}" if title[0].isdigit() else title


def constant_name(name: str) -> str:
    """C(by-state) makes C(BY_STATE)."""
    return _started("_".join(WORD.findall(name) or ["X"]).upper())


def variable_name(name: str) -> str:
    """The name itself, with an underscore behind it where Python keeps it for itself."""
    plain = name if name.isidentifier() else _started("_".join(WORD.findall(name) or ["x"]))
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, numbered where it is taken."""
    numbers = (f"{name}{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbers if each not in taken)


def all_distinct(names: Iterable[str], taken: Collection[str] = ()) -> list[str]:
    """The names, those that are taken or come again numbered."""
    found: list[str] = []
    for name in names:
        found.append(distinct(name, {*taken, *found}))
    return found


def _variables(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    plain = list(names)
    return dict(zip(plain, all_distinct(map(variable_name, plain), taken), strict=True))


def _started(name: str) -> str:
    return f"_{name}" if name[0].isdigit() else name
