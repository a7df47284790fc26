# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules of the collection support."""

from __future__ import annotations


class ModuleDocFragment:
    """The standard attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Plans with the same code that applies, and makes no write call.
  diff_mode:
    support: full
    description: Returns before and after in the words of the arguments.
  idempotent:
    support: full
    description: A second run makes no write call and reports no change.
  action_group:
    version_added: 1.0.0
    support: full
    membership:
      - auditflow.dynamodb.dynamodb
    description: Use C(group/auditflow.dynamodb.dynamodb) in C(module_defaults) to set region, endpoint and credentials once.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Reads only.
  diff_mode:
    support: N/A
    description: Reads only.
  idempotent:
    support: full
    description: Reads only.
  action_group:
    version_added: 1.0.0
    support: full
    membership:
      - auditflow.dynamodb.dynamodb
    description: Use C(group/auditflow.dynamodb.dynamodb) in C(module_defaults) to set region, endpoint and credentials once.
"""

    JOBS = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Reads and counts, and makes no write call.
  diff_mode:
    support: none
    description: Items are counted; what is in them is never shown.
  idempotent:
    support: full
    description: A second run finds nothing more to write, as far as nobody else wrote meanwhile.
  action_group:
    version_added: 1.0.0
    support: full
    membership:
      - auditflow.dynamodb.dynamodb
    description: Use C(group/auditflow.dynamodb.dynamodb) in C(module_defaults) to set region, endpoint and credentials once.
"""
