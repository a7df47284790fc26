# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on all items of a table: walked in segments, within a budget, resumable, beside live writers. See docs/items.md.

The parts, from the outside in: C(options) a module's arguments; C(walk) the walk; C(journal) what survives a kill;
C(calls) calls within a budget; C(rate) the budget; C(segments), C(keys), C(progress).
"""

from __future__ import annotations
