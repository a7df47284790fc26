# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sample data: items made of the documentation of a table's attributes and a seed. See docs/runbooks/sample_data.md.

C(described) what the definition says; C(identities) values by which items are told apart and belong together;
C(moments) times; C(values) everything else; C(maker) whole items; C(writer) writes and removes them; C(sample_run) the
module.
"""

from __future__ import annotations
