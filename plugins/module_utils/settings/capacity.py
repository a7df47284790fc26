# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three kinds of throughput that a table and a global index have alike, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..arguments import Problems

UNLIMITED = -1

PROVISIONED_OPTION = {
    "type": "dict",
    "options": {
        "read_capacity_units": {"type": "int", "required": True},
        "write_capacity_units": {"type": "int", "required": True},
    },
}
ON_DEMAND_OPTION = {
    "type": "dict",
    "options": {"max_read_request_units": {"type": "int"}, "max_write_request_units": {"type": "int"}},
}
WARM_OPTION = {
    "type": "dict",
    "options": {"read_units_per_second": {"type": "int"}, "write_units_per_second": {"type": "int"}},
}


@dataclass(frozen=True)
class Throughput:
    """Provisioned read and write capacity units."""

    read: int
    write: int

    @classmethod
    def parse(cls, value: Mapping[str, int] | None, path: str, problems: Problems) -> Throughput | None:
        """Out of the option C(provisioned_throughput)."""
        if not value or len(value) < 2:
            return None
        for option, units in value.items():
            if units < 1:
                problems.add(f"{path}.{option}", f"must be 1 or more, not {units}")
        return cls(value["read_capacity_units"], value["write_capacity_units"])

    @classmethod
    def of(cls, found: Mapping[str, Any] | None) -> Throughput | None:
        """Out of a ProvisionedThroughput of AWS; on-demand tables report zeros."""
        found = found or {}
        read, write = found.get("ReadCapacityUnits", 0), found.get("WriteCapacityUnits", 0)
        return cls(int(read), int(write)) if read or write else None

    def request(self) -> dict[str, int]:
        """ProvisionedThroughput for AWS."""
        return {"ReadCapacityUnits": self.read, "WriteCapacityUnits": self.write}

    def argument(self) -> dict[str, int]:
        """In the words of the arguments."""
        return {"read_capacity_units": self.read, "write_capacity_units": self.write}

    def decreases(self, before: Throughput | None) -> bool:
        """Whether changing to this from before lowers a dimension: AWS allows four such changes a day."""
        return before is not None and (self.read < before.read or self.write < before.write)

    def __str__(self) -> str:
        return f"{self.read} read / {self.write} write"


@dataclass(frozen=True)
class OnDemandLimit:
    """Maximum request units of an on-demand table or index; C(-1) is no limit, C(None) is not managed."""

    read: int | None = None
    write: int | None = None

    @classmethod
    def parse(cls, value: Mapping[str, int] | None, path: str, problems: Problems) -> OnDemandLimit | None:
        """Out of the option C(on_demand_throughput)."""
        if not value:
            return None
        for option, units in value.items():
            if units < 1 and units != UNLIMITED:
                problems.add(f"{path}.{option}", f"must be 1 or more, or {UNLIMITED} for no limit, not {units}")
        return cls(value.get("max_read_request_units"), value.get("max_write_request_units"))

    @classmethod
    def of(cls, found: Mapping[str, Any] | None) -> OnDemandLimit:
        """Out of an OnDemandThroughput of AWS; what is not there has no limit."""
        found = found or {}
        return cls(int(found.get("MaxReadRequestUnits", UNLIMITED)), int(found.get("MaxWriteRequestUnits", UNLIMITED)))

    def over(self, found: OnDemandLimit) -> OnDemandLimit:
        """This laid over what was found."""
        return OnDemandLimit(
            found.read if self.read is None else self.read, found.write if self.write is None else self.write
        )

    def request(self) -> dict[str, int]:
        """OnDemandThroughput for UpdateTable, which merges members and takes -1 to remove a limit."""
        members = {"MaxReadRequestUnits": self.read, "MaxWriteRequestUnits": self.write}
        return {name: units for name, units in members.items() if units is not None}

    def create_request(self) -> dict[str, int]:
        """OnDemandThroughput for CreateTable, which refuses -1."""
        return {name: units for name, units in self.request().items() if units != UNLIMITED}

    def argument(self) -> dict[str, int]:
        """In the words of the arguments."""
        members = {"max_read_request_units": self.read, "max_write_request_units": self.write}
        return {name: units for name, units in members.items() if units is not None}

    def __str__(self) -> str:
        def limit(units: int | None) -> str:
            return "unlimited" if units == UNLIMITED else "as it is" if units is None else str(units)

        return f"at most {limit(self.read)} read / {limit(self.write)} write"


NO_LIMIT = OnDemandLimit(UNLIMITED, UNLIMITED)


@dataclass(frozen=True)
class Warm:
    """Warm throughput in units per second. It only ever grows, by itself too, so what is wanted is a floor."""

    read: int = 0
    write: int = 0

    @classmethod
    def parse(cls, value: Mapping[str, int] | None, path: str, problems: Problems) -> Warm | None:
        """Out of the option C(warm_throughput)."""
        if not value:
            return None
        for option, units in value.items():
            if units < 1:
                problems.add(f"{path}.{option}", f"must be 1 or more, not {units}")
        return cls(value.get("read_units_per_second", 0), value.get("write_units_per_second", 0))

    @classmethod
    def of(cls, found: Mapping[str, Any] | None) -> Warm:
        """Out of a WarmThroughput of AWS."""
        found = found or {}
        return cls(int(found.get("ReadUnitsPerSecond", 0)), int(found.get("WriteUnitsPerSecond", 0)))

    def over(self, found: Warm) -> Warm:
        """The higher of both, in each dimension."""
        return Warm(max(self.read, found.read), max(self.write, found.write))

    def request(self) -> dict[str, int]:
        """WarmThroughput for AWS."""
        members = {"ReadUnitsPerSecond": self.read, "WriteUnitsPerSecond": self.write}
        return {name: units for name, units in members.items() if units}

    def argument(self) -> dict[str, int]:
        """In the words of the arguments; nothing for what every on-demand table has."""
        if self == ON_DEMAND_FLOOR:
            return {}
        members = {"read_units_per_second": self.read, "write_units_per_second": self.write}
        return {name: units for name, units in members.items() if units}

    def __str__(self) -> str:
        return f"{self.read} read / {self.write} write per second"


# What an on-demand table or index has from birth; AWS refuses less.
ON_DEMAND_FLOOR = Warm(12000, 4000)


def warm_floor(throughput: Throughput | None) -> Warm:
    """What a table or index is ready for by its throughput alone, C(None) being on demand; AWS refuses less."""
    return Warm(throughput.read, throughput.write) if throughput else ON_DEMAND_FLOOR
