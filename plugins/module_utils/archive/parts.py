# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an object of an archive: items in the format of AWS's exports, compressed, with checksums. Pure.

One line an item, C({"Item": {...}}), as in "DynamoDB table export output format" (Developer Guide); so ImportTable
reads it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..items.keys import Item, from_json, to_json


class PartError(Exception):
    """An object is not what was archived."""


def line_of(item: Item) -> bytes:
    """One item as one line.

    Everything beyond ASCII is escaped: some readers take U+2028 and U+0085 for the end of a line.
    """
    return json.dumps({"Item": to_json(item)}, separators=(",", ":")).encode("ascii") + b"\n"


def item_of(line: bytes) -> dict[str, Any]:
    """The item of a line. Raises PartError."""
    try:
        found = json.loads(line)["Item"]
    except (ValueError, KeyError, TypeError) as error:
        raise PartError("a line in it is no item") from error
    return from_json(found)


@dataclass(frozen=True)
class Part:
    """The content of one object, compressed, and what is known of it.

    items: how many lines. size: bytes before compression.
    """

    content: bytes
    items: int
    size: int

    @property
    def sha256(self) -> str:
        """Of the compressed content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def checksum(self) -> str:
        """The same as S3 writes it."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()

    @property
    def metadata(self) -> dict[str, str]:
        """What the object says of itself."""
        return {"sha256": self.sha256, "items": str(self.items), "size": str(self.size)}

    def lines(self) -> Iterator[bytes]:
        """The items, each as a line. Raises PartError."""
        yield from unpacked(self.content)


def part_of(lines: Sequence[bytes]) -> Part:
    """A part of these items; the same items in the same order make the same part."""
    plain = b"".join(lines)
    return Part(gzip.compress(plain, mtime=0), len(lines), len(plain))


def unpacked(content: bytes) -> list[bytes]:
    """The lines of a part. Raises PartError."""
    try:
        return gzip.decompress(content).splitlines(keepends=True)
    except (OSError, EOFError, zlib.error) as error:
        raise PartError(f"it cannot be decompressed: {error}") from error


def check_whole(content: bytes, metadata: Mapping[str, str]) -> list[bytes]:
    """The lines of an object that is what its metadata says. Raises PartError."""
    found = hashlib.sha256(content).hexdigest()
    if not metadata.get("sha256"):
        raise PartError("it has no checksum: it was not written by an archive run")
    if found != metadata["sha256"]:
        raise PartError(f"its SHA-256 is {found}, not {metadata['sha256']}")
    lines = unpacked(content)
    if str(len(lines)) != metadata.get("items"):
        raise PartError(f"it has {len(lines)} items, not {metadata.get('items')}")
    return lines


def check_same(part: Part, content: bytes) -> None:
    """Raises PartError where what was read back is not what was sent."""
    if len(content) != len(part.content):
        raise PartError(f"{len(part.content)} bytes were sent, {len(content)} were read back")
    if content != part.content:
        found = hashlib.sha256(content).hexdigest()
        raise PartError(f"{part.sha256} was sent, {found} was read back (SHA-256)")
    count = len(unpacked(content))
    if count != part.items:
        raise PartError(f"{part.items} items were sent, {count} were read back")
