# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook through the faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from tests.faults.between import Faults
from tests.faults.strikes import FAULTS, ONCE, Mode, Strike, Target
from tests.integration import harness

BY_NAME = {fault.name: fault for fault in FAULTS}
# In every request of a playbook, and of nobody else's.
AGENT = "Ansible"
THREE = Mode("3x", 0, 3)
# Nobody has used them; the other tests are in the default one.
REGIONS = iter(sorted(set(boto3.Session().get_available_regions("dynamodb")) - {harness.DEFAULT_REGION}))


@dataclass(frozen=True)
class Playbooks:
    """Runs playbooks in a region of their own. direct: past the faults. through: with faults."""

    direct: harness.Target
    through: harness.Ansible
    between: Faults

    def run(self, name: str, *strikes: Strike, **how: Any) -> harness.Finished:
        self.between.set(AGENT, strikes)
        try:
            finished = self.through.playbook(name, **how)
        finally:
            struck = self.between.clear(AGENT)
        assert bool(struck) == bool(strikes)
        return finished


def strike(operation: str, fault: str, mode: Mode = ONCE) -> Strike:
    return Strike(Target(operation), BY_NAME[fault], mode)
