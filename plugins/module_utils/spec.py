# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TableSpec: what the user declares of one table, parsed and checked offline. Pure.

Every mistake of a definition is told at once, each with its path and what is allowed, before AWS is asked anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .access_pattern import AccessPattern
from .access_patterns import ACCESS_PATTERN_OPTIONS, parse_access_patterns
from .arguments import DefinitionError, Options, Problems, check_options
from .settings import SETTINGS
from .settings.global_indexes import GlobalIndexes
from .settings.schema import attribute_types, check_name

NAME_OPTION: Options = {"name": {"type": "str", "required": True}}
DOCUMENTATION_OPTIONS: Options = {
    "description": {"type": "str"},
    "access_patterns": {"type": "list", "elements": "dict", "options": ACCESS_PATTERN_OPTIONS},
}


def definition_options() -> dict[str, Any]:
    """The options of one definition, as an Ansible argument spec: the name, those of every setting, documentation."""
    options: dict[str, Any] = dict(NAME_OPTION)
    for setting in SETTINGS.values():
        options.update(setting.options)
    return {**options, **DOCUMENTATION_OPTIONS}


@dataclass(frozen=True)
class TableSpec:
    """What is wanted of one table.

    name: the table's name.
    wanted: the wanted value of each managed setting, by setting name. A setting that is not here is neither read nor
    touched.
    attribute_types: attribute name to type, for every attribute that was declared.
    allow_index_rebuild: whether an index may be deleted and created again where it cannot be changed in place.
    access_patterns: the queries that the application makes. They are documentation: nothing is changed by them.
    """

    name: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    attribute_types: Mapping[str, str] = field(default_factory=dict)
    allow_index_rebuild: bool = False
    access_patterns: tuple[AccessPattern, ...] = ()

    @property
    def creatable(self) -> bool:
        """Whether enough is known to create the table."""
        return "keys" in self.wanted

    @property
    def needs_description(self) -> bool:
        """Whether DescribeTable is needed: not for a setting of an existing table that has a read of its own."""
        return any(not SETTINGS[name].read or SETTINGS[name].needs_arn for name in self.wanted)

    @property
    def key_schema(self) -> list[dict[str, str]]:
        """KeySchema of the table."""
        return SETTINGS["keys"].create(self.wanted["keys"], self)["KeySchema"]

    @property
    def key_attributes(self) -> set[str]:
        """The attributes that CreateTable must define: those of the table's key and of its indexes' keys."""
        names = set(self.wanted["keys"].names)
        for index in self.wanted.get("local_indexes", ()):
            names.add(index.sort_key)
        indexes = self.wanted.get("global_indexes")
        for index in indexes.indexes if indexes else ():
            names.update(index.partition, index.sort)
        return names

    def only(self, settings: Collection[str]) -> TableSpec:
        """The same table with only these settings managed."""
        return replace(self, wanted={name: value for name, value in self.wanted.items() if name in settings})


def parse_table(definition: Any) -> TableSpec:
    """One table's definition.

    Raises DefinitionError with every mistake.
    """
    problems = Problems()
    spec = _parse(definition, "", problems)
    if problems.found:
        raise DefinitionError(problems.found)
    return spec


def parse_tables(definitions: Any) -> tuple[TableSpec, ...]:
    """A list of definitions, each with a name of its own.

    Raises DefinitionError with every mistake of all of them.
    """
    problems = Problems()
    if not _is_list(definitions):
        raise DefinitionError([f"tables: must be a list of definitions, not {type(definitions).__name__}"])
    specs = [_parse(definition, f"tables[{position}]", problems) for position, definition in enumerate(definitions)]
    _check_names_differ([spec.name for spec in specs], problems)
    if problems.found:
        raise DefinitionError(problems.found)
    return tuple(specs)


def parse_names(definitions: Any) -> tuple[str, ...]:
    """The names of tables to delete: nothing but the name of a definition matters then.

    Raises DefinitionError with every mistake.
    """
    problems = Problems()
    if not _is_list(definitions):
        raise DefinitionError([f"tables: must be a list of definitions, not {type(definitions).__name__}"])
    names = []
    for position, definition in enumerate(definitions):
        path = f"tables[{position}]"
        named = {"name": definition.get("name")} if isinstance(definition, Mapping) else definition
        name = check_options(named, NAME_OPTION, path, problems).get("name", "")
        if name:
            check_name(name, f"{path}.name", problems)
        names.append(name)
    _check_names_differ(names, problems)
    if problems.found:
        raise DefinitionError(problems.found)
    return tuple(names)


def parse_index(table: str, index: Mapping[str, Any], shared: Mapping[str, Any]) -> TableSpec:
    """One global index of a table of which nothing else is managed.

    index: an entry of C(global_indexes). shared: C(attributes) and C(allow_index_rebuild).
    Raises DefinitionError with every mistake, its path that of an option of the C(gsi) module.
    """
    try:
        spec = parse_table({"name": table, "global_indexes": [index], **shared})
    except DefinitionError as error:
        raise DefinitionError(map(_index_problem, error.problems)) from error
    return replace(spec, wanted={"global_indexes": replace(spec.wanted["global_indexes"], whole=False)})


def parse_no_index(table: str, index: str) -> TableSpec:
    """A table that shall not have this global index.

    Raises DefinitionError with every mistake.
    """
    problems = Problems()
    check_name(table, "table", problems)
    check_name(index, "name", problems)
    if problems.found:
        raise DefinitionError(problems.found)
    spec = parse_table({"name": table})
    return replace(spec, wanted={"global_indexes": GlobalIndexes(unwanted=(index,), whole=False)})


def _index_problem(problem: str) -> str:
    """A problem of a table with one index, its path that of an option of the C(gsi) module."""
    if problem.startswith("name: "):
        return f"table{problem.removeprefix('name')}"
    return problem.removeprefix("global_indexes[0]").lstrip(".: ")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _check_names_differ(names: Sequence[str], problems: Problems) -> None:
    for position, name in enumerate(names):
        if name and name in names[:position]:
            problems.add(f"tables[{position}].name", f"'{name}' is the name of tables[{names.index(name)}] too")


def _parse(definition: Any, path: str, problems: Problems) -> TableSpec:
    mine = Problems()
    arguments = check_options(definition, definition_options(), "", mine)
    name = arguments.get("name", "")
    if name:
        check_name(name, "name", mine)
    wanted = {}
    for setting in SETTINGS.values():
        value = setting.parse(arguments, mine)
        if value is not None:
            wanted[setting.name] = value
    types = attribute_types(arguments)
    _check_together(arguments, types, mine)
    patterns = parse_access_patterns(arguments, mine)
    for problem in mine.found:
        separator = "" if not path else "." if isinstance(definition, Mapping) else ": "
        problems.found.append(f"{path}{separator}{problem}")
    return TableSpec(name, wanted, types, arguments.get("allow_index_rebuild", False), patterns)


def _check_together(arguments: Mapping[str, Any], types: Mapping[str, str], problems: Problems) -> None:
    """Rules between settings."""
    attribute = (arguments.get("ttl") or {}).get("attribute", "")
    if attribute in types and types[attribute] != "N":
        problems.add("ttl.attribute", f"'{attribute}' is {types[attribute]} in 'attributes'; TTL reads only N")
