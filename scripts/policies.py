# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes policies/*.json and the tables of docs/permissions.md from the one list in the code, or others for your own.

scripts/policies.py                   write them
scripts/policies.py --check           say whether they are up to date
scripts/policies.py --to DIR --account 444455556666 --tables 'Orders-*' ...   policies for other tables
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.auditflow.dynamodb.plugins.module_utils import permissions
from ansible_collections.auditflow.dynamodb.plugins.module_utils.iam import Permissions, Place, Scope
from ansible_collections.auditflow.dynamodb.plugins.module_utils.permissions import PLAYBOOKS, POLICIES, Resources
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "permissions.md"
BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ON = {
    Scope.TABLE: "the table",
    Scope.KEY: "the customer key",
    Scope.ALIAS: "its alias",
    Scope.CALLER: "the calling user or role",
    Scope.ANY: "`*`",
}


def main() -> None:
    default = Resources()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is not up to date")
    parser.add_argument("--to", type=Path, help="a folder for the policies; docs/permissions.md is left alone")
    parser.add_argument("--partition", default=default.place.partition)
    parser.add_argument("--region", default=default.place.region)
    parser.add_argument("--account", default=default.place.account)
    parser.add_argument("--tables", default=default.tables, help="pattern of the tables' names")
    parser.add_argument("--alias", default=default.alias, help="alias of the customer key")
    parser.add_argument("--callers", default=default.callers, help="pattern of the names of the users and roles")
    given = parser.parse_args()
    place = Place(given.partition, given.region, given.account)
    files = policies(given.to or ROOT / "policies", Resources(place, given.tables, given.alias, given.callers))
    if not given.to:
        files[DOCS] = documentation(DOCS.read_text(encoding="utf-8"))
    if given.check:
        sys.exit("\n".join(differences(files)) or 0)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def policies(folder: Path, resources: Resources) -> dict[Path, str]:
    """Each policy file and its text."""
    return {
        folder / f"{name}.json": json.dumps(permissions.policy(needed, resources), indent=2) + "\n"
        for name, needed in POLICIES.items()
    }


def differences(files: dict[Path, str]) -> list[str]:
    """Where the files differ from what they should be."""
    lines: list[str] = []
    for path, text in files.items():
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        names = (f"{path.name} as it is", f"{path.name} as `make policies` writes it")
        lines += difflib.unified_diff(found.splitlines(), text.splitlines(), *names, lineterm="", n=1)
    return lines


def documentation(text: str) -> str:
    """The page with its generated tables."""
    tables = {"settings": _settings(), "others": _others(), "playbooks": _playbooks()}
    return BLOCK.sub(
        lambda found: "".join([found[1], *(f"{line}\n" for line in tables[found["name"]]), found[3]]), text
    )


def _settings() -> Iterable[str]:
    yield "| setting | comparing | creating a table with it | changing it on a live table |"
    yield "| --- | --- | --- | --- |"
    for name, setting in SETTINGS.items():
        create = (*permissions.TABLE_CREATE, *setting.create_actions) if setting.on_create else setting.write_actions
        cells = (setting.read_actions, create, setting.write_actions)
        yield f"| `{name}` | {' | '.join(_actions(cell) for cell in cells)} |"


def _others() -> Iterable[str]:
    yield "| for | permissions |"
    yield "| --- | --- |"
    rows: dict[str, Permissions] = {
        "comparing the customer key": permissions.KEY_READ,
        "making it": permissions.KEY_CREATE + permissions.KEY_TAG,
        "its rotation on": permissions.KEY_ROTATE[True],
        "its rotation off": permissions.KEY_ROTATE[False],
        "its tags": permissions.KEY_TAG,
        "enabling it again": permissions.KEY_REPAIR["PendingDeletion"],
        "deleting a table": permissions.TABLE_READ + permissions.TABLE_DELETE,
        "its final backup": permissions.BACKUP,
        "`table_info`": permissions.TABLE_INFO,
        "the check before writing": permissions.PREFLIGHT,
    }
    for name, needed in rows.items():
        yield f"| {name} | {_actions(needed)} |"


def _playbooks() -> Iterable[str]:
    columns = {**PLAYBOOKS, **{f"{name}.json": needed for name, needed in POLICIES.items()}}
    yield f"| action | on | {' | '.join(columns)} |"
    yield "| --- | --- |" + " --- |" * len(columns)
    every = permissions.join(*columns.values())
    for each in sorted(every, key=lambda permission: (permission.action, permission.scope.value, permission.via)):
        on = ON[each.scope] + (" through DynamoDB" if each.via else "")
        marks = ("x" if each in needed else "" for needed in columns.values())
        yield f"| `{each.action}` | {on} | {' | '.join(marks)} |"


def _actions(needed: Permissions) -> str:
    plain = list(dict.fromkeys(f"`{each.action}`" for each in needed if not each.via))
    through = [f"`{each.action}`" for each in needed if each.via]
    shown = [", ".join(plain)] if plain else []
    if through:
        shown.append(f"with a customer key, through DynamoDB: {', '.join(through)}")
    return "; ".join(shown) or "never changes"


if __name__ == "__main__":
    main()
