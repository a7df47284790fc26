# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags. Rules: TagResource API reference and quotas page; the write lock and the read lag are measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..conditions import TagsVisible
from ..iam import Permission, dynamodb
from ..state import Read
from ..steps import ADD, CHANGE, REMOVE, Change, Refusal, Step
from .base import Planned, Row, Setting, has_parts

if TYPE_CHECKING:
    from ..arguments import Problems
    from ..spec import TableSpec
    from ..state import TableState

MAX_TAGS = 50
MAX_TAG_BYTES = 10_240
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
# \w is letters, digits and underscore of any script; AWS allows letters, white space, numbers and _ . : / = + - @
ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")


@dataclass(frozen=True)
class Tags:
    """tags: sorted pairs. purge: whether the tags that are not named are removed."""

    tags: tuple[tuple[str, str], ...] = ()
    purge: bool = False

    @classmethod
    def of(cls, tags: Mapping[str, str], purge: bool = False) -> Tags:
        """From a dictionary."""
        return cls(tuple(sorted(tags.items())), purge)


class TagsSetting(Setting[Tags]):
    """Key and value pairs. Tags that AWS itself made (C(aws:…)) are never touched."""

    name = "tags"
    label = "tags"
    read = "ListTagsOfResource"
    needs_arn = True
    write_actions = dynamodb("TagResource", "UntagResource")
    create_actions = dynamodb("TagResource")
    options = {
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": False},
    }

    def parse(self, arguments: Mapping[str, Any], problems: Problems) -> Tags | None:
        given = arguments.get("tags")
        if given is None:
            return None
        tags: dict[str, str] = {}
        for key, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                problems.add(f"tags.{key}", "must be a string: quote it")
                continue
            tags[str(key)] = str(value)
            _check_tag(str(key), str(value), problems)
        if len(tags) > MAX_TAGS:
            problems.add("tags", f"has {len(tags)} tags; AWS allows {MAX_TAGS}")
        size = sum(len(text.encode()) for tag in tags.items() for text in tag)
        if size > MAX_TAG_BYTES:
            problems.add("tags", f"take {size:,} bytes in all; AWS allows {MAX_TAG_BYTES:,}")
        return Tags.of(tags, arguments.get("purge_tags", False))

    def reads(self, want: Tags, name: str, description: Mapping[str, Any] | None) -> tuple[Read, ...]:
        if not description or not has_parts(description):
            return ()
        return (Read(self.read, {"ResourceArn": description["TableArn"]}),)

    def uses(self, permission: Permission, want: Tags) -> bool:
        return want.purge if permission.operation == "UntagResource" else bool(want.tags)

    def found(self, state: TableState) -> Tags:
        tags = state.answer(self.read).get("Tags", ())
        return Tags.of({tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")})

    def result(self, want: Tags, found: Tags) -> Tags:
        return Tags.of(dict(want.tags) if want.purge else {**dict(found.tags), **dict(want.tags)})

    def create(self, want: Tags, spec: TableSpec) -> dict[str, Any]:
        return {"Tags": _tag_list(want.tags)} if want.tags else {}

    def steps(self, want: Tags, found: Tags, spec: TableSpec, state: TableState) -> Planned:
        before, after = dict(found.tags), dict(self.result(want, found).tags)
        if len(after) > MAX_TAGS:
            reason = f"{spec.name} would have {len(after)} tags; AWS allows {MAX_TAGS}"
            return [Refusal(self.name, reason, "Ask for fewer, or remove those that are not named with purge_tags")]
        gone = tuple(sorted(set(before) - set(after)))
        set_now = tuple((key, value) for key, value in after.items() if before.get(key) != value)
        steps = []
        if gone:
            steps.append(
                Step(
                    operation="UntagResource",
                    arguments={"ResourceArn": state.arn, "TagKeys": list(gone)},
                    purpose=f"remove the tags {', '.join(gone)}",
                    changes=tuple(self._line(REMOVE, key, before[key]) for key in gone),
                    lane="tags",
                    after=(TagsVisible(spec.name, state.arn, (), gone),),
                )
            )
        if set_now:
            changes = tuple(
                self._line(CHANGE, key, f"{before[key]} -> {value}") if key in before else self._line(ADD, key, value)
                for key, value in set_now
            )
            steps.append(
                Step(
                    operation="TagResource",
                    arguments={"ResourceArn": state.arn, "Tags": _tag_list(set_now)},
                    purpose=f"set the tags {', '.join(key for key, value in set_now)}",
                    changes=changes,
                    lane="tags",
                    rank=1,
                    after=(TagsVisible(spec.name, state.arn, set_now, ()),),
                )
            )
        return steps

    def _line(self, symbol: str, key: str, summary: str) -> Change:
        return Change(symbol, self.name, "tag", f"{key}: {summary}", target=key)

    def arguments(self, value: Tags) -> dict[str, Any]:
        return {"tags": dict(value.tags)}

    def show(self, value: Tags) -> str:
        return ", ".join(f"{key}={text}" for key, text in value.tags) or "none"

    def rows(self, want: Tags, found: Tags) -> list[Row]:
        before, after = dict(found.tags), dict(self.result(want, found).tags)
        named = sorted(dict(want.tags)) + sorted(set(before) - set(after))
        return [
            Row(self.name, key, after.get(key, "none"), before.get(key, "none"), before.get(key) == after.get(key))
            for key in named
        ]


def _check_tag(key: str, value: str, problems: Problems) -> None:
    path = f"tags.{key}"
    if not 1 <= len(key) <= MAX_TAG_KEY:
        problems.add(path, f"has a key of {len(key)} characters; 1 to {MAX_TAG_KEY} are allowed")
    if len(value) > MAX_TAG_VALUE:
        problems.add(path, f"has a value of {len(value)} characters; {MAX_TAG_VALUE} are allowed")
    if key.lower().startswith("aws:"):
        problems.add(path, "keys that begin with aws: are AWS's own")
    if not ALLOWED.fullmatch(key) or not ALLOWED.fullmatch(value):
        problems.add(path, "may hold letters, numbers, white space and _ . : / = + - @")


def _tag_list(tags: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags]
