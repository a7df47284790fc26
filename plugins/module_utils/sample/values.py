# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Realistic values of attributes that neither tell items apart nor depend on others. Pure, given its random numbers."""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Any

from .described import Attribute

if TYPE_CHECKING:
    from faker import Faker

MOST_ELEMENTS = 3
DEFAULT_MAXIMUM = 1000.0
ACCOUNT = "111122223333"


def new_faker() -> Faker:
    """The library that knows names. Raises ImportError."""
    from faker import Faker

    return Faker("en_US")


class Values:
    """Values of one item after the other. faker, rng: set anew for every item, so that each has its own."""

    def __init__(self, faker: Faker) -> None:
        self._faker = faker
        self.rng = random.Random()

    def begin(self, bits: int) -> None:
        """Begins an item."""
        self.rng.seed(bits)
        self._faker.seed_instance(bits)

    def value(self, attribute: Attribute) -> dict[str, Any]:
        """A value; maps and lists are made by whoever knows their parts."""
        kind = attribute.type
        if kind in ("SS", "NS", "BS"):
            return {kind: self._set(attribute)}
        if kind == "BOOL":
            return {kind: self.rng.random() < 0.5}
        if kind == "NULL":
            return {kind: True}
        if kind == "N":
            return {kind: self._number(attribute)}
        if kind == "B":
            return {kind: self.rng.getrandbits(128).to_bytes(16, "big")}
        return {kind: self._string(attribute)}

    def _set(self, attribute: Attribute) -> list[Any]:
        count = 1 + int(self.rng.random() * MOST_ELEMENTS)
        if attribute.type == "BS":
            return [self.rng.getrandbits(128).to_bytes(16, "big") for _each in range(count)]
        if attribute.values:
            return self.rng.sample(attribute.values, min(count, len(attribute.values)))
        make = self._number if attribute.type == "NS" else self._string
        return list(dict.fromkeys(make(attribute) for _each in range(count)))

    def _number(self, attribute: Attribute) -> str:
        if attribute.format == "unix_seconds":
            raise ValueError("moments are made elsewhere")
        known = attribute.minimum is not None or attribute.maximum is not None
        highest = attribute.maximum if attribute.maximum is not None else DEFAULT_MAXIMUM
        low = attribute.minimum if attribute.minimum is not None else min(0.0, highest - DEFAULT_MAXIMUM)
        high = attribute.maximum if attribute.maximum is not None else low + DEFAULT_MAXIMUM
        if attribute.format == "integer" or not known:
            return str(int(low) + int(self.rng.random() * (int(high) - int(low) + 1)))
        # Without "-0" and without a tail of zeros, as DynamoDB gives numbers back.
        return f"{round(low + self.rng.random() * (high - low), 2) + 0.0:.2f}".rstrip("0").rstrip(".")

    def _string(self, attribute: Attribute) -> str:
        if attribute.values:
            return str(attribute.values[int(self.rng.random() * len(attribute.values))])
        return self._text(attribute.format)

    def _text(self, form: str) -> str:
        if form == "uuid":
            return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        if form == "sha256":
            return f"{self.rng.getrandbits(256):064x}"
        if form == "arn":
            key = uuid.UUID(int=self.rng.getrandbits(128), version=4)
            return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}"
        if form == "uri":
            return f"https://example.com/{self._faker.uri_path()}"
        if form == "email":
            # Of domains that belong to nobody: nobody gets mail from a test.
            return str(self._faker.ascii_safe_email())
        if form == "person":
            return str(self._faker.name())
        if form == "file_name":
            return self.file_name("pdf")
        if form == "text":
            return str(self._faker.sentence(nb_words=6))
        return "-".join(self._faker.words(2))

    def plain_map(self) -> dict[str, Any]:
        """Something for a map whose parts are not documented."""
        names = dict.fromkeys(self._faker.words(1 + int(self.rng.random() * MOST_ELEMENTS)))
        return {str(name): {"S": self._text("")} for name in names}

    def file_name(self, extension: str) -> str:
        """A file's name."""
        return f"{self._faker.word()}_{self.rng.getrandbits(16):05d}.{extension}"
