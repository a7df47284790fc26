# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes policies/*.json and the tables of docs/permissions.md from the one list in the code, or others for your own.

scripts/policies.py                   write them
scripts/policies.py --check           say whether they are up to date
scripts/policies.py --to DIR --account 444455556666 --tables 'Orders-*' ...   policies for other tables
scripts/policies.py --to DIR --playbooks backup,export ...   one policy, playbooks.json, of what these need
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.auditflow.dynamodb.plugins.module_utils import permissions
from ansible_collections.auditflow.dynamodb.plugins.module_utils.iam import Permissions, Place, Scope
from ansible_collections.auditflow.dynamodb.plugins.module_utils.policies import (
    POLICIES,
    TOGETHER,
    USED_FOR,
    Resources,
    of_playbooks,
    policy,
)
from ansible_collections.auditflow.dynamodb.plugins.module_utils.runbook_permissions import INVENTORY, RUNBOOKS, TABLES
from ansible_collections.auditflow.dynamodb.plugins.module_utils.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "permissions.md"
BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ON = {
    Scope.TABLE: "the table",
    Scope.INDEX: "its indexes",
    Scope.BACKUP: "its backups",
    Scope.EXPORT: "its exports",
    Scope.IMPORT: "its imports",
    Scope.BUCKET: "the bucket",
    Scope.OBJECT: "its objects",
    Scope.LOGS: "the logs of imports",
    Scope.KEY: "the customer key",
    Scope.ALIAS: "its alias",
    Scope.ALARM: "its alarms",
    Scope.DASHBOARD: "the dashboard",
    Scope.TOPIC: "the topic",
    Scope.POLICY: "policies of those who use it",
    Scope.ROLE: "their roles",
    Scope.CALLER: "the calling user or role",
    Scope.ANY: "`*`",
}


def main() -> None:
    default = Resources()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is not up to date")
    parser.add_argument("--to", type=Path, help="a folder for the policies; docs/permissions.md is left alone")
    parser.add_argument("--playbooks", help="one policy of these, separated by commas")
    parser.add_argument("--partition", default=default.place.partition)
    parser.add_argument("--region", default=default.place.region)
    parser.add_argument("--account", default=default.place.account)
    parser.add_argument("--tables", default=default.tables, help="pattern of the tables' names")
    parser.add_argument("--alias", default=default.alias, help="alias of the customer key")
    parser.add_argument("--bucket", default=default.bucket, help="pattern of the names of buckets")
    parser.add_argument("--callers", default=default.callers, help="pattern of the names of the users and roles")
    parser.add_argument("--topics", default=default.topics, help="pattern of the names of SNS topics")
    parser.add_argument("--roles", default=default.roles, help="pattern of the names of the roles that use the tables")
    given = parser.parse_args()
    if given.playbooks and not given.to:
        parser.error("--playbooks needs --to")
    place = Place(given.partition, given.region, given.account)
    resources = Resources(place, given.tables, given.alias, given.bucket, given.callers, given.topics, given.roles)
    wanted = {"playbooks": of_playbooks(*given.playbooks.split(","))} if given.playbooks else POLICIES
    files = policies(given.to or ROOT / "policies", resources, wanted)
    if not given.to:
        files[DOCS] = documentation(DOCS.read_text(encoding="utf-8"))
    if given.check:
        sys.exit("\n".join(differences(files)) or 0)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def policies(folder: Path, resources: Resources, wanted: Mapping[str, Permissions] = POLICIES) -> dict[Path, str]:
    """Each policy file and its text. wanted: the policies by name."""
    return {
        folder / f"{name}.json": json.dumps(policy(needed, resources), indent=2) + "\n"
        for name, needed in wanted.items()
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
    tables = {"settings": _settings(), "others": _others(), "playbooks": _playbooks(), "runbooks": _runbooks()}
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
    yield f"| action | on | {' | '.join(TABLES)} |"
    yield "| --- | --- |" + " --- |" * len(TABLES)
    every = permissions.join(*TABLES.values())
    for each in sorted(every, key=lambda permission: (permission.action, permission.scope.value, permission.via)):
        on = ON[each.scope] + (" through DynamoDB" if each.via else "")
        marks = ("x" if each in needed else "" for needed in TABLES.values())
        yield f"| `{each.action}` | {on} | {' | '.join(marks)} |"


def _runbooks() -> Iterable[str]:
    yield "| playbook | permissions | policies |"
    yield "| --- | --- | --- |"
    for name, needed in {**RUNBOOKS, "the inventory plugin": INVENTORY}.items():
        holders = [f"{policy}.json" for policy, names in USED_FOR.items() if name in names]
        holders += [" with ".join(f"{policy}.json" for policy in TOGETHER.get(name, ()))] if name in TOGETHER else []
        shown = f"`{name}`" if name in RUNBOOKS else name
        yield f"| {shown} | {_least_words(needed)} | {', '.join(holders or ['auditor.json'])} |"


def _least_words(needed: Permissions) -> str:
    """The permissions by what they are on; what C(provision) or C(plan) need, or the customer key, in one word."""
    told: list[str] = []
    key = permissions.least(permissions.KEY_READ, permissions.KEY_WRITE, SETTINGS["encryption"].write_actions)
    groups = {f"all of `{name}`": TABLES[name] for name in ("provision", "plan")} | {"making the customer key": key}
    for name, group in groups.items():
        own = [each for each in group if each in needed]
        if len(own) == len(group):
            told.append(name)
            needed = tuple(each for each in needed if each not in group)
    for scope, on in ON.items():
        actions = [f"`{each.action}`" for each in needed if each.scope is scope and not each.via]
        told += [f"on {on}: {', '.join(actions)}"] if actions else []
    through = [f"`{each.action}`" for each in needed if each.via]
    told += [f"on the customer key through DynamoDB: {', '.join(through)}"] if through else []
    return "; ".join(told) or "none: AWS is not asked anything"


def _actions(needed: Permissions) -> str:
    plain = list(dict.fromkeys(f"`{each.action}`" for each in needed if not each.via))
    through = [f"`{each.action}`" for each in needed if each.via]
    shown = [", ".join(plain)] if plain else []
    if through:
        shown.append(f"with a customer key, through DynamoDB: {', '.join(through)}")
    return "; ".join(shown) or "never changes"


if __name__ == "__main__":
    main()
