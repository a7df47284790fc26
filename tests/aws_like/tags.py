# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TagResource, UntagResource, ListTagsOfResource."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

from .errors import limit, validation
from .readiness import for_tag_change, for_tag_reading
from .table_state import Running, Table
from .world import Body, Call

MOST_TAGS = 50
MOST_BYTES = 10240
LONGEST_KEY, LONGEST_VALUE = 128, 256
# Letters, digits and blanks of any script, and these signs.
ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")
PAGE = 10


def check_tags(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in given:
        key, value = tag["Key"], tag["Value"]
        if key.lower().startswith("aws:"):
            raise validation(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        if not key or len(key) > LONGEST_KEY or not ALLOWED.fullmatch(key):
            raise validation(f"The Tag Key provided is invalid, Key: {key}")
        if len(value) > LONGEST_VALUE or not ALLOWED.fullmatch(value):
            raise validation(f"The Tag Value provided is invalid, Value: {value}")
        if key in tags:
            raise validation(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        tags[key] = value
    _check_size(tags)
    return tags


def _check_size(tags: Mapping[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise validation("Number of Tags exceed the current limit for the provided ResourceArn")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in tags.items())
    if size > MOST_BYTES:
        raise validation(f"Tag set size {size} bytes is above max size limit of {MOST_BYTES} bytes")


def tag_resource(call: Call) -> Body:
    given = call.body["Tags"]
    if not given:
        raise validation("Atleast one Tag needs to be provided as Input.")
    added = check_tags(given)
    table = for_tag_change(call)
    _write(call, table, {**table.tags.current, **added})
    return {}


def untag_resource(call: Call) -> Body:
    keys = call.body["TagKeys"]
    if not keys:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    table = for_tag_change(call)
    _write(call, table, {key: value for key, value in table.tags.current.items() if key not in keys})
    return {}


def _write(call: Call, table: Table, tags: dict[str, str]) -> None:
    """What changes nothing passes at once and locks nothing."""
    if tags == table.tags.current:
        return
    if table.running(Running.TAGS):
        raise limit(f"Table tags are being updated: {table.name}")
    _check_size(tags)
    call.region.limits.take_mutation(call.world.settings, call.now)
    table.tags.write(tags, call.now, call.world.duration("tag_lag"))
    call.world.start(table, Running.TAGS, call.world.duration("tag_lock"))


def list_tags(call: Call) -> Body:
    table = for_tag_reading(call)
    tags: dict[str, str] = table.tags.read(call.now)
    start = int(call.body.get("NextToken") or 0)
    page = [{"Key": key, "Value": tags[key]} for key in sorted(tags, key=hash_like)][start : start + PAGE]
    more = {"NextToken": str(start + PAGE)} if len(tags) > start + PAGE else {}
    return {"Tags": page, **more}


def hash_like(key: str) -> int:
    """AWS lists tags in the order of some hash; nobody may rely on the order they were given in."""
    return zlib.crc32(key.encode())
