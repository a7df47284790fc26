# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be chosen at the start and changed while the server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .profiles import PROFILES, Durations, Profile, Windows

REALISTIC_MUTATION_BURST = 6


@dataclass(frozen=True)
class Settings:
    """time_scale multiplies every duration, window_scale (None: the same) every quota window. 0 settles at once."""

    profile: str = "observed"
    time_scale: float = 0.01
    window_scale: float | None = None
    # 0.3: each duration is up to 30 % shorter or longer, drawn from the seeded generator.
    jitter: float = 0.0
    max_tables: int = 2500
    max_changing: int = 500
    # None: the profile's.
    max_indexed_creates: int | None = None
    # Effective control plane calls at once, 0 for any number; one more becomes possible each second.
    mutation_burst: int = 0
    read_buckets: bool = False
    shuffle_attributes: bool = False
    delete_again_accepted: bool | None = None
    refuse_while_updating: bool | None = None
    # Refuse what the policies in moto's IAM do not allow; an access key that IAM does not know may do everything.
    enforce_iam: bool = False

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile is {self.profile!r}, not one of {', '.join(PROFILES)}")
        if min(self.time_scale, self.windows_by) < 0 or not 0 <= self.jitter < 1:
            raise ValueError("a scale is not negative, and jitter is at least 0 and less than 1")

    @property
    def behaviour(self) -> Profile:
        return PROFILES[self.profile]

    @property
    def windows_by(self) -> float:
        return self.time_scale if self.window_scale is None else self.window_scale

    def durations(self) -> Durations:
        return self.behaviour.durations

    def windows(self) -> Windows:
        scaled = {name: seconds * self.windows_by for name, seconds in asdict(self.behaviour.windows).items()}
        return Windows(**scaled)

    @property
    def indexed_creates(self) -> int:
        return self.behaviour.indexed_creates if self.max_indexed_creates is None else self.max_indexed_creates

    @property
    def accepts_delete_again(self) -> bool:
        chosen = self.delete_again_accepted
        return self.behaviour.delete_again_accepted if chosen is None else chosen

    @property
    def refuses_while_updating(self) -> bool:
        chosen = self.refuse_while_updating
        return self.behaviour.refuse_while_updating if chosen is None else chosen

    def realistic(self) -> Settings:
        return replace(self, mutation_burst=REALISTIC_MUTATION_BURST, read_buckets=True)

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        known = {each.name for each in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        return replace(self, **changes)
