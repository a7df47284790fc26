# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetResourcePolicy, PutResourcePolicy, DeleteResourcePolicy."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .budgets import check_cooldown
from .errors import ServiceError, in_use, invalid, throttled
from .readiness import for_policy, for_policy_change
from .table_state import Running, Table
from .world import Body, Call

MOST_BYTES = 20480


@dataclass(frozen=True)
class Document:
    """A policy in the form AWS returns it in, whatever form it was sent in."""

    text: str
    revision: str = ""


def check_document(text: str) -> Document:
    if len(text.encode()) > MOST_BYTES:
        raise invalid(f"Maximum policy size of {MOST_BYTES} bytes exceeded")
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise invalid("Invalid policy document: This policy contains invalid Json") from error
    if not isinstance(parsed, dict) or not parsed.get("Statement"):
        raise invalid("Invalid policy document: Could not parse the policy: Statement is empty!")
    return Document(json.dumps(_canonical(parsed), sort_keys=True, separators=(",", ":")))


def _canonical(value: Any, name: str = "") -> Any:
    """One of a list stands without the list; an account's number is its root user; order in a list means nothing."""
    if name == "Statement":
        return [_canonical(each) for each in (value if isinstance(value, list) else [value])]
    if isinstance(value, dict):
        return {key: _canonical(each, key) for key, each in value.items()}
    if isinstance(value, list):
        parts = sorted((_canonical(each, name) for each in value), key=str)
        return parts[0] if len(parts) == 1 else parts
    if name == "AWS" and isinstance(value, str) and re.fullmatch(r"\d{12}", value):
        return f"arn:aws:iam::{value}:root"
    return value


def get_resource_policy(call: Call) -> Body:
    table = for_policy(call)
    document: Document | None = table.policy.read(call.now)
    if document is None:
        raise _no_policy(call)
    return {"Policy": document.text, "RevisionId": document.revision}


def put_resource_policy(call: Call) -> Body:
    wanted = check_document(call.body["Policy"])
    table = for_policy_change(call)
    current: Document | None = table.policy.current
    _check_revision(call, current)
    if current and current.text == wanted.text:
        return {"RevisionId": current.revision}
    return {"RevisionId": _write(call, table, wanted)}


def delete_resource_policy(call: Call) -> Body:
    table = for_policy_change(call)
    current: Document | None = table.policy.current
    _check_revision(call, current)
    if current is None:
        return {}
    return {"RevisionId": _write(call, table, None)}


def _check_revision(call: Call, current: Document | None) -> None:
    expected = call.body.get("ExpectedRevisionId")
    if expected is None:
        return
    if expected == "NO_POLICY" and current is None:
        return
    if current is None or current.revision != expected:
        raise ServiceError(
            "PolicyNotFoundException",
            "Resource-based policy not found for the provided ResourceArn: Requested update for policy with revision "
            f"id {expected} did not match",
        )


def _write(call: Call, table: Table, document: Document | None) -> str:
    world = call.world
    if table.running(Running.POLICY):
        raise in_use(f"Table is pending previous resource-based policy update: {table.name}")
    check_cooldown(
        table.policy_changed,
        call.now,
        world.fixed("policy_cooldown"),
        lambda again: throttled(
            f"Resource-based policy for table {table.name} modified within the previous 15000 milliseconds. "
            f"Please try again after {again}Z."
        ),
    )
    revision = str(int(call.now * 1000))
    table.policy_changed = call.now
    written = Document(document.text, revision) if document else None
    table.policy.write(written, call.now, world.duration("policy_lag"))
    world.start(table, Running.POLICY, world.duration("policy_lock"))
    return revision


def _no_policy(call: Call) -> ServiceError:
    arn = call.body["ResourceArn"]
    return ServiceError(
        "PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {arn}"
    )
