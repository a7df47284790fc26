# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of waiting."""

from __future__ import annotations


class ModuleDocFragment:
    """wait and wait_timeout."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until AWS has carried out each change.
      - With V(false) the module submits what can be submitted now and reports the rest as RV(ignore:pending); the next run
        goes on from there.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait for each change. When they are over, the module fails and says what is still going on;
        nothing is lost, and the next run goes on.
      - An index is built in about ten minutes even on an empty table, and in hours or days on a very large one.
    type: int
    default: 3600
"""
